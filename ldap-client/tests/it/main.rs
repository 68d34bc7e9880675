//! The adapter against real servers and against broken ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, missing_docs, missing_debug_implementations, reason = "nobody uses a test program")]

#[path = "../rigs/mod.rs"]
mod rigs;

mod active_directory;
mod changes;
mod conformance;
mod fake;
mod faults;
mod groups;
mod open_ldap;
mod proxy;
mod sign_in;
mod support;
mod windows;
