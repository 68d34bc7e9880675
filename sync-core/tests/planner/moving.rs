//! People who move from one company of the tenant to another one, by a person's word.

use crate::{
    applying::Lab,
    converging::advance,
    world::{World, contact, say, user},
};
use sync_core::{
    apply::ApplyOptions,
    model::{CompanyId, Contact, ContactField, ContactId, FieldValue},
    plan::Action,
    policy::{Route, RouteCondition},
    review::Answer,
};

const SIBLING: &str = "200";

fn in_sibling(mut contact: Contact) -> Contact {
    contact.company = Some(CompanyId::new(SIBLING));
    contact
}

/// A tenant of two companies. User `a` belongs to the first one, and has the address of contact 1 in the other one.
fn moved() -> World {
    let nobody: RouteCondition = serde_json::from_str(r#"{"department": "Nobody"}"#).unwrap();
    let mut world = World::new().crowd(10).user(user("a", "a@contoso.com")).contact(in_sibling(contact(
        "1",
        "a",
        "a@contoso.com",
    )));
    world.tenant.routes = vec![Route::new(1, nobody, CompanyId::new(SIBLING))];
    world
}

/// The same after the move was accepted and the new contact was made.
fn half_way() -> World {
    let mut world = moved().link("a", "1").answer("a", Answer::Accept);
    let plan = world.plan();
    assert_eq!(say(&world.about("a")), "create:reviewed");
    let _ = advance(&mut world, &plan);
    assert_eq!(world.contact_verdict("1"), "deactivate:reviewed");
    world
}

fn new_contact(world: &mut World) -> &mut Contact {
    let theirs = |contact: &&mut Contact| {
        contact.id != ContactId::new("1")
            && contact.fields.get(&ContactField::LastName) == Some(&FieldValue::text("a"))
    };
    world.contacts.iter_mut().find(theirs).unwrap()
}

#[test]
fn a_move_is_a_new_contact_first_and_only_then_the_old_one_goes() {
    let world = moved().link("a", "1");
    assert_eq!(world.verdict("a"), "hold:other_company");
    let question = world.question("a");
    let mut world = world.reply(&question, question.accepted().unwrap());
    let plan = world.plan();
    let decision = world.about("a");
    assert_eq!(say(&decision), "create:reviewed");
    assert_eq!(decision.company, Some(CompanyId::new("100")));
    assert!(world.reviews.done_by(&plan, |_| true).is_empty(), "half of the move is still to come");
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "no_op:in_sync");
    assert_eq!(world.contact_verdict("1"), "deactivate:reviewed");
    let plan = world.plan();
    let done = world.reviews.done_by(&plan, |_| true);
    assert_eq!(done, [question.id]);
    let _ = advance(&mut world, &plan);
    world.reviews = world.reviews.clone().spent(&done, world.as_of);
    assert_eq!(world.plan().summary.changes(), 0);
    assert!(world.questions().is_empty());
}

#[test]
fn a_contact_of_a_sibling_company_that_is_pinned_is_linked_unwritten_and_the_move_is_asked_next() {
    let mut world =
        moved().contact(in_sibling(contact("2", "a", "a@contoso.com").with(ContactField::Title, "Old")));
    let question = world.question("a");
    assert_eq!(question.asked.contacts.len(), 2);
    world = world.reply(&question, Answer::Pin { contact: ContactId::new("2") });
    let decision = world.about("a");
    assert_eq!(say(&decision), "link:reviewed");
    assert_eq!(decision.change.contact(), Some(&ContactId::new("2")));
    assert!(decision.change.fields().is_empty(), "nothing is written to another company");
    let plan = world.plan();
    let _ = advance(&mut world, &plan);
    assert_eq!(world.verdict("a"), "hold:other_company");
    // The answer that follows takes the place of the pin, which the link outlives.
    let question = world.question("a");
    assert_eq!(question.asked.contacts, [ContactId::new("2")]);
    let world = world.reply(&question, Answer::Accept);
    assert_eq!(
        world.verdict("a"),
        "hold:other_company",
        "contact 1 has the address, and nobody said whose it is"
    );
    assert!(world.warned("AnswerNoLongerFits").iter().any(|why| why.contains("contact 1")));
}

#[test]
fn accepting_a_move_of_a_contact_that_no_link_ties_to_the_user_says_what_to_do_first() {
    let world = moved().answer("a", Answer::Accept);
    assert_eq!(world.verdict("a"), "hold:other_company");
    let told = world.warned("AnswerNoLongerFits");
    assert!(told.iter().any(|why| why.contains("pin it first")), "{told:?}");
}

#[test]
fn the_old_contact_stays_in_use_where_the_new_one_is_not() {
    let mut world = half_way();
    new_contact(&mut world).fields.insert(ContactField::Active, FieldValue::Flag(false));
    assert_eq!(world.count(Action::Deactivate), 0);
    new_contact(&mut world).fields.insert(ContactField::Active, FieldValue::Flag(true));
    assert_eq!(world.contact_verdict("1"), "deactivate:reviewed");
}

#[tokio::test]
async fn the_old_contact_stays_in_use_where_the_new_one_went_after_the_plan_was_made() {
    for (gone, deactivated) in [(true, 0), (false, 1)] {
        let mut world = half_way();
        let new = new_contact(&mut world).id.clone();
        let lab = Lab::new(world);
        let plan = lab.plan().await;
        if gone {
            lab.psa.remove(&new);
        }
        let report = lab.apply_with(&plan, &ApplyOptions::at(lab.now)).await.unwrap();
        let statistics = &report.statistics;
        assert_eq!((statistics.contacts_deactivated, statistics.stale), (deactivated, 1 - deactivated));
    }
}

#[test]
fn nothing_is_created_beside_a_contact_that_holds_the_users_own_id() {
    let id = || ContactField::Custom("Id".into());
    let accepted = |stored: Option<&str>| {
        let mut world = moved().link("a", "1").policy(|p| p.write_back.contact_id_field = "Id".into());
        let mut earlier = in_sibling(contact("2", "a", ""));
        if let Some(stored) = stored {
            earlier = earlier.with(id(), stored);
        }
        world.contacts.push(earlier);
        world.answer("a", Answer::Accept)
    };
    assert_eq!(accepted(None).verdict("a"), "create:reviewed");
    assert_eq!(accepted(Some("b")).verdict("a"), "create:reviewed");
    let world = accepted(Some(" A "));
    assert_eq!(world.verdict("a"), "hold:other_company", "it would never be carried out");
    let told = world.warned("AnswerNoLongerFits");
    assert!(told.iter().any(|why| why.contains("contact 2 holds the user's id")), "{told:?}");
}
