//! The questions of a plan: held decisions as people are asked about them.

use super::{Answer, Review, Reviews, Situation, review_id};
use crate::{
    model::{CompanyId, ContactId, ReviewId},
    plan::{Action, Change, Decision, Plan, Subject, Warning},
};
use serde::Serialize;
use std::{collections::BTreeSet, fmt};

/// A held decision that a person can answer.
///
/// Holds personal data (names).
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Question {
    /// What an answer names.
    pub id: ReviewId,
    /// Whom it is about.
    pub subject: Subject,
    /// The user's sign-in name, where there is a user.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_principal_name: String,
    /// The name people know the subject by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Where the contact is or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// What it depends on.
    pub asked: Situation,
    /// The reason in words.
    pub because: String,
    /// What would be done, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Change>,
    /// The words it can be answered with.
    pub answers: Vec<&'static str>,
    /// Why an earlier answer does not count any more, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}

impl Question {
    /// What `accept` means here: what is proposed, or the one thing that can be meant. `None` where nothing is.
    #[must_use]
    pub fn accepted(&self) -> Option<Answer> {
        match (self.asked.code.as_str(), &self.proposed, self.asked.contacts.as_slice(), &self.subject) {
            ("required_field" | "unsupported" | "indeterminate", ..) => None,
            (_, Some(_), ..) => Some(Answer::Accept),
            ("relink_decision", None, [contact], Subject::User(_)) => {
                Some(Answer::Pin { contact: contact.clone() })
            }
            // The link says which of them is the person's.
            ("other_company", None, [_], Subject::User(_)) if !self.asked.companies.is_empty() => {
                Some(Answer::Accept)
            }
            _ => None,
        }
    }

    /// The contact that `pin` means where none is named: the only one that was found.
    #[must_use]
    pub fn only_contact(&self) -> Option<&ContactId> {
        if let [contact] = self.asked.contacts.as_slice() { Some(contact) } else { None }
    }

    /// Whether a user can be given a contact here.
    #[must_use]
    pub fn can_pin(&self) -> bool {
        let user = matches!(self.subject, Subject::User(_));
        user && matches!(
            self.asked.code.as_str(),
            "ambiguous"
                | "same_name"
                | "claimed_twice"
                | "source_duplicate"
                | "relink_decision"
                | "other_company"
                | "indeterminate"
        )
    }

    /// Whether a user can be given a contact of its own here. Not where two people have one address: one contact each
    /// would double it.
    #[must_use]
    pub fn can_create(&self) -> bool {
        self.can_pin() && self.asked.code != "source_duplicate" && self.proposed_is_none_or_create()
    }

    fn proposed_is_none_or_create(&self) -> bool {
        self.proposed.as_ref().is_none_or(|change| change.action() == Action::Create)
    }
}

/// The questions of a plan, in its order. An answer that does not fit any more is named with why.
#[must_use]
pub fn questions(plan: &Plan, reviews: &Reviews) -> Vec<Question> {
    let held: Vec<Decision> =
        plan.decisions.changes().filter(|d| d.change.action() == Action::Hold).collect();
    let asks = |decision: &Decision| match &decision.subject {
        // Nobody can hurry it.
        Subject::User(_) => decision.reason.code() != "grace",
        // A user in the read may be this person, and that user's question settles both.
        Subject::Contact(contact) => {
            decision.reason.code() != "relink_decision"
                || !held.iter().any(|other| {
                    matches!(other.subject, Subject::User(_))
                        && Situation::of(&other.reason, None).contacts.contains(contact)
                })
        }
    };
    held.iter().filter(|decision| asks(decision)).map(|decision| question(plan, reviews, decision)).collect()
}

/// Warnings about answers that the plan does not carry out and that none of its questions repeats: nothing about their users
/// is held, and what was asked for does not happen.
#[must_use]
pub fn disregarded<'p>(plan: &'p Plan, questions: &[Question]) -> Vec<&'p Warning> {
    let repeated: BTreeSet<&str> =
        questions.iter().filter_map(|question| question.again.as_deref()).collect();
    let told = plan.warnings.iter().filter(|warning| warning.code == NO_LONGER_FITS);
    told.filter(|warning| !repeated.contains(warning.message.as_str())).collect()
}

/// Why a plan does not carry an answer out, where it does not.
#[must_use]
pub fn why_not(plan: &Plan, review: &Review) -> Option<String> {
    let beginning = beginning(&review.id);
    let warning =
        plan.warnings.iter().find(|w| w.code == NO_LONGER_FITS && w.message.starts_with(&beginning));
    if let Some(warning) = warning {
        return Some(warning.message.clone());
    }
    let held = plan.decisions.changes().find(|decision| decision.subject == review.subject);
    held.filter(|decision| decision.change.action() == Action::Hold).map(|decision| decision.because())
}

fn question(plan: &Plan, reviews: &Reviews, decision: &Decision) -> Question {
    let proposed = match &decision.change {
        Change::Hold { proposed } => proposed.as_deref().cloned(),
        Change::NoOp { .. }
        | Change::Create { .. }
        | Change::Update { .. }
        | Change::Link { .. }
        | Change::Reactivate { .. }
        | Change::Deactivate { .. } => None,
    };
    let asked = Situation::of(&decision.reason, proposed.as_ref());
    let id = review_id(&plan.tenant, &decision.subject, &asked.topic());
    let again = reviews.about(&decision.subject).find_map(|review| {
        let beginning = beginning(&review.id);
        let warning =
            plan.warnings.iter().find(|w| w.code == NO_LONGER_FITS && w.message.starts_with(&beginning));
        warning.map(|warning| warning.message.clone())
    });
    let mut question = Question {
        id,
        subject: decision.subject.clone(),
        user_principal_name: decision.user_principal_name.clone(),
        display_name: decision.display_name.clone(),
        company: decision.company.clone(),
        asked,
        because: decision.because(),
        proposed,
        answers: Vec::new(),
        again,
    };
    if question.accepted().is_some() {
        question.answers.push("accept");
    }
    question.answers.extend(["reject", "ignore"]);
    if question.can_pin() {
        question.answers.push("pin");
    }
    if question.asked.users.iter().any(|user| Subject::User(user.clone()) != question.subject)
        && question.can_pin()
    {
        question.answers.push("relink");
    }
    if question.can_create() {
        question.answers.push("create");
    }
    question
}

/// The code of the warning that an answer does not fit any more.
pub(crate) const NO_LONGER_FITS: &str = "AnswerNoLongerFits";

/// How the message of that warning begins.
pub(crate) fn beginning(id: &ReviewId) -> String {
    format!("review {id}: ")
}
