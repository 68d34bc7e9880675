//! Answers that nobody asked for: another one in the place of one that plans obey, and a contact for a user who is named.

use crate::{
    cli::{AnswerArgs, ReviewAction},
    exit::{Exit, Failure},
    gather::{Gathered, nothing_asked},
};
use chrono::{DateTime, Utc};
use std::fmt;
use sync_core::{
    model::{ContactId, ReviewId, SourceAnchor, TenantName},
    plan::Subject,
    review::{Answer, Question, Review, Situation},
};

/// An answer where nothing waits: in the place of one that plans obey, with `--replace`; or a contact for a user who is named,
/// which is how a link that is wrong is put right. `None` where neither is meant.
pub(super) fn without_question(
    name: &TenantName,
    action: &ReviewAction,
    id: &ReviewId,
    gathered: &Gathered,
    now: DateTime<Utc>,
) -> Result<Option<Review>, Failure> {
    let AnswerArgs { note, replace, .. } = action.arguments();
    let named = match action {
        ReviewAction::Pin { contact, .. } | ReviewAction::Relink { contact, .. } => {
            contact.as_deref().map(|contact| ContactId::new(contact.trim()))
        }
        ReviewAction::Accept(_)
        | ReviewAction::Reject(_)
        | ReviewAction::Ignore(_)
        | ReviewAction::Create(_)
        | ReviewAction::Reopen { .. } => None,
    };
    let review = |subject: &Subject, asked: Situation, answer: Answer| {
        Review::new(name, subject.clone(), asked, answer, now).with_note(note.clone().unwrap_or_default())
    };
    let named = named.filter(|contact| gathered.contact(contact).is_some());
    if let Some(known) = gathered.reviews().get(id).filter(|known| known.spent_at.is_none()) {
        let answer = match (action, named, &known.subject) {
            _ if !replace => return Err(answered_already(known)),
            (ReviewAction::Reject(_), ..) => Answer::Reject,
            (ReviewAction::Ignore(_), ..) => Answer::Ignore,
            (_, Some(contact), Subject::User(user)) if matches!(known.answer, Answer::Pin { .. }) => {
                let holders = given_over(action, &contact, user, gathered)?;
                let told = holders.iter().all(|holder| known.asked.users.contains(holder));
                let asked = if told { known.asked.clone() } else { Situation::unasked(holders) };
                return Ok(Some(review(&known.subject, asked, Answer::Pin { contact })));
            }
            _ => return Err(answered_already(known)),
        };
        return Ok(Some(review(&known.subject, known.asked.clone(), answer)));
    }
    let Some(user) = gathered.user(id.as_str()) else { return Ok(None) };
    if let ReviewAction::Ignore(_) = action {
        return Ok(Some(review(&Subject::User(user), nothing_asked(), Answer::Ignore)));
    }
    let Some(contact) = named else { return Ok(None) };
    let holders = given_over(action, &contact, &user, gathered)?;
    Ok(Some(review(&Subject::User(user), Situation::unasked(holders), Answer::Pin { contact })))
}

/// The other users of this tenant who are linked to a contact that is to be given to a user. A contact is taken over from
/// them only where that is what was said, and from another tenant never.
fn given_over(
    action: &ReviewAction,
    contact: &ContactId,
    user: &SourceAnchor,
    gathered: &Gathered,
) -> Result<Vec<SourceAnchor>, Failure> {
    let holders = gathered.holders(contact, user);
    let taken = gathered.taken_by(contact, user);
    match (action, taken) {
        (ReviewAction::Relink { .. }, Some(_)) if !holders.is_empty() => Ok(holders),
        (_, Some(whom)) if holders.is_empty() => Err(Failure::usage(format!(
            "contact {contact} is linked to {whom}; a contact of another tenant is never taken"
        ))),
        (_, Some(whom)) => Err(Failure::usage(format!(
            "contact {contact} is linked to {whom}; `psa-sync review relink {user} --contact {contact}` takes it over, once \
             that user has another"
        ))),
        (_, None) => Ok(holders),
    }
}

/// The situation of a `relink` of a question's user to a contact of users whom the question did not name.
pub(super) fn over_its_users(
    question: &Question,
    action: &ReviewAction,
    answer: &Answer,
    gathered: &Gathered,
) -> Option<Situation> {
    let (ReviewAction::Relink { .. }, Answer::Pin { contact }, Subject::User(user)) =
        (action, answer, &question.subject)
    else {
        return None;
    };
    let holders = gathered.holders(contact, user);
    let told = holders.iter().all(|holder| question.asked.users.contains(holder));
    (!told).then(|| Situation::unasked(holders))
}

/// Somebody who has the contact that an answer gives to somebody else.
pub(super) struct Keeper {
    who: String,
    /// The contact that the other one has now.
    instead: Option<ContactId>,
}

impl Keeper {
    /// The users of the directory who have the contact of an answer.
    pub(super) fn of(review: &Review, gathered: &Gathered) -> Vec<Self> {
        let (Answer::Pin { contact }, Subject::User(user)) = (&review.answer, &review.subject) else {
            return Vec::new();
        };
        let instead = gathered.linked_contact(user);
        let holders = gathered.holders(contact, user);
        let names = holders.iter().filter_map(|holder| gathered.name(holder));
        names.map(|who| Self { who, instead: instead.clone() }).collect()
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, instead } = self;
        match instead {
            Some(contact) => write!(
                f,
                "where the two have each other's contact: `psa-sync review relink {who} --contact {contact}`; the next plan \
                 does both"
            ),
            None => write!(f, "`psa-sync review pin {who} --contact C` gives that user another contact"),
        }
    }
}

fn answered_already(known: &Review) -> Failure {
    let message = format!(
        "{} was answered with {} on {}, and plans obey it",
        known.id,
        known.answer.as_str(),
        known.at.format("%Y-%m-%d %H:%M UTC")
    );
    Failure::new(Exit::Failed, message).with_hint(
        "`--replace` puts reject, ignore or, for a pin, another contact in its place; `psa-sync review reopen ID` takes it back",
    )
}
