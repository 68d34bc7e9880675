//! Links that an earlier version kept as one file per tenant.

use crate::{document::decode_links, names::stem};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use sync_core::{
    Error, ErrorKind, Result,
    model::TenantName,
    store::{Commit, LinkChange, LinkSet, RunId, StateStore},
};

const OPERATION: &str = "take over earlier links";

fn path_of(tenant: &TenantName, folder: &Path) -> PathBuf {
    folder.join(format!("{}.json", stem(tenant)))
}

/// The links of a tenant in a folder of files, where there are any.
///
/// # Errors
/// `Unavailable` when the file cannot be read, `UnexpectedResponse` when it is not understood; it stays as it is.
pub fn earlier_links(tenant: &TenantName, folder: &Path) -> Result<Option<LinkSet>> {
    let path = path_of(tenant, folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("the links cannot be read: {}", path.display());
            return Err(Error::new(ErrorKind::Unavailable, OPERATION, message).with_source(error));
        }
    };
    let refused = |error: Error| {
        let message = format!(
            "{} is not understood ({}); it was left as it is: restore it from a copy, or move it away to have every \
             contact matched anew",
            path.display(),
            error.message()
        );
        Error::new(ErrorKind::UnexpectedResponse, OPERATION, message)
    };
    decode_links(&text).map(Some).map_err(refused)
}

/// Takes over the links of a tenant from a folder of files, once: into a tenant of which nothing is known, and the file
/// is called `.json.imported` from then on. Answers whether there were any.
///
/// # Errors
/// As for [`earlier_links`] and for a commit.
pub async fn import_links(
    store: &dyn StateStore,
    run: RunId,
    tenant: &TenantName,
    folder: &Path,
) -> Result<bool> {
    let Some(earlier) = earlier_links(tenant, folder)? else { return Ok(false) };
    let base = store.base(tenant).await?;
    if base.generation == 0 {
        let mut commit = Commit::new(run, 0);
        commit.links = earlier.links.values().cloned().map(|link| LinkChange::Set(Box::new(link))).collect();
        commit.links.push(LinkChange::FirstRun { open: earlier.first_run_open });
        commit.links.extend(earlier.last_complete_users.map(|users| LinkChange::CompleteRead { users }));
        // They were opened by no run that this store knows.
        commit.opened = earlier.open;
        for intent in &mut commit.opened {
            intent.run = run;
            // Out of the way of what this run is about to write.
            intent.place |= 1 << 31;
        }
        store.commit(tenant, &commit).await?;
    }
    let path = path_of(tenant, folder);
    let imported = path.with_extension("json.imported");
    fs::rename(&path, &imported).map_err(|error| {
        let message = format!("{} cannot be renamed; move it away by hand", path.display());
        Error::new(ErrorKind::Unavailable, OPERATION, message).with_source(error)
    })?;
    Ok(true)
}
