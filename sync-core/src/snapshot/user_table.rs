//! Users packed, in whatever order they are: what a batch holds and a snapshot is made of.

use super::{
    body::{Body, Head},
    names::OpenNames,
    user_view::UserView,
};
use crate::model::{Attribute, License, UserKind};
use std::ops::Range;

/// Rows of users and the small tables they point into.
#[derive(Default)]
pub(crate) struct UserTable {
    pub(crate) body: Body,
    pub(crate) rows: Vec<UserRow>,
    pub(super) extensions: OpenNames,
    pub(super) directories: Vec<String>,
    pub(super) group_names: Vec<String>,
    pub(super) groups: Vec<u32>,
    pub(super) skus: Vec<License>,
    pub(super) licenses: Vec<u32>,
    /// Texts in the place of an address that are none, by where the text of their row begins, in ascending order. Of no use
    /// in a snapshot, which has none of them; whoever takes a batch apart gets them again.
    pub(super) no_addresses: Vec<(u32, String)>,
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

/// How many values a user has, as a rule.
const VALUES: usize = 20;
/// How many addresses a user has, as a rule.
const ADDRESSES: usize = 2;

impl UserTable {
    /// No users yet, and room for about so many with so many bytes of texts.
    pub(super) fn with_room(users: usize, bytes: usize) -> Self {
        let body = Body::with_room(bytes, users.saturating_mul(VALUES), users.saturating_mul(ADDRESSES));
        Self { body, rows: Vec::with_capacity(users), licenses: Vec::with_capacity(users), ..Self::default() }
    }

    /// The users in the order of the rows.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = UserView<'_>> + Clone {
        self.rows.iter().map(move |row| UserView { table: self, row })
    }

    pub(super) fn get(&self, place: usize) -> Option<UserView<'_>> {
        self.rows.get(place).map(|row| UserView { table: self, row })
    }

    pub(super) fn object_at(&self, place: usize) -> &str {
        self.rows.get(place).map_or("", |row| self.body.arena.get(row.head.id()))
    }

    pub(super) fn directory(&self, row: &UserRow) -> &str {
        self.directories.get(usize::from(row.directory)).map_or("", String::as_str)
    }

    /// What stood in the place of an address of a row and is none.
    pub(super) fn no_addresses(&self, row: &UserRow) -> impl Iterator<Item = &str> {
        let text = row.head.text();
        let first = self.no_addresses.partition_point(|(of, _)| *of < text);
        let theirs = self.no_addresses.iter().skip(first).take_while(move |(of, _)| *of == text);
        theirs.map(|(_, raw)| raw.as_str())
    }

    pub(super) fn attribute_ordinal(&self, attribute: &Attribute) -> Option<u8> {
        attribute
            .open_name()
            .map_or_else(|| attribute.ordinal(), |name| self.extensions.find(name, Attribute::KNOWN.len()))
    }

    /// Bytes held, capacity included, without the small tables.
    pub(super) fn bytes(&self) -> usize {
        self.body.bytes()
            + self.rows.capacity() * size_of::<UserRow>()
            + (self.groups.capacity() + self.licenses.capacity()) * size_of::<u32>()
    }
}
