//! Names only suggest: they pair nobody, and speak against creating.

use crate::{
    converging::advance,
    world::{World, contact, user},
};
use sync_core::{
    model::{Attribute, CompanyId, Contact, ContactField, ContactId, DirectoryUser},
    plan::{Action, Change, Instead, Reason, Wanted},
    policy::{Departed, MatchRule},
    review::Answer,
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
fn one_name_alone_or_a_namesake_elsewhere_or_of_somebody_present_suggests_nothing() {
    assert_eq!(world(contact("1", "b", "")).verdict("a"), "create:no_match");
    let nameless = contact("1", "a", "").with(ContactField::FirstName, "");
    assert_eq!(world(nameless).verdict("a"), "create:no_match");
    let mut sibling = contact("1", "a", "");
    sibling.company = Some(CompanyId::new("200"));
    assert_eq!(world(sibling).verdict("a"), "create:no_match");
    let taken = world(contact("1", "a", "")).user(user("b", "b@contoso.com")).link("b", "1");
    assert_eq!(taken.verdict("a"), "create:no_match");
}

#[test]
fn a_namesake_that_gets_the_address_is_paired() {
    assert_eq!(world(contact("1", "a", "a@contoso.com")).verdict("a"), "link:matched");
}

/// The person of [`user`] with this object id, under another account.
fn again(object: &str, account: &str) -> DirectoryUser {
    user(account, &format!("{account}@contoso.com")).with(Attribute::Surname, object)
}

/// Three people whose accounts were all made anew, long enough ago: other ids, other addresses.
fn made_anew() -> World {
    let mut world = World::new();
    for n in 0..3 {
        let (object, id) = (format!("o{n}"), format!("{n}"));
        world = world
            .user(again(&object, &format!("n{n}")))
            .contact(contact(&id, &object, &format!("{object}@contoso.com")))
            .link_as(&object, &id, |link| {
                link.missing_reads = 5;
                link.missing_since = Some(link.first_linked_at);
            });
    }
    world
}

#[test]
fn people_whose_accounts_were_all_made_anew_are_neither_doubled_nor_deactivated() {
    let world = made_anew();
    let plan = world.plan();
    assert_eq!((plan.summary.create, plan.summary.deactivate, plan.summary.hold), (0, 0, 6));
    assert_eq!(world.verdict("n1"), "hold:relink_decision");
    assert_eq!(world.contact_verdict("1"), "hold:relink_decision");
    assert_eq!(world.questions().len(), 3, "one question for each person");
    let question = world.question("n1");
    let mut world = world.reply(&question, question.accepted().unwrap());
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("n1"), "no_op:in_sync");
    assert_eq!(world.about("n1").change.contact(), Some(&ContactId::new("1")));
    // Somebody else of that name: a contact of one's own, and the old one goes its usual way.
    let world = world.answer("n2", Answer::Create);
    assert_eq!(
        (world.verdict("n2"), world.contact_verdict("2")),
        ("create:reviewed".into(), "deactivate:missing".into())
    );
}

#[test]
fn a_leavers_name_is_free_again_once_the_contact_is_inactive() {
    let mut world = made_anew();
    for contact in &mut world.contacts {
        contact.fields.insert(ContactField::Active, false.into());
    }
    assert_eq!(world.count(Action::Create), 3);
    let mut sibling = made_anew();
    for contact in &mut sibling.contacts {
        contact.company = Some(CompanyId::new("200"));
    }
    assert_eq!(sibling.count(Action::Create), 3, "a name is asked about in one company");
}

#[test]
fn an_account_made_anew_waits_from_the_first_read_on_and_whatever_becomes_of_those_who_are_missing() {
    for missing in [Departed::Deactivate, Departed::Hold, Departed::Ignore] {
        let world = World::new()
            .crowd(10)
            .policy(|p| p.lifecycle.missing = missing)
            .user(again("o", "n"))
            .contact(contact("1", "o", "o@contoso.com"))
            .link("o", "1");
        assert_eq!(world.verdict("n"), "hold:relink_decision", "{missing:?}");
        assert_eq!(world.count(Action::Deactivate), 0);
    }
}
