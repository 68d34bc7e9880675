//! A loopback BMS of a few canned answers. What is not expected is answered 418 and fails the test.

use futures::StreamExt as _;
use psa_kaseyabms::{Config, ItemType, KaseyaBms};
use serde_json::{Value, json};
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{Contact, FieldSet, FieldValue},
};
use wiremock::{
    Mock, MockBuilder, MockServer, ResponseTemplate,
    matchers::{any, method, path, query_param},
};

pub(crate) struct Server(pub(crate) MockServer);

impl Server {
    /// A server that signs in once and knows its custom fields.
    pub(crate) async fn start() -> Self {
        let server = Self::bare().await;
        server.sign_in().await;
        server.custom_fields().await;
        server
    }

    pub(crate) async fn bare() -> Self {
        let server = MockServer::start().await;
        // Whatever no other mock takes: a request nobody expected.
        Mock::given(any())
            .respond_with(ResponseTemplate::new(418))
            .with_priority(255)
            .expect(0)
            .mount(&server)
            .await;
        Self(server)
    }

    pub(crate) async fn sign_in(&self) {
        at("POST", "security/authenticate")
            .respond_with(ok(tokens("a1", "r1")))
            .expect(0..=1)
            .mount(&self.0)
            .await;
    }

    pub(crate) async fn custom_fields(&self) {
        let rows = json!([
            {"Id": 5, "Name": "Office365Id", "DataType": 1, "IsRequired": false, "IsActive": true, "Settings": []},
            {"Id": 6, "Name": "TypeMapping", "DataType": 9, "IsRequired": false, "IsActive": true,
             "Settings": [{"Id": 61, "Name": "VIP", "IsActive": true}]},
        ]);
        at("GET", "system/customFields/3").respond_with(ok(rows)).expect(0..=1).mount(&self.0).await;
    }

    pub(crate) async fn locations(&self) {
        let rows = json!([
            {"Id": 71, "Name": "Depot", "AccountId": 250, "IsMain": false},
            {"Id": 72, "Name": "Office", "AccountId": 250, "IsMain": true},
        ]);
        at("GET", "crm/accounts/250/locations/lookup").respond_with(ok(rows)).expect(1).mount(&self.0).await;
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.0.uri(), "canary-user", "canary-password".into(), "Contoso MSP");
        config.contact_module_id = Some(3);
        config.email_type = Some(ItemType::Id(1));
        config.phone_type = Some(ItemType::Id(1));
        config.mobile_type = Some(ItemType::Id(2));
        config.check_employees = false;
        config
    }

    pub(crate) fn psa(&self) -> KaseyaBms {
        self.config().connect().unwrap()
    }

    /// The requests so far, as `METHOD path`.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let requests = self.0.received_requests().await.unwrap();
        requests.iter().map(|r| format!("{} {}", r.method, r.url.path())).collect()
    }
}

/// Tokens that are good for long, in the document's spelling.
pub(crate) fn tokens(access: &str, refresh: &str) -> Value {
    json!({
        "AccessToken": access, "RefreshToken": refresh, "AccessTokenExpireOn": "2026-01-06T11:00:00",
        "RefreshTokenExpireOn": "2026-01-07T11:00:00",
    })
}

pub(crate) fn at(verb: &str, below: &str) -> MockBuilder {
    Mock::given(method(verb)).and(path(format!("/v2/{below}")))
}

/// One page of the contacts of company 250.
pub(crate) fn page(active: bool, number: u32) -> MockBuilder {
    at("GET", "crm/contacts/summary")
        .and(query_param("Filter.AccountId", "250"))
        .and(query_param("Filter.IsActive", active.to_string()))
        .and(query_param("PageSize", "100"))
        .and(query_param("PageNumber", number.to_string()))
}

#[allow(clippy::needless_pass_by_value, reason = "callers write the value in place")]
pub(crate) fn ok(result: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"Success": true, "Error": null, "Result": result}))
}

pub(crate) fn rows(rows: &[Value], total: usize) -> ResponseTemplate {
    let body = json!({"success": true, "error": null, "result": rows, "totalRecords": total});
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn refusal(status: u16, code: i64, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "success": false, "result": null,
        "error": {"code": code, "message": message, "details": "canary@example.com", "stackStrace": "at canary", "subErrors": []},
    }))
}

pub(crate) fn record(id: i64) -> Value {
    json!({
        "id": id, "accountId": 250, "locationId": 72, "locationName": "Office", "firstName": "Ada", "lastName": "Byron",
        "jobTitle": "Engineer", "isPoc": false, "isActive": true, "isBillable": true, "canRecieveInvoices": false,
        "modifiedOn": "2026-01-02T03:04:05",
        "emails": [{"id": 1, "emailAddress": "ada@example.com", "emailTypeId": 1, "emailType": "Work", "isDefault": true}],
        "phones": [{"id": 2, "phone": "+1 555 0100", "phoneTypeId": 1, "phoneType": "Office", "isDefault": true}],
    })
}

pub(crate) fn fields(pairs: &[(&str, FieldValue)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

pub(crate) fn value<'a>(contact: &'a Contact, name: &str) -> Option<&'a FieldValue> {
    contact.fields.get(&name.parse().unwrap())
}

/// Everything a listing gives: the rows, how many ends it said, and its error.
pub(crate) async fn read_all(psa: &KaseyaBms, query: &ContactQuery) -> (Vec<Contact>, usize, Option<Error>) {
    let (mut rows, mut ends, mut error) = (Vec::new(), 0, None);
    let mut stream = psa.contacts(query);
    while let Some(page) = stream.next().await {
        assert!(error.is_none() && ends == 0, "something came after the end or an error");
        match page {
            Ok(Page::Items(items)) => rows.extend(items),
            Ok(Page::End(_)) => ends += 1,
            Ok(_) => panic!("an unknown page"),
            Err(e) => error = Some(e),
        }
    }
    (rows, ends, error)
}
