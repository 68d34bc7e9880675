//! Users that the directory says were deleted; it keeps them for 30 days.

use crate::{client::Client, listing};
use std::collections::BTreeSet;
use sync_core::{DirectoryItem, ErrorKind, Result, model::SourceAnchor};

/// The ids of the deleted users, in lower case; none, with a warning in the log, where the permission is missing.
///
/// Only ids are read: sign-in names of deleted users are mangled, and their addresses may belong to somebody else.
///
/// # Errors
/// As for any listing, but for a missing permission.
pub(crate) async fn ids(client: &Client) -> Result<BTreeSet<String>> {
    match listing::ids(|| client.deleted_users()).await {
        Ok(deleted) => Ok(deleted.ids),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            tracing::warn!(
                request_id = error.request_id(),
                "deleted users are not told, so they are found missing: grant User.Read.All"
            );
            Ok(BTreeSet::new())
        }
        Err(error) => Err(error),
    }
}

/// Deleted users as [`DirectoryItem::Removed`].
pub(crate) fn removed(ids: &BTreeSet<String>, tenant_id: &str) -> Vec<DirectoryItem> {
    ids.iter().map(|id| DirectoryItem::Removed(SourceAnchor::entra(tenant_id, id))).collect()
}
