//! Whether a read is all there is.

use serde::{Deserialize, Serialize};

/// Whether a snapshot holds everything, as proved by the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
#[non_exhaustive]
pub enum Completeness {
    /// The last page was seen, and the vendor's own count, where it gave one, agrees.
    Complete,
    /// Something may be absent; nothing may be concluded from absence.
    Partial {
        /// Why, for people.
        because: String,
    },
}

impl Completeness {
    /// Whether absence means something.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// Why rows could not become a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The text of one snapshot is over 4 GiB.
    #[error("one snapshot holds at most 4 GiB of text; split the tenant by routes")]
    TooLarge,
    /// More extension or custom field names than fit.
    #[error("one snapshot holds at most 42 custom names; name only the fields that the policy uses")]
    TooManyNames,
}
