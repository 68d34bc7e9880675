//! The cases over [`Agreements`], one function each, and [`run_agreements`], which runs them all.

mod reading;
mod setting;

pub use reading::{
    line_ids_are_distinct, lines_are_of_the_companies_asked_for, lines_listing_ends_once,
    no_companies_have_no_lines,
};
pub use setting::{
    a_quantity_is_set_and_reads_back, a_stale_quantity_is_refused, an_unknown_line_is_not_found,
    lines_kept_by_the_psa_are_not_set, setting_without_access_is_unsupported,
};

use crate::{AgreementsGiven, CaseResult, Report};
use futures::future::BoxFuture;
use sync_core::quantity::Agreements;

struct Case {
    name: &'static str,
    run: for<'a> fn(&'a dyn Agreements, &'a AgreementsGiven) -> BoxFuture<'a, CaseResult>,
}

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        &[$(Case { name: stringify!($name), run: |lines, given| Box::pin($name(lines, given)) }),*]
    };
}

const CASES: &[Case] = cases![
    lines_listing_ends_once,
    no_companies_have_no_lines,
    lines_are_of_the_companies_asked_for,
    line_ids_are_distinct,
    a_quantity_is_set_and_reads_back,
    a_stale_quantity_is_refused,
    an_unknown_line_is_not_found,
    lines_kept_by_the_psa_are_not_set,
    setting_without_access_is_unsupported,
];

/// Runs every case, one after the other.
pub async fn run_agreements(agreements: &dyn Agreements, given: &AgreementsGiven) -> Report {
    let names: Vec<&'static str> = CASES.iter().map(|case| case.name).collect();
    let mut report = Report::new(agreements.name(), &given.deviations, &names);
    for case in CASES {
        let result = (case.run)(agreements, given).await;
        report.add(case.name, result, &given.deviations);
    }
    report
}
