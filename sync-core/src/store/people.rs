//! What is kept about one person, and its end.

use super::{
    history::{FieldWrite, fields_written},
    journal::{Intent, IntentState},
    link::Link,
};
use crate::{
    model::{Contact, ContactId, DirectoryUser, SourceAnchor},
    plan::Subject,
    review::Review,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a support PIN is recognised. The PIN itself is never kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PinRecord {
    /// A keyed digest of the PIN, the same for the same PIN of the same tenant: no two people of a tenant have it.
    pub lookup: String,
    /// What a PIN is verified against; slow to try out.
    pub verifier: String,
    /// When the PIN was made.
    pub made_at: DateTime<Utc>,
    /// Whether the PSA has it. One that was only made is made anew.
    #[serde(default)]
    pub written: bool,
    /// Wrong tries in a row.
    #[serde(default)]
    pub failures: u32,
    /// Until when nobody is listened to, after too many of them.
    #[serde(default)]
    pub blocked_until: Option<DateTime<Utc>>,
}

impl PinRecord {
    /// A record.
    pub fn new(lookup: impl Into<String>, verifier: impl Into<String>, made_at: DateTime<Utc>) -> Self {
        Self {
            lookup: lookup.into(),
            verifier: verifier.into(),
            made_at,
            written: false,
            failures: 0,
            blocked_until: None,
        }
    }
}

impl fmt::Debug for PinRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinRecord").field("made_at", &self.made_at).finish_non_exhaustive()
    }
}

/// One person by what the store knows people by; any of the two is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The directory object.
    pub source_id: Option<SourceAnchor>,
    /// The contact.
    pub contact: Option<ContactId>,
}

impl Person {
    /// Whether a decision about this subject is about the person.
    #[must_use]
    pub fn is(&self, subject: &Subject) -> bool {
        match subject {
            Subject::User(anchor) => self.source_id.as_ref() == Some(anchor),
            Subject::Contact(id) => self.contact.as_ref() == Some(id),
        }
    }
}

/// Everything that is kept about one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PersonData {
    /// The links.
    pub links: Vec<Link>,
    /// The user as last read.
    pub user: Option<DirectoryUser>,
    /// The contacts as last read.
    pub contacts: Vec<Contact>,
    /// What was written.
    pub written: Vec<FieldWrite>,
    /// What was to be written and is not known to have been: on its way, failed or lost.
    #[serde(default)]
    pub not_written: Vec<Intent>,
    /// What people decided.
    pub reviews: Vec<Review>,
    /// In which runs the person's decision is recorded.
    pub runs: Vec<super::RunId>,
}

impl PersonData {
    /// Takes in what the journal holds about the person.
    pub fn journal(&mut self, intents: impl IntoIterator<Item = Intent>) {
        for intent in intents {
            if matches!(intent.state, IntentState::Done { .. }) {
                self.written.extend(fields_written(&intent));
            } else {
                self.not_written.push(intent);
            }
        }
    }
}

/// Why nobody is forgotten about whom a write is open.
pub const ON_ITS_WAY: &str =
    "a write about this person was sent and is not looked up yet; the next run of the tenant does that";

/// What was removed about one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Forgotten {
    /// Links.
    pub links: u64,
    /// Rows of what was read.
    pub rows: u64,
    /// Entries of the journal.
    pub intents: u64,
    /// Answers.
    pub reviews: u64,
    /// Support PINs.
    pub pins: u64,
    /// Plans and reports out of which the person was taken.
    pub documents: u64,
}

/// What was removed because of its age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pruned {
    /// Runs with their plans and reports.
    pub runs: u64,
    /// Entries of the journal; open ones stay.
    pub intents: u64,
    /// Events.
    pub events: u64,
}
