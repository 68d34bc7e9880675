//! What is SQLite's own.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

pub(super) use super::SqliteStore as Store;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection, Transaction};
use sync_core::{Error, ErrorKind, Result};

/// Marks a SQLite file as ours, in the place that SQLite has for that ("psas").
pub(super) const OURS: i64 = 0x7073_6173;

pub(super) type Db = sqlx::Sqlite;
pub(super) type Conn = SqliteConnection;
pub(super) type Row = sqlx::sqlite::SqliteRow;

/// A transaction that writes: it waits for the write lock at its beginning, so it never fails for it in the middle.
pub(super) async fn begin(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    conn.begin_with("BEGIN IMMEDIATE").await
}

/// A transaction that need not survive a loss of power; which one is, depends on the connection here.
pub(super) async fn begin_relaxed(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    begin(conn).await
}

/// A transaction that only reads, all of one moment.
pub(super) async fn begin_read(conn: &mut Conn) -> sqlx::Result<Transaction<'_, Db>> {
    conn.begin().await
}

/// Makes what was removed unreadable outside the file as well: the log beside it still holds pages of before. Left to the end
/// of the others where another process reads.
pub(super) async fn purge(conn: &mut Conn) -> sqlx::Result<()> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_all(conn).await.map(drop)
}

/// Now in microseconds, by this machine's clock: a file belongs to one machine.
#[allow(clippy::unused_async, reason = "the other database asks its server")]
pub(super) async fn now(_conn: &mut Conn) -> sqlx::Result<i64> {
    Ok(crate::clock::now_micros())
}

/// The version of the schema, 0 for an empty file; refuses a database of something else.
pub(super) async fn version(conn: &mut Conn, operation: &'static str) -> Result<usize> {
    let failed = |error| failed(operation, error);
    let mut number = async |query: &'static str| -> sqlx::Result<i64> {
        sqlx::query(query).fetch_one(&mut *conn).await?.try_get::<i64, _>(0)
    };
    let ours = number("PRAGMA application_id").await.map_err(failed)?;
    let version = number("PRAGMA user_version").await.map_err(failed)?;
    let tables = number("SELECT COUNT(*) FROM sqlite_master").await.map_err(failed)?;
    if ours != OURS && (ours != 0 || version != 0 || tables != 0) {
        let message = "the file is a database of something else; it was left as it is";
        return Err(Error::new(ErrorKind::UnexpectedResponse, operation, message));
    }
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

pub(super) async fn set_version(conn: &mut Conn, version: usize) -> sqlx::Result<()> {
    for pragma in [format!("PRAGMA application_id = {OURS}"), format!("PRAGMA user_version = {version}")] {
        // Pragmas take no parameters; what is in them are numbers of ours.
        sqlx::query(AssertSqlSafe(pragma)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// What the database answered, told without content: its own words name tables and columns only, and are the cause.
#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(operation: &'static str, error: sqlx::Error) -> Error {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().and_then(|code| code.parse::<i32>().ok()),
        _ => None,
    };
    // The low byte is the primary code: https://www.sqlite.org/rescode.html (read on 2026-11-28).
    let (kind, message) = match code.map(|code| code & 0xff) {
        Some(5 | 6) => (ErrorKind::Unavailable, "the state database is in use by another process; try again"),
        Some(8) => (
            ErrorKind::Unavailable,
            "the state database cannot be written; check the rights of its file and folder",
        ),
        Some(10) => (ErrorKind::Unavailable, "the state database cannot be read or written; check its disk"),
        Some(11) => (ErrorKind::UnexpectedResponse, "the state database is damaged; restore it from a copy"),
        Some(13) => (ErrorKind::Unavailable, "the disk of the state database is full; nothing was recorded"),
        Some(14) => {
            (ErrorKind::Unavailable, "the state database cannot be opened; check the rights of its folder")
        }
        Some(26) => (ErrorKind::UnexpectedResponse, "the file is no state database; it was left as it is"),
        _ => (ErrorKind::Unavailable, "the state database refused"),
    };
    Error::new(kind, operation, message).with_source(std::io::Error::other(error.to_string()))
}
