//! The Autotask imitation, asked by a client that knows nothing of the adapter.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod client;
mod contracts;
mod limits;
mod metadata;
mod queries;
mod webhooks;
mod writes;
mod zones;
