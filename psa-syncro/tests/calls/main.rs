//! What the adapter sends and how it takes the answers, against canned answers on loopback.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;
mod errors;
mod read;
mod write;
