//! What the seeded world promises.

use std::collections::BTreeSet;

use super::{PersonKind, PsaState, people};

#[test]
fn a_seed_makes_the_same_world_twice() {
    let text = |seed| format!("{:?}", people(seed, 300, 250));
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn user_and_contact_counts_are_exact_at_every_size() {
    for (users, contacts) in [(0, 0), (1, 1), (5, 3), (40, 32), (60, 60), (700, 650), (2500, 2400), (10, 300)]
    {
        let world = people(9, users, contacts);
        assert_eq!(world.iter().filter(|p| p.in_directory).count(), users, "{users}");
        assert_eq!(world.iter().map(super::Person::contacts).sum::<usize>(), contacts, "{contacts}");
    }
}

#[test]
fn addresses_and_ids_are_unique_in_fifty_thousand() {
    let world = people(3, 50_000, 48_000);
    let ids: BTreeSet<_> = world.iter().map(|p| &p.object_id).collect();
    assert_eq!(ids.len(), world.len());
    let upns: BTreeSet<_> = world.iter().map(|p| p.upn.to_lowercase()).collect();
    assert_eq!(upns.len(), world.len());
    let mails: Vec<_> = world.iter().filter_map(|p| p.mail.as_ref()).map(|m| m.to_lowercase()).collect();
    assert_eq!(mails.iter().collect::<BTreeSet<_>>().len(), mails.len());
    let names: BTreeSet<_> = world.iter().map(|p| (&p.first_name, &p.last_name)).collect();
    assert!(names.len() > 5000, "{}", names.len());
}

#[test]
fn the_demo_world_has_something_of_everything() {
    for seed in [1, 7, 42, 99] {
        let world = people(seed, 40, 32);
        let count = |f: &dyn Fn(&super::Person) -> bool| world.iter().filter(|p| f(p)).count();
        assert!(count(&|p| p.kind == PersonKind::Guest) >= 1);
        assert!(count(&|p| p.kind == PersonKind::Shared) >= 1);
        assert!(count(&|p| p.in_psa == PsaState::Duplicate) == 1);
        assert!(count(&|p| p.in_psa == PsaState::ByEmail && p.in_directory) >= 2);
        assert!(count(&|p| p.in_psa == PsaState::ByAlternateEmail) >= 1);
        assert!(count(&|p| p.stale.is_some()) >= 2);
        assert!(count(&|p| p.deleted_days_ago.is_some()) == 1);
        assert!(count(&|p| !p.enabled && p.in_psa == PsaState::Linked && !p.contact_inactive) == 1);
        let fresh = |p: &super::Person| {
            p.kind == PersonKind::Member && p.in_directory && p.mail.is_some() && p.in_psa == PsaState::None
        };
        assert!(count(&fresh) >= 1);
    }
}

#[test]
fn seven_of_ten_contacts_carry_the_stored_id() {
    let world = people(5, 3000, 2800);
    let count = |state| world.iter().filter(|p| p.in_psa == state).count() * 1000 / 2800;
    assert!((650..760).contains(&count(PsaState::Linked)), "{}", count(PsaState::Linked));
    assert!((50..130).contains(&count(PsaState::ByAlternateEmail)), "{}", count(PsaState::ByAlternateEmail));
    assert!(world.iter().any(|p| p.in_psa == PsaState::Duplicate));
}
