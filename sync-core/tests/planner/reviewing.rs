//! Answers to held decisions.

use crate::{
    converging::advance,
    world::{World, anchor, contact, say, user},
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use sync_core::{
    memory::MemoryStore,
    model::{Attribute, CompanyId, ContactField, ContactId, SourceAnchor, TenantName},
    plan::{Action, Change, Decision, LinkState, Reason, Subject},
    policy::{Departed, Reactivate},
    review::{Answer, Review, Reviews, Situation, record},
    store::ReviewStore,
};

fn pin(contact: &str) -> Answer {
    Answer::Pin { contact: ContactId::new(contact) }
}

/// One user, two contacts with the user's address.
fn ambiguous() -> World {
    World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "a", "a@contoso.com"))
}

/// Somebody new whose address is on the contact of somebody who is gone.
fn reissued() -> World {
    World::new()
        .crowd(10)
        .user(user("new", "ada@contoso.com"))
        .contact(contact("1", "old", "ada@contoso.com"))
        .link_as("old", "1", |link| {
            link.missing_reads = 5;
            link.missing_since = Some(link.first_linked_at);
        })
}

fn cited(decision: &Decision, answer: &str) {
    let Reason::Reviewed { review: Some(_), answer: word, at: Some(_) } = &decision.reason else {
        panic!("not cited: {:?}", decision.reason)
    };
    assert_eq!(word, answer);
}

#[test]
fn an_id_is_the_same_in_every_run_and_different_for_every_question() {
    let world = ambiguous();
    let first = world.question("a").id;
    let mut later = world.clone();
    later.as_of += chrono::Duration::days(30);
    later.users[0] = user("a", "a@contoso.com").with(Attribute::JobTitle, "Lead");
    assert_eq!(later.question("a").id, first);
    let mut other_tenant = world;
    other_tenant.tenant.name = TenantName::new("Fabrikam");
    assert_ne!(other_tenant.question("a").id, first);
    let other_user = ambiguous().user(user("b", "b@contoso.com"));
    let other_user =
        other_user.contact(contact("3", "b", "b@contoso.com")).contact(contact("4", "b", "b@contoso.com"));
    assert_ne!(other_user.question("b").id, first);
}

#[test]
fn a_pin_pairs_the_user_and_is_cited_and_links_are_made_of_it() {
    let mut world = ambiguous().answer("a", pin("2"));
    let decision = world.about("a");
    cited(&decision, "pin");
    let linked = matches!(&decision.change, Change::Link { contact, link: LinkState::New, .. } if *contact == ContactId::new("2"));
    assert!(linked, "{:?}", decision.change);
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert!(world.questions().is_empty(), "nothing decided once is asked again");
}

#[test]
fn a_rejected_question_is_not_asked_again_and_nothing_is_done() {
    let world = ambiguous().answer("a", Answer::Reject);
    let decision = world.about("a");
    cited(&decision, "reject");
    assert_eq!(decision.change, Change::NoOp { contact: None, link: LinkState::None });
    assert!(world.questions().is_empty());
}

#[test]
fn an_answer_in_another_situation_is_asked_again_and_says_why() {
    let world = ambiguous().answer("a", Answer::Reject).contact(contact("3", "a", "a@contoso.com"));
    assert_eq!(world.verdict("a"), "hold:ambiguous");
    let told = world.warned("AnswerNoLongerFits");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("1, 2, 3") && told[0].contains("reject"), "{told:?}");
    assert_eq!(world.question("a").again.as_ref(), Some(&told[0]));
}

#[test]
fn a_pin_to_a_contact_that_is_gone_is_asked_again_and_says_so() {
    let mut world = ambiguous().contact(contact("3", "a", "a@contoso.com")).answer("a", pin("3"));
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("3")));
    world.contacts.retain(|c| c.id != ContactId::new("3"));
    assert_eq!(world.verdict("a"), "hold:ambiguous");
    assert!(world.question("a").again.unwrap().contains("contact 3 is gone"));
}

#[test]
fn the_last_contact_of_a_question_is_not_taken_where_a_person_said_otherwise() {
    for answer in [pin("1"), Answer::Reject, Answer::Create] {
        let mut world = ambiguous().answer("a", answer.clone());
        world.contacts.retain(|c| c.id != ContactId::new("1"));
        assert_eq!(world.verdict("a"), "hold:ambiguous", "{answer:?}");
        let question = world.question("a");
        assert!(question.again.is_some() && question.answers.contains(&"pin"), "{question:?}");
        let pinned = world.answer("a", pin("2"));
        assert_eq!(pinned.about("a").change.contact(), Some(&ContactId::new("2")));
    }
}

#[test]
fn the_latest_word_about_a_contact_counts_whatever_was_asked() {
    let mut world = World::new()
        .crowd(3)
        .policy(|p| p.lifecycle.reactivate = Reactivate::Any)
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "").with(ContactField::Active, false))
        .contact(contact("2", "b", "a@contoso.com"));
    let unasked = Situation::of(&Reason::NoMatch, None);
    let subject = Subject::User(anchor("a"));
    let first = Review::new(&world.tenant.name, subject, unasked, pin("1"), world.as_of);
    world.reviews = world.reviews.with(first);
    // It would get the address of another contact that is in use.
    let decision = world.about("a");
    assert!(matches!(&decision.change, Change::Hold { proposed: Some(_) }), "{decision:?}");
    let mut world = world.answer("a", Answer::Reject);
    assert_eq!(world.verdict("a"), "no_op:reviewed");
    world.contacts.retain(|c| c.id != ContactId::new("2"));
    assert_eq!(world.verdict("a"), "hold:ambiguous");
    let world = world.answer("a", pin("1"));
    assert_eq!(world.about("a").change.action(), Action::Reactivate);
}

#[test]
fn a_contact_that_a_pinned_user_still_has_is_nobody_elses_in_the_same_plan() {
    // The pin is not carried out, because its user is disabled and the contact inactive; the link stays where it is.
    let mut leaver = user("b", "b@contoso.com");
    leaver.enabled = Some(false);
    let mut inactive = contact("2", "x", "x@contoso.com");
    inactive.fields.insert(ContactField::Active, false.into());
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(leaver)
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(inactive)
        .link("b", "1");
    let mut world = world;
    let asked = Situation::of(
        &Reason::ClaimedTwice { users: vec![anchor("b")], contacts: vec![ContactId::new("2")] },
        None,
    );
    let review = Review::new(&world.tenant.name, Subject::User(anchor("b")), asked, pin("2"), world.as_of);
    world.reviews = world.reviews.clone().with(review);
    assert_eq!(world.verdict("a"), "hold:claimed_twice");
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.links.links.of_contact(&ContactId::new("1")).count(), 1);
}

#[test]
fn accepting_does_what_was_proposed() {
    // The policy asks before it deactivates.
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let world = World::new()
        .crowd(10)
        .policy(|p| p.lifecycle.disabled = Departed::Hold)
        .user(leaver)
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1");
    assert_eq!(world.verdict("a"), "hold:disabled");
    let world = world.answer("a", Answer::Accept);
    assert_eq!(world.verdict("a"), "deactivate:reviewed");
    cited(&world.about("a"), "accept");
}

#[test]
fn what_was_accepted_once_is_asked_again_after_it_was_done_and_comes_back() {
    let mut world = World::new()
        .crowd(10)
        .policy(|p| {
            p.lifecycle.disabled = Departed::Hold;
            p.lifecycle.reactivate = Reactivate::Ours;
        })
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1");
    let leave = |world: &mut World, left: bool| {
        world.users.iter_mut().find(|u| u.anchor == anchor("a")).unwrap().enabled = Some(!left);
    };
    leave(&mut world, true);
    let mut world = world.answer("a", Answer::Accept);
    let plan = world.plan();
    let done = world.reviews.done_by(&plan, |_| true);
    assert_eq!(done.len(), 1);
    world.reviews = world.reviews.clone().spent(&done, world.as_of);
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "no_op:disabled");
    leave(&mut world, false);
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    leave(&mut world, true);
    assert_eq!(world.verdict("a"), "hold:disabled", "one approval is for one deactivation");
}

#[test]
fn a_protected_contact_goes_only_by_a_persons_word() {
    let mut guarded = contact("1", "a", "a@contoso.com");
    guarded.protected = true;
    let mut leaver = user("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let world = World::new().crowd(10).user(leaver).contact(guarded).link("a", "1");
    assert_eq!(world.verdict("a"), "hold:protected");
    assert_eq!(world.clone().answer("a", Answer::Accept).verdict("a"), "deactivate:reviewed");
    assert_eq!(world.answer("a", Answer::Reject).verdict("a"), "no_op:reviewed");
}

#[test]
fn who_is_ignored_is_left_alone_whatever_comes() {
    let mut world = ambiguous().crowd(10).answer("a", Answer::Ignore);
    assert_eq!(world.verdict("a"), "no_op:reviewed");
    world = world.link("a", "1");
    world.users.iter_mut().find(|u| u.anchor == anchor("a")).unwrap().enabled = Some(false);
    let decision = world.about("a");
    assert_eq!(say(&decision), "no_op:reviewed");
    let kept = Change::NoOp { contact: Some(ContactId::new("1")), link: LinkState::Existing };
    assert_eq!(decision.change, kept);
}

#[test]
fn ignoring_one_of_two_users_with_one_address_lets_the_other_have_the_contact() {
    let world = World::new()
        .user(user("a", "same@contoso.com"))
        .user(user("b", "same@contoso.com"))
        .contact(contact("1", "b", "same@contoso.com"));
    assert_eq!(world.verdict("b"), "hold:source_duplicate");
    assert!(!world.question("b").answers.contains(&"create"), "one address must not get two contacts");
    let world = world.answer("a", Answer::Ignore);
    assert_eq!((world.verdict("a"), world.verdict("b")), ("no_op:reviewed".into(), "link:matched".into()));
}

#[test]
fn a_relink_takes_the_contact_of_somebody_who_is_gone() {
    let world = reissued();
    let question = world.question("new");
    assert_eq!(question.answers, ["accept", "reject", "ignore", "pin", "relink", "create"]);
    let relink = question.accepted().unwrap();
    let mut world = world.reply(&question, relink);
    let decision = world.about("new");
    cited(&decision, "pin");
    let relinked = matches!(&decision.change, Change::Update { contact, link: LinkState::Relink, .. } if *contact == ContactId::new("1"));
    assert!(relinked, "{:?}", decision.change);
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert!(!world.links.links.contains_key(&anchor("old")), "two links would share the contact");
    assert_eq!(world.verdict("new"), "no_op:in_sync");
    assert!(world.questions().is_empty());
}

#[test]
fn a_contact_whose_user_came_back_is_not_taken_by_an_answer_that_was_told_of_somebody_gone() {
    let mut world = reissued();
    let question = world.question("new");
    world = world.reply(&question, pin("1")).user(user("old", "old@contoso.com"));
    assert_ne!(world.about("new").change.contact(), Some(&ContactId::new("1")));
    assert_eq!(world.about("old").change.contact(), Some(&ContactId::new("1")));
    assert!(
        world.warned("AnswerNoLongerFits")[0].contains("keeps it"),
        "{:?}",
        world.warned("AnswerNoLongerFits")
    );
    // Nor where nobody knows whether the user is gone.
    world.users.retain(|user| user.anchor != anchor("old"));
    world.users_complete = false;
    assert_ne!(world.about("new").change.contact(), Some(&ContactId::new("1")));
    world.users_complete = true;
    assert_eq!(world.about("new").change.contact(), Some(&ContactId::new("1")));
}

#[test]
fn somebody_new_gets_a_contact_beside_the_one_that_has_the_address() {
    let world = reissued();
    assert_eq!(world.contact_verdict("1"), "hold:relink_decision");
    assert_eq!(world.questions().len(), 1, "one question, not one from either side");
    let world = world.answer("new", Answer::Create);
    let decision = world.about("new");
    cited(&decision, "create");
    let Change::Create { beside, .. } = &decision.change else { panic!("{:?}", decision.change) };
    assert_eq!(beside, &[ContactId::new("1")]);
    // Nobody waits for the old contact any more, so it goes its usual way.
    assert_eq!(world.contact_verdict("1"), "deactivate:missing");
}

#[test]
fn what_a_new_contact_is_made_beside_holds_everybody_else_who_has_one_of_the_addresses() {
    let mut world = reissued();
    world.users.iter_mut().filter(|user| user.anchor == anchor("new")).for_each(|user| {
        user.alternate_emails = Some(vec!["p00@contoso.com".into(), "free@contoso.com".into()]);
    });
    let world = world.answer("new", Answer::Create);
    let Change::Create { beside, .. } = &world.about("new").change else {
        panic!("{:?}", world.about("new"))
    };
    assert_eq!(beside, &[ContactId::new("1"), ContactId::new("c00")]);
    // One that is nobody's may be this person's: applying would never carry the create out.
    let world = world.contact(contact("2", "x", "free@contoso.com"));
    assert_eq!(world.verdict("new"), "hold:relink_decision");
    let warned = world.warned("AnswerNoLongerFits");
    assert!(
        warned.len() == 1 && warned[0].contains("contact 2 has one of the user's addresses"),
        "{warned:?}"
    );
}

#[test]
fn rejecting_a_relink_lets_the_old_contact_go_its_usual_way() {
    let world = reissued().answer("new", Answer::Reject);
    assert_eq!(world.verdict("new"), "no_op:reviewed");
    assert_eq!(world.contact_verdict("1"), "deactivate:missing");
}

#[test]
fn two_users_are_never_given_one_contact() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .contact(contact("2", "a", "a@contoso.com"))
        .contact(contact("3", "b", "b@contoso.com"))
        .contact(contact("4", "b", "b@contoso.com"));
    let (a, b) = (world.question("a"), world.question("b"));
    let both = world.clone().reply(&a, pin("1")).reply(&b, pin("1"));
    assert_eq!(both.about("b").change.contact(), Some(&ContactId::new("1")), "the latest answer counts");
    assert_eq!(both.verdict("a"), "hold:ambiguous");
    assert!(both.question("a").again.unwrap().contains("given to another user as well"));
    // At the very same moment neither counts.
    let mut tied = world;
    for question in [&a, &b] {
        let review = Review::new(
            &tied.tenant.name,
            question.subject.clone(),
            question.asked.clone(),
            pin("1"),
            tied.as_of,
        );
        tied.reviews = tied.reviews.clone().with(review);
    }
    assert_eq!((tied.verdict("a"), tied.verdict("b")), ("hold:ambiguous".into(), "hold:ambiguous".into()));
}

#[test]
fn a_contact_linked_to_somebody_who_was_not_named_is_not_taken() {
    let world = ambiguous().user(user("b", "b@contoso.com")).answer("a", pin("2")).link("b", "2");
    assert_eq!(world.about("b").change.contact(), Some(&ContactId::new("2")));
    assert_ne!(world.about("a").change.contact(), Some(&ContactId::new("2")));
    let told = world.warned("AnswerNoLongerFits");
    // With contact 2 taken only one is left, and it is the user's.
    assert!(told.is_empty() || told[0].contains("linked to"), "{told:?}");
}

#[test]
fn a_contact_two_links_claim_goes_to_the_one_it_was_given_to() {
    let mut world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com"))
        .link("a", "1")
        .link("b", "1");
    assert_eq!(
        (world.verdict("a"), world.verdict("b")),
        ("hold:claimed_twice".into(), "hold:claimed_twice".into())
    );
    world = world.answer("a", pin("1"));
    cited(&world.about("a"), "pin");
    assert_eq!(world.verdict("b"), "hold:claimed_twice");
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.links.links.of_contact(&ContactId::new("1")).count(), 1);
}

#[test]
fn another_tenants_contact_is_never_given_away() {
    let mut world = ambiguous().answer("a", pin("2"));
    world.linked_elsewhere = [(ContactId::new("2"), TenantName::new("Fabrikam"))].into_iter().collect();
    for decision in world.plan().decisions.changes() {
        assert_ne!(decision.change.contact(), Some(&ContactId::new("2")), "{decision:?}");
    }
    assert!(!world.about("a").change.action().as_str().is_empty());
}

#[test]
fn a_namesake_is_somebody_else_or_the_same_by_a_persons_word() {
    let nameless = contact("1", "a", "").with(ContactField::Email, "");
    let world = World::new().user(user("a", "a@contoso.com")).contact(nameless);
    assert_eq!(world.verdict("a"), "hold:same_name");
    assert_eq!(world.clone().answer("a", Answer::Create).verdict("a"), "create:reviewed");
    assert_eq!(world.clone().answer("a", Answer::Accept).verdict("a"), "create:reviewed");
    assert_eq!(world.answer("a", pin("1")).about("a").change.action(), Action::Update);
}

#[test]
fn a_withdrawn_answer_is_asked_again() {
    let mut world = ambiguous().answer("a", Answer::Reject);
    let id = world.reviews.iter().next().unwrap().id.clone();
    world.reviews = world.reviews.clone().without(&id);
    assert_eq!(world.verdict("a"), "hold:ambiguous");
    assert!(world.reviews.is_empty());
}

#[test]
fn reviews_round_trip_as_documents() {
    let world = ambiguous().answer("a", pin("2"));
    let review = world.reviews.iter().next().unwrap().clone().with_note("asked her");
    let text = serde_json::to_string(&review).unwrap();
    assert!(text.contains(r#""answer":"pin","contact":"2""#), "{text}");
    assert_eq!(serde_json::from_str::<Review>(&text).unwrap(), review);
}

#[tokio::test]
async fn of_two_people_at_once_the_second_hears_of_the_first() {
    let world = ambiguous();
    let question = world.question("a");
    let store = MemoryStore::new();
    let tenant = &world.tenant.name;
    let review =
        |answer| Review::new(tenant, question.subject.clone(), question.asked.clone(), answer, world.as_of);
    record(&store, tenant, &review(pin("1")), false).await.unwrap();
    record(&store, tenant, &review(pin("1")), false).await.unwrap();
    let refused = record(&store, tenant, &review(pin("2")), false).await.unwrap_err();
    assert!(refused.message().contains("answered with pin"), "{refused}");
    record(&store, tenant, &review(pin("2")), true).await.unwrap();
    let now = Reviews::stored(store.reviews(tenant).await.unwrap());
    assert_eq!(now.get(&question.id).unwrap().answer, pin("2"));
    // Who saw the first answer only does not overwrite the second.
    let late = store.answer(tenant, &review(Answer::Reject), Some(&review(pin("1")))).await.unwrap_err();
    assert_eq!(late.kind(), sync_core::ErrorKind::PreconditionFailed);
}

/// Answers of all kinds about users and contacts that may or may not be there.
fn answers() -> impl Strategy<Value = Vec<(u8, u8, u8, i64)>> {
    prop::collection::vec((0..8u8, 0..7u8, 0..9u8, 0..3i64), 0..6)
}

fn answered(world: &mut World, answers: &[(u8, u8, u8, i64)]) {
    let open = world.questions();
    for (who, what, which, minute) in answers {
        let answer = match what {
            0 => Answer::Accept,
            1 => Answer::Reject,
            2 => Answer::Ignore,
            3 => Answer::Create,
            _ => pin(&format!("c{which}")),
        };
        let at = world.as_of + chrono::Duration::minutes(*minute);
        // Some name a user in place of a question, and know who has the contact.
        if *what > 4 {
            let id = ContactId::new(format!("c{which}"));
            let holders = world.links.links.of_contact(&id).map(|link| link.source_id.clone()).collect();
            let (subject, asked) = (Subject::User(anchor(&format!("u{who}"))), Situation::unasked(holders));
            let review = Review::new(&world.tenant.name, subject, asked, answer, at);
            world.reviews = world.reviews.clone().with(review);
            continue;
        }
        let question = open.get(usize::from(*who));
        let (subject, asked) = question.map_or_else(
            || {
                let users: Vec<SourceAnchor> = (0..8).map(|n| anchor(&format!("u{n}"))).collect();
                let contacts = vec![ContactId::new(format!("c{which}"))];
                let reason = Reason::ClaimedTwice { users, contacts };
                (Subject::User(anchor(&format!("u{who}"))), Situation::of(&reason, None))
            },
            |q| (q.subject.clone(), q.asked.clone()),
        );
        let review = Review::new(&world.tenant.name, subject, asked, answer, at);
        world.reviews = world.reviews.clone().with(review);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 2, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_makes_two_users_share_a_contact(world in crate::properties::worlds(), answers in answers()) {
        let mut world = world;
        answered(&mut world, &answers);
        for _ in 0..3 {
            let plan = world.plan();
            let mut owners = BTreeMap::new();
            for decision in plan.decisions.changes().filter(|d| d.change.action() != Action::Hold) {
                if let Some(contact) = decision.change.contact() {
                    prop_assert!(owners.insert(contact.clone(), decision.subject.clone()).is_none());
                }
            }
            let linked = |world: &World, contact: &ContactId| world.links.links.of_contact(contact).count();
            let before: BTreeMap<ContactId, usize> =
                world.contacts.iter().map(|c| (c.id.clone(), linked(&world, &c.id))).collect();
            let _ = advance(&mut world, &plan);
            for contact in &world.contacts {
                let now = linked(&world, &contact.id);
                prop_assert!(now <= 1.max(before.get(&contact.id).copied().unwrap_or(0)), "{}", contact.id);
            }
        }
    }

    #[test]
    fn no_answer_touches_another_tenants_contact(
        world in crate::properties::worlds(), answers in answers(), theirs in prop::collection::btree_set(0..9u8, 1..4),
    ) {
        let mut world = world;
        answered(&mut world, &answers);
        let theirs: Vec<ContactId> = theirs.into_iter().map(|n| ContactId::new(format!("c{n}"))).collect();
        world.linked_elsewhere =
            theirs.iter().map(|id| (id.clone(), TenantName::new("Fabrikam"))).collect();
        for decision in world.plan().decisions.changes().filter(|d| d.change.action() != Action::Hold) {
            prop_assert!(decision.change.contact().is_none_or(|contact| !theirs.contains(contact)), "{decision:?}");
        }
    }

    #[test]
    fn with_answers_too_the_order_of_rows_changes_nothing(
        world in crate::properties::worlds(), answers in answers(), turn in any::<u8>(),
    ) {
        let mut world = world;
        answered(&mut world, &answers);
        let before = world.plan().to_json().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        world.users.reverse();
        world.users.retain(|u| seen.insert(u.anchor.clone()));
        let by = |len: usize| if len == 0 { 0 } else { usize::from(turn) % len };
        let (u, c) = (by(world.users.len()), by(world.contacts.len()));
        world.users.rotate_left(u);
        world.contacts.rotate_left(c);
        let mut stored: Vec<Review> = world.reviews.iter().cloned().collect();
        stored.reverse();
        world.reviews = Reviews::stored(stored);
        prop_assert_eq!(before, world.plan().to_json().unwrap());
    }

    #[test]
    fn an_answer_adds_no_write_to_another_company(world in crate::properties::worlds(), answers in answers()) {
        let mut world = world;
        answered(&mut world, &answers);
        for decision in world.plan().decisions.changes() {
            if matches!(decision.change, Change::Update { .. } | Change::Link { .. } | Change::Reactivate { .. }) {
                let id = decision.change.contact().unwrap();
                let company = &world.contacts.iter().find(|c| c.id == *id).unwrap().company;
                prop_assert_eq!(company, &Some(CompanyId::new("100")));
            }
        }
    }
}
