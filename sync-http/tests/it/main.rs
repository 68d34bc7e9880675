//! The transport against real sockets on loopback, and the limiter on a paused clock.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod auth;
mod bodies;
mod limiter;
mod paging;
mod requests;
mod retries;
mod support;
