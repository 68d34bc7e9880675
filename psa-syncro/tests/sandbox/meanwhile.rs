//! What changes while a run is under way: tokens, permissions, companies, clocks.

use crate::support::{World, active, company, fields, new_person, ours, read, read_and};
use std::time::Duration;
use sync_core::{ErrorKind, Psa as _, PsaExt};

#[tokio::test]
async fn a_wrong_token_and_a_lacking_permission_are_told_apart() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.api_token = "canary-wrong".to_owned().into();
    let error = read(&config.connect().unwrap(), &ours()).await.error.unwrap();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("api_token") && !format!("{error:?}").contains("canary"), "{error:?}");

    world.data().deny("Customers - Edit");
    let psa = world.psa();
    assert!(read(&psa, &ours()).await.is_whole(32), "the other permission is still there");
    let id = world.somebody();
    for error in [
        psa.update(&id, &fields(&[("title", "x")]), None).await.unwrap_err(),
        psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    }
    assert_eq!(world.having("nina@contoso.example"), 0);
}

#[tokio::test]
async fn a_token_deleted_in_the_middle_of_a_read_gives_no_end_and_writes_nothing() {
    let world = World::of(120).await;
    let psa = world.psa();
    let data = world.data().clone();
    let cut = read_and(&psa, &ours(), move |page| {
        if page == 1 {
            data.renew_token();
        }
    })
    .await;
    assert_eq!((cut.contacts.len(), cut.ended), (50, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::Unauthenticated);
    let id = world.somebody();
    let before = world.record(&id);
    assert_eq!(psa.update(&id, &active(false), None).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert_eq!((world.record(&id), world.writes()), (before, 0));
}

#[tokio::test]
async fn a_permission_lost_in_the_middle_of_a_read_makes_it_partial() {
    let world = World::of(120).await;
    let data = world.data().clone();
    let cut = read_and(&world.psa(), &ours(), move |page| {
        if page == 2 {
            data.deny("Customers - View Detail");
        }
    })
    .await;
    assert_eq!((cut.contacts.len(), cut.ended), (100, false));
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_company_deleted_in_the_middle_of_a_read_is_told_as_such() {
    let world = World::of(120).await;
    let data = world.data().clone();
    let cut = read_and(&world.psa(), &ours(), move |page| {
        if page == 1 {
            assert!(data.delete_customer(100));
        }
    })
    .await;
    assert!(!cut.ended, "nothing may be concluded from contacts that are no more");
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_partial_snapshot_says_why() {
    let world = World::of(120).await;
    world.fault("syncro:401[GET /contacts]@2");
    let psa = world.psa();
    let snapshot = PsaExt::snapshot(&psa, &ours(), chrono::DateTime::UNIX_EPOCH).await.unwrap();
    assert_eq!(snapshot.len(), 50);
    let state = format!("{:?}", snapshot.completeness());
    assert!(state.starts_with("Partial") && state.contains("unauthenticated"), "{state}");
}

#[tokio::test]
async fn a_server_whose_clock_is_years_ahead_is_served_all_the_same() {
    let world = World::of(32).await;
    world.sandbox.advance_clock(Duration::from_secs(20 * 365 * 86_400));
    let psa = world.psa();
    let id = world.somebody();
    let first = psa.update(&id, &fields(&[("title", "One")]), None).await.unwrap();
    let second = psa.update(&id, &fields(&[("title", "Two")]), first.version.as_ref()).await.unwrap();
    assert_eq!(world.record(&id)["properties"]["title"], "Two");
    assert!(second.version.unwrap().as_str() > "2040", "versions are only compared with each other");
}
