//! What is PostgreSQL's own.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

pub(super) use super::PostgresStore as Store;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, Transaction};
use sync_core::{Error, ErrorKind, Result};

/// Where the tables lie. Other programs may use the same database.
pub(super) const SCHEMA: &str = "psa_sync";

/// The number of the lock under which the schema is changed ("psas").
const SCHEMA_LOCK: i64 = 0x7073_6173;

pub(super) type Db = sqlx::Postgres;
pub(super) type Conn = PgConnection;
pub(super) type Row = sqlx::postgres::PgRow;

/// A transaction that writes.
pub(super) async fn begin(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    conn.begin().await
}

/// A transaction that need not survive a loss of power.
pub(super) async fn begin_relaxed(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    let mut tx = conn.begin().await?;
    sqlx::query("SET LOCAL synchronous_commit = off").execute(&mut *tx).await?;
    Ok(tx)
}

/// A transaction that only reads, all of one moment.
pub(super) async fn begin_read(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    conn.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
}

/// The server's own vacuum does that in its time.
#[allow(clippy::unused_async, reason = "the other database has something to do")]
pub(super) async fn purge(_conn: &mut Conn) -> sqlx::Result<()> {
    Ok(())
}

/// Now in microseconds, by the server's clock: machines do not agree about the time.
pub(super) async fn now(conn: &mut Conn) -> sqlx::Result<i64> {
    let row = sqlx::query("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
        .fetch_one(conn)
        .await?;
    row.try_get(0)
}

/// The version of the schema, 0 where there is none yet. Nobody else changes it until the transaction ends.
pub(super) async fn version(conn: &mut Conn, operation: &'static str) -> Result<usize> {
    let failed = |error| failed(operation, error);
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SCHEMA_LOCK);
    lock.execute(&mut *conn).await.map_err(failed)?;
    let schema = AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}"));
    sqlx::query(schema).execute(&mut *conn).await.map_err(failed)?;
    let table = sqlx::query("CREATE TABLE IF NOT EXISTS state_schema (version BIGINT NOT NULL)");
    table.execute(&mut *conn).await.map_err(failed)?;
    let row = sqlx::query("SELECT MAX(version) FROM state_schema").fetch_one(conn).await.map_err(failed)?;
    let version = row.try_get::<Option<i64>, _>(0).map_err(failed)?.unwrap_or(0);
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

pub(super) async fn set_version(conn: &mut Conn, version: usize) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM state_schema").execute(&mut *conn).await?;
    sqlx::query("INSERT INTO state_schema (version) VALUES ($1)")
        .bind(i64::try_from(version).unwrap_or(i64::MAX))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the database answered, told without content. Details of the server can hold values and are left out.
#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(operation: &'static str, error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().map(|code| code.into_owned()),
        _ => None,
    };
    // Classes of https://www.postgresql.org/docs/15/errcodes-appendix.html (read on 2026-11-28).
    let (kind, message) = match code.as_deref() {
        Some(code) if code.starts_with("28") => {
            (ErrorKind::Unauthenticated, "the state database refused the user or the password")
        }
        Some("42501") => (ErrorKind::PermissionDenied, "the user of the state database lacks a right"),
        Some(code) if code.starts_with("53") => (
            ErrorKind::Unavailable,
            "the server of the state database lacks space or memory; nothing was recorded",
        ),
        Some(code) if code.starts_with("57") => {
            (ErrorKind::Unavailable, "the server of the state database is going down; nothing was recorded")
        }
        Some("3D000") => (ErrorKind::ConfigInvalid, "there is no such database on the server"),
        Some(_) => (ErrorKind::Unavailable, "the state database refused; nothing was recorded"),
        None => (ErrorKind::Unavailable, "the state database cannot be reached; nothing was recorded"),
    };
    let told = match &error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    };
    Error::new(kind, operation, message).with_source(std::io::Error::other(told))
}
