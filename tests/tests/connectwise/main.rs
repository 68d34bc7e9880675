//! Microsoft Graph to ConnectWise, whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod creating;
mod leaving;
mod partial;
mod size;
mod stale;
mod world;
