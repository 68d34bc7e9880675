//! Contacts that bear somebody's mark.

use crate::world::{World, anchor, contact, user};
use sync_core::{
    model::{Contact, ContactField, ContactId},
    plan::{Action, Change, Plan, Reason},
    policy::Reactivate,
};

fn mark() -> ContactField {
    ContactField::Custom("Owner".into())
}

fn marked(text: &str) -> Contact {
    contact("1", "a", "a@contoso.com").with(mark(), text)
}

/// One user whose address is on one contact, in a policy with an owner field.
fn world(contact: Contact) -> World {
    World::new()
        .policy(|p| p.write_back.owner_field = "Owner".into())
        .user(user("a", "a@contoso.com"))
        .contact(contact)
}

fn foreign() -> Reason {
    Reason::ForeignOwner { owner: "Other Tool".to_owned() }
}

#[test]
fn a_contact_with_another_tools_mark_is_never_paired_and_the_owner_is_named() {
    assert_eq!(world(marked("Other Tool")).about("a").reason, foreign());
    let linked = world(marked("Other Tool")).link("a", "1");
    assert_eq!(linked.about("a").reason, foreign());
    assert_eq!(linked.verdict("a"), "hold:foreign_owner");
    let stored = ContactField::Custom("Id".into());
    let by_id =
        world(marked("Other Tool").with(stored, "a")).policy(|p| p.write_back.contact_id_field = "Id".into());
    assert_eq!(by_id.about("a").reason, foreign());
}

#[test]
fn a_contact_with_another_tools_mark_is_never_deactivated() {
    let away = |text: &str| {
        let mut gone = user("a", "a@contoso.com");
        gone.enabled = Some(false);
        let mut world = world(marked(text)).crowd(10).link("a", "1");
        world.users.retain(|u| u.anchor != gone.anchor);
        world.contacts.iter_mut().filter(|c| c.id != ContactId::new("1")).for_each(|c| {
            c.fields.insert(mark(), "psa-sync".into());
        });
        (world.clone().user(gone), world)
    };
    assert_eq!(away("psa-sync").0.verdict("a"), "deactivate:disabled");
    assert_eq!(away("Other Tool").0.verdict("a"), "no_op:disabled");
    let missing = |text: &str| {
        away(text).1.link_as("a", "1", |l| {
            l.missing_reads = 9;
            l.missing_since = Some(l.first_linked_at);
        })
    };
    assert_eq!(missing("psa-sync").contact_verdict("1"), "deactivate:missing");
    assert_eq!(missing("Other Tool").contact_verdict("1"), "no_op:foreign_owner");
}

#[test]
fn our_own_mark_and_a_former_one_are_ours_and_the_former_one_is_replaced() {
    assert_eq!(world(marked("psa-sync")).link("a", "1").verdict("a"), "no_op:in_sync");
    assert_eq!(world(marked("PSA-Sync ")).link("a", "1").verdict("a"), "update:fields_differ");
    let former = world(marked("old-name")).link("a", "1");
    assert_eq!(former.verdict("a"), "hold:foreign_owner");
    let former = former.policy(|p| p.write_back.former_owner_marks = vec!["Old-Name".into()]);
    assert_eq!(former.written("a"), ["custom:Owner: \"old-name\" -> \"psa-sync\""]);
}

#[test]
fn a_create_and_a_first_match_write_the_mark() {
    let alone =
        World::new().policy(|p| p.write_back.owner_field = "Owner".into()).user(user("a", "a@contoso.com"));
    assert!(alone.written("a").contains(&"custom:Owner: null -> \"psa-sync\"".to_owned()));
    assert_eq!(world(marked("")).written("a"), ["custom:Owner: null -> \"psa-sync\""]);
}

#[test]
fn managed_but_unmarked_is_written_and_counted() {
    let unmarked = world(marked("")).link("a", "1");
    assert_eq!(unmarked.verdict("a"), "update:fields_differ");
    let warned =
        |plan: &Plan| plan.warnings.iter().any(|w| w.message.starts_with("1 contacts linked by this tool"));
    assert!(warned(&unmarked.plan()));
    assert!(!warned(&world(marked("psa-sync")).link("a", "1").plan()));
}

#[test]
fn an_object_id_without_the_mark_is_adopted_by_nobody() {
    let stored = ContactField::Custom("Id".into());
    let stored_on = |text: &str| {
        world(marked(text).with(stored.clone(), "a")).policy(|p| p.write_back.contact_id_field = "Id".into())
    };
    assert_eq!(stored_on("").verdict("a"), "hold:policy");
    assert_eq!(stored_on("psa-sync").verdict("a"), "link:matched");
    assert_eq!(stored_on("").link("a", "1").verdict("a"), "update:fields_differ");
}

#[test]
fn an_object_id_without_the_mark_is_neither_made_active_nor_inactive() {
    let stored = ContactField::Custom("Id".into());
    let policy = |world: World| {
        world.policy(|p| {
            p.write_back.contact_id_field = "Id".into();
            p.lifecycle.reactivate = Reactivate::Any;
            p.lifecycle.managed_only = false;
        })
    };
    let inactive =
        |text: &str| policy(world(marked(text).with(stored.clone(), "a").with(ContactField::Active, false)));
    assert_eq!(inactive("psa-sync").verdict("a"), "reactivate:returned");
    assert_eq!(inactive("").verdict("a"), "hold:policy");
    let disabled = |text: &str| {
        let mut world = policy(world(marked(text).with(stored.clone(), "a")));
        world.users[0].enabled = Some(false);
        world
    };
    assert_eq!(disabled("psa-sync").verdict("a"), "deactivate:disabled");
    assert_eq!(disabled("").verdict("a"), "hold:policy");
    // Whoever is asked sees what would be done.
    let Change::Hold { proposed: Some(proposed) } = disabled("").about("a").change else {
        panic!("not proposed")
    };
    assert_eq!(proposed.action(), Action::Deactivate);
    let deleted = |text: &str| {
        let mut world =
            policy(world(marked(text).with(stored.clone(), "a"))).user(user("b", "b@contoso.com"));
        world.users.remove(0);
        world.removed.push(anchor("a"));
        world
    };
    assert_eq!(deleted("psa-sync").contact_verdict("1"), "deactivate:deleted");
    assert_eq!(deleted("").contact_verdict("1"), "hold:policy");
}

#[test]
fn a_mark_that_cannot_be_read_holds_and_nothing_is_created_beside() {
    let world = world(contact("1", "a", "a@contoso.com"));
    assert_eq!(world.verdict("a"), "hold:policy");
    assert_eq!(world.clone().link("a", "1").verdict("a"), "hold:policy");
    let gone = world.link_as("gone", "1", |l| {
        l.missing_reads = 9;
        l.missing_since = Some(l.first_linked_at);
    });
    assert_eq!(gone.contact_verdict("1"), "no_op:policy");
    assert_eq!(gone.count(Action::Deactivate), 0);
}

#[test]
fn anything_in_another_tools_field_marks_its_contact() {
    let world = |contact: Contact| {
        World::new()
            .policy(|p| p.matching.foreign_marks = vec!["custom:Squatted".into()])
            .user(user("a", "a@contoso.com"))
            .contact(contact)
    };
    let field = || ContactField::Custom("Squatted".into());
    let base = || contact("1", "a", "a@contoso.com");
    let taken = world(base().with(field(), "77"));
    assert_eq!(taken.about("a").reason, Reason::ForeignOwner { owner: "custom:Squatted: 77".to_owned() });
    assert_eq!(world(base().with(field(), true)).verdict("a"), "hold:foreign_owner");
    assert_eq!(world(base().with(field(), false)).verdict("a"), "link:matched");
    assert_eq!(world(base().with(field(), "")).verdict("a"), "link:matched");
    assert_eq!(world(base()).verdict("a"), "hold:policy");
}
