//! The adapter over an imitation of Autotask: faults, limits, figures.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod agreements;
mod faults;
mod foreign;
mod pace;
mod reads;
mod support;
mod tenants;
mod webhooks;
mod writes;
