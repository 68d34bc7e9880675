//! The abilities that come in kinds.

use serde::{Deserialize, Serialize};

/// Room for e-mail addresses beside the primary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum AlternateEmails {
    /// None.
    #[default]
    None,
    /// This many.
    Slots {
        /// How many.
        max: u8,
    },
    /// As many as wanted.
    Unbounded,
}

impl AlternateEmails {
    /// How many addresses fit; `None` for no bound.
    #[must_use]
    pub const fn room(self) -> Option<u8> {
        match self {
            Self::None => Some(0),
            Self::Slots { max } => Some(max),
            Self::Unbounded => None,
        }
    }
}

/// What can be done with the active status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActiveStatus {
    /// The PSA has none.
    #[default]
    Absent,
    /// It can be read.
    Readable,
    /// It can be read and written.
    Writable,
}

/// Custom fields on contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum CustomFields {
    /// None.
    #[default]
    None,
    /// Text, up to this many characters, and flags.
    Text {
        /// The longest text in characters.
        max_len: u32,
    },
}

/// Where the directory's id can be kept on the contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnchorStorage {
    /// Nowhere.
    #[default]
    None,
    /// In a custom field.
    CustomField,
    /// In the vendor's own field for foreign ids, and in a custom field.
    ExternalId,
}

/// How a lost update is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Concurrency {
    /// By reading again before the write.
    #[default]
    ReadBeforeWrite,
    /// By a version tag that the vendor checks.
    VersionTag,
}

/// How the vendor takes an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpdateStyle {
    /// The whole record; the adapter reads, merges and writes.
    #[default]
    Replace,
    /// Only what changes.
    Patch,
}
