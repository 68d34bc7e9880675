//! Reads of changes against an imitation of Microsoft Graph: what they cost, and that they end where a whole read does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod history;
mod known;

use known::{
    ELSEWHERE, GROUP, Known, NESTED, Read, agrees, config, graph_calls, in_group, refreshed, tenant, tried,
    with_managers,
};
use std::collections::BTreeSet;
use sync_core::{
    ErrorKind, UserQuery,
    model::{Attribute, DirectoryUser, UserKind},
};
use sync_sandbox::{Options, Sandbox, User, Vendor};

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
async fn a_listing_for_a_changed_group_that_ends_short_loses_nobody() {
    let (sandbox, _) = tenant(40).await;
    sandbox.add_group(GROUP, "Made");
    let mut paged = config(&sandbox);
    paged.page_size = 7;
    let directory = paged.connect().unwrap();
    let (mut known, query) = (Known::new(), in_group());
    refreshed(&directory, &mut known, &query).await;
    for user in sandbox.users() {
        assert!(sandbox.add_member(GROUP, &user.id));
    }
    sandbox.inject("graph:early-end[GET /users]@2".parse().unwrap());
    // The changes are not told again, so the read of them is none, and everybody is read.
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Whole);
    agrees(&directory, &known, &query).await;
    assert!(known.users().all(|user| user.groups.as_ref().unwrap().contains(GROUP)));
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
    let manager = Attribute::Extension("manager".into());
    let (mut known, query) = (Known::new(), with_managers(UserQuery::all()));
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
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    assert_eq!(managed(&known, 2), Some(boss.display_name));
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn a_manager_who_is_renamed_or_leaves_changes_those_who_report_to_them() {
    let (sandbox, directory) = tenant(20).await;
    let users = sandbox.users();
    let boss = &users[1].id;
    assert!(sandbox.edit_user(&users[0].id, |user| user.manager = Some(boss.clone())));
    let (mut known, query) = (Known::new(), with_managers(UserQuery::all()));
    let manager = |known: &Known| -> Option<String> {
        let report = known.users().find(|user| user.anchor.object_id() == users[0].id).unwrap();
        report.attributes[&Attribute::Extension("manager".into())].clone()
    };
    refreshed(&directory, &mut known, &query).await;
    sandbox.reset_calls();
    assert_eq!(refreshed(&directory, &mut known, &query).await, Read::Changes(0));
    assert_eq!(graph_calls(&sandbox), 1, "managers cost nothing where nobody changed");

    assert!(sandbox.edit_user(boss, |user| user.display_name = "Married Name".to_owned()));
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    assert_eq!(manager(&known).as_deref(), Some("Married Name"));
    agrees(&directory, &known, &query).await;

    assert!(sandbox.delete_user(boss));
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    assert_eq!(manager(&known), None);
    agrees(&directory, &known, &query).await;
}

#[tokio::test]
async fn a_group_that_is_gone_is_an_error_in_every_read_and_nobody_leaves_it() {
    let (sandbox, directory) = tenant(10).await;
    sandbox.add_group(GROUP, "Made");
    let users = sandbox.users();
    assert!(sandbox.add_member(GROUP, &users[1].id));
    let (mut known, query) = (Known::new(), in_group());
    refreshed(&directory, &mut known, &query).await;
    let before = known.base.users.clone();
    assert!(sandbox.delete_group(GROUP) && sandbox.disable_user(&users[2].id));
    for _ in 0..2 {
        assert_eq!(tried(&directory, &mut known, &query).await, Err(ErrorKind::NotFound));
    }
    assert_eq!(tried(&directory, &mut Known::new(), &query).await, Err(ErrorKind::NotFound));
    assert!(known.base.users == before);
    sandbox.add_group(GROUP, "Made");
    assert!(sandbox.add_member(GROUP, &users[3].id));
    assert!(matches!(refreshed(&directory, &mut known, &query).await, Read::Changes(_)));
    agrees(&directory, &known, &query).await;
}
