//! Plans, saves the plan for somebody to approve, reads it back, and applies exactly that.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::fs;
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, apply},
    capability::Capabilities,
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::{
        Attribute, Company, CompanyId, Contact, ContactField, ContactId, DirectoryUser, SourceAnchor,
        TenantName,
    },
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkStore as _,
};

fn person(id: &str, name: &str, title: &str) -> DirectoryUser {
    let address = format!("{}@contoso.example", name.to_lowercase());
    let mut user = DirectoryUser::new(SourceAnchor::entra("tenant", id))
        .with(Attribute::UserPrincipalName, &*address)
        .with(Attribute::Mail, &*address)
        .with(Attribute::DisplayName, name)
        .with(Attribute::GivenName, name)
        .with(Attribute::Surname, "Example")
        .with(Attribute::JobTitle, title);
    user.enabled = Some(true);
    user
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let now = std::time::SystemTime::now().into();
    let company = CompanyId::new("100");
    let directory = MemoryDirectory::new([person("1", "Ada", "Lead"), person("2", "Bob", "Engineer")]);
    let psa = MemoryPsa::new(Capabilities::everything(), [Company::new(company.clone(), "Contoso")]);
    psa.put(
        Contact::new(ContactId::new("7"), company.clone()).with(ContactField::Email, "ada@contoso.example"),
    );
    let links = MemoryStore::new();
    let tenant = Tenant::to_company(TenantName::new("Contoso"), "tenant", company);
    let policy = Policy::new(PolicyDocument::defaults())?;
    let (run, capabilities) = (RunInput::default(), psa.capabilities().await?);

    // Plan and save. A plan holds personal data: keep the file to its owner.
    let made = plan(&PlanInput {
        tenant: &tenant,
        psa: psa.name(),
        users: &directory.snapshot(&UserQuery::all(), now).await?,
        contacts: &psa.snapshot(&ContactQuery::of_companies(tenant.companies()), now).await?,
        companies: &psa.all_companies().await?,
        links: &links.load(&tenant.name).await?,
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy: &policy,
        capabilities: &capabilities,
        run: &run,
        as_of: now,
    })?;
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), made.to_json()?)?;

    // Later: read it back. A document that was edited does not fit its id and is refused.
    let text = fs::read_to_string(file.path())?;
    let edited = Plan::from_json(&text.replace("Lead", "Boss"));
    println!("edited plan: {}", edited.as_ref().map_or_else(ToString::to_string, |_| "accepted".to_owned()));
    anyhow::ensure!(edited.is_err(), "an edited plan must be refused");
    let saved = Plan::from_json(&text)?;
    anyhow::ensure!(saved == made, "what is read back is what was saved");

    // Apply exactly that. Each contact is looked at again before it is written.
    let context = ApplyContext {
        tenant: &tenant,
        policy: &policy,
        capabilities: &capabilities,
        run: &run,
        psa: &psa,
        links: &links,
        hold: &sync_core::store::Unshared::default(),
    };
    let report = apply(&saved, &context, &ApplyOptions::at(now)).await?;
    for line in report.created_contacts.iter().chain(&report.updated_contacts) {
        println!(
            "{:<8} contact {:<7} {} ({})",
            line.status,
            line.psa_contact_id,
            line.display_name,
            line.changed_fields.join(", ")
        );
    }
    let done = report.statistics;
    println!("{} created, {} updated, {} failed", done.contacts_created, done.contacts_updated, done.errors);
    anyhow::ensure!(
        report.success && (done.contacts_created, done.contacts_updated) == (1, 1),
        "one of each"
    );

    // A plan is for one state of things: it cannot be applied twice.
    let again = apply(&saved, &context, &ApplyOptions::at(now)).await;
    println!("once more:   {}", again.as_ref().map_or_else(ToString::to_string, |_| "applied".to_owned()));
    anyhow::ensure!(again.is_err() && psa.writes() == 2, "the second time nothing is written");
    Ok(())
}
