//! The directory side of a plan: every user, packed, sorted by anchor.

use super::{
    address::{Address, push_address},
    arena::{Arena, Span},
    completeness::{Completeness, SnapshotError},
    names::OpenNames,
    record::{ReadText, Record, Records},
    sort::sort_key,
};
use crate::model::{Attribute, DirectoryUser, License, SourceAnchor, UserKind, is_tenant_default_domain};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt, ops::Range};

/// Everything read from a directory, with an explicit claim of completeness.
///
/// Built by [`UserSnapshotBuilder`]; addresses are normalised and hashed once, there. Read through [`UserView`].
pub struct UserSnapshot {
    pub(crate) arena: Arena,
    pub(crate) rows: Vec<UserRow>,
    pub(crate) addresses: Vec<Address>,
    records: Records,
    extensions: OpenNames,
    directories: Vec<String>,
    group_names: Vec<String>,
    groups: Vec<u32>,
    skus: Vec<License>,
    licenses: Vec<u32>,
    removed: BTreeSet<SourceAnchor>,
    taken_at: DateTime<Utc>,
    completeness: Completeness,
}

/// One user. The first address is the primary one where [`UserRow::has_primary`] says so.
#[derive(Clone, Copy)]
pub(crate) struct UserRow {
    record: Record,
    object: Span,
    immutable: Span,
    addresses: u32,
    groups: u32,
    licenses: u32,
    address_count: u16,
    group_count: u16,
    license_count: u16,
    directory: u16,
    kind: Option<UserKind>,
    enabled: Option<bool>,
    flags: u8,
}

const HAS_PRIMARY: u8 = 1;
const HAS_IMMUTABLE: u8 = 2;
const GROUPS_READ: u8 = 4;
const LICENSES_READ: u8 = 8;
const ALTERNATES_READ: u8 = 16;
const BAD_ADDRESS: u8 = 32;
/// The last address is the sign-in name: good for matching, not an address of its own.
const SIGN_IN_LAST: u8 = 64;

impl UserRow {
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.addresses as usize..self.addresses as usize + usize::from(self.address_count)
    }

    pub(crate) const fn has_primary(&self) -> bool {
        self.flags & HAS_PRIMARY != 0
    }
}

impl UserSnapshot {
    /// An empty builder.
    #[must_use]
    pub fn builder() -> UserSnapshotBuilder {
        UserSnapshotBuilder::default()
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// When the read was finished.
    #[must_use]
    pub const fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    /// Whether this is all there is.
    #[must_use]
    pub const fn completeness(&self) -> &Completeness {
        &self.completeness
    }

    /// Objects of which the directory itself said that they were deleted; evidence even in a partial read.
    #[must_use]
    pub const fn removed(&self) -> &BTreeSet<SourceAnchor> {
        &self.removed
    }

    /// All users in ascending order of anchor.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = UserView<'_>> + Clone {
        self.rows.iter().map(move |row| UserView { snapshot: self, row })
    }

    /// The user at a place in that order.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<UserView<'_>> {
        self.rows.get(place).map(|row| UserView { snapshot: self, row })
    }

    /// The user with this anchor.
    #[must_use]
    pub fn find(&self, anchor: &SourceAnchor) -> Option<UserView<'_>> {
        self.place_of(anchor.as_str()).and_then(|place| self.get(place))
    }

    pub(crate) fn place_of(&self, anchor: &str) -> Option<usize> {
        let (directory, object) = split_anchor(anchor);
        self.rows.binary_search_by(|row| self.anchor_parts(row).cmp(&(directory, object))).ok()
    }

    /// The first place at or after an anchor, by search.
    pub(crate) fn first_at_or_after(&self, wanted: (&str, &str)) -> usize {
        self.rows.partition_point(|row| self.anchor_parts(row) < wanted)
    }

    /// The first place at or after an anchor, walking on from a place before it.
    pub(crate) fn walk_to(&self, from: usize, wanted: (&str, &str)) -> usize {
        let rest = self.rows.get(from..).unwrap_or(&[]);
        from + rest.iter().take_while(|row| self.anchor_parts(row) < wanted).count()
    }

    /// Whether the user at a place has this anchor.
    pub(crate) fn is_at(&self, place: usize, wanted: (&str, &str)) -> bool {
        self.rows.get(place).is_some_and(|row| self.anchor_parts(row) == wanted)
    }

    fn anchor_parts(&self, row: &UserRow) -> (&str, &str) {
        (self.directory(row), self.arena.get(row.object))
    }

    fn directory(&self, row: &UserRow) -> &str {
        self.directories.get(usize::from(row.directory)).map_or("", String::as_str)
    }

    /// The same rows, of which nothing may be concluded from absence.
    #[must_use]
    pub fn into_partial(mut self, because: String) -> Self {
        self.completeness = Completeness::Partial { because };
        self
    }

    /// Bytes held, capacity included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.arena.bytes()
            + self.records.bytes()
            + self.rows.capacity() * size_of::<UserRow>()
            + self.addresses.capacity() * size_of::<Address>()
            + (self.groups.capacity() + self.licenses.capacity()) * size_of::<u32>()
    }
}

impl fmt::Debug for UserSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSnapshot")
            .field("users", &self.rows.len())
            .field("removed", &self.removed.len())
            .field("completeness", &self.completeness)
            .finish_non_exhaustive()
    }
}

/// One user of a snapshot.
#[derive(Clone, Copy)]
pub struct UserView<'a> {
    snapshot: &'a UserSnapshot,
    row: &'a UserRow,
}

impl<'a> UserView<'a> {
    pub(crate) const fn row(self) -> &'a UserRow {
        self.row
    }

    /// The immutable id.
    #[must_use]
    pub fn anchor(self) -> SourceAnchor {
        SourceAnchor::new(format!("{}{}", self.directory(), self.object_id()))
    }

    /// The part of the anchor that names the directory, with the trailing colon.
    #[must_use]
    pub fn directory(self) -> &'a str {
        self.snapshot.directory(self.row)
    }

    /// The object's own id.
    #[must_use]
    pub fn object_id(self) -> &'a str {
        self.snapshot.arena.get(self.row.object)
    }

    /// The id that survives a move between directories.
    #[must_use]
    pub fn immutable_id(self) -> Option<&'a str> {
        (self.row.flags & HAS_IMMUTABLE != 0).then(|| self.snapshot.arena.get(self.row.immutable))
    }

    /// What kind of object; `None` where the directory does not say.
    #[must_use]
    pub const fn kind(self) -> Option<UserKind> {
        self.row.kind
    }

    /// Whether the account may sign in; `None` where the directory does not say.
    #[must_use]
    pub const fn enabled(self) -> Option<bool> {
        self.row.enabled
    }

    /// An attribute.
    #[must_use]
    pub fn attribute(self, attribute: &Attribute) -> ReadText<'a> {
        match self.snapshot.attribute_ordinal(attribute) {
            Some(ordinal) => self.attribute_at(ordinal),
            None => ReadText::NotRead,
        }
    }

    pub(crate) fn attribute_at(self, ordinal: u8) -> ReadText<'a> {
        self.snapshot.records.get(&self.snapshot.arena, &self.row.record, ordinal)
    }

    /// The sign-in name, or nothing where it was not read.
    #[must_use]
    pub fn principal_name(self) -> &'a str {
        self.attribute(&Attribute::UserPrincipalName).text().unwrap_or("")
    }

    /// The display name, or nothing where it was not read.
    #[must_use]
    pub fn display_name(self) -> &'a str {
        self.attribute(&Attribute::DisplayName).text().unwrap_or("")
    }

    /// The primary address (`mail`) as written, where it is one.
    #[must_use]
    pub fn primary_email(self) -> Option<&'a str> {
        let first = self.snapshot.addresses.get(self.row.addresses as usize)?;
        self.row.has_primary().then(|| self.snapshot.arena.get(first.shown))
    }

    /// The primary address in comparable form.
    #[must_use]
    pub fn primary_email_key(self) -> Option<&'a str> {
        let first = self.snapshot.addresses.get(self.row.addresses as usize)?;
        self.row.has_primary().then(|| self.snapshot.arena.get(first.key))
    }

    /// Every other address as written; `None` where they were not read.
    #[must_use]
    pub fn alternate_emails(self) -> Option<impl Iterator<Item = &'a str>> {
        let skip = usize::from(self.row.has_primary());
        (self.row.flags & ALTERNATES_READ != 0).then(move || {
            let mut range = self.row.addresses();
            range.end -= usize::from(self.row.flags & SIGN_IN_LAST != 0);
            self.snapshot
                .addresses
                .get(range)
                .unwrap_or(&[])
                .iter()
                .skip(skip)
                .map(|a| self.snapshot.arena.get(a.shown))
        })
    }

    /// Every address in comparable form: the primary one first, then the others, then the sign-in name where it can
    /// be an address.
    pub fn email_keys(self) -> impl Iterator<Item = &'a str> {
        let range = self.row.addresses();
        self.snapshot.addresses.get(range).unwrap_or(&[]).iter().map(|a| self.snapshot.arena.get(a.key))
    }

    /// Whether some text in an address place was no address.
    #[must_use]
    pub const fn has_bad_address(self) -> bool {
        self.row.flags & BAD_ADDRESS != 0
    }

    /// Ids of the groups that were asked for and that the user belongs to; `None` where groups were not read.
    #[must_use]
    pub fn groups(self) -> Option<impl Iterator<Item = &'a str>> {
        let range = self.row.groups as usize..self.row.groups as usize + usize::from(self.row.group_count);
        (self.row.flags & GROUPS_READ != 0).then(move || {
            self.snapshot
                .groups
                .get(range)
                .unwrap_or(&[])
                .iter()
                .filter_map(move |g| self.snapshot.group_names.get(*g as usize).map(String::as_str))
        })
    }

    /// Licences; `None` where they were not read.
    #[must_use]
    pub fn licenses(self) -> Option<impl Iterator<Item = &'a License>> {
        let range =
            self.row.licenses as usize..self.row.licenses as usize + usize::from(self.row.license_count);
        (self.row.flags & LICENSES_READ != 0).then(move || {
            self.snapshot
                .licenses
                .get(range)
                .unwrap_or(&[])
                .iter()
                .filter_map(move |l| self.snapshot.skus.get(*l as usize))
        })
    }
}

impl fmt::Debug for UserView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserView").field("anchor", &self.anchor()).finish_non_exhaustive()
    }
}

impl UserSnapshot {
    pub(crate) fn attribute_ordinal(&self, attribute: &Attribute) -> Option<u8> {
        attribute
            .open_name()
            .map_or_else(|| attribute.ordinal(), |name| self.extensions.find(name, Attribute::KNOWN.len()))
    }
}

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
                    Some(address) => self.push_distinct(first_address, address),
                    None if raw.trim().is_empty() => {}
                    None => flags |= BAD_ADDRESS,
                }
            }
        }
        if let Some(name) = user.attribute(&Attribute::UserPrincipalName)
            && let Some(address) = push_address(&mut self.arena, name, &mut self.scratch)
            && is_routable(&self.scratch)
        {
            let before = self.addresses.len();
            self.push_distinct(first_address, address);
            if self.addresses.len() > before {
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

    /// Adds an address of the row being built unless the row has it already.
    fn push_distinct(&mut self, first: usize, address: Address) {
        let known = self.addresses.get(first..).unwrap_or(&[]);
        if !known
            .iter()
            .any(|a| a.hash == address.hash && self.arena.get(a.key) == self.arena.get(address.key))
        {
            self.addresses.push(address);
        }
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

/// The directory (with the trailing colon) and the object id of an anchor.
pub(crate) fn split_anchor(anchor: &str) -> (&str, &str) {
    anchor.rfind(':').map_or(("", anchor), |colon| anchor.split_at(colon + 1))
}

/// The place of a name in a small table, added where it is new.
fn intern(table: &mut Vec<String>, name: &str) -> u16 {
    let place = table.iter().position(|n| n == name).unwrap_or_else(|| {
        table.push(name.to_owned());
        table.len() - 1
    });
    count16(place)
}

/// Truncation cannot happen below 4 GiB of text, which [`UserSnapshotBuilder::finish`] checks.
pub(super) fn place32(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

pub(super) fn count16(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
