//! A scenario for each rule that the engine can show: folders as `--offline` takes them, and what people see of them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy.toml allows these in test functions only"
)]

mod index;
mod runner;
mod scenario;
