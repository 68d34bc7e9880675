//! How many calls reading takes, and what ends a listing.

use crate::support::{CONTACT, COUNT, QUERY, World, ours, read};
use futures::StreamExt as _;
use sync_core::{CheckQuery, CheckStatus, ErrorKind, Page, Psa as _, model::ContactId};

#[tokio::test]
async fn a_full_read_is_one_call_for_five_hundred_contacts_and_one_that_counts() {
    for (contacts, pages) in [(32, 1), (499, 1), (500, 2), (1_200, 3)] {
        let world = World::of(contacts).await;
        let psa = world.warm().await;
        let whole = read(&psa).await;
        assert!(whole.ended && whole.error.is_none());
        assert_eq!(
            (whole.ids.len(), whole.distinct(), whole.count),
            (contacts, contacts, Some(contacts as u64))
        );
        // A last page that is full cannot be told from one that is not the last.
        assert_eq!(
            (world.calls("POST", QUERY), world.calls("POST", COUNT), world.all_calls()),
            (pages, 1, pages + 1)
        );
        assert_eq!(world.sandbox.calls().writes(), 0);
    }
}

#[tokio::test]
async fn the_first_use_looks_up_a_handful_of_tables_whatever_the_number_of_contacts() {
    for contacts in [32, 1_200] {
        let world = World::of(contacts).await;
        let psa = world.psa();
        assert!(read(&psa).await.ended);
        // The zone, the fields, the user-defined fields, the countries.
        assert_eq!(world.all_calls() - world.calls("POST", QUERY) - world.calls("POST", COUNT), 4);
        world.sandbox.reset_calls();
        assert!(read(&psa).await.ended);
        assert_eq!(
            world.all_calls() - world.calls("POST", QUERY) - world.calls("POST", COUNT),
            0,
            "never again"
        );
    }
}

#[tokio::test]
async fn a_listing_that_is_dropped_asks_for_no_further_page() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    let query = ours();
    let mut pages = psa.contacts(&query);
    assert!(matches!(pages.next().await, Some(Ok(Page::Items(items))) if items.len() == 500));
    drop(pages);
    assert_eq!(world.all_calls(), 1);
}

#[tokio::test]
async fn more_companies_than_a_condition_takes_are_asked_for_in_parts() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let mut query = ours();
    query.companies.extend((1..=850).map(|id| sync_core::model::CompanyId::new(id.to_string())));
    let mut pages = psa.contacts(&query);
    let (mut rows, mut count) = (0, None);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => rows += items.len(),
            Page::End(end) => count = end.reported_count,
            _ => panic!("a page of an unknown kind"),
        }
    }
    assert_eq!((rows, count, world.calls("POST", QUERY), world.calls("POST", COUNT)), (32, Some(32), 3, 3));
}

#[tokio::test]
async fn active_and_inactive_contacts_are_listed() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().edit_contact(crate::support::number(&id), |record| record["isActive"] = 0.into());
    assert!(read(&psa).await.ids.contains(&id));
    assert_eq!(psa.contact(&id).await.unwrap().active(), Some(false));
}

#[tokio::test]
async fn companies_show_territory_owner_and_whether_they_are_in_use() {
    let world = World::of(32).await;
    let psa = world.psa();
    let mut pages = psa.companies();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        if let Page::Items(items) = page.unwrap() {
            all.extend(items);
        }
    }
    let of = |id: &str| all.iter().find(|company| company.id.as_str() == id).unwrap();
    let west = of("29762101");
    assert_eq!(
        (west.territory.as_deref(), west.account_manager.as_deref()),
        (Some("West"), Some("Terry Green"))
    );
    assert!(of("29762100").active && !of("29762300").active);
    assert!(of("29762100").custom_fields.contains_key("Tenant365Id"));
}

#[tokio::test]
async fn what_a_closed_module_would_tell_of_companies_is_left_out() {
    let world = World::of(32).await;
    world.data().deny("Resources");
    let psa = world.psa();
    let found = psa.check(&CheckQuery::default()).await.unwrap();
    let details = found.iter().find(|item| item.subject == "details of companies").unwrap();
    assert!(details.status == CheckStatus::Missing && details.detail.contains("account managers"));
    let mut pages = psa.companies();
    let mut managers = Vec::new();
    while let Some(page) = pages.next().await {
        if let Page::Items(items) = page.unwrap() {
            managers.extend(
                items.into_iter().map(|company| (company.territory.is_some(), company.account_manager)),
            );
        }
    }
    assert!(
        !managers.is_empty() && managers.iter().all(|(territory, manager)| *territory && manager.is_none())
    );
}

#[tokio::test]
async fn a_contact_that_is_not_there_is_not_found() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for id in ["999999999", "not-a-number", "", "-1"] {
        assert_eq!(psa.contact(&ContactId::new(id)).await.unwrap_err().kind(), ErrorKind::NotFound, "{id}");
    }
    assert_eq!(world.calls("GET", CONTACT), 1, "an id that Autotask cannot have is not asked for");
}
