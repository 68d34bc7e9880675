//! Users that the directory says were deleted; it keeps them for 30 days.

use crate::{client::Client, listing};
use sync_core::{DirectoryItem, Result, model::SourceAnchor};

/// The deleted users as [`DirectoryItem::Removed`].
///
/// Only ids are read: sign-in names of deleted users are mangled, and their addresses may belong to somebody else.
///
/// # Errors
/// As for any listing.
pub(crate) async fn removed(client: &Client, tenant_id: &str) -> Result<Vec<DirectoryItem>> {
    let deleted = listing::ids(|| client.deleted_users()).await?;
    Ok(deleted.ids.iter().map(|id| DirectoryItem::Removed(SourceAnchor::entra(tenant_id, id))).collect())
}
