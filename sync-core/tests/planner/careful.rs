//! Attempts to make the engine deactivate, duplicate or misattribute. Each test states what holds all the same.

use crate::world::{COMPANY, TENANT, World, anchor, contact, now, say, user};
use async_trait::async_trait;
use chrono::Duration;
use std::{collections::BTreeMap, sync::Mutex};
use sync_core::{
    ContactQuery, Error, ErrorKind, Psa, PsaExt, Result,
    apply::{ApplyContext, ApplyError, ApplyOptions, Override, Report, apply},
    memory::{MemoryPsa, MemoryStore},
    model::{
        Attribute, Company, CompanyId, Contact, ContactField, ContactId, DirectoryUser, FieldValue,
        SourceAnchor, TenantName,
    },
    plan::{Action, NONE_ELSEWHERE, Plan, PlanInput, Subject, plan},
    policy::{Departed, Policy, Route, RouteCondition},
    review::NO_REVIEWS,
    snapshot::{Completeness, UserSnapshot},
    store::{Commit, LinkSet, LinkStore},
};

type Edit = fn(&mut Contact);

/// A link store that refuses every commit after the first few.
#[derive(Debug)]
struct FailingStore {
    inner: MemoryStore,
    left: Mutex<usize>,
}

#[async_trait]
impl LinkStore for FailingStore {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        self.inner.load(tenant).await
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        {
            let mut left = self.left.lock().unwrap();
            if *left == 0 {
                return Err(Error::new(ErrorKind::Unavailable, "commit links", "the disk is full"));
            }
            *left -= 1;
        }
        self.inner.commit(tenant, commit).await
    }
}

/// One PSA and one link store over several runs of a world that changes between them.
struct Bench {
    world: World,
    psa: MemoryPsa,
    links: FailingStore,
}

impl Bench {
    fn new(world: World) -> Self {
        let companies = [
            Company::new(CompanyId::new(COMPANY), "Contoso"),
            Company::new(CompanyId::new("200"), "Fabrikam"),
        ];
        let psa = MemoryPsa::new(world.capabilities.clone(), companies);
        world.contacts.iter().for_each(|c| psa.put(c.clone()));
        let inner = MemoryStore::new();
        inner.put(world.tenant.name.clone(), world.links.clone());
        Self { world, psa, links: FailingStore { inner, left: Mutex::new(usize::MAX) } }
    }

    fn policy(&self) -> Policy {
        Policy::new(self.world.policy.clone()).unwrap()
    }

    async fn plan(&self) -> Plan {
        let (users, _) = self.world.snapshots();
        let policy = self.policy();
        let mut query = ContactQuery::of_companies(self.world.tenant.companies());
        query.custom_fields = policy.custom_fields_needed();
        let contacts = PsaExt::snapshot(&self.psa, &query, self.world.as_of).await.unwrap();
        let links = self.links.load(&self.world.tenant.name).await.unwrap();
        let capabilities = self.psa.capabilities().await.unwrap();
        plan(&PlanInput {
            tenant: &self.world.tenant,
            psa: "memory",
            users: &users,
            contacts: &contacts,
            companies: &[],
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &policy,
            capabilities: &capabilities,
            run: &self.world.run,
            as_of: self.world.as_of,
        })
        .unwrap()
    }

    async fn apply_with(
        &self,
        plan: &Plan,
        options: &ApplyOptions,
    ) -> std::result::Result<Report, ApplyError> {
        let capabilities = self.psa.capabilities().await.unwrap();
        let policy = self.policy();
        let context = ApplyContext {
            tenant: &self.world.tenant,
            policy: &policy,
            capabilities: &capabilities,
            run: &self.world.run,
            psa: &self.psa,
            links: &self.links,
            hold: &self.links.inner.hold(),
        };
        apply(plan, &context, options).await
    }

    async fn apply(&self, plan: &Plan) -> Report {
        self.apply_with(plan, &ApplyOptions::at(self.world.as_of)).await.unwrap()
    }

    async fn run(&self) -> Report {
        self.apply(&self.plan().await).await
    }

    fn with_email(&self, mail: &str) -> usize {
        self.psa
            .contacts_now()
            .iter()
            .filter(|c| c.fields.get(&ContactField::Email) == Some(&mail.into()))
            .count()
    }

    async fn active(&self, id: &str) -> Option<bool> {
        self.psa.contact(&ContactId::new(id)).await.unwrap().active()
    }

    fn disable(&mut self, object: &str) {
        for user in self.world.users.iter_mut().filter(|u| u.anchor == anchor(object)) {
            user.enabled = Some(false);
        }
    }
}

fn disabled(object: &str, mail: &str) -> DirectoryUser {
    let mut user = user(object, mail);
    user.enabled = Some(false);
    user
}

fn in_company(contact: Contact, company: &str) -> Contact {
    let mut contact = contact;
    contact.company = Some(CompanyId::new(company));
    contact
}

fn sales_goes_to_200(world: &mut World) {
    let mut when = RouteCondition::default();
    when.department = Some("Elsewhere".into());
    world.tenant.routes = vec![Route::new(1, when, CompanyId::new("200"))];
}

// ---- Duplicates, and one person's data on another's contact ----

#[test]
fn r19_a_changed_address_that_another_contact_has_is_a_conflict() {
    let world = World::new()
        .crowd(5)
        .user(user("a", "new@contoso.com"))
        .contact(contact("1", "a", "old@contoso.com"))
        .contact(contact("2", "b", "new@contoso.com"))
        .link("a", "1");
    let decision = world.about("a");
    assert!(
        !decision.change.fields().iter().any(|f| f.field == ContactField::Email)
            || decision.change.action() == Action::Hold,
        "{}: contact 1 would get the address that contact 2 has",
        say(&decision)
    );
}

#[tokio::test]
async fn r20_a_sign_in_name_used_as_address_collides_with_anothers_mail() {
    let world = World::new()
        .user(user("a", "ada@contoso.com").with(Attribute::Mail, ""))
        .user(user("b", "ada@contoso.com").with(Attribute::UserPrincipalName, "ada2@contoso.com"));
    let bench = Bench::new(world);
    let _ = bench.run().await;
    assert!(bench.with_email("ada@contoso.com") <= 1, "two contacts were created with one address");
}

#[tokio::test]
async fn a_linked_contact_that_was_moved_to_another_company_is_not_created_again() {
    let bench = Bench::new(World::new().crowd(5));
    let _ = bench.run().await;
    // A technician moves the contact to a company that is not this tenant's.
    bench.psa.edit(&ContactId::new("c00"), |c| c.company = Some(CompanyId::new("200")));
    let _ = bench.run().await;
    assert_eq!(bench.with_email("p00@contoso.com"), 1, "the contact lives on in the other company");
}

#[tokio::test]
async fn a_contact_made_by_hand_under_another_address_of_the_user_is_not_doubled() {
    let mut new = user("new", "new@contoso.com");
    new.alternate_emails = Some(vec!["n.person@contoso.com".into()]);
    let bench = Bench::new(World::new().crowd(3).user(new));
    let plan = bench.plan().await;
    assert_eq!(plan.summary.create, 1);
    bench.psa.put(contact("hand", "new", "N.Person@contoso.com"));
    assert_eq!(bench.plan().await.summary.create, 0, "the planner knows better");
    let report = bench.apply(&plan).await;
    assert_eq!((report.statistics.contacts_created, report.statistics.stale), (0, 1));
}

#[test]
fn r22_two_users_with_one_immutable_id_get_the_contact_neither() {
    let with_id = |object: &str| {
        let mut user = user(object, &format!("{object}@contoso.com"));
        user.immutable_id = Some("IMM".into());
        user
    };
    let world = World::new()
        .crowd(10)
        .user(with_id("x1"))
        .user(with_id("x2"))
        .contact(contact("1", "gone", "gone@contoso.com"))
        .link_as("gone", "1", |l| l.immutable_id = Some("IMM".into()));
    assert_eq!(
        (world.verdict("x1").as_str(), world.verdict("x2").as_str()),
        ("hold:claimed_twice", "hold:claimed_twice")
    );
}

#[test]
fn r20_users_that_share_an_address_keep_a_third_one_from_its_contact() {
    let mut third = user("z", "third@contoso.com");
    third.alternate_emails = Some(vec!["shared@contoso.com".into()]);
    let world = World::new()
        .crowd(10)
        .user(user("x", "shared@contoso.com"))
        .user(user("y", "shared@contoso.com"))
        .user(third)
        .contact(contact("1", "x", "shared@contoso.com"));
    assert_eq!(world.verdict("x"), "hold:source_duplicate");
    assert_eq!(world.about("z").change.action(), Action::Hold, "{}", world.verdict("z"));
}

// ---- Wrong deactivations ----

#[test]
fn the_id_in_the_policys_own_field_is_a_link_that_survives_the_loss_of_the_store() {
    let field = ContactField::Custom("Office365Id".into());
    let world = World::new()
        .crowd(10)
        .user(disabled("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(field, "a"))
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into());
    assert_eq!(world.verdict("a"), "deactivate:disabled");
}

#[test]
fn r11_the_vendors_foreign_id_is_no_link_where_the_policy_has_a_field_of_its_own_either() {
    let held = contact("1", "a", "a@contoso.com")
        .with(ContactField::ExternalId, "a")
        .with(ContactField::Custom("Office365Id".into()), "");
    let mut world = World::new()
        .crowd(10)
        .user(disabled("a", "a@contoso.com"))
        .contact(held)
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into());
    world.capabilities.anchor_storage = sync_core::capability::AnchorStorage::ExternalId;
    assert_eq!(world.verdict("a"), "no_op:disabled");
    // It pairs the two while they are there.
    world.users.iter_mut().for_each(|user| user.enabled = Some(true));
    assert_eq!(world.verdict("a"), "update:matched");
}

#[test]
fn r11_the_vendors_own_foreign_id_is_no_link_either() {
    let mut world = World::new()
        .crowd(10)
        .user(disabled("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::ExternalId, "a"));
    world.capabilities.anchor_storage = sync_core::capability::AnchorStorage::ExternalId;
    assert_ne!(world.about("a").change.action(), Action::Deactivate);
}

#[test]
fn a_contact_that_a_new_account_waits_for_stays_although_the_old_account_is_disabled() {
    // The person got a new account with the old address; the old account was renamed and disabled.
    let world = World::new()
        .crowd(10)
        .user(disabled("old", "old.ada@contoso.com"))
        .user(user("young", "ada@contoso.com"))
        .contact(contact("1", "old", "ada@contoso.com"))
        .link("old", "1");
    assert_eq!(world.verdict("young"), "hold:claimed_twice");
    assert_ne!(world.about("old").change.action(), Action::Deactivate, "{}", world.verdict("old"));
}

fn missing_long(world: World) -> World {
    world.crowd(10).contact(contact("1", "gone", "ada@contoso.com")).link_as("gone", "1", |l| {
        l.missing_reads = 5;
        l.missing_since = Some(now() - Duration::hours(500));
    })
}

#[test]
fn a_contact_that_somebody_routed_elsewhere_waits_for_stays() {
    let mut world = missing_long(World::new())
        .user(user("again", "ada@contoso.com").with(Attribute::Department, "Elsewhere"));
    sales_goes_to_200(&mut world);
    assert_eq!(world.verdict("again"), "hold:other_company");
    assert_ne!(world.about_contact("1").change.action(), Action::Deactivate);
}

#[test]
fn a_contact_that_two_users_of_one_address_wait_for_stays() {
    let world =
        missing_long(World::new()).user(user("x", "ada@contoso.com")).user(user("y", "ada@contoso.com"));
    assert_eq!(world.verdict("x"), "hold:source_duplicate");
    assert_ne!(world.about_contact("1").change.action(), Action::Deactivate);
}

#[test]
fn a_policy_that_names_its_users_concludes_nothing_about_others() {
    // CONTRACT section 2 calls `scope.user_principal_names` a targeted run, like the run input of that name.
    let world =
        missing_long(World::new()).policy(|p| p.scope.user_principal_names = vec!["p00@contoso.com".into()]);
    assert_eq!(world.verdict("p01"), "no_op:excluded");
    assert_eq!(world.about_contact("1").change.action(), Action::NoOp, "{}", world.contact_verdict("1"));
}

#[test]
fn contact_types_that_were_not_read_protect_nobody_from_being_asked_about() {
    let mut world =
        missing_long(World::new()).policy(|p| p.lifecycle.excluded_contact_types = vec!["VIP".into()]);
    world.contacts.last_mut().unwrap().fields.remove(&ContactField::ContactTypes);
    assert_ne!(world.about_contact("1").change.action(), Action::Deactivate, "it may be a VIP");
}

#[tokio::test]
async fn a_contact_protected_after_planning_is_not_deactivated() {
    let edits: [(&str, Edit); 3] = [
        ("protected", |c| c.protected = true),
        ("keep", |c| {
            c.fields.insert(ContactField::Custom("Keep".into()), FieldValue::Flag(true));
        }),
        ("type", |c| {
            c.fields.insert(ContactField::ContactTypes, FieldValue::List(vec!["VIP".into()]));
        }),
    ];
    let mut fell = Vec::new();
    for (name, edit) in edits {
        let world = World::new().crowd(10).policy(|p| {
            p.lifecycle.keep_active_field = "Keep".into();
            p.lifecycle.excluded_contact_types = vec!["VIP".into()];
        });
        let mut bench = Bench::new(world);
        bench.disable("p00");
        let plan = bench.plan().await;
        assert_eq!(plan.summary.deactivate, 1);
        bench.psa.edit(&ContactId::new("c00"), edit);
        assert_eq!(bench.plan().await.summary.deactivate, 0, "a plan made now would not");
        let _ = bench.apply(&plan).await;
        if bench.active("c00").await == Some(false) {
            fell.push(name);
        }
    }
    assert!(fell.is_empty(), "deactivated in spite of {fell:?}");
}

// ---- Guards and stale checks ----

#[test]
fn contacts_without_a_company_do_not_slip_past_the_guards() {
    let mut world = World::new().crowd(40);
    world.contacts.iter_mut().for_each(|c| c.company = None);
    world.users.iter_mut().take(39).for_each(|u| u.enabled = Some(false));
    let plan = world.plan();
    let stopped = plan
        .decisions
        .iter()
        .filter(|d| d.change.action() == Action::Deactivate)
        .all(|d| plan.guards.iter().any(|g| g.stops(Action::Deactivate, d.company.as_ref())));
    assert!(stopped, "{} deactivations, guards {:?}", plan.summary.deactivate, plan.guards);
}

#[tokio::test]
async fn an_override_counts_over_all_companies() {
    // Two companies of 20, five leavers each; a third part of the crowd keeps the limit over the run quiet.
    let mut world = World::new();
    sales_goes_to_200(&mut world);
    for i in 0..60 {
        let (object, id, mail) = (format!("q{i:02}"), format!("d{i:02}"), format!("q{i:02}@contoso.com"));
        let mut person = user(&object, &mail);
        let mut theirs = contact(&id, &object, &mail);
        if i < 20 {
            person = person.with(Attribute::Department, "Elsewhere");
            theirs = in_company(theirs.with(ContactField::Department, "Elsewhere"), "200");
        } else if i >= 40 {
            person = person.with(Attribute::Department, "Third");
            theirs = in_company(theirs.with(ContactField::Department, "Third"), "300");
        }
        if i % 20 < 5 && i < 40 {
            person.enabled = Some(false);
        }
        world = world.user(person).contact(theirs).link(&object, &id);
    }
    let mut when = RouteCondition::default();
    when.department = Some("Third".into());
    world.tenant.routes.push(Route::new(2, when, CompanyId::new("300")));
    let bench = Bench::new(world);
    let plan = bench.plan().await;
    assert_eq!((plan.summary.deactivate, plan.guards.len()), (10, 2), "{:?}", plan.guards);
    let mut options = ApplyOptions::at(now());
    options.overrides = vec![Override::new(plan.id.clone(), "too_many_deactivations", 5)];
    let done = bench.apply_with(&plan, &options).await.map_or(0, |r| r.statistics.contacts_deactivated);
    assert!(done <= 5, "a maximum of 5 was given, {done} were deactivated");
}

#[tokio::test]
async fn nothing_is_attempted_after_the_last_failure_allowed() {
    let mut bench = Bench::new(World::new().crowd(20));
    for user in &mut bench.world.users {
        *user = user.clone().with(Attribute::JobTitle, "Lead");
    }
    bench.psa.fail_next_write(ErrorKind::Unauthenticated, false);
    let plan = bench.plan().await;
    let mut options = ApplyOptions::at(now());
    options.stop_after_failures = 1;
    options.overrides = vec![Override::new(plan.id.clone(), "too_many_updates", 20)];
    let s = bench.apply_with(&plan, &options).await.unwrap().statistics;
    assert!(
        s.contacts_updated < u64::try_from(options.concurrency).unwrap(),
        "{} more were written",
        s.contacts_updated
    );
}

#[tokio::test]
async fn r59_deactivations_do_not_follow_a_batch_that_failed() {
    let mut bench = Bench::new(World::new().crowd(20));
    for user in bench.world.users.iter_mut().skip(10).take(8) {
        *user = user.clone().with(Attribute::JobTitle, "Lead");
        bench.psa.fail_next_write(ErrorKind::PermissionDenied, false);
    }
    bench.disable("p00");
    let s = bench.run().await.statistics;
    assert_eq!(s.errors, 8, "every update was refused");
    assert_eq!(s.contacts_deactivated, 0);
}

#[tokio::test]
async fn a_dry_run_that_is_applied_writes_nothing() {
    let mut bench = Bench::new(World::new().user(user("new", "new@contoso.com")));
    bench.world.run.dry_run = true;
    let plan = bench.plan().await;
    let _ = bench.apply_with(&plan, &ApplyOptions::at(now())).await;
    assert_eq!(bench.psa.writes(), 0);
}

#[tokio::test]
async fn a_plan_from_the_future_is_refused() {
    let mut bench = Bench::new(World::new().user(user("new", "new@contoso.com")));
    bench.world.as_of = now() + Duration::days(400);
    let plan = bench.plan().await;
    assert!(bench.apply_with(&plan, &ApplyOptions::at(now())).await.is_err());
}

#[tokio::test]
async fn another_tenants_id_on_the_company_is_not_overwritten() {
    let world = World::new().crowd(2).policy(|p| p.write_back.company_tenant_field = "Tenant365Id".into());
    let bench = Bench::new(world);
    let theirs = [("Tenant365Id".to_owned(), FieldValue::Text("fabrikam".into()))]
        .into_iter()
        .collect::<BTreeMap<_, _>>();
    let _ = bench.psa.update_company(&CompanyId::new(COMPANY), &theirs).await.unwrap();
    let _ = bench.run().await;
    let companies = bench.psa.all_companies().await.unwrap();
    assert_eq!(companies[0].custom_fields["Tenant365Id"], FieldValue::Text("fabrikam".into()));
    assert_ne!(TENANT, "fabrikam");
}

// ---- Bookkeeping, policy and counters ----

#[tokio::test]
async fn a_contact_that_a_person_made_active_again_is_no_longer_ours_to_reactivate() {
    let mut bench = Bench::new(World::new().crowd(10));
    bench.disable("p00");
    let _ = bench.run().await;
    assert_eq!(bench.active("c00").await, Some(false));
    // The person is back, and a technician is quicker than the tool.
    bench.world.users[0].enabled = Some(true);
    bench.psa.edit(&ContactId::new("c00"), |c| {
        c.fields.insert(ContactField::Active, FieldValue::Flag(true));
    });
    let _ = bench.run().await;
    // Later a technician makes it inactive on purpose.
    bench.psa.edit(&ContactId::new("c00"), |c| {
        c.fields.insert(ContactField::Active, FieldValue::Flag(false));
    });
    assert_eq!(bench.run().await.statistics.contacts_reactivated, 0);
}

#[tokio::test]
async fn of_two_links_to_one_contact_the_one_that_decided_is_the_one_remembered() {
    let long = |l: &mut sync_core::store::Link| {
        l.missing_reads = 5;
        l.missing_since = Some(now() - Duration::hours(500));
    };
    let mut bench = Bench::new(
        World::new()
            .crowd(10)
            .contact(contact("1", "z", "z@contoso.com"))
            .link_as("a-older", "1", long)
            .link_as("z", "1", long),
    );
    assert_eq!(bench.run().await.statistics.contacts_deactivated, 1);
    bench.world.users.push(user("z", "z@contoso.com"));
    assert_eq!(bench.run().await.statistics.contacts_reactivated, 1, "the person is back");
}

#[test]
fn of_two_links_to_one_contact_the_younger_absence_keeps_its_grace() {
    let world = World::new()
        .crowd(10)
        .contact(contact("1", "a", "a@contoso.com"))
        .link_as("a", "1", |_| {})
        .link_as("z-left-over", "1", |l| {
            l.missing_reads = 9;
            l.missing_since = Some(now() - Duration::hours(900));
        });
    // Whoever is absent for the first time today may be back tomorrow.
    assert_eq!(world.contact_verdict("1"), "no_op:grace");
}

#[tokio::test]
async fn a_link_that_could_not_be_recorded_is_not_counted_as_linked() {
    let bench = Bench::new(World::new().crowd(3).user(user("a", "a@contoso.com")).contact(contact(
        "1",
        "a",
        "a@contoso.com",
    )));
    *bench.links.left.lock().unwrap() = 0;
    let report = bench.run().await;
    assert!(!report.success);
    assert_eq!(report.statistics.contacts_linked, 0, "nothing was recorded anywhere");
}

#[tokio::test]
async fn counters_add_up_when_the_link_store_fails() {
    let bench = Bench::new(World::new().crowd(3));
    *bench.links.left.lock().unwrap() = 0;
    let s = bench.run().await.statistics;
    let applied = s.contacts_created
        + s.contacts_updated
        + s.contacts_linked
        + s.contacts_deactivated
        + s.contacts_reactivated;
    let all = applied + s.contacts_skipped + s.held + s.stale + s.indeterminate + s.not_attempted + s.errors;
    assert_eq!(s.decisions, all, "{s:?}");
}

#[test]
fn a_blank_entry_does_not_widen_the_scope_to_everybody() {
    let mut world = World::new().user(user("a", "a@contoso.com"));
    world.policy.scope.groups = vec![" ".into()];
    let created = Policy::new(world.policy.clone()).map_or(0, |_| world.plan().summary.create);
    assert_eq!(created, 0);
}

#[test]
fn a_relink_does_not_forget_whom_the_contact_belongs_to_in_the_plan() {
    // CONTRACT section 4: exactly one decision per linked contact, also when its id is taken over by somebody excluded.
    let mut outsider = user("x", "x@contoso.com");
    outsider.immutable_id = Some("IMM".into());
    let mut world = missing_long(World::new()).user(outsider);
    world.policy.scope.exclude = vec!["x@*".into()];
    let mut link = world.links.links[&anchor("gone")].clone();
    link.immutable_id = Some("IMM".into());
    world.links.links.insert(link);
    let about = world
        .plan()
        .decisions
        .iter()
        .filter(|d| {
            d.subject == Subject::Contact(ContactId::new("1"))
                || d.change.contact() == Some(&ContactId::new("1"))
        })
        .count();
    assert_eq!(about, 1);
}

// ---- Hostile data ----

#[test]
fn hostile_ids_and_texts_do_not_break_the_plan() {
    let huge = format!("{}@contoso.com", "u".repeat(70_000));
    let mut users = UserSnapshot::builder();
    for raw in ["", ":", "a:b:c:", "plain", "ad:fabrikam:1", "entra:contoso:1"] {
        let mut one = user("x", &format!("m{}@contoso.com", raw.len()));
        one.anchor = SourceAnchor::new(raw);
        users.push(&one.with(Attribute::UserPrincipalName, huge.clone()));
    }
    let users = users.finish(now(), Completeness::Complete).unwrap();
    assert_eq!(users.len(), 6);
    let mut world =
        World::new().crowd(2).user(user("big", "big@contoso.com").with(Attribute::UserPrincipalName, huge));
    for raw in ["", ":", "a:b:c:", "plain", "ad:fabrikam:1"] {
        let mut one = user("x", &format!("h{}@contoso.com", raw.len()));
        one.anchor = SourceAnchor::new(raw);
        world = world.user(one);
    }
    let plan = world.plan();
    assert_eq!(Plan::from_json(&plan.to_json().unwrap()).unwrap().id, plan.id);
    world.users.reverse();
    assert_eq!(world.plan().id, plan.id);
}

#[test]
fn a_link_file_with_an_absurd_count_does_not_panic() {
    let mut world = World::new().crowd(2);
    world.links.last_complete_users = Some(u64::MAX);
    assert_eq!(world.count(Action::Deactivate), 0);
}

#[test]
fn departed_states_have_their_switch_here_too() {
    // Guards against a mistake in these tests: the same worlds without the complication do deactivate.
    assert_eq!(missing_long(World::new()).about_contact("1").change.action(), Action::Deactivate);
    let off = missing_long(World::new()).policy(|p| p.lifecycle.missing = Departed::Ignore);
    assert_eq!(off.about_contact("1").change.action(), Action::NoOp);
}

#[test]
fn the_vendors_field_for_foreign_ids_takes_the_id_where_the_policy_says_so() {
    let mut world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::ExternalId, ""))
        .contact(contact("2", "b", "former@contoso.com").with(ContactField::ExternalId, "b"))
        .policy(|p| p.write_back.contact_id_field = "external_id".into());
    world.capabilities.anchor_storage = sync_core::capability::AnchorStorage::ExternalId;
    let decision = world.about("a");
    let written = decision.change.fields().iter().find(|f| f.field == ContactField::ExternalId).cloned();
    assert_eq!(written.map(|f| f.after), Some(FieldValue::from("a")));
    assert_eq!(world.about("b").change.contact().map(|c| c.as_str().to_owned()), Some("2".to_owned()));
}
