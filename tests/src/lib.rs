//! Whole-system scenarios: both sides over real HTTP against the sandbox, planned and applied by the library. The
//! scenarios are in `tests/`, the figures in `benches/`; [`Product`] is what they share.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a scenario that cannot go on fails")]

mod product;

pub use product::{Pace, Product};
