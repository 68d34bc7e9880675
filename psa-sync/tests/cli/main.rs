//! The real binary, run as a process: what scripts and people see of it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; clippy.toml allows these in test functions only"
)]

mod bad_input;
mod basics;
mod canary;
mod common;
mod company_notes;
mod crash;
mod documents;
mod figures;
mod guards;
mod history;
mod hostile;
mod native_pairs;
mod offline;
mod quantities;
mod refusals;
mod restored;
mod reviewing;
mod sandbox;
mod secrets;
mod sharing;
mod state_faults;
mod support_pins;
mod syncro;
mod tenants;
