//! One person in both Active Directory and Entra is one source: moving a tenant from one to the other moves links and
//! changes nothing.

use crate::{
    rigs::samba::{DOMAIN, Samba},
    support::read_all,
};
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, apply},
    capability::Capabilities,
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::{Attribute, Company, CompanyId, DirectoryUser, SourceAnchor, TenantName},
    plan::{Change, LinkState, NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::LinkStore as _,
};

struct Office {
    psa: MemoryPsa,
    links: MemoryStore,
    tenant: Tenant,
    policy: Policy,
}

impl Office {
    fn new() -> Self {
        let company = CompanyId::new("100");
        let mut policy = PolicyDocument::defaults();
        policy.lifecycle.verified_domains_only = false;
        Self {
            psa: MemoryPsa::new(Capabilities::everything(), [Company::new(company.clone(), "Contoso")]),
            links: MemoryStore::new(),
            tenant: Tenant::to_company(TenantName::new("Contoso"), "", company),
            policy: Policy::new(policy).unwrap(),
        }
    }

    /// Plans, applies where asked to, and answers the plan.
    async fn run(&self, directory: &dyn sync_core::Directory, day: i64, applies: bool) -> Plan {
        let now = chrono::DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0).unwrap();
        let users = directory.snapshot(&UserQuery::all(), now).await.unwrap();
        let query = ContactQuery::of_companies(self.tenant.companies());
        let contacts = self.psa.snapshot(&query, now).await.unwrap();
        let links = self.links.load(&self.tenant.name).await.unwrap();
        let capabilities = self.psa.capabilities().await.unwrap();
        let run = RunInput::default();
        let plan = plan(&PlanInput {
            tenant: &self.tenant,
            psa: self.psa.name(),
            users: &users,
            contacts: &contacts,
            companies: &[],
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &run,
            as_of: now,
        })
        .unwrap();
        if applies {
            let context = ApplyContext {
                tenant: &self.tenant,
                policy: &self.policy,
                capabilities: &capabilities,
                run: &run,
                psa: &self.psa,
                links: &self.links,
                hold: &self.links.hold(),
            };
            let report = apply(&plan, &context, &ApplyOptions::at(now)).await.unwrap();
            assert!(report.success, "{report:?}");
        }
        plan
    }
}

/// The same person as Graph tells of it: another anchor, and the bytes of the id in base64 as LDIF shows them.
fn in_entra(user: &DirectoryUser, immutable_id: &str) -> DirectoryUser {
    let mut entra =
        DirectoryUser::new(SourceAnchor::entra("tenant-1", user.anchor.object_id().get(..8).unwrap()));
    entra.immutable_id = Some(immutable_id.to_owned());
    entra.kind = user.kind;
    entra.enabled = user.enabled;
    entra.alternate_emails = user.alternate_emails.clone();
    entra.attributes = user.attributes.clone();
    entra
}

/// What another client says are the ids of everybody: name, consistency id or object id.
fn ids(domain: &Samba) -> Vec<(String, String)> {
    let text = domain.search(&[
        "(&(objectCategory=person)(objectClass=user))",
        "sAMAccountName",
        "objectGUID",
        "mS-DS-ConsistencyGuid",
    ]);
    let value =
        |entry: &str, name: &str| entry.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    text.split("\n\n")
        .filter_map(|entry| {
            let consistency = value(entry, "mS-DS-ConsistencyGuid:: ");
            Some((value(entry, "sAMAccountName: ")?, consistency.or_else(|| value(entry, "objectGUID:: "))?))
        })
        .collect()
}

#[tokio::test]
async fn moving_a_tenant_from_active_directory_to_entra_relinks_everybody_and_changes_nothing() {
    let Some(domain) = Samba::start() else { return };
    let mut config = domain.reader();
    config.base_dn = Some(format!("OU=Staff,{DOMAIN}"));
    let office = Office::new();
    let first = office.run(&config.clone().connect().unwrap(), 0, true).await;
    let people = first.summary.create;
    assert!(people >= 5, "{:?}", first.summary);
    let contacts = office.psa.contacts_now();

    let ids = ids(&domain);
    let read = read_all(&config).await;
    let entra = MemoryDirectory::new(read.users.values().map(|user| {
        let name = user.attribute(&Attribute::SamAccountName).unwrap();
        let (_, id) = ids.iter().find(|(account, _)| account == name).unwrap();
        in_entra(user, id)
    }));
    let moving = office.run(&entra, 1, true).await;
    assert_eq!((moving.summary.link, moving.summary.changes()), (people, people), "{:?}", moving.summary);
    for decision in moving.decisions.iter() {
        let relinks =
            matches!(decision.change, Change::Link { link: LinkState::Relink, .. } | Change::NoOp { .. });
        assert!(relinks && decision.change.fields().is_empty(), "{decision:?}");
    }
    assert_eq!(office.psa.contacts_now(), contacts, "not a field of a contact was touched");

    let again = office.run(&entra, 2, true).await;
    assert_eq!((again.summary.changes(), again.summary.hold), (0, 0), "{:?}", again.summary);
    let back = office.run(&config.connect().unwrap(), 3, false).await;
    assert_eq!((back.summary.link, back.summary.changes()), (people, people), "and back: {:?}", back.summary);
}
