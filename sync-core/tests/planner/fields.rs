//! What is written, and what is left alone.

use crate::world::{World, contact, user};
use sync_core::{
    capability::{Access, AlternateEmails, FieldRule},
    model::{Attribute, ContactField, FieldValue},
    plan::{Instead, Outcome, PlanError, Wanted, explain},
    policy::{Blank, Flow, MappingEntry, OnUnsupported},
};

fn linked(user: sync_core::model::DirectoryUser, contact: sync_core::model::Contact) -> World {
    World::new().user(user).contact(contact).link("a", "1")
}

fn a() -> sync_core::model::DirectoryUser {
    user("a", "a@contoso.com")
}

fn one() -> sync_core::model::Contact {
    contact("1", "a", "a@contoso.com")
}

#[test]
fn only_the_fields_that_differ_are_written() {
    let world =
        linked(a().with(Attribute::JobTitle, "Lead"), one().with(ContactField::PhoneBusiness, "+1 555 0199"));
    assert_eq!(
        world.written("a"),
        ["title: \"Engineer\" -> \"Lead\"", "phone_business: \"+1 555 0199\" -> \"+1 555 0100\""]
    );
}

#[test]
fn a_difference_in_presentation_alone_is_no_change() {
    let world = linked(
        a().with(Attribute::GivenName, "Jo\u{308}rg").with(Attribute::JobTitle, "R&D  Lead"),
        one()
            .with(ContactField::FirstName, "J\u{f6}rg")
            .with(ContactField::Title, "R&amp;D Lead")
            .with(ContactField::PhoneBusiness, "1-555-0100"),
    );
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn an_attribute_that_was_not_read_changes_nothing() {
    let mut unread = a();
    unread.attributes.remove(&Attribute::JobTitle);
    let world = linked(unread, one()).policy(|p| {
        let mut title = MappingEntry::new(ContactField::Title, "job_title");
        title.blank = Blank::Clear;
        p.mapping.push(title);
    });
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_field_that_the_psa_cannot_tell_is_not_written() {
    let mut unreadable = one();
    unreadable.fields.remove(&ContactField::Title);
    assert_eq!(linked(a(), unreadable).verdict("a"), "no_op:in_sync");
}

#[test]
fn a_blank_source_keeps_clears_or_clears_what_is_ours() {
    let world = |blank: Blank, last: Option<&str>| {
        let last = last.map(FieldValue::from);
        World::new()
            .user(a().with(Attribute::JobTitle, ""))
            .contact(one())
            .link_as("a", "1", |l| {
                if let Some(last) = last {
                    l.last_written.insert(ContactField::Title, last);
                }
            })
            .policy(|p| {
                let mut title = MappingEntry::new(ContactField::Title, "job_title");
                title.blank = blank;
                p.mapping.push(title);
            })
    };
    assert_eq!(world(Blank::Keep, None).verdict("a"), "no_op:in_sync");
    assert_eq!(world(Blank::Clear, None).written("a"), ["title: \"Engineer\" -> null"]);
    assert_eq!(world(Blank::ClearIfOurs, None).verdict("a"), "no_op:in_sync");
    assert_eq!(world(Blank::ClearIfOurs, Some("Other")).verdict("a"), "no_op:in_sync");
    assert_eq!(world(Blank::ClearIfOurs, Some("Engineer")).written("a"), ["title: \"Engineer\" -> null"]);
}

#[test]
fn the_address_is_never_cleared() {
    let world = linked(
        a().with(Attribute::Mail, "").with(Attribute::UserPrincipalName, "a@c.onmicrosoft.com"),
        one(),
    )
    .policy(|p| {
        let mut email = MappingEntry::new(ContactField::Email, "mail");
        email.blank = Blank::Clear;
        p.mapping.push(email);
    });
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_default_domain_never_replaces_a_real_address() {
    let default = a().with(Attribute::Mail, "a@contoso.onmicrosoft.com");
    assert_eq!(linked(default.clone(), one()).verdict("a"), "no_op:in_sync");
    let both = one().with(ContactField::Email, "old@contoso.onmicrosoft.com");
    assert_eq!(linked(default, both).verdict("a"), "update:fields_differ");
}

#[test]
fn flows_say_when_a_field_is_written() {
    let world = |flow: Flow, title: &str| {
        linked(a().with(Attribute::JobTitle, "Lead"), one().with(ContactField::Title, title)).policy(|p| {
            let mut entry = MappingEntry::new(ContactField::Title, "job_title");
            entry.flow = flow;
            p.mapping.push(entry);
        })
    };
    assert_eq!(world(Flow::Always, "x").verdict("a"), "update:fields_differ");
    assert_eq!(world(Flow::IfEmpty, "x").verdict("a"), "no_op:in_sync");
    assert_eq!(world(Flow::IfEmpty, "").verdict("a"), "update:fields_differ");
    assert_eq!(world(Flow::OnCreate, "").verdict("a"), "no_op:in_sync");
    assert_eq!(world(Flow::Never, "x").verdict("a"), "no_op:in_sync");
}

#[test]
fn update_existing_false_links_and_never_overwrites() {
    let world = World::new()
        .user(a().with(Attribute::JobTitle, "Lead"))
        .contact(one())
        .policy(|p| p.matching.update_existing = false);
    assert_eq!(world.verdict("a"), "link:matched");
}

#[test]
fn defaults_are_written_on_create_only() {
    let policy = |p: &mut sync_core::policy::PolicyDocument| {
        let mut title = MappingEntry::new(ContactField::Title, "job_title");
        title.default = "Employee".into();
        p.mapping.push(title);
    };
    let blank = a().with(Attribute::JobTitle, "");
    let created = World::new().user(blank.clone()).policy(policy);
    assert!(created.written("a").contains(&"title: null -> \"Employee\"".to_owned()));
    assert_eq!(
        linked(blank, one().with(ContactField::Title, "")).policy(policy).verdict("a"),
        "no_op:in_sync"
    );
}

#[test]
fn constants_sign_in_names_and_extensions_are_sources_too() {
    let world = World::new().user(a().with(Attribute::Extension("costCentre".into()), "42")).policy(|p| {
        p.mapping.push(MappingEntry::new(ContactField::ContactTypes, "= \"Employee\""));
        p.mapping.push(MappingEntry::new(ContactField::Username, "user_principal_name"));
        p.mapping.push(MappingEntry::new(ContactField::Custom("Cost".into()), "extension:costCentre"));
    });
    let written = world.written("a");
    for line in
        ["contact_types: null -> [\"Employee\"]", "username: null -> \"a\"", "custom:Cost: null -> \"42\""]
    {
        assert!(written.contains(&line.to_owned()), "{line} in {written:?}");
    }
}

#[test]
fn a_long_value_is_shortened_compared_short_and_reported_once() {
    let mut world = linked(a().with(Attribute::JobTitle, "Engineer of Things"), one());
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(8));
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    let downgrades = world.plan().downgrades;
    assert_eq!(downgrades.len(), 1);
    assert_eq!(downgrades[0].instead, Instead::ValueShortened);
    assert_eq!(downgrades[0].affected, 1);
}

#[test]
fn a_box_is_ticked_by_a_yes_and_left_alone_by_a_text_that_says_neither_yes_nor_no() {
    let vip = || ContactField::Custom("Vip".into());
    let world = |ticked: bool, text: &str| {
        let entry = MappingEntry::new(vip(), format!("= \"{text}\""));
        linked(a(), one().with(vip(), ticked)).policy(|p| p.mapping.push(entry))
    };
    for yes in ["true", "Yes", "1", "ON"] {
        assert_eq!(world(true, yes).verdict("a"), "no_op:in_sync", "{yes}");
        assert_eq!(world(false, yes).written("a"), ["custom:Vip: false -> true"], "{yes}");
    }
    for no in ["false", "No", "0", "off"] {
        assert_eq!(world(false, no).verdict("a"), "no_op:in_sync", "{no}");
        assert_eq!(world(true, no).written("a"), ["custom:Vip: true -> false"], "{no}");
    }
    for ticked in [true, false] {
        let neither = world(ticked, "Employee");
        assert_eq!(neither.verdict("a"), "no_op:in_sync");
        assert_eq!(neither.plan().downgrades[0].instead, Instead::FieldLeftAlone);
    }
}

#[test]
fn a_value_that_cannot_be_stored_at_all_clears_nothing() {
    let mut world = linked(a().with(Attribute::JobTitle, "Lead"), one());
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(0));
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.plan().downgrades[0].instead, Instead::FieldLeftAlone);
}

#[test]
fn an_address_is_never_shortened() {
    let mut world = linked(user("a", "a.very.long.address@contoso.com"), one());
    world.capabilities.fields.insert(ContactField::Email, FieldRule::new(Access::ReadWrite).max_len(10));
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.plan().downgrades[0].instead, Instead::FieldLeftAlone);
}

#[test]
fn free_slots_are_filled_and_nothing_is_pushed_out() {
    let mut aliased = a();
    aliased.alternate_emails =
        Some(vec!["a1@contoso.com".into(), "a2@contoso.com".into(), "A@contoso.com".into()]);
    let kept = one().with(ContactField::AlternateEmails, vec!["private@example.com".to_owned()]);
    let mut world = linked(aliased, kept)
        .policy(|p| p.mapping.push(MappingEntry::new(ContactField::AlternateEmails, "alternate_emails")));
    assert_eq!(
        world.written("a"),
        [
            "alternate_emails: [\"private@example.com\"] -> [\"private@example.com\",\"a1@contoso.com\",\"a2@contoso.com\"]"
        ]
    );
    world.capabilities.alternate_emails = AlternateEmails::Slots { max: 2 };
    assert_eq!(
        world.written("a"),
        ["alternate_emails: [\"private@example.com\"] -> [\"private@example.com\",\"a1@contoso.com\"]"]
    );
    assert_eq!(world.plan().downgrades[0].instead, Instead::FreeSlotsFilled);
}

#[test]
fn what_the_psa_cannot_write_is_left_alone_and_said_once() {
    let mut world =
        linked(a().with(Attribute::JobTitle, "Lead"), one().with(ContactField::PhoneBusiness, "0"))
            .policy(|p| p.mapping.push(MappingEntry::new(ContactField::Title, "job_title")));
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::Read));
    assert_eq!(world.written("a"), ["phone_business: \"0\" -> \"+1 555 0100\""]);
    assert_eq!(world.plan().downgrades.len(), 1);
    assert_eq!(world.plan().downgrades[0].wanted, Wanted::WriteField { field: ContactField::Title });
    let strict = world.policy(|p| p.limits.on_unsupported = OnUnsupported::Fail);
    assert!(matches!(strict.try_plan(), Err(PlanError::Unsupported(_))));
    // What is refused is explained, and said to be refused.
    let told = strict.with_input(|input| explain(input, "a")).unwrap().unwrap();
    let last = told.steps.last().unwrap();
    assert_eq!((last.title.as_str(), last.outcome), ("the plan as a whole", Outcome::Stopped));
    assert!(last.detail.contains("title") && told.decision.is_some(), "{last:?}");
}

#[test]
fn a_built_in_field_that_the_psa_lacks_is_no_news() {
    let mut world = linked(a(), one());
    world.capabilities.fields.insert(ContactField::Department, FieldRule::new(Access::Read));
    assert!(world.plan().downgrades.is_empty());
}

#[test]
fn a_flag_is_written_as_a_flag() {
    let field = ContactField::Custom("IsOffice365".into());
    let world = |now: bool| {
        linked(a(), one().with(field.clone(), now))
            .policy(|p| p.write_back.account_presence_field = "IsOffice365".into())
    };
    assert_eq!(world(false).written("a"), ["custom:IsOffice365: false -> true"]);
    assert_eq!(world(true).verdict("a"), "no_op:in_sync");
}

#[test]
fn one_persons_record_never_carries_over_to_the_next() {
    let world = World::new()
        .user(a().with(Attribute::JobTitle, "Lead"))
        .user(user("b", "b@contoso.com").with(Attribute::JobTitle, ""));
    assert!(world.written("b").iter().all(|line| !line.contains("Lead")));
}

#[test]
fn a_contact_that_holds_more_than_the_psa_is_said_to_take_is_not_cut_down() {
    let mut world = World::new().crowd(1);
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(3));
    assert_eq!(world.verdict("p00"), "no_op:in_sync");
}
