//! What both sides looked like when they were last read, so that a run can read changes only.

use crate::model::{
    Contact, ContactId, DeltaToken, DirectoryGroup, DirectoryUser, Fingerprint, SourceAnchor,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the kept rows of a tenant stand on, and whether its last run left anything to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Base {
    /// The directory side; `None` where nothing is kept.
    pub directory: Option<DirectoryBase>,
    /// The PSA side; `None` where nothing is kept.
    pub contacts: Option<ContactBase>,
    /// The last run left nothing to do but what is named here; `None` where it did.
    pub quiet: Option<Quiet>,
    /// The generation of the links now.
    pub generation: u64,
    /// How often an answer of a person was recorded or taken back.
    pub answers: u64,
    /// How many intents are open.
    pub open: u64,
}

/// What the kept users stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryBase {
    /// Where a read of changes goes on; `None` where the directory gave no token.
    pub token: Option<DeltaToken>,
    /// The digest of what the token depends on: tenant, cloud, attributes asked for, filter, groups.
    pub depends: Fingerprint,
    /// When everything was read last.
    pub full_at: DateTime<Utc>,
    /// When it was read last.
    pub read_at: DateTime<Utc>,
}

/// What the kept contacts stand on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactBase {
    /// The digest of what was asked for: companies, custom fields.
    pub depends: Fingerprint,
    /// When everything was read last.
    pub full_at: DateTime<Utc>,
    /// Changes up to this moment are in the rows; taken before the read began.
    pub read_at: DateTime<Utc>,
}

/// Under what the last run had nothing left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// The digest of what was wanted: policy, routes, version of the planner.
    pub wanted: Fingerprint,
    /// The generation of the links after it.
    pub generation: u64,
    /// How many answers of people it knew.
    pub answers: u64,
    /// When something is due although nothing changes, such as the end of a grace.
    pub due_at: Option<DateTime<Utc>>,
    /// How many decisions wait for a person.
    pub held: u64,
}

/// The directory side as it was read.
#[derive(Clone, Default, PartialEq)]
pub struct BaseUsers {
    /// Everybody.
    pub users: Vec<DirectoryUser>,
    /// Whom the directory itself called deleted.
    pub removed: Vec<SourceAnchor>,
    /// The groups that were asked for.
    pub groups: Vec<DirectoryGroup>,
}

impl std::fmt::Debug for BaseUsers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BaseUsers").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

/// What becomes of kept rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rows<T> {
    /// They stay.
    #[default]
    Keep,
    /// These take the place of all.
    Replace(T),
    /// These take the place of those with the same id; a user that was removed is one no longer.
    Fold(T),
}

/// What a run learnt by reading, recorded all or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BaseChange {
    /// What the users stand on from now; `None` leaves it.
    pub directory: Option<DirectoryBase>,
    /// The users.
    pub users: Rows<BaseUsers>,
    /// What the contacts stand on from now; `None` leaves it.
    pub contacts: Option<ContactBase>,
    /// The contacts.
    pub rows: Rows<Vec<Contact>>,
    /// Contacts that are there no longer, of rows that are folded.
    pub gone: Vec<ContactId>,
    /// Whether the run left anything to do; `None` leaves what is recorded, `Some(None)` says that it did.
    #[allow(clippy::option_option, reason = "leave alone, something to do, nothing to do are three things")]
    pub quiet: Option<Option<Quiet>>,
}
