//! Reads of changes against an imitation of Microsoft Graph: what they cost, and that they end where a whole read does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use graph_client::{GraphConfig, GraphDirectory};
use proptest::prelude::*;
use std::collections::BTreeSet;
use sync_core::{
    DirectoryExt as _, UserQuery,
    model::{Attribute, DeltaToken, DirectoryUser, UserKind},
    snapshot::Completeness,
    store::{BaseUsers, Rows},
};
use sync_sandbox::{Options, Sandbox, User, Vendor};

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const NESTED: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const ELSEWHERE: &str = "aaaaaaaa-0000-4000-8000-000000000003";

fn config(sandbox: &Sandbox) -> GraphConfig {
    let access = sandbox.graph();
    let secret = access.client_secret.clone().into();
    let mut config = GraphConfig::new(access.tenant_id.clone(), access.client_id.clone(), secret);
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config
}

async fn tenant(users: usize) -> (Sandbox, GraphDirectory) {
    let sandbox = Sandbox::start(Options::sized(users, 0)).await.unwrap();
    let directory = config(&sandbox).connect().unwrap();
    (sandbox, directory)
}

/// What is known of a tenant, kept from read to read.
#[derive(Default)]
struct Known {
    base: BaseUsers,
    resume: Option<DeltaToken>,
    completeness: Option<Completeness>,
}

/// How a read was made.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    Whole,
    /// This many users and departures.
    Changes(usize),
}

impl Known {
    fn new() -> Self {
        Self::default()
    }

    fn users(&self) -> impl Iterator<Item = &DirectoryUser> {
        self.base.users.iter()
    }

    fn is_complete(&self) -> bool {
        self.completeness.as_ref().is_some_and(Completeness::is_complete)
    }
}

/// Brings what is known up to date.
async fn refreshed(directory: &GraphDirectory, known: &mut Known, query: &UserQuery) -> Read {
    let mut query = query.clone();
    query.since.clone_from(&known.resume);
    let read = directory.read(&query).await.unwrap();
    (known.resume, known.completeness) = (read.resume, Some(read.completeness));
    match read.rows {
        Rows::Replace(rows) => {
            known.base = rows;
            Read::Whole
        }
        Rows::Fold(rows) => {
            let count = rows.users.len() + rows.removed.len();
            known.base.fold(rows);
            Read::Changes(count)
        }
        Rows::Keep => panic!("a read that read nothing"),
    }
}

/// What a whole read says at this moment.
async fn whole(directory: &GraphDirectory, query: &UserQuery) -> Vec<DirectoryUser> {
    let mut known = Known::new();
    assert_eq!(refreshed(directory, &mut known, query).await, Read::Whole);
    assert!(known.is_complete());
    known.base.users
}

async fn agrees(directory: &GraphDirectory, known: &Known, query: &UserQuery) {
    let expected = whole(directory, query).await;
    for (a, b) in known.users().zip(&expected) {
        assert!(a == b, "{} differs: {:?} / {:?}", a.anchor, a.attributes, b.attributes);
    }
    assert_eq!(known.users().count(), expected.len());
    assert!(known.users().all(|user| !known.base.removed.contains(&user.anchor)), "there and removed");
}

fn in_group() -> UserQuery {
    let mut query = UserQuery::all();
    query.groups.insert(GROUP.to_owned());
    query
}

fn graph_calls(sandbox: &Sandbox) -> u64 {
    sandbox.calls().of(Vendor::Graph)
}

#[tokio::test]
async fn an_unchanged_tenant_of_any_size_costs_one_graph_call() {
    for users in [3, 40, 2500] {
        let (sandbox, directory) = tenant(users).await;
        let (mut known, query) = (Known::new(), UserQuery::all());
        refreshed(&directory, &mut known, &query).await;
        for _ in 0..3 {
            sandbox.reset_calls();
            assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(0));
            assert_eq!((sandbox.calls().total, graph_calls(&sandbox)), (1, 1), "{users} users");
        }
        assert_eq!(known.users().count(), users);
    }
}

#[tokio::test]
async fn a_first_read_costs_its_pages_a_place_and_the_products() {
    let (sandbox, directory) = tenant(2500).await;
    refreshed(&directory, &mut Known::new(), &UserQuery::all()).await;
    let calls = sandbox.calls();
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/users"), 3);
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/users/delta"), 1);
    assert_eq!(calls.of(Vendor::Graph), 3 + 1 + 1);
}

/// One of each kind of change, and what a read of them leaves.
fn one_of_each(sandbox: &Sandbox) -> usize {
    let users = sandbox.users();
    let id = |at: usize| users[at].id.clone();
    assert!(sandbox.edit_user(&id(0), |user| user.job_title = Some("Director".to_owned())));
    assert!(sandbox.edit_user(&id(1), |user| (user.mobile_phone, user.city) = (None, None)));
    assert!(
        sandbox.edit_user(&id(2), |user| user.user_principal_name = "renamed@contoso.example".to_owned())
    );
    assert!(sandbox.disable_user(&id(3)));
    assert!(sandbox.delete_user(&id(4)));
    assert!(sandbox.purge_user(&id(5)));
    assert!(sandbox.delete_user(&id(6)) && sandbox.restore_user(&id(6)));
    sandbox.add_user(User::new("00000000-0000-4000-8000-00000000000b", "new@contoso.example", "New Person"));
    8
}

#[tokio::test]
async fn every_kind_of_change_is_taken_in_as_whole_users() {
    let (sandbox, directory) = tenant(40).await;
    let (mut known, query) = (Known::new(), UserQuery::all());
    refreshed(&directory, &mut known, &query).await;
    let changed = one_of_each(&sandbox);
    sandbox.reset_calls();
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(changed));
    assert_eq!(graph_calls(&sandbox), 1 + 1 + 1 + 1, "changes, products, one batch of one read by ids");
    assert_eq!(known.base.removed.len(), 2, "soft-deleted and gone");
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn scrambled_and_partial_rounds_end_in_the_same_state() {
    for fault in [
        "graph:scrambled-delta*always",
        "graph:partial-delta*always",
        "graph:scrambled-delta*always,graph:partial-delta*always",
    ] {
        let (sandbox, directory) = tenant(40).await;
        let (mut known, query) = (Known::new(), UserQuery::all());
        refreshed(&directory, &mut known, &query).await;
        for one in sync_sandbox::Fault::parse_list(fault).unwrap() {
            sandbox.inject(one);
        }
        one_of_each(&sandbox);
        for _ in 0..2 {
            // Whatever was left open is settled by the read after.
            assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)), "{fault}");
        }
        agrees(&directory, &known, &query).await;
        assert_eq!(known.base.removed.len(), 2, "{fault}");
    }
}

#[tokio::test]
async fn a_forgotten_place_leads_to_a_whole_read_that_says_nothing_of_absence_by_itself() {
    for fault in ["graph:expired-delta-token", "graph:resync"] {
        let (sandbox, directory) = tenant(40).await;
        let (mut known, query) = (Known::new(), UserQuery::all());
        refreshed(&directory, &mut known, &query).await;
        one_of_each(&sandbox);
        sandbox.inject(fault.parse().unwrap());
        assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Whole, "{fault}");
        assert!(known.base.removed.is_empty(), "a resync tells no departures");
        agrees(&directory, &known, &query).await;
        assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(0));
    }
}

#[tokio::test]
async fn other_properties_make_a_whole_read() {
    let (_sandbox, directory) = tenant(10).await;
    let (mut known, mut query) = (Known::new(), UserQuery::all());
    refreshed(&directory, &mut known, &query).await;
    query.extensions.insert(Attribute::Extension("extensionAttribute1".into()));
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Whole);
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(0));
}

#[tokio::test]
async fn a_listing_that_ends_short_is_partial_and_never_gone_on_from() {
    let (sandbox, directory) = tenant(40).await;
    sandbox.inject("graph:early-end[GET /users]@2".parse().unwrap());
    let (mut known, query) = (Known::new(), UserQuery::all());
    let mut short = config(&sandbox);
    short.page_size = 7;
    refreshed(&short.connect().unwrap(), &mut known, &query).await;
    assert!(!known.is_complete());
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Whole);
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn membership_of_nested_groups_is_followed_and_other_groups_are_not() {
    let (sandbox, directory) = tenant(20).await;
    for group in [GROUP, NESTED, ELSEWHERE] {
        sandbox.add_group(group, "Made");
    }
    let users = sandbox.users();
    assert!(sandbox.add_member(GROUP, NESTED) && sandbox.add_member(NESTED, &users[1].id));
    let (mut known, query) = (Known::new(), in_group());
    refreshed(&directory, &mut known, &query).await;
    let members = |known: &Known| -> BTreeSet<String> {
        let of = |user: &&DirectoryUser| user.groups.as_ref().unwrap().contains(GROUP);
        known.users().filter(of).map(|user| user.anchor.object_id().to_owned()).collect()
    };
    assert_eq!(members(&known), BTreeSet::from([users[1].id.clone()]));

    assert!(sandbox.add_member(ELSEWHERE, &users[2].id));
    sandbox.reset_calls();
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(0));
    assert_eq!(
        graph_calls(&sandbox),
        2,
        "users and groups, and nothing else for a group that is of no interest"
    );

    assert!(sandbox.add_member(NESTED, &users[3].id) && sandbox.remove_member(NESTED, &users[1].id));
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    assert_eq!(members(&known), BTreeSet::from([users[3].id.clone()]));
    agrees(&directory, &known, &query).await;

    // A group that comes to be nested is watched from then on.
    assert!(sandbox.add_member(NESTED, ELSEWHERE));
    refreshed(&directory, &mut known, &query).await;
    assert!(sandbox.add_member(ELSEWHERE, &users[4].id) && sandbox.delete_group(NESTED));
    refreshed(&directory, &mut known, &query).await;
    agrees(&directory, &known, &query).await;
    assert!(members(&known).is_empty());
}

#[tokio::test]
async fn a_changed_user_keeps_its_groups() {
    let (sandbox, directory) = tenant(10).await;
    sandbox.add_group(GROUP, "Made");
    let users = sandbox.users();
    assert!(sandbox.add_member(GROUP, &users[1].id));
    let (mut known, query) = (Known::new(), in_group());
    refreshed(&directory, &mut known, &query).await;
    assert!(sandbox.disable_user(&users[1].id) && sandbox.disable_user(&users[2].id));
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(2));
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn groups_whose_changes_were_forgotten_are_read_again() {
    let (sandbox, directory) = tenant(10).await;
    sandbox.add_group(GROUP, "Made");
    let users = sandbox.users();
    let (mut known, query) = (Known::new(), in_group());
    refreshed(&directory, &mut known, &query).await;
    assert!(sandbox.add_member(GROUP, &users[1].id));
    sandbox.inject("graph:expired-delta-token[GET /groups]".parse().unwrap());
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn managers_and_mailbox_kinds_are_part_of_whole_users() {
    let sandbox = Sandbox::start(Options::sized(20, 0)).await.unwrap();
    let mut config = config(&sandbox);
    config.mailbox_kinds = true;
    let directory = config.connect().unwrap();
    let users = sandbox.users();
    let boss = users[1].clone();
    assert!(sandbox.edit_user(&users[0].id, |user| user.manager = Some(boss.id.clone())));
    let mut query = UserQuery::all();
    let manager = Attribute::Extension("manager".into());
    query.extensions.insert(manager.clone());
    let mut known = Known::new();
    refreshed(&directory, &mut known, &query).await;
    let managed = |known: &Known, at: usize| {
        let user = known.users().find(|user| user.anchor.object_id() == users[at].id).unwrap();
        user.attributes[&manager].clone()
    };
    assert_eq!((managed(&known, 0), managed(&known, 1)), (Some(boss.display_name.clone()), None));
    let shared = known.users().filter(|user| user.kind == Some(UserKind::Shared)).count();
    let expected = users.iter().filter(|user| user.mailbox_purpose.as_deref() == Some("shared")).count();
    assert!(shared > 0 && shared == expected);

    assert!(sandbox.edit_user(&users[2].id, |user| user.manager = Some(boss.id.clone())));
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(1));
    assert_eq!(managed(&known, 2), Some(boss.display_name));
    agrees(&directory, &known, &query).await;
}

/// One event in the life of a tenant; numbers choose users and values.
#[derive(Clone, Debug)]
enum Event {
    Add(u8),
    Title(u8, Option<u8>),
    Phone(u8, Option<u8>),
    Address(u8, u8),
    Licence(u8, bool),
    Enabled(u8, bool),
    Delete(u8),
    Restore(u8),
    Purge(u8),
    Join(u8),
    Leave(u8),
    /// The inner group is put into the outer one, or taken out.
    Nest(bool),
    Refresh,
    /// The next round is served out of order and in part.
    Scramble,
    /// The directory forgets the place.
    Forget,
}

fn event() -> impl Strategy<Value = Event> {
    let user = 0..12_u8;
    let maybe = proptest::option::of(0..4_u8);
    prop_oneof![
        2 => user.clone().prop_map(Event::Add),
        4 => (user.clone(), maybe.clone()).prop_map(|(user, value)| Event::Title(user, value)),
        3 => (user.clone(), maybe).prop_map(|(user, value)| Event::Phone(user, value)),
        2 => (user.clone(), 0..4_u8).prop_map(|(user, value)| Event::Address(user, value)),
        1 => (user.clone(), any::<bool>()).prop_map(|(user, on)| Event::Licence(user, on)),
        2 => (user.clone(), any::<bool>()).prop_map(|(user, on)| Event::Enabled(user, on)),
        3 => user.clone().prop_map(Event::Delete),
        2 => user.clone().prop_map(Event::Restore),
        1 => user.clone().prop_map(Event::Purge),
        2 => user.clone().prop_map(Event::Join),
        2 => user.prop_map(Event::Leave),
        1 => any::<bool>().prop_map(Event::Nest),
        5 => Just(Event::Refresh),
        2 => Just(Event::Scramble),
        1 => Just(Event::Forget),
    ]
}

fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Plays one event, and says whether it applied: where nobody is there to be deleted, nothing changes.
fn play(sandbox: &Sandbox, event: &Event) -> bool {
    let edit = |number: u8, change: &dyn Fn(&mut User)| sandbox.edit_user(&id(number), change);
    match event {
        Event::Add(number) => {
            let known = sandbox.users().iter().any(|user| user.id == id(*number));
            if !known && !sandbox.restore_user(&id(*number)) {
                sandbox.add_user(User::new(&id(*number), &format!("u{number}@contoso.example"), "Somebody"));
            }
            !known
        }
        Event::Title(number, value) => {
            edit(*number, &|user| user.job_title = value.map(|v| format!("Title {v}")))
        }
        Event::Phone(number, value) => edit(*number, &|user| {
            user.business_phones = value.iter().map(|v| format!("+1 555 010{v}")).collect();
        }),
        Event::Address(number, value) => edit(*number, &|user| {
            user.mail = Some(format!("u{number}@contoso.example"));
            user.proxy_addresses = vec![
                format!("SMTP:u{number}@contoso.example"),
                format!("smtp:a{value}.{number}@contoso.example"),
            ];
        }),
        Event::Licence(number, on) => edit(*number, &|user| {
            let licence = "05e9a617-0261-4cee-bb44-138d3ef5d965".to_owned();
            user.assigned_licenses = if *on { vec![licence] } else { Vec::new() };
        }),
        Event::Enabled(number, on) => edit(*number, &|user| user.account_enabled = *on),
        Event::Delete(number) => sandbox.delete_user(&id(*number)),
        Event::Restore(number) => sandbox.restore_user(&id(*number)),
        Event::Purge(number) => sandbox.purge_user(&id(*number)),
        Event::Join(number) => sandbox.add_member(NESTED, &id(*number)),
        Event::Leave(number) => sandbox.remove_member(NESTED, &id(*number)),
        Event::Nest(true) => sandbox.add_member(GROUP, NESTED),
        Event::Nest(false) => sandbox.remove_member(GROUP, NESTED),
        Event::Scramble => {
            for fault in ["graph:scrambled-delta[GET /users/delta]", "graph:partial-delta[GET /users/delta]"]
            {
                sandbox.inject(fault.parse().unwrap());
            }
            true
        }
        Event::Forget => {
            sandbox.inject("graph:expired-delta-token".parse().unwrap());
            true
        }
        Event::Refresh => true,
    }
}

async fn history_agrees(events: &[Event], groups: bool) {
    let sandbox = Sandbox::start(Options::sized(4, 0)).await.unwrap();
    sandbox.add_group(GROUP, "Outer");
    sandbox.add_group(NESTED, "Inner");
    assert!(sandbox.add_member(GROUP, NESTED));
    for number in 0..6 {
        play(&sandbox, &Event::Add(number));
    }
    let directory = config(&sandbox).connect().unwrap();
    let query = if groups { in_group() } else { UserQuery::all() };
    let mut known = Known::new();
    refreshed(&directory, &mut known, &query).await;
    for event in events {
        play(&sandbox, event);
        if matches!(event, Event::Refresh) {
            refreshed(&directory, &mut known, &query).await;
        }
    }
    sandbox.clear_faults();
    // The first takes in what happened, the second settles what a scrambled round left open.
    for _ in 0..2 {
        refreshed(&directory, &mut known, &query).await;
    }
    agrees(&directory, &known, &query).await;
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(0)));
    sandbox.shutdown().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a history goes and wherever it is read, an incremental read ends in the state that a whole read finds.
    #[test]
    fn an_incremental_read_ends_in_the_state_of_a_whole_one(
        events in proptest::collection::vec(event(), 1..40),
        groups in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(history_agrees(&events, groups));
    }
}
