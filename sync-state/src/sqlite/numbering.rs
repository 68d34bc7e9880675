//! A file that was put back from a copy.

use super::{
    SqliteStore,
    dialect::{begin, failed},
};
use sqlx::Row as _;
use sync_core::{Result, store::RunId};

const NUMBER: &str = "number runs";

impl SqliteStore {
    /// Sees to it that the next run has a number above `made`, which is known from elsewhere to have been given. Where the file
    /// knows of fewer runs it was put back from a copy, or made anew: what it kept of both sides is forgotten then, so that the
    /// next run reads everything, and the last number that it knew is answered.
    ///
    /// # Errors
    /// `Unavailable` when the file cannot be written.
    pub async fn number_runs_above(&self, made: RunId) -> Result<Option<RunId>> {
        let failed = |error| failed(NUMBER, error);
        let made = i64::try_from(made.number()).unwrap_or(i64::MAX);
        let mut conn = self.durable(NUMBER).await?;
        let mut tx = begin(&mut conn).await.map_err(failed)?;
        let row = sqlx::query("SELECT value FROM counters WHERE name = 'run'").fetch_one(&mut *tx).await;
        let last = row.and_then(|row| row.try_get::<i64, _>(0)).map_err(failed)?;
        if last >= made {
            return Ok(None);
        }
        sqlx::query("UPDATE counters SET value = $1 WHERE name = 'run'")
            .bind(made)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query("UPDATE tenants SET quiet = NULL, directory = NULL, contacts = NULL")
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(Some(RunId::new(u64::try_from(last).unwrap_or(0))))
    }
}
