//! Reading both sides of a tenant for a plan: in full, or only what changed, folded into what is kept.
//!
//! The planner always sees whole snapshots. Reading changes only is an optimisation, and a full read at an interval heals
//! whatever it missed.

mod marks;
mod quiet;
mod sides;

pub use quiet::{Wants, after_run};
pub use sides::{CollectOptions, Collected, Sides, collect};
