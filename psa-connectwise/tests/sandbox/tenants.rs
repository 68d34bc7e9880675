//! Instances differ, and change under way.

use crate::support::{CONTACT, World, company, fields, new_person, ours, read};
use futures::StreamExt as _;
use serde_json::json;
use sync_core::{CheckQuery, CheckStatus, ErrorKind, Page, Psa as _};
use sync_sandbox::TypeKind;

#[tokio::test]
async fn a_cloud_upgrade_in_mid_run_costs_one_look_up() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.sandbox.connectwise_data().set_codebase("v2025_2");
    assert_eq!(read(&psa).await.ids.len(), 32);
    assert_eq!(world.calls("GET", "/login/companyinfo/{company}"), 1);
    let id = world.somebody();
    psa.update(&id, &fields(&[("title", "After the upgrade")]), None).await.unwrap();
    psa.create(&company(), &new_person("late@contoso.example"), "key").await.unwrap();
    assert_eq!(world.calls("GET", "/login/companyinfo/{company}"), 1, "the new code base is remembered");
    world.sandbox.connectwise_data().set_codebase("v2026_1");
    psa.create(&company(), &new_person("later@contoso.example"), "key").await.unwrap();
    assert_eq!((world.having("late@contoso.example"), world.having("later@contoso.example")), (1, 1));
}

#[tokio::test]
async fn a_cloud_upgrade_between_two_pages_loses_no_contact() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    let query = ours();
    let mut pages = psa.contacts(&query);
    let (mut rows, mut ended) = (0, false);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => {
                rows += items.len();
                world.sandbox.connectwise_data().set_codebase("v2025_2");
            }
            Page::End(_) => ended = true,
            _ => panic!("a page of an unknown kind"),
        }
    }
    assert_eq!((rows, ended), (2_400, true));
}

#[tokio::test]
async fn a_wrong_key_is_told_as_such_by_the_cloud_and_by_an_own_server() {
    let world = World::of(32).await;
    for cloud in [false, true] {
        world.sandbox.connectwise_data().hide_bad_keys(cloud);
        let mut config = world.config();
        config.private_key = "canary-wrong".to_owned().into();
        let psa = config.connect().unwrap();
        let error = psa.capabilities().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "cloud: {cloud}");
        let told = format!("{error} {error:?}");
        assert!(told.contains("key") && !told.contains("canary"), "{told}");
    }
}

#[tokio::test]
async fn a_company_id_that_does_not_exist_is_told_as_such() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.company = "nobody".into();
    let error = config.connect().unwrap().capabilities().await.unwrap_err();
    assert!(error.message().contains("company"), "{error}");
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
}

#[tokio::test]
async fn a_renamed_communication_type_is_named_with_what_there_is_and_nothing_is_written() {
    let world = World::of(32).await;
    world.sandbox.connectwise_data().rename_type(TypeKind::Communication, 4, "Cell Phone");
    let psa = world.psa();
    for error in [
        psa.capabilities().await.unwrap_err(),
        psa.create(&company(), &new_person("x@contoso.example"), "key").await.unwrap_err(),
        read(&psa).await.error.unwrap(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(
            error.message().contains("mobile_type") && error.message().contains("`Cell Phone`"),
            "{error}"
        );
    }
    assert_eq!(world.sandbox.calls().writes(), 0);
    let mut config = world.config();
    config.mobile_type = Some("Cell Phone".into());
    assert_eq!(read(&config.connect().unwrap()).await.ids.len(), 32);
}

#[tokio::test]
async fn an_instance_that_wants_custom_fields_in_each_patch_is_learned_once() {
    let world = World::of(32).await;
    world.sandbox.connectwise_data().require_custom_fields_in_patch(true);
    let psa = world.warm().await;
    let id = world.somebody();
    let before = world.record(&id)["customFields"].clone();
    for (n, title) in ["one", "two", "three"].into_iter().enumerate() {
        psa.update(&id, &fields(&[("title", title)]), None).await.unwrap();
        assert_eq!(world.calls("PATCH", CONTACT), n as u64 + 2, "the first is sent twice");
    }
    assert_eq!(world.record(&id)["customFields"], before);
}

#[tokio::test]
async fn a_refusal_over_an_old_bad_value_names_the_field() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let long = "x".repeat(31);
    world
        .sandbox
        .connectwise_data()
        .edit_contact(id.as_str().parse().unwrap(), |r| r["lastName"] = json!(long));
    let error = psa.update(&id, &fields(&[("title", "New")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("lastName"), "{error}");
    assert_ne!(world.record(&id)["title"], "New");
}

#[tokio::test]
async fn links_that_name_another_host_are_not_followed() {
    let world = World::of(2_400).await;
    world.sandbox.connectwise_data().set_link_base("https://elsewhere.example/cw");
    let whole = read(&world.psa()).await;
    assert_eq!((whole.ids.len(), whole.ended), (2_400, true));
}

#[tokio::test]
async fn a_role_without_the_contacts_module_is_a_finding_of_the_check() {
    let world = World::of(32).await;
    world.sandbox.connectwise_data().deny("company/contacts");
    let psa = world.psa();
    assert_eq!(read(&psa).await.error.unwrap().kind(), ErrorKind::PermissionDenied);
    let findings = psa.check(&CheckQuery::default()).await.unwrap();
    assert!(
        findings.iter().any(|f| f.status >= CheckStatus::Missing && f.subject.contains("contacts")),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_company_deleted_in_the_middle_gets_no_contact_and_is_named_as_what_is_gone() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    psa.create(&company(), &new_person("first@contoso.example"), "key").await.unwrap();
    let id = world.somebody();
    assert!(world.sandbox.connectwise_data().delete_company(100));
    let error = psa.create(&company(), &new_person("second@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("second@contoso.example")), (ErrorKind::NotFound, 0));
    assert!(error.message().contains("company"), "{error}");
    let error = psa.update(&id, &fields(&[("title", "Gone")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.calls("PATCH", CONTACT)), (ErrorKind::NotFound, 0));
    // An empty list is the truth: the contacts went with their company.
    let empty = read(&psa).await;
    assert_eq!((empty.ids.len(), empty.ended), (0, true));
}

#[tokio::test]
async fn a_field_that_connectwise_begins_to_require_fails_each_write_by_its_name() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.sandbox.connectwise_data().require_contact_field("nickName");
    let error = psa.create(&company(), &new_person("new@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("new@contoso.example")), (ErrorKind::Rejected, 0));
    assert!(error.message().contains("nickName") && !format!("{error:?}").contains('@'), "{error}");
    // A PATCH validates the whole record, so an old contact is refused as well, and is left as it was.
    let before = world.record(&id);
    let error = psa.update(&id, &fields(&[("title", "New")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.record(&id)), (ErrorKind::Rejected, before));
    assert!(error.message().contains("nickName"), "{error}");
}

#[tokio::test]
async fn a_server_whose_clock_is_a_day_ahead_is_served_all_the_same() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.sandbox.advance_clock(std::time::Duration::from_secs(86_400));
    let id = world.somebody();
    psa.update(&id, &fields(&[("title", "Tomorrow")]), None).await.unwrap();
    let seen = psa.contact(&id).await.unwrap().version;
    psa.update(&id, &fields(&[("title", "Day after")]), seen.as_ref()).await.unwrap();
    assert_eq!(world.record(&id)["title"], "Day after");
    assert_eq!((read(&psa).await.ids.len(), world.calls("PATCH", CONTACT)), (32, 2));
}
