//! Applying a plan: the only part of this crate that has effects, and only through the seams.

mod bookkeeping;
mod brake;
mod company;
mod doubling;
mod execute;
mod ours;
mod outcome;
mod preflight;
mod recorder;
mod report;
mod send;
mod settle;
mod settled;
mod taken;
mod writing;

pub use execute::{ApplyContext, apply, apply_watching};
pub use outcome::{Outcome, error_code};
pub(crate) use preflight::check_age;
pub use preflight::{ApplyError, ApplyOptions, Override};
pub use report::{ContactLine, ErrorLine, HeldLine, Report, Statistics, WarningLine, minutes_saved};
pub use settle::{Resolution, SettleOptions, Settled, resolve, settle};
pub use settled::{interrupted_report, refused_report};
