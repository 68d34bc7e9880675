//! One suite over every store: memory, SQLite, PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod faults;
mod leases;
mod postgres;
mod sqlite;
mod suite;
mod takeover;
mod versions;
