//! What a user shows when it is read.

use super::listing::{Read, read};
use crate::{
    CaseResult, DirectoryGiven,
    outcome::{Outcome, ensure, fail, skip, verdict},
};
use std::collections::BTreeSet;
use sync_core::{
    Directory, UserQuery,
    model::{Attribute, DirectoryUser, SourceAnchor, email_key},
};

async fn some_users(directory: &dyn Directory, query: &UserQuery) -> Outcome<Vec<DirectoryUser>> {
    let Read { users, .. } = read(directory, query).await?;
    if users.is_empty() { skip("the directory has no users") } else { Ok(users.into_values().collect()) }
}

/// A blank attribute is there and empty; a missing one was not read. So all users of one listing show the same
/// attributes, none of them a blank text, and an extension that was asked for is read of somebody.
///
/// Extensions may be missing where they are not set: directories do not tell the two apart.
pub async fn not_read_is_told_from_blank(directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let mut query = UserQuery::all();
        query.extensions.extend(given.extension.clone());
        let users = some_users(directory, &query).await?;
        let all: BTreeSet<&Attribute> = users.iter().flat_map(|user| user.attributes.keys()).collect();
        for user in &users {
            let neutral = |attribute: &&&Attribute| attribute.open_name().is_none();
            if let Some(missing) =
                all.iter().filter(neutral).find(|attribute| !user.attributes.contains_key(**attribute))
            {
                return fail(format!(
                    "`{missing}` is read of some users and missing of others; blank is a value"
                ));
            }
            let blank = user.attributes.iter().find(|(_, v)| v.as_ref().is_some_and(|v| v.trim().is_empty()));
            if let Some((attribute, _)) = blank {
                return fail(format!("`{attribute}` holds a blank text instead of nothing"));
            }
        }
        ensure(given.extension.as_ref().is_none_or(|asked| all.contains(asked)), || {
            "an attribute that was asked for is not read".to_owned()
        })
    })
    .await
}

/// Of every user the sign-in name and the address are read, and whether the account is enabled.
pub async fn users_hold_what_a_sync_needs(directory: &dyn Directory, _given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let users = some_users(directory, &UserQuery::all()).await?;
        for attribute in [Attribute::UserPrincipalName, Attribute::Mail] {
            ensure(users.iter().all(|user| user.attributes.contains_key(&attribute)), || {
                format!("`{attribute}` is not read")
            })?;
        }
        ensure(users.iter().all(|user| user.enabled.is_some()), || {
            "of some users it is not read whether the account is enabled".to_owned()
        })
    })
    .await
}

/// Alternate addresses are addresses without a prefix, and the primary one is not among them.
pub async fn alternate_addresses_are_addresses(
    directory: &dyn Directory,
    _given: &DirectoryGiven,
) -> CaseResult {
    verdict(async {
        let users = some_users(directory, &UserQuery::all()).await?;
        let mut read = false;
        for user in &users {
            let Some(alternates) = &user.alternate_emails else { continue };
            read = true;
            for address in alternates {
                let prefixed = address.to_ascii_lowercase().starts_with("smtp:");
                ensure(!prefixed && email_key(address).is_some(), || {
                    "an alternate address is no plain e-mail address".to_owned()
                })?;
            }
            let primary = user.attribute(&Attribute::Mail).and_then(email_key);
            ensure(!alternates.iter().any(|a| primary.is_some() && email_key(a) == primary), || {
                "the primary address is among the alternate ones".to_owned()
            })?;
        }
        if read { Ok(()) } else { skip("alternate addresses are not read") }
    })
    .await
}

/// A group that the query names is resolved: of every user it is known whether it belongs, and somebody does.
pub async fn groups_asked_for_are_resolved(directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let Some(group) = &given.group else { return skip("no group was given") };
        let mut query = UserQuery::all();
        query.groups.insert(group.clone());
        let users = some_users(directory, &query).await?;
        ensure(users.iter().all(|user| user.groups.is_some()), || {
            "a group was asked for, but of some users no groups are read".to_owned()
        })?;
        let belongs =
            |user: &&DirectoryUser| user.groups.iter().flatten().any(|id| id.eq_ignore_ascii_case(group));
        let members: Vec<&SourceAnchor> = users.iter().filter(belongs).map(|user| &user.anchor).collect();
        ensure(!members.is_empty(), || "nobody belongs to the group that was asked for".to_owned())
    })
    .await
}
