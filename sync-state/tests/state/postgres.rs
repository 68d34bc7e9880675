//! The suite over a real PostgreSQL server.

#[path = "../../../tests/support/postgres.rs"]
pub(crate) mod server;

use crate::suite::every_claim;
use sync_state::PostgresStore;

#[tokio::test]
async fn postgresql_keeps_every_claim() {
    let Some(server) = server::Server::start() else { return };
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    every_claim(&store).await;
    store.close().await;
}
