//! The journal: intents, and what became of them.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use super::{
    dialect::{Conn, Db, failed},
    rows::{column, json, micros, moment, number, read},
};
use sqlx::QueryBuilder;
use sync_core::{
    Result,
    model::TenantName,
    plan::Subject,
    store::{Intent, IntentState, Settlement},
};

/// Rows of one statement. Values are bound one by one: written to JSON and read from it in the database, they would cost more
/// than all the rest of a step.
const ROWS: usize = 200;

pub(super) async fn open(conn: &mut Conn, tenant: &TenantName, intents: &[Intent]) -> sqlx::Result<()> {
    for intents in intents.chunks(ROWS) {
        let mut query: QueryBuilder<Db> = QueryBuilder::new(
            "INSERT INTO journal
               (run, place, tenant, source_id, contact_id, action, opened_at, settled_at, state, outcome, body) ",
        );
        query.push_values(intents, |mut row, intent| {
            let user = match &intent.decision.subject {
                Subject::User(anchor) => Some(anchor.as_str()),
                Subject::Contact(_) => None,
            };
            let contact = match (&intent.decision.subject, intent.contact()) {
                (_, Some(contact)) | (Subject::Contact(contact), None) => Some(contact.as_str()),
                (Subject::User(_), None) => None,
            };
            row.push_bind(number(intent.run)).push_bind(i64::from(intent.place)).push_bind(tenant.as_str());
            row.push_bind(user).push_bind(contact).push_bind(intent.decision.change.action().as_str());
            row.push_bind(micros(intent.opened_at)).push_bind(intent.settled_at.map(micros));
            row.push_bind(intent.state.as_str()).push_bind(json(&intent.state)).push_bind(json(intent));
        });
        query.build().execute(&mut *conn).await?;
    }
    Ok(())
}

/// Finds each intent by its key. The tenant is compared in a way that no index answers: by one that begins with the tenant
/// SQLite would read the whole journal for every step, and its cost would grow with the square of a run's writes.
pub(super) async fn settle(
    conn: &mut Conn,
    tenant: &TenantName,
    settlements: &[Settlement],
) -> sqlx::Result<()> {
    for settlements in settlements.chunks(ROWS) {
        // Both databases call the columns of such a list `column1` and so on.
        let mut query: QueryBuilder<Db> = QueryBuilder::new(
            "UPDATE journal SET state = t.column3, outcome = t.column4, settled_at = t.column5,
               contact_id = COALESCE(t.column6, journal.contact_id)
             FROM (",
        );
        query.push_values(settlements, |mut row, settlement| {
            let contact = match &settlement.state {
                IntentState::Done { contact } => Some(contact.as_str()),
                _ => None,
            };
            row.push_bind(number(settlement.run)).push_bind(i64::from(settlement.place));
            row.push_bind(settlement.state.as_str()).push_bind(json(&settlement.state));
            row.push_bind(micros(settlement.at)).push_bind(contact);
        });
        query.push(
            ") AS t WHERE journal.run = t.column1 AND journal.place = t.column2 AND journal.tenant || '' = ",
        );
        query.push_bind(tenant.as_str()).build().execute(&mut *conn).await?;
    }
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
