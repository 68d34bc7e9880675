//! The cases over a [`Psa`], one function each, and [`run_psa`], which runs them all.

mod active;
mod basics;
mod companies;
mod creating;
mod listing;
mod reading;
mod refusals;
mod support;
mod updating;
mod versions;

pub use active::{deactivating_and_reactivating, inactive_contacts_are_listed};
pub use basics::{
    capabilities_are_consistent, check_says_how_things_stand, debug_shows_no_secret,
    errors_hold_no_personal_data, wrong_credentials_are_told,
};
pub use companies::{
    companies_listing_ends_once, company_custom_fields_are_written_alone, company_details_are_told_as_claimed,
};
pub use creating::{
    create_in_an_unknown_company_is_refused, create_needs_its_required_fields, create_reads_back,
    creates_with_one_key_make_one_contact,
};
pub use listing::{
    a_dropped_listing_harms_nothing, company_query_restricts, contacts_listing_ends_once,
    modified_since_restricts,
};
pub use reading::{
    custom_fields_asked_for_are_present, edits_by_others_are_seen, listing_agrees_with_single_reads,
    readable_fields_are_present, unknown_contact_is_not_found,
};
pub use refusals::{
    too_long_values_are_refused, too_many_alternate_emails_are_refused, unsupported_fields_are_refused_whole,
    values_that_nobody_made_are_refused,
};
pub use updating::{
    lists_can_be_changed_and_emptied, text_fields_can_be_cleared, update_can_be_repeated,
    update_leaves_other_fields_alone,
};
pub use versions::stale_version_is_refused;

use crate::{PsaGiven, Report, case::cases};
use sync_core::Psa;

cases!(
    dyn Psa,
    PsaGiven,
    [
        capabilities_are_consistent,
        debug_shows_no_secret,
        check_says_how_things_stand,
        wrong_credentials_are_told,
        companies_listing_ends_once,
        contacts_listing_ends_once,
        a_dropped_listing_harms_nothing,
        company_query_restricts,
        modified_since_restricts,
        readable_fields_are_present,
        custom_fields_asked_for_are_present,
        listing_agrees_with_single_reads,
        edits_by_others_are_seen,
        unknown_contact_is_not_found,
        create_reads_back,
        create_needs_its_required_fields,
        create_in_an_unknown_company_is_refused,
        creates_with_one_key_make_one_contact,
        update_leaves_other_fields_alone,
        update_can_be_repeated,
        text_fields_can_be_cleared,
        lists_can_be_changed_and_emptied,
        deactivating_and_reactivating,
        inactive_contacts_are_listed,
        stale_version_is_refused,
        too_long_values_are_refused,
        too_many_alternate_emails_are_refused,
        unsupported_fields_are_refused_whole,
        values_that_nobody_made_are_refused,
        company_custom_fields_are_written_alone,
        company_details_are_told_as_claimed,
        errors_hold_no_personal_data,
    ]
);

/// The names of all cases, in the order in which they run.
pub fn case_names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.name)
}

/// Runs every case, one after the other, and deactivates afterwards what it created.
pub async fn run_psa(psa: &dyn Psa, given: &PsaGiven) -> Report {
    let report = run_cases(psa, psa.name(), given).await;
    given.tidy(psa).await;
    report
}
