//! The Kaseya BMS imitation, asked over loopback as a stranger's client would ask it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests, and may fail as tests do")]

mod accounts;
mod client;
mod contacts;
mod custom;
mod errors;
mod money;
mod signing_in;
mod writes;
