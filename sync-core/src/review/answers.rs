//! What was answered.

use super::{Situation, review_id};
use crate::{
    apply::Report,
    model::{ContactId, ReviewId, TenantName},
    plan::{Action, Decision, Plan, Reason, Subject},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// For [`crate::plan::PlanInput::reviews`] where nobody answers questions.
pub static NO_REVIEWS: Reviews = Reviews::new();

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
#[non_exhaustive]
pub enum Answer {
    /// What is proposed is to be done, once.
    Accept,
    /// What is proposed is not to be done, as long as the situation is the same.
    Reject,
    /// The subject is to be left alone for ever, whatever becomes of it.
    Ignore,
    /// This contact is the user's, also where it was linked to one of the users whom the question named.
    Pin {
        /// The contact.
        contact: ContactId,
    },
    /// None of the contacts found is the user's, who gets one of its own.
    Create,
}

impl Answer {
    /// The word for it in documents and on the command line.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Ignore => "ignore",
            Self::Pin { .. } => "pin",
            Self::Create => "create",
        }
    }
}

/// One answer to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Review {
    /// The question.
    pub id: ReviewId,
    /// Whom it is about.
    pub subject: Subject,
    /// The situation in which it was answered.
    pub asked: Situation,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// Why, in the person's own words; may hold personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
    /// When what was accepted was done. An answer that is spent answers nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_at: Option<DateTime<Utc>>,
}

impl Review {
    /// An answer to the question that a situation is about one subject.
    #[must_use]
    pub fn new(
        tenant: &TenantName,
        subject: Subject,
        asked: Situation,
        answer: Answer,
        at: DateTime<Utc>,
    ) -> Self {
        let id = review_id(tenant, &subject, &asked.topic());
        Self { id, subject, asked, answer, note: String::new(), at, spent_at: None }
    }

    /// Adds why.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// Shows ids and the answer; no note.
impl fmt::Debug for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Review")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// The answers of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    by_id: BTreeMap<ReviewId, Review>,
    /// What was answered about each subject.
    by_subject: BTreeMap<Subject, Vec<ReviewId>>,
}

impl Reviews {
    /// No answers yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { by_id: BTreeMap::new(), by_subject: BTreeMap::new() }
    }

    /// Answers as they were stored; of two with one id the later one counts.
    #[must_use]
    pub fn stored(reviews: impl IntoIterator<Item = Review>) -> Self {
        let mut all = Self::new();
        for review in reviews {
            let older = all.by_id.get(&review.id).is_some_and(|known| known.at > review.at);
            if !older {
                all.put(review);
            }
        }
        all
    }

    /// Whether nothing was ever answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many answers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Every answer, in order of id.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Review> {
        self.by_id.values()
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, id: &ReviewId) -> Option<&Review> {
        self.by_id.get(id)
    }

    /// What was answered about a subject, the latest first.
    pub fn about(&self, subject: &Subject) -> impl Iterator<Item = &Review> {
        let ids = self.by_subject.get(subject).map_or(&[][..], Vec::as_slice);
        let mut reviews: Vec<&Review> = ids.iter().filter_map(|id| self.by_id.get(id)).collect();
        reviews.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        reviews.into_iter()
    }

    /// These answers with one more, which takes the place of an earlier one to the same question.
    #[must_use]
    pub fn with(mut self, review: Review) -> Self {
        self.put(review);
        self
    }

    /// These answers without one; the question is asked again.
    #[must_use]
    pub fn without(mut self, id: &ReviewId) -> Self {
        if let Some(gone) = self.by_id.remove(id) {
            if let Some(ids) = self.by_subject.get_mut(&gone.subject) {
                ids.retain(|known| known != id);
            }
            self.by_subject.retain(|_, ids| !ids.is_empty());
        }
        self
    }

    /// These answers with some of them spent.
    #[must_use]
    pub fn spent(mut self, ids: &[ReviewId], at: DateTime<Utc>) -> Self {
        for id in ids {
            if let Some(review) = self.by_id.get_mut(id).filter(|review| review.spent_at.is_none()) {
                review.spent_at = Some(at);
            }
        }
        self
    }

    /// The answers whose approval a plan used up where `applied` says that a decision was applied: an accepted change is
    /// approved once.
    #[must_use]
    pub fn done_by(&self, plan: &Plan, applied: impl Fn(&Decision) -> bool) -> Vec<ReviewId> {
        let mut done = Vec::new();
        for decision in plan.decisions.changes().filter(|d| d.change.action() != Action::Hold) {
            let Reason::Reviewed { review: Some(id), .. } = &decision.reason else { continue };
            let Some(review) = self.by_id.get(id).filter(|review| review.answer == Answer::Accept) else {
                continue;
            };
            // A move is done when the old contact is out of use; the new one is only its first half.
            let half = review.asked.code == "other_company" && matches!(decision.subject, Subject::User(_));
            if !half && applied(&decision) {
                done.push(id.clone());
            }
        }
        done
    }

    /// [`Reviews::done_by`], as far as a report says what was applied.
    #[must_use]
    pub fn done_in(&self, plan: &Plan, report: &Report) -> Vec<ReviewId> {
        let lists = [&report.updated_contacts, &report.deactivated_contacts, &report.reactivated_contacts];
        let written: BTreeSet<&str> =
            lists.into_iter().flatten().map(|line| line.psa_contact_id.as_str()).collect();
        let created: BTreeSet<&str> =
            report.created_contacts.iter().map(|line| line.office365_id.as_str()).collect();
        self.done_by(plan, |decision| match (decision.change.contact(), &decision.subject) {
            (Some(contact), _) => written.contains(contact.as_str()),
            (None, Subject::User(anchor)) => created.contains(anchor.object_id()),
            (None, Subject::Contact(_)) => false,
        })
    }

    /// The answer that leaves a subject alone for ever, where there is one.
    pub(crate) fn ignored(&self, subject: &Subject) -> Option<&Review> {
        self.about(subject).find(|review| review.answer == Answer::Ignore)
    }

    /// Every answer that still answers something, by subject and the latest of each subject first.
    pub(crate) fn standing(&self) -> impl Iterator<Item = &Review> {
        let subjects = self.by_subject.keys();
        subjects.flat_map(|subject| self.about(subject)).filter(|review| review.spent_at.is_none())
    }

    /// The latest pin of each subject, with its contact.
    pub(crate) fn pins(&self) -> impl Iterator<Item = (&Review, &ContactId)> {
        self.by_subject.keys().filter_map(|subject| {
            self.about(subject).find_map(|review| match &review.answer {
                Answer::Pin { contact } => Some((review, contact)),
                Answer::Accept | Answer::Reject | Answer::Ignore | Answer::Create => None,
            })
        })
    }

    fn put(&mut self, review: Review) {
        let ids = self.by_subject.entry(review.subject.clone()).or_default();
        if !ids.contains(&review.id) {
            ids.push(review.id.clone());
        }
        self.by_id.insert(review.id.clone(), review);
    }
}
