//! Reading `groups.json`.

use super::{
    OfflineError,
    json::{Object, Source, shown},
};
use crate::config::Named;
use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use sync_core::model::{DirectoryGroup, nearest};

/// The groups of a folder.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The members of each group by its id in lower case.
    pub(super) members: BTreeMap<String, BTreeSet<String>>,
    /// What the file says of those that the policy names.
    pub(super) described: Vec<DirectoryGroup>,
}

const FILE: &str = "groups.json";

/// Reads the groups; `None` where there is no file.
///
/// A group that is asked for and not there is an error: taking it for empty would put everybody out of scope.
pub(super) fn read(
    folder: &Path,
    needed: &BTreeSet<String>,
    named: &Named,
) -> Result<Option<Groups>, OfflineError> {
    let Some(source) = Source::read(folder, FILE)? else {
        return match needed.first() {
            None => Ok(None),
            Some(group) => Err(OfflineError::new(folder.join(FILE), missing(group, named, &[]))),
        };
    };
    let file = source.object()?;
    let rows = file.get("value").ok_or_else(|| source.wrong(0, "has no list `value` of groups"))?;
    let mut groups = Groups::default();
    let mut all = Vec::new();
    for (index, row) in source.list_in(rows, "`value`")?.into_iter().enumerate() {
        let group = described(&source, row, index)?;
        let id = group.id.to_ascii_lowercase();
        if let Some(members) = members(&source, row, index)?
            && groups.members.insert(id.clone(), members).is_some()
        {
            return Err(source.wrong_in(row, format!("value[{index}]: this group is listed twice")));
        }
        if needed.contains(&id) {
            groups.described.push(group.clone());
        }
        all.push(group);
    }
    match needed.iter().find(|group| !groups.members.contains_key(*group)) {
        Some(group) => Err(OfflineError::new(&source.path, missing(group, named, &all))),
        None => Ok(Some(groups)),
    }
}

fn described(source: &Source, row: &RawValue, index: usize) -> Result<DirectoryGroup, OfflineError> {
    let object = source.object_in(row, &format!("value[{index}]"))?;
    let id = object.get("id").ok_or_else(|| source.wrong_in(row, format!("value[{index}] has no `id`")))?;
    let id: String = source.value(id, &format!("value[{index}], `id`"))?;
    let mut group = DirectoryGroup::new(id.trim());
    if let Some(name) = optional::<String>(source, &object, index, "displayName")? {
        group = group.named(name);
    }
    let created = optional::<DateTime<Utc>>(source, &object, index, "createdDateTime")?;
    Ok(group.created(created))
}

fn optional<T: serde::de::DeserializeOwned>(
    source: &Source,
    object: &Object<'_>,
    index: usize,
    key: &str,
) -> Result<Option<T>, OfflineError> {
    let Some(value) = object.get(key) else { return Ok(None) };
    source.value(value, &format!("value[{index}], `{key}`"))
}

fn members(source: &Source, row: &RawValue, index: usize) -> Result<Option<BTreeSet<String>>, OfflineError> {
    let object = source.object_in(row, &format!("value[{index}]"))?;
    let Some(members) = object.get("transitiveMembers") else { return Ok(None) };
    let what = format!("value[{index}], `transitiveMembers`");
    let mut ids = BTreeSet::new();
    for member in source.list_in(members, &what)? {
        // Graph's own expansion gives objects; the ids alone are enough.
        let id = if member.get().starts_with('{') {
            source
                .object_in(member, &what)?
                .get("id")
                .ok_or_else(|| source.wrong_in(member, format!("{what}: a member has no `id`")))?
        } else {
            member
        };
        ids.insert(source.value::<String>(id, &what)?.to_ascii_lowercase());
    }
    Ok(Some(ids))
}

/// What is said of a group that is asked for and not there: where it is named, and which one may be meant.
fn missing(group: &str, named: &Named, all: &[DirectoryGroup]) -> String {
    let place = named.group_in(group).unwrap_or("policy.toml");
    let hint = meant(group, all).map_or_else(String::new, |meant| {
        let name = meant.display_name.as_deref().map(|name| format!(" ({})", shown(name)));
        format!("; did you mean {}{}?", shown(&meant.id), name.unwrap_or_default())
    });
    format!(
        "has no group {} with `transitiveMembers`, which {place} names; add it with the ids of its users{hint}",
        shown(group)
    )
}

/// The group that has this name, else that of the nearest id or name.
fn meant<'g>(wanted: &str, all: &'g [DirectoryGroup]) -> Option<&'g DirectoryGroup> {
    let name = |group: &'g DirectoryGroup| group.display_name.as_deref().unwrap_or_default();
    if let Some(group) = all.iter().find(|group| name(group).to_lowercase() == wanted.to_lowercase()) {
        return Some(group);
    }
    let ids: Vec<&str> = all.iter().map(|group| group.id.as_str()).collect();
    if let Some(id) = nearest(wanted, &ids) {
        return all.iter().find(|group| group.id == id);
    }
    let names: Vec<&str> = all.iter().map(name).filter(|name| !name.is_empty()).collect();
    let near = nearest(wanted, &names)?;
    all.iter().find(|group| name(group) == near)
}
