//! Histories of tenants, made up at random.

use crate::known::{
    ELSEWHERE, GROUP, Known, NESTED, Read, agrees, config, in_group, refreshed, tried, with_managers,
};
use proptest::prelude::*;
use sync_core::{ErrorKind, UserQuery};
use sync_sandbox::{Options, Sandbox, User};

/// The watched group, and two that come to be in it.
const GROUPS: [&str; 3] = [GROUP, NESTED, ELSEWHERE];

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
    /// Of whom a user becomes a report, if of anybody.
    Manager(u8, Option<u8>),
    Name(u8, u8),
    /// A user becomes a member of a group, or ceases to be one.
    Join(usize, u8),
    Leave(usize, u8),
    /// A group is put into another, or taken out; also into itself, and round and round.
    Nest(usize, usize, bool),
    /// A group is deleted, or made again without members where it is not there.
    Group(usize, bool),
    Refresh,
    /// The next round is served out of order and in part.
    Scramble,
    /// The directory forgets the place.
    Forget,
}

fn event() -> impl Strategy<Value = Event> {
    let user = 0..12_u8;
    let maybe = proptest::option::of(0..4_u8);
    let group = 0..GROUPS.len();
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
        2 => (user.clone(), proptest::option::of(user.clone())).prop_map(|(user, of)| Event::Manager(user, of)),
        2 => (user.clone(), 0..4_u8).prop_map(|(user, value)| Event::Name(user, value)),
        3 => (group.clone(), user.clone()).prop_map(|(group, user)| Event::Join(group, user)),
        2 => (group.clone(), user).prop_map(|(group, user)| Event::Leave(group, user)),
        3 => (group.clone(), group.clone(), any::<bool>()).prop_map(|(outer, inner, on)| Event::Nest(outer, inner, on)),
        2 => (group, any::<bool>()).prop_map(|(group, on)| Event::Group(group, on)),
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
        Event::Manager(number, of) => edit(*number, &|user| user.manager = of.map(id)),
        Event::Name(number, value) => edit(*number, &|user| user.display_name = format!("Name {value}")),
        Event::Join(group, number) => sandbox.add_member(GROUPS[*group], &id(*number)),
        Event::Leave(group, number) => sandbox.remove_member(GROUPS[*group], &id(*number)),
        Event::Nest(outer, inner, true) => {
            has_group(sandbox, *inner) && sandbox.add_member(GROUPS[*outer], GROUPS[*inner])
        }
        Event::Nest(outer, inner, false) => sandbox.remove_member(GROUPS[*outer], GROUPS[*inner]),
        Event::Group(group, false) => sandbox.delete_group(GROUPS[*group]),
        Event::Group(group, true) => {
            let missing = !has_group(sandbox, *group);
            if missing {
                sandbox.add_group(GROUPS[*group], "Made again");
            }
            missing
        }
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

fn has_group(sandbox: &Sandbox, group: usize) -> bool {
    sandbox.groups().iter().any(|(id, _)| id == GROUPS[group])
}

async fn history_agrees(events: &[Event], groups: bool, managers: bool) {
    let sandbox = Sandbox::start(Options::sized(4, 0)).await.unwrap();
    for group in GROUPS {
        sandbox.add_group(group, "Made");
    }
    assert!(sandbox.add_member(GROUP, NESTED));
    for number in 0..6 {
        play(&sandbox, &Event::Add(number));
    }
    for number in 1..6 {
        play(&sandbox, &Event::Manager(number, Some(number / 2)));
    }
    let directory = config(&sandbox).connect().unwrap();
    let query = if groups { in_group() } else { UserQuery::all() };
    let query = if managers { with_managers(query) } else { query };
    let mut known = Known::new();
    refreshed(&directory, &mut known, &query).await;
    for event in events {
        play(&sandbox, event);
        if matches!(event, Event::Refresh) {
            let read = tried(&directory, &mut known, &query).await;
            let is_there = !groups || has_group(&sandbox, 0);
            assert_eq!(read.as_ref().err(), (!is_there).then_some(&ErrorKind::NotFound), "{read:?}");
        }
    }
    sandbox.clear_faults();
    play(&sandbox, &Event::Group(0, true));
    // The first takes in what happened, the second settles what a scrambled round left open.
    for _ in 0..2 {
        refreshed(&directory, &mut known, &query).await;
    }
    agrees(&directory, &known, &query).await;
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(0)));
    sandbox.shutdown().await;
}

#[tokio::test]
async fn an_overtaken_row_that_no_other_contradicts_counts_until_the_next_read_only() {
    // Of two edits in one round the newer row leaves the name out, and the older one comes last and shows it.
    let events =
        [Event::Phone(0, Some(0)), Event::Name(0, 0), Event::Scramble, Event::Scramble, Event::Refresh];
    history_agrees(&events, false, false).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a history goes and wherever it is read, an incremental read ends in the state that a whole read finds.
    #[test]
    fn an_incremental_read_ends_in_the_state_of_a_whole_one(
        events in proptest::collection::vec(event(), 1..40),
        groups in any::<bool>(),
        managers in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(history_agrees(&events, groups, managers));
    }
}
