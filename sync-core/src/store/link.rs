//! Links: what is remembered between runs about pairs of users and contacts.

use super::{
    journal::{Commit, Intent, IntentState},
    link_rows::LinkRows,
};
use crate::{
    links::Links,
    model::{ContactField, ContactId, FieldSet, SourceAnchor},
    plan::Subject,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// A remembered pair of a directory user and a contact.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Link {
    /// The user.
    pub source_id: SourceAnchor,
    /// The user's immutable id when last seen; pairs the contact again when the object id changes.
    #[serde(default)]
    pub immutable_id: Option<String>,
    /// The contact.
    pub contact_id: ContactId,
    /// When the pair was first made.
    pub first_linked_at: DateTime<Utc>,
    /// When the user was last seen in a read.
    pub last_seen_at: DateTime<Utc>,
    /// The contact is inactive because this tool made it so.
    #[serde(default)]
    pub deactivated_by_us: bool,
    /// When this tool made it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<DateTime<Utc>>,
    /// The code of the reason for which it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivated_because: Option<String>,
    /// Since when the user is absent from complete reads.
    #[serde(default)]
    pub missing_since: Option<DateTime<Utc>>,
    /// In how many complete reads in a row the user was absent.
    #[serde(default)]
    pub missing_reads: u32,
    /// What this tool wrote last, by field.
    #[serde(default)]
    pub last_written: FieldSet,
    /// What the directory said when it was last looked at, by field.
    #[serde(default)]
    pub last_source: FieldSet,
    /// How often in a row a field was written with the value that it had been written with before; absent is never. A
    /// field that reads back differently all the same is not written again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rewritten: BTreeMap<ContactField, u32>,
}

impl Link {
    /// A fresh pair.
    #[must_use]
    pub fn new(source_id: SourceAnchor, contact_id: ContactId, at: DateTime<Utc>) -> Self {
        Self {
            source_id,
            immutable_id: None,
            contact_id,
            first_linked_at: at,
            last_seen_at: at,
            deactivated_by_us: false,
            deactivated_at: None,
            deactivated_because: None,
            missing_since: None,
            missing_reads: 0,
            last_written: FieldSet::new(),
            last_source: FieldSet::new(),
            rewritten: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("source_id", &self.source_id)
            .field("contact_id", &self.contact_id)
            .finish_non_exhaustive()
    }
}

/// All links of one tenant at one generation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinkSet {
    /// Grows with every commit; plans name it.
    pub generation: u64,
    /// The links by user.
    pub links: Links,
    /// Writes whose result is not known, or waits for a person, in order of run and place.
    #[serde(default)]
    pub open: Vec<Intent>,
    /// How many users the last complete read had; a sudden fall is suspect.
    pub last_complete_users: Option<u64>,
    /// The tenant's first run began and did not come to its end yet; limits that spare a first run spare what is left of it.
    pub first_run_open: bool,
}

impl LinkSet {
    /// Whether this is a tenant's first run, or goes on with one that was interrupted.
    #[must_use]
    pub fn is_first_run(&self) -> bool {
        self.links.is_empty() || self.first_run_open
    }

    /// No links yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The set after some changes; the generation grows by one. Puts all links in order anew: a store that commits often
    /// keeps [`LinkRows`].
    #[must_use]
    pub fn with(self, changes: &[LinkChange]) -> Self {
        let mut rows = LinkRows::from(self);
        rows.change(changes);
        rows.into()
    }

    /// The set after a commit: links, opened and settled intents; the generation grows by one. Costs what
    /// [`LinkSet::with`] costs.
    #[must_use]
    pub fn after(self, commit: &Commit) -> Self {
        let mut rows = LinkRows::from(self);
        rows.commit(commit);
        rows.into()
    }

    /// The writes about a user that are open.
    pub fn open_of<'a>(&'a self, user: &'a SourceAnchor) -> impl Iterator<Item = &'a Intent> {
        self.open.iter().filter(move |intent| match &intent.decision.subject {
            Subject::User(anchor) => anchor == user,
            Subject::Contact(contact) => self.links.get(user).is_some_and(|link| link.contact_id == *contact),
        })
    }

    /// The create about a user that was not carried through: on its way, looked for in vain, or waiting for a person.
    #[must_use]
    pub fn open_create(&self, user: &SourceAnchor) -> Option<&Intent> {
        let mut creates = self.open.iter().rev().filter(|intent| intent.is_create());
        creates.find(|intent| intent.decision.subject == Subject::User(user.clone()))
    }

    /// Whether a write about a user may still be on its way.
    #[must_use]
    pub fn is_unsettled(&self, user: &SourceAnchor) -> bool {
        self.open_of(user).any(|intent| matches!(intent.state, IntentState::Sent))
    }

    /// Whether a write about a contact may still be on its way.
    #[must_use]
    pub fn of_contact_unsettled(&self, contact: &ContactId) -> bool {
        let sent = |intent: &&Intent| matches!(intent.state, IntentState::Sent);
        self.open.iter().filter(sent).any(|intent| intent.decision.change.contact() == Some(contact))
    }
}

/// One change to a [`LinkSet`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LinkChange {
    /// Adds or replaces a link.
    Set(Box<Link>),
    /// Forgets a link.
    Remove(SourceAnchor),
    /// Forgets a link where it is still to this contact: somebody else has the contact by now.
    Release {
        /// The user.
        source_id: SourceAnchor,
        /// The contact.
        contact_id: ContactId,
    },
    /// The user was seen in a read; ends an absence.
    Seen {
        /// The user.
        source_id: SourceAnchor,
        /// When.
        at: DateTime<Utc>,
    },
    /// The user was absent from a complete read.
    Missing {
        /// The user.
        source_id: SourceAnchor,
        /// When.
        at: DateTime<Utc>,
    },
    /// Fields of the pair's contact read back as they were written, after they had not.
    Settled {
        /// The user.
        source_id: SourceAnchor,
        /// Which.
        fields: Vec<ContactField>,
    },
    /// The tenant's first run begins, or has come to its end.
    FirstRun {
        /// Whether it begins.
        open: bool,
    },
    /// A complete read had this many users.
    CompleteRead {
        /// How many.
        users: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> DateTime<Utc> {
        chrono::NaiveDate::from_ymd_opt(2026, 1, 6).unwrap().and_hms_opt(hour, 0, 0).unwrap().and_utc()
    }

    #[test]
    fn an_absence_counts_reads_and_keeps_its_first_moment_until_the_user_is_seen() {
        let anchor = SourceAnchor::new("entra:t:o");
        let link = Link::new(anchor.clone(), ContactId::new("1"), at(1));
        let set = LinkSet::new().with(&[LinkChange::Set(Box::new(link))]);
        let missing = |hour| LinkChange::Missing { source_id: anchor.clone(), at: at(hour) };
        let set = set.with(&[missing(2)]).with(&[missing(3)]);
        assert_eq!((set.links[&anchor].missing_reads, set.links[&anchor].missing_since), (2, Some(at(2))));
        let set = set.with(&[LinkChange::Seen { source_id: anchor.clone(), at: at(4) }]);
        assert_eq!((set.links[&anchor].missing_reads, set.links[&anchor].missing_since), (0, None));
        assert_eq!(set.generation, 4);
    }
}
