//! Runs that were. Plans and reports are packed: they are read seldom and by people.

use super::{
    dialect::{self, Conn, Row, Store, failed},
    journal,
    rows::{column, fenced, json, micros, number, read},
};
use crate::pack::{pack, unpack};
use async_trait::async_trait;
use sync_core::{
    Error, ErrorKind, Result,
    apply::Report,
    model::TenantName,
    plan::Plan,
    store::{FieldWrite, History, Intent, RunEnd, RunId, RunRecord, RunStart, WriteQuery, fields_written},
};

const BEGIN: &str = "begin run";
const FINISH: &str = "finish run";
const READ: &str = "read history";

#[async_trait]
impl History for Store {
    async fn begin(&self, tenant: &TenantName, run: RunId, start: &RunStart<'_>) -> Result<()> {
        let failed = |error| failed(BEGIN, error);
        let plan = pack(BEGIN, start.plan)?;
        let mut conn = self.durable(BEGIN).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        fenced(&mut tx, BEGIN, tenant, run).await?;
        let row = sqlx::query("SELECT holder FROM tenants WHERE tenant = $1")
            .bind(tenant.as_str())
            .fetch_one(&mut *tx)
            .await
            .map_err(failed)?;
        let holder = column::<Option<String>>(&row, 0).map_err(failed)?.unwrap_or_default();
        let record = RunRecord::begun(run, tenant.clone(), holder, start);
        sqlx::query("INSERT INTO runs (run, tenant, started_at, record, plan) VALUES ($1, $2, $3, $4, $5)")
            .bind(number(run))
            .bind(tenant.as_str())
            .bind(micros(start.at))
            .bind(json(&record))
            .bind(plan)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn finish(&self, tenant: &TenantName, by: RunId, of: RunId, end: &RunEnd<'_>) -> Result<()> {
        let failed = |error| failed(FINISH, error);
        let report = pack(FINISH, end.report)?;
        let mut conn = self.durable(FINISH).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        fenced(&mut tx, FINISH, tenant, by).await?;
        let Some(mut record) = record(&mut tx, of).await? else {
            return Err(Error::new(ErrorKind::NotFound, FINISH, format!("there is no run {of}")));
        };
        record.ended_at = Some(end.at);
        record.interrupted = end.interrupted;
        record.success = Some(end.report.success);
        record.statistics = Some(end.report.statistics);
        sqlx::query("UPDATE runs SET ended_at = $2, record = $3, report = $4 WHERE run = $1")
            .bind(number(of))
            .bind(micros(end.at))
            .bind(json(&record))
            .bind(report)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn runs(
        &self,
        tenant: Option<&TenantName>,
        below: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRecord>> {
        let failed = |error| failed(READ, error);
        let mut conn = self.quick(READ).await?;
        let below = below.map_or(i64::MAX, number);
        let of_one = "SELECT record FROM runs WHERE run < $1 AND tenant = $3 ORDER BY run DESC LIMIT $2";
        let of_all = "SELECT record FROM runs WHERE run < $1 ORDER BY run DESC LIMIT $2";
        let mut query = sqlx::query(if tenant.is_some() { of_one } else { of_all });
        query = query.bind(below).bind(i64::from(limit));
        if let Some(tenant) = tenant {
            query = query.bind(tenant.as_str());
        }
        let rows = query.fetch_all(&mut *conn).await.map_err(failed)?;
        rows.iter().map(|row| read(READ, "a run", column(row, 0).map_err(failed)?)).collect()
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRecord>> {
        let mut conn = self.quick(READ).await?;
        record(&mut conn, run).await
    }

    async fn plan(&self, run: RunId) -> Result<Option<Plan>> {
        let mut conn = self.quick(READ).await?;
        let row = sqlx::query("SELECT plan FROM runs WHERE run = $1")
            .bind(number(run))
            .fetch_optional(&mut *conn)
            .await
            .map_err(|error| failed(READ, error))?;
        document(row.as_ref(), "a plan")
    }

    async fn report(&self, run: RunId) -> Result<Option<Report>> {
        let mut conn = self.quick(READ).await?;
        let row = sqlx::query("SELECT report FROM runs WHERE run = $1")
            .bind(number(run))
            .fetch_optional(&mut *conn)
            .await
            .map_err(|error| failed(READ, error))?;
        document(row.as_ref(), "a report")
    }

    async fn intents(&self, run: RunId) -> Result<Vec<Intent>> {
        let mut conn = self.quick(READ).await?;
        let rows = sqlx::query("SELECT body, outcome, settled_at FROM journal WHERE run = $1 ORDER BY place")
            .bind(number(run))
            .fetch_all(&mut *conn)
            .await
            .map_err(|error| failed(READ, error))?;
        journal::intents(READ, &rows)
    }

    async fn written(&self, tenant: &TenantName, query: &WriteQuery) -> Result<Vec<FieldWrite>> {
        let mut conn = self.quick(READ).await?;
        let all = "SELECT body, outcome, settled_at FROM journal
                   WHERE tenant = $1 AND state = 'done' ORDER BY run, place";
        let of_user = "SELECT body, outcome, settled_at FROM journal
                       WHERE tenant = $1 AND source_id = $2 AND state = 'done' ORDER BY run, place";
        let of_contact = "SELECT body, outcome, settled_at FROM journal
                          WHERE tenant = $1 AND contact_id = $2 AND state = 'done' ORDER BY run, place";
        let WriteQuery { source_id, contact, .. } = query;
        let rows = match (source_id, contact) {
            (Some(user), _) => sqlx::query(of_user).bind(tenant.as_str()).bind(user.as_str()),
            (None, Some(contact)) => sqlx::query(of_contact).bind(tenant.as_str()).bind(contact.as_str()),
            (None, None) => sqlx::query(all).bind(tenant.as_str()),
        };
        let rows = rows.fetch_all(&mut *conn).await.map_err(|error| failed(READ, error))?;
        let intents = journal::intents(READ, &rows)?;
        Ok(intents.iter().flat_map(fields_written).filter(|write| query.asks_for(write)).collect())
    }
}

pub(super) async fn record(conn: &mut Conn, run: RunId) -> Result<Option<RunRecord>> {
    let failed = |error| failed(READ, error);
    let row = sqlx::query("SELECT record FROM runs WHERE run = $1")
        .bind(number(run))
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    row.map(|row| read(READ, "a run", column(&row, 0).map_err(failed)?)).transpose()
}

fn document<T: serde::de::DeserializeOwned>(row: Option<&Row>, what: &str) -> Result<Option<T>> {
    let Some(row) = row else { return Ok(None) };
    let bytes = column::<Option<Vec<u8>>>(row, 0).map_err(|error| failed(READ, error))?;
    bytes.map(|bytes| unpack(READ, what, &bytes)).transpose()
}
