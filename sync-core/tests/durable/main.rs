//! Runs over memory adapters that remember: incremental reads, and writes whose result is not known.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(
    unreachable_pub,
    missing_docs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    dead_code,
    reason = "a test crate has no users, and shares the planner's world"
)]

mod histories;
mod incremental;
mod lab;
mod lives;
mod settling;
#[path = "../planner/world.rs"]
mod world;
