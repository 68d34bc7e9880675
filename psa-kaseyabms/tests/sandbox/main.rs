//! The adapter over an imitation of Kaseya BMS: behaviour over several calls, and faults.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod agreements;
mod checking;
mod employees;
mod faults;
mod figures;
mod foreign;
mod reads;
mod support;
mod syncing;
mod tokens;
mod writes;
