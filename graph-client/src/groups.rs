//! Who is in the groups that were asked for, nested membership included.

use crate::{
    client::{Client, Kind, LIST_MEMBERS},
    config::is_guid,
    listing, wire,
};
use std::collections::{BTreeSet, HashMap};
use sync_core::{Error, ErrorKind, Result, model::DirectoryGroup};

/// The groups of each user id (lower case), spelled as they were asked for.
pub(crate) type Memberships = HashMap<String, BTreeSet<String>>;

/// What was asked of groups.
pub(crate) struct Groups {
    pub(crate) memberships: Memberships,
    /// The groups themselves, spelled as they were asked for.
    pub(crate) described: Vec<DirectoryGroup>,
}

/// Resolves each group once: one call for its name and age and one listing per group, never a call per user.
///
/// A membership that came short would put users out of scope, so it is an error and never a smaller group.
///
/// # Errors
/// `ConfigInvalid` for a group that is not given by its id (nothing was sent), `NotFound`, `PermissionDenied` naming
/// the permission, `UnexpectedResponse` where Graph keeps counting more members than it lists, and as for any call.
pub(crate) async fn memberships(client: &Client, groups: &BTreeSet<String>) -> Result<Groups> {
    for group in groups {
        refuse_names(group)?;
    }
    let mut memberships = Memberships::new();
    let mut described = Vec::with_capacity(groups.len());
    for group in groups {
        described.push(describe(group, client.group(group).await?));
        for user in members(client, group, Kind::User).await? {
            memberships.entry(user).or_default().insert(group.clone());
        }
    }
    Ok(Groups { memberships, described })
}

/// The groups nested in a group, at any depth, in lower case.
///
/// # Errors
/// As for [`memberships`]: a group that was left out would change without being noticed.
pub(crate) async fn nested(client: &Client, group: &str) -> Result<BTreeSet<String>> {
    members(client, group, Kind::Group).await
}

/// The members of one kind.
///
/// # Errors
/// `UnexpectedResponse` where Graph keeps counting more than it lists.
async fn members(client: &Client, group: &str, kind: Kind) -> Result<BTreeSet<String>> {
    let mut members = listed(client, group, kind).await?;
    if members.falls_short() {
        // The index may have been behind for a moment; one more look tells.
        members = listed(client, group, kind).await?;
    }
    if members.falls_short() {
        let message = format!(
            "group {group}: Graph listed {} of the {} {} it counts; try again later",
            members.ids.len(),
            members.count.unwrap_or_default(),
            kind.plural()
        );
        return Err(Error::new(ErrorKind::UnexpectedResponse, LIST_MEMBERS.operation, message));
    }
    Ok(members.ids)
}

/// The same with their number: one that the listing itself did not say is asked for, because a listing that ended early
/// would look like a smaller group.
async fn listed(client: &Client, group: &str, kind: Kind) -> Result<listing::Ids> {
    let mut members = listing::ids(|| client.members(group, kind)).await?;
    if members.count.is_none() {
        members.count = Some(client.count_members(group, kind).await?);
    }
    Ok(members)
}

/// Groups are asked for by id.
///
/// # Errors
/// `ConfigInvalid` for anything else.
pub(crate) fn refuse_names(group: &str) -> Result<()> {
    if is_guid(group) {
        return Ok(());
    }
    let shown: String = group.chars().take(64).collect();
    let message = format!("group `{shown}` is not an object id (a GUID); names are not looked up");
    Err(Error::new(ErrorKind::ConfigInvalid, LIST_MEMBERS.operation, message))
}

/// A time that cannot be read is one that is not known: it breaks ties and nothing else.
fn describe(asked_as: &str, group: wire::Group) -> DirectoryGroup {
    let created = group.created_date_time.as_deref().and_then(|at| at.parse().ok());
    DirectoryGroup::new(asked_as).named(group.display_name.unwrap_or_default()).created(created)
}
