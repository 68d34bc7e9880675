//! What runs remember: applying over a PSA that does not always do as it is told.

use crate::world::{COMPANY, World, anchor, contact, user};
use async_trait::async_trait;
use chrono::Duration;
use futures::stream::BoxStream;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering::Relaxed},
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, DirectoryExt, ErrorKind, Page, Psa, PsaExt, Result, UserQuery,
    apply::{ApplyContext, ApplyOptions, Report, apply},
    capability::Capabilities,
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::{
        Attribute, Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag,
    },
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Blank, Flow, MappingEntry, Policy},
    review::NO_REVIEWS,
    store::{Link, LinkStore},
};

/// A PSA that keeps titles in capitals, whatever it is told.
#[derive(Debug)]
struct Stubborn(MemoryPsa);

fn as_kept(fields: &FieldSet) -> FieldSet {
    let mut kept = fields.clone();
    if let Some(FieldValue::Text(title)) = kept.get_mut(&ContactField::Title) {
        *title = title.to_uppercase();
    }
    kept
}

#[async_trait]
impl Psa for Stubborn {
    fn name(&self) -> &str {
        self.0.name()
    }
    async fn capabilities(&self) -> Result<Capabilities> {
        self.0.capabilities().await
    }
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.0.check(query).await
    }
    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        self.0.companies()
    }
    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        self.0.contacts(query)
    }
    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.0.contact(id).await
    }
    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        self.0.create(company, &as_kept(fields), key).await
    }
    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        self.0.update(id, &as_kept(fields), expect).await
    }
    async fn update_company(&self, id: &CompanyId, custom: &BTreeMap<String, FieldValue>) -> Result<Company> {
        self.0.update_company(id, custom).await
    }
}

struct Lab {
    directory: MemoryDirectory,
    psa: Stubborn,
    links: MemoryStore,
    policy: Policy,
    world: World,
    hours: AtomicI64,
}

impl Lab {
    fn new(world: World) -> Self {
        let company = Company::new(CompanyId::new(COMPANY), "Contoso");
        let psa = MemoryPsa::new(world.capabilities.clone(), [company]);
        world.contacts.iter().for_each(|c| psa.put(c.clone()));
        let links = MemoryStore::new();
        links.put(world.tenant.name.clone(), world.links.clone());
        Self {
            directory: MemoryDirectory::new(world.users.clone()),
            psa: Stubborn(psa),
            links,
            policy: Policy::new(world.policy.clone()).unwrap(),
            world,
            hours: AtomicI64::new(0),
        }
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.world.as_of + Duration::hours(self.hours.load(Relaxed))
    }

    async fn plan(&self) -> Plan {
        self.hours.fetch_add(1, Relaxed);
        let now = self.now();
        let users = DirectoryExt::snapshot(&self.directory, &UserQuery::all(), now).await.unwrap();
        let mut query = ContactQuery::of_companies(self.world.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        let contacts = PsaExt::snapshot(&self.psa, &query, now).await.unwrap();
        let links = self.links.load(&self.world.tenant.name).await.unwrap();
        plan(&PlanInput {
            tenant: &self.world.tenant,
            psa: "memory",
            users: &users,
            contacts: &contacts,
            companies: &[],
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &self.world.capabilities,
            run: &self.world.run,
            as_of: now,
        })
        .unwrap()
    }

    async fn apply(&self, plan: &Plan) -> Report {
        let context = ApplyContext {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &self.world.capabilities,
            run: &self.world.run,
            psa: &self.psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        apply(plan, &context, &ApplyOptions::at(self.now())).await.unwrap()
    }

    /// Plans and applies; answers how many writes the PSA took.
    async fn run(&self) -> u64 {
        let before = self.psa.0.writes();
        let plan = self.plan().await;
        let _ = self.apply(&plan).await;
        self.psa.0.writes() - before
    }

    async fn link(&self) -> Link {
        self.links.load(&self.world.tenant.name).await.unwrap().links[&anchor("a")].clone()
    }

    fn held(&self, field: &ContactField) -> FieldValue {
        let all = self.psa.0.contacts_now();
        all.iter().find(|c| c.id == ContactId::new("1")).unwrap().fields[field].clone()
    }

    fn hand_edit(&self, field: ContactField, value: &str) {
        self.psa.0.edit(&ContactId::new("1"), |c| {
            c.fields.insert(field, value.into());
        });
    }
}

/// One linked person, `a`, among ten others.
fn one(change: impl FnOnce(&mut World)) -> Lab {
    let mut world = World::new()
        .crowd(10)
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1");
    change(&mut world);
    Lab::new(world)
}

fn title(lab: &Lab, title: &str) {
    lab.directory.put(user("a", "a@contoso.com").with(Attribute::JobTitle, title));
}

#[tokio::test]
async fn r42_a_psa_that_stores_something_else_is_told_twice_and_no_more() {
    let lab = one(|_| {});
    title(&lab, "Lead");
    assert_eq!((lab.run().await, lab.run().await), (1, 1));
    assert_eq!(lab.held(&ContactField::Title), "LEAD".into());
    let plan = lab.plan().await;
    assert_eq!(plan.summary.changes(), 0);
    assert!(plan.warnings.iter().any(|w| w.code == "NonConverging"));
    assert_eq!((lab.run().await, lab.run().await), (0, 0));
    // Another value is tried anew …
    title(&lab, "Boss");
    assert_eq!((lab.run().await, lab.run().await, lab.run().await), (1, 1, 0));
    // … and one that stays is trusted again.
    lab.hand_edit(ContactField::Title, "Boss");
    assert_eq!(lab.run().await, 0);
    assert!(lab.link().await.rewritten.is_empty());
    lab.hand_edit(ContactField::Title, "Chief");
    assert_eq!(lab.run().await, 1);
}

#[tokio::test]
async fn r42_a_created_contact_counts_as_written() {
    let lab = Lab::new(World::new().crowd(10).user(user("a", "a@contoso.com")));
    assert_eq!((lab.run().await, lab.run().await, lab.run().await), (1, 1, 0));
}

#[tokio::test]
async fn r41_presentation_that_the_psa_will_not_keep_ends_too() {
    let lab = one(|world| {
        let mut entry = MappingEntry::new(ContactField::Title, "job_title");
        entry.rewrite_presentation = true;
        world.policy.mapping.push(entry);
        world.capabilities.fields.get_mut(&ContactField::Title).unwrap().compare =
            sync_core::capability::Compare::IgnoreCase;
    });
    title(&lab, "Lead");
    assert_eq!((lab.run().await, lab.run().await, lab.run().await), (1, 1, 0));
}

fn on_change(world: &mut World) {
    let mut entry = MappingEntry::new(ContactField::Department, "department");
    entry.flow = Flow::OnSourceChange;
    world.policy.mapping.push(entry);
}

fn department(lab: &Lab, department: &str) {
    lab.directory.put(user("a", "a@contoso.com").with(Attribute::Department, department));
}

#[tokio::test]
async fn r43_a_technicians_correction_stays_until_the_directory_says_something_new() {
    let lab = one(on_change);
    lab.hand_edit(ContactField::Department, "Corrected");
    assert_eq!((lab.run().await, lab.run().await), (0, 0));
    assert_eq!(lab.link().await.last_source[&ContactField::Department], "Sales".into());
    department(&lab, "Research");
    assert_eq!(lab.run().await, 1);
    assert_eq!(lab.held(&ContactField::Department), "Research".into());
    lab.hand_edit(ContactField::Department, "Corrected again");
    assert_eq!(lab.run().await, 0);
    assert_eq!(lab.plan().await.summary.changes(), 0);
}

#[tokio::test]
async fn r43_a_source_whose_write_failed_or_was_stale_is_not_taken_for_seen() {
    let lab = one(on_change);
    assert_eq!(lab.run().await, 0);
    department(&lab, "Research");
    lab.psa.0.fail_next_write(ErrorKind::Rejected, false);
    assert_eq!(lab.run().await, 0);
    assert_eq!(lab.link().await.last_source[&ContactField::Department], "Sales".into());
    let stale = lab.plan().await;
    lab.hand_edit(ContactField::Department, "Moved meanwhile");
    let report = lab.apply(&stale).await;
    assert_eq!((report.statistics.stale, lab.psa.0.writes()), (1, 0));
    assert_eq!(lab.link().await.last_source[&ContactField::Department], "Sales".into());
    assert_eq!(lab.run().await, 1);
    assert_eq!(lab.held(&ContactField::Department), "Research".into());
    assert_eq!(lab.link().await.last_source[&ContactField::Department], "Research".into());
}

#[tokio::test]
async fn r38_what_was_removed_for_privacy_goes_where_it_was_ours_and_stays_where_it_was_edited() {
    let clearing = |world: &mut World| {
        let mut entry = MappingEntry::new(ContactField::PhoneMobile, "mobile_phone");
        entry.blank = Blank::ClearIfOurs;
        world.policy.mapping.push(entry);
    };
    for (edit, left) in [(None, FieldValue::Empty), (Some("+1 555 0199"), "+1 555 0199".into())] {
        let lab = one(clearing);
        lab.directory.put(user("a", "a@contoso.com").with(Attribute::MobilePhone, "+1 555 0142"));
        assert_eq!(lab.run().await, 1);
        if let Some(number) = edit {
            lab.hand_edit(ContactField::PhoneMobile, number);
        }
        lab.directory.put(user("a", "a@contoso.com"));
        lab.run().await;
        assert_eq!(lab.held(&ContactField::PhoneMobile), left);
    }
}

#[tokio::test]
async fn f14_when_and_why_is_kept_on_the_contact_and_in_the_link() {
    let field = ContactField::Custom("Left".into());
    let lab = one(|world| world.policy.write_back.deactivation_field = "Left".into());
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    lab.directory.put(leaver);
    assert_eq!(lab.run().await, 1);
    assert_eq!(lab.held(&field), "2026-01-06 disabled".into());
    let link = lab.link().await;
    assert_eq!(
        (link.deactivated_at, link.deactivated_because.as_deref()),
        (Some(lab.now()), Some("disabled"))
    );
    assert_eq!(lab.run().await, 0);
    lab.directory.put(user("a", "a@contoso.com"));
    assert_eq!((lab.run().await, lab.run().await), (1, 0));
    assert_eq!((lab.held(&field), lab.held(&ContactField::Active)), (FieldValue::Empty, true.into()));
    assert_eq!(lab.link().await.deactivated_at, None);
}
