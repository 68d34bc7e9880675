//! An address that a contact is to get belongs to nobody else by then.

use crate::{
    converging::advance,
    world::{World, anchor, contact, now, user},
};
use sync_core::{
    model::{Attribute, CompanyId, ContactField, ContactId, DirectoryUser},
    plan::{Change, Reason},
    policy::Departed,
    review::Answer,
    store::{Intent, RunId},
};

/// Somebody whose sign-in name stayed as it was.
fn renamed(object: &str, mail: &str) -> DirectoryUser {
    user(object, &format!("{object}@contoso.com")).with(Attribute::Mail, mail)
}

/// Each of them linked to a contact that has the address `object@contoso.com`.
fn linked(objects: &[&str]) -> World {
    let mut world = World::new().crowd(10);
    for object in objects {
        let id = format!("k-{object}");
        world =
            world.contact(contact(&id, object, &format!("{object}@contoso.com"))).link(object, id.as_str());
    }
    world
}

#[test]
fn r20_two_people_who_get_one_new_address_at_once_are_both_held() {
    let world =
        linked(&["a", "b"]).user(renamed("a", "info@contoso.com")).user(renamed("b", "info@contoso.com"));
    assert_eq!(world.verdict("a"), "hold:source_duplicate");
    assert_eq!(world.verdict("b"), "hold:source_duplicate");
    assert!(matches!(world.about("a").change, Change::Hold { proposed: Some(_) }));
}

#[test]
fn r19_the_address_of_somebody_disabled_or_out_of_scope_stays_on_that_contact_and_is_not_given_away() {
    let mut leaver = renamed("b", "left-b@contoso.com");
    leaver.enabled = Some(false);
    let disabled = linked(&["a", "b"]).user(renamed("a", "b@contoso.com")).user(leaver);
    assert_eq!(disabled.verdict("b"), "deactivate:disabled");
    let decision = disabled.about("a");
    let contacts = vec![ContactId::new("k-a"), ContactId::new("k-b")];
    assert_eq!(decision.reason, Reason::Ambiguous { contacts });
    assert_eq!(decision.because(), "the new address is already on contact k-b");
    let other = renamed("b", "left-b@contoso.com").with(Attribute::Department, "Lab");
    let outside = linked(&["a", "b"])
        .user(renamed("a", "b@contoso.com"))
        .user(other)
        .policy(|p| p.scope.departments = vec!["Sales".into()]);
    assert_eq!(outside.verdict("b"), "no_op:left_scope");
    assert_eq!(outside.verdict("a"), "hold:ambiguous");
}

#[test]
fn r19_an_address_whose_holder_waits_for_a_person_is_not_given_away() {
    let world = linked(&["a", "b"])
        .user(renamed("a", "b@contoso.com"))
        .user(renamed("b", "free@contoso.com"))
        .contact(contact("f", "x", "free@contoso.com"));
    assert_eq!(world.verdict("b"), "hold:ambiguous");
    assert_eq!(world.verdict("a"), "hold:ambiguous");
}

#[test]
fn r19_an_address_whose_holder_waits_for_an_earlier_write_is_not_given_away() {
    let mut world =
        linked(&["a", "b"]).user(renamed("a", "b@contoso.com")).user(renamed("b", "new@contoso.com"));
    assert_eq!(
        (world.verdict("a"), world.verdict("b")),
        ("update:fields_differ".into(), "update:fields_differ".into())
    );
    world.links.open.push(Intent::new(RunId::new(1), 0, world.about("b"), now()));
    assert_eq!((world.verdict("a"), world.verdict("b")), ("hold:ambiguous".into(), "hold:grace".into()));
}

#[test]
fn a_ring_of_people_who_take_each_others_addresses_moves_together() {
    let names: Vec<String> = (0..9).map(|n| format!("r{n}")).collect();
    let objects: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = linked(&objects);
    for (at, object) in names.iter().enumerate() {
        let next = &names[(at + 1) % names.len()];
        world = world.user(renamed(object, &format!("{next}@contoso.com")));
    }
    let plan = world.plan();
    assert_eq!((plan.summary.update, plan.summary.hold), (9, 0));
    // One of them stays, and so does everybody before.
    let stuck = world.contact(contact("f", "x", "r0@contoso.com"));
    assert_eq!((stuck.plan().summary.update, stuck.plan().summary.hold), (0, 9));
}

#[test]
fn a_long_row_of_people_who_move_up_is_done_in_a_few_runs() {
    let names: Vec<String> = (0..100).map(|n| format!("r{n:02}")).collect();
    let objects: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = linked(&objects);
    for (at, object) in names.iter().enumerate() {
        world = world.user(renamed(object, &format!("r{:02}@contoso.com", at + 1)));
    }
    let mut plan = world.plan();
    assert!(plan.summary.update > 0 && plan.summary.hold > 0);
    for _ in 0..4 {
        plan = advance(&mut world, &plan);
    }
    assert_eq!((plan.summary.changes(), plan.summary.hold), (0, 0));
}

#[test]
fn r26_an_alias_that_was_the_address_of_somebody_disabled_takes_no_contact_over() {
    let boss = || {
        let mut boss = user("boss", "boss@contoso.com");
        boss.alternate_emails = Some(vec!["left@contoso.com".into()]);
        boss
    };
    let mut left = user("left", "left@contoso.com");
    let contact = || contact("1", "left", "left@contoso.com");
    left.enabled = Some(false);
    let world = World::new().crowd(10).user(boss()).user(left.clone()).contact(contact());
    let users = vec![anchor("boss"), anchor("left")];
    let contacts = vec![ContactId::new("1")];
    assert_eq!(world.about("boss").reason, Reason::ClaimedTwice { users, contacts });
    assert_eq!(world.verdict("left"), "no_op:disabled");
    // The sign-in name alone says it as well, and so does an address that the contact has beside its own.
    let mut signs_in = world.clone();
    signs_in.users.retain(|u| u.anchor != anchor("left"));
    let signs_in = signs_in.user(left.clone().with(Attribute::Mail, ""));
    assert_eq!(signs_in.verdict("boss"), "hold:claimed_twice");
    let beside = contact().with(ContactField::AlternateEmails, vec!["boss@contoso.com".to_owned()]);
    let beside = World::new().crowd(10).user(user("boss", "boss@contoso.com")).user(left).contact(beside);
    assert_eq!(beside.verdict("boss"), "hold:claimed_twice");
    // Nobody else is known by it, or whoever is has another contact: the alias finds its contact.
    assert_eq!(World::new().user(boss()).contact(contact()).verdict("boss"), "update:matched");
    let other = crate::world::contact("2", "left", "old@contoso.com");
    assert_eq!(world.contact(other).link("left", "2").verdict("boss"), "update:matched");
}

#[test]
fn two_by_two_who_move_up_are_held_without_asking_everybody_for_everybody() {
    let mut world = World::new().crowd(10);
    for at in 0..40 {
        for side in ["a", "b"] {
            let object = format!("{side}{at}");
            let id = format!("k-{object}");
            world = world
                .contact(contact(&id, &object, &format!("x{at}@contoso.com")))
                .link(&object, id.as_str())
                .user(renamed(&object, &format!("x{}@contoso.com", at + 1)));
        }
    }
    let plan = world.plan();
    assert_eq!((plan.summary.update, plan.summary.hold), (0, 80));
}

#[test]
fn r24_somebody_who_returns_with_an_address_that_another_contact_has_is_held() {
    let world = World::new()
        .crowd(10)
        .user(renamed("a", "taken@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false))
        .contact(contact("2", "x", "taken@contoso.com"))
        .link_as("a", "1", |l| l.deactivated_by_us = true);
    let decision = world.about("a");
    let contacts = vec![ContactId::new("1"), ContactId::new("2")];
    assert_eq!(decision.reason, Reason::Ambiguous { contacts });
    assert!(
        matches!(&decision.change, Change::Hold { proposed: Some(p) } if matches!(**p, Change::Reactivate { .. }))
    );
    assert_eq!(decision.because(), "the new address is already on contact 2");
}

#[test]
fn r24_nobody_who_returns_gets_a_second_active_contact_beside_one_that_somebody_made() {
    let world = |second_is_active: bool| {
        World::new()
            .crowd(10)
            .user(user("a", "a@contoso.com"))
            .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false))
            .contact(contact("2", "a", "a@contoso.com").with(ContactField::Active, second_is_active))
            .link_as("a", "1", |l| l.deactivated_by_us = true)
    };
    let decision = world(true).about("a");
    let contacts = vec![ContactId::new("1"), ContactId::new("2")];
    assert_eq!(decision.reason, Reason::Ambiguous { contacts });
    assert_eq!(decision.because(), "several contacts fit: 1, 2");
    assert_eq!(world(false).verdict("a"), "reactivate:returned");
    let accepted = world(true).answer("a", Answer::Accept);
    assert_eq!(accepted.verdict("a"), "reactivate:reviewed");
    let pinned = world(true).answer("a", Answer::Pin { contact: ContactId::new("2") });
    assert_eq!(pinned.verdict("a"), "link:reviewed");
}

#[test]
fn a_leaver_whose_contact_was_moved_to_another_customer_deactivates_nobody_there() {
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let mut moved = contact("1", "a", "a@contoso.com");
    moved.company = Some(CompanyId::new("200"));
    let world = World::new().crowd(10).contact(moved).link_as("a", "1", |l| {
        l.missing_reads = 9;
        l.missing_since = Some(now() - chrono::Duration::days(30));
    });
    assert_eq!(world.clone().user(leaver).verdict("a"), "no_op:other_company");
    assert_eq!(world.contact_verdict("1"), "no_op:other_company");
    let mut deleted = world;
    deleted.removed.push(anchor("a"));
    assert_eq!(deleted.contact_verdict("1"), "no_op:other_company");
    let ignored = deleted.policy(|p| p.lifecycle.deleted = Departed::Ignore);
    assert_eq!(ignored.contact_verdict("1"), "no_op:deleted");
}

#[test]
fn r19_an_address_of_an_active_contact_of_a_sibling_company_is_not_given_to_another_contact() {
    let world = |active: bool| {
        let mut sibling = contact("s", "q", "new@contoso.com").with(ContactField::Active, active);
        sibling.company = Some(CompanyId::new("200"));
        linked(&["a"]).user(renamed("a", "new@contoso.com")).contact(sibling)
    };
    let decision = world(true).about("a");
    let contacts = vec![ContactId::new("k-a"), ContactId::new("s")];
    assert_eq!(decision.reason, Reason::Ambiguous { contacts });
    assert_eq!(world(false).verdict("a"), "update:fields_differ");
    // Who is in two companies with one address already stays so.
    let mut both = contact("s", "a", "a@contoso.com");
    both.company = Some(CompanyId::new("200"));
    let world = linked(&["a"]).user(user("a", "a@contoso.com")).contact(both);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}
