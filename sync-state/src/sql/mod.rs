//! What both databases do alike. This folder is compiled once for each of them, against its `dialect`.
//!
//! The SQL is the same but for what the dialect's macros stand for: rows out of a JSON list, texts out of a JSON list, a
//! row that is locked. Numbered parameters, upserts and `RETURNING` are common to both.

mod base;
mod history;
mod journal;
mod leases;
mod links;
#[cfg(test)]
pub(super) mod migrating;
mod people;
mod quarantine;
mod reviews;
mod rows;
mod schema;

pub(super) use schema::{STEPS, bring_forward};

use super::dialect;
