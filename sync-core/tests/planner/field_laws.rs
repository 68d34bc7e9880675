//! Laws of the mapping that hold in every world.

use crate::{
    converging::advance,
    world::{World, contact, user},
};
use proptest::prelude::*;
use sync_core::{
    capability::{Access, AlternateEmails, FieldRule},
    model::{Attribute, Contact, ContactField, DirectoryUser, FieldValue},
    plan::{Action, Plan},
    policy::{Blank, Flow, MappingEntry},
};

fn phone() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[+0 ()/.-]{0,3}[0-9 ]{3,12}( x[0-9]{1,3})?",
        Just("030 1234567".to_owned()),
        Just("+49 30 1234567".to_owned()),
        "\\PC{0,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("R&D Lead".to_owned()),
        Just("R&amp;D  lead".to_owned()),
        "\\PC{0,10}"
    ]
}

fn flow() -> impl Strategy<Value = Flow> {
    prop_oneof![Just(Flow::Always), Just(Flow::OnSourceChange), Just(Flow::IfEmpty), Just(Flow::OnCreate)]
}

fn blank() -> impl Strategy<Value = Blank> {
    prop_oneof![Just(Blank::Keep), Just(Blank::Clear), Just(Blank::ClearIfOurs)]
}

prop_compose! {
    fn users()(rows in prop::collection::vec((text(), phone(), text(), 0..6u8, any::<bool>()), 1..4)) -> Vec<DirectoryUser> {
        rows.into_iter().enumerate().map(|(i, (title, phone, name, state, nameless))| {
            let mut user = user(&format!("u{i}"), &format!("m{i}@contoso.com"))
                .with(Attribute::JobTitle, title)
                .with(Attribute::BusinessPhone, phone)
                .with(Attribute::DisplayName, name)
                .with(Attribute::EmployeeType, if state % 2 == 0 { "Board" } else { "" })
                .with(Attribute::UsageLocation, if state < 3 { "DE" } else { "" });
            user.enabled = Some(state != 0);
            if nameless {
                user = user.with(Attribute::Surname, "").with(Attribute::GivenName, "");
            }
            user
        }).collect()
    }
}

prop_compose! {
    fn contacts()(rows in prop::collection::vec((text(), phone(), text(), any::<bool>(), any::<bool>()), 0..4)) -> Vec<Contact> {
        rows.into_iter().enumerate().map(|(i, (title, phone, types, active, readable))| {
            let mut contact = contact(&format!("c{i}"), &format!("u{i}"), &format!("m{i}@contoso.com"))
                .with(ContactField::Title, title)
                .with(ContactField::PhoneBusiness, phone)
                .with(ContactField::Office, "")
                .with(ContactField::Custom("Types".into()), types)
                .with(ContactField::Custom("Left".into()), "")
                .with(ContactField::Active, active);
            if !readable {
                contact.fields.remove(&ContactField::Title);
            }
            contact
        }).collect()
    }
}

prop_compose! {
    fn worlds()(
        users in users(),
        contacts in contacts(),
        flows in prop::collection::vec((flow(), blank(), any::<bool>()), 5),
        links in prop::collection::vec((0..4u8, text(), any::<bool>(), 0..3u32, any::<bool>()), 0..4),
        weak in 0..5u8,
        names in any::<bool>(),
    ) -> World {
        let mut world = World::new().policy(|p| {
            p.write_back.type_mapping_field = "Types".into();
            p.write_back.deactivation_field = "Left".into();
            p.lifecycle.names_from_display_name = names;
            let sources = [
                (ContactField::Title, "job_title"),
                (ContactField::PhoneBusiness, "business_phone"),
                (ContactField::ContactTypes, "employee_type"),
                (ContactField::LastName, "surname"),
                (ContactField::Office, "{job_title} ({business_phone|surname})"),
            ];
            for ((field, from), (flow, blank, rewrite)) in sources.into_iter().zip(flows) {
                let mut entry = MappingEntry::new(field.clone(), from);
                (entry.flow, entry.blank) = (flow, blank);
                entry.rewrite_presentation = rewrite && field != ContactField::ContactTypes;
                p.mapping.push(entry);
            }
        });
        world.users = users;
        world.contacts = contacts;
        for (n, last, seen, times, ours) in links {
            world = world.link_as(&format!("u{n}"), &format!("c{n}"), |l| {
                if seen {
                    l.last_source.insert(ContactField::Title, FieldValue::text(last.clone()));
                }
                l.last_written.insert(ContactField::Title, FieldValue::text(last));
                if times > 0 {
                    l.rewritten.insert(ContactField::Title, times);
                }
                l.deactivated_by_us = ours;
            });
        }
        match weak {
            0 => { world.capabilities.fields.insert(ContactField::ContactTypes, FieldRule::new(Access::Read)); }
            1 => { world.capabilities.fields.insert(ContactField::Title, FieldRule::new(Access::ReadWrite).max_len(4)); }
            2 => world.capabilities.alternate_emails = AlternateEmails::None,
            _ => {}
        }
        world
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_flows_a_plan_that_was_carried_out_leaves_nothing_to_do(world in worlds()) {
        let mut world = world;
        let plan = world.plan();
        let again = advance(&mut world, &plan);
        prop_assert_eq!(again.summary.changes(), 0, "{:?}", again.decisions);
    }

    #[test]
    fn a_field_that_is_written_is_one_that_the_psa_takes(world in worlds()) {
        for decision in world.plan().decisions.changes() {
            for change in decision.change.fields() {
                let rule = world.capabilities.rule(&change.field);
                prop_assert_eq!(rule.access, Access::ReadWrite);
                if let (FieldValue::Text(text), Some(max)) = (&change.after, rule.max_len) {
                    prop_assert!(text.chars().count() <= max as usize);
                }
                prop_assert!(change.before != change.after);
            }
        }
    }

    #[test]
    fn what_is_learned_survives_json_and_nothing_is_learned_of_a_hold(world in worlds()) {
        let plan = world.plan();
        prop_assert_eq!(&Plan::from_json(&plan.to_json().unwrap()).unwrap(), &plan);
        for decision in plan.decisions.iter() {
            let silent = matches!(decision.change.action(), Action::Hold | Action::Deactivate);
            prop_assert!(!silent || decision.learned.is_empty());
            prop_assert!(decision.change.action() != Action::NoOp || decision.learned.sources.is_empty());
        }
    }
}
