//! Linked contacts that hold the object id of somebody else, as after a state that was restored from an older copy.

use crate::{
    converging::advance,
    world::{World, contact, now, say, user},
};
use chrono::Duration;
use sync_core::{
    model::{Contact, ContactField, ContactId, FieldValue},
    policy::Reactivate,
    review::Answer,
};

/// A contact as the user with this object id would have it, the id included.
fn of(id: &str, object: &str) -> Contact {
    contact(id, object, &format!("{object}@contoso.com")).with(ContactField::Custom("Id".into()), object)
}

/// What a person put right after the copy was made is not remembered: the links are the wrong ones, the contacts are right.
fn restored() -> World {
    let world = World::new().crowd(10).policy(|p| p.write_back.contact_id_field = "Id".into());
    let people = ["a", "b"]
        .into_iter()
        .fold(world, |world, object| world.user(user(object, &format!("{object}@contoso.com"))));
    people.contact(of("1", "b")).contact(of("2", "a")).link("a", "1").link("b", "2")
}

#[test]
fn a_link_to_a_contact_that_holds_another_users_id_overwrites_nothing() {
    let world = restored();
    for user in ["a", "b"] {
        assert_eq!(world.verdict(user), "hold:claimed_twice", "{user}");
    }
    assert_eq!(world.question("a").asked.contacts, [ContactId::new("1")]);
    assert_eq!(world.question("a").asked.users.len(), 2);
}

#[test]
fn the_id_is_known_in_every_spelling_and_that_of_nobody_in_the_read_is_no_obstacle() {
    for (stored, verdict) in [
        ("B", "hold:claimed_twice"),
        (" entra:contoso:b ", "hold:claimed_twice"),
        ("entra:fabrikam:b", "update:fields_differ"),
        ("somebody else", "update:fields_differ"),
        (" A ", "update:fields_differ"),
    ] {
        let mut world = restored();
        let one = world.contacts.iter_mut().find(|c| c.id == ContactId::new("1")).unwrap();
        one.fields.insert(ContactField::Custom("Id".into()), stored.into());
        // Somebody whose address another contact keeps waits in any case.
        one.fields.insert(ContactField::Email, "a@contoso.com".into());
        world.contacts.retain(|c| c.id != ContactId::new("2"));
        assert_eq!(world.verdict("a"), verdict, "{stored:?}");
    }
}

#[test]
fn who_leaves_does_not_take_the_contact_along_that_holds_another_users_id() {
    let mut world = restored();
    world.users.iter_mut().find(|user| user.anchor.object_id() == "a").unwrap().enabled = Some(false);
    assert_eq!(world.verdict("a"), "hold:claimed_twice");
    let mut own = world.clone();
    own.contacts.retain(|c| c.id != ContactId::new("1"));
    own.contacts.push(of("1", "a"));
    assert_eq!(own.verdict("a"), "deactivate:disabled");
}

#[test]
fn who_is_gone_does_not_take_the_contact_along_that_holds_another_users_id() {
    let gone = |id: &str| {
        let mut world = restored();
        world.users.retain(|user| user.anchor.object_id() != "a");
        world.contacts.retain(|c| c.id != ContactId::new("1"));
        world.contacts.push(of("1", id));
        world.link_as("a", "1", |link| {
            link.missing_reads = 5;
            link.missing_since = Some(now() - Duration::hours(90));
        })
    };
    assert_eq!(gone("b").contact_verdict("1"), "hold:relink_decision");
    assert_eq!(gone("a").contact_verdict("1"), "deactivate:missing");
}

#[test]
fn an_inactive_contact_that_holds_another_users_id_stays_inactive() {
    let inactive = |id: &str| {
        let mut world = restored().policy(|p| p.lifecycle.reactivate = Reactivate::Any);
        world.contacts.retain(|c| ![ContactId::new("1"), ContactId::new("2")].contains(&c.id));
        let mut one = of("1", "a");
        one.fields.insert(ContactField::Custom("Id".into()), id.into());
        one.fields.insert(ContactField::Active, FieldValue::Flag(false));
        world.contacts.push(one);
        world
    };
    assert_eq!(inactive("b").verdict("a"), "hold:claimed_twice");
    assert_eq!(inactive("a").verdict("a"), "reactivate:returned");
}

#[test]
fn a_person_says_whose_the_contacts_are_and_that_is_done() {
    let pin = |contact: &str| Answer::Pin { contact: ContactId::new(contact) };
    let mut world = restored();
    let (a, b) = (world.question("a"), world.question("b"));
    world = world.reply(&a, pin("2")).reply(&b, pin("1"));
    assert_eq!(
        (say(&world.about("a")), say(&world.about("b"))),
        ("link:reviewed".into(), "link:reviewed".into())
    );
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_person_says_that_the_links_are_right_and_the_ids_are_put_right() {
    for pinned in [true, false] {
        let mut kept = restored();
        for (user, contact) in [("a", "1"), ("b", "2")] {
            let question = kept.question(user);
            let pin = Answer::Pin { contact: ContactId::new(contact) };
            let answer = if pinned { pin } else { question.accepted().unwrap() };
            kept = kept.reply(&question, answer);
        }
        let plan = kept.plan();
        assert_eq!(plan.summary.update, 2, "{pinned}: {}", say(&kept.about("a")));
        assert_eq!(advance(&mut kept, &plan).summary.changes(), 0);
        assert_eq!(kept.verdict("a"), "no_op:in_sync");
    }
}
