//! Fields that follow the source's changes, and fields that do not stay as they are written.

use crate::{
    converging::advance,
    world::{World, anchor, contact, user},
};
use sync_core::{
    model::{Attribute, Contact, ContactField, DirectoryUser, FieldValue},
    plan::{Action, Change, LinkState, Plan, explain},
    policy::{Blank, Flow, MappingEntry, PolicyDocument},
};

fn a() -> DirectoryUser {
    user("a", "a@contoso.com")
}

fn one() -> Contact {
    contact("1", "a", "a@contoso.com")
}

fn title_flow(flow: Flow) -> impl Fn(&mut PolicyDocument) {
    move |p| {
        let mut entry = MappingEntry::new(ContactField::Title, "job_title");
        entry.flow = flow;
        p.mapping.push(entry);
    }
}

/// A pair of which the directory last said `last` as the title, says `now`, and the contact holds `held`.
fn titled(last: Option<&str>, now: &str, held: &str) -> World {
    World::new()
        .user(a().with(Attribute::JobTitle, now))
        .contact(one().with(ContactField::Title, held))
        .link_as("a", "1", |l| {
            if let Some(last) = last {
                l.last_source.insert(ContactField::Title, FieldValue::from(last));
            }
        })
        .policy(title_flow(Flow::OnSourceChange))
}

fn last_source(world: &World) -> Option<FieldValue> {
    world.links.links.get(&anchor("a"))?.last_source.get(&ContactField::Title).cloned()
}

#[test]
fn r43_a_correction_stays_until_the_source_changes() {
    let world = titled(Some("Engineer"), "Engineer", "Corrected by hand");
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    let mut world = titled(Some("Engineer"), "Lead", "Corrected by hand");
    assert_eq!(world.written("a"), ["title: \"Corrected by hand\" -> \"Lead\""]);
    let plan = world.plan();
    let again = advance(&mut world, &plan);
    assert_eq!(again.summary.changes(), 0);
    assert_eq!(last_source(&world), Some("Lead".into()));
}

#[test]
fn r43_a_source_seen_for_the_first_time_is_remembered_and_overwrites_nothing() {
    let mut world = titled(None, "Lead", "Corrected by hand");
    let decision = world.about("a");
    assert!(matches!(&decision.change, Change::Link { link: LinkState::Existing, .. }), "{decision:?}");
    assert_eq!(decision.learned.sources.get(&ContactField::Title), Some(&"Lead".into()));
    let plan = world.plan();
    let again = advance(&mut world, &plan);
    assert_eq!(again.summary.changes(), 0);
    assert_eq!(last_source(&world), Some("Lead".into()));
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_change_that_the_contact_holds_already_is_remembered_without_a_write() {
    let mut world = titled(Some("Engineer"), "Lead", "Lead");
    let plan = world.plan();
    assert_eq!((plan.summary.link, plan.summary.update), (1, 0));
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    assert_eq!(last_source(&world), Some("Lead".into()));
}

#[test]
fn a_source_that_was_not_read_says_nothing_new() {
    let mut unread = titled(Some("Engineer"), "Lead", "Corrected by hand");
    unread.users[0].attributes.remove(&Attribute::JobTitle);
    assert_eq!(unread.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_change_of_presentation_alone_is_no_change_of_the_source() {
    assert_eq!(titled(Some("R&D  Lead"), "R&amp;D Lead", "By hand").verdict("a"), "no_op:in_sync");
}

#[test]
fn a_source_that_became_blank_follows_the_blank_policy_once() {
    let blank = |policy: Blank| {
        let mut world = titled(Some("Engineer"), "", "Engineer");
        world.policy.mapping[0].blank = policy;
        world
    };
    let mut kept = blank(Blank::Keep);
    assert_eq!(kept.count(Action::Link), 1);
    let plan = kept.plan();
    assert_eq!(advance(&mut kept, &plan).summary.changes(), 0);
    assert_eq!(last_source(&kept), Some(FieldValue::Empty));
    let mut cleared = blank(Blank::Clear);
    assert_eq!(cleared.written("a"), ["title: \"Engineer\" -> null"]);
    let plan = cleared.plan();
    assert_eq!(advance(&mut cleared, &plan).summary.changes(), 0);
    // What somebody writes afterwards is theirs.
    cleared.contacts[0] = one().with(ContactField::Title, "By hand");
    assert_eq!(cleared.verdict("a"), "no_op:in_sync");
}

#[test]
fn what_is_written_on_create_counts_as_seen() {
    let mut world = World::new().user(a()).policy(title_flow(Flow::OnSourceChange));
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    assert_eq!(last_source(&world), Some("Engineer".into()));
    for contact in &mut world.contacts {
        contact.fields.insert(ContactField::Title, "By hand".into());
    }
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn a_contact_that_is_matched_keeps_its_value_and_the_source_is_remembered() {
    let mut world = titled(None, "Lead", "By hand");
    world.links = sync_core::store::LinkSet::new();
    assert_eq!(world.verdict("a"), "link:matched");
    let plan = world.plan();
    assert_eq!(advance(&mut world, &plan).summary.changes(), 0);
    assert_eq!(last_source(&world), Some("Lead".into()));
}

#[test]
fn lists_follow_their_source_too() {
    let mut user = a();
    user.alternate_emails = Some(vec!["one@contoso.com".into()]);
    let world = |last: &str| {
        World::new().user(user.clone()).contact(one()).link_as("a", "1", |l| {
            l.last_source.insert(ContactField::AlternateEmails, FieldValue::List(vec![last.into()]));
        })
    };
    let flow = |p: &mut PolicyDocument| {
        let mut entry = MappingEntry::new(ContactField::AlternateEmails, "alternate_emails");
        entry.flow = Flow::OnSourceChange;
        p.mapping.push(entry);
    };
    assert_eq!(world("ONE@contoso.com").policy(flow).verdict("a"), "no_op:in_sync");
    assert_eq!(world("old@contoso.com").policy(flow).verdict("a"), "update:fields_differ");
}

#[test]
fn what_is_learned_survives_json_and_is_part_of_the_id() {
    let plan = titled(None, "Lead", "By hand").plan();
    let json = plan.to_json().unwrap();
    assert!(json.contains("\"learned\""));
    assert_eq!(Plan::from_json(&json).unwrap(), plan);
    let edited = json.replacen("\"title\": \"Lead\"", "\"title\": \"Boss\"", 1);
    assert_ne!(json, edited);
    assert!(Plan::from_json(&edited).is_err());
}

#[test]
fn nothing_is_remembered_where_nothing_may_be_overwritten() {
    let world = titled(None, "Lead", "By hand").policy(|p| p.matching.update_existing = false);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

// ---- Fields that do not stay as they are written ----

/// A pair whose title was written as `Engineer` before, `times` of them in vain, and reads back as `held`.
fn fought(times: u32, held: &str) -> World {
    World::new().user(a()).contact(one().with(ContactField::Title, held)).link_as("a", "1", |l| {
        l.last_written.insert(ContactField::Title, "Engineer".into());
        if times > 0 {
            l.rewritten.insert(ContactField::Title, times);
        }
    })
}

#[test]
fn r42_a_field_that_reads_back_differently_twice_is_written_no_more() {
    assert_eq!(fought(0, "ENG").verdict("a"), "update:fields_differ");
    let stopped = fought(1, "ENG");
    assert_eq!(stopped.verdict("a"), "no_op:non_converging");
    let warnings = stopped.plan().warnings;
    let about: Vec<_> = warnings.iter().filter(|w| w.code == "NonConverging").collect();
    assert_eq!(about.len(), 1);
    assert!(about[0].message.starts_with("title of 1 contact "), "{}", about[0].message);
}

#[test]
fn r42_the_other_fields_are_written_all_the_same() {
    let mut world = fought(1, "ENG");
    world.users[0] = a().with(Attribute::Department, "Research");
    assert_eq!(world.written("a"), ["department: \"Sales\" -> \"Research\""]);
    assert_eq!(world.plan().warnings.iter().filter(|w| w.code == "NonConverging").count(), 1);
}

#[test]
fn r42_a_new_value_is_tried_again() {
    let mut world = fought(1, "ENG");
    world.users[0] = a().with(Attribute::JobTitle, "Lead");
    assert_eq!(world.written("a"), ["title: \"ENG\" -> \"Lead\""]);
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert!(world.links.links[&anchor("a")].rewritten.is_empty());
}

#[test]
fn r42_a_field_that_stays_is_trusted_again() {
    let mut world = fought(1, "Engineer");
    // Nothing is to be done for that; it is recorded on the way.
    let plan = world.plan();
    assert_eq!(plan.summary.changes(), 0);
    assert_eq!(world.about("a").learned.settled, [ContactField::Title]);
    let _ = advance(&mut world, &plan);
    assert!(world.links.links[&anchor("a")].rewritten.is_empty());
}

// ---- Explanations ----

/// What the explanation of the first user says of the title.
fn title_of(world: &World) -> String {
    let told = world.with_input(|input| explain(input, "a@contoso.com")).unwrap().unwrap();
    let step = told.steps.into_iter().find(|step| step.title == "field title").unwrap();
    step.detail.rsplit_once("; ").unwrap().1.to_owned()
}

#[test]
fn an_explanation_says_why_a_field_is_not_written() {
    let pair = |said: &str, held: &str| {
        let contact = one().with(ContactField::Title, held);
        World::new().user(a().with(Attribute::JobTitle, said)).contact(contact).link("a", "1")
    };
    let blank = |blank: Blank| {
        pair("", "Held").policy(move |p| {
            let mut entry = MappingEntry::new(ContactField::Title, "job_title");
            entry.blank = blank;
            p.mapping.push(entry);
        })
    };
    let cases = [
        (pair("Lead", "Lead"), "same"),
        (pair("Lead", "Held"), "differs: would become \"Lead\""),
        (pair("", ""), "same: both are blank"),
        (blank(Blank::Keep), "left alone: blank = \"keep\""),
        (
            blank(Blank::ClearIfOurs),
            "left alone: blank = \"clear_if_ours\", and this tool did not write it or it is needed",
        ),
        (pair("Lead", "Held").policy(title_flow(Flow::OnCreate)), "left alone: flow = \"on_create\""),
        (pair("Lead", "Held").policy(title_flow(Flow::IfEmpty)), "left alone: flow = \"if_empty\""),
        (
            titled(Some("Lead"), "Lead", "Held"),
            "left alone: flow = \"on_source_change\", and the directory said the same before, or was not asked before",
        ),
        (
            pair("Lead", "Held").policy(|p| p.matching.update_existing = false),
            "left alone: update_existing = false",
        ),
        (
            World::new().user(a().with(Attribute::JobTitle, "Lead")).policy(|p| p.lifecycle.create = false),
            "left alone: nothing is created or updated",
        ),
        (
            World::new().user(a().with(Attribute::JobTitle, "")).policy(|p| p.lifecycle.create = false),
            "left alone: there is nothing to write",
        ),
    ];
    for (world, expected) in cases {
        assert_eq!(title_of(&world), expected);
    }
}
