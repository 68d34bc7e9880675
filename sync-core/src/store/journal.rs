//! The journal: what is about to be written to the PSA, durable before it is sent, and what became of it.
//!
//! None of the vendors has an idempotency key for creates, so between a write and its record there is always a moment in
//! which a crash leaves the result unknown. An intent that is found open is looked up before anything is planned anew.

use super::{lease::RunId, link::LinkChange};
use crate::{
    model::{CompanyId, ContactId},
    plan::{Action, Change, Decision, addresses_of},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One change that a run is about to write, or has written.
///
/// Holds personal data: what will be written, and what was there before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// The run that writes.
    pub run: RunId,
    /// The place of the decision in its plan; with the run it names the intent.
    pub place: u32,
    /// What is written and why, with the values before.
    pub decision: Decision,
    /// What a create is found again by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// 1, and more where earlier tries of the same create were looked for in vain.
    pub attempt: u32,
    /// The run moves links from another tenant.
    #[serde(default)]
    pub migrating: bool,
    /// When it was recorded, right before it was sent.
    pub opened_at: DateTime<Utc>,
    /// What became of it.
    pub state: IntentState,
    /// When that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<DateTime<Utc>>,
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
#[non_exhaustive]
pub enum IntentState {
    /// It may be on its way, done, or lost.
    Sent,
    /// It was done.
    Done {
        /// The contact.
        contact: ContactId,
    },
    /// It is known not to have been done.
    Failed {
        /// A code of the report.
        code: String,
        /// What is known, without personal data.
        message: String,
    },
    /// A create that was looked for, after it had had its time, and was not there. It may be tried again, once.
    Lost,
    /// Nobody but a person can say what became of it; it blocks its own user and nobody else.
    Indeterminate {
        /// The contacts that may be the one.
        contacts: Vec<ContactId>,
    },
}

impl IntentState {
    /// The name used in stores and documents.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Lost => "lost",
            Self::Indeterminate { .. } => "indeterminate",
        }
    }

    /// Whether later runs have to know of it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Sent | Self::Lost | Self::Indeterminate { .. })
    }
}

impl Intent {
    /// An intent of a first try, about to be sent.
    #[must_use]
    pub const fn new(run: RunId, place: u32, decision: Decision, opened_at: DateTime<Utc>) -> Self {
        Self {
            run,
            place,
            decision,
            key: None,
            attempt: 1,
            migrating: false,
            opened_at,
            state: IntentState::Sent,
            settled_at: None,
        }
    }

    /// Whether a contact is made.
    #[must_use]
    pub fn is_create(&self) -> bool {
        self.decision.change.action() == Action::Create
    }

    /// Whether it is a create on its way that may make the contact which another change is to make: in the same company, with
    /// one of its addresses, or for the person with the same immutable id.
    #[must_use]
    pub fn may_make(&self, company: Option<&CompanyId>, immutable_id: Option<&str>, change: &Change) -> bool {
        let Decision { company: theirs, immutable_id: person, change: made, .. } = &self.decision;
        self.is_create()
            && self.state == IntentState::Sent
            && (theirs.is_none() || theirs.as_ref() == company)
            && (!addresses_of(made).is_disjoint(&addresses_of(change))
                || (immutable_id.is_some() && person.as_deref() == immutable_id))
    }

    /// The contact, once it is known.
    #[must_use]
    pub fn contact(&self) -> Option<&ContactId> {
        match &self.state {
            IntentState::Done { contact } => Some(contact),
            IntentState::Sent
            | IntentState::Failed { .. }
            | IntentState::Lost
            | IntentState::Indeterminate { .. } => self.decision.change.contact(),
        }
    }

    /// What became of it, to be recorded.
    #[must_use]
    pub const fn settled(&self, state: IntentState, at: DateTime<Utc>) -> Settlement {
        Settlement { run: self.run, place: self.place, state, at }
    }
}

/// What became of one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settlement {
    /// The run of the intent.
    pub run: RunId,
    /// Its place in the plan of that run.
    pub place: u32,
    /// What became of it.
    pub state: IntentState,
    /// When that was known.
    pub at: DateTime<Utc>,
}

/// One step of a run, recorded all or nothing: what became of earlier writes, and which come next.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Commit {
    /// The run that records; refused once another holds the tenant.
    pub run: RunId,
    /// The generation that it was made from; refused when another commit was first.
    pub generation: u64,
    /// Links that changed.
    pub links: Vec<LinkChange>,
    /// What is about to be sent.
    pub opened: Vec<Intent>,
    /// What became of earlier intents, of this run or an earlier one.
    pub settled: Vec<Settlement>,
}

impl Commit {
    /// An empty step of a run at a generation.
    #[must_use]
    pub fn new(run: RunId, generation: u64) -> Self {
        Self { run, generation, ..Self::default() }
    }

    /// With changes of links.
    #[must_use]
    pub fn with_links(mut self, links: Vec<LinkChange>) -> Self {
        self.links = links;
        self
    }

    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { run: _, generation: _, links, opened, settled } = self;
        links.is_empty() && opened.is_empty() && settled.is_empty()
    }
}
