//! Support PINs, and the end of what is kept.

use super::{
    dialect::{self, Conn, Store, failed},
    journal,
    leases::held,
    reviews,
    rows::{column, count, json, micros, read, run_id},
};
use crate::{
    holder::holder_is_dead,
    pack::{pack, unpack},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sync_core::{
    Error, ErrorKind, Result,
    apply::Report,
    model::{ContactId, SourceAnchor, TenantName},
    plan::Plan,
    store::{
        Forgotten, Link, ON_ITS_WAY, Person, PersonData, PinRecord, PinStore, Pruned, Retention, Review,
    },
};

const PINS: &str = "keep support PIN";
const FORGET: &str = "forget person";
const ABOUT: &str = "collect what is kept about a person";

#[async_trait]
impl PinStore for Store {
    async fn pins(&self, tenant: &TenantName) -> Result<Vec<(SourceAnchor, PinRecord)>> {
        let failed = |error| failed(PINS, error);
        let mut conn = self.quick(PINS).await?;
        let rows = sqlx::query("SELECT source_id, body FROM pins WHERE tenant = $1 ORDER BY source_id")
            .bind(tenant.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        rows.iter().map(pin).collect()
    }

    async fn pin_by_lookup(
        &self,
        tenant: &TenantName,
        lookup: &str,
    ) -> Result<Option<(SourceAnchor, PinRecord)>> {
        let failed = |error| failed(PINS, error);
        let mut conn = self.quick(PINS).await?;
        let row = sqlx::query("SELECT source_id, body FROM pins WHERE tenant = $1 AND lookup = $2")
            .bind(tenant.as_str())
            .bind(lookup)
            .fetch_optional(&mut *conn)
            .await
            .map_err(failed)?;
        row.as_ref().map(pin).transpose()
    }

    async fn set_pin(&self, tenant: &TenantName, user: &SourceAnchor, pin: &PinRecord) -> Result<bool> {
        let failed = |error| failed(PINS, error);
        let mut conn = self.durable(PINS).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let taken = sqlx::query("SELECT 1 FROM pins WHERE tenant = $1 AND lookup = $2 AND source_id <> $3")
            .bind(tenant.as_str())
            .bind(pin.lookup.as_str())
            .bind(user.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        if taken.is_some() {
            return Ok(false);
        }
        let set = sqlx::query(
            "INSERT INTO pins (tenant, source_id, lookup, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant, source_id) DO UPDATE SET lookup = excluded.lookup, body = excluded.body",
        )
        .bind(tenant.as_str())
        .bind(user.as_str())
        .bind(pin.lookup.as_str())
        .bind(json(pin))
        .execute(&mut *tx)
        .await;
        match set {
            // Somebody else took the same one at the same moment.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Ok(false),
            other => other.map_err(failed)?,
        };
        tx.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn remove_pin(&self, tenant: &TenantName, user: &SourceAnchor) -> Result<bool> {
        let failed = |error| failed(PINS, error);
        let mut conn = self.durable(PINS).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let gone = sqlx::query("DELETE FROM pins WHERE tenant = $1 AND source_id = $2")
            .bind(tenant.as_str())
            .bind(user.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed)?
            .rows_affected();
        if gone > 0 {
            // A new one is due.
            reviews::count_up(&mut tx, tenant).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(gone > 0)
    }
}

fn pin(row: &dialect::Row) -> Result<(SourceAnchor, PinRecord)> {
    let failed = |error| failed(PINS, error);
    let user = SourceAnchor::new(column::<String>(row, 0).map_err(failed)?);
    Ok((user, read(PINS, "a support PIN", column(row, 1).map_err(failed)?)?))
}

#[async_trait]
impl Retention for Store {
    async fn prune(&self, before: DateTime<Utc>) -> Result<Pruned> {
        const OPERATION: &str = "remove old history";
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.durable(OPERATION).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let mut gone = [0; 3];
        for (slot, sql) in gone.iter_mut().zip([
            "DELETE FROM runs WHERE ended_at < $1",
            "DELETE FROM journal WHERE settled_at < $1 AND state NOT IN ('sent', 'lost', 'indeterminate')",
            "DELETE FROM events WHERE at < $1",
        ]) {
            let done = sqlx::query(sql).bind(micros(before)).execute(&mut *tx).await.map_err(failed)?;
            *slot = done.rows_affected();
        }
        tx.commit().await.map_err(failed)?;
        let mut pruned = Pruned::default();
        [pruned.runs, pruned.intents, pruned.events] = gone;
        Ok(pruned)
    }

    async fn tenants(&self) -> Result<Vec<TenantName>> {
        let failed = |error| failed(ABOUT, error);
        let mut conn = self.quick(ABOUT).await?;
        let rows = sqlx::query("SELECT tenant FROM tenants ORDER BY tenant");
        let rows = rows.fetch_all(&mut *conn).await.map_err(failed)?;
        rows.iter().map(|row| column::<String>(row, 0).map(TenantName::new).map_err(failed)).collect()
    }

    async fn about(&self, tenant: &TenantName, person: &Person) -> Result<PersonData> {
        let failed = |error| failed(ABOUT, error);
        let mut conn = self.durable(ABOUT).await?;
        let mut tx = dialect::begin_read(&mut conn).await.map_err(failed)?;
        let mut data = PersonData::default();
        data.links = links_of(&mut tx, tenant, person).await?;
        let (user, contacts) = (user_text(person), contacts_of(person, &data.links));
        let row = sqlx::query("SELECT body FROM base_users WHERE tenant = $1 AND kind = 'user' AND id = $2")
            .bind(tenant.as_str())
            .bind(&user)
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        data.user = row.map(|row| read(ABOUT, "a user", column(&row, 0).map_err(failed)?)).transpose()?;
        for contact in &contacts {
            let row = sqlx::query("SELECT body FROM base_contacts WHERE tenant = $1 AND id = $2")
                .bind(tenant.as_str())
                .bind(contact.as_str())
                .fetch_optional(&mut *tx)
                .await
                .map_err(failed)?;
            if let Some(row) = row {
                data.contacts.push(read(ABOUT, "a contact", column(&row, 0).map_err(failed)?)?);
            }
        }
        let rows = sqlx::query(
            "SELECT body, outcome, settled_at FROM journal
             WHERE tenant = $1 AND (source_id = $2 OR contact_id = $3) ORDER BY run, place",
        )
        .bind(tenant.as_str())
        .bind(&user)
        .bind(contact_text(person))
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        data.journal(journal::intents(ABOUT, &rows)?);
        data.reviews = reviews_of(&mut tx, tenant, person).await?;
        for (run, plan, _) in documents_of(&mut tx, tenant).await? {
            if plan.decisions.iter().any(|decision| person.is(&decision.subject)) {
                data.runs.push(run_id(run));
            }
        }
        Ok(data)
    }

    async fn forget(&self, tenant: &TenantName, person: &Person) -> Result<Forgotten> {
        let failed = |error| failed(FORGET, error);
        let refused = |message| Err(Error::new(ErrorKind::PreconditionFailed, FORGET, message));
        let mut conn = self.durable(FORGET).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        // Looked at inside, so that no run can begin meanwhile. A holder that is certainly dead writes nothing any more.
        let now = dialect::now(&mut tx).await.map_err(failed)?;
        let held = held(&mut tx, tenant).await.map_err(failed)?;
        if held.is_some_and(|(lease, _)| micros(lease.until) > now && !holder_is_dead(&lease.holder)) {
            return refused("a run holds the tenant; try again when it has ended");
        }
        if is_on_its_way(&mut tx, tenant, person).await.map_err(failed)? {
            return refused(ON_ITS_WAY);
        }
        let mut forgotten = Forgotten::default();
        let links = links_of(&mut tx, tenant, person).await?;
        let (user, contact) = (user_text(person), contact_text(person));
        for contact in contacts_of(person, &links) {
            let sql = "DELETE FROM base_contacts WHERE tenant = $1 AND id = $2";
            forgotten.rows += delete(&mut tx, sql, tenant, contact.as_str(), None).await.map_err(failed)?;
        }
        forgotten.links = delete(
            &mut tx,
            "DELETE FROM links WHERE tenant = $1 AND (source_id = $2 OR contact_id = $3)",
            tenant,
            &user,
            Some(&contact),
        )
        .await
        .map_err(failed)?;
        forgotten.intents = delete(
            &mut tx,
            "DELETE FROM journal WHERE tenant = $1 AND (source_id = $2 OR contact_id = $3)",
            tenant,
            &user,
            Some(&contact),
        )
        .await
        .map_err(failed)?;
        let sql = "DELETE FROM base_users WHERE tenant = $1 AND id = $2";
        forgotten.rows += delete(&mut tx, sql, tenant, &user, None).await.map_err(failed)?;
        let sql = "DELETE FROM pins WHERE tenant = $1 AND source_id = $2";
        forgotten.pins = delete(&mut tx, sql, tenant, &user, None).await.map_err(failed)?;
        for review in reviews_of(&mut tx, tenant, person).await? {
            let sql = "DELETE FROM reviews WHERE tenant = $1 AND id = $2";
            forgotten.reviews +=
                delete(&mut tx, sql, tenant, review.id.as_str(), None).await.map_err(failed)?;
        }
        forgotten.documents = rewrite_documents(&mut tx, tenant, person).await?;
        // What was kept does not tell everything any more: the next run reads anew.
        sqlx::query(
            "UPDATE tenants SET directory = NULL, contacts = NULL, quiet = NULL, generation = generation + 1
             WHERE tenant = $1",
        )
        .bind(tenant.as_str())
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        dialect::purge(&mut conn).await.map_err(failed)?;
        Ok(forgotten)
    }
}

/// Whether a write about the person was sent and nobody has looked up yet what became of it.
async fn is_on_its_way(conn: &mut Conn, tenant: &TenantName, person: &Person) -> sqlx::Result<bool> {
    let sql = "SELECT 1 FROM journal
               WHERE tenant = $1 AND (source_id = $2 OR contact_id = $3) AND state = 'sent' LIMIT 1";
    let query = sqlx::query(sql).bind(tenant.as_str()).bind(user_text(person)).bind(contact_text(person));
    Ok(query.fetch_optional(conn).await?.is_some())
}

/// No id is the empty text, so it finds nobody.
fn user_text(person: &Person) -> String {
    person.source_id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned())
}

fn contact_text(person: &Person) -> String {
    person.contact.as_ref().map_or_else(String::new, |id| id.as_str().to_owned())
}

fn contacts_of(person: &Person, links: &[Link]) -> Vec<ContactId> {
    let mut all: Vec<ContactId> =
        links.iter().map(|link| link.contact_id.clone()).chain(person.contact.clone()).collect();
    all.sort();
    all.dedup();
    all
}

async fn links_of(conn: &mut Conn, tenant: &TenantName, person: &Person) -> Result<Vec<Link>> {
    let failed = |error| failed(ABOUT, error);
    let rows = sqlx::query(
        "SELECT body FROM links WHERE tenant = $1 AND (source_id = $2 OR contact_id = $3) ORDER BY source_id",
    )
    .bind(tenant.as_str())
    .bind(user_text(person))
    .bind(contact_text(person))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| read(ABOUT, "a link", column(row, 0).map_err(failed)?)).collect()
}

async fn reviews_of(conn: &mut Conn, tenant: &TenantName, person: &Person) -> Result<Vec<Review>> {
    let failed = |error| failed(ABOUT, error);
    let rows = sqlx::query("SELECT body FROM reviews WHERE tenant = $1 ORDER BY id")
        .bind(tenant.as_str())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut found = Vec::new();
    for row in &rows {
        let review: Review = read(ABOUT, "an answer", column(row, 0).map_err(failed)?)?;
        if person.is(&review.subject) {
            found.push(review);
        }
    }
    Ok(found)
}

async fn delete(
    conn: &mut Conn,
    sql: &'static str,
    tenant: &TenantName,
    id: &str,
    other: Option<&str>,
) -> sqlx::Result<u64> {
    let mut query = sqlx::query(sql).bind(tenant.as_str()).bind(id.to_owned());
    if let Some(other) = other {
        query = query.bind(other.to_owned());
    }
    Ok(query.execute(conn).await?.rows_affected())
}

async fn documents_of(conn: &mut Conn, tenant: &TenantName) -> Result<Vec<(i64, Plan, Option<Report>)>> {
    let failed = |error| failed(ABOUT, error);
    let rows = sqlx::query("SELECT run, plan, report FROM runs WHERE tenant = $1 ORDER BY run")
        .bind(tenant.as_str())
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let plan = unpack(ABOUT, "a plan", &column::<Vec<u8>>(row, 1).map_err(failed)?)?;
        let report = column::<Option<Vec<u8>>>(row, 2).map_err(failed)?;
        let report = report.map(|bytes| unpack(ABOUT, "a report", &bytes)).transpose()?;
        all.push((column(row, 0).map_err(failed)?, plan, report));
    }
    Ok(all)
}

async fn rewrite_documents(conn: &mut Conn, tenant: &TenantName, person: &Person) -> Result<u64> {
    let failed = |error| failed(FORGET, error);
    let mut rewritten = 0;
    for (run, mut plan, mut report) in documents_of(conn, tenant).await? {
        let theirs = plan.decisions.iter().filter(|decision| person.is(&decision.subject));
        let names: Vec<String> = theirs.map(|decision| decision.user_principal_name).collect();
        if names.is_empty() {
            continue;
        }
        plan.forget(|subject| person.is(subject), &names);
        if let Some(report) = &mut report {
            report.forget(person, &names);
        }
        let report = report.map(|report| pack(FORGET, &report)).transpose()?;
        sqlx::query("UPDATE runs SET plan = $2, report = $3 WHERE run = $1")
            .bind(run)
            .bind(pack(FORGET, &plan)?)
            .bind(report)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        rewritten += 1;
    }
    Ok(count(rewritten))
}
