//! Writing a user's own details: what arrives, and what every refusal says.

use crate::{anchor, client, sandbox, somebody, without};
use std::collections::BTreeMap;
use sync_core::{Error, ErrorKind, model::Attribute};
use sync_sandbox::{Sandbox, User, Vendor};

type Changes = BTreeMap<Attribute, Option<String>>;

fn changes(pairs: &[(Attribute, &str)]) -> Changes {
    pairs.iter().map(|(attribute, text)| (attribute.clone(), Some((*text).to_owned()))).collect()
}

fn writes(sandbox: &Sandbox) -> u64 {
    sandbox.calls().count(Vendor::Graph, "PATCH", "/v1.0/users/{id}")
}

async fn refused(sandbox: &Sandbox, user: &User, changes: &Changes) -> Error {
    let error = client(sandbox).update_user(&anchor(sandbox, &user.id), changes).await.unwrap_err();
    let held = sandbox.users().into_iter().find(|held| held.id == user.id).unwrap();
    assert!(held == *user, "something was written");
    assert!(!error.to_string().contains(&user.user_principal_name), "{error}");
    error
}

fn held(sandbox: &Sandbox, id: &str) -> User {
    sandbox.users().into_iter().find(|user| user.id == id).unwrap()
}

#[tokio::test]
async fn every_attribute_that_is_offered_arrives_and_can_be_emptied_again() {
    let sandbox = sandbox().await;
    let (directory, user) = (client(&sandbox), somebody(&sandbox));
    let all = [
        (Attribute::DisplayName, "Ada Example"),
        (Attribute::GivenName, "Ada"),
        (Attribute::Surname, "Example"),
        (Attribute::JobTitle, "Lead"),
        (Attribute::Department, "Research"),
        (Attribute::CompanyName, "Contoso"),
        (Attribute::OfficeLocation, "7/11"),
        (Attribute::BusinessPhone, "+1 206 555 0100"),
        (Attribute::MobilePhone, "+1 206 555 0101"),
        (Attribute::StreetAddress, "Main Street 1"),
        (Attribute::City, "Springfield"),
        (Attribute::State, "WA"),
        (Attribute::PostalCode, "98052"),
        (Attribute::Country, "United States"),
    ];
    directory.update_user(&anchor(&sandbox, &user.id), &changes(&all)).await.unwrap();
    let now = held(&sandbox, &user.id);
    assert_eq!(now.display_name, "Ada Example");
    assert_eq!(now.business_phones, ["+1 206 555 0100"]);
    let texts = [
        (now.given_name, "Ada"),
        (now.surname, "Example"),
        (now.job_title, "Lead"),
        (now.department, "Research"),
        (now.company_name, "Contoso"),
        (now.office_location, "7/11"),
        (now.mobile_phone, "+1 206 555 0101"),
        (now.street_address, "Main Street 1"),
        (now.city, "Springfield"),
        (now.state, "WA"),
        (now.postal_code, "98052"),
        (now.country, "United States"),
    ];
    for (held, wanted) in texts {
        assert_eq!(held.as_deref(), Some(wanted));
    }
    assert_eq!((now.mail, now.account_enabled), (user.mail, user.account_enabled), "and nothing else");

    let emptied: Changes = all[1..].iter().map(|(attribute, _)| (attribute.clone(), None)).collect();
    directory.update_user(&anchor(&sandbox, &user.id), &emptied).await.unwrap();
    let now = held(&sandbox, &user.id);
    assert!(now.business_phones.is_empty() && now.mobile_phone.is_none() && now.country.is_none());
    assert_eq!(writes(&sandbox), 2);
}

#[tokio::test]
async fn each_longest_text_is_taken_and_one_more_character_is_not_sent() {
    let sandbox = sandbox().await;
    let (directory, user) = (client(&sandbox), somebody(&sandbox));
    for (attribute, longest) in [
        (Attribute::DisplayName, 256),
        (Attribute::GivenName, 64),
        (Attribute::JobTitle, 128),
        (Attribute::Department, 64),
        (Attribute::StreetAddress, 1024),
        (Attribute::PostalCode, 40),
        (Attribute::MobilePhone, 64),
    ] {
        let text = |length: usize| changes(&[(attribute.clone(), &"ä".repeat(length))]);
        directory.update_user(&anchor(&sandbox, &user.id), &text(longest)).await.unwrap();
        let before = writes(&sandbox);
        let error = directory.update_user(&anchor(&sandbox, &user.id), &text(longest + 1)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert_eq!(writes(&sandbox), before);
    }
}

#[tokio::test]
async fn who_is_kept_on_premises_is_refused_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    assert!(sandbox.edit_user(&somebody(&sandbox).id, |user| user.on_premises_sync_enabled = Some(true)));
    let user = somebody(&sandbox);
    let error = refused(&sandbox, &user, &changes(&[(Attribute::JobTitle, "Lead")])).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("change them in Active Directory"), "{error}");
    assert_eq!(writes(&sandbox), 0);
}

#[tokio::test]
async fn a_missing_permission_is_named_and_phones_need_the_smaller_one_only() {
    let sandbox = sandbox().await;
    let user = somebody(&sandbox);
    without(&sandbox, &["User.ReadWrite.All", "User.ReadUpdate.All", "Directory.ReadWrite.All"]);
    let error = refused(&sandbox, &user, &changes(&[(Attribute::JobTitle, "Lead")])).await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("grant User.ReadWrite.All"), "{error}");
    let phones = changes(&[(Attribute::MobilePhone, "1"), (Attribute::BusinessPhone, "2")]);
    client(&sandbox).update_user(&anchor(&sandbox, &user.id), &phones).await.unwrap();
    without(&sandbox, &["User-Phone.ReadWrite.All"]);
    let user = held(&sandbox, &user.id);
    let error = refused(&sandbox, &user, &changes(&[(Attribute::MobilePhone, "3")])).await;
    assert!(error.message().contains("grant User-Phone.ReadWrite.All"), "{error}");
}

#[tokio::test]
async fn administrators_phones_and_restricted_units_are_explained() {
    let sandbox = sandbox().await;
    let id = somebody(&sandbox).id;
    assert!(sandbox.edit_user(&id, |user| user.holds_admin_role = true));
    let error = refused(&sandbox, &held(&sandbox, &id), &changes(&[(Attribute::MobilePhone, "1")])).await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("Privileged Authentication Administrator"), "{error}");
    client(&sandbox).update_user(&anchor(&sandbox, &id), &changes(&[(Attribute::City, "X")])).await.unwrap();
    sandbox.grant_directory_role();
    let phone = changes(&[(Attribute::MobilePhone, "1")]);
    client(&sandbox).update_user(&anchor(&sandbox, &id), &phone).await.unwrap();
    assert!(sandbox.edit_user(&id, |user| user.is_management_restricted = Some(true)));
    let error = refused(&sandbox, &held(&sandbox, &id), &changes(&[(Attribute::City, "Y")])).await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("restricted management unit"), "{error}");
}

#[tokio::test]
async fn a_user_who_is_gone_is_not_found() {
    let sandbox = sandbox().await;
    let gone = anchor(&sandbox, "00000000-0000-4000-8000-000000000009");
    let error = client(&sandbox).update_user(&gone, &changes(&[(Attribute::City, "X")])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(writes(&sandbox), 0);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_repeated_because_it_sets_the_same() {
    let sandbox = sandbox().await;
    let user = somebody(&sandbox);
    sandbox.inject("graph:reset-after-commit[PATCH /users]".parse().unwrap());
    let lead = changes(&[(Attribute::JobTitle, "Lead")]);
    client(&sandbox).update_user(&anchor(&sandbox, &user.id), &lead).await.unwrap();
    assert_eq!(held(&sandbox, &user.id).job_title.as_deref(), Some("Lead"));
    assert_eq!(writes(&sandbox), 2);
}
