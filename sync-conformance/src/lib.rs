#![doc = include_str!("../README.md")]

pub mod agreements;
mod agreements_given;
mod case;
pub mod company_notes;
mod company_notes_given;
pub mod directory;
mod directory_given;
mod outcome;
pub mod psa;
mod psa_given;
mod report;
mod same;
mod secrets;

pub use agreements::run_agreements;
pub use agreements_given::AgreementsGiven;
pub use company_notes::run_company_notes;
pub use company_notes_given::CompanyNotesGiven;
pub use directory::run_directory;
pub use directory_given::DirectoryGiven;
pub use outcome::CaseResult;
pub use psa::run_psa;
pub use psa_given::{PsaGiven, Technician};
pub use report::{NotConformant, Report, Row};
