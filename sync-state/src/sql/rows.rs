//! Values as they lie in columns.

use super::dialect::{Conn, Row};
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::Row as _;
use std::time::Duration;
use sync_core::{Error, ErrorKind, Result, model::TenantName, store::RunId};

/// A moment in microseconds since 1970.
pub(super) const fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

pub(super) fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}

pub(super) fn length_micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX / 4)
}

pub(super) fn number(run: RunId) -> i64 {
    i64::try_from(run.number()).unwrap_or(i64::MAX)
}

pub(super) fn run_id(number: i64) -> RunId {
    RunId::new(u64::try_from(number).unwrap_or(0))
}

pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Records are plain data with text keys: writing them to JSON cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What was written by [`json`]; anything else was put there by somebody else, and is told without its content.
pub(super) fn read<T: DeserializeOwned>(operation: &'static str, what: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "{what} in the state database is not understood (column {}); restore the database from a copy",
            error.column()
        );
        Error::new(ErrorKind::UnexpectedResponse, operation, message)
    })
}

pub(super) fn column<'r, T>(row: &'r Row, index: usize) -> sqlx::Result<T>
where
    T: sqlx::Decode<'r, super::dialect::Db> + sqlx::Type<super::dialect::Db>,
{
    row.try_get(index)
}

/// Refuses a run that has lost its tenant, and keeps the row so that nobody takes it meanwhile. Answers the generation.
pub(super) async fn fenced(
    conn: &mut Conn,
    operation: &'static str,
    tenant: &TenantName,
    run: RunId,
) -> Result<u64> {
    const SQL: &str = concat!("SELECT fence, generation FROM tenants WHERE tenant = $1", lock_row!());
    let failed = |error| super::dialect::failed(operation, error);
    let row = sqlx::query(SQL).bind(tenant.as_str()).fetch_optional(conn).await.map_err(failed)?;
    let (fence, generation) = match &row {
        Some(row) => (column::<i64>(row, 0).map_err(failed)?, column::<i64>(row, 1).map_err(failed)?),
        None => (0, 0),
    };
    if fence != number(run) || fence == 0 {
        let message = format!(
            "run {run} does not hold tenant {tenant}; run {fence} took it last, and nothing was recorded"
        );
        return Err(Error::new(ErrorKind::PreconditionFailed, operation, message));
    }
    Ok(count(generation))
}
