//! Who is in the groups that were asked for, nested membership included.

use crate::{
    client::{Client, LIST_MEMBERS},
    config::is_guid,
    listing,
};
use std::collections::{BTreeSet, HashMap};
use sync_core::{Error, ErrorKind, Result};

/// The groups of each user id (lower case), spelled as they were asked for.
pub(crate) type Memberships = HashMap<String, BTreeSet<String>>;

/// Resolves each group once: one listing per group, never a call per user.
///
/// A membership that came short would put users out of scope, so it is an error and never a smaller group.
///
/// # Errors
/// `ConfigInvalid` for a group that is not given by its id (nothing was sent), `NotFound`, `PermissionDenied` naming
/// the permission, `UnexpectedResponse` where Graph keeps counting more members than it lists, and as for any call.
pub(crate) async fn memberships(client: &Client, groups: &BTreeSet<String>) -> Result<Memberships> {
    for group in groups {
        if !is_guid(group) {
            let shown: String = group.chars().take(64).collect();
            let message = format!("group `{shown}` is not an object id (a GUID); names are not looked up");
            return Err(Error::new(ErrorKind::ConfigInvalid, LIST_MEMBERS.operation, message));
        }
    }
    let mut memberships = Memberships::new();
    for group in groups {
        let mut members = listing::ids(|| client.group_users(group)).await?;
        if members.falls_short() {
            // The index may have been behind for a moment; one more look tells.
            members = listing::ids(|| client.group_users(group)).await?;
        }
        if members.falls_short() {
            let message = format!(
                "group {group}: Graph listed {} of the {} users it counts; try again later",
                members.ids.len(),
                members.count.unwrap_or_default()
            );
            return Err(Error::new(ErrorKind::UnexpectedResponse, LIST_MEMBERS.operation, message));
        }
        for user in members.ids {
            memberships.entry(user).or_default().insert(group.clone());
        }
    }
    Ok(memberships)
}
