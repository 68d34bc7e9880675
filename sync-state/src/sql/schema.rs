//! The tables.

use super::dialect::Conn;

/// The version of the schema that this crate writes.
pub(in super::super) const LATEST: i64 = 1;

/// The steps from one version to the next; the first one makes version 1 out of nothing. A step is never changed once it
/// was released: a database of any version is brought forward by those it lacks.
const STEPS: [&[&str]; LATEST as usize] = [&[
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
    "INSERT INTO counters (name, value) VALUES ('run', 0)",
    "CREATE TABLE tenants (
        tenant TEXT PRIMARY KEY,
        generation BIGINT NOT NULL DEFAULT 0,
        last_complete_users BIGINT,
        first_run_open BIGINT NOT NULL DEFAULT 0,
        answers BIGINT NOT NULL DEFAULT 0,
        fence BIGINT NOT NULL DEFAULT 0,
        holder TEXT,
        since_at BIGINT,
        until_at BIGINT,
        length BIGINT,
        directory TEXT,
        contacts TEXT,
        quiet TEXT,
        quarantine TEXT)",
    "CREATE TABLE links (
        tenant TEXT NOT NULL,
        source_id TEXT NOT NULL,
        contact_id TEXT NOT NULL,
        seen_at BIGINT NOT NULL,
        missing_since BIGINT,
        missing_reads BIGINT NOT NULL DEFAULT 0,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, source_id))",
    "CREATE INDEX links_contact ON links (tenant, contact_id)",
    "CREATE TABLE journal (
        run BIGINT NOT NULL,
        place BIGINT NOT NULL,
        tenant TEXT NOT NULL,
        source_id TEXT,
        contact_id TEXT,
        action TEXT NOT NULL,
        opened_at BIGINT NOT NULL,
        settled_at BIGINT,
        state TEXT NOT NULL,
        outcome TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (run, place))",
    "CREATE INDEX journal_open ON journal (tenant) WHERE state IN ('sent', 'lost', 'indeterminate')",
    "CREATE INDEX journal_user ON journal (tenant, source_id)",
    "CREATE INDEX journal_contact ON journal (tenant, contact_id)",
    concat!(
        "CREATE TABLE runs (
        run BIGINT PRIMARY KEY,
        tenant TEXT NOT NULL,
        started_at BIGINT NOT NULL,
        ended_at BIGINT,
        record TEXT NOT NULL,
        plan ",
        blob!(),
        " NOT NULL,
        report ",
        blob!(),
        ")"
    ),
    "CREATE INDEX runs_tenant ON runs (tenant, run)",
    "CREATE TABLE base_users (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, kind, id))",
    "CREATE TABLE base_contacts (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, id))",
    "CREATE TABLE reviews (
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, id))",
    "CREATE TABLE events (tenant TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX events_at ON events (tenant, at)",
    "CREATE TABLE pins (
        tenant TEXT NOT NULL,
        source_id TEXT NOT NULL,
        lookup TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (tenant, source_id),
        UNIQUE (tenant, lookup))",
]];

/// Brings a database from a version to the latest one, within the caller's transaction.
pub(in super::super) async fn create(conn: &mut Conn, from: i64) -> sqlx::Result<()> {
    let done = usize::try_from(from).unwrap_or(0);
    for statement in STEPS.iter().skip(done).copied().flatten().copied() {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    Ok(())
}
