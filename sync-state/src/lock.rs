//! Keeping writers, and whole runs, of one tenant apart.

use crate::replace::private;
use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Between two looks at a lock that somebody else holds.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Held for as long as a run of one tenant takes; let go when it is dropped, also when the process is killed.
#[must_use = "the tenant is free again as soon as this is dropped"]
pub struct TenantLock {
    path: PathBuf,
    _file: File,
}

impl TenantLock {
    pub(crate) fn new(path: PathBuf, file: File) -> Self {
        Self { path, _file: file }
    }
}

impl fmt::Debug for TenantLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLock").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Why a lock was not taken.
#[derive(Debug)]
pub(crate) enum NotLocked {
    /// Somebody else held it all the time.
    Taken,
    /// The file system refused.
    Io(io::Error),
}

/// Takes the exclusive lock on a file, which is created if need be and never removed: removing a lock file lets two
/// holders lock two different files of one name.
///
/// Waits for at most `patience`, counted in waits and not by the clock, which may jump.
pub(crate) fn exclusive(path: &Path, patience: Duration) -> Result<File, NotLocked> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = private(&mut options).open(path).map_err(NotLocked::Io)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if waited < patience => {
                thread::sleep(LOOK_AGAIN);
                waited += LOOK_AGAIN;
            }
            Err(TryLockError::WouldBlock) => return Err(NotLocked::Taken),
            Err(TryLockError::Error(error)) => return Err(NotLocked::Io(error)),
        }
    }
}
