//! Opening a file: ours, of a version that is understood, and brought up to date.

use super::{
    SqliteStore,
    dialect::{OURS, failed},
    sql,
};
use crate::private::{create_folder, private};
use sqlx::{
    ConnectOptions as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    fs::OpenOptions,
    io::ErrorKind as IoKind,
    path::{Path, PathBuf},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result};
use tokio::sync::Mutex;

const OPEN: &str = "open state database";

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

impl SqliteStore {
    /// Opens a file, which is created with its folder where it does not exist, and brings its schema up to date.
    ///
    /// # Errors
    /// `Unavailable` when it cannot be opened or written; `UnexpectedResponse` when it is something else, is damaged, or
    /// was made by a newer version. It is left as it is then.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        prepare(&path)?;
        refuse_strangers(&path)?;
        let mut durable = connect(&path, SqliteSynchronous::Full).await?;
        sql::bring_forward(&mut durable, OPEN, sql::STEPS).await.map_err(|error| about(&path, error))?;
        let quick = connect(&path, SqliteSynchronous::Normal).await?;
        Ok(Self { path, durable: Mutex::new(durable), quick: Mutex::new(quick) })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The file is made before SQLite makes it, so that it is its owner's alone; `-wal` and `-shm` take over its rights.
pub(super) fn prepare(path: &Path) -> Result<()> {
    let refused = |what: &str, error: std::io::Error| {
        let message = format!("{what}: {}", path.display());
        Error::new(ErrorKind::Unavailable, OPEN, message).with_source(error)
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder).map_err(|error| refused("the folder cannot be created", error))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match private(&mut options).open(path) {
        Err(error) if error.kind() != IoKind::AlreadyExists => {
            Err(refused("the file cannot be created", error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Looks at the header of a file that no other process has open, before SQLite writes its own mark of a log into it: a
/// database of something else must stay as it is. What the log of a file holds is not seen here, so one with a log is left
/// to the look through SQLite.
fn refuse_strangers(path: &Path) -> Result<()> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if Path::new(&wal).exists() {
        return Ok(());
    }
    let Ok(bytes) = std::fs::File::open(path).and_then(|file| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(file, 100), &mut bytes)?;
        Ok(bytes)
    }) else {
        return Ok(());
    };
    // Database header: https://www.sqlite.org/fileformat.html (read on 2026-11-28).
    let number = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(i64::from(u32::from_be_bytes(four)))
    };
    let (Some(pages), Some(mark)) = (number(28), number(68)) else { return Ok(()) };
    if bytes.starts_with(b"SQLite format 3\0") && mark != OURS && (mark != 0 || pages > 1) {
        let message = format!("{} is a database of something else; it is left as it is", path.display());
        return Err(Error::new(ErrorKind::UnexpectedResponse, OPEN, message));
    }
    Ok(())
}

pub(super) async fn connect(path: &Path, synchronous: SqliteSynchronous) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(PATIENCE)
        // What is removed is about people: it must not stay in free pages for whoever copies the file.
        .pragma("secure_delete", "on")
        .foreign_keys(false)
        .optimize_on_close(false, None)
        .disable_statement_logging();
    options.connect().await.map_err(|error| about(path, failed(OPEN, error)))
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn about(path: &Path, error: Error) -> Error {
    let message = format!("{}: {}", path.display(), error.message());
    let named = Error::new(error.kind(), OPEN, message);
    match std::error::Error::source(&error) {
        Some(source) => named.with_source(std::io::Error::other(source.to_string())),
        None => named,
    }
}
