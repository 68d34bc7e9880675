//! Applying a plan: the only part of this crate that has effects, and only through the seams.

mod bookkeeping;
mod brake;
mod company;
mod execute;
mod outcome;
mod preflight;
mod report;
mod taken;

pub use execute::{ApplyContext, apply};
pub use outcome::{Outcome, error_code};
pub(crate) use preflight::check_age;
pub use preflight::{ApplyError, ApplyOptions, Override};
pub use report::{ContactLine, ErrorLine, HeldLine, Report, Statistics, WarningLine, minutes_saved};
