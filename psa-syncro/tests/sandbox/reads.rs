//! How many calls reading takes, and that nothing slips through.

use crate::support::{CONTACTS, World, ours, read, read_and};
use futures::StreamExt as _;
use serde_json::json;
use sync_core::{ContactQuery, ErrorKind, Page, Psa as _, PsaExt as _, model::CompanyId};

#[tokio::test]
async fn a_full_read_is_the_vendors_own_count_of_pages_and_no_lookup() {
    for (contacts, pages) in [(32, 1), (50, 1), (51, 2), (420, 9)] {
        let world = World::of(contacts).await;
        assert!(read(&world.psa(), &ours()).await.is_whole(contacts), "{contacts} contacts");
        assert_eq!((world.calls("GET", CONTACTS), world.all_calls()), (pages, pages), "{contacts} contacts");
        assert_eq!(world.writes(), 0);
        world.sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn the_page_size_is_whatever_the_vendor_says() {
    let world = World::of(120).await;
    for (size, pages) in [(25, 5), (100, 2), (7, 18)] {
        world.data().contacts_per_page(size);
        world.sandbox.reset_calls();
        assert!(read(&world.psa(), &ours()).await.is_whole(120));
        assert_eq!(world.all_calls(), pages, "pages of {size}");
    }
}

#[tokio::test]
async fn all_companies_are_read_at_once_and_some_one_by_one() {
    let world = World::of(60).await;
    let psa = world.psa();
    assert!(read(&psa, &ContactQuery::all()).await.is_whole(64));
    assert_eq!(world.all_calls(), 2);
    let two = ContactQuery::of_companies(["100", "250"].map(CompanyId::new));
    let both = read(&psa, &two).await;
    assert!(both.is_whole(62));
    assert!(both.contacts.iter().all(|contact| contact.company != Some(CompanyId::new("101"))));
    assert_eq!(world.all_calls(), 2 + 2 + 1);
}

#[tokio::test]
async fn companies_are_listed_with_the_disabled_ones_as_not_in_use() {
    let world = World::of(32).await;
    let companies = world.psa().all_companies().await.unwrap();
    let shown: Vec<(&str, &str, bool)> =
        companies.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.active)).collect();
    assert_eq!(
        shown,
        [
            ("100", "Contoso", true),
            ("101", "Contoso West", true),
            ("250", "Fabrikam", true),
            ("300", "Litware", false),
            ("400", "Walkin Customer", true),
        ]
    );
    assert_eq!(world.all_calls(), 1);
}

#[tokio::test]
async fn a_listing_that_is_dropped_asks_for_no_further_page() {
    let world = World::of(120).await;
    let psa = world.psa();
    let query = ours();
    let mut pages = psa.contacts(&query);
    assert!(matches!(pages.next().await, Some(Ok(Page::Items(items))) if items.len() == 50));
    drop(pages);
    assert_eq!(world.all_calls(), 1);
}

#[tokio::test]
async fn a_contact_deleted_during_the_read_makes_no_other_slip_through_and_the_read_partial() {
    let world = World::of(120).await;
    let first = world.ours()[3]["id"].as_i64().unwrap();
    let data = world.data().clone();
    let whole = read_and(&world.psa(), &ours(), move |page| {
        if page == 1 {
            assert!(data.delete_contact(first));
        }
    })
    .await;
    let there: usize = world.ours().len();
    assert_eq!((there, whole.ids().len(), whole.ended), (119, 120, true), "the ghost and everybody else");
    assert!(
        world
            .ours()
            .iter()
            .all(|record| whole.ids().contains(&sync_core::model::ContactId::new(record["id"].to_string())))
    );
    assert_eq!(whole.reported, Some(119), "so a snapshot of it is partial");
    assert_eq!(world.all_calls(), 3 + 3, "one more walk");
}

#[tokio::test]
async fn a_contact_added_during_the_read_costs_one_more_walk_at_most_and_is_read() {
    let world = World::of(120).await;
    let data = world.data().clone();
    let whole = read_and(&world.psa(), &ours(), move |page| {
        if page == 1 {
            data.add_contact(&json!({"customer_id": 100, "name": "Nina Newcomer"}));
        }
    })
    .await;
    assert!(whole.is_whole(121));
    assert_eq!(world.all_calls(), 3 + 3);
}

#[tokio::test]
async fn a_listing_that_never_stands_still_is_given_up_without_an_end() {
    let world = World::of(120).await;
    let data = world.data().clone();
    let restless = read_and(&world.psa(), &ours(), move |_| {
        data.add_contact(&json!({"customer_id": 100, "name": "Nina Newcomer"}));
    })
    .await;
    assert!(!restless.ended);
    assert_eq!(restless.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
    assert!(world.all_calls() <= 12, "three walks and no more");
}

#[tokio::test]
async fn a_company_that_is_not_there_is_not_an_empty_one() {
    let world = World::of(32).await;
    let psa = world.psa();
    let of = |id: &str| ContactQuery::of_companies([CompanyId::new(id)]);
    let empty = read(&psa, &of("300")).await;
    assert!(empty.is_whole(0));
    let gone = read(&psa, &of("999")).await;
    assert!(!gone.ended);
    assert_eq!(gone.error.unwrap().kind(), ErrorKind::NotFound);
    assert_eq!(read(&psa, &of("not-a-number")).await.error.unwrap().kind(), ErrorKind::ConfigInvalid);
}
