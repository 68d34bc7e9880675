//! Managed identities, as a machine and as an app service have them.

use crate::sandbox;
use graph_client::{GraphConfig, GraphDirectory};
use sync_core::{DirectoryExt as _, ErrorKind, UserQuery};
use sync_sandbox::{Sandbox, Vendor};

fn config(sandbox: &Sandbox) -> GraphConfig {
    let access = sandbox.graph();
    let mut config = GraphConfig::without_credential(access.tenant_id.clone(), String::new());
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config.managed_identity = Some("system".into());
    config.identity_endpoint = Some(format!("{}/msi/token", access.authority));
    config.identity_header = Some(sandbox.identity_header().into());
    config
}

async fn count(directory: &GraphDirectory) -> sync_core::Result<usize> {
    directory.snapshot(&UserQuery::all(), chrono::DateTime::UNIX_EPOCH).await.map(|snapshot| snapshot.len())
}

#[tokio::test]
async fn an_app_service_reads_with_its_own_identity_and_one_token() {
    let sandbox = sandbox().await;
    let directory = config(&sandbox).connect().unwrap();
    for _ in 0..2 {
        assert_eq!(count(&directory).await.unwrap(), 12);
    }
    assert_eq!(sandbox.calls().count(Vendor::Login, "GET", "/msi/token"), 1);
    sandbox.revoke_tokens();
    assert_eq!(count(&directory).await.unwrap(), 12, "a dead token is replaced");
}

#[tokio::test]
async fn a_user_assigned_identity_is_asked_for_by_its_client_id() {
    let sandbox = sandbox().await;
    let mut known = config(&sandbox);
    known.managed_identity = Some(sandbox.graph().client_id.clone());
    assert_eq!(count(&known.connect().unwrap()).await.unwrap(), 12);
    let mut other = config(&sandbox);
    other.managed_identity = Some("00000000-0000-4000-8000-000000000009".into());
    let error = count(&other.connect().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("no such identity is assigned here"), "{error}");
}

#[tokio::test]
async fn a_wrong_header_is_said_to_be_wrong() {
    let sandbox = sandbox().await;
    let mut config = config(&sandbox);
    config.identity_header = Some("canary-header".to_owned().into());
    let error = count(&config.connect().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("check identity_header"), "{error}");
    assert!(!error.to_string().contains("canary"), "{error}");
}
