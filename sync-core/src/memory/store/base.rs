//! Both sides as last read.

use super::MemoryStore;
use crate::{
    error::Result,
    memory::lock,
    model::{Contact, TenantName},
    store::{Base, BaseChange, BaseStore, BaseUsers, Rows, RunId},
};
use async_trait::async_trait;

#[async_trait]
impl BaseStore for MemoryStore {
    async fn base(&self, tenant: &TenantName) -> Result<Base> {
        let state = lock(&self.state);
        let Some(state) = state.tenants.get(tenant) else { return Ok(Base::default()) };
        let mut base = state.base.clone();
        base.generation = state.links.generation();
        base.open = state.links.open().len() as u64;
        Ok(base)
    }

    async fn base_users(&self, tenant: &TenantName) -> Result<BaseUsers> {
        let state = lock(&self.state);
        let Some(state) = state.tenants.get(tenant) else { return Ok(BaseUsers::default()) };
        Ok(BaseUsers {
            users: state.users.values().cloned().collect(),
            removed: state.removed.clone(),
            groups: state.groups.clone(),
        })
    }

    async fn base_contacts(&self, tenant: &TenantName) -> Result<Vec<Contact>> {
        let state = lock(&self.state);
        let contacts = state.tenants.get(tenant).map(|state| state.contacts.values().cloned().collect());
        Ok(contacts.unwrap_or_default())
    }

    async fn keep(&self, tenant: &TenantName, run: RunId, change: &BaseChange) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("keep what was read", run)?;
        let BaseChange { directory, users, contacts, rows, gone, quiet } = change;
        let (replaces, users) = match users {
            Rows::Keep => (false, None),
            Rows::Replace(users) => (true, Some(users)),
            Rows::Fold(users) => (false, Some(users)),
        };
        if replaces {
            (state.users, state.removed, state.groups) = Default::default();
        }
        if let Some(BaseUsers { users, removed, groups }) = users {
            for user in users {
                state.removed.retain(|anchor| *anchor != user.anchor);
                state.users.insert(user.anchor.clone(), user.clone());
            }
            for anchor in removed {
                state.users.remove(anchor);
                if !state.removed.contains(anchor) {
                    state.removed.push(anchor.clone());
                }
            }
            for group in groups {
                state.groups.retain(|known| !known.id.eq_ignore_ascii_case(&group.id));
                state.groups.push(group.clone());
            }
            state.removed.sort();
        }
        let (replaces, rows) = match rows {
            Rows::Keep => (false, None),
            Rows::Replace(rows) => (true, Some(rows)),
            Rows::Fold(rows) => (false, Some(rows)),
        };
        if replaces {
            state.contacts.clear();
        }
        let rows = rows.into_iter().flatten();
        state.contacts.extend(rows.map(|contact| (contact.id.clone(), contact.clone())));
        for id in gone {
            state.contacts.remove(id);
        }
        if directory.is_some() {
            state.base.directory.clone_from(directory);
        }
        if contacts.is_some() {
            state.base.contacts.clone_from(contacts);
        }
        if let Some(quiet) = quiet {
            state.base.quiet.clone_from(quiet);
        }
        Ok(())
    }
}
