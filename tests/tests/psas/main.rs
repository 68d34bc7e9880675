//! Microsoft Graph to each of the four PSAs, whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod faults;
mod lost;
mod moving;
mod self_service;
mod steady;
mod world;
