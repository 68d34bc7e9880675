//! What people decided.

use super::{
    dialect::{self, Conn, Store, failed},
    rows::{column, json, read},
};
use async_trait::async_trait;
use sync_core::{
    Result,
    model::TenantName,
    review::answered_meanwhile,
    store::{Review, ReviewId, ReviewStore},
};

const OPERATION: &str = "keep answer";

#[async_trait]
impl ReviewStore for Store {
    async fn reviews(&self, tenant: &TenantName) -> Result<Vec<Review>> {
        let failed = |error| failed("load answers", error);
        let mut conn = self.quick(OPERATION).await?;
        let rows = sqlx::query("SELECT body FROM reviews WHERE tenant = $1 ORDER BY id")
            .bind(tenant.as_str())
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        rows.iter().map(|row| read("load answers", "an answer", column(row, 0).map_err(failed)?)).collect()
    }

    async fn answer(&self, tenant: &TenantName, review: &Review, instead_of: Option<&Review>) -> Result<()> {
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.durable(OPERATION).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        // Counting up first writes the tenant's row, so of two who answer at once the second waits here for the first.
        count_up(&mut tx, tenant).await.map_err(failed)?;
        let there = sqlx::query("SELECT body FROM reviews WHERE tenant = $1 AND id = $2")
            .bind(tenant.as_str())
            .bind(review.id.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(failed)?;
        let there: Option<Review> = there
            .as_ref()
            .map(|row| read(OPERATION, "an answer", column(row, 0).map_err(failed)?))
            .transpose()?;
        if there.as_ref() != instead_of {
            return Err(answered_meanwhile(&review.id));
        }
        sqlx::query(
            "INSERT INTO reviews (tenant, id, body) VALUES ($1, $2, $3)
             ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body",
        )
        .bind(tenant.as_str())
        .bind(review.id.as_str())
        .bind(json(review))
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn take_back(&self, tenant: &TenantName, id: &ReviewId) -> Result<bool> {
        let failed = |error| failed(OPERATION, error);
        let mut conn = self.durable(OPERATION).await?;
        let mut tx = dialect::begin(&mut conn).await.map_err(failed)?;
        let gone = sqlx::query("DELETE FROM reviews WHERE tenant = $1 AND id = $2")
            .bind(tenant.as_str())
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .map_err(failed)?
            .rows_affected();
        if gone > 0 {
            count_up(&mut tx, tenant).await.map_err(failed)?;
        }
        tx.commit().await.map_err(failed)?;
        Ok(gone > 0)
    }
}

/// A tenant that had nothing to do looks again once an answer came or went.
pub(super) async fn count_up(conn: &mut Conn, tenant: &TenantName) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO tenants (tenant, answers) VALUES ($1, 1)
         ON CONFLICT (tenant) DO UPDATE SET answers = tenants.answers + 1",
    )
    .bind(tenant.as_str())
    .execute(conn)
    .await?;
    Ok(())
}
