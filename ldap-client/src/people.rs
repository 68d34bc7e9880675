//! People of a listing, each by an id of their own.

use crate::{dn, entry::Entry, error::unexpected, map::Context};
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};
use sync_core::{Result, model::DirectoryUser};

/// Translates pages, and remembers which entry had which id where a configuration chose what identifies people. Two
/// hashes per person are kept, whatever the size of their names.
#[derive(Debug, Default)]
pub(crate) struct People {
    hasher: RandomState,
    entries: HashMap<u64, u64>,
}

impl People {
    /// The people among these entries.
    ///
    /// # Errors
    /// `UnexpectedResponse` for an id that two entries share: one of them would be taken for the other and their contact
    /// for somebody who is gone. The same entry may come twice. Otherwise as [`Context::user`].
    pub(crate) fn of(&mut self, context: &Context, entries: &[Entry]) -> Result<Vec<DirectoryUser>> {
        let mut people = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(user) = context.user(entry)? else { continue };
            if let Some(schema) = &context.layout.other {
                let id = self.hasher.hash_one(user.anchor.as_str());
                let name = self.hasher.hash_one(dn::key(&entry.dn).unwrap_or_else(|| entry.dn.clone()));
                if self.entries.insert(id, name).is_some_and(|known| known != name) {
                    let message = format!(
                        "several people have the same `{}`, so it identifies nobody; set schema.id to an attribute that \
                         is each entry's own",
                        schema.id
                    );
                    return Err(unexpected(context.operation, message));
                }
            }
            people.push(user);
        }
        Ok(people)
    }
}
