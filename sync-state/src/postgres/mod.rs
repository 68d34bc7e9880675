//! State in PostgreSQL, for several machines.

/// Rows of a list in JSON, which is the first parameter.
macro_rules! rows {
    () => {
        "jsonb_array_elements($1::jsonb) AS t(value)"
    };
}
/// Texts of a list in JSON, which is the first parameter.
macro_rules! texts {
    () => {
        "jsonb_array_elements_text($1::jsonb) AS t(value)"
    };
}
/// Locks the rows of a query until the transaction ends.
macro_rules! lock_row {
    () => {
        " FOR UPDATE"
    };
}
/// The type of a column of bytes.
macro_rules! blob {
    () => {
        "BYTEA"
    };
}

mod dialect;
mod open;
#[path = "../sql/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "compiled once for each database")]
mod sql;

#[cfg(test)]
#[path = "../../../tests/support/postgres.rs"]
mod server;

use dialect::failed;
use sqlx::{PgPool, Postgres, pool::PoolConnection};
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use sync_core::Result;

/// A [`sync_core::store::StateStore`] in PostgreSQL, for any number of machines.
///
/// Leases go by the server's clock. What the journal records is on the server's disk when a call returns
/// (`synchronous_commit` must not be turned off for the user); what can be read again is not waited for.
pub struct PostgresStore {
    pool: PgPool,
    /// The server did not answer when it was asked last.
    gone: AtomicBool,
}

/// How long a call waits for a server that the call before it waited for in vain. A run that ends makes half a dozen calls,
/// and each would wait as long as the first.
const PATIENCE_WITH_GONE: Duration = Duration::from_secs(2);

impl PostgresStore {
    /// A connection. Where the server is gone, one call waits for it, and those that follow look only whether it is back.
    pub(crate) async fn durable(&self, operation: &'static str) -> Result<PoolConnection<Postgres>> {
        let was_gone = self.gone.load(Ordering::Relaxed);
        let connection = if was_gone {
            let in_vain = |_| Err(sqlx::Error::PoolTimedOut);
            tokio::time::timeout(PATIENCE_WITH_GONE, self.pool.acquire()).await.unwrap_or_else(in_vain)
        } else {
            self.pool.acquire().await
        };
        self.gone.store(connection.is_err(), Ordering::Relaxed);
        if connection.is_err() && !was_gone {
            tracing::warn!(
                operation,
                "the state database does not answer; nothing more is waited for until it does"
            );
        }
        connection.map_err(|error| failed(operation, error))
    }

    pub(crate) async fn quick(&self, operation: &'static str) -> Result<PoolConnection<Postgres>> {
        self.durable(operation).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{server::Server, sql::migrating::steps_are_done_in_order_whole_or_not_at_all};
    use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

    #[tokio::test]
    async fn steps_are_done_in_order_whole_or_not_at_all_on_postgresql() {
        let Some(server) = Server::start() else { return };
        let options: PgConnectOptions = server.url().parse().unwrap();
        let options = options.options([("search_path", super::dialect::SCHEMA)]);
        steps_are_done_in_order_whole_or_not_at_all(&mut options.connect().await.unwrap()).await;
    }
}
