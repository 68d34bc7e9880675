//! The report before a first sync: each finding as a claim.

use crate::world::{COMPANY, World, anchor, contact, user};
use std::time::{Duration, Instant};
use sync_core::{
    capability::{Access, FieldRule},
    model::{Attribute, CompanyId, ContactField, ContactId, FieldValue, TenantName},
    plan::{
        Case, FindingKind, KeepBecause, Readiness, Weight, readiness,
        render::{RenderOptions, readiness_to_markdown, readiness_to_text},
    },
    policy::{OnUnsupported, Route, RouteCondition},
};

fn report(world: &World) -> Readiness {
    world.with_input(readiness).unwrap()
}

/// The cases of one kind.
fn cases(world: &World, kind: FindingKind) -> Vec<Case> {
    report(world).findings.into_iter().find(|f| f.kind == kind).map(|f| f.cases).unwrap_or_default()
}

/// The ids of the contacts of each case of one kind.
fn contacts(world: &World, kind: FindingKind) -> Vec<String> {
    let ids =
        |case: &Case| case.contacts.iter().map(|c| c.id.as_str().to_owned()).collect::<Vec<_>>().join(" ");
    cases(world, kind).iter().map(ids).collect()
}

/// The object ids of the users of each case of one kind.
fn users(world: &World, kind: FindingKind) -> Vec<String> {
    let ids =
        |case: &Case| case.users.iter().map(|u| u.id.object_id().to_owned()).collect::<Vec<_>>().join(" ");
    cases(world, kind).iter().map(ids).collect()
}

fn stored(id: &str, object: &str, mail: &str, stored: &str) -> sync_core::model::Contact {
    contact(id, object, mail).with(ContactField::Custom("Id".into()), stored)
}

fn with_id_field() -> World {
    World::new().policy(|p| p.write_back.contact_id_field = "Id".into())
}

#[test]
fn a_tenant_in_order_is_ready() {
    let world = World::new().crowd(12);
    let report = report(&world);
    assert_eq!((report.to_mend(), report.findings.len(), report.fields.len()), (0, 0, 0));
    assert_eq!(report.first_run.no_op, 12);
    assert!(
        readiness_to_text(&report, &RenderOptions::plain())
            .ends_with("\nReady: nothing has to be mended before a first run.\n")
    );
}

#[test]
fn a_read_that_is_empty_cut_short_or_serves_nobody_makes_no_tenant_ready() {
    let text = |world: &World| readiness_to_text(&report(world), &RenderOptions::plain());
    let empty = World::new().contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(report(&empty).to_mend(), 1);
    let said = text(&empty);
    assert!(said.contains("not read as a whole (1)\n      the directory read has 0 users\n"), "{said}");
    assert!(said.ends_with("\nNot ready: 1 thing to look at. Nothing was written.\n"), "{said}");
    assert_eq!(
        empty.warned("SourceIncomplete"),
        [
            "the directory read has 0 users; nothing is concluded from absence unless a person accepts it (suspect_snapshot=0)"
        ]
    );
    let mut short = World::new().crowd(3);
    short.users_complete = false;
    assert!(text(&short).contains("\n      cut\n"), "{}", text(&short));
    let mut fallen = World::new().crowd(3);
    fallen.links.last_complete_users = Some(10);
    let value = cases(&fallen, FindingKind::DirectoryNotWhole).pop().and_then(|case| case.value);
    assert_eq!(value.as_deref(), Some("the directory read has 3 users, the last complete one had 10"));
    let nobody = World::new().crowd(3).policy(|p| p.scope.departments = vec!["Saels".into()]);
    assert_eq!(cases(&nobody, FindingKind::NobodyInScope).len(), 1);
    assert!(text(&nobody).contains("3 users read"));
}

#[test]
fn the_counts_of_a_first_run_are_those_of_the_plan() {
    let world = messy();
    assert_eq!(report(&world).first_run, world.plan().summary);
    assert_eq!(report(&world).guards, world.plan().guards);
}

#[test]
fn contacts_with_one_address_are_duplicates_within_a_company_only() {
    let mut elsewhere = contact("3", "a", "ann@contoso.com");
    elsewhere.company = Some(CompanyId::new("200"));
    let world = World::new()
        .contact(contact("1", "a", "ann@contoso.com"))
        .contact(contact("2", "b", "Ann@Contoso.com"))
        .contact(elsewhere);
    assert_eq!(contacts(&world, FindingKind::DuplicateAddress), ["1 2"]);
}

#[test]
fn of_duplicates_the_linked_one_is_proposed_then_the_one_with_an_id_then_the_active_one_then_the_lowest() {
    let keep = |world: &World| {
        let keep = cases(world, FindingKind::DuplicateAddress).remove(0).keep.unwrap();
        (keep.contact.as_str().to_owned(), keep.because)
    };
    let mail = "ann@contoso.com";
    let pair = || with_id_field().user(user("u", mail));
    let two = pair().contact(stored("9", "a", mail, "")).contact(stored("10", "b", mail, ""));
    assert_eq!(keep(&two), ("9".into(), KeepBecause::LowestId));
    let mut active = two.clone();
    active.contacts[0].fields.insert(ContactField::Active, FieldValue::Flag(false));
    assert_eq!(keep(&active), ("10".into(), KeepBecause::Active));
    active.contacts[0].fields.insert(ContactField::Custom("Id".into()), FieldValue::text("u"));
    assert_eq!(keep(&active), ("9".into(), KeepBecause::StoredId));
    assert_eq!(keep(&active.link("u", "10")), ("10".into(), KeepBecause::Linked));
    // Two linked ones are told apart by the next mark, and a third that is active but not linked has no say.
    let three = two.contact(stored("1", "c", mail, "")).link("u", "9").link("v", "10");
    assert_eq!(keep(&three), ("9".into(), KeepBecause::LowestId));
}

#[test]
fn a_shared_name_is_a_suggestion_and_proposes_nobody() {
    let world = World::new()
        .contact(contact("1", "Weber", "a@contoso.com"))
        .contact(contact("2", "WEBER", "b@contoso.com"))
        .contact(contact("3", "Kahn", "c@contoso.com"));
    let found = cases(&world, FindingKind::SameName);
    assert_eq!(contacts(&world, FindingKind::SameName), ["1 2"]);
    assert_eq!(found[0].keep, None);
    assert_eq!(FindingKind::SameName.weight(), Weight::Know);
}

#[test]
fn two_contacts_with_one_users_id_are_named() {
    let world = with_id_field()
        .user(user("u", "a@contoso.com"))
        .contact(stored("1", "x", "a@contoso.com", "U"))
        .contact(stored("2", "y", "b@contoso.com", "u"));
    assert_eq!(contacts(&world, FindingKind::DuplicateStoredId), ["1 2"]);
    assert!(cases(&world, FindingKind::StoredIdGone).is_empty());
}

#[test]
fn an_id_of_nobody_is_dead_only_where_the_read_is_complete() {
    let world = with_id_field()
        .user(user("u", "a@contoso.com"))
        .contact(stored("1", "x", "x@contoso.com", "gone"))
        .contact(stored("2", "y", "y@contoso.com", anchor("u").as_str()))
        .contact(contact("3", "z", "z@contoso.com"))
        .link("lost", "3")
        .link("u", "404");
    assert_eq!(contacts(&world, FindingKind::StoredIdGone), ["1"]);
    assert_eq!(contacts(&world, FindingKind::LinkedUserGone), ["3"]);
    assert_eq!(contacts(&world, FindingKind::LinkedContactGone), ["404"]);
    assert_eq!(users(&world, FindingKind::LinkedContactGone), ["u"]);
    let mut partial = world;
    partial.users_complete = false;
    for kind in [FindingKind::StoredIdGone, FindingKind::LinkedUserGone, FindingKind::UnmatchedContact] {
        assert!(cases(&partial, kind).is_empty(), "{kind:?}");
    }
    assert!(!report(&partial).users_complete);
    assert_eq!(contacts(&partial, FindingKind::LinkedContactGone), ["404"]);
}

#[test]
fn contacts_without_an_address_and_with_none_that_is_one() {
    let linked = contact("3", "c", "");
    let world = World::new()
        .user(user("c", "c@contoso.com"))
        .contact(contact("1", "a", ""))
        .contact(contact("2", "b", "call reception"))
        .contact(linked)
        .contact(contact("4", "d", "").with(ContactField::Active, false))
        .link("c", "3");
    assert_eq!(contacts(&world, FindingKind::ContactWithoutAddress), ["1"]);
    assert_eq!(contacts(&world, FindingKind::ContactBadAddress), ["2"]);
}

#[test]
fn a_contact_of_an_own_domain_that_no_user_fits_is_good_to_know() {
    let mut world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "left", "left@contoso.com"))
        .contact(contact("3", "partner", "p@fabrikam.com"))
        .contact(contact("4", "theirs", "t@contoso.com"))
        .contact(contact("5", "old", "o@contoso.com").with(ContactField::Active, false));
    world.tenant.verified_domains.insert("contoso.com".into());
    world.linked_elsewhere.insert(ContactId::new("4"), TenantName::new("Other"));
    assert_eq!(contacts(&world, FindingKind::UnmatchedContact), ["2"]);
    assert_eq!(report(&world).to_mend(), 0);
}

#[test]
fn users_who_lack_names_phones_or_an_address_are_named() {
    let bare = user("a", "").with(Attribute::UserPrincipalName, "a@contoso.onmicrosoft.com");
    let world = World::new()
        .user(bare)
        .user(user("b", "b@contoso.com").with(Attribute::Surname, ""))
        .user(user("c", "c@contoso.com").with(Attribute::BusinessPhone, ""));
    assert_eq!(users(&world, FindingKind::UserWithoutAddress), ["a"]);
    assert_eq!(users(&world, FindingKind::UserWithoutName), ["b"]);
    assert_eq!(users(&world, FindingKind::UserWithoutPhone), ["c"]);
    // Nobody is reproached who is not to be served.
    let nobody = world.policy(|p| p.scope.departments = vec!["Board".into()]);
    let kinds: Vec<FindingKind> = report(&nobody).findings.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::NobodyInScope]);
}

#[test]
fn users_with_one_address_are_named_together() {
    let world = World::new()
        .user(user("a", "shared@contoso.com"))
        .user(user("b", "SHARED@contoso.com"))
        .user(user("c", "c@contoso.com"));
    assert_eq!(users(&world, FindingKind::UsersSameAddress), ["a b"]);
}

#[test]
fn users_without_a_route_are_named() {
    let mut world = World::new().user(user("a", "a@contoso.com"));
    let mut when = RouteCondition::default();
    when.department = Some("Board".into());
    world.tenant.company = None;
    world.tenant.routes = vec![Route::new(1, when, CompanyId::new(COMPANY))];
    assert_eq!(users(&world, FindingKind::Unrouted), ["a"]);
}

#[test]
fn a_match_in_another_company_names_both() {
    let mut elsewhere = contact("7", "a", "a@contoso.com");
    elsewhere.company = Some(CompanyId::new("200"));
    let world = World::new().user(user("a", "a@contoso.com")).contact(elsewhere);
    assert_eq!(users(&world, FindingKind::OtherCompany), ["a"]);
    assert_eq!(contacts(&world, FindingKind::OtherCompany), ["7"]);
}

#[test]
fn a_field_says_how_many_texts_are_too_long_and_how_long_the_longest_is() {
    let mut world = World::new();
    for i in 0..8 {
        let title = "\u{e9}".repeat(8 + i);
        world =
            world.user(user(&format!("u{i}"), &format!("u{i}@contoso.com")).with(Attribute::JobTitle, title));
    }
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(9));
    world.capabilities.fields.insert(ContactField::Department, FieldRule::new(Access::Read));
    let fields = report(&world).fields;
    assert_eq!(fields.len(), 2);
    let title = fields.iter().find(|f| f.field == ContactField::Title).unwrap();
    assert_eq!((title.too_long, title.longest, title.limit, title.examples.len()), (6, 15, Some(9), 5));
    assert!(fields.iter().any(|f| f.field == ContactField::Department && !f.writable));
}

#[test]
fn what_a_psa_requires_and_users_lack_is_named_by_field() {
    let mut world = World::new().user(user("a", "a@contoso.com").with(Attribute::JobTitle, ""));
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).required());
    assert_eq!(cases(&world, FindingKind::RequiredFieldMissing)[0].value.as_deref(), Some("title"));
}

#[test]
fn a_strict_policy_is_reported_and_does_not_end_the_report() {
    let mut world = World::new().user(user("a", "a@contoso.com")).policy(|p| {
        p.limits.on_unsupported = OnUnsupported::Fail;
        p.mapping = vec![sync_core::policy::MappingEntry::new(ContactField::Office, "office_location")];
    });
    world.capabilities.fields.insert(ContactField::Office, FieldRule::new(Access::Read));
    assert!(world.try_plan().is_err());
    let report = report(&world);
    assert_eq!(report.refused, ["write office"]);
    assert!(report.to_mend() > 0);
}

#[test]
fn the_order_of_rows_never_changes_a_byte_of_the_report_and_json_keeps_it() {
    let world = messy();
    let mut turned = world.clone();
    turned.users.reverse();
    turned.contacts.reverse();
    let json = report(&world).to_json().unwrap();
    assert_eq!(json, report(&turned).to_json().unwrap());
    assert_eq!(Readiness::from_json(&json).unwrap(), report(&world));
}

#[test]
fn debug_of_a_report_shows_ids_only() {
    let shown = format!("{:?}", report(&messy()));
    assert!(!shown.contains('@') && !shown.contains("Weber"), "{shown}");
}

/// Names, addresses and users all collide: a report that compared pairs would take minutes.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test measures time; the report does not")]
fn twenty_thousand_contacts_take_moments() {
    let mut world = World::new();
    for i in 0..20_000 {
        let mail = format!("p{}@contoso.com", i / 2);
        world.contacts.push(contact(&i.to_string(), "Same", &mail));
        world.users.push(user(&format!("u{i}"), &mail));
    }
    let started = Instant::now();
    assert!(report(&world).to_mend() > 10_000);
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
}

/// A believable tenant before its first sync: years of contacts typed by hand.
fn messy() -> World {
    let named = |mut contact: sync_core::model::Contact, first: &str, last: &str| {
        contact.fields.insert(ContactField::FirstName, FieldValue::text(first));
        contact.fields.insert(ContactField::LastName, FieldValue::text(last));
        contact
    };
    let person = |object: &str, first: &str, last: &str| {
        user(object, &format!("{}@contoso.com", first.to_lowercase()))
            .with(Attribute::DisplayName, format!("{first} {last}"))
            .with(Attribute::GivenName, first)
            .with(Attribute::Surname, last)
    };
    let mut world = with_id_field()
        .user(person("ada", "Ada", "Weber"))
        .user(person("ben", "Ben", "Kahn").with(Attribute::JobTitle, "Vice President of Regional Operations"))
        .user(person("cleo", "Cleo", "Ruiz").with(Attribute::BusinessPhone, ""))
        .user(person("dan", "Dan", "").with(Attribute::DisplayName, "Dan"))
        .user(
            person("eve", "Eve", "Park")
                .with(Attribute::Mail, "")
                .with(Attribute::UserPrincipalName, "eve@contoso.onmicrosoft.com"),
        )
        .user(person("fay", "Fay", "Long").with(Attribute::Mail, "info@contoso.com"))
        .user(person("gus", "Gus", "Berg").with(Attribute::Mail, "Info@contoso.com"))
        .user(person("hal", "Hal", "Moss"))
        .contact(named(stored("11", "", "ada@contoso.com", ""), "Ada", "Weber"))
        .contact(
            named(stored("87", "", "ADA@contoso.com", ""), "Ada", "Weber").with(ContactField::Active, false),
        )
        .contact(named(stored("12", "", "ben@contoso.com", "old-ben"), "Ben", "Kahn"))
        .contact(named(stored("13", "", "b.kahn@fabrikam.com", ""), "ben", "kahn"))
        .contact(named(stored("14", "", "reception, 2nd floor", ""), "Front\u{1b}[31m", "Desk"))
        .contact(named(stored("15", "", "", ""), "Night", "Shift"))
        .contact(named(stored("16", "", "ivy@contoso.com", ""), "Ivy", "Left"))
        .link("gone", "15")
        .link("hal", "99");
    let mut hal = named(stored("20", "", "cleo@contoso.com", ""), "Cleo", "Ruiz");
    hal.company = Some(CompanyId::new("200"));
    world.contacts.push(hal);
    world.tenant.verified_domains.insert("contoso.com".into());
    world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(20));
    world.capabilities.fields.insert(ContactField::PhoneMobile, FieldRule::new(Access::Read));
    world
}

#[test]
fn a_messy_tenant_reads_like_a_list_of_things_to_do() {
    insta::assert_snapshot!("messy_text", readiness_to_text(&report(&messy()), &RenderOptions::plain()));
    insta::assert_snapshot!("messy_markdown", readiness_to_markdown(&report(&messy())));
}
