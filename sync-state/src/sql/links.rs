//! Links, and the step in which they and the journal change together.

use super::{
    dialect::{self, Conn, Db, Store, failed},
    journal,
    rows::{column, count, fenced, json, micros, moment, read},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result,
    model::{SourceAnchor, TenantName},
    store::{Commit, Link, LinkChange, LinkSet, LinkStore},
};

const LOAD: &str = "load links";
const COMMIT: &str = "commit links";

#[async_trait]
impl LinkStore for Store {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        let failed = |error| failed(LOAD, error);
        let mut conn = self.durable(LOAD).await?;
        // One transaction, so that links and journal are of one moment.
        let mut tx = dialect::begin_read(&mut conn).await.map_err(failed)?;
        let row = sqlx::query(
            "SELECT generation, last_complete_users, first_run_open FROM tenants WHERE tenant = $1",
        )
        .bind(tenant.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed)?;
        let mut set = LinkSet::new();
        let Some(row) = row else { return Ok(set) };
        set.generation = count(column(&row, 0).map_err(failed)?);
        set.last_complete_users = column::<Option<i64>>(&row, 1).map_err(failed)?.map(count);
        set.first_run_open = column::<i64>(&row, 2).map_err(failed)? != 0;
        let rows = sqlx::query(
            "SELECT body, seen_at, missing_since, missing_reads FROM links WHERE tenant = $1 ORDER BY source_id",
        )
        .bind(tenant.as_str())
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        let mut links = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut link: Link = read(LOAD, "a link", column(row, 0).map_err(failed)?)?;
            link.last_seen_at = moment(column(row, 1).map_err(failed)?);
            link.missing_since = column::<Option<i64>>(row, 2).map_err(failed)?.map(moment);
            link.missing_reads = u32::try_from(column::<i64>(row, 3).map_err(failed)?).unwrap_or(u32::MAX);
            links.push(link);
        }
        set.links = links.into_iter().collect();
        let open = sqlx::query(
            "SELECT body, outcome, settled_at FROM journal
             WHERE tenant = $1 AND state IN ('sent', 'lost', 'indeterminate') ORDER BY run, place",
        )
        .bind(tenant.as_str())
        .fetch_all(&mut *tx)
        .await
        .map_err(failed)?;
        set.open = journal::intents(LOAD, &open)?;
        Ok(set)
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        let failed = |error| failed(COMMIT, error);
        let mut conn = self.durable(COMMIT).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let generation = fenced(&mut tx, COMMIT, tenant, commit.run).await?;
        if generation != commit.generation {
            let message = format!(
                "generation is {generation}, not {}: another run was first; plan again",
                commit.generation
            );
            return Err(Error::new(ErrorKind::PreconditionFailed, COMMIT, message));
        }
        let mut steps = Steps::default();
        for change in &commit.links {
            steps.take(&mut tx, tenant, change).await?;
        }
        steps.write(&mut tx, tenant).await.map_err(failed)?;
        journal::open(&mut tx, tenant, &commit.opened).await.map_err(failed)?;
        journal::settle(&mut tx, tenant, &commit.settled).await.map_err(failed)?;
        let sends = "UPDATE tenants SET generation = generation + 1, busy_until = NULL WHERE tenant = $1";
        let records = "UPDATE tenants SET generation = generation + 1 WHERE tenant = $1";
        sqlx::query(if commit.opened.is_empty() { records } else { sends })
            .bind(tenant.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(generation + 1)
    }
}

/// Changes of links, gathered so that a thousand of them are a handful of statements.
#[derive(Default)]
struct Steps {
    /// Links that are set (or forgotten) as a whole; later changes of the same link are made here.
    whole: BTreeMap<SourceAnchor, Option<Link>>,
    seen: BTreeMap<DateTime<Utc>, Vec<SourceAnchor>>,
    missing: BTreeMap<DateTime<Utc>, Vec<SourceAnchor>>,
    complete_users: Option<u64>,
    first_run: Option<bool>,
}

/// Rows of one statement, whose values are bound one by one.
const ROWS: usize = 200;

impl Steps {
    async fn take(&mut self, conn: &mut Conn, tenant: &TenantName, change: &LinkChange) -> Result<()> {
        match change {
            LinkChange::Set(link) => {
                self.whole.insert(link.source_id.clone(), Some((**link).clone()));
            }
            LinkChange::Remove(user) => {
                self.whole.insert(user.clone(), None);
            }
            LinkChange::Release { source_id, contact_id } => {
                let link = match self.whole.get(source_id) {
                    Some(known) => known.clone(),
                    None => one(conn, tenant, source_id).await?,
                };
                if link.is_some_and(|link| link.contact_id == *contact_id) {
                    self.whole.insert(source_id.clone(), None);
                }
            }
            LinkChange::Seen { source_id, at } => match self.whole.get_mut(source_id) {
                Some(Some(link)) => {
                    link.last_seen_at = *at;
                    link.missing_since = None;
                    link.missing_reads = 0;
                }
                Some(None) => {}
                None => self.seen.entry(*at).or_default().push(source_id.clone()),
            },
            LinkChange::Missing { source_id, at } => match self.whole.get_mut(source_id) {
                Some(Some(link)) => {
                    link.missing_since.get_or_insert(*at);
                    link.missing_reads = link.missing_reads.saturating_add(1);
                }
                Some(None) => {}
                None => self.missing.entry(*at).or_default().push(source_id.clone()),
            },
            LinkChange::Settled { source_id, fields } => {
                // Rare: the link is read, changed and written as a whole.
                if !self.whole.contains_key(source_id) {
                    let link = one(conn, tenant, source_id).await?;
                    if let Some(link) = link {
                        self.whole.insert(source_id.clone(), Some(link));
                    }
                }
                if let Some(Some(link)) = self.whole.get_mut(source_id) {
                    link.rewritten.retain(|field, _| !fields.contains(field));
                    // What was seen of it earlier in this step lies in the gathered rows and is written before.
                    if let Some(at) = self.seen.iter().find(|(_, users)| users.contains(source_id)) {
                        link.last_seen_at = *at.0;
                        link.missing_since = None;
                        link.missing_reads = 0;
                    }
                }
            }
            LinkChange::CompleteRead { users } => self.complete_users = Some(*users),
            LinkChange::FirstRun { open } => self.first_run = Some(*open),
            other => {
                let message = format!("this store does not know the change {other:?}");
                return Err(Error::new(ErrorKind::Unsupported, COMMIT, message));
            }
        }
        Ok(())
    }

    async fn write(self, conn: &mut Conn, tenant: &TenantName) -> sqlx::Result<()> {
        const SEEN: &str = concat!(
            "UPDATE links SET seen_at = $3, missing_since = NULL, missing_reads = 0
             WHERE tenant = $2 AND source_id IN (SELECT t.value FROM ",
            texts!(),
            ")"
        );
        const MISSING: &str = concat!(
            "UPDATE links SET missing_since = COALESCE(missing_since, $3), missing_reads = missing_reads + 1
             WHERE tenant = $2 AND source_id IN (SELECT t.value FROM ",
            texts!(),
            ")"
        );
        const REMOVE: &str = concat!(
            "DELETE FROM links WHERE tenant = $2 AND source_id IN (SELECT t.value FROM ",
            texts!(),
            ")"
        );
        for (sql, groups) in [(SEEN, self.seen), (MISSING, self.missing)] {
            for (at, users) in groups {
                let users: Vec<&str> = users.iter().map(SourceAnchor::as_str).collect();
                let query = sqlx::query(sql).bind(json(&users)).bind(tenant.as_str()).bind(micros(at));
                query.execute(&mut *conn).await?;
            }
        }
        let removed: Vec<&str> =
            self.whole.iter().filter(|(_, link)| link.is_none()).map(|(user, _)| user.as_str()).collect();
        if !removed.is_empty() {
            sqlx::query(REMOVE).bind(json(&removed)).bind(tenant.as_str()).execute(&mut *conn).await?;
        }
        let set: Vec<&Link> = self.whole.values().flatten().collect();
        for links in set.chunks(ROWS) {
            let mut query: QueryBuilder<Db> = QueryBuilder::new(
                "INSERT INTO links (tenant, source_id, contact_id, seen_at, missing_since, missing_reads, body) ",
            );
            query.push_values(links, |mut row, link| {
                row.push_bind(tenant.as_str()).push_bind(link.source_id.as_str());
                row.push_bind(link.contact_id.as_str()).push_bind(micros(link.last_seen_at));
                row.push_bind(link.missing_since.map(micros)).push_bind(i64::from(link.missing_reads));
                row.push_bind(json(link));
            });
            query.push(
                " ON CONFLICT (tenant, source_id) DO UPDATE SET contact_id = excluded.contact_id,
                   seen_at = excluded.seen_at, missing_since = excluded.missing_since,
                   missing_reads = excluded.missing_reads, body = excluded.body",
            );
            query.build().execute(&mut *conn).await?;
        }
        if let Some(users) = self.complete_users {
            sqlx::query("UPDATE tenants SET last_complete_users = $2 WHERE tenant = $1")
                .bind(tenant.as_str())
                .bind(i64::try_from(users).unwrap_or(i64::MAX))
                .execute(&mut *conn)
                .await?;
        }
        if let Some(open) = self.first_run {
            sqlx::query("UPDATE tenants SET first_run_open = $2 WHERE tenant = $1")
                .bind(tenant.as_str())
                .bind(i64::from(open))
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }
}

async fn one(conn: &mut Conn, tenant: &TenantName, user: &SourceAnchor) -> Result<Option<Link>> {
    let failed = |error| failed(COMMIT, error);
    let row = sqlx::query(
        "SELECT body, seen_at, missing_since, missing_reads FROM links WHERE tenant = $1 AND source_id = $2",
    )
    .bind(tenant.as_str())
    .bind(user.as_str())
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let mut link: Link = read(COMMIT, "a link", column(&row, 0).map_err(failed)?)?;
    link.last_seen_at = moment(column(&row, 1).map_err(failed)?);
    link.missing_since = column::<Option<i64>>(&row, 2).map_err(failed)?.map(moment);
    link.missing_reads = u32::try_from(column::<i64>(&row, 3).map_err(failed)?).unwrap_or(u32::MAX);
    Ok(Some(link))
}
