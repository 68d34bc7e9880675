//! Pairing users with contacts.

use crate::world::{World, anchor, contact, user};
use sync_core::{
    model::{Attribute, CompanyId, ContactField, ContactId},
    plan::{Change, LinkState, Reason},
    policy::MatchRule,
};

#[test]
fn a_user_without_a_contact_gets_one() {
    let world = World::new().user(user("a", "a@contoso.com"));
    let decision = world.about("a");
    assert!(matches!(decision.change, Change::Create { .. }));
    assert_eq!(decision.reason, Reason::NoMatch);
    assert_eq!(decision.company, Some(CompanyId::new("100")));
}

#[test]
fn the_link_wins_over_every_address() {
    // A marriage: the person's address now looks like somebody else's contact would.
    let world = World::new()
        .user(user("a", "new@contoso.com"))
        .contact(contact("1", "a", "old@contoso.com"))
        .link("a", "1");
    assert_eq!(world.verdict("a"), "update:fields_differ");
    assert_eq!(world.written("a"), ["email: \"old@contoso.com\" -> \"new@contoso.com\""]);
}

#[test]
fn a_stored_object_id_pairs_whatever_the_addresses_say() {
    let field = || ContactField::Custom("Office365Id".into());
    let world = World::new()
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into())
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "elsewhere@contoso.com").with(field(), "A"));
    let decision = world.about("a");
    assert_eq!(decision.change.contact(), Some(&ContactId::new("1")));
    assert_eq!(decision.reason, Reason::Matched { rule: MatchRule::StoredId });
}

#[test]
fn the_object_id_is_written_where_the_policy_says() {
    let field = ContactField::Custom("Office365Id".into());
    let world = World::new()
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into())
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(field, ""));
    assert_eq!(world.written("a"), ["custom:Office365Id: null -> \"a\""]);
}

#[test]
fn case_does_not_tell_addresses_apart_and_is_no_change() {
    let world = World::new().user(user("a", "Ada@Contoso.com")).contact(contact("1", "a", "ada@CONTOSO.com"));
    assert_eq!(world.verdict("a"), "link:matched");
}

#[test]
fn another_address_of_the_user_or_of_the_contact_pairs_too() {
    let mut aliased = user("a", "a@contoso.com");
    aliased.alternate_emails = Some(vec!["old@contoso.com".into()]);
    let by_alias = World::new().user(aliased).contact(contact("1", "a", "old@contoso.com"));
    assert_eq!(by_alias.about("a").reason, Reason::Matched { rule: MatchRule::AlternateEmail });

    let kept = contact("1", "b", "private@example.com")
        .with(ContactField::AlternateEmails, vec!["b@contoso.com".to_owned()]);
    let by_psa = World::new().user(user("b", "b@contoso.com")).contact(kept);
    assert_eq!(by_psa.about("b").reason, Reason::Matched { rule: MatchRule::PsaAlternateEmail });
}

#[test]
fn a_sign_in_name_pairs_where_there_is_no_mail_but_never_a_default_domain() {
    let without_mail = |upn: &str| {
        user("a", "x@contoso.com").with(Attribute::UserPrincipalName, upn).with(Attribute::Mail, "")
    };
    let routable =
        World::new().user(without_mail("a@contoso.com")).contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(routable.verdict("a"), "link:matched");
    let default = World::new().user(without_mail("a@contoso.onmicrosoft.com")).contact(contact(
        "1",
        "a",
        "a@contoso.onmicrosoft.com",
    ));
    assert_eq!(default.verdict("a"), "no_op:no_email");
}

#[test]
fn several_contacts_are_never_guessed_between() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "a", "A@contoso.com"));
    let decision = world.about("a");
    assert!(matches!(decision.change, Change::Hold { .. }));
    assert_eq!(
        decision.reason,
        Reason::Ambiguous { contacts: vec![ContactId::new("1"), ContactId::new("2")] }
    );
}

#[test]
fn the_one_active_contact_goes_before_inactive_ones() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false))
        .contact(contact("2", "a", "a@contoso.com"));
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("2")));
}

#[test]
fn two_users_with_one_address_are_both_held() {
    let world = World::new().user(user("a", "same@contoso.com")).user(user("b", "SAME@contoso.com"));
    for one in ["a", "b"] {
        let decision = world.about(one);
        assert_eq!(decision.reason, Reason::SourceDuplicate { users: vec![anchor("a"), anchor("b")] });
    }
}

#[test]
fn a_sign_in_name_that_is_listed_among_the_other_addresses_too_is_still_a_duplicate() {
    let mut b = user("b", "").with(Attribute::UserPrincipalName, "same@contoso.com");
    b.alternate_emails = Some(vec!["other@contoso.com".into(), "SAME@contoso.com".into()]);
    let world = World::new().user(user("a", "same@contoso.com")).user(b);
    for one in ["a", "b"] {
        assert_eq!(world.verdict(one), "hold:source_duplicate");
    }
    assert_eq!(world.count(sync_core::plan::Action::Create), 0);
}

#[test]
fn a_new_user_with_the_address_of_a_linked_one_is_held_not_created() {
    let world = World::new()
        .user(user("a", "same@contoso.com"))
        .user(user("b", "same@contoso.com"))
        .contact(contact("1", "a", "old@contoso.com"))
        .link("a", "1");
    assert_eq!(world.verdict("b"), "hold:source_duplicate");
    assert_eq!(world.verdict("a"), "update:fields_differ");
}

#[test]
fn one_contact_claimed_by_two_users_goes_to_neither() {
    let mut a = user("a", "a@contoso.com");
    a.alternate_emails = Some(vec!["team@contoso.com".into()]);
    let mut b = user("b", "b@contoso.com");
    b.alternate_emails = Some(vec!["team@contoso.com".into()]);
    let world = World::new().user(a).user(b).contact(contact("1", "x", "team@contoso.com"));
    for one in ["a", "b"] {
        assert_eq!(
            world.about(one).reason,
            Reason::ClaimedTwice {
                users: vec![anchor("a"), anchor("b")],
                contacts: vec![ContactId::new("1")]
            }
        );
    }
}

#[test]
fn a_contact_taken_by_id_holds_whoever_else_finds_it() {
    let world = World::new()
        .user(user("a", "a2@contoso.com"))
        .user(user("b", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1");
    assert_eq!(world.verdict("b"), "hold:claimed_twice");
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("1")));
}

#[test]
fn two_people_who_swapped_addresses_keep_their_contacts() {
    let world = World::new()
        .user(user("a", "b@contoso.com"))
        .user(user("b", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "b", "b@contoso.com"))
        .link("a", "1")
        .link("b", "2");
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("1")));
    assert_eq!(world.about("b").change.contact(), Some(&ContactId::new("2")));
}

#[test]
fn an_address_on_the_contact_of_somebody_gone_is_a_decision_for_a_person() {
    let world = World::new()
        .user(user("new", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("gone", "1");
    let decision = world.about("new");
    assert_eq!(
        decision.reason,
        Reason::RelinkDecision { contacts: vec![ContactId::new("1")], users: vec![anchor("gone")] }
    );
    assert!(matches!(decision.change, Change::Hold { .. }));
}

#[test]
fn the_same_immutable_id_under_a_new_object_id_takes_the_contact_over() {
    let mut renewed = user("new", "a@contoso.com");
    renewed.immutable_id = Some("AAAA==".into());
    let world =
        World::new()
            .user(renewed)
            .contact(contact("1", "new", "a@contoso.com"))
            .link_as("old", "1", |l| l.immutable_id = Some("AAAA==".into()));
    let decision = world.about("new");
    assert!(matches!(decision.change, Change::Link { link: LinkState::Relink, .. }), "{decision:?}");
    assert_eq!(decision.reason, Reason::Relink { from: anchor("old") });
    assert_eq!(world.plan().decisions.len(), 1, "the old link is not decided about apart");
}

#[test]
fn a_contact_of_a_present_user_is_not_taken_over_through_an_older_link() {
    let mut other = user("b", "b@contoso.com");
    other.immutable_id = Some("AAAA==".into());
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(other)
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1")
        .link_as("old", "1", |l| l.immutable_id = Some("AAAA==".into()));
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.verdict("b"), "create:no_match");
    assert_eq!(world.plan().decisions.len(), 2);
}

#[test]
fn an_address_on_a_contact_that_holds_another_object_id_is_a_decision_for_a_person() {
    let field = || ContactField::Custom("Office365Id".into());
    let world = World::new()
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into())
        .user(user("new", "a@contoso.com"))
        .contact(contact("1", "gone", "a@contoso.com").with(field(), "gone"));
    assert_eq!(
        world.about("new").reason,
        Reason::RelinkDecision { contacts: vec![ContactId::new("1")], users: vec![anchor("gone")] }
    );
}

#[test]
fn contacts_that_one_user_cannot_be_told_from_go_to_nobody_else() {
    let field = || ContactField::Custom("Office365Id".into());
    let twice = |id: &str| contact(id, "a", "shared@contoso.com").with(field(), "a");
    let world = World::new()
        .policy(|p| p.write_back.contact_id_field = "Office365Id".into())
        .user(user("a", "a@contoso.com"))
        .user(user("b", "shared@contoso.com"))
        .contact(twice("1"))
        .contact(twice("2"));
    assert_eq!(world.verdict("a"), "hold:ambiguous");
    assert_eq!(world.verdict("b"), "hold:relink_decision");
    let unmarked = World::new()
        .user(user("a", "team@contoso.com"))
        .user({
            let mut b = user("b", "b@contoso.com");
            b.alternate_emails = Some(vec!["team@contoso.com".into()]);
            b
        })
        .contact(contact("1", "x", "team@contoso.com"))
        .contact(contact("2", "x", "team@contoso.com"));
    assert_eq!(unmarked.verdict("a"), "hold:ambiguous");
    assert_eq!(unmarked.verdict("b"), "hold:ambiguous");
}

/// Somebody back, and the contacts of two earlier accounts with the same immutable id.
fn twice_gone(first_in_use: bool) -> World {
    let mut renewed = user("new", "z@contoso.com");
    renewed.immutable_id = Some("AAAA==".into());
    let with_id = |l: &mut sync_core::store::Link| l.immutable_id = Some("AAAA==".into());
    World::new()
        .user(renewed)
        .contact(contact("1", "x", "x@contoso.com").with(ContactField::Active, first_in_use))
        .contact(contact("2", "y", "y@contoso.com"))
        .link_as("old1", "1", with_id)
        .link_as("old2", "2", with_id)
}

#[test]
fn of_two_contacts_of_one_immutable_id_the_one_in_use_is_taken_and_two_in_use_are_held() {
    let held = twice_gone(true).about("new");
    let contacts = vec![ContactId::new("1"), ContactId::new("2")];
    assert_eq!(held.reason, Reason::Ambiguous { contacts });
    assert!(matches!(held.change, Change::Hold { .. }));
    let taken = twice_gone(false).about("new");
    assert_eq!(taken.change.contact(), Some(&ContactId::new("2")));
    assert_eq!(taken.reason.code(), "relink");
}

#[test]
fn an_earlier_account_with_the_same_immutable_id_whose_contact_is_gone_creates_no_second_one() {
    let mut world = twice_gone(true);
    world.contacts.clear();
    let held = world.about("new");
    let contacts = vec![ContactId::new("1"), ContactId::new("2")];
    assert_eq!(held.reason, Reason::OtherCompany { contacts: contacts.clone(), companies: Vec::new() });
    let created = world.clone().answer("new", sync_core::review::Answer::Create).about("new");
    assert!(matches!(created.change, Change::Create { beside, .. } if beside == contacts));
    // Another one's id says nothing.
    world.users[0].immutable_id = Some("BBBB==".into());
    assert_eq!(world.verdict("new"), "create:no_match");
}

#[test]
fn the_same_address_in_another_company_is_never_matched_and_never_doubled() {
    let mut sibling = contact("1", "a", "a@contoso.com");
    sibling.company = Some(CompanyId::new("200"));
    let world = World::new().user(user("a", "a@contoso.com")).contact(sibling);
    let decision = world.about("a");
    assert!(matches!(decision.change, Change::Hold { .. }));
    assert_eq!(
        decision.reason,
        Reason::OtherCompany { contacts: vec![ContactId::new("1")], companies: vec![CompanyId::new("200")] }
    );
}

#[test]
fn a_person_whose_linked_contact_is_in_another_company_is_held() {
    let mut moved = contact("1", "a", "a@contoso.com");
    moved.company = Some(CompanyId::new("200"));
    let world = World::new().user(user("a", "a@contoso.com")).contact(moved).link("a", "1");
    assert_eq!(world.verdict("a"), "hold:other_company");
}

#[test]
fn a_link_to_a_contact_that_is_gone_makes_way_for_a_new_match() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("2", "a", "a@contoso.com"))
        .link("a", "1");
    assert!(matches!(world.about("a").change, Change::Link { link: LinkState::Relink, .. }));
}

#[test]
fn an_immutable_id_that_leads_to_another_tenants_contact_names_that_tenant() {
    let mut renewed = user("new", "z@contoso.com");
    renewed.immutable_id = Some("AAAA==".into());
    let mut world =
        World::new()
            .user(renewed)
            .contact(contact("1", "x", "x@contoso.com"))
            .link_as("old", "1", |l| l.immutable_id = Some("AAAA==".into()));
    world.linked_elsewhere.insert(ContactId::new("1"), sync_core::model::TenantName::new("Fabrikam"));
    assert_eq!(world.about("new").reason, Reason::ForeignOwner { owner: "tenant Fabrikam".to_owned() });
}

#[test]
fn a_contact_claimed_by_two_users_of_one_immutable_id_is_nobody_elses_either() {
    let renewed = |object: &str| {
        let mut user = user(object, &format!("{object}@contoso.com"));
        user.immutable_id = Some("AAAA==".into());
        user
    };
    let world = World::new()
        .user(renewed("a"))
        .user(renewed("b"))
        .user(user("c", "x@contoso.com"))
        .contact(contact("1", "x", "x@contoso.com"))
        .link_as("old", "1", |l| l.immutable_id = Some("AAAA==".into()));
    let users = vec![anchor("a"), anchor("b"), anchor("c")];
    let contacts = vec![ContactId::new("1")];
    for one in ["a", "b", "c"] {
        let reason = Reason::ClaimedTwice { users: users.clone(), contacts: contacts.clone() };
        assert_eq!(world.about(one).reason, reason);
    }
}

#[test]
fn an_older_link_to_another_tenants_contact_says_nothing_beside_a_present_users() {
    let mut world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1")
        .link("gone", "1");
    world.linked_elsewhere.insert(ContactId::new("1"), sync_core::model::TenantName::new("Fabrikam"));
    assert_eq!(world.verdict("a"), "hold:foreign_owner");
    assert_eq!(world.plan().decisions.len(), 1, "the contact is not decided about apart");
}

#[test]
fn a_re_issued_address_is_a_decision_even_where_the_immutable_ids_differ() {
    let mut successor = user("new", "a@contoso.com");
    successor.immutable_id = Some("BBBB==".into());
    let world =
        World::new()
            .user(successor)
            .contact(contact("1", "a", "a@contoso.com"))
            .link_as("gone", "1", |l| l.immutable_id = Some("AAAA==".into()));
    let decision = world.about("new");
    assert_eq!(
        decision.reason,
        Reason::RelinkDecision { contacts: vec![ContactId::new("1")], users: vec![anchor("gone")] }
    );
    assert_eq!(world.count(sync_core::plan::Action::Deactivate), 0);
}

#[test]
fn a_rehire_under_the_same_immutable_id_gets_the_contact_back_active() {
    let mut rehired = user("new", "a@contoso.com");
    rehired.immutable_id = Some("AAAA==".into());
    let world = World::new()
        .user(rehired)
        .contact(contact("1", "new", "a@contoso.com").with(ContactField::Active, false))
        .link_as("old", "1", |l| {
            l.immutable_id = Some("AAAA==".into());
            l.deactivated_by_us = true;
        });
    assert_eq!(world.verdict("new"), "reactivate:returned");
    assert!(matches!(world.about("new").change, Change::Reactivate { link: LinkState::Relink, .. }));
}

#[test]
fn a_new_address_that_another_contact_has_and_keeps_is_not_written_over_it() {
    let world = World::new()
        .user(user("a", "taken@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "x", "taken@contoso.com"))
        .link("a", "1");
    let decision = world.about("a");
    let contacts = vec![ContactId::new("1"), ContactId::new("2")];
    assert_eq!(decision.reason, Reason::Ambiguous { contacts });
    assert!(matches!(decision.change, Change::Hold { proposed: Some(_) }));
}

#[test]
fn names_never_pair() {
    let world = World::new().user(user("a", "a@contoso.com")).contact(contact("1", "a", "other@contoso.com"));
    assert_eq!(world.verdict("a"), "create:no_match");
}

#[test]
fn only_the_rules_asked_for_are_tried() {
    let world = World::new()
        .policy(|p| p.matching.rules = vec![MatchRule::Link, MatchRule::StoredId])
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(world.verdict("a"), "create:no_match");
}

#[test]
fn a_contact_of_another_tenant_is_neither_taken_nor_doubled_nor_deactivated() {
    let elsewhere = |mut world: World| {
        world.linked_elsewhere.insert(ContactId::new("1"), sync_core::model::TenantName::new("Fabrikam"));
        world
    };
    let found =
        elsewhere(World::new().user(user("a", "a@contoso.com")).contact(contact("1", "a", "a@contoso.com")));
    assert_eq!(found.verdict("a"), "hold:foreign_owner");
    let mut away = user("a", "a@contoso.com");
    away.enabled = Some(false);
    let both = World::new().crowd(10).user(away).contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    assert_eq!(both.verdict("a"), "deactivate:disabled");
    assert_eq!(elsewhere(both).verdict("a"), "no_op:disabled");
    let gone = World::new().crowd(10).contact(contact("1", "a", "a@contoso.com")).link_as("a", "1", |l| {
        l.missing_reads = 9;
        l.missing_since = Some(l.first_linked_at);
    });
    assert_eq!(gone.contact_verdict("1"), "deactivate:missing");
    assert_eq!(elsewhere(gone).contact_verdict("1"), "no_op:foreign_owner");
}

/// Somebody gone whose contact has an address that is another one's alias now.
fn leaver_with_an_alias(of: sync_core::model::DirectoryUser) -> World {
    let mut heir = of;
    heir.alternate_emails = Some(vec!["old@contoso.com".into()]);
    let mut world = World::new().crowd(10).user(heir).contact(contact("old", "a", "old@contoso.com"));
    world.removed.push(anchor("gone"));
    world.link("gone", "old")
}

#[test]
fn the_contact_in_use_of_somebody_who_comes_back_as_another_account_is_not_deactivated_for_an_inactive_one() {
    let world = leaver_with_an_alias(user("a", "a@contoso.com"));
    let inactive = contact("inactive", "a", "a@contoso.com").with(ContactField::Active, false);
    let found = world.clone().contact(inactive);
    assert_eq!(found.verdict("a"), "hold:policy");
    assert_eq!(found.contact_verdict("old"), "hold:relink_decision");
    // With one in use the other is nobody's.
    let has_one = world.contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(has_one.verdict("a"), "link:matched");
    assert_eq!(has_one.contact_verdict("old"), "deactivate:deleted");
}

#[test]
fn a_contact_to_which_another_address_of_somebody_held_leads_is_not_deactivated() {
    let mut world = leaver_with_an_alias(user("a", "p00@contoso.com"));
    // The contact still has the address that was given on.
    world.users.iter_mut().filter(|user| user.anchor == anchor("p00")).for_each(|user| {
        *user = crate::world::user("p00", "new@contoso.com");
    });
    assert_eq!(world.verdict("a"), "hold:claimed_twice");
    assert_eq!(world.contact_verdict("old"), "hold:relink_decision");
}

#[test]
fn who_has_an_inactive_contact_by_link_may_be_the_one_to_whom_an_alias_leads() {
    let inactive = contact("1", "a", "a@contoso.com").with(ContactField::Active, false);
    let world = leaver_with_an_alias(user("a", "a@contoso.com")).contact(inactive).link("a", "1");
    assert_eq!(world.verdict("a"), "no_op:policy");
    assert_eq!(world.contact_verdict("old"), "hold:relink_decision");
    let active = leaver_with_an_alias(user("a", "a@contoso.com")).contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(active.link("a", "1").contact_verdict("old"), "deactivate:deleted");
}
