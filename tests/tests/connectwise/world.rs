//! A tenant, a PSA, what is remembered between runs, and one run after another.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use graph_client::{GraphConfig, GraphDirectory};
use psa_connectwise::{Config, ConnectWise};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    ContactQuery, DirectoryExt as _, Psa as _, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyError, ApplyOptions, Report, SettleOptions, Settled, apply, settle},
    memory::MemoryStore,
    model::{CompanyId, SourceAnchor, TenantName},
    plan::{Action, Decision, NONE_ELSEWHERE, Plan, PlanError, PlanInput, Subject, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    snapshot::Completeness,
    store::{LinkSet, LinkStore as _},
};
use sync_sandbox::{Options, Sandbox, User};

/// The custom field that holds the directory's id: the mark by which a person is known in the PSA.
const MARK: &str = "Office365Id";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) links: MemoryStore,
    pub(crate) now: DateTime<Utc>,
    /// The directory is asked for deleted users too.
    pub(crate) read_deleted: bool,
    policy: Policy,
    tenant: Tenant,
    run: RunInput,
    /// How many contacts have each address, as seeded.
    seeded: BTreeMap<String, usize>,
}

/// The adapters of one run, as a program makes them when it starts.
pub(crate) struct Connected {
    pub(crate) directory: GraphDirectory,
    pub(crate) psa: ConnectWise,
}

impl World {
    pub(crate) async fn of(users: usize, contacts: usize) -> Self {
        let sandbox = Sandbox::start(Options::sized(users, contacts)).await.unwrap();
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = MARK.to_owned();
        let tenant = Tenant::to_company(
            TenantName::new("Contoso"),
            sandbox.graph().tenant_id.clone(),
            CompanyId::new("100"),
        );
        let now = NaiveDate::from_ymd_opt(2026, 1, 6).unwrap().and_hms_opt(10, 30, 0).unwrap().and_utc();
        let seeded = addresses(&sandbox);
        Self {
            sandbox,
            links: MemoryStore::new(),
            now,
            read_deleted: false,
            policy: Policy::new(document).unwrap(),
            tenant,
            run: RunInput::default(),
            seeded,
        }
    }

    /// A world that was synchronised once and is in step.
    pub(crate) async fn in_step(users: usize, contacts: usize) -> Self {
        let mut world = Self::of(users, contacts).await;
        let (_, report) = world.sync().await;
        assert_eq!(report.statistics.errors + report.statistics.indeterminate, 0);
        world.pass(TimeDelta::hours(1));
        world
    }

    pub(crate) fn connect(&self) -> Connected {
        let graph = self.sandbox.graph();
        let mut directory = GraphConfig::new(
            graph.tenant_id.clone(),
            graph.client_id.clone(),
            graph.client_secret.clone().into(),
        );
        directory.authority = Some(graph.authority.clone());
        directory.base_url = Some(graph.base_url.clone());
        directory.read_deleted = self.read_deleted;
        let access = self.sandbox.connectwise();
        let mut psa = Config::new(
            access.base_url.clone(),
            access.company.clone(),
            access.public_key.clone(),
            access.private_key.clone().into(),
            access.client_id.clone().into(),
        );
        psa.mobile_type = Some("Mobile".into());
        psa.requests_per_minute = 1_000_000;
        Connected { directory: directory.connect().unwrap(), psa: psa.connect().unwrap() }
    }

    pub(crate) fn pass(&mut self, time: TimeDelta) {
        self.now += time;
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(text.parse().unwrap());
    }

    pub(crate) async fn links(&self) -> LinkSet {
        self.links.load(&self.tenant.name).await.unwrap()
    }

    /// Reads both sides and plans.
    pub(crate) async fn try_plan(&self, connected: &Connected) -> Result<(Plan, Completeness), PlanError> {
        let users = connected.directory.snapshot(&UserQuery::all(), self.now).await.unwrap();
        let mut query = ContactQuery::of_companies(self.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        let contacts = connected.psa.snapshot(&query, self.now).await.unwrap();
        let capabilities = connected.psa.capabilities().await.unwrap();
        let links = self.links().await;
        let plan = plan(&PlanInput {
            tenant: &self.tenant,
            psa: connected.psa.name(),
            users: &users,
            contacts: &contacts,
            companies: &[],
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &self.run,
            as_of: self.now,
        })?;
        Ok((plan, users.completeness().clone()))
    }

    pub(crate) async fn plan(&self, connected: &Connected) -> Plan {
        self.try_plan(connected).await.unwrap().0
    }

    pub(crate) async fn apply(&self, connected: &Connected, plan: &Plan) -> Report {
        self.try_apply(connected, plan, &ApplyOptions::at(self.now)).await.unwrap()
    }

    pub(crate) async fn try_apply(
        &self,
        connected: &Connected,
        plan: &Plan,
        options: &ApplyOptions,
    ) -> Result<Report, ApplyError> {
        let capabilities = connected.psa.capabilities().await.unwrap();
        let context = ApplyContext {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &self.run,
            psa: &connected.psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        apply(plan, &context, options).await
    }

    /// Looks up what an earlier run left open.
    pub(crate) async fn settle(&self, connected: &Connected) -> Settled {
        let capabilities = connected.psa.capabilities().await.unwrap();
        let options = SettleOptions {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            psa: &connected.psa,
            links: &self.links,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &self.links.hold(),
            now: self.now,
            waited: std::time::Duration::ZERO,
        };
        settle(&options).await.unwrap()
    }

    /// One run: settle, read, plan, apply.
    pub(crate) async fn sync(&self) -> (Plan, Report) {
        let connected = self.connect();
        self.settle(&connected).await;
        let plan = self.plan(&connected).await;
        let report = self.apply(&connected, &plan).await;
        (plan, report)
    }

    /// Ends a scenario: nobody has two contacts, and the next run finds nothing to do.
    pub(crate) async fn settles(mut self) {
        self.sandbox.clear_faults();
        self.assert_one_contact_each();
        self.pass(TimeDelta::hours(1));
        let (plan, report) = self.sync().await;
        assert_eq!(plan.summary.changes(), 0, "{:?}", plan.summary);
        assert_eq!(report.statistics.errors, 0);
        self.assert_one_contact_each();
        self.sandbox.shutdown().await;
    }

    /// Nobody's mark is on two contacts, and no address has more contacts than it was seeded with, or one.
    pub(crate) fn assert_one_contact_each(&self) {
        let mut marks: BTreeMap<String, usize> = BTreeMap::new();
        for record in self.sandbox.connectwise_data().contacts() {
            if let Some(mark) = custom(&record, MARK) {
                *marks.entry(mark).or_default() += 1;
            }
        }
        assert!(marks.len() > 5 && marks.values().all(|count| *count == 1), "a person has two contacts");
        for (address, count) in addresses(&self.sandbox) {
            let allowed = self.seeded.get(&address).copied().unwrap_or(0).max(1);
            assert!(count <= allowed, "an address is on {count} contacts");
        }
    }

    /// The contact that carries a user's mark.
    pub(crate) fn contact_of(&self, user: &str) -> Option<Value> {
        let contacts = self.sandbox.connectwise_data().contacts();
        contacts
            .into_iter()
            .find(|record| custom(record, MARK).is_some_and(|mark| mark.eq_ignore_ascii_case(user)))
    }

    /// Enabled members with an active contact of their own that no special rule is about.
    pub(crate) fn staff(&self) -> Vec<User> {
        let ordinary = |user: &User| {
            user.account_enabled
                && user.user_type.as_deref() == Some("Member")
                && user.mail.is_some()
                && user.mailbox_purpose.as_deref() == Some("user")
        };
        let contacts = self.sandbox.connectwise_data().contacts();
        let active = contacts.iter().filter(|c| c["inactiveFlag"] == false && c["defaultFlag"] != true);
        let marked: BTreeSet<String> = active.filter_map(|record| custom(record, MARK)).collect();
        self.sandbox.users().into_iter().filter(|user| ordinary(user) && marked.contains(&user.id)).collect()
    }

    /// A new member who has no contact yet.
    pub(crate) fn join(&self, name: &str) -> String {
        let id = format!(
            "00000000-0000-4000-8000-{:012x}",
            name.bytes().fold(0_u64, |n, b| n * 31 + u64::from(b)) & 0xffff_ffff_ffff
        );
        let address = format!("{name}@contoso.example");
        let mut user = User::new(&id, &address, name);
        user.given_name = Some(name.to_owned());
        user.surname = Some("Newcomer".to_owned());
        user.proxy_addresses = vec![format!("SMTP:{address}")];
        user.mail = Some(address);
        user.mailbox_purpose = Some("user".to_owned());
        self.sandbox.add_user(user);
        id
    }

    pub(crate) fn anchor(&self, user: &str) -> SourceAnchor {
        SourceAnchor::entra(&self.sandbox.graph().tenant_id, user)
    }

    /// The decision about a user.
    pub(crate) fn about(&self, plan: &Plan, user: &str) -> Decision {
        plan.decisions.find(&Subject::User(self.anchor(user))).unwrap()
    }
}

/// The decisions that do one thing.
pub(crate) fn of(plan: &Plan, action: Action) -> Vec<Decision> {
    plan.decisions.iter().filter(|decision| decision.change.action() == action).collect()
}

fn custom(record: &Value, caption: &str) -> Option<String> {
    let fields = record["customFields"].as_array()?;
    fields.iter().find(|field| field["caption"] == caption)?["value"].as_str().map(str::to_owned)
}

/// How many contacts have each primary address.
fn addresses(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in sandbox.connectwise_data().contacts() {
        for item in record["communicationItems"].as_array().into_iter().flatten() {
            if item["communicationType"] == "Email" && item["defaultFlag"] == true {
                let address = item["value"].as_str().unwrap_or_default().to_lowercase();
                *counts.entry(address).or_default() += 1;
            }
        }
    }
    counts
}
