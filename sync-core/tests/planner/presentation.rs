//! Presentation, texts made of attributes, addresses, names and user names.

use crate::{
    converging::advance,
    world::{World, contact, user},
};
use sync_core::{
    capability::{Access, CustomFields, FieldRule},
    model::{Attribute, Contact, ContactField, DirectoryUser, UserKind},
    plan::{Action, Instead, Wanted},
    policy::{Flow, MappingEntry, Policy, PolicyDocument, RequiredFields, Route, RouteCondition},
};

fn a() -> DirectoryUser {
    user("a", "a@contoso.com")
}

fn one() -> Contact {
    contact("1", "a", "a@contoso.com")
}

fn linked(user: DirectoryUser, contact: Contact) -> World {
    World::new().user(user).contact(contact).link("a", "1")
}

fn mapped(field: ContactField, from: &str) -> impl FnOnce(&mut PolicyDocument) + use<'_> {
    move |p| p.mapping.push(MappingEntry::new(field, from))
}

// ---- Presentation ----

#[test]
fn r41_presentation_is_rewritten_only_where_asked_and_converges() {
    let forms = [
        (ContactField::Title, "job_title", Attribute::JobTitle, "R&D Lead", "R&amp;D  Lead"),
        (
            ContactField::PhoneBusiness,
            "business_phone",
            Attribute::BusinessPhone,
            "+49 30 1234567",
            "030/1234567",
        ),
        (ContactField::Office, "office_location", Attribute::OfficeLocation, "Caf\u{e9}", "Cafe\u{301}"),
    ];
    for (field, from, attribute, wanted, held) in forms {
        let world = |rewrite: bool| {
            linked(
                a().with(attribute.clone(), wanted).with(Attribute::UsageLocation, "DE"),
                one().with(field.clone(), held),
            )
            .policy(|p| {
                let mut entry = MappingEntry::new(field.clone(), from);
                entry.rewrite_presentation = rewrite;
                p.mapping.push(entry);
            })
        };
        assert_eq!(world(false).verdict("a"), "no_op:in_sync", "{field}");
        let mut rewriting = world(true);
        assert_eq!(rewriting.written("a").len(), 1, "{field}");
        let plan = rewriting.plan();
        assert_eq!(advance(&mut rewriting, &plan).summary.changes(), 0, "{field}");
    }
}

#[test]
fn the_case_of_an_address_is_presentation() {
    let world = |rewrite: bool| {
        linked(user("a", "Ada@Contoso.com"), contact("1", "a", "ada@contoso.com")).policy(|p| {
            let mut entry = MappingEntry::new(ContactField::Email, "mail");
            entry.rewrite_presentation = rewrite;
            p.mapping.push(entry);
        })
    };
    assert_eq!(world(false).verdict("a"), "no_op:in_sync");
    assert_eq!(world(true).written("a"), ["email: \"ada@contoso.com\" -> \"Ada@Contoso.com\""]);
}

// ---- Texts made of attributes ----

#[test]
fn a_text_made_of_attributes_is_written_and_stays() {
    let place = a().with(Attribute::City, "London").with(Attribute::Country, "");
    let world = linked(place, one().with(ContactField::Office, ""))
        .policy(mapped(ContactField::Office, "{city}, {country|usage_location}"));
    // The usage location was not read, so nobody knows the text.
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    let mut world = world;
    world.users[0] = world.users[0].clone().with(Attribute::UsageLocation, "GB");
    assert_eq!(world.written("a"), ["office: null -> \"London, GB\""]);
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
}

// ---- Addresses ----

#[test]
fn the_sign_in_name_is_the_address_where_the_policy_says_so() {
    let person =
        |name: &str| a().with(Attribute::UserPrincipalName, name).with(Attribute::Mail, "ada@fabrikam.com");
    let written = |user: DirectoryUser| {
        let world = World::new().user(user).policy(mapped(ContactField::Email, "user_principal_name"));
        world.written("a").into_iter().filter(|line| line.starts_with("email")).collect::<Vec<_>>()
    };
    assert_eq!(written(person("a@contoso.com")), ["email: null -> \"a@contoso.com\""]);
    assert_eq!(written(person("a@contoso.onmicrosoft.com")), ["email: null -> \"ada@fabrikam.com\""]);
    assert_eq!(written(person("ada_fabrikam.com#EXT#@contoso.com")), ["email: null -> \"ada@fabrikam.com\""]);
}

#[test]
fn r34_a_guest_is_known_by_mail_and_never_by_the_mangled_name() {
    let mut guest = a()
        .with(Attribute::UserPrincipalName, "ada_fabrikam.com#EXT#@contoso.onmicrosoft.com")
        .with(Attribute::Mail, "ada@fabrikam.com");
    guest.kind = Some(UserKind::Guest);
    for from in ["mail", "user_principal_name"] {
        let world = World::new()
            .user(guest.clone())
            .policy(|p| p.scope.user_types.push(UserKind::Guest))
            .policy(mapped(ContactField::Email, from));
        let fields = world.written("a").join("\n");
        assert!(fields.contains("ada@fabrikam.com") && !fields.contains("EXT"), "{fields}");
    }
    let nameless = World::new()
        .user(guest.with(Attribute::Mail, ""))
        .policy(|p| p.scope.user_types.push(UserKind::Guest))
        .policy(mapped(ContactField::Email, "user_principal_name"));
    assert_eq!(nameless.verdict("a"), "no_op:no_email");
}

#[test]
fn a_sign_in_name_that_another_contact_has_is_never_written() {
    let world = linked(a().with(Attribute::UserPrincipalName, "taken@contoso.com"), one())
        .contact(contact("2", "b", "taken@contoso.com"))
        .policy(mapped(ContactField::Email, "user_principal_name"));
    assert_eq!(world.verdict("a"), "hold:ambiguous");
}

// ---- Names ----

fn nameless(display: &str) -> DirectoryUser {
    a().with(Attribute::GivenName, "").with(Attribute::Surname, "").with(Attribute::DisplayName, display)
}

fn names(world: &World) -> Vec<String> {
    world.written("a").into_iter().filter(|line| line.contains("_name")).collect()
}

#[test]
fn names_that_are_missing_come_from_the_display_name_when_a_contact_is_created() {
    let mut world = World::new().user(nameless("van der Berg, Jan (Contoso)"));
    assert_eq!(names(&world), ["first_name: null -> \"Jan\"", "last_name: null -> \"van der Berg\""]);
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    assert_eq!(names(&World::new().user(nameless("Ada"))), ["first_name: null -> \"Ada\""]);
    assert!(names(&World::new().user(nameless("Helpdesk"))).is_empty());
    let off =
        World::new().user(nameless("Ada Lovelace")).policy(|p| p.lifecycle.names_from_display_name = false);
    assert!(names(&off).is_empty());
}

#[test]
fn a_name_on_a_contact_is_never_overwritten_with_a_guess() {
    let blank = one().with(ContactField::FirstName, "").with(ContactField::LastName, "Countess");
    assert_eq!(linked(nameless("Ada Lovelace"), blank.clone()).verdict("a"), "no_op:in_sync");
    let mut clearing =
        linked(nameless("Ada Lovelace"), blank).policy(mapped(ContactField::LastName, "surname"));
    clearing.policy.mapping[0].blank = sync_core::policy::Blank::Clear;
    // What was taken from the display name is not taken away again.
    assert_eq!(clearing.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_default_is_for_names_that_no_display_name_gives() {
    let world = |display: &str| {
        World::new().user(nameless(display)).policy(|p| {
            let mut entry = MappingEntry::new(ContactField::LastName, "surname");
            entry.default = "(unknown)".into();
            p.mapping.push(entry);
        })
    };
    assert!(names(&world("Ada Lovelace")).contains(&"last_name: null -> \"Lovelace\"".to_owned()));
    assert!(names(&world("Ada")).contains(&"last_name: null -> \"(unknown)\"".to_owned()));
}

#[test]
fn who_is_in_scope_is_judged_by_the_directorys_own_names() {
    let world =
        World::new().user(nameless("Ada Lovelace")).policy(|p| p.scope.require_first_and_last_name = true);
    assert_eq!(world.verdict("a"), "no_op:incomplete_name");
}

#[test]
fn name_updates_can_be_ignored() {
    let world = linked(a().with(Attribute::Surname, "Married"), one())
        .policy(|p| p.matching.ignore_name_updates = true);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    let created = World::new().user(a()).policy(|p| p.matching.ignore_name_updates = true);
    assert_eq!(names(&created).len(), 2);
}

// ---- User names ----

#[test]
fn people_who_would_share_a_user_name_get_none_and_are_named() {
    let world = World::new()
        .user(user("a", "Ada@contoso.com"))
        .user(user("b", "ada@fabrikam.com"))
        .user(user("c", "bob@contoso.com"))
        .contact(contact("2", "b", "ada@fabrikam.com").with(ContactField::Username, "countess"))
        .link("b", "2")
        .policy(mapped(ContactField::Username, "user_principal_name"));
    let has = |object| world.written(object).iter().any(|line| line.starts_with("username"));
    assert_eq!((has("a"), has("b"), has("c")), (false, false, true));
    let warnings = world.plan().warnings;
    let clash = warnings.iter().find(|w| w.code == "UsernameCollision").unwrap();
    assert_eq!(
        clash.message,
        "Ada@contoso.com, ada@fabrikam.com would share the user name `ada`; it is left alone for all of them"
    );
    let mut many = world;
    for at in 0..5 {
        many = many.user(user(&format!("m{at}"), &format!("ada@m{at}.example.com")));
    }
    let warnings = many.plan().warnings;
    let clash = warnings.iter().find(|w| w.code == "UsernameCollision").unwrap();
    assert!(clash.message.contains(" and 2 more would share the user name `ada`"), "{}", clash.message);
}

#[test]
fn user_names_of_different_companies_or_of_people_who_left_do_not_collide() {
    let mut left = user("b", "ada@fabrikam.com");
    left.enabled = Some(false);
    let with = |other: DirectoryUser| {
        let mut when = RouteCondition::default();
        when.domain = Some("example.com".into());
        let mut world = World::new()
            .user(user("a", "ada@contoso.com"))
            .user(other)
            .policy(mapped(ContactField::Username, "user_principal_name"));
        world.tenant.routes.push(Route::new(1, when, sync_core::model::CompanyId::new("200")));
        world.written("a").iter().any(|line| line == "username: null -> \"ada\"")
    };
    assert!(with(left) && with(user("b", "ada@example.com")));
    assert!(!with(user("b", "ada@fabrikam.com")));
}

// ---- Contact types ----

fn routed(types: &[&str]) -> World {
    let mut world = World::new().user(a());
    let mut when = RouteCondition::default();
    when.department = Some("Sales".into());
    let mut route = Route::new(1, when, sync_core::model::CompanyId::new("100"));
    route.contact_types = types.iter().map(|t| (*t).to_owned()).collect();
    world.tenant.routes.push(route);
    world
}

fn without_types(mut world: World) -> World {
    world.capabilities.fields.insert(ContactField::ContactTypes, FieldRule::new(Access::Read));
    world
}

fn stand_in() -> ContactField {
    ContactField::Custom("TypeMapping".into())
}

#[test]
fn contact_types_go_to_the_field_that_stands_for_them_where_the_psa_takes_none() {
    let field = |p: &mut PolicyDocument| p.write_back.type_mapping_field = "TypeMapping".into();
    let line = "custom:TypeMapping: null -> \"VIP, Board\"".to_owned();
    let world = without_types(routed(&["VIP", "Board"])).policy(field);
    assert!(world.written("a").contains(&line) && world.plan().downgrades.is_empty());
    // A PSA that takes contact types gets them as such.
    let direct = routed(&["VIP", "Board"]).policy(field);
    assert!(direct.written("a").contains(&"contact_types: null -> [\"VIP\",\"Board\"]".to_owned()));
    assert!(!direct.written("a").contains(&line));
    // Without such a field they are not sent to be refused.
    let nowhere = without_types(routed(&["VIP"]));
    assert!(nowhere.written("a").iter().all(|l| !l.contains("VIP")));
    let downgrades = nowhere.plan().downgrades;
    assert_eq!(downgrades[0].wanted, Wanted::WriteField { field: ContactField::ContactTypes });
    assert_eq!(downgrades[0].instead, Instead::FieldLeftAlone);
}

#[test]
fn a_mapped_contact_type_is_added_to_those_that_are_there() {
    let world = |held: &str| {
        without_types(linked(a(), one().with(stand_in(), held)))
            .policy(|p| p.write_back.type_mapping_field = "TypeMapping".into())
            .policy(mapped(ContactField::ContactTypes, "= \"Employee\""))
    };
    assert_eq!(world("").written("a"), ["custom:TypeMapping: null -> \"Employee\""]);
    assert_eq!(world("VIP").written("a"), ["custom:TypeMapping: \"VIP\" -> \"VIP, Employee\""]);
    assert_eq!(world("employee ,VIP").verdict("a"), "no_op:in_sync");
    let mut world = world("VIP");
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    // A name of a type is never cut in half.
    world.contacts[0] = one().with(stand_in(), "VIP");
    world.capabilities.custom_fields = CustomFields::Text { max_len: 8 };
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn the_field_that_stands_for_contact_types_protects_like_them() {
    let mut leaver = a();
    leaver.enabled = Some(false);
    let world = |held: &str| {
        let mut contact = one().with(stand_in(), held);
        contact.fields.remove(&ContactField::ContactTypes);
        World::new().crowd(10).user(leaver.clone()).contact(contact).link("a", "1").policy(|p| {
            p.write_back.type_mapping_field = "TypeMapping".into();
            p.lifecycle.excluded_contact_types = vec!["Board".into()];
        })
    };
    assert_eq!(world("VIP, board").verdict("a"), "no_op:policy");
    assert_eq!(world("VIP").verdict("a"), "deactivate:disabled");
    let mut unread = world("VIP");
    unread.contacts.last_mut().unwrap().fields.remove(&stand_in());
    assert_eq!(unread.verdict("a"), "hold:policy");
}

#[test]
fn an_attribute_can_name_the_contact_type() {
    let world = linked(a().with(Attribute::EmployeeType, "Board"), one())
        .policy(mapped(ContactField::ContactTypes, "employee_type"));
    assert_eq!(world.written("a"), ["contact_types: [] -> [\"Board\"]"]);
}

// ---- Required fields ----

#[test]
fn who_lacks_a_required_field_is_held_or_warned_about_as_the_policy_says() {
    let mut world = World::new().user(nameless("")).user(user("b", "b@contoso.com"));
    world.capabilities.fields.insert(ContactField::LastName, FieldRule::new(Access::ReadWrite).required());
    assert_eq!(world.verdict("a"), "hold:required_field");
    let world = world.policy(|p| p.lifecycle.required_fields = RequiredFields::Warn);
    assert_eq!((world.verdict("a").as_str(), world.count(Action::Create)), ("no_op:required_field", 1));
    let warnings = world.plan().warnings;
    let warned = warnings.iter().find(|w| w.message.contains("last_name")).unwrap();
    assert_eq!(warned.user_principal_name.as_deref(), Some("a@contoso.com"));
}

#[test]
fn contradictions_name_their_key() {
    let refused = |change: &dyn Fn(&mut PolicyDocument)| {
        let mut document = PolicyDocument::defaults();
        change(&mut document);
        Policy::new(document).unwrap_err().to_string()
    };
    let names = refused(&|p| {
        p.matching.ignore_name_updates = true;
        let mut entry = MappingEntry::new(ContactField::FirstName, "given_name");
        entry.flow = Flow::IfEmpty;
        p.mapping.push(entry);
    });
    assert!(names.starts_with("policy.mapping[0].flow: "), "{names}");
}

// ---- What is not written ----

#[test]
fn control_characters_and_marks_that_turn_the_writing_are_not_written() {
    let hostile = a()
        .with(Attribute::GivenName, "Al\u{0}ice\u{7}")
        .with(Attribute::Surname, "Over\u{202e}ride\u{2066}")
        .with(Attribute::JobTitle, "Head\r\nof Sales\u{85}")
        .with(Attribute::Department, "\u{0}\u{202e}");
    let plan = World::new().user(hostile.clone()).plan();
    let decision = plan.decisions.changes().next().unwrap();
    let text = |field| decision.change.fields().iter().find(|c| c.field == field).map(|c| c.after.clone());
    assert_eq!(text(ContactField::FirstName), Some("Alice".into()));
    assert_eq!(text(ContactField::LastName), Some("Override".into()));
    assert_eq!(text(ContactField::Title), Some("Head of Sales".into()));
    assert_eq!(text(ContactField::Department), None, "nothing is left of it");

    // What was written reads back in step.
    let held = one()
        .with(ContactField::FirstName, "Alice")
        .with(ContactField::LastName, "Override")
        .with(ContactField::Title, "Head of Sales");
    assert_eq!(linked(hostile, held).verdict("a"), "no_op:in_sync");
}

#[test]
fn a_note_keeps_its_lines() {
    let user = a().with(Attribute::OfficeLocation, "Room 1\r\nBuilding\u{0} 2");
    let plan = World::new().user(user).policy(mapped(ContactField::Note, "office_location")).plan();
    let decision = plan.decisions.changes().next().unwrap();
    let note = decision.change.fields().iter().find(|c| c.field == ContactField::Note).unwrap().after.clone();
    assert_eq!(note, "Room 1\r\nBuilding 2".into());
}
