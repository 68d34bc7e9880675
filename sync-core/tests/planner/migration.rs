//! Moving links from one tenant of the directory to another.

use crate::world::{World, anchor, contact, now, say, user};
use chrono::Duration;
use sync_core::{
    model::{CompanyId, ContactField, ContactId, SourceAnchor},
    plan::{Action, Change, Guard, LinkState, PlanError, Reason, Subject},
    store::{Link, LinkChange},
};

const OLD: &str = "fabrikam";

fn old(object: &str) -> SourceAnchor {
    SourceAnchor::entra(OLD, object)
}

/// A world in which `count` people were linked in the old tenant and have new object ids and the same addresses.
pub fn migrated(count: usize) -> World {
    let mut world = World::new();
    world.run.migrate_from = Some(OLD.to_owned());
    for i in 0..count {
        let mail = format!("p{i}@contoso.com");
        let new = format!("n{i}");
        world = world.user(user(&new, &mail)).contact(contact(&format!("c{i}"), &new, &mail));
        world = left(world, &format!("o{i}"), &format!("c{i}"), |_| {});
    }
    world
}

fn left(mut world: World, object: &str, contact: &str, change: impl FnOnce(&mut Link)) -> World {
    let mut link = Link::new(old(object), ContactId::new(contact), now() - Duration::days(365));
    change(&mut link);
    world.links.links.insert(link);
    world
}

fn refused(world: &World) -> String {
    let Err(PlanError::Migration(_, why)) = world.try_plan() else { return "not refused".to_owned() };
    why
}

#[test]
fn everybody_is_relinked_and_nothing_else_happens() {
    let mut world = migrated(5).user(user("newcomer", "new@contoso.com"));
    world.users[0] = user("n0", "p0@contoso.com").with(sync_core::model::Attribute::JobTitle, "Lead");
    let plan = world.plan();
    assert_eq!((plan.summary.link, plan.summary.changes()), (5, 5));
    assert!(plan.guards.is_empty(), "{:?}", plan.guards);
    let decision = world.about("n0");
    assert!(matches!(decision.change, Change::Link { link: LinkState::Relink, .. }));
    assert_eq!(decision.reason, Reason::Relink { from: old("o0") });
    assert_eq!(world.about("newcomer").reason, Reason::Policy { rule: "migrate_tenant".to_owned() });
    assert_eq!(world.verdict("newcomer"), "no_op:policy");
}

#[test]
fn after_it_an_ordinary_plan_is_in_sync() {
    let mut world = migrated(5);
    let plan = world.plan();
    world.run.migrate_from = None;
    let again = crate::converging::advance(&mut world, &plan);
    assert_eq!((again.summary.no_op, again.summary.changes()), (5, 0));
    assert!(world.links.links.keys().all(|a| a.as_str().starts_with("entra:contoso:")));
}

#[test]
fn the_immutable_id_goes_before_the_address() {
    // Two people swapped addresses on the way.
    let mut world = migrated(2);
    for (i, other) in [(0, 1), (1, 0)] {
        world.users[i].immutable_id = Some(format!("i{other}"));
        world = left(world, &format!("o{i}"), &format!("c{i}"), |l| l.immutable_id = Some(format!("i{i}")));
    }
    assert_eq!(world.about("n0").reason, Reason::Relink { from: old("o1") });
    assert_eq!(world.about("n1").reason, Reason::Relink { from: old("o0") });
}

#[test]
fn conflicts_are_held_never_guessed() {
    let twice = migrated(1).user(user("other", "p0@contoso.com"));
    assert_eq!(twice.verdict("n0"), "hold:claimed_twice");
    assert_eq!(twice.verdict("other"), "hold:claimed_twice");
    let two = left(migrated(1).contact(contact("c9", "x", "p0@contoso.com")), "o9", "c9", |_| {});
    assert_eq!(two.verdict("n0"), "hold:ambiguous");
    let mut moved = migrated(1);
    moved.contacts[0].company = Some(CompanyId::new("200"));
    assert_eq!(moved.verdict("n0"), "hold:other_company");
    let mut same_id = migrated(2);
    same_id.users[0].immutable_id = Some("i".into());
    for i in 0..2 {
        same_id = left(same_id, &format!("o{i}"), &format!("c{i}"), |l| l.immutable_id = Some("i".into()));
    }
    assert_eq!(same_id.verdict("n0"), "hold:ambiguous", "the address does not overrule the id");
    for world in [twice, two, moved, same_id] {
        let plan = world.plan();
        assert_eq!(plan.summary.changes(), plan.summary.link);
    }
}

#[test]
fn an_address_on_a_contact_that_the_old_tenant_did_not_leave_is_no_match() {
    let world = migrated(3)
        .user(user("free", "free@contoso.com"))
        .contact(contact("c8", "free", "free@contoso.com"))
        .user(user("third", "third@contoso.com"))
        .contact(contact("c9", "third", "third@contoso.com"))
        .link("somebody", "c9");
    assert_eq!(world.verdict("free"), "no_op:policy");
    assert_eq!(world.verdict("third"), "no_op:policy");
    assert_eq!(world.contact_verdict("c9"), "no_op:policy");
}

#[test]
fn people_who_are_disabled_or_excluded_are_moved_as_well() {
    let mut world = migrated(3).policy(|p| p.scope.exclude = vec!["p1@*".into()]);
    world.users[0].enabled = Some(false);
    for one in ["n0", "n1", "n2"] {
        assert_eq!(world.verdict(one), "link:relink");
    }
}

#[test]
fn what_the_old_tenant_left_and_nobody_claims_is_left_alone() {
    let world = migrated(10).contact(contact("c99", "gone", "gone@contoso.com"));
    let world = left(world, "gone", "c99", |l| {
        l.missing_reads = 9;
        l.missing_since = Some(l.first_linked_at);
    });
    assert_eq!(world.contact_verdict("c99"), "no_op:policy");
    assert!(!world.plan().basis.absence_counts);
    assert_eq!(world.count(Action::Deactivate), 0);
}

#[test]
fn too_few_relinks_stop_all_of_them() {
    let missing = |count: usize| {
        let mut world = migrated(10);
        world.users.truncate(10 - count);
        world.plan()
    };
    assert!(missing(1).guards.is_empty(), "90 % are enough");
    let plan = missing(2);
    assert!(matches!(plan.guards[..], [Guard::TooFewRelinks { planned: 8, of: 10, limit: 9 }]));
    assert!(plan.guards[0].stops(Action::Link, None));
    // Inactive contacts are people who left before the move.
    let mut world = migrated(10);
    world.users.truncate(6);
    for contact in &mut world.contacts[6..] {
        contact.fields.insert(ContactField::Active, false.into());
    }
    assert!(world.plan().guards.is_empty());
}

#[test]
fn a_migration_that_cannot_be_meant_is_refused() {
    let named = |name: &str| {
        let mut world = migrated(2);
        world.run.migrate_from = Some(name.to_owned());
        world
    };
    for good in ["fabrikam", "FABRIKAM", "entra:fabrikam:", "entra:fabrikam"] {
        assert_eq!(named(good).count(Action::Link), 2, "{good}");
    }
    for bad in ["", " ", "fab", "entra", "northwind"] {
        assert!(refused(&named(bad)).contains("nobody is linked"), "{bad:?}");
    }
    assert!(refused(&named("contoso").link("n0", "c0")).contains("users were read from"));
    let mut partial = migrated(2);
    partial.users_complete = false;
    assert!(refused(&partial).contains("incomplete"));
    let mut narrow = migrated(2);
    narrow.run.user_principal_names.insert("p0@contoso.com".into());
    assert!(refused(&narrow).contains("whole tenant"));
}

#[test]
fn somebody_already_moved_stays_and_the_rest_follows() {
    let world = migrated(3);
    let mut world = world.link("n0", "c0");
    world.links = world.links.with(&[LinkChange::Remove(old("o0"))]);
    assert_eq!(world.verdict("n0"), "no_op:policy");
    assert_eq!(world.verdict("n1"), "link:relink");
    let plan = world.plan();
    let subjects: Vec<_> = plan.decisions.iter().map(|d| (d.subject.clone(), say(&d))).collect();
    assert_eq!(subjects.len(), 3);
    assert_eq!(subjects[0].0, Subject::User(anchor("n0")));
}
