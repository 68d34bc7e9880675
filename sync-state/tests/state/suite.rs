//! What every store must do.

use chrono::{DateTime, Duration, Utc};
use std::time::Duration as Length;
use sync_core::{
    ErrorKind,
    apply::interrupted_report,
    capability::Capabilities,
    model::{
        Attribute, CompanyId, Contact, ContactField, ContactId, DeltaToken, DirectoryGroup, DirectoryUser,
        FieldValue, SourceAnchor, TenantName,
    },
    plan::{Change, Decision, FieldChange, NONE_ELSEWHERE, Plan, PlanInput, Reason, Subject, plan},
    policy::{Policy, RunInput, SyncMode, Tenant},
    review::{NO_REVIEWS, Situation},
    snapshot::{Completeness, ContactSnapshot, UserSnapshot},
    store::{
        Acquired, Answer, BaseChange, BaseUsers, Commit, ContactBase, DirectoryBase, Event, EventKind,
        Intent, IntentState, Link, LinkChange, LinkSet, Person, PinRecord, Quarantine, Quiet, Review, Rows,
        RunEnd, RunId, RunStart, StateStore, WriteQuery,
    },
};

const LENGTH: Length = Length::from_secs(60);

pub(crate) fn at(minute: i64) -> DateTime<Utc> {
    "2026-01-06T10:30:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(minute)
}

pub(crate) fn anchor(object: &str) -> SourceAnchor {
    SourceAnchor::entra("t", object)
}

pub(crate) fn link(object: &str, contact: &str) -> LinkChange {
    LinkChange::Set(Box::new(Link::new(anchor(object), ContactId::new(contact), at(0))))
}

pub(crate) async fn take(store: &dyn StateStore, tenant: &TenantName) -> RunId {
    match store.acquire(tenant, "a test", LENGTH).await.unwrap() {
        Acquired::Ours(lease) => lease.run,
        Acquired::HeldBy(lease) => panic!("held by {lease:?}"),
    }
}

/// Runs every claim against a store, each with a tenant of its own.
pub(crate) async fn every_claim(store: &dyn StateStore) {
    let tenant = |name: &str| TenantName::new(name);
    what_is_committed_is_loaded_again(store, &tenant("links \u{e9} 'quoted'")).await;
    changes_of_one_link_in_one_step_count_in_their_order(store, &tenant("order")).await;
    a_commit_from_an_old_generation_or_an_old_run_records_nothing(store, &tenant("fence")).await;
    an_intent_is_open_until_it_is_settled(store, &tenant("journal")).await;
    history_tells_who_wrote_which_value(store, &tenant("history")).await;
    rows_are_replaced_and_folded(store, &tenant("base")).await;
    answers_quarantine_events_and_pins_are_kept(store, &tenant("people")).await;
    a_person_is_told_and_forgotten_and_old_history_ends(store, &tenant("forgotten")).await;
}

async fn what_is_committed_is_loaded_again(store: &dyn StateStore, tenant: &TenantName) {
    assert!(store.load(tenant).await.unwrap() == LinkSet::new(), "an unknown tenant has nothing");
    let run = take(store, tenant).await;
    let mut full = Link::new(anchor("a"), ContactId::new("42"), at(0));
    full.immutable_id = Some("3q2+7w==".into());
    full.deactivated_by_us = true;
    full.deactivated_at = Some(at(1));
    full.deactivated_because = Some("disabled".into());
    full.missing_since = Some(at(2));
    full.missing_reads = 3;
    full.last_written.insert(ContactField::Title, FieldValue::text("Engi\u{202e}neer \"1\""));
    full.last_source.insert(ContactField::Custom("Entra ID".into()), FieldValue::Empty);
    full.rewritten.insert(ContactField::Title, 2);
    let changes = vec![
        LinkChange::Set(Box::new(full)),
        link("b", "43"),
        link("c", "44"),
        LinkChange::CompleteRead { users: 7 },
        LinkChange::FirstRun { open: true },
    ];
    let commit = Commit::new(run, 0).with_links(changes);
    assert_eq!(store.commit(tenant, &commit).await.unwrap(), 1);
    let wanted = LinkSet::new().after(&commit);
    assert!(store.load(tenant).await.unwrap() == wanted);
    let more = Commit::new(run, 1).with_links(vec![
        LinkChange::Seen { source_id: anchor("a"), at: at(5) },
        LinkChange::Missing { source_id: anchor("b"), at: at(5) },
        LinkChange::Remove(anchor("c")),
        LinkChange::Settled { source_id: anchor("a"), fields: vec![ContactField::Title] },
    ]);
    store.commit(tenant, &more).await.unwrap();
    let wanted = wanted.after(&more);
    assert!(store.load(tenant).await.unwrap() == wanted);
    let again = Commit::new(run, 2)
        .with_links(vec![LinkChange::Missing { source_id: anchor("b"), at: at(9) }, link("d", "45")]);
    store.commit(tenant, &again).await.unwrap();
    let wanted = wanted.after(&again);
    assert_eq!(wanted.links[&anchor("b")].missing_reads, 2);
    assert!(store.load(tenant).await.unwrap() == wanted);
}

async fn changes_of_one_link_in_one_step_count_in_their_order(store: &dyn StateStore, tenant: &TenantName) {
    let run = take(store, tenant).await;
    store
        .commit(
            tenant,
            &Commit::new(run, 0).with_links(vec![
                link("a", "1"),
                link("b", "2"),
                link("p", "22"),
                link("q", "21"),
                link("c", "3"),
                link("d", "4"),
            ]),
        )
        .await
        .unwrap();
    let seen = |object: &str| LinkChange::Seen { source_id: anchor(object), at: at(3) };
    let missing = |object: &str| LinkChange::Missing { source_id: anchor(object), at: at(4) };
    let mut rewritten = Link::new(anchor("b"), ContactId::new("2"), at(0));
    rewritten.rewritten.insert(ContactField::Title, 1);
    let settled = LinkChange::Settled { source_id: anchor("b"), fields: vec![ContactField::Title] };
    let steps = vec![
        link("a", "9"),
        seen("a"),
        missing("a"),
        LinkChange::Set(Box::new(rewritten)),
        seen("b"),
        settled,
        link("x", "5"),
        LinkChange::Remove(anchor("x")),
        // Two who change contacts: each takes the other's, and lets go of it only where it still has it.
        link("p", "21"),
        LinkChange::Release { source_id: anchor("q"), contact_id: ContactId::new("21") },
        LinkChange::Release { source_id: anchor("p"), contact_id: ContactId::new("22") },
        link("q", "22"),
        LinkChange::Release { source_id: anchor("c"), contact_id: ContactId::new("3") },
        LinkChange::Release { source_id: anchor("d"), contact_id: ContactId::new("3") },
    ];
    let before = store.load(tenant).await.unwrap();
    let commit = Commit::new(run, 1).with_links(steps);
    store.commit(tenant, &commit).await.unwrap();
    assert!(store.load(tenant).await.unwrap() == before.after(&commit));
}

async fn a_commit_from_an_old_generation_or_an_old_run_records_nothing(
    store: &dyn StateStore,
    tenant: &TenantName,
) {
    let first = take(store, tenant).await;
    store.commit(tenant, &Commit::new(first, 0).with_links(vec![link("a", "1")])).await.unwrap();
    let stale = Commit::new(first, 0).with_links(vec![link("b", "2")]);
    let error = store.commit(tenant, &stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    store.release(tenant, first).await.unwrap();
    let second = take(store, tenant).await;
    assert!(second > first, "numbers grow");
    let late = Commit::new(first, 1).with_links(vec![link("b", "2")]);
    let error = store.commit(tenant, &late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}");
    let event = Event::new(at(0), EventKind::QuarantineBegan, "x");
    assert!(store.tell(tenant, first, &event).await.is_err());
    assert!(store.set_quarantine(tenant, first, None, &event).await.is_err());
    assert!(store.keep(tenant, first, &BaseChange::default()).await.is_err());
    let set = store.load(tenant).await.unwrap();
    assert_eq!((set.generation, set.links.len()), (1, 1));
    store.commit(tenant, &Commit::new(second, 1).with_links(vec![link("b", "2")])).await.unwrap();
}

pub(crate) fn update(object: &str, contact: &str) -> Decision {
    let json = serde_json::json!({
        "subject": {"user": anchor(object)}, "user_principal_name": format!("{object}@contoso.example.com"),
        "display_name": "Ada", "company": "100",
        "change": {"action": "update", "contact": contact, "link": "existing",
            "fields": [{"field": "title", "before": "Old", "after": "N\u{e9}w \u{1f600}"}], "expect": "e"},
        "reason": {"code": "fields_differ", "rule": "link"}
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn create(object: &str) -> Decision {
    let after = FieldValue::text(format!("{object}@contoso.example.com"));
    let fields = vec![FieldChange { field: ContactField::Email, before: FieldValue::Empty, after }];
    let change = Change::Create { fields, unless_email: Vec::new(), beside: Vec::new() };
    Decision::new(Subject::User(anchor(object)), change, Reason::NoMatch)
}

async fn an_intent_is_open_until_it_is_settled(store: &dyn StateStore, tenant: &TenantName) {
    let run = take(store, tenant).await;
    let mut commit = Commit::new(run, 0);
    let mut making = Intent::new(run, 4, create("new"), at(1));
    making.key = Some("k".into());
    commit.opened = vec![making.clone(), Intent::new(run, 2, update("a", "1"), at(1))];
    store.commit(tenant, &commit).await.unwrap();
    let set = store.load(tenant).await.unwrap();
    assert_eq!(set.open.iter().map(|intent| intent.place).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(set.open_create(&anchor("new")), Some(&making));
    let mut again = Commit::new(run, 1);
    again.opened = commit.opened.clone();
    assert!(store.commit(tenant, &again).await.is_err(), "an intent is announced once");
    assert_eq!(store.base(tenant).await.unwrap().open, 2);
    let mut commit = Commit::new(run, 1);
    let done = IntentState::Done { contact: ContactId::new("77") };
    commit.settled = vec![making.settled(done.clone(), at(2)), set.open[0].settled(IntentState::Lost, at(2))];
    store.commit(tenant, &commit).await.unwrap();
    let open = store.load(tenant).await.unwrap().open;
    assert_eq!(open.iter().map(|i| (i.place, i.state.clone())).collect::<Vec<_>>(), [(2, IntentState::Lost)]);
    let all = store.intents(run).await.unwrap();
    assert_eq!((all.len(), &all[1].state, all[1].settled_at), (2, &done, Some(at(2))));
}

pub(crate) fn a_plan(tenant: &TenantName, objects: &[&str]) -> Plan {
    let mut users = UserSnapshot::builder();
    for object in objects {
        let mail = format!("{object}@contoso.example.com");
        let user = DirectoryUser::new(anchor(object)).with(Attribute::Mail, mail.clone());
        users.push(&user.with(Attribute::UserPrincipalName, mail));
    }
    let users = users.finish(at(0), Completeness::Complete).unwrap();
    let contacts = ContactSnapshot::builder().finish(at(0), Completeness::Complete).unwrap();
    let policy = Policy::new(sync_core::policy::PolicyDocument::defaults()).unwrap();
    plan(&PlanInput {
        tenant: &Tenant::to_company(tenant.clone(), "t", CompanyId::new("100")),
        psa: "memory",
        users: &users,
        contacts: &contacts,
        companies: &[],
        links: &LinkSet::new(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &NO_REVIEWS,
        policy: &policy,
        capabilities: &Capabilities::everything(),
        run: &RunInput::default(),
        as_of: at(0),
    })
    .unwrap()
}

async fn history_tells_who_wrote_which_value(store: &dyn StateStore, tenant: &TenantName) {
    let run = take(store, tenant).await;
    let plan = a_plan(tenant, &["a", "b"]);
    let start = RunStart { at: at(0), sync_mode: SyncMode::Full, undoes: None, plan: &plan };
    store.begin(tenant, run, &start).await.unwrap();
    assert_eq!(store.run(run).await.unwrap().unwrap().ended_at, None);
    let mut commit = Commit::new(run, 0);
    commit.opened =
        vec![Intent::new(run, 0, update("a", "1"), at(1)), Intent::new(run, 1, create("b"), at(1))];
    commit.settled = vec![
        commit.opened[0].settled(IntentState::Done { contact: ContactId::new("1") }, at(2)),
        commit.opened[1].settled(IntentState::Done { contact: ContactId::new("2") }, at(3)),
    ];
    store.commit(tenant, &commit).await.unwrap();
    let report = interrupted_report(&plan, &store.intents(run).await.unwrap(), SyncMode::Full, at(0));
    let missing = RunId::new(u64::MAX >> 1);
    let end = RunEnd { at: at(5), interrupted: true, report: &report };
    assert_eq!(store.finish(tenant, run, missing, &end).await.unwrap_err().kind(), ErrorKind::NotFound);
    store.finish(tenant, run, run, &end).await.unwrap();
    assert!(store.plan(run).await.unwrap() == Some(plan), "a plan comes out as it went in");
    assert!(store.report(run).await.unwrap() == Some(report));
    let records = store.runs(Some(tenant), None, 10).await.unwrap();
    assert_eq!((records.len(), records[0].run, records[0].interrupted), (1, run, true));
    assert_eq!(records[0].ended_at, Some(at(5)));
    assert!(store.runs(Some(tenant), Some(run), 10).await.unwrap().is_empty(), "below is below");
    assert!(store.runs(None, None, 1000).await.unwrap().len() >= records.len());
    let asked = async |query: WriteQuery| store.written(tenant, &query).await.unwrap();
    assert_eq!(asked(WriteQuery::default()).await.len(), 2);
    let of_user = asked(WriteQuery { source_id: Some(anchor("a")), ..WriteQuery::default() }).await;
    assert_eq!(of_user.len(), 1);
    assert_eq!((of_user[0].run, of_user[0].at, &of_user[0].before), (run, at(2), &FieldValue::text("Old")));
    let contact = Some(ContactId::new("2"));
    assert_eq!(asked(WriteQuery { contact, ..WriteQuery::default() }).await.len(), 1, "also of a create");
    let field = Some(ContactField::Department);
    assert!(asked(WriteQuery { field, ..WriteQuery::default() }).await.is_empty());
}

fn someone(object: &str, name: &str) -> DirectoryUser {
    DirectoryUser::new(anchor(object)).with(Attribute::DisplayName, name)
}

fn contact(id: &str, title: &str) -> Contact {
    Contact::new(ContactId::new(id), CompanyId::new("100")).with(ContactField::Title, title)
}

async fn rows_are_replaced_and_folded(store: &dyn StateStore, tenant: &TenantName) {
    let run = take(store, tenant).await;
    let plan = a_plan(tenant, &[]);
    let directory = DirectoryBase {
        token: Some(DeltaToken::new("secret")),
        depends: plan.basis.policy.clone(),
        full_at: at(0),
        read_at: at(0),
    };
    let contacts = ContactBase { depends: plan.basis.tenant.clone(), full_at: at(0), read_at: at(0) };
    let group = DirectoryGroup::new("G1").named("Sales");
    let change = BaseChange {
        directory: Some(directory.clone()),
        users: Rows::Replace(BaseUsers {
            users: vec![someone("a", "Ada"), someone("b", "Bob")],
            removed: vec![anchor("z")],
            groups: vec![group.clone()],
        }),
        contacts: Some(contacts.clone()),
        rows: Rows::Replace(vec![contact("1", "x"), contact("2", "y")]),
        ..BaseChange::default()
    };
    store.keep(tenant, run, &change).await.unwrap();
    let base = store.base(tenant).await.unwrap();
    assert_eq!((base.directory, base.contacts, base.quiet), (Some(directory), Some(contacts), None));
    let fold = BaseChange {
        users: Rows::Fold(BaseUsers {
            users: vec![someone("a", "Ada L."), someone("z", "Zoe")],
            removed: vec![anchor("b")],
            groups: Vec::new(),
        }),
        rows: Rows::Fold(vec![contact("2", "z"), contact("3", "n")]),
        gone: vec![ContactId::new("1")],
        quiet: Some(Some(Quiet {
            wanted: plan.basis.policy.clone(),
            generation: 4,
            answers: 0,
            due_at: Some(at(9)),
            held: 1,
        })),
        ..BaseChange::default()
    };
    store.keep(tenant, run, &fold).await.unwrap();
    let users = store.base_users(tenant).await.unwrap();
    assert!(users.users == [someone("a", "Ada L."), someone("z", "Zoe")]);
    assert_eq!((users.removed, users.groups), (vec![anchor("b")], vec![group]));
    assert!(store.base_contacts(tenant).await.unwrap() == [contact("2", "z"), contact("3", "n")]);
    let base = store.base(tenant).await.unwrap();
    assert_eq!(base.quiet.map(|quiet| (quiet.generation, quiet.due_at)), Some((4, Some(at(9)))));
    assert!(base.directory.is_some(), "what is not said stays");
    let loud = BaseChange { quiet: Some(None), ..BaseChange::default() };
    store.keep(tenant, run, &loud).await.unwrap();
    assert_eq!(store.base(tenant).await.unwrap().quiet, None);
}

async fn answers_quarantine_events_and_pins_are_kept(store: &dyn StateStore, tenant: &TenantName) {
    let review = |reason: &Reason, answer| {
        Review::new(tenant, Subject::User(anchor("a")), Situation::of(reason, None), answer, at(0))
    };
    let reject = review(&Reason::Protected, Answer::Reject);
    let ignore = review(&Reason::NoEmail, Answer::Ignore);
    let pin = review(&Reason::Protected, Answer::Pin { contact: ContactId::new("5") }).with_note("asked her");
    store.answer(tenant, &reject, None).await.unwrap();
    store.answer(tenant, &ignore, None).await.unwrap();
    for seen in [None, Some(&ignore), Some(&pin)] {
        let refused = store.answer(tenant, &pin, seen).await.unwrap_err();
        assert_eq!(
            refused.kind(),
            ErrorKind::PreconditionFailed,
            "somebody else's answer is not overwritten unseen"
        );
    }
    store.answer(tenant, &pin, Some(&reject)).await.unwrap();
    let mut wanted = [ignore.clone(), pin];
    wanted.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(store.reviews(tenant).await.unwrap(), wanted);
    assert!(store.take_back(tenant, &ignore.id).await.unwrap());
    assert!(!store.take_back(tenant, &ignore.id).await.unwrap());
    assert_eq!(store.base(tenant).await.unwrap().answers, 4, "each of them wakes a quiet tenant");

    let run = take(store, tenant).await;
    let quarantine = Quarantine::new(at(1), vec![run]);
    let event = |minute, kind| Event::new(at(minute), kind, "3 runs failed");
    let began = event(1, EventKind::QuarantineBegan);
    store.set_quarantine(tenant, run, Some(&quarantine), &began).await.unwrap();
    assert_eq!(store.quarantine(tenant).await.unwrap(), Some(quarantine));
    store.set_quarantine(tenant, run, None, &event(2, EventKind::QuarantineEnded)).await.unwrap();
    store.tell(tenant, run, &event(3, EventKind::RunInterrupted)).await.unwrap();
    assert_eq!(store.quarantine(tenant).await.unwrap(), None);
    let kinds: Vec<_> = store.events(tenant, at(2)).await.unwrap().iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::QuarantineEnded, EventKind::RunInterrupted]);

    let pin = |lookup: &str| PinRecord::new(lookup, "slow digest", at(0));
    assert!(store.set_pin(tenant, &anchor("a"), &pin("l1")).await.unwrap());
    assert!(!store.set_pin(tenant, &anchor("b"), &pin("l1")).await.unwrap(), "no two people have one PIN");
    assert!(store.set_pin(tenant, &anchor("a"), &pin("l2")).await.unwrap(), "rotated");
    assert!(store.set_pin(tenant, &anchor("b"), &pin("l1")).await.unwrap());
    let found = store.pin_by_lookup(tenant, "l1").await.unwrap();
    assert_eq!(found.map(|(user, _)| user), Some(anchor("b")));
    assert_eq!(store.pins(tenant).await.unwrap().len(), 2);
    assert!(store.remove_pin(tenant, &anchor("a")).await.unwrap());
    assert!(!store.remove_pin(tenant, &anchor("a")).await.unwrap());
    assert_eq!(
        store.base(tenant).await.unwrap().answers,
        5,
        "a new PIN is due, so a quiet tenant looks again"
    );
}

async fn a_person_is_told_and_forgotten_and_old_history_ends(store: &dyn StateStore, tenant: &TenantName) {
    let run = take(store, tenant).await;
    let plan = a_plan(tenant, &["a", "b"]);
    let start = RunStart { at: at(0), sync_mode: SyncMode::Full, undoes: None, plan: &plan };
    store.begin(tenant, run, &start).await.unwrap();
    let mut commit = Commit::new(run, 0).with_links(vec![link("a", "1"), link("b", "2")]);
    commit.opened = vec![
        Intent::new(run, 0, update("a", "1"), at(1)),
        Intent::new(run, 1, update("b", "2"), at(1)),
        Intent::new(run, 2, create("c"), at(1)),
    ];
    for intent in &commit.opened[..2] {
        let contact = intent.contact().unwrap().clone();
        commit.settled.push(intent.settled(IntentState::Done { contact }, at(2)));
    }
    store.commit(tenant, &commit).await.unwrap();
    let report = interrupted_report(&plan, &store.intents(run).await.unwrap(), SyncMode::Full, at(0));
    store.finish(tenant, run, run, &RunEnd { at: at(3), interrupted: false, report: &report }).await.unwrap();
    let base = BaseChange {
        users: Rows::Replace(BaseUsers { users: vec![someone("a", "Ada")], ..BaseUsers::default() }),
        rows: Rows::Replace(vec![contact("1", "x"), contact("2", "y")]),
        ..BaseChange::default()
    };
    store.keep(tenant, run, &base).await.unwrap();
    let subject = Subject::User(anchor("a"));
    let asked = Situation::of(&Reason::Protected, None);
    let review = Review::new(tenant, subject, asked, Answer::Reject, at(0));
    store.answer(tenant, &review, None).await.unwrap();
    store.set_pin(tenant, &anchor("a"), &PinRecord::new("l", "v", at(0))).await.unwrap();
    let person = Person { source_id: Some(anchor("a")), contact: None };
    let data = store.about(tenant, &person).await.unwrap();
    assert_eq!((data.links.len(), data.contacts.len(), data.written.len()), (1, 1, 1));
    assert!(data.user.is_some() && data.reviews.len() == 1);
    assert_eq!(data.runs, [run]);
    let busy = store.forget(tenant, &person).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::PreconditionFailed, "not while a run holds the tenant");
    store.release(tenant, run).await.unwrap();
    let waits = Person { source_id: Some(anchor("c")), contact: None };
    let open = store.forget(tenant, &waits).await.unwrap_err();
    assert_eq!(open.kind(), ErrorKind::PreconditionFailed, "a create that may still arrive is not forgotten");
    let shown = store.about(tenant, &waits).await.unwrap();
    assert_eq!((shown.not_written.len(), shown.written.len()), (1, 0), "it is shown all the same");
    assert!(store.tenants().await.unwrap().contains(tenant));
    let gone = store.forget(tenant, &person).await.unwrap();
    assert_eq!((gone.links, gone.rows, gone.intents), (1, 2, 1));
    assert_eq!((gone.reviews, gone.pins, gone.documents), (1, 1, 1));
    let data = store.about(tenant, &person).await.unwrap();
    assert!(data == sync_core::store::PersonData::default(), "nothing is left");
    let left = store.plan(run).await.unwrap().unwrap();
    assert!(left.decisions.find(&Subject::User(anchor("a"))).is_none());
    assert!(left.decisions.find(&Subject::User(anchor("b"))).is_some(), "others stay");
    assert_eq!(store.load(tenant).await.unwrap().links.len(), 1);

    store.prune(at(2)).await.unwrap();
    assert_eq!(store.intents(run).await.unwrap().len(), 2, "nothing is that old");
    store.prune(at(60)).await.unwrap();
    assert!(store.run(run).await.unwrap().is_none());
    let places: Vec<_> = store.intents(run).await.unwrap().iter().map(|intent| intent.place).collect();
    assert_eq!(places, [2], "what is open has no age");
}
