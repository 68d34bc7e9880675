//! The directory side of a plan: every user, packed, sorted by anchor.

use super::{
    UserSnapshotBuilder,
    address::Address,
    arena::{Arena, Span},
    completeness::Completeness,
    names::OpenNames,
    record::{ReadText, Record, Records},
};
use crate::model::{Attribute, License, SourceAnchor, UserKind};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt, ops::Range};

/// Everything read from a directory, with an explicit claim of completeness.
///
/// Built by [`UserSnapshotBuilder`]; addresses are normalised and hashed once, there. Read through [`UserView`].
pub struct UserSnapshot {
    pub(crate) arena: Arena,
    pub(crate) rows: Vec<UserRow>,
    pub(crate) addresses: Vec<Address>,
    pub(super) records: Records,
    pub(super) extensions: OpenNames,
    pub(super) directories: Vec<String>,
    pub(super) group_names: Vec<String>,
    pub(super) groups: Vec<u32>,
    pub(super) skus: Vec<License>,
    pub(super) licenses: Vec<u32>,
    pub(super) removed: BTreeSet<SourceAnchor>,
    pub(super) taken_at: DateTime<Utc>,
    pub(super) completeness: Completeness,
}

/// One user. The first address is the primary one where [`UserRow::has_primary`] says so.
#[derive(Clone, Copy)]
pub(crate) struct UserRow {
    pub(super) record: Record,
    pub(super) object: Span,
    pub(super) immutable: Span,
    pub(super) addresses: u32,
    pub(super) groups: u32,
    pub(super) licenses: u32,
    pub(super) address_count: u16,
    pub(super) group_count: u16,
    pub(super) license_count: u16,
    pub(super) directory: u16,
    pub(super) kind: Option<UserKind>,
    pub(super) enabled: Option<bool>,
    pub(super) flags: u8,
}

pub(super) const HAS_PRIMARY: u8 = 1;
pub(super) const HAS_IMMUTABLE: u8 = 2;
pub(super) const GROUPS_READ: u8 = 4;
pub(super) const LICENSES_READ: u8 = 8;
pub(super) const ALTERNATES_READ: u8 = 16;
pub(super) const BAD_ADDRESS: u8 = 32;
/// The last address is the sign-in name: good for matching, not an address of its own.
pub(super) const SIGN_IN_LAST: u8 = 64;
/// There is no primary address, and the first of the others is the sign-in name too.
pub(super) const SIGN_IN_FIRST: u8 = 128;

impl UserRow {
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.addresses as usize..self.addresses as usize + usize::from(self.address_count)
    }

    pub(crate) const fn has_primary(&self) -> bool {
        self.flags & HAS_PRIMARY != 0
    }

    /// The place of the address the user is known by: the primary one, else the sign-in name where it can be one.
    pub(crate) fn main_address(&self) -> Option<usize> {
        if self.flags & (HAS_PRIMARY | SIGN_IN_FIRST) != 0 {
            return Some(self.addresses().start);
        }
        (self.flags & SIGN_IN_LAST != 0).then(|| self.addresses().end - 1)
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

    pub(super) fn anchor_parts(&self, row: &UserRow) -> (&str, &str) {
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

    /// The address the person is known by, as written: the primary one, or the sign-in name where that is an address
    /// people can be reached under.
    #[must_use]
    pub fn main_email(self) -> Option<&'a str> {
        let main = self.snapshot.addresses.get(self.row.main_address()?)?;
        Some(self.snapshot.arena.get(main.shown))
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

/// The directory (with the trailing colon) and the object id of an anchor.
pub(crate) fn split_anchor(anchor: &str) -> (&str, &str) {
    anchor.rfind(':').map_or(("", anchor), |colon| anchor.split_at(colon + 1))
}
