//! Single steps at which a decision turns.

use crate::world::{World, contact, user};
use sync_core::{
    model::{ContactField, ContactId},
    plan::{Guard, deactivation_limit},
    policy::{CountPercent, DeactivateLimit},
};

#[test]
fn limits_in_numbers_are_the_larger_of_count_and_percent() {
    let limit = DeactivateLimit::Numbers(CountPercent { count: 3, percent: 10 });
    for (of, allowed) in [(200, 20), (40, 4), (39, 3), (10, 3), (3, 2), (1, 3)] {
        assert_eq!(deactivation_limit(limit, of), allowed, "{of}");
    }
}

#[test]
fn only_active_linked_contacts_are_what_a_limit_is_measured_against() {
    let mut world = World::new().crowd(10);
    let before = linked(&world);
    // Inactive and linked, active and nobody's: neither counts.
    world = world
        .user(user("x", "x@contoso.com"))
        .contact(contact("x1", "x", "x@contoso.com").with(ContactField::Active, false))
        .link("x", "x1")
        .contact(contact("y1", "y", "y@contoso.com"));
    assert_eq!(linked(&world), before);
}

/// How many contacts the limit over the run is measured against.
fn linked(world: &World) -> u64 {
    world.plan().limits.iter().find(|limit| limit.company.is_none()).unwrap().of
}

#[test]
fn whoever_shares_an_address_is_named_and_others_are_not() {
    let mut a = user("a", "new@contoso.com");
    a.alternate_emails = Some(vec!["a@contoso.com".into()]);
    let world = World::new()
        .user(a)
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1")
        .contact(contact("2", "b", "new@contoso.com"))
        .contact(contact("3", "c", "other@contoso.com"));
    let decision = world.about("a");
    assert_eq!(decision.change.action().as_str(), "hold");
    let json = serde_json::to_string(&decision.reason).unwrap();
    assert!(json.contains("\"2\"") && !json.contains("\"3\""), "{json}");
    assert_eq!(decision.change.contact(), Some(&ContactId::new("1")));
    assert!(world.plan().guards.iter().all(|guard| !matches!(guard, Guard::TooManyUpdates { .. })));
}
