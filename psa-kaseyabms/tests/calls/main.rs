//! What exactly goes over the wire.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
mod errors;
mod read;
mod signing_in;
mod write;
