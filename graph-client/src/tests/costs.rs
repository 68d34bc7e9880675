//! What is charged against the own limit is what Graph charges, as the imitation counts it by the published table.

use crate::{GraphConfig, GraphDirectory};
use std::sync::Arc;
use sync_core::{Directory as _, UserQuery, model::Attribute};
use sync_http::{Clock, JumpClock};
use sync_sandbox::{Options, Sandbox, Vendor};

/// The resource units that the limiter of a directory has counted.
fn charged(directory: &GraphDirectory) -> u64 {
    let tail = serde_json::to_value(directory.client.http().limiter().tail()).unwrap();
    tail["stamps"].as_array().unwrap().iter().map(|stamp| stamp[1].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn what_is_charged_is_what_graph_charges() {
    for manager in [false, true] {
        let sandbox = Sandbox::start(Options::sized(120, 0)).await.unwrap();
        let access = sandbox.graph();
        let secret = access.client_secret.clone().into();
        let mut config = GraphConfig::new(access.tenant_id.clone(), access.client_id.clone(), secret);
        config.authority = Some(access.authority.clone());
        config.base_url = Some(access.base_url.clone());
        config.page_size = 50;
        config.read_deleted = true;
        let clock: Arc<dyn Clock> = Arc::new(JumpClock::default());
        let directory = GraphDirectory::new(config, None, &clock).unwrap();
        let mut query = UserQuery::all();
        query.groups = sandbox.groups().into_iter().map(|(id, _)| id).take(3).collect();
        if manager {
            query.extensions.insert(Attribute::Extension("manager".into()));
        }
        super::read(&directory, &query).await.complete();
        directory.check(&sync_core::CheckQuery::default()).await.unwrap();
        assert!(sandbox.calls().of(Vendor::Graph) > 15);
        assert_eq!(charged(&directory), sandbox.worst_window(Vendor::Graph), "manager: {manager}");
    }
}
