//! One suite over every store: memory, SQLite, PostgreSQL.

mod faults;
mod leases;
mod postgres;
mod sqlite;
mod suite;
