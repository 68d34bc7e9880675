//! Runs that are killed, paused, and started beside each other: real processes over real HTTP, on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot set up fails; what was killed and answered is told"
)]

mod crash;
mod lab;
#[path = "../../support/postgres.rs"]
mod postgres;
mod together;
