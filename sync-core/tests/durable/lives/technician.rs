//! Somebody who knows everybody, and answers what the tool asks truthfully.

use super::{laws::is_active, truth::Story};
use crate::lab::Lab;
use sync_core::{
    apply::{Resolution, resolve},
    model::ContactId,
    plan::{Plan, Subject},
    review::{Answer, Question, Review, questions, record},
    store::IntentState,
};

/// Answers one question of a plan.
pub async fn answers_one(story: &Story, lab: &Lab, plan: &Plan, number: u64) {
    let asked = questions(plan, &lab.reviews().await);
    if let Some(place) = number.checked_rem(asked.len() as u64) {
        answers(story, lab, &asked[usize::try_from(place).unwrap()]).await;
    }
}

/// Answers every question of a plan; whether one of them was not answered like this before.
pub async fn answers_all(story: &Story, lab: &Lab, plan: &Plan) -> bool {
    let mut new = false;
    for question in questions(plan, &lab.reviews().await) {
        new |= answers(story, lab, &question).await;
    }
    new
}

async fn answers(story: &Story, lab: &Lab, question: &Question) -> bool {
    let Some(answer) = truth(story, question) else { return false };
    let reviews = lab.reviews().await;
    let known = reviews.get(&question.id).filter(|known| known.spent_at.is_none());
    if known.is_some_and(|known| known.answer == answer && known.asked == question.asked) {
        return false;
    }
    let tenant = &lab.world.tenant.name;
    let review = Review::new(tenant, question.subject.clone(), question.asked.clone(), answer, lab.now);
    record(&*lab.store, tenant, &review, true).await.unwrap();
    true
}

fn truth(story: &Story, question: &Question) -> Option<Answer> {
    match &question.subject {
        Subject::User(user) => {
            let person = *story.objects.get(user.object_id())?;
            let here = story.psa().contacts_now();
            let in_use: Vec<&ContactId> = here.iter().filter(|c| is_active(c)).map(|c| &c.id).collect();
            let here: Vec<&ContactId> = here.iter().filter(|c| story.is_here(c)).map(|c| &c.id).collect();
            let is_theirs =
                |contact: &&ContactId| story.belongs.get(*contact) == Some(&person) && here.contains(contact);
            let accepts = question.accepted();
            let proposed = question.proposed.as_ref().and_then(|change| change.contact());
            if let Some(contact) = proposed {
                // Where another contact has the address, two would have it.
                let right = is_theirs(&contact) && accepts.is_some() && question.asked.code != "ambiguous";
                return Some(if right { Answer::Accept } else { Answer::Reject });
            }
            if question.asked.code == "other_company" && question.accepted() == Some(Answer::Accept) {
                let all = question.asked.contacts.iter().all(|contact| is_theirs(&contact));
                return Some(if all { Answer::Accept } else { Answer::Reject });
            }
            let theirs = question.asked.contacts.iter().filter(is_theirs);
            if question.can_pin()
                && let Some(contact) = theirs.max_by_key(|contact| in_use.contains(contact))
            {
                return Some(Answer::Pin { contact: contact.clone() });
            }
            let has_one = here.iter().any(is_theirs);
            Some(if question.can_create() && !has_one { Answer::Create } else { Answer::Reject })
        }
        Subject::Contact(contact) => {
            let person = *story.belongs.get(contact)?;
            let gone = !story.accounts[person].as_ref().is_some_and(super::truth::Account::in_use);
            let accept = gone && question.accepted() == Some(Answer::Accept);
            Some(if accept { Answer::Accept } else { Answer::Reject })
        }
    }
}

/// Says what became of creates that nobody else can say.
pub async fn resolves(story: &Story, lab: &Lab) {
    let (store, tenant) = (&*lab.store, &lab.world.tenant.name);
    for intent in lab.links().await.open {
        if let (IntentState::Indeterminate { contacts }, Subject::User(user)) =
            (&intent.state, &intent.decision.subject)
        {
            let person = story.objects.get(user.object_id());
            let made = contacts.iter().find(|contact| story.belongs.get(*contact) == person);
            let word = made.map_or(Resolution::CreateAnyway, |contact| Resolution::Adopt(contact.clone()));
            let _ = resolve(store, &store.hold(), tenant, user, &word, lab.now).await;
        }
    }
}
