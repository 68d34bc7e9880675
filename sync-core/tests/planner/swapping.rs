//! People who were linked to each other's contacts, and the answers that put it right.

use crate::{
    converging::advance,
    world::{World, anchor, contact, user},
};
use chrono::Duration;
use sync_core::{
    memory::MemoryStore,
    model::{ContactField, ContactId},
    plan::{Action, Change, LinkState, Reason, Subject},
    review::{Answer, Review, Reviews, Situation, record},
    store::ReviewStore as _,
};

/// Users `a` and `b` who have each other's contact: contact `of-a` is the one that `a` should have.
fn crosswise() -> World {
    World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com"))
        .contact(contact("of-a", "b", "b@contoso.com"))
        .contact(contact("of-b", "a", "a@contoso.com"))
        .link("a", "of-b")
        .link("b", "of-a")
}

/// An answer that names a user, a contact, and whom the contact is linked to.
fn relink(mut world: World, user: &str, to: &str, holders: &[&str]) -> World {
    let at = world.as_of + Duration::minutes(i64::try_from(world.reviews.len()).unwrap());
    let asked = Situation::unasked(holders.iter().map(|holder| anchor(holder)).collect());
    let answer = Answer::Pin { contact: ContactId::new(to) };
    let review = Review::new(&world.tenant.name, Subject::User(anchor(user)), asked, answer, at);
    world.reviews = world.reviews.with(review);
    world
}

fn linked(world: &World, user: &str) -> String {
    world.links.links.get(&anchor(user)).map_or_else(String::new, |link| link.contact_id.to_string())
}

#[test]
fn two_people_with_each_others_contact_change_by_two_answers_in_one_plan() {
    let mut world = crosswise();
    assert_eq!((world.verdict("a"), world.verdict("b")), ("no_op:in_sync".into(), "no_op:in_sync".into()));
    world = relink(relink(world, "a", "of-a", &["b"]), "b", "of-b", &["a"]);
    for (who, to) in [("a", "of-a"), ("b", "of-b")] {
        let decision = world.about(who);
        assert!(matches!(decision.reason, Reason::Reviewed { .. }), "{:?}", decision.reason);
        assert_eq!(decision.change.contact(), Some(&ContactId::new(to)));
        let taken_over = matches!(decision.change, Change::Update { link: LinkState::Relink, .. });
        assert!(taken_over, "{:?}", decision.change);
    }
    assert_eq!(world.written("a")[0], r#"last_name: "b" -> "a""#);
    let plan = world.plan();
    assert!(plan.warnings.is_empty(), "{:?}", plan.warnings);
    let _ = advance(&mut world, &plan);
    assert_eq!((linked(&world, "a"), linked(&world, "b")), ("of-a".into(), "of-b".into()));
    assert_eq!((world.verdict("a"), world.verdict("b")), ("no_op:in_sync".into(), "no_op:in_sync".into()));
    assert_eq!(world.plan().summary.changes(), 0);
}

#[test]
fn one_answer_alone_moves_nobody_and_says_who_keeps_the_contact() {
    let world = relink(crosswise(), "a", "of-a", &["b"]);
    assert_eq!((world.verdict("a"), world.verdict("b")), ("no_op:in_sync".into(), "no_op:in_sync".into()));
    let told = world.warned("AnswerNoLongerFits");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains(anchor("b").as_str()) && told[0].contains("another contact"), "{told:?}");
}

#[test]
fn three_people_in_a_ring_change_together_or_not_at_all() {
    let ring = |last: bool| {
        let world = World::new()
            .user(user("a", "a@contoso.com"))
            .user(user("b", "b@contoso.com"))
            .user(user("c", "c@contoso.com"))
            .contact(contact("1", "a", "a@contoso.com"))
            .contact(contact("2", "b", "b@contoso.com"))
            .contact(contact("3", "c", "c@contoso.com"))
            .link("a", "1")
            .link("b", "2")
            .link("c", "3");
        let world = relink(relink(world, "a", "2", &["b"]), "b", "3", &["c"]);
        if last { relink(world, "c", "1", &["a"]) } else { world }
    };
    let world = ring(false);
    assert_eq!(world.plan().summary.changes(), 0, "who waits for somebody who stays stays as well");
    assert_eq!(world.warned("AnswerNoLongerFits").len(), 2);
    let mut world = ring(true);
    let plan = world.plan();
    assert_eq!(plan.decisions.changes().filter(|d| d.change.action() == Action::Update).count(), 3);
    let _ = advance(&mut world, &plan);
    let now = ["a", "b", "c"].map(|who| linked(&world, who));
    assert_eq!(now, ["2", "3", "1"]);
    assert_eq!(world.plan().summary.changes(), 0);
}

#[test]
fn who_moves_to_a_free_contact_lets_another_have_the_old_one() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com"))
        .contact(contact("of-a", "b", "b@contoso.com"))
        .contact(contact("wrong", "x", "x@contoso.com"))
        .contact(contact("new", "y", "y@contoso.com"))
        .link("a", "wrong")
        .link("b", "of-a");
    let mut world = relink(relink(world, "a", "of-a", &["b"]), "b", "new", &[]);
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!((linked(&world, "a"), linked(&world, "b")), ("of-a".into(), "new".into()));
}

#[test]
fn a_contact_whose_other_user_is_gone_changes_hands_only_where_the_read_proves_it() {
    let mut world = relink(crosswise().crowd(10), "a", "of-a", &["b"]);
    world.users.retain(|user| user.anchor != anchor("b"));
    world.users_complete = false;
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("of-b")));
    assert!(world.warned("AnswerNoLongerFits")[0].contains("does not prove"));
    world.users_complete = true;
    assert_eq!(world.about("a").change.contact(), Some(&ContactId::new("of-a")));
}

#[test]
fn somebody_whom_the_answer_did_not_name_keeps_the_contact() {
    let world = relink(relink(crosswise(), "a", "of-a", &[]), "b", "of-b", &["a"]);
    assert_eq!(world.plan().summary.changes(), 0);
    assert_eq!(world.warned("AnswerNoLongerFits").len(), 2);
}

#[test]
fn of_two_who_are_given_one_contact_neither_moves_its_holder() {
    let world = crosswise().user(user("c", "c@contoso.com")).contact(contact("of-c", "c", "c@contoso.com"));
    let world = world.link("c", "of-c");
    // The later answer has the contact; its holder is given nothing, so it stays where it is.
    let world = relink(relink(world, "a", "of-a", &["b"]), "c", "of-a", &["b"]);
    assert_eq!(world.plan().summary.changes(), 0);
    assert_eq!(world.warned("AnswerNoLongerFits").len(), 2);
}

#[test]
fn half_of_a_change_that_was_interrupted_is_finished_by_the_next_plan() {
    let mut world = relink(relink(crosswise(), "a", "of-a", &["b"]), "b", "of-b", &["a"]);
    let plan = world.plan();
    // Only the first of the two was recorded.
    world.links.links = world
        .links
        .links
        .values()
        .filter(|link| link.source_id != anchor("b"))
        .cloned()
        .map(|mut link| {
            link.contact_id = ContactId::new("of-a");
            link
        })
        .collect();
    let first = world.contacts.iter_mut().find(|c| c.id == ContactId::new("of-a")).unwrap();
    first.fields.insert(ContactField::LastName, "a".into());
    first.fields.insert(ContactField::Email, "a@contoso.com".into());
    assert_eq!(plan.summary.changes(), 2);
    let next = world.plan();
    assert_eq!(next.summary.create, 0, "nobody is doubled");
    let _ = advance(&mut world, &next);
    assert_eq!((linked(&world, "a"), linked(&world, "b")), ("of-a".into(), "of-b".into()));
    assert_eq!(world.plan().summary.changes(), 0);
}

#[test]
fn where_one_of_the_two_is_disabled_the_right_contact_goes_and_the_other_waits_for_a_word() {
    let mut world = relink(relink(crosswise().crowd(10), "a", "of-a", &["b"]), "b", "of-b", &["a"]);
    world.users.iter_mut().find(|u| u.anchor == anchor("a")).unwrap().enabled = Some(false);
    let decision = world.about("a");
    let Change::Deactivate { contact, .. } = &decision.change else { panic!("{:?}", decision.change) };
    assert_eq!(contact, &ContactId::new("of-a"));
    // The address is still on the contact that goes.
    assert_eq!(world.verdict("b"), "hold:ambiguous");
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!((linked(&world, "a"), linked(&world, "b")), ("of-a".into(), String::new()));
    let question = world.question("b");
    let mut world = world.reply(&question, question.accepted().unwrap());
    let plan = world.plan();
    assert_eq!(plan.summary.create, 0);
    let _ = advance(&mut world, &plan);
    assert_eq!((linked(&world, "a"), linked(&world, "b")), ("of-a".into(), "of-b".into()));
}

#[tokio::test]
async fn an_answer_that_a_later_one_overruled_counts_again_when_it_is_repeated() {
    let world = crosswise();
    let (store, tenant) = (MemoryStore::new(), &world.tenant.name);
    let at = |minute| world.as_of + Duration::minutes(minute);
    let asked = Situation::of(&Reason::Ambiguous { contacts: vec![ContactId::new("of-a")] }, None);
    let pin = |asked: &Situation, contact: &str, minute| {
        let answer = Answer::Pin { contact: ContactId::new(contact) };
        Review::new(tenant, Subject::User(anchor("a")), asked.clone(), answer, at(minute))
    };
    record(&store, tenant, &pin(&asked, "of-a", 0), false).await.unwrap();
    record(&store, tenant, &pin(&Situation::unasked(Vec::new()), "of-b", 1), false).await.unwrap();
    record(&store, tenant, &pin(&asked, "of-a", 2), false).await.unwrap();
    let known = Reviews::stored(store.reviews(tenant).await.unwrap());
    let last = known.about(&Subject::User(anchor("a"))).next().unwrap();
    assert_eq!(last.answer, Answer::Pin { contact: ContactId::new("of-a") });
    // Another contact for the same user needs a word, whoever had it when it was said.
    let other = pin(&Situation::unasked(vec![anchor("b")]), "of-a", 3);
    let refused = record(&store, tenant, &other, false).await.unwrap_err();
    assert!(refused.message().contains("answered with pin"), "{refused}");
}
