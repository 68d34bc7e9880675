//! Connecting, and bringing the schema up to date.

use super::{PostgresStore, dialect::failed, sql};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr as _, time::Duration};
use sync_core::{Error, ErrorKind, Result};

const OPEN: &str = "open state database";

/// Where the tables lie. Other programs may use the same database.
const SCHEMA: &str = "psa_sync";

/// Connections of one process: the run's own, one for the lease, one to spare.
const CONNECTIONS: u32 = 4;

/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// The number of the lock under which the schema is changed ("psas").
const SCHEMA_LOCK: i64 = 0x7073_6173;

impl PostgresStore {
    /// Connects to `postgres://user:password@host:port/database` and brings the schema `psa_sync` up to date.
    ///
    /// # Errors
    /// `ConfigInvalid` for an address that is none, or a database that is not there; `Unauthenticated`; `Unavailable`;
    /// `UnexpectedResponse` when the schema was made by a newer version. No error holds the address: a password may be
    /// in it.
    pub async fn connect(url: &str) -> Result<Self> {
        let bad = |_| {
            let message = "the address of the state database is not understood; it is postgres://user@host:port/database";
            Error::new(ErrorKind::ConfigInvalid, OPEN, message)
        };
        let options = PgConnectOptions::from_str(url).map_err(bad)?;
        let options = options
            .application_name("psa-sync")
            .options([("search_path", SCHEMA)])
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(|error| failed(OPEN, error))?;
        let store = Self { pool };
        store.bring_up_to_date().await?;
        Ok(store)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn bring_up_to_date(&self) -> Result<()> {
        let failed = |error| failed(OPEN, error);
        let mut conn = self.durable(OPEN).await?;
        let mut tx = conn.begin().await.map_err(failed)?;
        // Of several processes that connect at once one makes the tables, and the others find them made.
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(SCHEMA_LOCK)
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}")))
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        sqlx::query("CREATE TABLE IF NOT EXISTS state_schema (version BIGINT NOT NULL)")
            .execute(&mut *tx)
            .await
            .map_err(failed)?;
        let row =
            sqlx::query("SELECT MAX(version) FROM state_schema").fetch_one(&mut *tx).await.map_err(failed)?;
        let version = row.try_get::<Option<i64>, _>(0).map_err(failed)?.unwrap_or(0);
        if version > sql::LATEST {
            let message = format!(
                "the state database is of version {version}, and this program understands up to {}; use the newer program",
                sql::LATEST
            );
            return Err(Error::new(ErrorKind::UnexpectedResponse, OPEN, message));
        }
        if version < sql::LATEST {
            sql::create(&mut tx, version).await.map_err(failed)?;
            sqlx::query("DELETE FROM state_schema").execute(&mut *tx).await.map_err(failed)?;
            sqlx::query("INSERT INTO state_schema (version) VALUES ($1)")
                .bind(sql::LATEST)
                .execute(&mut *tx)
                .await
                .map_err(failed)?;
        }
        tx.commit().await.map_err(failed)
    }
}
