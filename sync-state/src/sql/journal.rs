//! The journal: intents, and what became of them.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use super::{
    dialect::{Conn, failed},
    rows::{column, json, micros, moment, number, read},
};
use serde::Serialize;
use sync_core::{
    Result,
    model::TenantName,
    plan::Subject,
    store::{Intent, IntentState, Settlement},
};

#[derive(Serialize)]
struct Opened<'a> {
    run: i64,
    place: u32,
    source_id: Option<&'a str>,
    contact_id: Option<&'a str>,
    action: &'static str,
    opened_at: i64,
    settled_at: Option<i64>,
    state: &'static str,
    outcome: String,
    body: String,
}

#[derive(Serialize)]
struct Closed<'a> {
    run: i64,
    place: u32,
    contact_id: Option<&'a str>,
    settled_at: i64,
    state: &'static str,
    outcome: String,
}

/// Finds each intent by its key. The tenant is compared in a way that no index answers: by one that begins with the tenant
/// SQLite would read the whole journal for every step, and its cost would grow with the square of a run's writes.
pub(in super::super) const SETTLE: &str = concat!(
    "UPDATE journal SET state = t.value->>'state', outcome = t.value->>'outcome',
       settled_at = CAST(t.value->>'settled_at' AS BIGINT),
       contact_id = COALESCE(t.value->>'contact_id', journal.contact_id)
     FROM ",
    rows!(),
    " WHERE journal.run = CAST(t.value->>'run' AS BIGINT)
        AND journal.place = CAST(t.value->>'place' AS BIGINT) AND journal.tenant || '' = $2"
);

pub(super) async fn open(conn: &mut Conn, tenant: &TenantName, intents: &[Intent]) -> sqlx::Result<()> {
    const SQL: &str = concat!(
        "INSERT INTO journal
           (run, place, tenant, source_id, contact_id, action, opened_at, settled_at, state, outcome, body)
         SELECT CAST(t.value->>'run' AS BIGINT), CAST(t.value->>'place' AS BIGINT), $2, t.value->>'source_id',
           t.value->>'contact_id', t.value->>'action', CAST(t.value->>'opened_at' AS BIGINT),
           CAST(t.value->>'settled_at' AS BIGINT), t.value->>'state', t.value->>'outcome', t.value->>'body'
         FROM ",
        rows!()
    );
    if intents.is_empty() {
        return Ok(());
    }
    let rows: Vec<Opened<'_>> = intents
        .iter()
        .map(|intent| Opened {
            run: number(intent.run),
            place: intent.place,
            source_id: match &intent.decision.subject {
                Subject::User(anchor) => Some(anchor.as_str()),
                Subject::Contact(_) => None,
            },
            contact_id: match (&intent.decision.subject, intent.contact()) {
                (_, Some(contact)) | (Subject::Contact(contact), None) => Some(contact.as_str()),
                (Subject::User(_), None) => None,
            },
            action: intent.decision.change.action().as_str(),
            opened_at: micros(intent.opened_at),
            settled_at: intent.settled_at.map(micros),
            state: intent.state.as_str(),
            outcome: json(&intent.state),
            body: json(intent),
        })
        .collect();
    sqlx::query(SQL).bind(json(&rows)).bind(tenant.as_str()).execute(conn).await?;
    Ok(())
}

pub(super) async fn settle(
    conn: &mut Conn,
    tenant: &TenantName,
    settlements: &[Settlement],
) -> sqlx::Result<()> {
    if settlements.is_empty() {
        return Ok(());
    }
    let rows: Vec<Closed<'_>> = settlements
        .iter()
        .map(|settlement| Closed {
            run: number(settlement.run),
            place: settlement.place,
            contact_id: match &settlement.state {
                IntentState::Done { contact } => Some(contact.as_str()),
                _ => None,
            },
            settled_at: micros(settlement.at),
            state: settlement.state.as_str(),
            outcome: json(&settlement.state),
        })
        .collect();
    sqlx::query(SETTLE).bind(json(&rows)).bind(tenant.as_str()).execute(conn).await?;
    Ok(())
}

/// The intents of a query for `body, outcome, settled_at`, as they stand now.
pub(super) fn intents(operation: &'static str, rows: &[super::dialect::Row]) -> Result<Vec<Intent>> {
    let failed = |error| failed(operation, error);
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let mut intent: Intent = read(operation, "an intent", column(row, 0).map_err(failed)?)?;
        intent.state = read(operation, "an outcome", column(row, 1).map_err(failed)?)?;
        intent.settled_at = column::<Option<i64>>(row, 2).map_err(failed)?.map(moment);
        all.push(intent);
    }
    Ok(all)
}
