//! The adapter over HTTP against an imitation of ConnectWise that keeps what is written: calls counted, foreign data
//! kept, faults survived.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod agreements;
mod callbacks;
mod company_notes;
mod faults;
mod foreign;
mod reads;
mod support;
mod tenants;
mod writes;
