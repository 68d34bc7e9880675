//! A dry run from code: reads a Microsoft tenant and a ConnectWise instance, and prints what a sync would do.
//!
//! Both are imitations on loopback here; with the real addresses and keys nothing else changes. Nothing is written.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use graph_client::GraphConfig;
use psa_connectwise::Config;
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::Report,
    model::{CompanyId, TenantName},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, SyncMode, Tenant},
    review::NO_REVIEWS,
    store::LinkSet,
};
use sync_sandbox::{Options, Sandbox};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::sized(40, 32)).await?;

    // Connect to both sides. Nothing is sent until something is asked.
    let (graph, cw) = (sandbox.graph(), sandbox.connectwise());
    let mut directory = GraphConfig::new(
        graph.tenant_id.clone(),
        graph.client_id.clone(),
        graph.client_secret.clone().into(),
    );
    directory.authority = Some(graph.authority.clone());
    directory.base_url = Some(graph.base_url.clone());
    let directory = directory.connect()?;
    let psa = Config::new(
        cw.base_url.clone(),
        cw.company.clone(),
        cw.public_key.clone(),
        cw.private_key.clone().into(),
        cw.client_id.clone().into(),
    )
    .connect()?;

    // Say what is wanted: everybody goes to company 100, and the directory's id is kept in a custom field.
    let tenant =
        Tenant::to_company(TenantName::new("Contoso"), graph.tenant_id.clone(), CompanyId::new("100"));
    let mut wanted = PolicyDocument::defaults();
    wanted.write_back.contact_id_field = "Office365Id".to_owned();
    let policy = Policy::new(wanted)?;
    let run = RunInput::default();

    // Read both sides.
    let now = std::time::SystemTime::now().into();
    let users = directory.snapshot(&UserQuery::all(), now).await?;
    let mut query = ContactQuery::of_companies(tenant.companies());
    query.custom_fields = policy.custom_fields_needed();
    let contacts = psa.snapshot(&query, now).await?;
    let capabilities = psa.capabilities().await?;

    // Plan: a pure function of what was read, so there is nothing to undo.
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
    println!("{} users, {} contacts: {}", users.len(), contacts.len(), plan.id);
    for decision in plan.decisions.changes() {
        println!(
            "  {:<10} {:<34} {}",
            decision.change.action().as_str(),
            decision.display_name,
            decision.reason
        );
    }
    for downgrade in &plan.downgrades {
        println!("  This PSA cannot: {downgrade:?}");
    }

    let report = Report::of_dry_run(&plan, SyncMode::Full, now);
    let calls = sandbox.calls();
    println!(
        "{} contacts would be created; {} calls, {} of them writes",
        report.created_contacts.len(),
        calls.total,
        calls.writes()
    );
    anyhow::ensure!(plan.summary.changes() > 0, "a new tenant has something to do");
    anyhow::ensure!(report.dry_run && calls.writes() == 0, "a dry run must write nothing");
    sandbox.shutdown().await;
    Ok(())
}
