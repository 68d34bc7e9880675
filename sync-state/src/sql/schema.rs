//! The tables, step by step.

use super::dialect::{self, Conn, failed};
use sync_core::{Error, ErrorKind, Result};

/// What brings a database from one version to the next.
pub(in super::super) type Step = &'static [&'static str];

/// The steps in their order; the first one makes version 1 out of nothing. A step is never changed once it was released: a
/// database of any version is brought forward by those it lacks, and `tests/databases` holds one of each version.
pub(in super::super) const STEPS: &[Step] = &[VERSION_1, VERSION_2, VERSION_3];

const VERSION_1: Step = &[
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
];

/// What is older than the retention is found without reading all that is not. `busy_until` is when the last run that sent
/// anything was at work last: empty while it is.
const VERSION_2: Step = &[
    "ALTER TABLE tenants ADD COLUMN busy_until BIGINT",
    "CREATE INDEX journal_settled ON journal (settled_at) WHERE settled_at IS NOT NULL",
    "CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL",
];

/// `until_boot` and `busy_boot` are the moments of `until_at` and `busy_until` by a clock that nobody can set, where the machine
/// has one.
const VERSION_3: Step =
    &["ALTER TABLE tenants ADD COLUMN until_boot TEXT", "ALTER TABLE tenants ADD COLUMN busy_boot TEXT"];

/// Brings a database forward by the steps that it lacks, each with its number in one transaction: whoever is killed leaves
/// the version before or the version after, and of several processes that do it at once each step is done by one.
///
/// # Errors
/// `UnexpectedResponse` for a database of something else, or of a version for which there is no step here; what the
/// database refused. Steps that were done stay done.
pub(in super::super) async fn bring_forward(
    conn: &mut Conn,
    operation: &'static str,
    steps: &[Step],
) -> Result<()> {
    let failed = |error| failed(operation, error);
    loop {
        let mut tx = dialect::begin(conn).await.map_err(failed)?;
        let version = dialect::version(&mut tx, operation).await?;
        if version > steps.len() {
            let message = format!(
                "the state database is of version {version}, and this program understands up to {}; use the newer program",
                steps.len()
            );
            return Err(Error::new(ErrorKind::UnexpectedResponse, operation, message));
        }
        let Some(step) = steps.get(version) else { return tx.commit().await.map_err(failed) };
        for statement in step.iter().copied() {
            sqlx::query(statement).execute(&mut *tx).await.map_err(failed)?;
        }
        dialect::set_version(&mut tx, version + 1).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
    }
}
