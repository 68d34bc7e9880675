//! How many calls reading takes.

use crate::support::{CONTACTS, World, read};
use futures::StreamExt as _;
use sync_core::{Page, Psa as _};

#[tokio::test]
async fn a_full_read_is_the_code_base_two_lookups_and_a_call_per_thousand_contacts() {
    for (contacts, pages) in [(32, 1), (999, 1), (1_000, 2), (1_001, 2), (2_400, 3)] {
        let world = World::of(contacts).await;
        let whole = read(&world.psa()).await;
        assert!(whole.ended && whole.error.is_none());
        assert_eq!((whole.ids.len(), whole.distinct()), (contacts, contacts));
        assert_eq!(world.calls("GET", CONTACTS), pages, "{contacts} contacts");
        assert_eq!(world.calls("GET", "/login/companyinfo/{company}"), 1);
        assert_eq!(world.calls("GET", "/{codebase}/apis/3.0/company/communicationTypes"), 1);
        assert_eq!(world.calls("GET", "/{codebase}/apis/3.0/system/userDefinedFields"), 1);
        assert_eq!(world.all_calls(), 3 + pages, "{contacts} contacts");
        assert_eq!(world.sandbox.calls().writes(), 0);
        world.sandbox.shutdown().await;
    }
}

#[tokio::test]
async fn a_second_read_looks_nothing_up_again() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for reads in 1..=3 {
        assert_eq!(read(&psa).await.ids.len(), 32);
        assert_eq!(world.all_calls(), reads);
    }
}

#[tokio::test]
async fn a_listing_that_is_dropped_asks_for_no_further_page() {
    let world = World::of(2_400).await;
    let psa = world.warm().await;
    let query = crate::support::ours();
    let mut pages = psa.contacts(&query);
    assert!(matches!(pages.next().await, Some(Ok(Page::Items(items))) if items.len() == 1_000));
    drop(pages);
    assert_eq!(world.all_calls(), 1);
}
