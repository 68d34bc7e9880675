//! The link store in a folder: one file per tenant.

use crate::{
    document::{decode_links, encode_links},
    lock::{NotLocked, TenantLock, exclusive},
    names::stem,
    replace::{create_folder, replace_file},
};
use async_trait::async_trait;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use sync_core::{
    Error, ErrorKind, Result,
    model::TenantName,
    store::{Commit, LinkSet, LinkStore},
};

const OPEN: &str = "open link store";
const LOAD: &str = "load links";
const COMMIT: &str = "commit links";
const LOCK: &str = "lock tenant";

/// How long a commit waits for another one of the same tenant.
const PATIENCE: Duration = Duration::from_secs(2);

/// A [`LinkStore`] in a folder, with one `links.json` document per tenant.
///
/// Safe for several processes on one machine. A folder on a network share is safe only where the share honours locks
/// and atomic renames.
#[derive(Clone, Debug)]
pub struct FileLinkStore {
    folder: PathBuf,
    patience: Duration,
}

impl FileLinkStore {
    /// The store in this folder, which is created for its owner alone where it does not exist.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        create_folder(&folder).map_err(|e| io_error(OPEN, "the folder cannot be created", &folder, e))?;
        Ok(Self { folder, patience: PATIENCE })
    }

    /// Sets how long a commit waits for another one of the same tenant (2 seconds at first).
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The file that holds the links of a tenant, whether it exists or not.
    #[must_use]
    pub fn path_of(&self, tenant: &TenantName) -> PathBuf {
        self.with_ending(tenant, "json")
    }

    /// Keeps other runs of the tenant away until the answer is dropped. Does not wait.
    ///
    /// # Errors
    /// `Unavailable` when a run of this tenant is under way, here or in another process, or the lock file cannot be
    /// opened.
    pub fn lock_tenant(&self, tenant: &TenantName) -> Result<TenantLock> {
        let path = self.with_ending(tenant, "run");
        match exclusive(&path, Duration::ZERO) {
            Ok(file) => Ok(TenantLock::new(path, file)),
            Err(NotLocked::Taken) => Err(Error::new(
                ErrorKind::Unavailable,
                LOCK,
                format!(
                    "another run of tenant {tenant} is under way ({} is locked); wait for it to end",
                    path.display()
                ),
            )),
            Err(NotLocked::Io(error)) => Err(io_error(LOCK, "the lock cannot be opened", &path, error)),
        }
    }

    fn with_ending(&self, tenant: &TenantName, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", stem(tenant)))
    }

    fn read(operation: &'static str, path: &Path) -> Result<LinkSet> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(LinkSet::new()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(not_understood(operation, path, "it is not UTF-8 text"));
            }
            Err(error) => return Err(io_error(operation, "the links cannot be read", path, error)),
        };
        decode_links(&text).map_err(|error| not_understood(operation, path, error.message()))
    }

    fn commit_now(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        let lock_path = self.with_ending(tenant, "lock");
        let _lock = exclusive(&lock_path, self.patience).map_err(|refusal| match refusal {
            NotLocked::Taken => Error::new(
                ErrorKind::Unavailable,
                COMMIT,
                format!("another writer has {} locked; try again", lock_path.display()),
            ),
            NotLocked::Io(error) => io_error(COMMIT, "the lock cannot be opened", &lock_path, error),
        })?;
        let path = self.path_of(tenant);
        let set = Self::read(COMMIT, &path)?;
        if set.generation != commit.generation {
            let message = format!(
                "generation is {}, not {}: another run was first; plan again",
                set.generation, commit.generation
            );
            return Err(Error::new(ErrorKind::PreconditionFailed, COMMIT, message));
        }
        let set = set.after(commit);
        replace_file(&path, encode_links(&set).as_bytes())
            .map_err(|e| io_error(COMMIT, "the links cannot be written", &path, e))?;
        Ok(set.generation)
    }
}

/// Files are read and written on the calling thread: they are small, and there is no await while the lock is held.
#[async_trait]
impl LinkStore for FileLinkStore {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        Self::read(LOAD, &self.path_of(tenant))
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        self.commit_now(tenant, commit)
    }
}

fn io_error(operation: &'static str, what: &str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, operation, format!("{what}: {}", path.display())).with_source(error)
}

fn not_understood(operation: &'static str, path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::UnexpectedResponse,
        operation,
        format!(
            "{} is not understood ({why}); it was left as it is: restore it from a copy, or move it away to have \
             every contact matched anew",
            path.display()
        ),
    )
}
