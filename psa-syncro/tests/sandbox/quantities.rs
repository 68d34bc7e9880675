//! Quantities on recurring invoices: money, so each is set once or not at all.

use crate::support::{World, company};
use chrono::NaiveDate;
use futures::StreamExt as _;
use psa_syncro::Syncro;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sync_core::{
    ErrorKind, Page,
    model::{CompanyId, LineId},
    quantity::{Agreements as _, QuantityLine},
};

const LIST: &str = "/api/v1/schedules";
const LINE: &str = "/api/v1/schedules/{id}/line_items/{line}";

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 28).unwrap()
}

async fn lines(psa: &Syncro, companies: &[&str]) -> Vec<QuantityLine> {
    let companies: BTreeSet<CompanyId> = companies.iter().map(|id| CompanyId::new(*id)).collect();
    let mut pages = psa.lines(&companies);
    let (mut lines, mut ended) = (Vec::new(), false);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => lines.extend(items),
            Page::End(_) => ended = true,
            _ => panic!("a page of an unknown kind"),
        }
    }
    assert!(ended);
    lines
}

fn line(world: &World) -> Value {
    world.data().schedule(700).unwrap()["lines"][0].clone()
}

#[tokio::test]
async fn lines_are_read_with_those_that_syncro_counts_marked_and_one_time_charges_left_out() {
    let world = World::of(32).await;
    let psa = world.psa();
    let read = lines(&psa, &["100"]).await;
    let shown: Vec<(&str, Option<u64>, bool)> =
        read.iter().map(|line| (line.id.as_str(), line.quantity, line.dynamic)).collect();
    assert_eq!(
        shown,
        [("700/7001", Some(10), false), ("700/7002", Some(14), true), ("700/7004", None, false)]
    );
    assert_eq!(read[0].product.as_deref(), Some("Microsoft 365 Business Premium"));
    assert!(read.iter().all(|line| line.company == company()));
    assert_eq!(world.calls("GET", LIST), 2, "one page, and the empty one that ends the listing");
    assert_eq!(lines(&psa, &["100", "250"]).await.len(), 6);
    assert!(lines(&psa, &["101"]).await.is_empty() && lines(&psa, &[]).await.is_empty());
}

#[tokio::test]
async fn a_quantity_is_one_read_and_one_write_and_nothing_else_of_the_line_changes() {
    let world = World::of(32).await;
    world.data().reset_flags(true);
    let psa = world.psa();
    let before = line(&world);
    let set = psa.set_quantity(&LineId::new("700/7001"), 10, 12, today()).await.unwrap();
    assert_eq!((set.quantity, world.all_calls(), world.writes()), (Some(12), 2, 1));
    let mut expected = before;
    expected["quantity"] = json!("12.0");
    assert_eq!(line(&world), expected);
}

#[tokio::test]
async fn a_line_that_changed_that_syncro_counts_or_that_is_gone_is_not_written() {
    let world = World::of(32).await;
    let psa = world.psa();
    for (id, from, kind) in [
        ("700/7001", 9, ErrorKind::PreconditionFailed),
        ("700/7002", 14, ErrorKind::PreconditionFailed),
        ("700/7004", 2, ErrorKind::PreconditionFailed),
        ("700/1", 1, ErrorKind::NotFound),
        ("999/7001", 10, ErrorKind::NotFound),
        ("nonsense", 10, ErrorKind::NotFound),
    ] {
        let error = psa.set_quantity(&LineId::new(id), from, 20, today()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{id}: {error}");
    }
    assert_eq!(world.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_is_not_sent_again() {
    let world = World::of(32).await;
    let psa = world.psa();
    for (n, fault) in ["syncro:reset-after-commit", "syncro:500[PUT]"].into_iter().enumerate() {
        world.data().edit_schedule(700, |schedule| schedule["lines"][0]["quantity"] = json!("10.0"));
        world.fault(fault);
        let error = psa.set_quantity(&LineId::new("700/7001"), 10, 12, today()).await.unwrap_err();
        assert_eq!(
            (error.kind(), world.calls("PUT", LINE)),
            (ErrorKind::Indeterminate, n as u64 + 1),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn a_token_without_the_permission_is_told() {
    let world = World::of(32).await;
    world.data().deny("Recurring Invoices - Edit");
    let error = world.psa().set_quantity(&LineId::new("700/7001"), 10, 12, today()).await.unwrap_err();
    assert_eq!((error.kind(), &line(&world)["quantity"]), (ErrorKind::PermissionDenied, &json!("10.0")));
}
