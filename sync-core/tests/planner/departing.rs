//! Deactivations: when and why is kept, and whose contacts they may be about.

use crate::{
    converging::advance,
    world::{World, anchor, contact, now, say, user},
};
use sync_core::{
    model::{Contact, ContactField, ContactId, DirectoryUser, TenantName},
    plan::{Action, Change, Subject},
};

fn note() -> ContactField {
    ContactField::Custom("Left".into())
}

fn leaver() -> DirectoryUser {
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    leaver
}

fn leaving() -> World {
    World::new()
        .crowd(10)
        .user(leaver())
        .contact(contact("1", "a", "a@contoso.com").with(note(), ""))
        .link("a", "1")
        .policy(|p| p.write_back.deactivation_field = "Left".into())
}

fn come_back(world: &mut World) {
    world.users.retain(|u| u.anchor != anchor("a"));
    world.users.push(user("a", "a@contoso.com"));
}

#[test]
fn f14_when_and_why_is_written_with_the_deactivation_and_taken_away_with_the_return() {
    let mut world = leaving();
    assert_eq!(world.written("a"), ["custom:Left: null -> \"2026-01-06 disabled\""]);
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    let link = world.links.links[&anchor("a")].clone();
    assert_eq!((link.deactivated_at, link.deactivated_because.as_deref()), (Some(now()), Some("disabled")));
    come_back(&mut world);
    assert_eq!(world.verdict("a"), "reactivate:returned");
    assert_eq!(world.written("a"), ["custom:Left: \"2026-01-06 disabled\" -> null"]);
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    let link = &world.links.links[&anchor("a")];
    assert_eq!((link.deactivated_at, link.deactivated_because.as_deref()), (None, None));
}

#[test]
fn f14_the_note_goes_when_somebody_else_makes_the_contact_active() {
    let mut world = leaving();
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    come_back(&mut world);
    let contact = world.contacts.iter_mut().find(|c| c.id == ContactId::new("1")).unwrap();
    contact.fields.insert(ContactField::Active, true.into());
    assert_eq!(world.written("a"), ["custom:Left: \"2026-01-06 disabled\" -> null"]);
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
}

#[test]
fn f14_without_a_field_only_the_link_keeps_it() {
    let mut world = leaving().policy(|p| p.write_back.deactivation_field = String::new());
    let decision = world.about("a");
    assert!(matches!(&decision.change, Change::Deactivate { fields, .. } if fields.is_empty()));
    let plan = world.plan();
    assert!(!plan.to_json().unwrap().contains("\"fields\": []"), "an empty list is not spelled out");
    let _ = advance(&mut world, &plan);
    assert_eq!(world.links.links[&anchor("a")].deactivated_because.as_deref(), Some("disabled"));
}

// ---- Contacts that have no link ----

/// A contact that holds the id of a user whom the directory says it deleted, and no link.
fn unlinked(id: &str, stored: &str) -> Contact {
    contact(id, "gone", "gone@contoso.com").with(ContactField::Custom("Id".into()), stored)
}

fn deleted(contacts: &[Contact]) -> World {
    let mut world = World::new().crowd(10).policy(|p| {
        p.write_back.contact_id_field = "Id".into();
        p.lifecycle.managed_only = false;
    });
    world.removed.push(anchor("gone"));
    for contact in contacts {
        world = world.contact(contact.clone());
    }
    world
}

#[test]
fn with_managed_only_a_contact_without_a_link_is_nobodys_business() {
    let world = deleted(&[unlinked("1", "gone")]).policy(|p| p.lifecycle.managed_only = true);
    let subject = Subject::Contact(ContactId::new("1"));
    assert!(world.plan().decisions.iter().all(|d| d.subject != subject));
}

#[test]
fn without_managed_only_the_directorys_own_word_and_our_id_are_enough() {
    for stored in ["gone", "GONE", "entra:contoso:gone"] {
        let mut world = deleted(&[unlinked("1", stored)]);
        assert_eq!(world.contact_verdict("1"), "deactivate:deleted", "{stored}");
        let plan = world.plan();
        assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    }
}

#[test]
fn every_other_guard_stands_for_contacts_without_a_link() {
    let with = |change: &dyn Fn(&mut World)| {
        let mut world = deleted(&[unlinked("1", "gone")]);
        change(&mut world);
        say(&world.about_contact("1"))
    };
    assert_eq!(with(&|w| w.contacts.last_mut().unwrap().protected = true), "hold:protected");
    assert_eq!(with(&|w| w.policy.lifecycle.deleted = sync_core::policy::Departed::Ignore), "no_op:deleted");
    let elsewhere = |w: &mut World| {
        w.linked_elsewhere.insert(ContactId::new("1"), TenantName::new("Fabrikam"));
    };
    assert_eq!(with(&elsewhere), "no_op:foreign_owner");
    let foreign = |w: &mut World| {
        let contact = w.contacts.last_mut().unwrap();
        contact.fields.insert(ContactField::Email, "gone@example.net".into());
    };
    assert_eq!(with(&foreign), "hold:policy");
    let inactive = |w: &mut World| {
        w.contacts.last_mut().unwrap().fields.insert(ContactField::Active, false.into());
    };
    assert_eq!(with(&inactive), "no_op:deleted");
}

#[test]
fn absence_alone_proves_nothing_about_a_contact_without_a_link() {
    let mut world = deleted(&[unlinked("1", "gone")]);
    world.removed.clear();
    world.policy.lifecycle.grace_reads = 0;
    world.policy.lifecycle.grace_hours = 0;
    assert_eq!(world.count(Action::Deactivate), 0);
    // Nor does an id of another directory.
    assert_eq!(deleted(&[unlinked("1", "entra:fabrikam:gone")]).count(Action::Deactivate), 0);
}

#[test]
fn two_contacts_with_one_id_wait_for_a_person() {
    let world = deleted(&[unlinked("1", "gone"), unlinked("2", "gone")]);
    assert_eq!(
        (world.contact_verdict("1"), world.contact_verdict("2")),
        ("hold:ambiguous".into(), "hold:ambiguous".into())
    );
}

#[test]
fn somebody_who_has_the_contact_keeps_it() {
    let world = deleted(&[unlinked("1", "gone")]).user(user("b", "gone@contoso.com"));
    assert!(world.plan().decisions.iter().all(|d| d.change.action() != Action::Deactivate));
}
