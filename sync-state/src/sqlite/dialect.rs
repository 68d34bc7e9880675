//! What is SQLite's own.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

pub(super) use super::SqliteStore as Store;
use sqlx::{Connection as _, SqliteConnection, Transaction};
use sync_core::{Error, ErrorKind};

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

/// Now in microseconds, by this machine's clock: a file belongs to one machine.
#[allow(clippy::unused_async, reason = "the other database asks its server")]
pub(super) async fn now(_conn: &mut Conn) -> sqlx::Result<i64> {
    Ok(crate::clock::now_micros())
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
