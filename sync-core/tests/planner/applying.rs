//! Applying plans over memory adapters.

use crate::world::{COMPANY, World, anchor, contact, now, user};
use chrono::Duration;
use sync_core::{
    ContactQuery, DirectoryExt, Error, ErrorKind, Psa, PsaExt, UserQuery,
    apply::{
        ApplyContext, ApplyError, ApplyOptions, Override, Report, SettleOptions, Settled, apply, settle,
    },
    capability::Capabilities,
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::{Attribute, Company, CompanyId, ContactField, ContactId, FieldValue},
    plan::{NONE_ELSEWHERE, Plan, PlanInput, Subject, plan},
    policy::{Policy, Route, SyncMode},
    store::LinkStore,
};

pub struct Lab {
    pub directory: MemoryDirectory,
    pub psa: MemoryPsa,
    pub links: MemoryStore,
    pub policy: Policy,
    pub world: World,
    pub now: chrono::DateTime<chrono::Utc>,
}

impl Lab {
    pub fn new(world: World) -> Self {
        let psa =
            MemoryPsa::new(world.capabilities.clone(), [Company::new(CompanyId::new(COMPANY), "Contoso")]);
        world.contacts.iter().for_each(|c| psa.put(c.clone()));
        let links = MemoryStore::new();
        links.put(world.tenant.name.clone(), world.links.clone());
        Self {
            directory: MemoryDirectory::new(world.users.clone()),
            psa,
            links,
            policy: Policy::new(world.policy.clone()).unwrap(),
            now: world.as_of,
            world,
        }
    }

    pub async fn plan(&self) -> Plan {
        let users = DirectoryExt::snapshot(&self.directory, &UserQuery::all(), self.now).await.unwrap();
        let mut query = ContactQuery::of_companies(self.world.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        let contacts = PsaExt::snapshot(&self.psa, &query, self.now).await.unwrap();
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
            reviews: &self.world.reviews,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &self.world.run,
            as_of: self.now,
        })
        .unwrap()
    }

    pub async fn apply_with(&self, plan: &Plan, options: &ApplyOptions) -> Result<Report, ApplyError> {
        let capabilities = self.psa.capabilities().await.unwrap();
        let context = ApplyContext {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &self.world.run,
            psa: &self.psa,
            links: &self.links,
            hold: &self.links.hold(),
        };
        apply(plan, &context, options).await
    }

    pub async fn apply(&self, plan: &Plan) -> Report {
        self.apply_with(plan, &ApplyOptions::at(self.now)).await.unwrap()
    }

    pub async fn settle(&self) -> Settled {
        let capabilities = self.psa.capabilities().await.unwrap();
        let options = SettleOptions {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            psa: &self.psa,
            links: &self.links,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &self.links.hold(),
            now: self.now,
            waited: std::time::Duration::ZERO,
        };
        settle(&options).await.unwrap()
    }

    pub async fn run(&self) -> Report {
        self.settle().await;
        self.apply(&self.plan().await).await
    }
}

fn add_up(report: &Report) {
    let s = report.statistics;
    let applied = s.contacts_created
        + s.contacts_updated
        + s.contacts_linked
        + s.contacts_deactivated
        + s.contacts_reactivated;
    assert_eq!(
        s.decisions,
        applied + s.contacts_skipped + s.held + s.stale + s.indeterminate + s.not_attempted + s.errors,
        "{s:?}"
    );
}

#[tokio::test]
async fn a_plan_is_applied_and_the_next_one_writes_nothing() {
    let mut leaver = user("gone", "gone@contoso.com");
    leaver.enabled = Some(false);
    let world = World::new()
        .crowd(10)
        .user(user("new", "new@contoso.com"))
        .user(user("edit", "edit@contoso.com").with(Attribute::JobTitle, "Lead"))
        .user(leaver)
        .contact(contact("e", "edit", "edit@contoso.com"))
        .contact(contact("g", "gone", "gone@contoso.com"))
        .link("edit", "e")
        .link("gone", "g");
    let lab = Lab::new(world);
    let report = lab.run().await;
    add_up(&report);
    let s = report.statistics;
    assert_eq!((s.contacts_created, s.contacts_updated, s.contacts_deactivated), (1, 1, 1));
    assert!(report.success && s.time_saved_minutes > 0);
    assert_eq!(lab.psa.writes(), 3);
    let links = lab.links.load(&lab.world.tenant.name).await.unwrap();
    assert!(links.links[&anchor("gone")].deactivated_by_us);
    assert_eq!(links.last_complete_users, Some(13));
    assert!(links.open.is_empty());
    let again = lab.run().await;
    add_up(&again);
    assert_eq!(lab.psa.writes(), 3);
    assert_eq!(again.statistics.contacts_skipped, 13);
}

#[tokio::test]
async fn a_person_who_comes_back_is_reactivated() {
    let lab = Lab::new(World::new().crowd(10));
    let mut away = user("p00", "p00@contoso.com");
    away.enabled = Some(false);
    lab.directory.put(away);
    assert_eq!(lab.run().await.statistics.contacts_deactivated, 1);
    lab.directory.put(user("p00", "p00@contoso.com"));
    let report = lab.run().await;
    assert_eq!(report.statistics.contacts_reactivated, 1);
    assert_eq!(lab.psa.contact(&ContactId::new("c00")).await.unwrap().active(), Some(true));
}

#[tokio::test]
async fn absence_is_counted_over_reads_until_the_grace_is_over() {
    let mut lab = Lab::new(World::new().crowd(10));
    let _ = lab.run().await;
    lab.directory.remove(&anchor("p00"), false);
    assert_eq!(lab.run().await.statistics.contacts_deactivated, 0);
    lab.now += Duration::hours(23);
    assert_eq!(lab.run().await.statistics.contacts_deactivated, 0);
    lab.now += Duration::hours(2);
    assert_eq!(lab.run().await.statistics.contacts_deactivated, 1);
}

#[tokio::test]
async fn a_read_that_breaks_never_deactivates() {
    let mut lab = Lab::new(World::new().crowd(10));
    let _ = lab.run().await;
    lab.directory.set_page_size(3);
    for cut in [true, false] {
        lab.directory.cut_after(cut.then_some(3));
        lab.directory.fail_after((!cut).then_some(3));
        for _ in 0..3 {
            lab.now += Duration::hours(30);
            let report = lab.run().await;
            assert_eq!(report.statistics.contacts_deactivated, 0);
            assert!(!report.success, "an incomplete source is no success");
        }
    }
    let links = lab.links.load(&lab.world.tenant.name).await.unwrap();
    assert!(links.links.values().all(|l| l.missing_reads == 0), "partial reads are not counted either");
}

#[tokio::test]
async fn a_contact_edited_after_planning_is_stale_and_the_rest_goes_on() {
    let edit = |n: &str| user(n, &format!("{n}@contoso.com")).with(Attribute::JobTitle, "Lead");
    let lab = Lab::new(World::new().crowd(10));
    lab.directory.put(edit("p00"));
    lab.directory.put(edit("p01"));
    let plan = lab.plan().await;
    lab.psa.edit(&ContactId::new("c00"), |c| {
        c.fields.insert(ContactField::PhoneBusiness, "+1 555 0177".into());
    });
    // A note is not managed, so it makes nothing stale.
    lab.psa.edit(&ContactId::new("c01"), |c| {
        c.fields.insert(ContactField::Note, "called".into());
    });
    let report = lab.apply(&plan).await;
    add_up(&report);
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (1, 1));
    assert_eq!(
        lab.psa.contact(&ContactId::new("c00")).await.unwrap().fields[&ContactField::Title],
        "Engineer".into()
    );
}

#[tokio::test]
async fn what_was_looked_up_after_planning_is_stale_for_those_whom_it_was_about_and_for_nobody_else() {
    let lab = Lab::new(World::new().crowd(5));
    for person in ["p00", "p01", "p02"] {
        lab.directory.put(user(person, &format!("{person}@contoso.com")).with(Attribute::JobTitle, "Lead"));
    }
    let plan = lab.plan().await;
    let mut options = ApplyOptions::at(now());
    options.settled.subjects.insert(Subject::User(anchor("p00")));
    options.settled.contacts.insert(ContactId::new("c01"));
    let report = lab.apply_with(&plan, &options).await.unwrap();
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (2, 1));
}

#[tokio::test]
async fn a_contact_made_by_hand_after_planning_is_not_doubled() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    let plan = lab.plan().await;
    lab.psa.put(contact("hand", "new", "NEW@contoso.com"));
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_created), (1, 0));
    assert_eq!(lab.run().await.statistics.contacts_linked, 1);
}

#[tokio::test]
async fn an_address_that_a_contact_of_a_sibling_company_has_by_then_is_not_given_to_another_one() {
    for (active, stale) in [(true, 1), (false, 0)] {
        let mut world = World::new().crowd(3);
        let nobody = serde_json::from_str(r#"{"department": "Nobody"}"#).unwrap();
        world.tenant.routes = vec![Route::new(1, nobody, CompanyId::new("200"))];
        let lab = Lab::new(world);
        lab.directory.put(user("p00", "new@contoso.com"));
        let plan = lab.plan().await;
        let mut hand = contact("hand", "other", "new@contoso.com").with(ContactField::Active, active);
        hand.company = Some(CompanyId::new("200"));
        lab.psa.put(hand);
        let report = lab.apply(&plan).await;
        assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (stale, 1 - stale));
    }
}

#[tokio::test]
async fn a_contact_that_turns_up_under_another_address_of_the_user_is_not_doubled() {
    let mut aliased = user("new", "new@contoso.com");
    aliased.alternate_emails = Some(vec!["old.name@contoso.com".into()]);
    let lab = Lab::new(World::new().crowd(3).user(aliased));
    let plan = lab.plan().await;
    lab.psa.put(contact("hand", "new", "old.name@contoso.com"));
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_created), (1, 0));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_again_not_repeated() {
    for done in [true, false] {
        let mut lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
        lab.psa.fail_next_write(ErrorKind::Indeterminate, done);
        let report = lab.run().await;
        add_up(&report);
        assert_eq!(report.statistics.indeterminate, 1);
        assert!(!report.success);
        lab.now += Duration::minutes(20);
        let next = lab.run().await;
        let made = lab
            .psa
            .contacts_now()
            .iter()
            .filter(|c| c.fields[&ContactField::Email] == "new@contoso.com".into())
            .count();
        assert_eq!(made, 1, "exactly one contact, whether the lost create happened ({done}) or not");
        assert_eq!(next.statistics.contacts_created, u64::from(!done), "what is there is adopted");
        assert!(lab.links.load(&lab.world.tenant.name).await.unwrap().open.is_empty());
    }
}

#[tokio::test]
async fn a_create_that_was_refused_is_settled_at_once() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    lab.psa.fail_next_write(ErrorKind::Rejected, false);
    let report = lab.run().await;
    assert_eq!(report.errors[0].code, "ContactCreationFailed");
    assert_eq!(lab.run().await.statistics.contacts_created, 1);
}

#[tokio::test]
async fn a_broken_run_ends_before_it_deactivates_anybody() {
    let lab = Lab::new(World::new().crowd(10));
    lab.directory.put(user("p00", "p00@contoso.com").with(Attribute::JobTitle, "Lead"));
    let mut away = user("p01", "p01@contoso.com");
    away.enabled = Some(false);
    lab.directory.put(away);
    lab.psa.fail_next_write(ErrorKind::Unauthenticated, false);
    let report = lab.run().await;
    add_up(&report);
    assert_eq!((report.statistics.errors, report.statistics.not_attempted), (1, 1));
    assert_eq!(report.statistics.contacts_deactivated, 0);
}

#[tokio::test]
async fn a_guard_stops_its_kind_of_change_until_it_is_let_pass_by_value() {
    let lab = Lab::new(World::new().crowd(20).user(user("new", "new@contoso.com")));
    for i in 0..5 {
        let mut away = user(&format!("p{i:02}"), &format!("p{i:02}@contoso.com"));
        away.enabled = Some(false);
        lab.directory.put(away);
    }
    let plan = lab.plan().await;
    let report = lab.apply(&plan).await;
    add_up(&report);
    assert_eq!((report.statistics.contacts_deactivated, report.statistics.held), (0, 5));
    assert_eq!(report.statistics.contacts_created, 1, "creates go on");

    let plan = lab.plan().await;
    let mut options = ApplyOptions::at(lab.now);
    options.strict_guards = true;
    assert!(matches!(lab.apply_with(&plan, &options).await, Err(ApplyError::Guarded(_))));
    options.strict_guards = false;
    options.overrides = vec![Override::new(plan.id.clone(), "too_many_deactivations", 4)];
    assert_eq!(
        lab.apply_with(&plan, &options).await.unwrap().statistics.contacts_deactivated,
        0,
        "4 is too few"
    );
    let plan = lab.plan().await;
    options.overrides = vec![Override::new(plan.id.clone(), "too_many_deactivations", 5)];
    assert_eq!(lab.apply_with(&plan, &options).await.unwrap().statistics.contacts_deactivated, 5);
}

#[tokio::test]
async fn an_override_fits_one_plan_only() {
    let lab = Lab::new(World::new().crowd(3));
    let plan = lab.plan().await;
    let mut options = ApplyOptions::at(lab.now);
    for wrong in [
        Override::new(sync_core::model::PlanId::new("sha256:other"), "too_many_deactivations", 9),
        Override::new(plan.id.clone(), "too_many_deactivations", 9),
    ] {
        options.overrides = vec![wrong];
        assert!(matches!(lab.apply_with(&plan, &options).await, Err(ApplyError::BadOverride { .. })));
    }
}

#[tokio::test]
async fn a_plan_is_refused_when_what_it_depends_on_changed() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    let plan = lab.plan().await;
    let expect = |result: Result<Report, ApplyError>, text: &str| {
        let error = result.expect_err(text).to_string();
        assert!(error.contains(text), "{error}");
    };
    let mut late = ApplyOptions::at(lab.now + Duration::hours(25));
    expect(lab.apply_with(&plan, &late).await, "longer ago");
    late.max_plan_age = Duration::hours(48);
    assert!(lab.apply_with(&plan, &late).await.is_ok());
    expect(lab.apply_with(&plan, &late).await, "link store changed");

    let mut edited = lab.plan().await;
    edited.psa = "other".into();
    expect(lab.apply_with(&edited, &late).await, "changed after it was made");

    let plan = lab.plan().await;
    lab.psa.set_capabilities(Capabilities::none());
    expect(lab.apply_with(&plan, &late).await, "PSA can do");
    lab.psa.set_capabilities(Capabilities::everything());
    let other = Lab::new(World::new().policy(|p| p.lifecycle.create = false));
    expect(other.apply_with(&plan, &ApplyOptions::at(other.now)).await, "policy changed");
    let mut stranger = Lab::new(World::new());
    stranger.world.tenant.name = sync_core::model::TenantName::new("Fabrikam");
    expect(stranger.apply_with(&plan, &ApplyOptions::at(stranger.now)).await, "not for Fabrikam");
    assert_eq!(stranger.psa.writes() + other.psa.writes(), 0);
}

#[tokio::test]
async fn a_contact_list_that_breaks_off_before_writing_stops_the_plan() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    let plan = lab.plan().await;
    lab.psa.cut_after(Some(2));
    assert!(matches!(
        lab.apply_with(&plan, &ApplyOptions::at(lab.now)).await,
        Err(ApplyError::ContactsPartial(_))
    ));
    assert_eq!(lab.psa.writes(), 0);
}

#[tokio::test]
async fn a_first_run_that_was_interrupted_goes_on_as_a_first_run() {
    let mut world = World::new();
    for i in 0..40 {
        world = world.user(user(&format!("n{i:02}"), &format!("n{i:02}@contoso.com")));
    }
    let lab = Lab::new(world);
    // The PSA goes away in the middle; what was created by then is linked.
    for _ in 0..10 {
        lab.psa.fail_next_write(ErrorKind::Rejected, false);
    }
    let first = lab.run().await;
    let made = first.statistics.contacts_created;
    assert!(made < 30 && first.statistics.errors > 0, "{:?}", first.statistics);
    let next = lab.run().await;
    assert!(next.guards.is_empty(), "{:?}", next.guards);
    assert_eq!(made + next.statistics.contacts_created, 40);
    for i in 40..60 {
        lab.directory.put(user(&format!("n{i:02}"), &format!("n{i:02}@contoso.com")));
    }
    assert_eq!(lab.plan().await.guards.len(), 1, "from now on creates are limited");
}

#[tokio::test]
async fn two_runs_at_once_cannot_both_write() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    let plan = lab.plan().await;
    let options = ApplyOptions::at(lab.now);
    let (a, b) = futures::join!(lab.apply_with(&plan, &options), lab.apply_with(&plan, &options));
    let created: u64 =
        [&a, &b].iter().filter_map(|r| r.as_ref().ok()).map(|r| r.statistics.contacts_created).sum();
    let made = lab
        .psa
        .contacts_now()
        .iter()
        .filter(|c| c.fields[&ContactField::Email] == "new@contoso.com".into())
        .count();
    assert_eq!((created, made), (1, 1));
}

#[tokio::test]
async fn the_tenants_id_is_written_to_the_company_once() {
    let world = World::new().crowd(2).policy(|p| p.write_back.company_tenant_field = "Tenant365Id".into());
    let lab = Lab::new(world);
    let _ = lab.run().await;
    let companies = lab.psa.all_companies().await.unwrap();
    assert_eq!(companies[0].custom_fields["Tenant365Id"], FieldValue::Text("contoso".into()));
}

#[tokio::test]
async fn a_dry_run_reports_what_would_be_and_writes_nothing() {
    let lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")));
    let report = Report::of_dry_run(&lab.plan().await, SyncMode::Full, now());
    assert!(report.dry_run);
    assert_eq!(report.statistics.contacts_created, 0, "nothing was done");
    assert_eq!(report.created_contacts[0].status, "would_be_created");
    assert_eq!(lab.psa.writes(), 0);
}

#[tokio::test]
async fn a_smaller_directory_is_accepted_only_by_value() {
    let lab = Lab::new(World::new().crowd(10));
    let _ = lab.run().await;
    for i in 0..5 {
        lab.directory.remove(&anchor(&format!("p{i:02}")), false);
    }
    let plan = lab.plan().await;
    assert!(plan.warnings.iter().any(|w| w.code == "SourceIncomplete"));
    assert!(!Report::of_dry_run(&plan, SyncMode::Full, now()).success, "a suspect source is no success");
    let mut options = ApplyOptions::at(lab.now);
    options.overrides = vec![Override::new(plan.id.clone(), "suspect_snapshot", 4)];
    assert!(lab.apply_with(&plan, &options).await.is_err());
    options.overrides = vec![Override::new(plan.id.clone(), "suspect_snapshot", 5)];
    let _ = lab.apply_with(&plan, &options).await.unwrap();
    assert!(lab.plan().await.warnings.iter().all(|w| w.code != "SourceIncomplete"));
}

#[tokio::test]
async fn a_contact_that_holds_the_users_id_by_now_is_not_created_again() {
    let world = World::new().user(user("new", "new@contoso.com"));
    let lab = Lab::new(world.policy(|p| p.write_back.contact_id_field = "Office365Id".into()));
    let plan = lab.plan().await;
    assert_eq!(plan.summary.create, 1);
    // Made by another run meanwhile, and its address was corrected by hand since.
    let stored = ContactField::Custom("Office365Id".into());
    lab.psa.put(contact("c", "new", "other@contoso.com").with(stored, "NEW"));
    let s = lab.apply(&plan).await.statistics;
    assert_eq!((s.contacts_created, s.stale), (0, 1));
    assert_eq!(lab.psa.writes(), 0);
}

#[test]
fn apply_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let check = |lab: &Lab, plan: &Plan, context: &ApplyContext<'_>, options: &ApplyOptions| {
        let _ = lab;
        is_send(apply(plan, context, options));
    };
    let _ = check;
    let _: fn(ErrorKind) -> Error = |kind| Error::new(kind, "x", "y");
}

#[tokio::test]
async fn a_migration_moves_links_writes_nothing_and_an_ordinary_run_goes_on_from_there() {
    let mut world = crate::migration::migrated(5);
    // Made inactive by this tool under the old object id: the person may come back under the new one.
    world.contacts[4].fields.insert(ContactField::Active, false.into());
    let theirs: Vec<_> = world.links.links.of_contact(&ContactId::new("c4")).cloned().collect();
    for mut link in theirs {
        link.deactivated_by_us = true;
        link.last_written.insert(ContactField::Title, "Engineer".into());
        world.links.links.insert(link);
    }
    world.users[4].enabled = Some(false);
    let mut lab = Lab::new(world);
    let plan = lab.plan().await;
    let report = lab.apply_with(&plan, &ApplyOptions::at(lab.now)).await.unwrap();
    assert_eq!(report.statistics.contacts_linked, 5);
    let links = lab.links.load(&lab.world.tenant.name).await.unwrap().links;
    assert_eq!(links.keys().cloned().collect::<Vec<_>>(), ["n0", "n1", "n2", "n3", "n4"].map(anchor));
    let moved = &links[&anchor("n4")];
    assert!(moved.deactivated_by_us);
    assert_eq!(moved.last_written[&ContactField::Title], "Engineer".into());
    assert!(links.values().all(|l| l.first_linked_at < lab.now && l.missing_reads == 0));
    assert_eq!(lab.psa.writes(), 0);
    lab.world.run.migrate_from = None;
    assert_eq!(lab.plan().await.summary.changes(), 0);
    lab.directory = MemoryDirectory::new(lab.world.users.iter().cloned().map(|mut u| {
        u.enabled = Some(true);
        u
    }));
    assert_eq!(lab.plan().await.summary.reactivate, 1);
}

#[tokio::test]
async fn too_few_relinks_are_applied_only_by_their_count() {
    let mut world = crate::migration::migrated(10);
    world.users.truncate(5);
    let lab = Lab::new(world);
    let plan = lab.plan().await;
    let report = lab.apply_with(&plan, &ApplyOptions::at(lab.now)).await.unwrap();
    assert_eq!((report.statistics.contacts_linked, report.statistics.held), (0, 5));
    let mut options = ApplyOptions::at(lab.now);
    options.overrides = vec![Override::new(plan.id.clone(), "too_few_relinks", 5)];
    let report = lab.apply_with(&plan, &options).await.unwrap();
    assert_eq!(report.statistics.contacts_linked, 5);
    let links = lab.links.load(&lab.world.tenant.name).await.unwrap().links;
    assert_eq!(links.len(), 10, "what nobody claimed stays as it was");
    assert!(links.values().all(|l| l.missing_reads == 0));
}
