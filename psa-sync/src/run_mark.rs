//! The number of the last run, kept beside the state database: it tells that the database was put back from an older copy, or
//! is gone.

use crate::{exit::Failure, files::write_private};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use sync_core::{model::TenantName, store::RunId};
use sync_state::SqliteStore;

/// The name of the file in the state folder.
const FILE: &str = "last-run.json";

/// The file.
#[derive(Debug)]
pub(crate) struct RunMark {
    path: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The highest number that a run is known to have had.
    run: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored: Option<Restored>,
}

/// A state that does not know of the last runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Restored {
    /// The last run that it knew.
    last: u64,
    /// The last run that there was.
    made: u64,
    /// The tenants that were applied since.
    #[serde(default)]
    looked_at: BTreeSet<TenantName>,
}

impl RunMark {
    /// The mark beside a database.
    pub(crate) fn beside(database: &Path) -> Self {
        Self { path: database.with_file_name(FILE) }
    }

    fn read(&self) -> Kept {
        let Ok(text) = std::fs::read_to_string(&self.path) else { return Kept::default() };
        serde_json::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!(file = %self.path.display(), %error, "the mark of the last run cannot be read");
            Kept::default()
        })
    }

    fn write(&self, kept: &Kept) {
        let written = serde_json::to_string(kept)
            .map_err(std::io::Error::from)
            .and_then(|text| write_private(&self.path, &text));
        if let Err(error) = written {
            // It is a second look at what the database says; no run fails for it.
            tracing::warn!(file = %self.path.display(), %error, "the mark of the last run cannot be written");
        }
    }

    /// Notes that a run begins to write.
    pub(crate) fn reached(&self, run: RunId) {
        let mut kept = self.read();
        if kept.run < run.number() {
            kept.run = run.number();
            self.write(&kept);
        }
    }

    /// Brings a database that was opened up to the last run, and notes where it did not know of it.
    pub(crate) async fn level(&self, store: &SqliteStore) -> Result<(), Failure> {
        let mut kept = self.read();
        if kept.run == 0 {
            return Ok(());
        }
        if let Some(last) = store.number_runs_above(RunId::new(kept.run)).await? {
            kept.restored =
                Some(Restored { last: last.number(), made: kept.run, looked_at: BTreeSet::new() });
            self.write(&kept);
        }
        Ok(())
    }

    /// The last run that is known of.
    pub(crate) fn last(&self) -> Option<RunId> {
        Some(self.read().run).filter(|run| *run > 0).map(RunId::new)
    }

    /// What is not known of a tenant, where its state is older than its last run; `gone` where there is no database.
    pub(crate) fn behind(&self, tenant: &TenantName, gone: bool) -> Option<Restored> {
        let kept = self.read();
        if gone {
            return (kept.run > 0).then(|| Restored { last: 0, made: kept.run, looked_at: BTreeSet::new() });
        }
        kept.restored.filter(|restored| !restored.looked_at.contains(tenant))
    }

    /// Notes that a plan made from this state was applied.
    pub(crate) fn looked_at(&self, tenant: &TenantName) {
        let mut kept = self.read();
        if let Some(restored) = &mut kept.restored
            && restored.looked_at.insert(tenant.clone())
        {
            self.write(&kept);
        }
    }
}

impl Restored {
    /// What a person should know.
    pub(crate) fn told(&self) -> String {
        let Self { last, made, looked_at: _ } = self;
        if *last == 0 {
            return format!(
                "the state database is gone: it knows of no run, and run {made} was made. Links, answers and history are not known"
            );
        }
        format!(
            "the state database is older than its last run: it ends with run {last}, and run {made} was made; it was put back \
             from a copy? Links, answers and history since then are not known"
        )
    }

    /// What to do about it.
    pub(crate) const fn hint() -> &'static str {
        "put a newer copy back, or look at `psa-sync plan` and `psa-sync review`; then `psa-sync apply --auto --full`, or \
         apply a plan saved now"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_knows_fewer_runs_than_were_made_is_brought_up_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("state.sqlite");
        let (mark, tenant) = (RunMark::beside(&database), TenantName::new("Contoso"));
        let store = SqliteStore::open(&database).await.unwrap();
        mark.level(&store).await.unwrap();
        assert!(mark.behind(&tenant, false).is_none(), "nothing is known yet");
        mark.reached(RunId::new(7));
        mark.reached(RunId::new(5));
        mark.level(&store).await.unwrap();
        let told = mark.behind(&tenant, false).unwrap().told();
        assert!(told.contains("run 7 was made"), "{told}");
        let hold = sync_state::acquire(&store, &tenant, std::time::Duration::from_secs(9)).await.unwrap();
        let sync_core::store::Acquired::Ours(lease) = hold else { panic!("nobody else is here") };
        assert_eq!(lease.run, RunId::new(8), "no number is given twice");
        mark.level(&store).await.unwrap();
        mark.looked_at(&tenant);
        assert!(mark.behind(&tenant, false).is_none());
        assert!(mark.behind(&TenantName::new("Fabrikam"), false).is_some(), "each tenant is looked at");
        assert!(mark.behind(&tenant, true).is_some(), "and so is a database that is gone");
    }

    #[test]
    fn a_mark_that_cannot_be_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let mark = RunMark::beside(&folder.path().join("state.sqlite"));
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(mark.behind(&TenantName::new("Contoso"), true).is_none());
        mark.reached(RunId::new(2));
        assert_eq!(mark.read().run, 2);
    }
}
