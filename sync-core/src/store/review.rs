//! What people decided about held decisions; later plans obey it.

use crate::{
    model::ContactId,
    plan::{Action, Subject},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The id of a question to a person. The same question has the same id in every run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewId(String);

impl ReviewId {
    /// Takes the text as it is.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReviewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
#[non_exhaustive]
pub enum Answer {
    /// What was proposed is to be done.
    Accept,
    /// What was proposed is not to be done.
    Reject,
    /// The subject is never to be touched or asked about again.
    Ignore,
    /// This contact is the user's, whatever matching says.
    Pin {
        /// The contact.
        contact: ContactId,
    },
    /// The user's link goes from the contact it has to this one.
    Relink {
        /// The contact.
        contact: ContactId,
    },
    /// A create whose result is not known made no contact; it is to be made.
    CreateAnyway,
}

/// One answer with its question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Review {
    /// The question's id.
    pub id: ReviewId,
    /// Whom it is about.
    pub subject: Subject,
    /// The code of the reason for which it was held.
    pub held_because: String,
    /// What was proposed, where something was.
    pub proposed: Option<Action>,
    /// The answer.
    pub answer: Answer,
    /// What the person noted.
    pub note: String,
    /// Who answered, as far as is known.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Review {
    /// An answer without a note.
    #[must_use]
    pub const fn new(id: ReviewId, subject: Subject, answer: Answer, at: DateTime<Utc>) -> Self {
        Self {
            id,
            subject,
            held_because: String::new(),
            proposed: None,
            answer,
            note: String::new(),
            by: String::new(),
            at,
        }
    }
}
