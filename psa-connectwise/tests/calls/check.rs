//! The connection check: one finding per thing looked at.

use crate::common::*;
use serde_json::json;
use std::collections::BTreeSet;
use sync_core::{CheckItem, CheckQuery, CheckStatus, ErrorKind, Psa as _, model::CompanyId};
use wiremock::ResponseTemplate;

fn query() -> CheckQuery {
    let mut query = CheckQuery::default();
    query.contact_custom_fields =
        ["Office365Id", "Office365ID2", "userDefinedField10"].map(String::from).into();
    query.company_custom_fields = BTreeSet::from(["Tenant365Id".into()]);
    query.contact_types = ["VIP", "Vipp"].map(String::from).into();
    query.companies = ["250", "251", "abc"].map(CompanyId::new).into();
    query
}

fn status(items: &[CheckItem], subject: &str) -> Option<CheckStatus> {
    items.iter().find(|item| item.subject == subject).map(|item| item.status)
}

async fn healthy() -> Server {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 1).await;
    let types = ok(communication_types()).insert_header("api-current-version", "2026.7");
    get("company/communicationTypes").respond_with(types).expect(2).mount(&server.0).await;
    let fields = json!([{"id": 5, "caption": "Office365Id", "fieldTypeIdentifier": "Text"}]);
    get("system/userDefinedFields").respond_with(ok(fields)).expect(1).mount(&server.0).await;
    get("company/contacts/count").respond_with(ok(json!({"count": 12}))).expect(1).mount(&server.0).await;
    get("company/contacts/types")
        .respond_with(ok(json!([{"id": 7, "description": "VIP"}])))
        .expect(1)
        .mount(&server.0)
        .await;
    let company = json!({"id": 250, "name": "Contoso", "customFields": [{"id": 9, "caption": "Tenant365Id", "type": "Text"}]});
    get("company/companies").respond_with(ok(json!([company]))).expect(1).mount(&server.0).await;
    get("company/companies/250").respond_with(ok(company)).expect(1).mount(&server.0).await;
    get("company/companies/251")
        .respond_with(ResponseTemplate::new(404).set_body_json(json!({"code": "NotFound"})))
        .expect(1)
        .mount(&server.0)
        .await;
    server
}

#[tokio::test]
async fn everything_named_is_looked_at() {
    let server = healthy().await;
    get("company/m365contact/count").respond_with(ok(json!({"count": 3}))).expect(1).mount(&server.0).await;
    let items = server.psa().check(&query()).await.unwrap();
    for (subject, expected) in [
        ("credentials", CheckStatus::Ok),
        ("communication types", CheckStatus::Ok),
        ("API version", CheckStatus::Warning),
        ("read contacts", CheckStatus::Ok),
        ("custom field Office365Id", CheckStatus::Ok),
        ("custom field userDefinedField10", CheckStatus::Ok),
        ("custom field Office365ID2", CheckStatus::Missing),
        ("company custom field Tenant365Id", CheckStatus::Ok),
        ("contact type VIP", CheckStatus::Ok),
        ("contact type Vipp", CheckStatus::Missing),
        ("company 250", CheckStatus::Ok),
        ("company 251", CheckStatus::Missing),
        ("company abc", CheckStatus::Failed),
        ("details of companies", CheckStatus::Ok),
        ("another contact sync", CheckStatus::Warning),
    ] {
        assert_eq!(status(&items, subject), Some(expected), "{subject}: {items:?}");
    }
    assert_eq!(status(&items, "mobile phone"), None);
}

#[tokio::test]
async fn teams_that_may_not_be_read_are_told_where_account_managers_are_wanted() {
    let server = healthy().await;
    get("company/m365contact/count").respond_with(ok(json!({"count": 0}))).mount(&server.0).await;
    get("company/companies/250/teams")
        .respond_with(ResponseTemplate::new(403))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.account_managers = true;
    let items = config.connect().unwrap().check(&query()).await.unwrap();
    assert_eq!(status(&items, "details of companies"), Some(CheckStatus::Missing), "{items:?}");
}

#[tokio::test]
async fn a_closed_module_is_a_gap_and_not_the_end() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 2).await;
    get("company/communicationTypes")
        .respond_with(ok(communication_types()))
        .expect(2)
        .mount(&server.0)
        .await;
    get("system/userDefinedFields").respond_with(ResponseTemplate::new(403)).expect(1).mount(&server.0).await;
    get("company/contacts").respond_with(ok(json!([record(1)]))).expect(1).mount(&server.0).await;
    get("company/contacts/count").respond_with(ResponseTemplate::new(403)).expect(1).mount(&server.0).await;
    get("company/m365contact/count")
        .respond_with(ResponseTemplate::new(404))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.mobile_type = None;
    let mut query = CheckQuery::default();
    query.contact_custom_fields = BTreeSet::from(["Office365Id".into()]);
    let items = config.connect().unwrap().check(&query).await.unwrap();
    for (subject, expected) in [
        ("read contacts", CheckStatus::Missing),
        ("custom fields", CheckStatus::Warning),
        ("custom field Office365Id", CheckStatus::Ok),
        ("mobile phone", CheckStatus::Warning),
    ] {
        assert_eq!(status(&items, subject), Some(expected), "{subject}: {items:?}");
    }
    assert_eq!(status(&items, "another contact sync"), None);
}

#[tokio::test]
async fn wrong_keys_end_the_check() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 1).await;
    let refused = ResponseTemplate::new(401).set_body_json(json!({"code": "Unauthorized"}));
    get("company/communicationTypes").respond_with(refused).expect(1).mount(&server.0).await;
    assert_eq!(kind(server.psa().check(&query()).await), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_renamed_communication_type_names_those_there_are() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 1).await;
    get("company/communicationTypes")
        .respond_with(ok(communication_types()))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.mobile_type = Some("Mobile".into());
    let error = config.connect().unwrap().check(&CheckQuery::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
    assert!(error.message().contains("`Direct`, `Cell`"), "{error}");
}
