//! The directory side of a plan: every user, packed, sorted by anchor.

use super::{
    UserSnapshotBuilder,
    body::{Body, Head},
    completeness::Completeness,
    keys::{Keys, join},
    names::OpenNames,
    record::ReadText,
};
use crate::model::{Attribute, DirectoryGroup, License, SourceAnchor, UserKind};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

/// Everything read from a directory, with an explicit claim of completeness.
///
/// Built by [`UserSnapshotBuilder`]; addresses are normalised and hashed once, there. Read through [`UserView`].
pub struct UserSnapshot {
    pub(crate) body: Body,
    pub(crate) rows: Vec<UserRow>,
    /// The object id of each row.
    pub(super) keys: Keys,
    /// The rows of each directory, in ascending order of directory.
    pub(super) runs: Vec<(u16, Range<usize>)>,
    pub(super) extensions: OpenNames,
    pub(super) directories: Vec<String>,
    pub(super) group_names: Vec<String>,
    pub(super) groups: Vec<u32>,
    pub(super) skus: Vec<License>,
    pub(super) licenses: Vec<u32>,
    pub(super) removed: BTreeSet<SourceAnchor>,
    pub(super) taken_at: DateTime<Utc>,
    pub(super) completeness: Completeness,
    pub(super) described_groups: BTreeMap<String, DirectoryGroup>,
}

/// One user: the object id, then the immutable id. The first address is the primary one where
/// [`UserRow::has_primary`] says so.
#[derive(Clone, Copy)]
pub(crate) struct UserRow {
    pub(super) head: Head,
    pub(super) groups: u32,
    pub(super) licenses: u32,
    pub(super) group_count: u16,
    pub(super) license_count: u16,
    pub(super) directory: u16,
    /// Which of the addresses is the sign-in name; [`NO_SIGN_IN`] where it can be none.
    pub(super) sign_in: u16,
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
/// There are more addresses than a row has room for.
pub(super) const ADDRESSES_LEFT_OUT: u8 = 128;
/// The sign-in name cannot be an address.
pub(super) const NO_SIGN_IN: u16 = u16::MAX;

impl UserRow {
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.head.addresses()
    }

    pub(crate) const fn has_primary(&self) -> bool {
        self.flags & HAS_PRIMARY != 0
    }

    /// The place of the address the user is known by: the primary one, else the sign-in name where it can be one.
    pub(crate) fn main_address(&self) -> Option<usize> {
        if self.has_primary() {
            return Some(self.addresses().start);
        }
        (self.sign_in != NO_SIGN_IN).then(|| self.addresses().start + usize::from(self.sign_in))
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

    /// What the directory said of a group (id in any case) that was asked for; nothing where it says nothing of groups.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&DirectoryGroup> {
        self.described_groups.get(&id.trim().to_ascii_lowercase())
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
        self.place_in(&self.run(directory)?, object)
    }

    /// The directories of all users, each with the trailing colon.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.iter().map(String::as_str)
    }

    /// The rows of a directory.
    fn run(&self, directory: &str) -> Option<Range<usize>> {
        let is = |place: u16| self.directories.get(usize::from(place)).is_some_and(|d| d == directory);
        self.runs.iter().find(|(place, _)| is(*place)).map(|(_, rows)| rows.clone())
    }

    fn place_in(&self, run: &Range<usize>, object: &str) -> Option<usize> {
        self.keys.find(run.clone(), object, |place| self.object_at(place))
    }

    /// The object id of the user at a place, where all are GUIDs.
    pub(crate) fn guid_at(&self, place: usize) -> Option<u128> {
        self.keys.guid_at(place)
    }

    fn object_at(&self, place: usize) -> &str {
        self.rows.get(place).map_or("", |row| self.body.arena.get(row.head.id()))
    }

    /// Calls `met` with the place of each of `many` object ids of a directory that is here, and its place in `many`,
    /// which is in ascending order.
    pub(crate) fn join<'t>(
        &self,
        directory: &str,
        many: (&Keys, Range<usize>),
        text: impl Fn(usize) -> &'t str,
        mut met: impl FnMut(usize, usize),
    ) {
        let Some(run) = self.run(directory) else { return };
        let (keys, range) = many;
        if self.keys.exact_with(keys) {
            let mine = self.keys.slice(run.clone());
            join(mine, keys.slice(range.clone()), |one, other| met(run.start + one, range.start + other));
            return;
        }
        for place in range {
            if let Some(found) = self.place_in(&run, text(place)) {
                met(found, place);
            }
        }
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
        self.body.bytes()
            + self.rows.capacity() * size_of::<UserRow>()
            + self.keys.bytes()
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
        self.snapshot.body.arena.get(self.row.head.id())
    }

    /// The id that survives a move between directories.
    #[must_use]
    pub fn immutable_id(self) -> Option<&'a str> {
        (self.row.flags & HAS_IMMUTABLE != 0).then(|| self.snapshot.body.arena.get(self.row.head.second_id()))
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

    /// An attribute of the neutral set, whose place needs no search.
    #[inline]
    pub(crate) fn known(self, attribute: &Attribute) -> ReadText<'a> {
        attribute.ordinal().map_or(ReadText::NotRead, |ordinal| self.attribute_at(ordinal))
    }

    #[inline]
    pub(crate) fn attribute_at(self, ordinal: u8) -> ReadText<'a> {
        self.snapshot.body.records.get(&self.snapshot.body.arena, &self.row.head.record, ordinal)
    }

    /// The sign-in name, or nothing where it was not read.
    #[must_use]
    pub fn principal_name(self) -> &'a str {
        self.known(&Attribute::UserPrincipalName).text().unwrap_or("")
    }

    /// The display name, or nothing where it was not read.
    #[must_use]
    pub fn display_name(self) -> &'a str {
        self.known(&Attribute::DisplayName).text().unwrap_or("")
    }

    /// The primary address (`mail`) as written, where it is one.
    #[must_use]
    pub fn primary_email(self) -> Option<&'a str> {
        let first = self.snapshot.body.addresses.get(self.row.addresses().start)?;
        self.row.has_primary().then(|| self.snapshot.body.arena.get(first.shown))
    }

    /// The primary address in comparable form.
    #[must_use]
    pub fn primary_email_key(self) -> Option<&'a str> {
        let first = self.snapshot.body.addresses.get(self.row.addresses().start)?;
        self.row.has_primary().then(|| self.snapshot.body.arena.get(first.key))
    }

    /// The address the user is known by: `mail`, or the sign-in name where that is an address people can be reached
    /// under from outside.
    #[must_use]
    pub fn main_email(self) -> Option<&'a str> {
        match self.primary_email() {
            Some(mail) => Some(mail),
            None => self.row.main_address().map(|_| self.principal_name()),
        }
    }

    /// The sign-in name in comparable form, where it can be an address and is not one of the others.
    pub(crate) fn sign_in_key(self) -> Option<&'a str> {
        let last = self.row.addresses().end.checked_sub(1)?;
        let address = self.snapshot.body.addresses.get(last)?;
        (self.row.flags & SIGN_IN_LAST != 0).then(|| self.snapshot.body.arena.get(address.key))
    }

    /// Every other address as written; `None` where they were not read.
    #[must_use]
    pub fn alternate_emails(self) -> Option<impl Iterator<Item = &'a str>> {
        let skip = usize::from(self.row.has_primary());
        (self.row.flags & ALTERNATES_READ != 0).then(move || {
            let mut range = self.row.addresses();
            range.end -= usize::from(self.row.flags & SIGN_IN_LAST != 0);
            self.snapshot
                .body
                .addresses
                .get(range)
                .unwrap_or(&[])
                .iter()
                .skip(skip)
                .map(|a| self.snapshot.body.arena.get(a.shown))
        })
    }

    /// Every address in comparable form: the primary one first, then the others, then the sign-in name where it can
    /// be an address.
    pub fn email_keys(self) -> impl Iterator<Item = &'a str> {
        let range = self.row.addresses();
        self.snapshot
            .body
            .addresses
            .get(range)
            .unwrap_or(&[])
            .iter()
            .map(|a| self.snapshot.body.arena.get(a.key))
    }

    /// Whether some text in an address place was no address.
    #[must_use]
    pub const fn has_bad_address(self) -> bool {
        self.row.flags & BAD_ADDRESS != 0
    }

    /// Whether the user has more addresses than a snapshot has room for (65,534 of one user), so that some are unknown.
    #[must_use]
    pub const fn has_addresses_left_out(self) -> bool {
        self.row.flags & ADDRESSES_LEFT_OUT != 0
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
