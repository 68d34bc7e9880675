//! Offline folders: a tenant and its PSA as files, for trying a policy, for tests, for bug reports.
//!
//! [`OfflineFolder::load`] reads every file; the parts implement the same traits as the live adapters, so plan and
//! apply run the same code. Nothing is written until [`OfflineFolder::write_back`].

mod agreements;
mod companies;
mod contacts;
mod directory;
mod edit;
mod error;
mod folder;
mod groups;
mod json;
mod links;
mod policy;
mod psa;
mod users;
mod value;

#[cfg(test)]
mod tests;

pub use agreements::OfflineAgreements;
pub use directory::OfflineDirectory;
pub use error::OfflineError;
pub use folder::OfflineFolder;
pub use links::OfflineLinks;
pub use psa::OfflinePsa;
