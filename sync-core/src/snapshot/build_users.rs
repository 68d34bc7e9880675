//! Building the directory side of a plan.

use super::{
    address::Addresses,
    body::Body,
    completeness::{Completeness, SnapshotError},
    keys::{KeysBuilder, count16, place32},
    names::OpenNames,
    users::{
        ADDRESSES_LEFT_OUT, ALTERNATES_READ, BAD_ADDRESS, GROUPS_READ, HAS_IMMUTABLE, HAS_PRIMARY,
        LICENSES_READ, NO_SIGN_IN, SIGN_IN_LAST, UserRow, UserSnapshot, split_anchor,
    },
};
use crate::model::{
    Attribute, DirectoryGroup, DirectoryUser, License, SourceAnchor, is_tenant_default_domain,
};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

const MAIL: u8 = ordinal(&Attribute::Mail);
const PRINCIPAL: u8 = ordinal(&Attribute::UserPrincipalName);

/// The most addresses of one user without the sign-in name, whose place must be told from [`NO_SIGN_IN`].
const MOST_ADDRESSES: usize = NO_SIGN_IN as usize - 1;

const fn ordinal(attribute: &Attribute) -> u8 {
    match attribute.ordinal() {
        Some(ordinal) => ordinal,
        None => u8::MAX,
    }
}

/// Collects users into a snapshot.
#[derive(Default)]
pub struct UserSnapshotBuilder {
    body: Body,
    rows: Vec<UserRow>,
    keys: KeysBuilder,
    addresses: Addresses,
    extensions: OpenNames,
    directories: Vec<String>,
    group_names: Vec<String>,
    groups: Vec<u32>,
    skus: Vec<License>,
    licenses: Vec<u32>,
    removed: BTreeSet<SourceAnchor>,
    described_groups: BTreeMap<String, DirectoryGroup>,
}

impl UserSnapshotBuilder {
    /// Adds a user. A later row of the same anchor replaces an earlier one.
    ///
    /// At most 65,534 addresses of a user are kept; [`UserView::has_addresses_left_out`] says of whom there are more.
    ///
    /// [`UserView::has_addresses_left_out`]: super::UserView::has_addresses_left_out
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
        let immutable = immutable_id.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let mut flags = if immutable.is_some() { HAS_IMMUTABLE } else { 0 };
        let ids = self.body.begin(object, immutable.unwrap_or(""));
        self.keys.push(object);

        let arena = &mut self.body.arena;
        let mut writer = self.body.records.begin(arena);
        let (mut mail, mut principal) = (None, None);
        // Extensions come last in the map, and numbers of new ones follow those given out.
        let mut open: Vec<(u8, Option<&str>)> = Vec::new();
        for (attribute, value) in attributes {
            let value = value.as_deref();
            let Some(ordinal) = attribute.ordinal() else {
                let name = attribute.open_name().unwrap_or_default();
                let ordinal = self.extensions.ordinal(name, Attribute::KNOWN.len());
                open.extend(ordinal.map(|ordinal| (ordinal, value)));
                continue;
            };
            let span = writer.value(ordinal, value);
            if ordinal == MAIL {
                mail = value.map(|text| (text, span));
            } else if ordinal == PRINCIPAL {
                principal = value.map(|text| (text, span));
            }
        }
        open.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        for (ordinal, value) in open {
            writer.value(ordinal, value);
        }
        let record = writer.finish();

        let first = self.addresses.all.len();
        if let Some((mail, span)) = mail.filter(|(_, span)| !span.is_empty()) {
            if self.addresses.read(mail).is_some() {
                flags |= HAS_PRIMARY;
                self.addresses.push(arena, mail, Some(span));
            } else {
                flags |= BAD_ADDRESS;
            }
        }
        if let Some(alternates) = alternate_emails {
            flags |= ALTERNATES_READ;
            for raw in alternates {
                if self.addresses.read(raw).is_some() {
                    if self.addresses.known(arena, first).is_some() {
                        continue;
                    }
                    if self.addresses.all.len() - first == MOST_ADDRESSES {
                        flags |= ADDRESSES_LEFT_OUT;
                        break;
                    }
                    self.addresses.push(arena, raw, None);
                } else if !raw.trim().is_empty() {
                    flags |= BAD_ADDRESS;
                }
            }
        }
        let mut sign_in = NO_SIGN_IN;
        if let Some((name, span)) = principal
            && self.addresses.read(name).is_some_and(is_routable)
        {
            sign_in = count16(self.addresses.known(arena, first).unwrap_or_else(|| {
                flags |= SIGN_IN_LAST;
                self.addresses.push(arena, name, Some(span));
                self.addresses.all.len() - 1 - first
            }));
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
            head: Body::end(ids, record, &self.addresses, first),
            groups: place32(group_start),
            licenses: place32(license_start),
            group_count: count16(self.groups.len() - group_start),
            license_count: count16(self.licenses.len() - license_start),
            directory,
            sign_in,
            kind: *kind,
            enabled: *enabled,
            flags,
        });
    }

    /// Notes that the directory itself said that an object was deleted.
    pub fn remove(&mut self, anchor: SourceAnchor) {
        self.removed.insert(anchor);
    }

    /// Notes what the directory says of a group. A later row of the same id replaces an earlier one.
    pub fn group(&mut self, group: DirectoryGroup) {
        self.described_groups.insert(group.id.trim().to_ascii_lowercase(), group);
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
            mut body,
            rows,
            keys,
            addresses,
            extensions,
            directories,
            group_names,
            groups,
            skus,
            licenses,
            removed,
            described_groups,
        } = self;
        body.addresses = addresses.all;
        if body.arena.overflowed() || u32::try_from(body.addresses.len().max(rows.len())).is_err() {
            return Err(SnapshotError::TooLarge);
        }
        if extensions.refused() {
            return Err(SnapshotError::TooManyNames);
        }
        let ranks = ranks(&directories);
        let row = |place: u32| rows.get(place as usize);
        let rank =
            |place: u32| row(place).and_then(|r| ranks.get(usize::from(r.directory))).copied().unwrap_or(0);
        let object = |place: u32| row(place).map_or("", |row| body.arena.get(row.head.id()));
        let (places, keys) = keys
            .sorted(rank, object, directories.len() > 1)
            .last_of_each(|a, b| rank(a) == rank(b) && object(a) == object(b));
        let (body, rows) = body.in_order(rows, &places, |row| &mut row.head);
        let mut snapshot = UserSnapshot {
            runs: runs(&rows),
            body,
            rows,
            keys,
            extensions,
            directories,
            group_names,
            groups,
            skus,
            licenses,
            removed: BTreeSet::new(),
            taken_at,
            completeness,
            described_groups,
        };
        snapshot.removed = removed.into_iter().filter(|anchor| snapshot.find(anchor).is_none()).collect();
        Ok(snapshot)
    }
}

impl fmt::Debug for UserSnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSnapshotBuilder").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// The place of each directory among all in ascending order.
fn ranks(directories: &[String]) -> Vec<u16> {
    let mut order: Vec<usize> = (0..directories.len()).collect();
    order.sort_by(|a, b| directories.get(*a).cmp(&directories.get(*b)));
    let mut ranks = vec![0; directories.len()];
    for (rank, place) in order.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(place) {
            *slot = count16(rank);
        }
    }
    ranks
}

/// The rows of each directory.
fn runs(rows: &[UserRow]) -> Vec<(u16, Range<usize>)> {
    let mut runs: Vec<(u16, Range<usize>)> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        match runs.last_mut() {
            Some((directory, range)) if *directory == row.directory => range.end = place + 1,
            _ => runs.push((row.directory, place..place + 1)),
        }
    }
    runs
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
