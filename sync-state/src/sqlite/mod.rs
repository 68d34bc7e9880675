//! State in one SQLite file.

/// Rows of a list in JSON, which is the first parameter.
macro_rules! rows {
    () => {
        "json_each($1) AS t"
    };
}
/// Texts of a list in JSON, which is the first parameter.
macro_rules! texts {
    () => {
        "json_each($1) AS t"
    };
}
/// A transaction that writes has locked everything already.
macro_rules! lock_row {
    () => {
        ""
    };
}
/// The type of a column of bytes.
macro_rules! blob {
    () => {
        "BLOB"
    };
}

mod dialect;
mod numbering;
mod open;
#[path = "../sql/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "compiled once for each database")]
mod sql;

#[cfg(test)]
mod migrating;
#[cfg(test)]
mod work;

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteSynchronous};
use std::{fmt, path::PathBuf};
use sync_core::Result;
use tokio::sync::{Mutex, MutexGuard};

/// A [`sync_core::store::StateStore`] in one file, for all processes of one machine.
///
/// The file, and the two that SQLite keeps beside it (`-wal`, `-shm`), are readable by their owner alone. What the
/// journal records is on the disk when a call returns; what can be read again is not waited for.
///
/// A file on a network share is safe only where the share honours locks; SQLite advises against it.
pub struct SqliteStore {
    path: PathBuf,
    /// Waits for the disk.
    durable: Mutex<SqliteConnection>,
    /// Does not: leases, and what can be read again.
    quick: Mutex<SqliteConnection>,
}

impl SqliteStore {
    pub(crate) async fn durable(&self, _operation: &'static str) -> Result<MutexGuard<'_, SqliteConnection>> {
        let mut conn = self.durable.lock().await;
        self.renew(&mut conn, SqliteSynchronous::Full).await?;
        Ok(conn)
    }

    pub(crate) async fn quick(&self, _operation: &'static str) -> Result<MutexGuard<'_, SqliteConnection>> {
        let mut conn = self.quick.lock().await;
        self.renew(&mut conn, SqliteSynchronous::Normal).await?;
        Ok(conn)
    }

    /// A transaction that could not be ended (a full disk) leaves its connection unusable: it is opened anew.
    async fn renew(&self, conn: &mut SqliteConnection, synchronous: SqliteSynchronous) -> Result<()> {
        if conn.is_in_transaction() {
            // What was dropped is rolled back behind the scenes; a ping waits for that.
            let _ = conn.ping().await;
        }
        if conn.is_in_transaction() {
            *conn = open::connect(&self.path, synchronous).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
