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
use std::fmt;
use sync_core::Result;

/// A [`sync_core::store::StateStore`] in PostgreSQL, for any number of machines.
///
/// Leases go by the server's clock. What the journal records is on the server's disk when a call returns
/// (`synchronous_commit` must not be turned off for the user); what can be read again is not waited for.
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    pub(crate) async fn durable(&self, operation: &'static str) -> Result<PoolConnection<Postgres>> {
        self.pool.acquire().await.map_err(|error| failed(operation, error))
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
