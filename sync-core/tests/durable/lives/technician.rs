//! Somebody who knows everybody, and answers what the tool asks truthfully.

use super::{laws::is_active, truth::Story};
use crate::lab::Lab;
use std::iter;
use sync_core::{
    apply::{Resolution, resolve},
    model::ContactId,
    plan::{Plan, Reason, Subject},
    review::{Answer, Question, Review, Situation, questions, record},
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
    let asked = match &answer {
        // Somebody else is linked to it: what to say instead is told.
        Answer::Pin { contact }
            if question.asked.users.is_empty()
                && question.again.as_deref().is_some_and(|why| why.contains("`relink`")) =>
        {
            let mut holders = Vec::new();
            for lab in iter::once(lab).chain(&story.labs) {
                if holders.is_empty() {
                    let links = lab.links().await.links;
                    holders.extend(links.of_contact(contact).map(|link| link.source_id.clone()));
                }
            }
            Situation::unasked(holders)
        }
        Answer::Pin { .. } if !question.can_pin() => Situation::of(&Reason::NoMatch, None),
        Answer::Accept | Answer::Reject | Answer::Ignore | Answer::Pin { .. } | Answer::Create | _ => {
            question.asked.clone()
        }
    };
    let reviews = lab.reviews().await;
    let mut known = reviews.about(&question.subject).filter(|known| known.spent_at.is_none());
    if known.any(|known| known.answer == answer && known.asked == asked) {
        return false;
    }
    let tenant = &lab.world.tenant.name;
    let review = Review::new(tenant, question.subject.clone(), asked, answer, lab.now);
    record(&*lab.store, tenant, &review, true).await.unwrap();
    true
}

fn truth(story: &Story, question: &Question) -> Option<Answer> {
    match &question.subject {
        Subject::User(user) => {
            let person = *story.objects.get(user.object_id())?;
            let all = story.psa().contacts_now();
            let in_use: Vec<&ContactId> = all.iter().filter(|c| is_active(c)).map(|c| &c.id).collect();
            let here: Vec<&ContactId> = all.iter().filter(|c| story.is_here(c)).map(|c| &c.id).collect();
            let is_theirs =
                |contact: &&ContactId| story.belongs.get(*contact) == Some(&person) && here.contains(contact);
            let accepts = question.accepted();
            let proposed = question.proposed.as_ref().and_then(|change| change.contact());
            if let Some(contact) = proposed {
                // Where another contact in use has the address, two would have it.
                let mut others = question.asked.contacts.iter().filter(|other| *other != contact);
                let doubled =
                    question.asked.code == "ambiguous" && others.any(|other| in_use.contains(&other));
                let right = is_theirs(&contact) && accepts.is_some() && !doubled;
                return Some(if right { Answer::Accept } else { Answer::Reject });
            }
            let moves = question.asked.code == "other_company" && !question.asked.companies.is_empty();
            let told = |word: &str| question.again.as_deref().is_some_and(|why| why.contains(word));
            let pin_first = told("pin it first") || told("`relink`") || told("as well");
            if moves
                && !pin_first
                && question.accepted() == Some(Answer::Accept)
                && question.asked.contacts.iter().all(|contact| is_theirs(&contact))
            {
                return Some(Answer::Accept);
            }
            // Somebody who knows everybody also knows of contacts that were not found.
            let found = question.asked.contacts.iter().filter(is_theirs);
            // Where nothing is made because of another one with the address, that one is theirs too.
            let known = found.max_by_key(|contact| in_use.contains(contact)).filter(|_| !told("as well"));
            let right_place = |contact: &ContactId| {
                let company = all.iter().find(|c| c.id == *contact).and_then(|c| c.company.as_ref());
                !told("as well") || company == question.company.as_ref()
            };
            let new = |contact: &&ContactId| {
                is_theirs(contact) && !question.asked.contacts.contains(contact) && right_place(contact)
            };
            let theirs =
                known.or_else(|| here.iter().copied().filter(new).max_by_key(|c| in_use.contains(c)));
            match theirs {
                Some(contact) if !moves || known.is_some() || told("as well") => {
                    Some(Answer::Pin { contact: contact.clone() })
                }
                None if question.can_create() => Some(Answer::Create),
                None if accepts == Some(Answer::Accept) && !moves => Some(Answer::Accept),
                _ => Some(Answer::Reject),
            }
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
