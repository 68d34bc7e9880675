//! Writing: exactly these bodies, and each create once.

use crate::common::*;
use chrono::NaiveDate;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind, Psa as _, Retry,
    model::{CompanyId, ContactId, FieldValue as F, LineId, VersionTag},
    quantity::Agreements as _,
};
use wiremock::{
    ResponseTemplate,
    matchers::{body_json, header},
};

fn id() -> ContactId {
    ContactId::new("42")
}

fn company() -> CompanyId {
    CompanyId::new("250")
}

#[tokio::test]
async fn a_contact_is_created_by_one_call_and_not_read_again() {
    let server = Server::start().await;
    at("POST", "/contacts")
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "customer_id": 250, "name": "Ada Byron", "email": "ada@contoso.example.com", "phone": "555 0100",
            "properties": {"title": "Engineer", "Office365Id": "id-1"},
        })))
        .respond_with(ok(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("name", "Ada Byron".into()),
        ("email", "ada@contoso.example.com".into()),
        ("phone_business", "555 0100".into()),
        ("phone_mobile", F::Empty),
        ("title", "Engineer".into()),
        ("active", true.into()),
        ("custom:Office365Id", "id-1".into()),
    ]);
    let contact = server.psa().create(&company(), &set, "key").await.unwrap();
    assert_eq!(contact.id, id());
    assert_eq!(contact.version, Some(VersionTag::new("2026-01-02T03:04:05.678Z")));
}

#[tokio::test]
async fn an_update_sends_the_name_the_customer_the_consent_and_what_differs() {
    let server = Server::start().await;
    get("/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let mut after = record(42);
    after["mobile"] = json!("+1 555 0101");
    at("PUT", "/contacts/42")
        .and(body_json(
            json!({"name": "Ada Byron", "customer_id": 250, "opt_out": true, "mobile": "+1 555 0101"}),
        ))
        .respond_with(ok(after))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("phone_mobile", "+1 555 0101".into()), ("title", "Engineer".into())]);
    server.psa().update(&id(), &set, None).await.unwrap();
}

#[tokio::test]
async fn a_property_goes_with_all_the_others_as_they_were_read() {
    let server = Server::start().await;
    get("/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let properties = json!({
        "title": "Engineer", "Office365Id": "id-1", "Other Tool": "mark", "M365Status": "Left",
    });
    let mut after = record(42);
    after["properties"] = properties.clone();
    at("PUT", "/contacts/42")
        .and(body_json(
            json!({"name": "Ada Byron", "customer_id": 250, "opt_out": true, "properties": properties}),
        ))
        .respond_with(ok(after))
        .expect(1)
        .mount(&server.0)
        .await;
    let contact = server.psa().update(&id(), &fields(&[("active", false.into())]), None).await.unwrap();
    assert_eq!(contact.active(), Some(false));
}

#[tokio::test]
async fn nothing_is_sent_where_nothing_differs_or_where_it_changed_meanwhile() {
    let server = Server::start().await;
    get("/contacts/42").respond_with(ok(record(42))).expect(2).mount(&server.0).await;
    let psa = server.psa();
    let same = fields(&[("title", "Engineer".into()), ("name", "Ada Byron".into())]);
    psa.update(&id(), &same, Some(&VersionTag::new("2026-01-02T03:04:05.678Z"))).await.unwrap();
    let other = fields(&[("title", "Head".into())]);
    let error = psa.update(&id(), &other, Some(&VersionTag::new("2025-01-01"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn what_this_account_cannot_take_sends_nothing_at_all() {
    let server = Server::start().await;
    let psa = server.psa();
    for set in [
        fields(&[("first_name", "Ada".into()), ("title", "x".into())]),
        fields(&[("alternate_emails", F::List(vec!["a@contoso.example.com".into()]))]),
        fields(&[("custom:M365Status", "Left".into())]),
    ] {
        assert_eq!(psa.update(&id(), &set, None).await.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(psa.create(&company(), &set, "k").await.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let nameless = fields(&[("title", "x".into())]);
    assert_eq!(psa.create(&company(), &nameless, "k").await.unwrap_err().kind(), ErrorKind::Rejected);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        ResponseTemplate::new(200).set_body_string("{\"id\": 4"),
        ResponseTemplate::new(200).set_body_string("Disabled"),
        ok(json!(null)),
        ok(json!({})),
    ] {
        let server = Server::start().await;
        at("POST", "/contacts").respond_with(answer).expect(1).mount(&server.0).await;
        let error =
            server.psa().create(&company(), &fields(&[("name", "Ada".into())]), "k").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never));
    }
}

#[tokio::test]
async fn a_create_that_is_plainly_refused_under_200_is_refused() {
    for (body, expected) in [
        (json!({"success": false, "message": ["Email is not an email"]}), ErrorKind::Rejected),
        (json!({"record": {"id": null}, "errors": "Email is not an email"}), ErrorKind::Rejected),
        (
            json!({"error": "Please ask account admin to update your group permissions."}),
            ErrorKind::PermissionDenied,
        ),
    ] {
        let server = Server::start().await;
        at("POST", "/contacts").respond_with(ok(body)).expect(1).mount(&server.0).await;
        let error =
            server.psa().create(&company(), &fields(&[("name", "Ada".into())]), "k").await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
    }
}

#[tokio::test]
async fn a_companys_fields_go_as_a_whole_below_its_own_key() {
    let server = Server::start().await;
    let customer = |properties: Value| json!({"customer": {"id": 250, "business_name": "Contoso", "properties": properties}});
    get("/customers/250")
        .respond_with(ok(customer(json!({"Service Level": 3}))))
        .expect(1)
        .mount(&server.0)
        .await;
    let properties = json!({"Service Level": 3, "Tenant365Id": "t-1"});
    at("PUT", "/customers/250")
        .and(body_json(json!({"properties": properties})))
        .respond_with(ok(customer(properties)))
        .expect(1)
        .mount(&server.0)
        .await;
    let wanted = BTreeMap::from([("Tenant365Id".to_owned(), F::from("t-1"))]);
    let company = server.psa().update_company(&company(), &wanted).await.unwrap();
    assert_eq!(company.custom_fields["Tenant365Id"].as_text(), Some("t-1"));
}

#[tokio::test]
async fn a_quantity_goes_with_the_lines_name_and_flags() {
    let line = |quantity: &str| {
        json!({
            "id": 3, "name": "Business Premium", "quantity": quantity, "retail_cents": 2200, "taxable": true,
            "one_time_charge": false, "recurring_type_id": null,
        })
    };
    let schedule =
        json!({"schedule": {"id": 15, "customer_id": 250, "paused": true, "lines": [line("10.0")]}});
    let today = NaiveDate::from_ymd_opt(2026, 11, 28).unwrap();
    for (stored, expected) in [("12.0", None), ("10.0", Some(ErrorKind::Indeterminate))] {
        let server = Server::start().await;
        get("/schedules/15").respond_with(ok(schedule.clone())).expect(1).mount(&server.0).await;
        at("PUT", "/schedules/15/line_items/3")
            .and(body_json(json!({
                "quantity": 12, "name": "Business Premium", "taxable": true, "one_time_charge": false,
            })))
            .respond_with(ok(json!({"schedule_line_item": line(stored)})))
            .expect(1)
            .mount(&server.0)
            .await;
        let set = server.psa().set_quantity(&LineId::new("15/3"), 10, 12, today).await;
        assert_eq!(set.as_ref().err().map(sync_core::Error::kind), expected, "stored {stored}");
        assert!(set.is_err() || set.unwrap().quantity == Some(12));
    }
}
