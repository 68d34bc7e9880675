//! Ids and opaque tokens. Each is its own type, so one cannot stand where another is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! string_id {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

string_id! {
    /// The name of one directory under sync as the configuration calls it (`Contoso`); links and runs are kept under it.
    TenantName,
    /// A PSA contact's id, opaque to the engine.
    ContactId,
    /// A PSA company's id, opaque to the engine.
    CompanyId,
    /// The id of one line of an agreement in the PSA, opaque to the engine.
    LineId,
    /// The immutable id of a directory object: `entra:<tenant>:<objectId>` or `ad:<domain>:<objectGUID>`.
    ///
    /// The text after the last colon is the object's own id ([`SourceAnchor::object_id`]).
    SourceAnchor,
    /// A vendor's concurrency token (ETag, row version, last update), compared for equality only.
    VersionTag,
    /// The digest of a whole plan (`sha256:` and 64 hex digits); approvals name it.
    PlanId,
    /// The id of a decision that was held for a person: the same in every run, as long as it is the same question.
    ReviewId,
}

impl SourceAnchor {
    /// The anchor of an Entra object: `entra:<tenant>:<object id>`, ids lower-cased.
    #[must_use]
    pub fn entra(tenant_id: &str, object_id: &str) -> Self {
        Self(format!("entra:{}:{}", tenant_id.to_ascii_lowercase(), object_id.to_ascii_lowercase()))
    }

    /// The object's own id: what follows the last colon.
    #[must_use]
    pub fn object_id(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or(&self.0)
    }

    /// The directory the object lives in, with the trailing colon: what precedes [`SourceAnchor::object_id`].
    #[must_use]
    pub fn directory(&self) -> &str {
        self.0.get(..self.0.len() - self.object_id().len()).unwrap_or("")
    }
}

/// Where an incremental directory read goes on (Graph delta link, LDAP sync cookie).
///
/// Opaque, and it may carry state that must not reach a log: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeltaToken(String);

impl DeltaToken {
    /// Takes the text as it is.
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// The text, for the next read only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeltaToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeltaToken(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_splits_into_directory_and_object() {
        let anchor = SourceAnchor::entra("T-1", "ABC");
        assert_eq!(anchor.as_str(), "entra:t-1:abc");
        assert_eq!((anchor.directory(), anchor.object_id()), ("entra:t-1:", "abc"));
        let bare = SourceAnchor::new("plain");
        assert_eq!((bare.directory(), bare.object_id()), ("", "plain"));
    }

    #[test]
    fn a_delta_token_does_not_show_itself() {
        assert!(!format!("{:?}", DeltaToken::new("secret-state")).contains("secret-state"));
    }
}
