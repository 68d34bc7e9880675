//! Laws that hold in every world.

use crate::{
    converging::advance,
    world::{World, contact, user},
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use sync_core::{
    capability::{Access, ActiveStatus, AlternateEmails, CustomFields, FieldRule},
    model::{Attribute, CompanyId, Contact, ContactField, ContactId, FieldValue, UserKind},
    plan::{Action, Change, Plan, Subject},
    policy::{CountPercent, DeactivateLimit},
};

/// A few names, so that collisions are common.
fn mail() -> impl Strategy<Value = String> {
    (0..6u8, any::<bool>()).prop_map(|(n, upper)| {
        let mail = format!("m{n}@contoso.com");
        if upper { mail.to_uppercase() } else { mail }
    })
}

prop_compose! {
    fn users()(rows in prop::collection::vec(
        (0..8u8, mail(), prop::collection::vec(mail(), 0..3), 0..10u8, any::<bool>(), 0..3u8, any::<bool>()), 0..7,
    )) -> Vec<sync_core::model::DirectoryUser> {
        rows.into_iter().map(|(n, mail, aliases, state, title, immutable, no_mail)| {
            let mut user = user(&format!("u{n}"), &mail);
            user.alternate_emails = Some(aliases);
            user.enabled = match state { 0 | 1 => Some(false), 2 => None, _ => Some(true) };
            user.kind = match state { 9 => Some(UserKind::Guest), _ => Some(UserKind::Member) };
            user.immutable_id = (immutable > 0).then(|| format!("i{immutable}"));
            if no_mail {
                user = user.with(Attribute::Mail, "");
            }
            if title { user.with(Attribute::JobTitle, "Lead") } else { user }
        }).collect()
    }
}

prop_compose! {
    fn contacts()(rows in prop::collection::vec(
        (0..8u8, mail(), prop::collection::vec(mail(), 0..2), any::<bool>(), 0..9u8, 0..12u8), 0..8,
    )) -> Vec<Contact> {
        rows.into_iter().enumerate().map(|(i, (stored, mail, alternates, active, company, mark))| {
            let mut contact = contact(&format!("c{i}"), &format!("u{stored}"), &mail)
                .with(ContactField::AlternateEmails, alternates)
                .with(ContactField::Active, active)
                .with(ContactField::Custom("Id".into()), if mark < 4 { format!("u{stored}") } else { String::new() });
            if company == 0 {
                contact.company = Some(CompanyId::new("200"));
            }
            contact.protected = mark == 11;
            contact
        }).collect()
    }
}

prop_compose! {
    pub fn worlds()(
        users in users(),
        contacts in contacts(),
        links in prop::collection::vec((0..10u8, 0..9u8, 0..4u32, any::<bool>(), 0..3u8), 0..5),
        complete in any::<bool>(),
        last in prop::option::of(0..10u64),
    ) -> World {
        let mut world = World::new().policy(|p| p.write_back.contact_id_field = "Id".into());
        world.users = users;
        world.contacts = contacts;
        world.users_complete = complete;
        for (object, contact, reads, ours, immutable) in links {
            world = world.link_as(&format!("u{object}"), &format!("c{contact}"), |l| {
                l.missing_reads = reads;
                l.missing_since = (reads > 0).then_some(l.first_linked_at);
                l.deactivated_by_us = ours;
                l.immutable_id = (immutable > 0).then(|| format!("i{immutable}"));
            });
        }
        world.links.last_complete_users = last;
        world
    }
}

/// Subject and action of every decision that would write.
fn writes(plan: &Plan) -> BTreeSet<(Subject, Action)> {
    plan.decisions
        .changes()
        .filter(|d| d.change.action() != Action::Hold)
        .map(|d| (d.subject, d.change.action()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 3, ..ProptestConfig::default() })]

    #[test]
    fn every_subject_has_exactly_one_decision_in_order(world in worlds()) {
        let plan = world.plan();
        let subjects: Vec<Subject> = plan.decisions.iter().map(|d| d.subject).collect();
        let mut sorted = subjects.clone();
        sorted.sort();
        sorted.dedup();
        prop_assert_eq!(&subjects, &sorted);
        let users: BTreeSet<_> = world.users.iter().map(|u| u.anchor.clone()).collect();
        let decided: BTreeSet<_> = subjects.iter().filter_map(|s| match s {
            Subject::User(anchor) => Some(anchor.clone()),
            Subject::Contact(_) => None,
        }).collect();
        prop_assert_eq!(users, decided);
        let s = plan.summary;
        prop_assert_eq!(
            plan.decisions.len() as u64,
            s.create + s.update + s.link + s.reactivate + s.deactivate + s.hold + s.no_op
        );
    }

    #[test]
    fn the_order_of_rows_never_changes_a_byte(world in worlds(), seed in any::<u64>()) {
        let before = world.plan().to_json().unwrap();
        let mut shuffled = world;
        // Repeated anchors count by the last row, so only distinct ones may change places.
        let mut seen = BTreeSet::new();
        shuffled.users.reverse();
        shuffled.users.retain(|u| seen.insert(u.anchor.clone()));
        let turn = |len: usize| if len == 0 { 0 } else { usize::try_from(seed % len as u64).unwrap() };
        let (u, c) = (turn(shuffled.users.len()), turn(shuffled.contacts.len()));
        shuffled.users.rotate_left(u);
        shuffled.contacts.reverse();
        shuffled.contacts.rotate_left(c);
        prop_assert_eq!(before, shuffled.plan().to_json().unwrap());
    }

    #[test]
    fn nobody_is_planned_on_another_ones_contact(world in worlds()) {
        let mut owners = std::collections::BTreeMap::new();
        for decision in world.plan().decisions.changes().filter(|d| d.change.action() != Action::Hold) {
            if let Some(contact) = decision.change.contact() {
                prop_assert!(owners.insert(contact.clone(), decision.subject.clone()).is_none());
            }
        }
    }

    #[test]
    fn nothing_is_ever_written_to_another_company(world in worlds()) {
        let elsewhere: BTreeSet<ContactId> = world.contacts.iter()
            .filter(|c| c.company != Some(CompanyId::new("100")))
            .map(|c| c.id.clone())
            .collect();
        for decision in world.plan().decisions.changes() {
            if !matches!(decision.change, Change::Hold { .. } | Change::NoOp { .. } | Change::Create { .. }) {
                prop_assert!(!elsewhere.contains(decision.change.contact().unwrap()));
            }
        }
    }

    #[test]
    fn no_change_gives_a_contact_an_address_that_another_one_of_the_company_has_after_it(world in worlds()) {
        let plan = world.plan();
        let mut after = world;
        let _ = advance(&mut after, &plan);
        let address = |contact: &Contact| match contact.fields.get(&ContactField::Email) {
            Some(FieldValue::Text(text)) => text.to_lowercase(),
            _ => String::new(),
        };
        let changed = plan.decisions.changes().filter(|d| {
            d.change.action() != Action::Hold && d.change.fields().iter().any(|f| f.field == ContactField::Email)
        });
        for contact in changed.filter_map(|d| d.change.contact().cloned()) {
            let mine = after.contacts.iter().find(|c| c.id == contact).unwrap();
            for other in after.contacts.iter().filter(|c| c.id != contact && c.company == mine.company) {
                prop_assert!(address(mine) != address(other), "{} and {} have one address", contact, other.id);
            }
        }
    }

    #[test]
    fn a_partial_read_deactivates_nobody_for_being_absent(mut world in worlds()) {
        world.users_complete = false;
        for decision in world.plan().decisions.changes() {
            let absent = matches!(decision.subject, Subject::Contact(_));
            prop_assert!(!(absent && decision.change.action() == Action::Deactivate));
        }
    }

    /// What is done stays done. Only somebody held before can be planned on next: a change may settle the conflict.
    #[test]
    fn planning_converges(world in worlds()) {
        let mut world = world;
        let mut plan = world.plan();
        for _ in 0..=world.users.len() {
            let again = advance(&mut world, &plan);
            let held: BTreeSet<Subject> =
                plan.decisions.iter().filter(|d| d.change.action() == Action::Hold).map(|d| d.subject).collect();
            for (subject, action) in writes(&again) {
                prop_assert!(held.contains(&subject), "{:?} {:?} was not held before", action, subject);
            }
            plan = again;
        }
        prop_assert_eq!(plan.summary.changes(), 0, "{:?}", plan.decisions);
    }

    #[test]
    fn json_round_trips(world in worlds()) {
        let plan = world.plan();
        prop_assert_eq!(&Plan::from_json(&plan.to_json().unwrap()).unwrap(), &plan);
    }

    #[test]
    fn fewer_capabilities_never_add_a_write(world in worlds(), weaken in 0..5u8) {
        let full = writes(&world.plan());
        let mut less = world;
        match weaken {
            0 => less.capabilities.active_status = ActiveStatus::Readable,
            1 => less.capabilities.custom_fields = CustomFields::None,
            2 => less.capabilities.alternate_emails = AlternateEmails::None,
            3 => {
                less.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::Read));
            }
            _ => {
                less.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(3));
            }
        }
        for (subject, action) in writes(&less.plan()) {
            // An update may shrink to the link it also records.
            let before = full.contains(&(subject.clone(), action))
                || (action == Action::Link && full.contains(&(subject.clone(), Action::Update)))
                || (action == Action::Update && full.contains(&(subject, Action::Link)));
            prop_assert!(before);
        }
    }

    #[test]
    fn raising_a_limit_never_removes_a_decision(world in worlds()) {
        let strict = world.clone().policy(|p| {
            p.limits.deactivate = DeactivateLimit::Numbers(CountPercent { count: 0, percent: 0 });
        }).plan();
        let loose = world.policy(|p| {
            p.limits.deactivate = DeactivateLimit::Numbers(CountPercent { count: 1000, percent: 100 });
        }).plan();
        prop_assert_eq!(writes(&strict), writes(&loose));
        prop_assert!(loose.guards.len() <= strict.guards.len());
    }
}
