//! Which company a tenant belongs to: proposals that a person confirms.
//!
//! Pure: the same tenants and companies give the same proposals, in any order. A pairing that a person made is never
//! proposed away, and a name alone never pairs: companies of one name are common, and a wrong pairing writes one customer's
//! people into another's company.

use crate::model::{Company, CompanyId, FieldValue, email_domain, email_key};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A tenant to find a company for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantFacts {
    /// The directory's id (an Entra tenant id), in any case.
    pub directory_id: String,
    /// What it calls itself.
    pub name: String,
    /// The domains it proved to be its own.
    pub verified_domains: BTreeSet<String>,
}

/// A company to find a tenant for.
#[derive(Clone, Debug, PartialEq)]
pub struct CompanyFacts {
    /// The company.
    pub company: Company,
    /// Its website, as the PSA holds it: an address or a bare host.
    pub website: Option<String>,
    /// How many of its contacts have an address in each domain.
    pub contact_domains: BTreeMap<String, u64>,
}

impl CompanyFacts {
    /// A company with the addresses of its contacts.
    pub fn new<'a>(
        company: Company,
        website: Option<String>,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut contact_domains = BTreeMap::new();
        for key in addresses.into_iter().filter_map(email_key) {
            if let Some(domain) = email_domain(&key) {
                *contact_domains.entry(domain.to_owned()).or_insert(0) += 1;
            }
        }
        Self { company, website, contact_domains }
    }
}

/// Why a company is proposed, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ground {
    /// The company holds the tenant's id in its custom field.
    StoredId,
    /// Its contacts have addresses in a verified domain of the tenant.
    VerifiedDomain,
    /// Its website is in a verified domain of the tenant.
    Website,
    /// It has the tenant's name. A suggestion only.
    Name,
}

/// What is proposed for one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Proposal {
    /// The tenant, in lower case.
    pub directory_id: String,
    /// The company; `None` where there is none, or more than one on the same ground.
    pub company: Option<CompanyId>,
    /// On what ground; `None` where nothing speaks for any company.
    pub ground: Option<Ground>,
    /// Every company that the best ground speaks for, in order.
    pub candidates: Vec<CompanyId>,
    /// Another tenant is proposed for the same company, or paired with it: look before confirming.
    pub contested: bool,
}

impl Proposal {
    /// Whether this may be switched on without a person, where that is allowed at all: one company that holds the tenant's
    /// id, and no other tenant wants it.
    #[must_use]
    pub fn may_activate(&self) -> bool {
        self.company.is_some() && self.ground == Some(Ground::StoredId) && !self.contested
    }
}

/// Proposes a company for each tenant that `paired` does not know yet, in the order of their ids.
///
/// `paired` is what people confirmed before: the companies by directory id, or by whatever names a tenant whose directory has
/// none. Companies in it are still proposed to others (several tenants may share a company), and then contested. `id_field` names the custom field that holds the tenant's id; companies
/// that are not in use are left out.
#[must_use]
pub fn propose(
    tenants: &[TenantFacts],
    companies: &[CompanyFacts],
    paired: &BTreeMap<String, BTreeSet<CompanyId>>,
    id_field: &str,
) -> Vec<Proposal> {
    let taken: BTreeSet<&CompanyId> = paired.values().flatten().collect();
    let paired: BTreeSet<String> = paired.keys().map(|tenant| tenant.to_lowercase()).collect();
    let mut proposals: BTreeMap<String, Proposal> = BTreeMap::new();
    for tenant in tenants {
        let directory_id = tenant.directory_id.trim().to_lowercase();
        if directory_id.is_empty() || paired.contains(&directory_id) {
            continue;
        }
        let (ground, candidates) = best(tenant, &directory_id, companies, id_field);
        let company = match candidates.as_slice() {
            [only] if ground.is_some_and(|ground| ground < Ground::Name) => Some(only.clone()),
            _ => None,
        };
        let contested = company.as_ref().is_some_and(|company| taken.contains(company));
        let proposal =
            Proposal { directory_id: directory_id.clone(), company, ground, candidates, contested };
        proposals.insert(directory_id, proposal);
    }
    let mut wanted: BTreeMap<CompanyId, u32> = BTreeMap::new();
    for company in proposals.values().filter_map(|p| p.company.clone()) {
        *wanted.entry(company).or_default() += 1;
    }
    for proposal in proposals.values_mut() {
        let shared =
            proposal.company.as_ref().and_then(|company| wanted.get(company)).is_some_and(|n| *n > 1);
        proposal.contested |= shared;
    }
    proposals.into_values().collect()
}

/// The surest ground on which any company stands, and every company that stands on it.
fn best(
    tenant: &TenantFacts,
    directory_id: &str,
    companies: &[CompanyFacts],
    id_field: &str,
) -> (Option<Ground>, Vec<CompanyId>) {
    let domains: BTreeSet<String> =
        tenant.verified_domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
    let mut found: BTreeMap<Ground, BTreeSet<CompanyId>> = BTreeMap::new();
    for facts in companies.iter().filter(|facts| facts.company.active) {
        if let Some(ground) = ground(tenant, directory_id, &domains, facts, id_field) {
            found.entry(ground).or_default().insert(facts.company.id.clone());
        }
    }
    match found.into_iter().next() {
        Some((ground, companies)) => (Some(ground), companies.into_iter().collect()),
        None => (None, Vec::new()),
    }
}

fn ground(
    tenant: &TenantFacts,
    directory_id: &str,
    domains: &BTreeSet<String>,
    facts: &CompanyFacts,
    id_field: &str,
) -> Option<Ground> {
    let stored = facts.company.custom_fields.get(id_field.trim()).and_then(FieldValue::as_text);
    if let Some(stored) = stored.map(str::trim).filter(|stored| !stored.is_empty()) {
        // A company that holds another tenant's id is that tenant's.
        return (stored.to_lowercase() == directory_id).then_some(Ground::StoredId);
    }
    if facts.contact_domains.keys().any(|domain| domains.contains(domain)) {
        return Some(Ground::VerifiedDomain);
    }
    if facts.website.as_deref().and_then(host).is_some_and(|host| domains.contains(&host)) {
        return Some(Ground::Website);
    }
    let same = |a: &str, b: &str| !a.trim().is_empty() && a.trim().to_lowercase() == b.trim().to_lowercase();
    same(&tenant.name, &facts.company.name).then_some(Ground::Name)
}

/// The host of an address or of a bare host, in lower case, without `www.`.
fn host(website: &str) -> Option<String> {
    let text = website.trim().to_lowercase();
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = text.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.strip_prefix("www.").unwrap_or(host);
    (host.contains('.') && !host.starts_with('.')).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &str = "Tenant365Id";

    fn tenant(id: &str, name: &str, domains: &[&str]) -> TenantFacts {
        TenantFacts {
            directory_id: id.to_owned(),
            name: name.to_owned(),
            verified_domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        }
    }

    fn company(id: &str, name: &str, website: Option<&str>, addresses: &[&str]) -> CompanyFacts {
        let company = Company::new(CompanyId::new(id), name);
        CompanyFacts::new(company, website.map(str::to_owned), addresses.iter().copied())
    }

    fn holding(mut facts: CompanyFacts, tenant: &str) -> CompanyFacts {
        facts.company.custom_fields.insert(FIELD.to_owned(), FieldValue::text(tenant));
        facts
    }

    fn one(tenants: &[TenantFacts], companies: &[CompanyFacts]) -> Proposal {
        let mut proposals = propose(tenants, companies, &BTreeMap::new(), FIELD);
        assert_eq!(proposals.len(), 1);
        proposals.remove(0)
    }

    fn contoso() -> TenantFacts {
        tenant("AAAA", "Contoso", &["contoso.example.com", "Contoso.example.net"])
    }

    #[test]
    fn the_surest_ground_decides() {
        let stored = holding(company("1", "Other", None, &[]), "aaaa");
        let domain = company("2", "Other", None, &["a@contoso.example.com"]);
        let website = company("3", "Other", Some("https://www.Contoso.example.net/about"), &[]);
        let name = company("4", " contoso ", None, &[]);
        let all = [name, website, domain, stored];
        for (from, ground, company) in [
            (0, Ground::StoredId, Some("1")),
            (1, Ground::VerifiedDomain, Some("2")),
            (2, Ground::Website, Some("3")),
            (3, Ground::Name, None),
        ] {
            let proposal = one(&[contoso()], &all[..4 - from]);
            assert_eq!(proposal.ground, Some(ground));
            assert_eq!(proposal.company, company.map(CompanyId::new), "{ground:?}");
            assert_eq!(proposal.may_activate(), ground == Ground::StoredId);
            assert_eq!(proposal.candidates.len(), 1);
        }
        assert_eq!(one(&[contoso()], &[]).ground, None);
    }

    #[test]
    fn two_companies_on_one_ground_are_shown_and_neither_is_proposed() {
        let a = company("1", "A", None, &["a@contoso.example.com"]);
        let b = company("2", "B", None, &["b@contoso.example.com", "c@contoso.example.com"]);
        let proposal = one(&[contoso()], &[b, a]);
        assert_eq!(proposal.company, None);
        assert_eq!(proposal.candidates, [CompanyId::new("1"), CompanyId::new("2")]);
    }

    #[test]
    fn a_company_that_holds_another_tenants_id_is_never_proposed() {
        let theirs = holding(company("1", "Contoso", None, &["a@contoso.example.com"]), "bbbb");
        assert_eq!(one(&[contoso()], &[theirs]).ground, None);
    }

    #[test]
    fn a_company_out_of_use_is_left_out() {
        let mut old = company("1", "Contoso", None, &["a@contoso.example.com"]);
        old.company.active = false;
        assert_eq!(one(&[contoso()], &[old]).ground, None);
    }

    #[test]
    fn what_a_person_paired_stays_and_others_for_the_same_company_are_contested() {
        let shared = company("1", "Group", None, &["a@contoso.example.com", "b@fabrikam.example.com"]);
        let fabrikam = tenant("bbbb", "Fabrikam", &["fabrikam.example.com"]);
        let paired = BTreeMap::from([("AAAA".to_owned(), BTreeSet::from([CompanyId::new("1")]))]);
        let proposals =
            propose(&[contoso(), fabrikam.clone()], std::slice::from_ref(&shared), &paired, FIELD);
        assert_eq!(proposals.len(), 1, "the paired tenant is not asked about again");
        assert!(proposals[0].contested && !proposals[0].may_activate());
        let both = propose(&[contoso(), fabrikam], &[shared], &BTreeMap::new(), FIELD);
        assert!(both.len() == 2 && both.iter().all(|p| p.contested));
    }

    #[test]
    fn order_changes_nothing() {
        let companies =
            [company("2", "B", None, &["b@contoso.example.com"]), company("1", "Fabrikam", None, &[])];
        let tenants = [tenant("bbbb", "Fabrikam", &[]), contoso()];
        let mut turned = (companies.clone(), tenants.clone());
        turned.0.reverse();
        turned.1.reverse();
        let none = BTreeMap::new();
        assert_eq!(propose(&tenants, &companies, &none, FIELD), propose(&turned.1, &turned.0, &none, FIELD));
    }

    #[test]
    fn hosts_are_found_in_what_people_type() {
        for (website, found) in [
            ("https://www.Contoso.example.com/x?y", Some("contoso.example.com")),
            ("contoso.example.com", Some("contoso.example.com")),
            ("http://u@contoso.example.com:8080", Some("contoso.example.com")),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(host(website).as_deref(), found, "{website}");
        }
    }
}
