//! Plan, simulate, plan again.

use crate::world::{World, contact, user};
use sync_core::{
    model::{Attribute, ContactField},
    plan::{DocumentError, Plan, simulate},
};

#[test]
fn after_a_plan_there_is_nothing_left_to_plan() {
    let mut leaver = user("c", "c@contoso.com");
    leaver.enabled = Some(false);
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com").with(Attribute::JobTitle, "Lead"))
        .user(leaver)
        .user(user("d", "d@contoso.com"))
        .contact(contact("2", "b", "b@contoso.com"))
        .contact(contact("3", "c", "c@contoso.com"))
        .contact(contact("4", "d", "d@contoso.com").with(ContactField::Active, false))
        .link("b", "2")
        .link("c", "3")
        .link_as("d", "4", |l| l.deactivated_by_us = true);
    let first = world.plan();
    assert_eq!((first.summary.create, first.summary.update), (1, 1));
    assert_eq!((first.summary.deactivate, first.summary.reactivate), (1, 1));
    let mut world = world;
    let again = advance(&mut world, &first);
    assert_eq!(again.summary.changes(), 0, "{:?}", again.decisions);
}

/// Does what a plan says and plans again.
pub fn advance(world: &mut World, plan: &Plan) -> Plan {
    let (contacts, links) = world.with_input(|input| simulate(input.contacts, input.links, plan).unwrap());
    world.contacts = contacts.iter().map(|c| c.to_contact()).collect();
    world.links = links;
    world.plan()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let world = World::new().crowd(5).user(user("new", "new@contoso.com"));
    assert_eq!(world.plan().to_json().unwrap(), world.plan().to_json().unwrap());
}

#[test]
fn a_document_survives_json_and_an_edited_one_is_refused() {
    let plan = World::new().crowd(3).user(user("new", "new@contoso.com")).plan();
    let json = plan.to_json().unwrap();
    assert_eq!(Plan::from_json(&json).unwrap(), plan);
    let edited = json.replacen("new@contoso.com", "eve@contoso.com", 1);
    assert_ne!(edited, json);
    assert!(Plan::from_json(&edited).unwrap_err().to_string().contains("changed after it was made"));
    let newer = json.replacen("\"format_version\": \"1.0\"", "\"format_version\": \"2.0\"", 1);
    assert!(Plan::from_json(&newer).unwrap_err().to_string().contains("2.0"));
    // A newer minor version may say more than is read here: it was not edited for that.
    let minor = json.replacen("\"format_version\": \"1.0\"", "\"format_version\": \"1.7\"", 1);
    for text in [minor.clone(), minor.replacen("\"action\": \"", "\"action\": \"newer_", 1)] {
        assert_eq!(Plan::from_json(&text).unwrap_err(), DocumentError::Version("1.7".to_owned()));
    }
    assert!(Plan::from_json("{}").is_err() && Plan::from_json("not json").is_err());
}

#[test]
fn an_unknown_action_is_never_half_understood() {
    let plan = World::new().user(user("new", "new@contoso.com")).plan();
    let json = plan.to_json().unwrap().replace("\"action\": \"create\"", "\"action\": \"merge\"");
    assert!(Plan::from_json(&json).is_err());
}
