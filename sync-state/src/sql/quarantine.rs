//! Tenants that only plan, and events.

use super::{
    dialect::{self, Conn, Store, failed},
    rows::{column, fenced, json, micros, read},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sync_core::{
    Result,
    model::TenantName,
    store::{Event, Quarantine, QuarantineStore, RunId},
};

const SET: &str = "set quarantine";
const TELL: &str = "record event";

#[async_trait]
impl QuarantineStore for Store {
    async fn quarantine(&self, tenant: &TenantName) -> Result<Option<Quarantine>> {
        const OPERATION: &str = "look at quarantine";
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.quick(OPERATION).await?;
        let row = sqlx::query("SELECT quarantine FROM tenants WHERE tenant = $1")
            .bind(tenant.as_str())
            .fetch_optional(&mut *conn)
            .await
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let text = column::<Option<String>>(&row, 0).map_err(failed)?;
        text.map(|text| read(OPERATION, "a quarantine", &text)).transpose()
    }

    async fn set_quarantine(
        &self,
        tenant: &TenantName,
        run: RunId,
        quarantine: Option<&Quarantine>,
        event: &Event,
    ) -> Result<()> {
        let failed = |error| failed(SET, error);
        let mut conn = self.durable(SET).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        fenced(&mut tx, SET, tenant, run).await?;
        sqlx::query("UPDATE tenants SET quarantine = $2 WHERE tenant = $1")
            .bind(tenant.as_str())
            .bind(quarantine.map(json))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        insert(&mut tx, tenant, event).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn tell(&self, tenant: &TenantName, run: RunId, event: &Event) -> Result<()> {
        let failed = |error| failed(TELL, error);
        let mut conn = self.durable(TELL).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        fenced(&mut tx, TELL, tenant, run).await?;
        insert(&mut tx, tenant, event).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn events(&self, tenant: &TenantName, since: DateTime<Utc>) -> Result<Vec<Event>> {
        const OPERATION: &str = "load events";
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.quick(OPERATION).await?;
        let rows = sqlx::query("SELECT body FROM events WHERE tenant = $1 AND at >= $2 ORDER BY at")
            .bind(tenant.as_str())
            .bind(micros(since))
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        rows.iter().map(|row| read(OPERATION, "an event", column(row, 0).map_err(failed)?)).collect()
    }
}

async fn insert(conn: &mut Conn, tenant: &TenantName, event: &Event) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO events (tenant, at, body) VALUES ($1, $2, $3)")
        .bind(tenant.as_str())
        .bind(micros(event.at))
        .bind(json(event))
        .execute(conn)
        .await?;
    Ok(())
}
