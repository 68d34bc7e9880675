//! Lines of contracts: told, never written.

use crate::support::World;
use futures::TryStreamExt as _;
use std::collections::BTreeSet;
use sync_core::{
    ErrorKind, Page, Psa as _,
    capability::Access,
    model::{CompanyId, LineId},
    quantity::{Agreements as _, QuantityLine},
};

async fn lines(world: &World, companies: &[&str]) -> (Vec<QuantityLine>, usize) {
    let psa = world.psa();
    let companies: BTreeSet<CompanyId> = companies.iter().map(|id| CompanyId::new(*id)).collect();
    let pages: Vec<Page<QuantityLine>> = psa.lines(&companies).try_collect().await.unwrap();
    let (mut lines, mut ends) = (Vec::new(), 0);
    for page in pages {
        match page {
            Page::Items(items) => lines.extend(items),
            Page::End(_) => ends += 1,
            _ => panic!("a page of an unknown kind"),
        }
    }
    (lines, ends)
}

#[tokio::test]
async fn the_services_in_contracts_of_these_companies_are_told_without_units() {
    let world = World::of(10).await;
    let (ours, ends) = lines(&world, &["100"]).await;
    assert_eq!((ours.len(), ends), (2, 1));
    assert!(ours.iter().all(|line| line.quantity.is_none() && line.company.as_str() == "100"));
    assert_eq!(ours[0].product.as_deref(), Some("Microsoft 365 Business Premium"));
    assert_eq!(lines(&world, &["100", "250"]).await.0.len(), 4);
    world.sandbox.reset_calls();
    assert_eq!(lines(&world, &[]).await, (vec![], 1));
    assert_eq!(world.all_calls(), 0);
}

#[tokio::test]
async fn a_quantity_is_not_set_and_nothing_is_sent() {
    let world = World::of(10).await;
    let psa = world.psa();
    assert_eq!(psa.capabilities().await.unwrap().quantities, Access::Read);
    world.sandbox.reset_calls();
    let day = "2026-01-01".parse().unwrap();
    let error = psa.set_quantity(&LineId::new("70031"), 10, 12, day).await.unwrap_err();
    assert_eq!((error.kind(), world.all_calls()), (ErrorKind::Unsupported, 0));
}

#[tokio::test]
async fn a_role_without_finance_is_told_and_the_listing_does_not_end() {
    let world = World::of(10).await;
    world.data().deny("admin/finance");
    let psa = world.psa();
    let companies = [CompanyId::new("100")].into();
    let error = psa.lines(&companies).try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}
