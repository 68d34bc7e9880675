//! Write-back: what is sent, and what a refusal means.

use super::*;
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind,
    model::{Attribute, SourceAnchor},
};
use wiremock::matchers::body_json;

const USER: &str = "00000000-0000-4000-8000-000000000007";

fn anchor() -> SourceAnchor {
    SourceAnchor::entra(TENANT, USER)
}

fn changes(pairs: &[(Attribute, &str)]) -> BTreeMap<Attribute, Option<String>> {
    pairs.iter().map(|(attribute, text)| (attribute.clone(), Some((*text).to_owned()))).collect()
}

fn patch() -> MockBuilder {
    Mock::given(method("PATCH")).and(path(format!("/v1.0/users/{USER}")))
}

async fn looked_at(tenant: &Tenant, on_premises: Value) {
    tenant.token(1).await;
    let look = graph(&format!("/v1.0/users/{USER}")).and(query_param("$select", "id,onPremisesSyncEnabled"));
    let answer = ok(&json!({ "id": USER, "onPremisesSyncEnabled": on_premises }));
    tenant.expect("look", 1, look, answer).await;
}

#[tokio::test]
async fn only_what_changes_is_sent_and_blank_texts_empty_it() {
    let tenant = Tenant::start().await;
    looked_at(&tenant, Value::Null).await;
    let body =
        json!({ "businessPhones": ["+1 206 555 0100"], "jobTitle": null, "mobilePhone": "+1 206 555 0101" });
    let sent = patch().and(body_json(body));
    tenant.expect("write", 1, sent, ResponseTemplate::new(204)).await;
    let mut wanted = changes(&[
        (Attribute::BusinessPhone, " +1 206 555 0100 "),
        (Attribute::MobilePhone, "+1 206 555 0101"),
        (Attribute::JobTitle, " "),
    ]);
    tenant.directory().update_user(&anchor(), &wanted).await.unwrap();
    wanted.clear();
    tenant.directory().update_user(&anchor(), &wanted).await.unwrap();
}

#[tokio::test]
async fn a_phone_that_is_emptied_is_an_empty_list() {
    let tenant = Tenant::start().await;
    looked_at(&tenant, json!(false)).await;
    tenant
        .expect(
            "write",
            1,
            patch().and(body_json(json!({ "businessPhones": [] }))),
            ResponseTemplate::new(204),
        )
        .await;
    let wanted = [(Attribute::BusinessPhone, None)].into();
    tenant.directory().update_user(&anchor(), &wanted).await.unwrap();
}

#[tokio::test]
async fn who_is_kept_on_premises_is_refused_before_the_write() {
    let tenant = Tenant::start().await;
    looked_at(&tenant, json!(true)).await;
    tenant.expect("write", 0, patch(), ResponseTemplate::new(204)).await;
    let error = tenant
        .directory()
        .update_user(&anchor(), &changes(&[(Attribute::JobTitle, "Lead")]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("change them in Active Directory"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_anything_is_sent() {
    let tenant = Tenant::start().await;
    tenant.expect("write", 0, patch(), ResponseTemplate::new(204)).await;
    let long = "x".repeat(129);
    for (wanted, kind) in [
        (changes(&[(Attribute::Mail, "a@contoso.example.com")]), ErrorKind::Unsupported),
        (changes(&[(Attribute::UserPrincipalName, "a@contoso.example.com")]), ErrorKind::Unsupported),
        (changes(&[(Attribute::JobTitle, long.as_str())]), ErrorKind::Rejected),
        (changes(&[(Attribute::JobTitle, "a\r\nb")]), ErrorKind::Rejected),
        ([(Attribute::DisplayName, None)].into(), ErrorKind::Rejected),
    ] {
        let error = tenant.directory().update_user(&anchor(), &wanted).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    for stranger in
        ["entra:99999999-2222-4333-8444-555555555555:00000000-0000-4000-8000-000000000007", "ad:x:y"]
    {
        let error = tenant
            .directory()
            .update_user(&SourceAnchor::new(stranger), &changes(&[(Attribute::JobTitle, "Lead")]))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_permission_that_suffices() {
    for (attribute, permission) in
        [(Attribute::MobilePhone, "User-Phone.ReadWrite.All"), (Attribute::JobTitle, "User.ReadWrite.All")]
    {
        let tenant = Tenant::start().await;
        looked_at(&tenant, Value::Null).await;
        tenant.expect("write", 1, patch(), refused(403, "Authorization_RequestDenied")).await;
        let error = tenant
            .directory()
            .update_user(&anchor(), &changes(&[(attribute.clone(), "1")]))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.message().contains(permission), "{error}");
        assert_eq!(error.message().contains("directory role"), attribute == Attribute::MobilePhone);
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_value_that_graph_does_not_take_is_a_refusal_and_not_sent_again() {
    let tenant = Tenant::start().await;
    looked_at(&tenant, Value::Null).await;
    tenant.expect("write", 1, patch(), refused(400, "Request_BadRequest")).await;
    let error = tenant
        .directory()
        .update_user(&anchor(), &changes(&[(Attribute::Country, "Nowhere")]))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("on-premises"), "{error}");
}
