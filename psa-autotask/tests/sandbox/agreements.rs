//! Units of contract services.

use crate::support::{World, company};
use chrono::{Datelike as _, Days, NaiveDate, Utc};
use futures::StreamExt as _;
use psa_autotask::Autotask;
use std::collections::BTreeSet;
use sync_core::{
    ErrorKind, Page,
    model::{CompanyId, LineId},
    quantity::{Agreements as _, QuantityLine},
};

const LINE: i64 = 29_691_001;
const ADJUSTMENTS: &str = "/atservicesrest/v1.0/contractserviceadjustments";

fn line() -> LineId {
    LineId::new(LINE.to_string())
}

fn today() -> NaiveDate {
    chrono::DateTime::<Utc>::from(std::time::SystemTime::now()).date_naive()
}

/// A day of next year, which the sandbox's contract covers.
fn later() -> NaiveDate {
    NaiveDate::from_ymd_opt(today().year() + 1, 3, 1).unwrap()
}

async fn lines(psa: &Autotask, companies: &[&str]) -> (Vec<QuantityLine>, usize) {
    let companies: BTreeSet<CompanyId> = companies.iter().map(|id| CompanyId::new(*id)).collect();
    let mut pages = psa.lines(&companies);
    let (mut lines, mut ends) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => lines.extend(items),
            Page::End(_) => ends += 1,
            _ => panic!("a page of an unknown kind"),
        }
    }
    (lines, ends)
}

#[tokio::test]
async fn the_lines_of_a_company_show_product_units_and_end() {
    let world = World::of(8).await;
    let psa = world.psa();
    let (found, ends) = lines(&psa, &[company().as_str(), "29762250"]).await;
    assert_eq!((found.len(), ends), (1, 1));
    let only = found.first().unwrap();
    assert_eq!((&only.id, &only.company, only.quantity), (&line(), &company(), Some(10)));
    assert_eq!((only.product.as_deref(), only.dynamic), (Some("Managed workplace"), false));
    assert_eq!(only.ends.map(|ends| ends.year()), Some(today().year() + 1));
    assert_eq!(lines(&psa, &[]).await, (Vec::new(), 1), "no companies, no lines");
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[tokio::test]
async fn units_are_set_by_one_difference_from_the_day_on_and_are_as_before_until_then() {
    let world = World::of(8).await;
    let psa = world.psa();
    let set = psa.set_quantity(&line(), 10, 13, later()).await.unwrap();
    assert_eq!(
        (set.quantity, world.calls("POST", ADJUSTMENTS), world.data().adjustments()),
        (Some(13), 1, 1)
    );
    let units = |day: NaiveDate| {
        let day = format!("{day}T00:00:00.000");
        let periods = world.data().units(LINE);
        periods.into_iter().find(|(from, to, _)| *from <= day && *to >= day).unwrap().2
    };
    let before = later().checked_sub_days(Days::new(1)).unwrap();
    assert_eq!((units(today()), units(before), units(later())), (10, 10, 13));
    let fewer = psa.set_quantity(&line(), 13, 12, later()).await.unwrap();
    assert_eq!((fewer.quantity, units(later())), (Some(12), 12));
}

#[tokio::test]
async fn another_quantity_than_expected_is_left_alone() {
    let world = World::of(8).await;
    let psa = world.psa();
    let error = psa.set_quantity(&line(), 9, 13, later()).await.unwrap_err();
    assert_eq!((error.kind(), world.data().adjustments()), (ErrorKind::PreconditionFailed, 0));
    for (id, kind) in [("999999999", ErrorKind::NotFound), ("line", ErrorKind::NotFound)] {
        assert_eq!(
            psa.set_quantity(&LineId::new(id), 10, 11, later()).await.unwrap_err().kind(),
            kind,
            "{id}"
        );
    }
    assert_eq!(psa.set_quantity(&line(), 10, 10, later()).await.unwrap().quantity, Some(10));
    assert_eq!(world.calls("POST", ADJUSTMENTS), 0);
}

#[tokio::test]
async fn an_adjustment_whose_answer_was_lost_is_indeterminate_and_is_not_sent_again() {
    for (n, fault) in ["reset-after-commit", "500", "truncated-body", "html-502"].into_iter().enumerate() {
        let world = World::of(8).await;
        let psa = world.psa();
        world.fault(&format!("autotask:{fault}[POST /contractserviceadjustments]"));
        let error = psa.set_quantity(&line(), 10, 13, later()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Indeterminate, "{fault}: {error}");
        assert_eq!(world.calls("POST", ADJUSTMENTS), 1, "{fault}: a difference is sent once");
        assert!(world.data().adjustments() <= 1, "{fault}");
        // Whoever looks again sees what it came to, and the expected quantity protects from a second difference.
        let again = psa.set_quantity(&line(), 10, 13, later()).await;
        let came_through = [true, false, true, false][n];
        assert_eq!(again.is_err_and(|e| e.kind() == ErrorKind::PreconditionFailed), came_through, "{fault}");
        assert_eq!(world.data().adjustments(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_posted_period_is_refused_and_named_as_such() {
    let world = World::of(8).await;
    let psa = world.psa();
    world.data().post_periods(LINE);
    let error = psa.set_quantity(&line(), 10, 13, later()).await.unwrap_err();
    assert_eq!((error.kind(), world.data().adjustments()), (ErrorKind::Rejected, 0));
    assert!(error.message().contains("effectiveDate"), "{error}");
}

#[tokio::test]
async fn a_security_level_without_contracts_says_so() {
    let world = World::of(8).await;
    world.data().deny("Contracts");
    let psa = world.psa();
    let companies = BTreeSet::from([company()]);
    let error = psa.lines(&companies).next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    world.data().allow_all();
    world.data().deny_writes("ContractServiceAdjustments");
    let error = psa.set_quantity(&line(), 10, 13, later()).await.unwrap_err();
    assert_eq!((error.kind(), world.data().adjustments()), (ErrorKind::PermissionDenied, 0));
}
