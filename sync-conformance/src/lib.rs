#![doc = include_str!("../README.md")]

pub mod directory;
mod directory_given;
mod outcome;
pub mod psa;
mod psa_given;
mod report;
mod same;
mod secrets;

pub use directory::run_directory;
pub use directory_given::DirectoryGiven;
pub use outcome::CaseResult;
pub use psa::run_psa;
pub use psa_given::{PsaGiven, Technician};
pub use report::{NotConformant, Report, Row};
