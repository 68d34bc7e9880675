//! One person in both Active Directory and Entra is one source: moving a tenant from one to the other moves links and
//! changes nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, missing_docs, missing_debug_implementations, reason = "nobody uses a test program")]

#[path = "../../../ldap-client/tests/rigs/mod.rs"]
mod rigs;

use graph_client::{GraphConfig, GraphDirectory};
use rigs::samba::{DOMAIN, Samba};
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, apply},
    capability::Capabilities,
    memory::{MemoryPsa, MemoryStore},
    model::{Attribute, Company, CompanyId, DirectoryUser, TenantName, UserKind},
    plan::{Change, LinkState, NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    store::{LinkStore as _, Rows},
};
use sync_sandbox::{Options, Sandbox, User, Vendor};

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

/// The same person as a synchronized user of Entra: another id, and the bytes of the id in base64 as LDIF shows them.
fn in_entra(user: &DirectoryUser, number: usize, immutable_id: &str) -> User {
    let text = |attribute| user.attribute(&attribute).map(str::to_owned);
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let name = text(Attribute::UserPrincipalName).unwrap();
    let mut entra = User::new(&id, &name, &text(Attribute::DisplayName).unwrap_or_default());
    entra.on_premises_sync_enabled = Some(true);
    entra.on_premises_immutable_id = Some(immutable_id.to_owned());
    entra.on_premises_sam_account_name = text(Attribute::SamAccountName);
    entra.account_enabled = user.enabled == Some(true);
    entra.user_type = Some("Member".to_owned());
    entra.mailbox_purpose = match user.kind {
        Some(UserKind::Shared) => Some("shared".to_owned()),
        Some(UserKind::Room) => Some("room".to_owned()),
        Some(UserKind::Equipment) => Some("equipment".to_owned()),
        Some(_) | None => Some("user".to_owned()),
    };
    entra.mail = text(Attribute::Mail);
    let primary = entra.mail.iter().map(|mail| format!("SMTP:{mail}"));
    let others = user.alternate_emails.iter().flatten().map(|address| format!("smtp:{address}"));
    entra.proxy_addresses = primary.chain(others).collect();
    entra.given_name = text(Attribute::GivenName);
    entra.surname = text(Attribute::Surname);
    entra.job_title = text(Attribute::JobTitle);
    entra.department = text(Attribute::Department);
    entra.company_name = text(Attribute::CompanyName);
    entra.office_location = text(Attribute::OfficeLocation);
    entra.business_phones = text(Attribute::BusinessPhone).into_iter().collect();
    entra.mobile_phone = text(Attribute::MobilePhone);
    entra.fax_number = text(Attribute::FaxNumber);
    entra.street_address = text(Attribute::StreetAddress);
    entra.city = text(Attribute::City);
    entra.state = text(Attribute::State);
    entra.postal_code = text(Attribute::PostalCode);
    entra.country = text(Attribute::Country);
    entra.employee_id = text(Attribute::EmployeeId);
    entra.preferred_language = text(Attribute::PreferredLanguage);
    entra
}

/// The domain's people in Entra, read through Graph.
async fn entra_of(people: &[DirectoryUser], ids: &[(String, String)]) -> (Sandbox, GraphDirectory) {
    let sandbox =
        Sandbox::start(Options::sized(0, 0).vendors(&[Vendor::Login, Vendor::Graph])).await.unwrap();
    for (number, user) in people.iter().enumerate() {
        let name = user.attribute(&Attribute::SamAccountName).unwrap();
        let (_, id) = ids.iter().find(|(account, _)| account == name).unwrap();
        sandbox.add_user(in_entra(user, number, id));
    }
    let access = sandbox.graph();
    let secret = access.client_secret.clone().into();
    let mut config = GraphConfig::new(access.tenant_id.clone(), access.client_id.clone(), secret);
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config.mailbox_kinds = true;
    let directory = config.connect().unwrap();
    (sandbox, directory)
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
    let read = config.clone().connect().unwrap().read(&UserQuery::all()).await.unwrap();
    let Rows::Replace(read) = read.rows else { panic!("not a whole read") };
    // Mailboxes of Exchange's own are not synchronized.
    let users: Vec<DirectoryUser> =
        read.users.into_iter().filter(|user| user.kind != Some(UserKind::Agent)).collect();
    let (sandbox, entra) = entra_of(&users, &ids).await;
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
    sandbox.shutdown().await;
}
