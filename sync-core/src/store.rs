//! Links: what is remembered between runs about pairs of users and contacts.

pub use crate::links::Links;
use crate::{
    error::Result,
    model::{ContactField, ContactId, FieldSet, SourceAnchor, TenantName},
};
use async_trait::async_trait;
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

/// A create that was announced and whose result is not known to be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OpenCreate {
    /// The key passed to [`crate::Psa::create`].
    pub key: String,
    /// When it was announced.
    pub started_at: DateTime<Utc>,
}

/// All links of one tenant at one generation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LinkSet {
    /// Grows with every commit; plans name it.
    pub generation: u64,
    /// The links by user.
    pub links: Links,
    /// Creates that may or may not have happened.
    pub open_creates: BTreeMap<SourceAnchor, OpenCreate>,
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

    /// The set after some changes; the generation grows by one.
    #[must_use]
    pub fn with(mut self, changes: &[LinkChange]) -> Self {
        let mut changed: BTreeMap<SourceAnchor, Option<Link>> = BTreeMap::new();
        for change in changes {
            match change {
                LinkChange::Set(link) => {
                    self.open_creates.remove(&link.source_id);
                    changed.insert(link.source_id.clone(), Some((**link).clone()));
                }
                LinkChange::Remove(anchor) => {
                    changed.insert(anchor.clone(), None);
                }
                LinkChange::Seen { source_id, at } => {
                    self.edit(&mut changed, source_id, |link| {
                        link.last_seen_at = *at;
                        link.missing_since = None;
                        link.missing_reads = 0;
                    });
                }
                LinkChange::Missing { source_id, at } => {
                    self.edit(&mut changed, source_id, |link| {
                        link.missing_since.get_or_insert(*at);
                        link.missing_reads = link.missing_reads.saturating_add(1);
                    });
                }
                LinkChange::Settled { source_id, fields } => {
                    self.edit(&mut changed, source_id, |link| {
                        link.rewritten.retain(|field, _| !fields.contains(field));
                    });
                }
                LinkChange::CreateStarted { source_id, create } => {
                    self.open_creates.insert(source_id.clone(), create.clone());
                }
                LinkChange::CreateFailed { source_id } => {
                    self.open_creates.remove(source_id);
                }
                LinkChange::CompleteRead { users } => self.last_complete_users = Some(*users),
                LinkChange::FirstRun { open } => self.first_run_open = *open,
            }
        }
        self.links = self.links.changed(changed);
        self.generation += 1;
        self
    }

    /// Changes a link that is there: among those changed already, or where it lies.
    fn edit(
        &mut self,
        changed: &mut BTreeMap<SourceAnchor, Option<Link>>,
        anchor: &SourceAnchor,
        edit: impl FnOnce(&mut Link),
    ) {
        match changed.get_mut(anchor) {
            Some(Some(link)) => edit(link),
            Some(None) => {}
            None => self.links.edit(anchor, edit),
        }
    }
}

/// One change to a [`LinkSet`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LinkChange {
    /// Adds or replaces a link, and settles a create announced for the same user.
    Set(Box<Link>),
    /// Forgets a link.
    Remove(SourceAnchor),
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
    /// A create is about to be sent.
    CreateStarted {
        /// The user.
        source_id: SourceAnchor,
        /// The announcement.
        create: OpenCreate,
    },
    /// A create announced earlier is known not to have happened.
    CreateFailed {
        /// The user.
        source_id: SourceAnchor,
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

/// Where links are kept.
#[async_trait]
pub trait LinkStore: fmt::Debug + Send + Sync + 'static {
    /// Everything known of one tenant; an unknown tenant has an empty set at generation 0.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read, `UnexpectedResponse` when it holds something else.
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet>;

    /// Applies changes if the generation is still `expected`, durably and all or nothing, and answers the new one.
    ///
    /// # Errors
    /// `PreconditionFailed` when another run was first; `Unavailable` when the store cannot be written.
    async fn commit(&self, tenant: &TenantName, expected: u64, changes: &[LinkChange]) -> Result<u64>;
}

const _: fn(&dyn LinkStore) = |_| {};

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

    #[test]
    fn a_link_settles_the_create_announced_for_its_user() {
        let anchor = SourceAnchor::new("entra:t:o");
        let create = OpenCreate { key: "k".into(), started_at: at(1) };
        let set = LinkSet::new().with(&[LinkChange::CreateStarted { source_id: anchor.clone(), create }]);
        assert_eq!(set.open_creates.len(), 1);
        let link = Link::new(anchor, ContactId::new("1"), at(1));
        assert!(set.with(&[LinkChange::Set(Box::new(link))]).open_creates.is_empty());
    }
}
