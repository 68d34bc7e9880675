//! Reading the customers, their domains and the companies, and proposing. Writes nothing.

use crate::{
    adapters,
    config::{Config, PartnerConfig, TenantConfig},
    context::Context,
    exit::{Exit, Failure},
};
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, stream};
use graph_client::Customer;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    ContactQuery, Psa, PsaExt as _,
    model::{Company, CompanyId},
    pairing::{CompanyFacts, Proposal, TenantFacts, propose},
    snapshot::Completeness,
};

/// Tenants that are asked for their domains at the same time.
const AT_ONCE: usize = 8;

/// A customer tenant, and what is known of it.
#[derive(Debug)]
pub(crate) struct FoundTenant {
    pub(crate) tenant_id: String,
    pub(crate) name: String,
    /// When the partner's access ends, where it does not go on by itself.
    pub(crate) ends_at: Option<DateTime<Utc>>,
    /// The name under which it is configured already.
    pub(crate) configured: Option<String>,
    /// Its verified domains; empty for one that is configured, or that cannot be read.
    pub(crate) domains: BTreeSet<String>,
    /// Why it cannot be read.
    pub(crate) problem: Option<String>,
    /// Of one that is not configured.
    pub(crate) proposal: Option<Proposal>,
}

/// A configured tenant that is none of the partner's customers: their relationship has ended, or there never was one.
#[derive(Debug)]
pub(crate) struct Stranger {
    pub(crate) name: String,
    pub(crate) tenant_id: String,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Each tenant once, in the order of their ids.
    pub(crate) tenants: Vec<FoundTenant>,
    /// Tenants in use that are read with the partner's application and in none of its lists. Empty where a list could not
    /// be read, since they may be in that one.
    pub(crate) strangers: Vec<Stranger>,
    /// Lists that could not be read: there may be more customers.
    pub(crate) missing: Vec<String>,
    /// The PSA's companies.
    pub(crate) companies: BTreeMap<CompanyId, Company>,
    /// The custom field in which companies hold their tenant's id; blank where there is none.
    pub(crate) id_field: String,
}

/// Reads the partner's customers and the PSA's companies.
pub(crate) async fn find(
    context: &Context,
    config: &Config,
    partner: &PartnerConfig,
    psa: &dyn Psa,
) -> Result<Found, Failure> {
    let customers =
        adapters::connect_partner(&partner.directory, None, &context.environment, &config.folder)?
            .customers()
            .await
            .map_err(|error| Failure::from(error).about("the partner's tenant"))?;
    let known = Configured::of(config);
    let asked =
        customers.tenants.into_iter().map(|customer| look(context, config, partner, &known, customer));
    let mut tenants: Vec<FoundTenant> = stream::iter(asked).buffered(AT_ONCE).collect().await;
    let (companies, facts) = companies(psa, context.now()).await?;
    let unknown: Vec<TenantFacts> = tenants
        .iter()
        .filter(|tenant| tenant.configured.is_none())
        .map(|tenant| TenantFacts {
            directory_id: tenant.tenant_id.clone(),
            name: tenant.name.clone(),
            verified_domains: tenant.domains.clone(),
        })
        .collect();
    let id_field = config.company_tenant_field.clone();
    let mut proposals: BTreeMap<String, Proposal> = propose(&unknown, &facts, &known.paired, &id_field)
        .into_iter()
        .map(|proposal| (proposal.directory_id.clone(), proposal))
        .collect();
    for tenant in &mut tenants {
        tenant.proposal = proposals.remove(&tenant.tenant_id);
    }
    let strangers =
        if customers.missing.is_empty() { strangers(config, partner, &tenants) } else { Vec::new() };
    Ok(Found { tenants, strangers, missing: customers.missing, companies, id_field })
}

/// Only tenants that are configured by their id: the lists need not name the domain by which another is.
fn strangers(config: &Config, partner: &PartnerConfig, customers: &[FoundTenant]) -> Vec<Stranger> {
    let application = partner.directory.text("client_id").map(str::to_lowercase);
    let mut listed: BTreeSet<String> = customers.iter().map(|one| one.tenant_id.to_lowercase()).collect();
    listed.extend(partner.directory.text("tenant_id").map(|own| own.trim().to_lowercase()));
    let of_partner = |tenant: &&TenantConfig| {
        let id = tenant.tenant.directory_id.to_lowercase();
        let theirs = tenant.directory.text("client_id").map(str::to_lowercase);
        tenant.enabled
            && !id.is_empty()
            && application.is_some()
            && theirs == application
            && !listed.contains(&id)
    };
    let stranger = |tenant: &TenantConfig| Stranger {
        name: tenant.tenant.name.as_str().to_owned(),
        tenant_id: tenant.tenant.directory_id.clone(),
    };
    config.tenants.iter().filter(of_partner).map(stranger).collect()
}

/// What the configuration says of tenants.
struct Configured {
    /// Name by id or domain, in lower case.
    names: BTreeMap<String, String>,
    /// Companies by id, or by name where the configuration has no id (a domain, or another directory).
    paired: BTreeMap<String, BTreeSet<CompanyId>>,
}

impl Configured {
    fn of(config: &Config) -> Self {
        let (mut names, mut paired) = (BTreeMap::new(), BTreeMap::new());
        for tenant in &config.tenants {
            let name = tenant.tenant.name.as_str().to_owned();
            let id = tenant.tenant.directory_id.to_lowercase();
            let key = if id.is_empty() { name.clone() } else { id };
            paired.entry(key).or_insert_with(BTreeSet::new).extend(tenant.tenant.companies());
            if let Some(written) = tenant.directory.text("tenant_id") {
                names.insert(written.trim().to_lowercase(), name);
            }
        }
        Self { names, paired }
    }

    /// The name under which a tenant is configured, by its id or by one of its domains.
    fn name<'a>(&self, mut keys: impl Iterator<Item = &'a String>) -> Option<String> {
        keys.find_map(|key| self.names.get(&key.to_lowercase())).cloned()
    }
}

/// Asks one customer's tenant for its domains. One that cannot be read keeps nobody else from being found.
async fn look(
    context: &Context,
    config: &Config,
    partner: &PartnerConfig,
    known: &Configured,
    customer: Customer,
) -> FoundTenant {
    let Customer { tenant_id, name, default_domain, ends_at, .. } = customer;
    let configured = known.name(std::iter::once(&tenant_id).chain(&default_domain));
    let mut found = FoundTenant {
        tenant_id,
        name,
        ends_at,
        configured,
        domains: BTreeSet::new(),
        problem: None,
        proposal: None,
    };
    if found.configured.is_some() {
        return found;
    }
    let connected = adapters::connect_partner(
        &partner.directory,
        Some(&found.tenant_id),
        &context.environment,
        &config.folder,
    );
    let domains = match connected {
        Ok(directory) => directory.verified_domains().await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match domains {
        Ok(domains) => found.domains = domains.into_iter().map(|domain| domain.name).collect(),
        Err(failure) => found.problem = Some(failure.to_string()),
    }
    // Configured by a domain that no contract names.
    found.configured = known.name(found.domains.iter());
    found
}

/// Every company with what tells whose it is.
async fn companies(
    psa: &dyn Psa,
    now: DateTime<Utc>,
) -> Result<(BTreeMap<CompanyId, Company>, Vec<CompanyFacts>), Failure> {
    let companies = psa.all_companies().await?;
    let contacts = psa.snapshot(&ContactQuery::all(), now).await?;
    if let Completeness::Partial { because } = contacts.completeness() {
        // A company whose contacts were not read would leave another as the only candidate.
        let message = format!("the PSA's contacts could not be read to their end: {because}");
        return Err(Failure::new(Exit::Failed, message));
    }
    let mut addresses: BTreeMap<&CompanyId, Vec<&str>> = BTreeMap::new();
    for contact in contacts.iter() {
        if let Some(company) = contact.company() {
            addresses.entry(company).or_default().extend(contact.email_keys());
        }
    }
    let facts = companies.iter().map(|company| {
        let ours = addresses.remove(&company.id).unwrap_or_default();
        CompanyFacts::new(company.clone(), company.website.clone(), ours)
    });
    let facts = facts.collect();
    Ok((companies.into_iter().map(|company| (company.id.clone(), company)).collect(), facts))
}
