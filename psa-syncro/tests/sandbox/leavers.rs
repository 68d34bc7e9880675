//! Whoever leaves, without an active flag and without a delete.

use crate::support::{World, active, ours, read};
use psa_syncro::Leavers;
use serde_json::json;
use sync_core::{
    ErrorKind, Psa as _,
    capability::ActiveStatus,
    model::{ContactField, ContactId},
};
use sync_sandbox::Vendor;

#[tokio::test]
async fn a_leaver_is_one_write_never_a_delete_and_still_listed() {
    for leavers in [Leavers::default(), Leavers::Rename { suffix: " [Inactive]".into() }] {
        let world = World::of(32).await;
        let mut config = world.config();
        config.leavers = leavers.clone();
        let psa = config.connect().unwrap();
        let id = world.somebody();
        let contact = psa.update(&id, &active(false), None).await.unwrap();
        assert_eq!((contact.active(), world.writes()), (Some(false), 1), "{leavers:?}");
        let whole = read(&psa, &ours()).await;
        assert!(whole.is_whole(32));
        let listed = whole.contacts.iter().find(|listed| listed.id == id).unwrap();
        assert_eq!(listed.active(), Some(false), "{leavers:?}");
        let calls = world.sandbox.calls();
        assert!(calls.routes.iter().all(|row| row.method != "DELETE"), "{calls:?}");
    }
}

#[tokio::test]
async fn the_mark_is_what_a_technician_sees_and_may_set_by_hand() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    psa.update(&id, &active(false), None).await.unwrap();
    assert_eq!(world.record(&id)["properties"]["M365Status"], "Left");
    world
        .data()
        .edit_contact(id.as_str().parse().unwrap(), |r| r["properties"]["M365Status"] = json!("back again"));
    assert_eq!(psa.contact(&id).await.unwrap().active(), Some(true));
    world
        .data()
        .edit_contact(id.as_str().parse().unwrap(), |r| r["properties"]["M365Status"] = json!("left"));
    assert_eq!(psa.contact(&id).await.unwrap().active(), Some(false));
}

#[tokio::test]
async fn a_mark_that_could_not_be_set_is_no_success() {
    let world = World::of(32).await;
    world.data().rename_contact_field("M365Status", "Status");
    let psa = world.psa();
    let id = world.somebody();
    let error = psa.update(&id, &active(false), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("`M365Status`"), "{error}");
}

#[tokio::test]
async fn without_a_place_nothing_is_sent() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.leavers = Leavers::Hold;
    let psa = config.connect().unwrap();
    assert_eq!(psa.capabilities().await.unwrap().active_status, ActiveStatus::Absent);
    let id = world.somebody();
    let error = psa.update(&id, &active(false), None).await.unwrap_err();
    assert_eq!((error.kind(), world.all_calls()), (ErrorKind::Unsupported, 0));
    assert!(!psa.contact(&id).await.unwrap().fields.contains_key(&ContactField::Active));
}

#[tokio::test]
async fn the_portal_login_goes_only_where_that_is_asked_for_and_only_the_leavers_own() {
    let world = World::of(32).await;
    let id = world.somebody();
    let number: i64 = id.as_str().parse().unwrap();
    let other = world.ours().iter().find(|record| record["id"] != number).unwrap()["id"].as_i64().unwrap();
    let own = world.data().add_portal_user(100, number, "own@contoso.example");
    let others = world.data().add_portal_user(100, other, "other@contoso.example");
    world.psa().update(&id, &active(false), None).await.unwrap();
    assert_eq!(world.data().portal_users(), [own, others]);
    world.psa().update(&id, &active(true), None).await.unwrap();

    let mut config = world.config();
    config.revoke_portal_access = true;
    let psa = config.connect().unwrap();
    world.sandbox.reset_calls();
    psa.update(&id, &active(false), None).await.unwrap();
    assert_eq!(world.data().portal_users(), [others]);
    assert_eq!(world.sandbox.calls().count(Vendor::Syncro, "DELETE", "/api/v1/portal_users/{id}"), 1);
    // Again: there is nothing left to do.
    psa.update(&id, &active(false), None).await.unwrap();
    assert_eq!(world.sandbox.calls().count(Vendor::Syncro, "DELETE", "/api/v1/portal_users/{id}"), 1);
}

#[tokio::test]
async fn a_portal_login_that_may_not_be_deleted_is_told_and_the_mark_stands() {
    let world = World::of(32).await;
    world.data().deny("Global Admin");
    let mut config = world.config();
    config.revoke_portal_access = true;
    let id: ContactId = world.somebody();
    let error = config.connect().unwrap().update(&id, &active(false), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("portal access"), "{error}");
    assert_eq!(world.record(&id)["properties"]["M365Status"], "Left");
}
