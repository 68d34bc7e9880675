//! What the client does beyond reading one tenant, against an imitation of Microsoft Graph that checks what the real one
//! checks: customers of a partner, notifications, writing back, managed identities.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod customers;
mod identities;
mod notifications;
mod write_back;

use graph_client::{GraphConfig, GraphDirectory};
use sync_core::model::SourceAnchor;
use sync_sandbox::{Options, Sandbox, User};

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::sized(12, 0)).await.unwrap()
}

/// The client of one tenant, by the app of the sandbox.
fn client_of(sandbox: &Sandbox, tenant: &str) -> GraphDirectory {
    let access = sandbox.graph();
    let secret = access.client_secret.clone().into();
    let mut config = GraphConfig::new(tenant.to_owned(), access.client_id.clone(), secret);
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config.connect().unwrap()
}

fn client(sandbox: &Sandbox) -> GraphDirectory {
    client_of(sandbox, &sandbox.graph().tenant_id)
}

/// Takes permissions away from the app.
fn without(sandbox: &Sandbox, permissions: &[&str]) {
    for permission in permissions {
        sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
    }
}

/// An enabled member with a mailbox.
fn somebody(sandbox: &Sandbox) -> User {
    let ordinary = |user: &User| user.account_enabled && user.mailbox_purpose.as_deref() == Some("user");
    sandbox.users().into_iter().find(ordinary).unwrap()
}

fn anchor(sandbox: &Sandbox, id: &str) -> SourceAnchor {
    SourceAnchor::entra(&sandbox.graph().tenant_id, id)
}
