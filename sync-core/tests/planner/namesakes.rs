//! Names only suggest: they pair nobody, and speak against creating.

use crate::world::{World, contact, user};
use sync_core::{
    model::{CompanyId, Contact, ContactField, ContactId},
    plan::{Action, Change, Instead, Reason, Wanted},
    policy::MatchRule,
};

fn without_alternates(id: &str, object: &str, mail: &str) -> Contact {
    let mut contact = contact(id, object, mail);
    contact.fields.remove(&ContactField::AlternateEmails);
    contact
}

fn world(contact: Contact) -> World {
    World::new().user(user("a", "a@contoso.com")).contact(contact)
}

#[test]
fn where_other_addresses_cannot_be_read_a_namesake_is_held_and_counted() {
    let world = world(without_alternates("1", "A", "private@example.com")).user(user("b", "b@contoso.com"));
    let decision = world.about("a");
    assert_eq!(decision.reason, Reason::SameName { contacts: vec![ContactId::new("1")] });
    let proposed = if let Change::Hold { proposed } = decision.change { proposed } else { None };
    assert_eq!(proposed.map(|change| change.action()), Some(Action::Create));
    assert_eq!(world.verdict("b"), "create:no_match");
    let downgrades = world.plan().downgrades;
    let counted = downgrades.iter().find(|d| d.wanted == Wanted::MatchAlternateEmails).unwrap();
    assert_eq!((counted.instead, counted.affected), (Instead::MatchOnPrimaryOnly, 1));
}

#[test]
fn where_other_addresses_are_not_compared_or_were_read_a_namesake_is_somebody_else() {
    let unread = world(without_alternates("1", "a", "private@example.com"))
        .policy(|p| p.matching.rules.retain(|r| *r != MatchRule::PsaAlternateEmail));
    assert_eq!(unread.verdict("a"), "create:no_match");
    assert_eq!(world(contact("1", "a", "private@example.com")).verdict("a"), "create:no_match");
}

#[test]
fn a_namesake_without_any_address_is_held() {
    assert_eq!(world(contact("1", "A ", "")).verdict("a"), "hold:same_name");
    assert!(world(contact("1", "a", "")).plan().downgrades.is_empty());
    let reached = contact("1", "a", "").with(ContactField::AlternateEmails, vec!["x@example.com".to_owned()]);
    assert_eq!(world(reached).verdict("a"), "create:no_match");
    let left = contact("1", "a", "").with(ContactField::Active, false);
    assert_eq!(world(left).verdict("a"), "create:no_match");
}

#[test]
fn one_name_alone_or_a_namesake_elsewhere_or_taken_suggests_nothing() {
    assert_eq!(world(contact("1", "b", "")).verdict("a"), "create:no_match");
    let nameless = contact("1", "a", "").with(ContactField::FirstName, "");
    assert_eq!(world(nameless).verdict("a"), "create:no_match");
    let mut sibling = contact("1", "a", "");
    sibling.company = Some(CompanyId::new("200"));
    assert_eq!(world(sibling).verdict("a"), "create:no_match");
    let taken = world(contact("1", "a", "")).link("gone", "1");
    assert_eq!(taken.verdict("a"), "create:no_match");
}

#[test]
fn a_namesake_that_gets_the_address_is_paired() {
    assert_eq!(world(contact("1", "a", "a@contoso.com")).verdict("a"), "link:matched");
}
