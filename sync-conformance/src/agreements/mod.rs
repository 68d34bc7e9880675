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

use crate::{AgreementsGiven, Report, case::cases};
use sync_core::quantity::Agreements;

cases!(
    dyn Agreements,
    AgreementsGiven,
    [
        lines_listing_ends_once,
        no_companies_have_no_lines,
        lines_are_of_the_companies_asked_for,
        line_ids_are_distinct,
        a_quantity_is_set_and_reads_back,
        a_stale_quantity_is_refused,
        an_unknown_line_is_not_found,
        lines_kept_by_the_psa_are_not_set,
        setting_without_access_is_unsupported,
    ]
);

/// Runs every case, one after the other.
pub async fn run_agreements(agreements: &dyn Agreements, given: &AgreementsGiven) -> Report {
    run_cases(agreements, agreements.name(), given).await
}
