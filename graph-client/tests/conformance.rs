//! The adapter keeps the promises of `Directory`, as far as an imitation of Microsoft Graph can tell.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use graph_client::GraphConfig;
use std::sync::Arc;
use sync_conformance::{CaseResult, DirectoryGiven, Report, run_directory};
use sync_core::model::SourceAnchor;
use sync_sandbox::{Options, Sandbox, Vendor};

const WRONG: &str = "canary-wrong-secret";

fn config(sandbox: &Sandbox, secret: &str) -> GraphConfig {
    let access = sandbox.graph();
    let mut config =
        GraphConfig::new(access.tenant_id.clone(), access.client_id.clone(), secret.to_owned().into());
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config
}

fn given(sandbox: &Sandbox) -> DirectoryGiven {
    let access = sandbox.graph();
    let state = sandbox.state();
    let groups = state["graph"]["groups"].as_array().unwrap();
    let group =
        groups.iter().find(|group| group["members"].as_array().is_some_and(|m| !m.is_empty())).unwrap();
    let users = sandbox.users();
    DirectoryGiven::new()
        .known_users(users.iter().map(|user| SourceAnchor::entra(&access.tenant_id, &user.id)))
        .group(group["id"].as_str().unwrap())
        .secret(access.client_secret.clone())
        .secret(WRONG)
        .wrong_credentials(Arc::new(config(sandbox, WRONG).connect().unwrap()))
}

async fn passes(change: impl FnOnce(&mut GraphConfig)) -> (Report, Sandbox) {
    let sandbox = Sandbox::start(Options::sized(120, 10)).await.unwrap();
    let mut config = config(&sandbox, &sandbox.graph().client_secret);
    change(&mut config);
    let directory = config.connect().unwrap();
    let report = run_directory(&directory, &given(&sandbox)).await;
    assert!(report.is_conformant(), "{report}");
    (report, sandbox)
}

#[tokio::test]
async fn one_page() {
    let (report, sandbox) = passes(|_| {}).await;
    assert!(report.passed() >= 10, "{report}");
    assert_eq!(sandbox.calls().writes(), 0, "a directory is only read");
    assert_eq!(
        sandbox.calls().of(Vendor::Login),
        2,
        "one token for all listings, and one refusal of the wrong secret"
    );
}

#[tokio::test]
async fn many_pages_with_deleted_users() {
    let (report, _sandbox) = passes(|config| {
        config.page_size = 7;
        config.read_deleted = true;
    })
    .await;
    assert_eq!(report.result("groups_asked_for_are_resolved"), Some(&CaseResult::Passed), "{report}");
    assert!(report.passed() >= 10, "{report}");
}

#[tokio::test]
async fn without_some_properties() {
    let omitted = ["faxNumber", "employeeType", "preferredLanguage"];
    let (report, _sandbox) =
        passes(|config| config.omit_properties = omitted.into_iter().map(str::to_owned).collect()).await;
    assert!(report.passed() >= 10, "{report}");
}
