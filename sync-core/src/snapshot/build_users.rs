//! Building the directory side of a plan.

use super::{
    address::{Address, push_address},
    arena::{Arena, Span},
    completeness::{Completeness, SnapshotError},
    names::OpenNames,
    record::Records,
    sort::{count16, place32, sort_key},
    users::{
        ALTERNATES_READ, BAD_ADDRESS, GROUPS_READ, HAS_IMMUTABLE, HAS_PRIMARY, LICENSES_READ, SIGN_IN_FIRST,
        SIGN_IN_LAST, UserRow, UserSnapshot, split_anchor,
    },
};
use crate::model::{Attribute, DirectoryUser, License, SourceAnchor, is_tenant_default_domain};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt};

/// Collects users into a snapshot.
#[derive(Default)]
pub struct UserSnapshotBuilder {
    arena: Arena,
    rows: Vec<UserRow>,
    addresses: Vec<Address>,
    records: Records,
    extensions: OpenNames,
    directories: Vec<String>,
    group_names: Vec<String>,
    groups: Vec<u32>,
    skus: Vec<License>,
    licenses: Vec<u32>,
    removed: BTreeSet<SourceAnchor>,
    scratch: String,
}

impl UserSnapshotBuilder {
    /// Adds a user. A later row of the same anchor replaces an earlier one.
    pub fn push(&mut self, user: &DirectoryUser) {
        let DirectoryUser {
            anchor,
            immutable_id,
            kind,
            enabled,
            alternate_emails,
            groups,
            licenses,
            attributes,
        } = user;
        let (directory, object) = split_anchor(anchor.as_str());
        let directory = intern(&mut self.directories, directory);
        let mut flags = 0u8;
        let immutable = immutable_id.as_deref().map(str::trim).filter(|t| !t.is_empty());
        let object = self.arena.push(object);
        let immutable = immutable.map_or_else(Span::default, |text| {
            flags |= HAS_IMMUTABLE;
            self.arena.push(text)
        });
        let extensions = &mut self.extensions;
        let mut open: Vec<(u8, Option<&str>)> = Vec::new();
        for (attribute, value) in attributes {
            if let Attribute::Extension(name) = attribute
                && let Some(ordinal) = extensions.ordinal(name, Attribute::KNOWN.len())
            {
                open.push((ordinal, value.as_deref()));
            }
        }
        open.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        let known = attributes.iter().filter_map(|(a, v)| Some((a.ordinal()?, v.as_deref())));
        let record = self.records.push(&mut self.arena, known.chain(open));
        let first_address = self.addresses.len();
        if let Some(mail) = user.attribute(&Attribute::Mail) {
            match push_address(&mut self.arena, mail, &mut self.scratch) {
                Some(address) => {
                    flags |= HAS_PRIMARY;
                    self.addresses.push(address);
                }
                None => flags |= BAD_ADDRESS,
            }
        }
        if let Some(alternates) = alternate_emails {
            flags |= ALTERNATES_READ;
            for raw in alternates.iter().take(usize::from(u16::MAX) - 1) {
                match push_address(&mut self.arena, raw, &mut self.scratch) {
                    Some(address) => {
                        self.push_distinct(first_address, address);
                    }
                    None if raw.trim().is_empty() => {}
                    None => flags |= BAD_ADDRESS,
                }
            }
        }
        if let Some(name) = user.attribute(&Attribute::UserPrincipalName)
            && let Some(address) = push_address(&mut self.arena, name, &mut self.scratch)
            && is_routable(&self.scratch)
        {
            let known = self.push_distinct(first_address, address);
            if let Some(known) = known
                && flags & HAS_PRIMARY == 0
                && let Some(others) = self.addresses.get_mut(first_address..=known)
            {
                // It is the address the person is known by, wherever the directory lists it.
                others.rotate_right(1);
                flags |= SIGN_IN_FIRST;
            }
            if known.is_none() {
                flags |= SIGN_IN_LAST;
            }
        }
        let (group_start, license_start) = (self.groups.len(), self.licenses.len());
        if let Some(groups) = groups {
            flags |= GROUPS_READ;
            for group in groups {
                let place = intern(&mut self.group_names, &group.to_ascii_lowercase());
                self.groups.push(u32::from(place));
            }
        }
        if let Some(licenses) = licenses {
            flags |= LICENSES_READ;
            for license in licenses {
                let place = self.skus.iter().position(|s| s == license).unwrap_or_else(|| {
                    self.skus.push(license.clone());
                    self.skus.len() - 1
                });
                self.licenses.push(place32(place));
            }
        }
        self.rows.push(UserRow {
            record,
            object,
            immutable,
            addresses: place32(first_address),
            groups: place32(group_start),
            licenses: place32(license_start),
            address_count: count16(self.addresses.len() - first_address),
            group_count: count16(self.groups.len() - group_start),
            license_count: count16(self.licenses.len() - license_start),
            directory,
            kind: *kind,
            enabled: *enabled,
            flags,
        });
    }

    /// Adds an address of the row being built; answers its place instead where the row has it already.
    fn push_distinct(&mut self, first: usize, address: Address) -> Option<usize> {
        let known = self.addresses.get(first..).unwrap_or(&[]);
        let same =
            |a: &Address| a.hash == address.hash && self.arena.get(a.key) == self.arena.get(address.key);
        let at = known.iter().position(same).map(|at| first + at);
        if at.is_none() {
            self.addresses.push(address);
        }
        at
    }

    /// Notes that the directory itself said that an object was deleted.
    pub fn remove(&mut self, anchor: SourceAnchor) {
        self.removed.insert(anchor);
    }

    /// How many rows were pushed, repeated ones included.
    #[must_use]
    pub fn pushed(&self) -> usize {
        self.rows.len()
    }

    /// Sorts, drops all but the last row of each anchor, and closes the snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] when the rows do not fit one snapshot.
    pub fn finish(
        self,
        taken_at: DateTime<Utc>,
        completeness: Completeness,
    ) -> Result<UserSnapshot, SnapshotError> {
        let Self {
            mut arena,
            rows,
            mut addresses,
            mut records,
            extensions,
            directories,
            group_names,
            groups,
            skus,
            licenses,
            removed,
            scratch: _,
        } = self;
        if arena.overflowed() || u32::try_from(addresses.len().max(rows.len())).is_err() {
            return Err(SnapshotError::TooLarge);
        }
        if extensions.refused() {
            return Err(SnapshotError::TooManyNames);
        }
        arena.shrink();
        records.shrink();
        addresses.shrink_to_fit();
        let mut snapshot = UserSnapshot {
            arena,
            rows: Vec::new(),
            addresses,
            records,
            extensions,
            directories,
            group_names,
            groups,
            skus,
            licenses,
            removed,
            taken_at,
            completeness,
        };
        snapshot.rows = snapshot.sorted(&rows);
        let mut removed = std::mem::take(&mut snapshot.removed);
        removed.retain(|anchor| snapshot.find(anchor).is_none());
        snapshot.removed = removed;
        Ok(snapshot)
    }
}

impl UserSnapshot {
    fn sorted(&self, rows: &[UserRow]) -> Vec<UserRow> {
        let mut order: Vec<(u128, u32)> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| (sort_key(self.arena.get(row.object)), place32(i)))
            .collect();
        let parts = |i: u32| rows.get(i as usize).map(|row| self.anchor_parts(row));
        let one_directory = self.directories.len() <= 1;
        order.sort_unstable_by(|a, b| {
            let by_key = if one_directory { a.0.cmp(&b.0) } else { std::cmp::Ordering::Equal };
            by_key.then_with(|| parts(a.1).cmp(&parts(b.1))).then(a.1.cmp(&b.1))
        });
        let mut sorted: Vec<UserRow> = Vec::with_capacity(order.len());
        for (_, place) in order {
            let Some(row) = rows.get(place as usize) else { continue };
            match sorted.last_mut() {
                Some(last) if self.anchor_parts(last) == self.anchor_parts(row) => *last = *row,
                _ => sorted.push(*row),
            }
        }
        sorted
    }
}

impl fmt::Debug for UserSnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSnapshotBuilder").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// Whether a sign-in name in comparable form can be somebody's address outside the directory.
fn is_routable(key: &str) -> bool {
    !is_tenant_default_domain(key) && !key.contains("#ext#")
}

/// The place of a name in a small table, added where it is new.
fn intern(table: &mut Vec<String>, name: &str) -> u16 {
    let place = table.iter().position(|n| n == name).unwrap_or_else(|| {
        table.push(name.to_owned());
        table.len() - 1
    });
    count16(place)
}
