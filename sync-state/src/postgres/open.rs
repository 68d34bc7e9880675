//! Connecting, and bringing the schema up to date.

use super::{
    PostgresStore,
    dialect::{SCHEMA, failed},
    sql,
};
use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{str::FromStr as _, sync::atomic::AtomicBool, time::Duration};
use sync_core::{Error, ErrorKind, Result};

const OPEN: &str = "open state database";

/// Connections of one process: the run's own, one for the lease, one to spare.
const CONNECTIONS: u32 = 4;

/// How long a call waits for a connection.
const PATIENCE: Duration = Duration::from_secs(15);

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
        let store = Self { pool, gone: AtomicBool::new(false) };
        let mut conn = store.durable(OPEN).await?;
        sql::bring_forward(&mut conn, OPEN, sql::STEPS).await?;
        drop(conn);
        Ok(store)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
