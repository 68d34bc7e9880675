//! Self-service: somebody changes a phone number of their own. It is written to the directory, and the next plan takes it into
//! the PSA.
//!
//! Both are imitations on loopback here. Entra needs `User-Phone.ReadWrite.All` for this, and `User.ReadWrite.All` for more.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use anyhow::Context as _;
use graph_client::GraphConfig;
use psa_connectwise::Config;
use std::collections::BTreeMap;
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    model::{Attribute, CompanyId, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkSet,
};
use sync_sandbox::{Options, Sandbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::sized(40, 32)).await?;
    let (graph, cw) = (sandbox.graph(), sandbox.connectwise());
    let mut directory = GraphConfig::new(
        graph.tenant_id.clone(),
        graph.client_id.clone(),
        graph.client_secret.clone().into(),
    );
    directory.authority = Some(graph.authority.clone());
    directory.base_url = Some(graph.base_url.clone());
    let directory = directory.connect()?;

    // The person who signed in, and the one thing that they change.
    let linked =
        |user: &&sync_sandbox::User| user.account_enabled && user.mailbox_purpose.as_deref() == Some("user");
    let person = sandbox.users().iter().find(linked).context("the sandbox has somebody")?.clone();
    let anchor = SourceAnchor::entra(&graph.tenant_id, &person.id);
    let changes = BTreeMap::from([(Attribute::MobilePhone, Some("+1 206 555 0142".to_owned()))]);
    directory.update_user(&anchor, &changes).await?;

    // Whoever is kept in Active Directory changes it there; this is said before anything is sent.
    anyhow::ensure!(sandbox.edit_user(&person.id, |user| user.on_premises_sync_enabled = Some(true)), "gone");
    let refused = directory.update_user(&anchor, &changes).await.err().context("it is refused")?;
    println!("refused: {}", refused.message());
    anyhow::ensure!(sandbox.edit_user(&person.id, |user| user.on_premises_sync_enabled = None), "gone");

    // The next plan, for this person alone, has it.
    let psa = Config::new(
        cw.base_url.clone(),
        cw.company.clone(),
        cw.public_key.clone(),
        cw.private_key.clone().into(),
        cw.client_id.clone().into(),
    );
    let psa = psa.connect()?;
    let tenant =
        Tenant::to_company(TenantName::new("Contoso"), graph.tenant_id.clone(), CompanyId::new("100"));
    let mut wanted = PolicyDocument::defaults();
    wanted.write_back.contact_id_field = "Office365Id".to_owned();
    let policy = Policy::new(wanted)?;
    let mut run = RunInput::default();
    run.user_principal_names.insert(person.user_principal_name.clone());
    let now = std::time::SystemTime::now().into();
    let users = directory.snapshot(&UserQuery::all(), now).await?;
    let mut query = ContactQuery::of_companies(tenant.companies());
    query.custom_fields = policy.custom_fields_needed();
    let contacts = psa.snapshot(&query, now).await?;
    let capabilities = psa.capabilities().await?;
    let plan = plan(&PlanInput {
        tenant: &tenant,
        psa: psa.name(),
        users: &users,
        contacts: &contacts,
        companies: &[],
        links: &LinkSet::new(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy: &policy,
        capabilities: &capabilities,
        run: &run,
        as_of: now,
    })?;
    anyhow::ensure!(plan.decisions.changes().count() == 1, "this person's contact and no other");
    for decision in plan.decisions.changes() {
        println!("{} {}: {}", decision.change.action().as_str(), decision.display_name, decision.reason);
    }
    sandbox.shutdown().await;
    Ok(())
}
