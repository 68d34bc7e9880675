//! The cases over a [`Directory`], one function each, and [`run_directory`], which runs them all.

mod basics;
mod listing;
mod users;

pub use basics::{check_says_how_things_stand, debug_shows_no_secret, wrong_credentials_are_told};
pub use listing::{
    a_dropped_listing_harms_nothing, anchors_are_stable, resuming_gives_changes, users_listing_ends_once,
};
pub use users::{
    alternate_addresses_are_addresses, groups_asked_for_are_resolved, not_read_is_told_from_blank,
    users_hold_what_a_sync_needs,
};

use crate::{DirectoryGiven, Report, case::cases};
use sync_core::Directory;

cases!(
    dyn Directory,
    DirectoryGiven,
    [
        debug_shows_no_secret,
        check_says_how_things_stand,
        wrong_credentials_are_told,
        users_listing_ends_once,
        a_dropped_listing_harms_nothing,
        anchors_are_stable,
        resuming_gives_changes,
        not_read_is_told_from_blank,
        users_hold_what_a_sync_needs,
        alternate_addresses_are_addresses,
        groups_asked_for_are_resolved,
    ]
);

/// The names of all cases, in the order in which they run.
pub fn case_names() -> impl Iterator<Item = &'static str> {
    CASES.iter().map(|case| case.name)
}

/// Runs every case, one after the other.
pub async fn run_directory(directory: &dyn Directory, given: &DirectoryGiven) -> Report {
    run_cases(directory, directory.name(), given).await
}
