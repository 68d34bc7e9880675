//! A tenant, a PSA of some kind, what is remembered between runs, and one run after another. What a PSA holds is looked at
//! through its adapter: the scenarios are the same for all of them.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use graph_client::{GraphConfig, GraphDirectory};
use psa_sync_tests::{Pace, Product};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use sync_core::{
    ContactQuery, DirectoryExt as _, Page, Psa, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, Report, SettleOptions, apply, settle},
    memory::MemoryStore,
    model::{Contact, ContactField, ContactId, FieldValue, SourceAnchor, TenantName},
    plan::{Decision, NONE_ELSEWHERE, Plan, PlanInput, Subject, plan},
    policy::{Policy, PolicyDocument, Route, RouteCondition, RunInput, Tenant},
    review::Reviews,
    store::{LinkSet, LinkStore as _},
};
use sync_sandbox::{Options, Sandbox, User, Vendor};

/// The custom field that holds the directory's id: the mark by which a person is known in the PSA.
pub(crate) const MARK: &str = "Office365Id";

/// The department whose people belong to the second company.
pub(crate) const BRANCH: &str = "Western Branch";

pub(crate) struct World {
    pub(crate) product: Product,
    pub(crate) sandbox: Sandbox,
    pub(crate) links: MemoryStore,
    pub(crate) reviews: Reviews,
    pub(crate) now: DateTime<Utc>,
    pub(crate) tenant: Tenant,
    pub(crate) policy: Policy,
    run: RunInput,
}

impl World {
    pub(crate) async fn of(product: Product, users: usize, contacts: usize) -> Self {
        let options = Options::sized(users, contacts);
        let vendors = [Vendor::Login, Vendor::Graph, product.vendor()];
        let sandbox = Sandbox::start(options.vendors(&vendors)).await.unwrap();
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = MARK.to_owned();
        let directory = sandbox.graph().tenant_id.clone();
        let mut tenant = Tenant::to_company(TenantName::new("Contoso"), directory, product.company());
        let mut condition = RouteCondition::default();
        condition.department = Some(BRANCH.to_owned());
        tenant.routes = vec![Route::new(1, condition, product.branch())];
        let now = NaiveDate::from_ymd_opt(2026, 1, 6).unwrap().and_hms_opt(10, 30, 0).unwrap().and_utc();
        Self {
            product,
            sandbox,
            links: MemoryStore::new(),
            reviews: Reviews::new(),
            now,
            tenant,
            policy: Policy::new(document).unwrap(),
            run: RunInput::default(),
        }
    }

    /// A world that was synchronised once and is in step.
    pub(crate) async fn in_step(product: Product) -> Self {
        let mut world = Self::of(product, 60, 40).await;
        let (_, report) = world.sync().await;
        assert_eq!(report.statistics.errors + report.statistics.indeterminate, 0, "{product:?}");
        world.pass(TimeDelta::hours(1));
        world
    }

    pub(crate) fn pass(&mut self, time: TimeDelta) {
        self.now += time;
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(format!("{}:{text}", self.product.name()).parse().unwrap());
    }

    pub(crate) async fn links(&self) -> LinkSet {
        self.links.load(&self.tenant.name).await.unwrap()
    }

    fn query(&self) -> ContactQuery {
        let mut query = ContactQuery::of_companies(self.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        query
    }

    /// The adapter, as a program makes it when it starts.
    pub(crate) fn connect(&self) -> Arc<dyn Psa> {
        self.product.connect(&self.sandbox, Pace::Free)
    }

    /// The directory, as a program connects it when it starts.
    pub(crate) fn directory(&self) -> GraphDirectory {
        let graph = self.sandbox.graph();
        let secret = graph.client_secret.clone().into();
        let mut config = GraphConfig::new(graph.tenant_id.clone(), graph.client_id.clone(), secret);
        config.authority = Some(graph.authority.clone());
        config.base_url = Some(graph.base_url.clone());
        config.connect().unwrap()
    }

    /// Reads both sides and plans.
    pub(crate) async fn plan(&self, psa: &dyn Psa) -> Plan {
        let directory = self.directory();
        let users = directory.snapshot(&UserQuery::all(), self.now).await.unwrap();
        let contacts = psa.snapshot(&self.query(), self.now).await.unwrap();
        plan(&PlanInput {
            tenant: &self.tenant,
            psa: psa.name(),
            users: &users,
            contacts: &contacts,
            companies: &psa.all_companies().await.unwrap(),
            links: &self.links().await,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &self.reviews,
            policy: &self.policy,
            capabilities: &psa.capabilities().await.unwrap(),
            run: &self.run,
            as_of: self.now,
        })
        .unwrap()
    }

    pub(crate) async fn apply(&self, psa: &dyn Psa, plan: &Plan) -> Report {
        let context = ApplyContext {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &psa.capabilities().await.unwrap(),
            run: &self.run,
            psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        apply(plan, &context, &ApplyOptions::at(self.now)).await.unwrap()
    }

    /// One run: settle, read, plan, apply; an approval that was used up is spent.
    pub(crate) async fn sync(&mut self) -> (Plan, Report) {
        let psa = self.connect();
        let options = SettleOptions {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &psa.capabilities().await.unwrap(),
            psa: &*psa,
            links: &self.links,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &self.links.hold(),
            now: self.now,
            waited: std::time::Duration::ZERO,
        };
        settle(&options).await.unwrap();
        let plan = self.plan(&*psa).await;
        let report = self.apply(&*psa, &plan).await;
        let done = self.reviews.done_in(&plan, &report);
        self.reviews = std::mem::take(&mut self.reviews).spent(&done, self.now);
        (plan, report)
    }

    /// Ends a scenario: nobody has two contacts, and the next run finds nothing to do and writes nothing.
    pub(crate) async fn settles(mut self) {
        self.sandbox.clear_faults();
        self.pass(TimeDelta::hours(1));
        self.sandbox.reset_calls();
        let (plan, report) = self.sync().await;
        let product = self.product;
        assert_eq!(plan.summary.changes(), 0, "{product:?}: {:?}", plan.summary);
        assert_eq!((report.statistics.errors, self.writes()), (0, 0), "{product:?}");
        let mut marks: BTreeMap<String, usize> = BTreeMap::new();
        for contact in self.contacts().await.iter().filter(|contact| contact.active() != Some(false)) {
            if let Some(mark) = text(contact, &mark()) {
                *marks.entry(mark.to_lowercase()).or_default() += 1;
            }
        }
        assert!(marks.len() > 5, "{product:?}: {marks:?}");
        assert!(marks.values().all(|count| *count == 1), "{product:?}: a person has two contacts");
        self.sandbox.shutdown().await;
    }

    /// Deletes a contact, as a technician would; answers whether there was one.
    pub(crate) fn delete_contact(&self, id: &ContactId) -> bool {
        let id = id.as_str().parse().unwrap();
        match self.product {
            Product::Autotask => self.sandbox.autotask_data().delete_contact(id),
            Product::ConnectWise => self.sandbox.connectwise_data().delete_contact(id),
            Product::KaseyaBms => self.sandbox.kaseyabms_data().delete_contact(id),
            Product::Syncro => self.sandbox.syncro_data().delete_contact(id),
        }
    }

    /// Calls that change something in the PSA; signing in is none.
    pub(crate) fn writes(&self) -> u64 {
        self.sandbox.calls().writes()
    }

    /// Every contact of the tenant's companies, as the adapter reads it.
    pub(crate) async fn contacts(&self) -> Vec<Contact> {
        let (psa, query) = (self.connect(), self.query());
        let mut all = Vec::new();
        let mut pages = psa.contacts(&query);
        while let Some(page) = std::future::poll_fn(|context| pages.as_mut().poll_next(context)).await {
            match page.unwrap() {
                Page::Items(contacts) => all.extend(contacts),
                Page::End(_) => return all,
                _ => panic!("a page of an unknown kind"),
            }
        }
        panic!("the listing has no end");
    }

    /// The contacts that carry a user's mark, the active ones first.
    pub(crate) async fn contacts_of(&self, user: &str) -> Vec<Contact> {
        let mut found = self.contacts().await;
        found.retain(|contact| text(contact, &mark()).is_some_and(|mark| mark.eq_ignore_ascii_case(user)));
        found.sort_by_key(|contact| contact.active() == Some(false));
        found
    }

    /// Enabled members with an active, unprotected contact of their own.
    pub(crate) async fn staff(&self) -> Vec<User> {
        let contacts = self.contacts().await;
        let active = contacts.iter().filter(|contact| contact.active() == Some(true) && !contact.protected);
        let marks: BTreeSet<String> = active.filter_map(|contact| text(contact, &mark())).collect();
        let ordinary = |user: &User| {
            user.account_enabled
                && user.user_type.as_deref() == Some("Member")
                && user.mail.is_some()
                && user.mailbox_purpose.as_deref() == Some("user")
                && marks.contains(&user.id)
        };
        self.sandbox.users().into_iter().filter(ordinary).collect()
    }

    /// A new member who has no contact yet.
    pub(crate) fn join(&self, name: &str) -> String {
        let number = name.bytes().fold(0_u64, |n, b| n * 31 + u64::from(b)) & 0xffff_ffff_ffff;
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let address = format!("{name}@contoso.example");
        let mut user = User::new(&id, &address, name);
        user.given_name = Some(name.to_owned());
        user.surname = Some("Newcomer".to_owned());
        user.job_title = Some("Engineer".to_owned());
        user.proxy_addresses = vec![format!("SMTP:{address}")];
        user.mail = Some(address);
        user.mailbox_purpose = Some("user".to_owned());
        self.sandbox.add_user(user);
        id
    }

    /// The decision about a user.
    pub(crate) fn about(&self, plan: &Plan, user: &str) -> Decision {
        let anchor = SourceAnchor::entra(&self.sandbox.graph().tenant_id, user);
        plan.decisions.find(&Subject::User(anchor)).unwrap()
    }
}

pub(crate) fn mark() -> ContactField {
    ContactField::Custom(MARK.to_owned())
}

pub(crate) fn text(contact: &Contact, field: &ContactField) -> Option<String> {
    contact.fields.get(field).and_then(FieldValue::as_text).filter(|text| !text.is_empty()).map(str::to_owned)
}
