//! Support PINs in plans: that one will be set, never which.

use crate::{
    converging::advance,
    world::{World, contact, user},
};
use sync_core::{
    capability::{Access, CustomFields, FieldRule},
    model::{ContactField, FieldValue},
    plan::Action,
    policy::{Blank, MappingEntry, Policy},
};

fn world() -> World {
    World::new()
        .policy(|p| p.write_back.support_pin_field = "SupportPIN".into())
        .user(user("a", "a@contoso.com"))
}

const SET: &str = r#"custom:SupportPIN: null -> {"generated":"support_pin"}"#;

#[test]
fn a_new_contact_and_a_known_one_get_a_pin_once() {
    let mut created = world();
    assert!(created.written("a").contains(&SET.to_owned()));
    let plan = created.plan();
    let again = advance(&mut created, &plan);
    assert_eq!(again.summary.changes(), 0, "{:?}", again.decisions);
    let mut linked = world().contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    assert_eq!(linked.written("a"), [SET]);
    let plan = linked.plan();
    assert_eq!(advance(&mut linked, &plan).summary.changes(), 0);
}

#[test]
fn a_pin_that_the_psa_holds_is_never_in_a_plan() {
    let held = contact("1", "a", "a@contoso.com").with(ContactField::Custom("SupportPIN".into()), "471108");
    let world = world().contact(held).link("a", "1");
    assert!(!Policy::new(world.policy.clone()).unwrap().custom_fields_needed().contains("SupportPIN"));
    let json = world.plan().to_json().unwrap();
    assert!(json.contains("SupportPIN") && !json.contains("471108"), "{json}");
}

#[test]
fn a_forgotten_pin_is_made_anew() {
    let mut world = world().contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    let anchor = crate::world::anchor("a");
    let mut link = world.links.links.get(&anchor).unwrap().clone();
    link.last_written.remove(&ContactField::Custom("SupportPIN".into()));
    world.links.links.insert(link);
    assert_eq!(world.written("a"), [SET]);
}

#[test]
fn the_note_and_the_field_are_written_together() {
    let world = world().policy(|p| p.write_back.support_pin_note = true);
    let world = world.contact(contact("1", "a", "a@contoso.com")).link_as("a", "1", |link| {
        link.last_written.insert(ContactField::Note, FieldValue::support_pin());
    });
    assert_eq!(world.written("a").len(), 2, "a note with another PIN than the field would help nobody");
}

#[test]
fn where_the_psa_has_no_such_field_nothing_is_written_and_it_is_said() {
    let mut world = world().contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    world.capabilities.custom_fields = CustomFields::None;
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.plan().downgrades.len(), 1);
    let mut note = world.policy(|p| p.write_back.support_pin_note = true);
    note.capabilities.fields.insert(ContactField::Note, FieldRule::new(Access::Read));
    assert_eq!(note.plan().downgrades.len(), 2);
}

#[test]
fn nothing_is_overwritten_where_existing_contacts_are_not() {
    let world = world()
        .policy(|p| p.matching.update_existing = false)
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1");
    assert_eq!(world.count(Action::Update), 0);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let refused = |change: fn(&mut sync_core::policy::PolicyDocument)| {
        let world = World::new().policy(change);
        Policy::new(world.policy).unwrap_err().to_string()
    };
    assert!(refused(|p| p.write_back.support_pin_note = true).contains("support_pin_field"));
    let twice = refused(|p| {
        p.write_back.support_pin_field = "Id".into();
        p.write_back.contact_id_field = "Id".into();
    });
    assert!(twice.contains("written twice"), "{twice}");
    let note = refused(|p| {
        p.write_back.support_pin_field = "SupportPIN".into();
        p.write_back.support_pin_note = true;
        let mut entry = MappingEntry::new(ContactField::Note, "city");
        entry.blank = Blank::Keep;
        p.mapping.push(entry);
    });
    assert!(note.contains("written twice"), "{note}");
}

#[test]
fn a_generated_value_survives_the_document_and_shows_nothing() {
    let plan = world().plan();
    let again = sync_core::plan::Plan::from_json(&plan.to_json().unwrap()).unwrap();
    assert_eq!(again, plan);
    let text = sync_core::plan::render::to_text(&plan, &{
        let mut options = sync_core::plan::render::RenderOptions::plain();
        options.all = true;
        options
    });
    assert!(text.contains("(a new support PIN)"), "{text}");
}
