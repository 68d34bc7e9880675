//! What the suite is given to test a directory with.

use std::{collections::BTreeSet, fmt, sync::Arc};
use sync_core::{
    Directory,
    model::{Attribute, SourceAnchor},
};

/// What the suite needs to know of the directory under test. It is only read.
#[derive(Default)]
pub struct DirectoryGiven {
    pub(crate) known_users: BTreeSet<SourceAnchor>,
    pub(crate) group: Option<String>,
    pub(crate) extension: Option<Attribute>,
    pub(crate) secrets: Vec<String>,
    pub(crate) wrong_credentials: Option<Arc<dyn Directory>>,
    pub(crate) deviations: Vec<(String, String)>,
}

/// Shows no secret.
impl fmt::Debug for DirectoryGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryGiven").field("known_users", &self.known_users).finish_non_exhaustive()
    }
}

impl DirectoryGiven {
    /// Nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Users that every whole listing must hold.
    #[must_use]
    pub fn known_users(mut self, users: impl IntoIterator<Item = SourceAnchor>) -> Self {
        self.known_users.extend(users);
        self
    }

    /// A group that exists and has members.
    #[must_use]
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// An attribute outside the neutral set that exists.
    #[must_use]
    pub fn extension(mut self, attribute: Attribute) -> Self {
        self.extension = Some(attribute);
        self
    }

    /// A secret that the adapter was configured with. It must not be shown by anything.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// The same adapter with credentials that the directory refuses.
    #[must_use]
    pub fn wrong_credentials(mut self, directory: Arc<dyn Directory>) -> Self {
        self.wrong_credentials = Some(directory);
        self
    }

    /// A case that is known to fail, and why (a link to an issue). One that passes after all fails the run.
    #[must_use]
    pub fn deviation(mut self, case: impl Into<String>, reason: impl Into<String>) -> Self {
        self.deviations.push((case.into(), reason.into()));
        self
    }
}
