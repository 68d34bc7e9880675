//! Self-service: somebody changes a phone number of their own. It is written to the directory, and the next run takes it into
//! the PSA: planned, applied, and seen there.
//!
//! Both are imitations on loopback here. Entra needs `User-Phone.ReadWrite.All` for this, and `User.ReadWrite.All` for more.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use anyhow::Context as _;
use graph_client::{GraphConfig, GraphDirectory};
use psa_connectwise::{Config, ConnectWise};
use std::collections::BTreeMap;
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, Report, apply},
    memory::MemoryStore,
    model::{Attribute, CompanyId, ContactField, FieldValue, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkStore as _,
};
use sync_sandbox::{Options, Sandbox};

const PHONE: &str = "+1 206 555 0142";

/// A tenant and its PSA.
struct Contoso {
    directory: GraphDirectory,
    psa: ConnectWise,
    tenant: Tenant,
    policy: Policy,
    links: MemoryStore,
}

impl Contoso {
    fn of(sandbox: &Sandbox) -> anyhow::Result<Self> {
        let (graph, cw) = (sandbox.graph(), sandbox.connectwise());
        let mut directory = GraphConfig::new(
            graph.tenant_id.clone(),
            graph.client_id.clone(),
            graph.client_secret.clone().into(),
        );
        directory.authority = Some(graph.authority.clone());
        directory.base_url = Some(graph.base_url.clone());
        let mut psa = Config::new(
            cw.base_url.clone(),
            cw.company.clone(),
            cw.public_key.clone(),
            cw.private_key.clone().into(),
            cw.client_id.clone().into(),
        );
        psa.mobile_type = Some("Mobile".into());
        let mut wanted = PolicyDocument::defaults();
        wanted.write_back.contact_id_field = "Office365Id".to_owned();
        let company = CompanyId::new("100");
        Ok(Self {
            directory: directory.connect()?,
            psa: psa.connect()?,
            tenant: Tenant::to_company(TenantName::new("Contoso"), graph.tenant_id.clone(), company),
            policy: Policy::new(wanted)?,
            links: MemoryStore::new(),
        })
    }

    /// Plans for one person alone and applies that.
    async fn run_for(&self, user_principal_name: &str) -> anyhow::Result<Report> {
        let now = std::time::SystemTime::now().into();
        let mut run = RunInput::default();
        run.user_principal_names.insert(user_principal_name.to_owned());
        let mut query = ContactQuery::of_companies(self.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        let capabilities = self.psa.capabilities().await?;
        let plan = plan(&PlanInput {
            tenant: &self.tenant,
            psa: self.psa.name(),
            users: &self.directory.snapshot(&UserQuery::all(), now).await?,
            contacts: &self.psa.snapshot(&query, now).await?,
            companies: &[],
            links: &self.links.load(&self.tenant.name).await?,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &run,
            as_of: now,
        })?;
        for decision in plan.decisions.changes() {
            println!("{} {}: {}", decision.change.action().as_str(), decision.display_name, decision.reason);
        }
        let context = ApplyContext {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &run,
            psa: &self.psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        Ok(apply(&plan, &context, &ApplyOptions::at(now)).await?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let sandbox = Sandbox::start(Options::sized(40, 32)).await?;
    let contoso = Contoso::of(&sandbox)?;
    let person = sandbox
        .users()
        .into_iter()
        .find(|user| user.account_enabled && user.mailbox_purpose.as_deref() == Some("user"))
        .context("the sandbox has somebody")?;
    let upn = &person.user_principal_name;
    anyhow::ensure!(contoso.run_for(upn).await?.success, "linked and in step");

    // The person who signed in, and the one thing that they change.
    let anchor = SourceAnchor::entra(&sandbox.graph().tenant_id, &person.id);
    let changes = BTreeMap::from([(Attribute::MobilePhone, Some(PHONE.to_owned()))]);

    // Whoever is kept in Active Directory changes it there; this is said before anything is written.
    anyhow::ensure!(sandbox.edit_user(&person.id, |user| user.on_premises_sync_enabled = Some(true)), "gone");
    let refused =
        contoso.directory.update_user(&anchor, &changes).await.err().context("it must be refused")?;
    println!("refused: {}", refused.message());
    anyhow::ensure!(sandbox.edit_user(&person.id, |user| user.on_premises_sync_enabled = None), "gone");

    // Entra first. If the PSA fails after this, nothing has to be undone: any later run finds the difference and writes it.
    contoso.directory.update_user(&anchor, &changes).await?;
    let contact = contoso
        .links
        .load(&contoso.tenant.name)
        .await?
        .links
        .get(&anchor)
        .context("a linked contact")?
        .contact_id
        .clone();
    sandbox.inject("connectwise:403[PATCH]*always".parse()?);
    let report = contoso.run_for(upn).await?;
    println!("the PSA refuses: {} failed", report.statistics.errors);
    anyhow::ensure!(!report.success, "a failed write is told");
    sandbox.clear_faults();

    let report = contoso.run_for(upn).await?;
    anyhow::ensure!(report.success && report.statistics.contacts_updated == 1, "this contact and no other");
    let held = contoso.psa.contact(&contact).await?;
    let phone = held.fields.get(&ContactField::PhoneMobile).and_then(FieldValue::as_text).unwrap_or_default();
    println!("contact {contact} has {phone}");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    anyhow::ensure!(digits(PHONE).ends_with(&digits(phone)) && !phone.is_empty(), "the number arrived");

    let again = contoso.run_for(upn).await?;
    anyhow::ensure!(again.statistics.contacts_updated == 0, "once more finds nothing to do");
    sandbox.shutdown().await;
    Ok(())
}
