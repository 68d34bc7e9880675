//! The adapter over HTTP against an imitation of Syncro that keeps what is written: calls counted, foreign data kept,
//! faults survived.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod check;
mod faults;
mod figures;
mod foreign;
mod leavers;
mod meanwhile;
mod quantities;
mod reads;
mod support;
mod writes;
