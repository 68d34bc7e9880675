//! The tenant's objects, and the log of changes that delta reads.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};
use serde_json::{Map, Value, json};

use super::entity::Entity;
use super::group::{Group, seeded_groups};
use super::user::User;
use crate::people::Person;
use crate::rng::Rng;

/// What happened to a user at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    /// Created or restored: everything counts as changed.
    Appeared,
    /// These properties changed.
    Edited(Vec<&'static str>),
    /// Soft-deleted or purged.
    Went,
}

/// What happened to a group at one revision of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum GroupChange {
    /// Created or renamed.
    Appeared,
    /// A direct member came.
    Joined(String),
    /// A direct member left.
    Left(String),
    /// Deleted; security groups go for good.
    Went,
}

/// What delta must say about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// It is there; these properties changed, or all of them.
    Present(Option<BTreeSet<&'static str>>),
    /// It is soft-deleted.
    Deleted,
    /// It is gone for good.
    Purged,
}

/// The relation that delta tracks as if it were a property.
pub(super) const MANAGER: &str = "manager";

/// The tenant.
#[derive(Debug, Default)]
pub(crate) struct Store {
    users: BTreeMap<String, User>,
    deleted: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
    log: Vec<(String, Change)>,
    group_log: Vec<(String, GroupChange)>,
    /// Users as they were before they were last edited, for pages that come out of order.
    before: BTreeMap<String, User>,
    /// Properties that once had a value and lost it: delta shows their nulls, and no others.
    cleared: BTreeMap<String, BTreeSet<&'static str>>,
}

impl Store {
    /// The directory half of a seeded world.
    pub(super) fn seeded(people: &[Person], now: DateTime<Utc>, rng: &mut Rng) -> Self {
        let mut store = Self::default();
        for person in people {
            let user = User::from(person);
            if person.in_directory {
                store.users.insert(user.id.clone(), user);
            } else if let Some(days) = person.deleted_days_ago {
                let at = now.checked_sub_days(Days::new(u64::from(days))).unwrap_or(now);
                let text = at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
                store.deleted.insert(user.id.clone(), mangled(user, &text));
            }
        }
        store.groups =
            seeded_groups(&store.users, rng).into_iter().map(|group| (group.id.clone(), group)).collect();
        store
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub(super) fn deleted(&self) -> impl Iterator<Item = &User> {
        self.deleted.values()
    }

    pub(super) fn groups(&self) -> &BTreeMap<String, Group> {
        &self.groups
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.get(id)
    }

    /// By object id or user principal name, in any case.
    pub(super) fn find(&self, key: &str) -> Option<&User> {
        let by_id = self.users.get(&key.to_ascii_lowercase());
        by_id.or_else(|| self.users.values().find(|user| user.user_principal_name.eq_ignore_ascii_case(key)))
    }

    pub(super) fn find_deleted(&self, id: &str) -> Option<&User> {
        self.deleted.get(&id.to_ascii_lowercase())
    }

    pub(super) fn add(&mut self, user: User) {
        self.log.push((user.id.clone(), Change::Appeared));
        self.users.insert(user.id.clone(), user);
    }

    pub(super) fn edit(&mut self, id: &str, edit: impl FnOnce(&mut User)) -> bool {
        let Some(user) = self.users.get_mut(id) else { return false };
        let before = user.clone();
        edit(user);
        before.id.clone_into(&mut user.id);
        let mut changed = Vec::new();
        for name in User::properties() {
            let (old, new) = (before.property(name), user.property(name));
            if old != new {
                changed.push(name);
                if is_unset(&new) {
                    self.cleared.entry(id.to_owned()).or_default().insert(name);
                }
            }
        }
        if before.manager != user.manager {
            changed.push(MANAGER);
        }
        if !changed.is_empty() {
            self.log.push((id.to_owned(), Change::Edited(changed)));
            self.before.insert(id.to_owned(), before);
        }
        true
    }

    /// The user as it was before the last edit.
    pub(super) fn before(&self, id: &str) -> Option<&User> {
        self.before.get(id)
    }

    /// Adds a security group, or replaces one of that id.
    pub(crate) fn add_group(&mut self, id: &str, display_name: &str) {
        let id = id.to_ascii_lowercase();
        let group = Group::security(&id, display_name);
        self.groups.insert(id.clone(), group);
        self.group_log.push((id, GroupChange::Appeared));
    }

    /// Makes a user or a group a direct member; false when it is one already or there is no such group.
    pub(crate) fn join(&mut self, group: &str, member: &str) -> bool {
        let (group, member) = (group.to_ascii_lowercase(), member.to_ascii_lowercase());
        let came = self.groups.get_mut(&group).is_some_and(|held| held.members.insert(member.clone()));
        if came {
            self.group_log.push((group, GroupChange::Joined(member)));
        }
        came
    }

    /// Ends a direct membership; false when there is none.
    pub(crate) fn leave(&mut self, group: &str, member: &str) -> bool {
        let (group, member) = (group.to_ascii_lowercase(), member.to_ascii_lowercase());
        let left = self.groups.get_mut(&group).is_some_and(|held| held.members.remove(&member));
        if left {
            self.group_log.push((group, GroupChange::Left(member)));
        }
        left
    }

    /// Deletes a group for good; it is then a member of no other, which is told of itself only.
    pub(crate) fn delete_group(&mut self, group: &str) -> bool {
        let group = group.to_ascii_lowercase();
        let gone = self.groups.remove(&group).is_some();
        for other in self.groups.values_mut() {
            other.members.remove(&group);
        }
        if gone {
            self.group_log.push((group, GroupChange::Went));
        }
        gone
    }

    /// How many changes of groups there have been.
    pub(super) fn group_revision(&self) -> usize {
        self.group_log.len()
    }

    /// What changed after one revision and up to another, by group, in order.
    pub(super) fn group_news(&self, from: usize, upto: usize) -> BTreeMap<String, Vec<GroupChange>> {
        let mut news: BTreeMap<String, Vec<GroupChange>> = BTreeMap::new();
        for (id, change) in self.group_log.iter().take(upto).skip(from) {
            news.entry(id.clone()).or_default().push(change.clone());
        }
        news
    }

    pub(super) fn delete(&mut self, id: &str, at: &str) -> bool {
        let Some(user) = self.users.remove(id) else { return false };
        self.deleted.insert(id.to_owned(), mangled(user, at));
        self.log.push((id.to_owned(), Change::Went));
        true
    }

    pub(super) fn restore(&mut self, id: &str) -> bool {
        let Some(mut user) = self.deleted.remove(id) else { return false };
        user.deleted_date_time = None;
        let prefix = user.id.replace('-', "");
        if let Some(name) = user.user_principal_name.strip_prefix(&prefix) {
            user.user_principal_name = name.to_owned();
        }
        self.add(user);
        true
    }

    pub(super) fn purge(&mut self, id: &str) -> bool {
        let gone = self.users.remove(id).or_else(|| self.deleted.remove(id)).is_some();
        if gone {
            self.log.push((id.to_owned(), Change::Went));
        }
        gone
    }

    /// How many changes there have been.
    pub(super) fn revision(&self) -> usize {
        self.log.len()
    }

    /// What changed after one revision and up to another, by user.
    pub(super) fn news(&self, from: usize, upto: usize) -> BTreeMap<String, News> {
        let mut news: BTreeMap<String, News> = BTreeMap::new();
        for (id, change) in self.log.iter().take(upto).skip(from) {
            let state = if self.users.contains_key(id) {
                let seen = match (news.remove(id), change) {
                    (Some(News::Present(Some(mut seen))), Change::Edited(names)) => {
                        seen.extend(names.iter().copied());
                        Some(seen)
                    }
                    (None, Change::Edited(names)) => Some(names.iter().copied().collect()),
                    _ => None,
                };
                News::Present(seen)
            } else if self.deleted.contains_key(id) {
                News::Deleted
            } else {
                News::Purged
            };
            news.insert(id.clone(), state);
        }
        news
    }

    /// Whether the property once had a value that it lost.
    pub(super) fn was_cleared(&self, id: &str, name: &str) -> bool {
        self.cleared.get(id).is_some_and(|names| names.contains(name))
    }

    pub(super) fn state(&self) -> Value {
        let users = |users: &BTreeMap<String, User>| -> Value { users.values().map(whole).collect() };
        json!({
            "users": users(&self.users),
            "deleted_users": users(&self.deleted),
            "groups": self.groups.values().map(|group| json!({
                "id": group.id, "displayName": group.display_name, "members": group.members.iter().collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "revision": self.revision(),
        })
    }
}

/// The user with every property that has a value.
fn whole(user: &User) -> Value {
    let values = User::properties().into_iter().map(|name| (name.to_owned(), user.property(name)));
    Value::Object(values.filter(|(_, value)| !is_unset(value)).collect::<Map<_, _>>())
}

/// Whether Graph counts a value as never set.
pub(super) fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The user as it lies in the deleted items: its principal name is prefixed with its id (Microsoft Graph,
/// "Deleted items", page of 2026).
fn mangled(mut user: User, at: &str) -> User {
    user.user_principal_name = format!("{}{}", user.id.replace('-', ""), user.user_principal_name);
    user.deleted_date_time = Some(at.to_owned());
    user
}
