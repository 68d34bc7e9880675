//! A PSA that keeps a name in one piece.

use crate::world::{World, contact, user};
use sync_core::{
    capability::{Access, FieldRule},
    model::{Attribute, Contact, ContactField, ContactId, DirectoryUser},
    plan::Reason,
};

/// A contact of such a PSA.
fn whole(id: &str, name: &str, mail: &str) -> Contact {
    let mut contact = contact(id, "", mail);
    contact.fields.remove(&ContactField::FirstName);
    contact.fields.remove(&ContactField::LastName);
    contact.with(ContactField::Name, name)
}

/// A world whose PSA has one name and cannot read other addresses.
fn world(user: DirectoryUser) -> World {
    let mut world = World::new().user(user);
    for part in [ContactField::FirstName, ContactField::LastName] {
        world.capabilities.fields.remove(&part);
    }
    world.capabilities.fields.insert(ContactField::Name, FieldRule::new(Access::ReadWrite).required());
    world
}

#[test]
fn both_names_are_written_in_one_text_and_nothing_is_written_twice() {
    let written = world(user("a", "a@contoso.com")).written("a");
    let names: Vec<&String> = written.iter().filter(|line| line.contains("name")).collect();
    assert_eq!(names, ["name: null -> \"Person a\""], "{written:?}");
}

#[test]
fn a_name_that_differs_is_an_update_and_one_that_does_not_is_none() {
    let renamed = world(user("a", "a@contoso.com"))
        .contact(whole("1", "Person Maiden", "a@contoso.com"))
        .link("a", "1");
    assert_eq!(renamed.written("a"), ["name: \"Person Maiden\" -> \"Person a\""]);
    let same =
        world(user("a", "a@contoso.com")).contact(whole("1", "Person a", "a@contoso.com")).link("a", "1");
    assert_eq!(same.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_name_of_which_a_part_was_not_read_is_left_as_it_is() {
    for part in [Attribute::GivenName, Attribute::Surname] {
        let mut unread = user("a", "a@contoso.com");
        unread.attributes.remove(&part);
        let held = world(unread).contact(whole("1", "Person Maiden", "a@contoso.com")).link("a", "1");
        assert_eq!(held.verdict("a"), "no_op:in_sync", "{part}");
    }
}

#[test]
fn names_that_are_not_to_be_updated_are_left_in_one_piece_as_well() {
    let renamed = world(user("a", "a@contoso.com"))
        .contact(whole("1", "Person Maiden", "a@contoso.com"))
        .link("a", "1");
    assert_eq!(renamed.policy(|p| p.matching.ignore_name_updates = true).verdict("a"), "no_op:in_sync");
}

#[test]
fn one_name_alone_is_the_whole_and_none_is_taken_from_the_display_name_for_a_new_contact_only() {
    let single = user("a", "a@contoso.com").with(Attribute::GivenName, "");
    assert!(world(single).written("a").contains(&"name: null -> \"a\"".to_owned()));
    let shown = user("a", "a@contoso.com").with(Attribute::GivenName, "").with(Attribute::Surname, "");
    assert!(world(shown.clone()).written("a").contains(&"name: null -> \"Person a\"".to_owned()));
    let held = world(shown).contact(whole("1", "Somebody Else", "a@contoso.com")).link("a", "1");
    assert_eq!(held.verdict("a"), "no_op:in_sync");
}

#[test]
fn nobody_without_any_name_is_created_where_one_is_required() {
    let nameless = user("a", "a@contoso.com")
        .with(Attribute::GivenName, "")
        .with(Attribute::Surname, "")
        .with(Attribute::DisplayName, "");
    assert_eq!(world(nameless).about("a").reason, Reason::RequiredField { field: ContactField::Name });
}

#[test]
fn a_namesake_without_an_address_is_held_whatever_the_spaces_in_the_name() {
    let named = |name: &str| world(user("a", "a@contoso.com")).contact(whole("1", name, ""));
    assert_eq!(
        named("person  A ").about("a").reason,
        Reason::SameName { contacts: vec![ContactId::new("1")] }
    );
    assert_eq!(named("Person").verdict("a"), "create:no_match");
}
