//! Reading changes only.

use crate::{
    lab::{Lab, telling},
    world::{World, anchor, user},
};
use chrono::Duration;
use sync_core::{
    capability::Capabilities,
    model::{Attribute, ContactField, ContactId, FieldValue},
    plan::{Reason, Subject},
    policy::SyncMode,
    review::{Answer, Review, Situation},
    store::ReviewStore as _,
};

const BOTH: [fn() -> Capabilities; 2] = [telling, Capabilities::everything];

async fn in_step(capabilities: Capabilities) -> Lab {
    let mut lab = Lab::new(World::new().crowd(10), capabilities);
    let first = lab.run(SyncMode::Incremental).await;
    assert_eq!(first.mode, Some(SyncMode::Full), "the first run is full whatever is asked");
    lab.pass(Duration::hours(1));
    lab
}

#[tokio::test]
async fn an_unchanged_tenant_asks_the_psa_nothing() {
    for capabilities in BOTH {
        let mut lab = in_step(capabilities()).await;
        for _ in 0..3 {
            let run = lab.run(SyncMode::Incremental).await;
            assert!(run.plan.is_none());
            assert_eq!(run.reads, 0);
            lab.pass(Duration::hours(1));
        }
    }
}

#[tokio::test]
async fn what_changed_in_the_directory_is_planned_against_everything() {
    for capabilities in BOTH {
        let mut lab = in_step(capabilities()).await;
        lab.directory.put(user("p03", "p03@contoso.com").with(Attribute::JobTitle, "Lead"));
        lab.directory.put(user("new", "new@contoso.com"));
        lab.directory.remove(&anchor("p04"), true);
        let run = lab.run(SyncMode::Incremental).await;
        assert_eq!(run.mode, Some(SyncMode::Incremental));
        let summary = run.plan.as_ref().unwrap().summary;
        assert_eq!((summary.create, summary.update, summary.deactivate), (1, 1, 1));
        assert_eq!(summary.users_read, 10, "the plan is about everybody");
        lab.pass(Duration::hours(1));
        let run = lab.run(SyncMode::Incremental).await;
        assert!(run.plan.is_none(), "what was written is known");
        lab.pass(Duration::hours(1));
        let run = lab.run(SyncMode::Full).await;
        assert_eq!(run.plan.unwrap().summary.changes(), 0);
    }
}

#[tokio::test]
async fn of_a_psa_that_cannot_tell_changes_only_the_contacts_that_matter_are_read() {
    let lab = in_step(Capabilities::everything()).await;
    lab.directory.put(user("p03", "p03@contoso.com").with(Attribute::JobTitle, "Lead"));
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!(run.reads, 1, "one contact, not the list");
    assert_eq!(run.plan.unwrap().summary.update, 1);
}

#[tokio::test]
async fn what_a_technician_edited_meanwhile_is_seen_where_somebody_changed_and_healed_by_the_full_read_otherwise()
 {
    let mut lab = in_step(telling()).await;
    let edit = |lab: &Lab, id: &str| {
        assert!(lab.psa.edit(&ContactId::new(id), |contact| {
            contact.fields.insert(ContactField::Title, FieldValue::text("Edited"));
        }));
    };
    edit(&lab, "c05");
    assert!(lab.run(SyncMode::Incremental).await.plan.is_none(), "nobody asked the PSA");
    lab.directory.put(user("p03", "p03@contoso.com").with(Attribute::JobTitle, "Lead"));
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!(run.plan.unwrap().summary.update, 2, "the edit is seen beside the change");
    edit(&lab, "c06");
    lab.pass(Duration::hours(25));
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!((run.mode, run.plan.unwrap().summary.update), (Some(SyncMode::Full), 1));
}

#[tokio::test]
async fn who_vanished_without_a_word_is_found_missing_by_full_reads_and_has_the_grace() {
    let mut lab = in_step(telling()).await;
    lab.directory.remove(&anchor("p04"), false);
    assert!(lab.run(SyncMode::Incremental).await.plan.is_none(), "changes do not tell");
    let subject = Subject::Contact(ContactId::new("c04"));
    let mut seen = Vec::new();
    for _ in 0..3 {
        lab.pass(Duration::hours(25));
        let plan = lab.run(SyncMode::Incremental).await.plan.unwrap();
        seen.push(plan.decisions.find(&subject).map(|decision| decision.reason));
        // Who is waited for is looked at in every run.
        lab.pass(Duration::minutes(30));
    }
    assert_eq!(seen, [Some(Reason::Grace), Some(Reason::Missing), Some(Reason::Missing)]);
    let gone = lab.psa.contacts_now().into_iter().find(|c| c.id.as_str() == "c04").unwrap();
    assert_eq!(gone.active(), Some(false));
}

#[tokio::test]
async fn an_expired_token_reads_everything() {
    let lab = in_step(telling()).await;
    lab.directory.expire_tokens();
    assert_eq!(lab.run(SyncMode::Incremental).await.mode, Some(SyncMode::Full));
}

#[tokio::test]
async fn a_policy_that_changed_an_answer_and_a_clock_that_was_set_back_end_the_quiet() {
    let mut lab = in_step(telling()).await;
    assert!(lab.run(SyncMode::Incremental).await.plan.is_none());
    let name = &lab.world.tenant.name;
    let asked = Situation::of(&Reason::NoEmail, None);
    let review = Review::new(name, Subject::User(anchor("p01")), asked, Answer::Ignore, lab.now);
    lab.store.answer(name, &review, None).await.unwrap();
    assert!(lab.run(SyncMode::Incremental).await.plan.is_some(), "a person answered");
    assert!(lab.run(SyncMode::Incremental).await.plan.is_none());
    let mut document = lab.world.policy.clone();
    document.lifecycle.grace_hours += 1;
    lab.policy = sync_core::policy::Policy::new(document).unwrap();
    assert!(lab.run(SyncMode::Incremental).await.plan.is_some(), "something else is wanted");
    assert!(lab.run(SyncMode::Incremental).await.plan.is_none());
    lab.pass(-Duration::hours(30));
    assert_eq!(lab.run(SyncMode::Incremental).await.mode, Some(SyncMode::Full), "nobody knows how old it is");
}

#[tokio::test]
async fn a_run_that_failed_is_followed_by_one_that_looks() {
    let mut lab = in_step(telling()).await;
    lab.directory.put(user("new", "new@contoso.com"));
    lab.psa.fail_next_write(sync_core::ErrorKind::Rejected, false);
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!(run.report.unwrap().statistics.errors, 1);
    lab.pass(Duration::hours(1));
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!(run.report.unwrap().statistics.contacts_created, 1, "although nothing changed since");
}

#[tokio::test]
async fn a_crash_between_reading_and_writing_loses_no_change() {
    let lab = in_step(telling()).await;
    lab.directory.put(user("p03", "p03@contoso.com").with(Attribute::JobTitle, "Lead"));
    // The change is read and kept, the token moves on, and the run dies before it writes.
    let hold = lab.store.hold();
    let run = sync_core::policy::RunInput::default();
    let options = sync_core::collect::CollectOptions {
        tenant: &lab.world.tenant,
        policy: &lab.policy,
        run: &run,
        directory: &lab.directory,
        psa: &*lab.psa,
        store: Some(&*lab.store),
        hold: Some(&hold),
        now: lab.now,
        full_every: lab.full_every,
    };
    sync_core::collect::collect(&options).await.unwrap();
    let run = lab.run(SyncMode::Incremental).await;
    assert_eq!(run.plan.unwrap().summary.update, 1);
}

#[tokio::test]
async fn what_a_killed_run_made_is_seen_although_the_clock_of_the_psa_is_behind() {
    for capabilities in BOTH {
        let mut lab = in_step(capabilities()).await;
        lab.directory.put(user("new", "new@contoso.com"));
        // Its contacts say that they changed long before the last read.
        lab.psa.set_now(lab.now - Duration::hours(2));
        let killed = lab.run_killed(SyncMode::Incremental).await;
        assert_eq!(killed.report.unwrap().statistics.contacts_created, 1);
        assert!(lab.links().await.links.contains_key(&anchor("new")), "the link is there");
        lab.now += Duration::minutes(20);
        let next = lab.run(SyncMode::Incremental).await;
        let summary = next.plan.unwrap().summary;
        assert_eq!((summary.changes(), summary.hold), (0, 0), "{:?}", next.mode);
        lab.now += Duration::minutes(20);
        assert!(lab.run(SyncMode::Incremental).await.plan.is_none(), "and everything is quiet");
    }
}
