//! What kept rows depend on. Where any of it changed they are read anew.

use super::CollectOptions;
use crate::{
    model::{Fingerprint, Fingerprinter},
    traits::{ContactQuery, UserQuery},
};

/// The program's version belongs to it: another one may ask for other attributes.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Of the directory side: which directory, and what is asked of it. What is the adapter's own (cloud, attributes,
/// filter) it keeps in its token, and answers `DeltaExpired` where that changed.
pub(super) fn of_directory(options: &CollectOptions<'_>, query: &UserQuery) -> Fingerprint {
    let mut printer = Fingerprinter::new("directory-base/v1");
    printer.text(VERSION);
    printer.text(options.directory.name());
    printer.text(&options.tenant.directory_id);
    printer.json(&(&query.extensions, &query.groups));
    printer.finish()
}

/// Of the PSA side.
pub(super) fn of_contacts(options: &CollectOptions<'_>, query: &ContactQuery) -> Fingerprint {
    let mut printer = Fingerprinter::new("contact-base/v1");
    printer.text(VERSION);
    printer.text(options.psa.name());
    printer.json(&(&query.companies, &query.custom_fields));
    printer.finish()
}
