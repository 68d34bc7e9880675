//! Tokens over the life of a connection.

use crate::support::{World, company, fields, new_person, plain, read};
use futures::future::join_all;
use std::time::Duration;
use sync_core::{ErrorKind, Psa as _};
use sync_sandbox::Vendor;

fn count(world: &World, route: &str) -> u64 {
    world.sandbox.calls().count(Vendor::KaseyaBms, "POST", route)
}

const SIGN_IN: &str = "/v2/security/authenticate";
const REFRESH: &str = "/v2/security/refreshtoken";

#[tokio::test]
async fn many_calls_at_once_sign_in_once() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = world.somebody();
    let reads = join_all((0..8).map(|_| psa.contact(&id))).await;
    assert!(reads.iter().all(Result::is_ok));
    assert_eq!((count(&world, SIGN_IN), count(&world, REFRESH)), (1, 0));
}

#[tokio::test]
async fn a_token_that_expired_in_the_middle_of_a_walk_is_refreshed_and_no_page_is_lost() {
    let world = World::of(450).await;
    let psa = world.warm().await;
    world.fault("kaseyabms:401[GET /v2/crm/contacts/summary]@3");
    let whole = read(&psa, &plain()).await;
    assert_eq!((whole.contacts.len(), whole.distinct(), whole.ended), (450, 450, true));
    assert_eq!((count(&world, SIGN_IN), count(&world, REFRESH)), (0, 1));
}

#[tokio::test]
async fn an_expired_pair_is_refreshed_and_a_dead_one_is_replaced_by_signing_in() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().revoke_access_tokens();
    psa.contact(&id).await.unwrap();
    assert_eq!((count(&world, SIGN_IN), count(&world, REFRESH)), (0, 1));
    world.data().revoke_tokens();
    psa.contact(&id).await.unwrap();
    assert_eq!((count(&world, SIGN_IN), count(&world, REFRESH)), (1, 2));
    // Two days later both tokens have ended.
    world.sandbox.advance_clock(Duration::from_secs(2 * 86_400));
    psa.contact(&id).await.unwrap();
    assert_eq!((count(&world, SIGN_IN), count(&world, REFRESH)), (2, 3));
}

#[tokio::test]
async fn a_token_refused_under_200_is_replaced_as_well() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().fail_next("GET /v2/crm/contacts/summary/{id}", 978_001, "Security Error");
    psa.contact(&id).await.unwrap();
    assert_eq!(count(&world, REFRESH), 1);
    world.data().fail_next("POST /v2/crm/contacts/summary", 978_001, "Security Error");
    psa.create(&company(), &new_person("nina@contoso.example"), "key").await.unwrap();
    assert_eq!(world.having("nina@contoso.example"), 1);
}

#[tokio::test]
async fn wrong_credentials_are_told_whatever_their_status_and_are_not_tried_again() {
    for by_status in [false, true] {
        let world = World::of(10).await;
        world.data().status_of_errors(by_status);
        let mut config = world.config();
        config.password = "canary-wrong".to_owned().into();
        let psa = config.connect().unwrap();
        let error = psa.capabilities().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        let told = format!("{error} {error:?} {psa:?}");
        assert!(told.contains("password") && !told.contains("canary"), "{told}");
        assert_eq!(world.data().sign_ins(), 1);
    }
}

#[tokio::test]
async fn a_password_changed_under_way_is_told_at_the_next_sign_in() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().set_password("another");
    psa.contact(&id).await.unwrap();
    world.data().revoke_tokens();
    let error = psa.update(&id, &fields(&[("title", "x")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::Unauthenticated, 0));
}

#[tokio::test]
async fn a_wrong_clock_on_either_side_does_not_matter() {
    for ahead in [0, 3 * 3600, 400 * 86_400] {
        let world = World::of(32).await;
        world.sandbox.advance_clock(Duration::from_secs(ahead));
        for offset in [0, 2, -8, 14] {
            world.data().day_offset(offset);
            let psa = world.psa();
            let whole = read(&psa, &plain()).await;
            assert_eq!((whole.contacts.len(), whole.ended), (32, true), "{ahead} s ahead, {offset} h");
            world.sandbox.reset_calls();
            read(&psa, &plain()).await;
            let tokens = count(&world, SIGN_IN) + count(&world, REFRESH);
            assert_eq!(tokens, 0, "the token is kept: {ahead} s ahead, {offset} h");
        }
    }
}
