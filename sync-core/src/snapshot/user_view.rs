//! One packed user, read in place.

use super::{
    record::{Masks, ReadText},
    user_table::{
        ADDRESSES_LEFT_OUT, ALTERNATES_READ, BAD_ADDRESS, GROUPS_READ, HAS_IMMUTABLE, LICENSES_READ,
        SIGN_IN_LAST, UserRow, UserTable,
    },
    users::split_anchor,
};
use crate::model::{Attribute, DirectoryUser, License, SourceAnchor, UserKind};
use std::fmt;

/// One user of a snapshot or a batch.
#[derive(Clone, Copy)]
pub struct UserView<'a> {
    pub(super) table: &'a UserTable,
    pub(super) row: &'a UserRow,
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
        self.table.directory(self.row)
    }

    /// The object's own id.
    #[must_use]
    pub fn object_id(self) -> &'a str {
        self.table.body.arena.get(self.row.head.id())
    }

    /// Whether a text is the user's object id, alone or with the directory before it.
    pub(crate) fn is_known_as(self, id: &str) -> bool {
        let (directory, object) = split_anchor(id);
        object.eq_ignore_ascii_case(self.object_id())
            && (directory.is_empty() || directory.eq_ignore_ascii_case(self.directory()))
    }

    /// The id that survives a move between directories.
    #[must_use]
    pub fn immutable_id(self) -> Option<&'a str> {
        (self.row.flags & HAS_IMMUTABLE != 0).then(|| self.table.body.arena.get(self.row.head.second_id()))
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
        match self.table.attribute_ordinal(attribute) {
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
        self.table.body.records.get(&self.table.body.arena, &self.row.head.record, ordinal)
    }

    /// Which attributes there are.
    #[inline]
    pub(crate) fn masks(self) -> Masks {
        self.row.head.record.masks()
    }

    /// The bytes of an attribute whose slot is known.
    #[inline]
    pub(crate) fn bytes_at(self, before: u8) -> &'a [u8] {
        self.table.body.records.text_bytes(&self.table.body.arena, &self.row.head.record, before)
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
        let first = self.table.body.addresses.get(self.row.addresses().start)?;
        self.row.has_primary().then(|| self.table.body.arena.get(first.shown))
    }

    /// The primary address in comparable form.
    #[must_use]
    pub fn primary_email_key(self) -> Option<&'a str> {
        let first = self.table.body.addresses.get(self.row.addresses().start)?;
        self.row.has_primary().then(|| self.table.body.arena.get(first.key))
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
        let address = self.table.body.addresses.get(last)?;
        (self.row.flags & SIGN_IN_LAST != 0).then(|| self.table.body.arena.get(address.key))
    }

    /// Every other address as written; `None` where they were not read.
    #[must_use]
    pub fn alternate_emails(self) -> Option<impl Iterator<Item = &'a str>> {
        let skip = usize::from(self.row.has_primary());
        (self.row.flags & ALTERNATES_READ != 0).then(move || {
            let mut range = self.row.addresses();
            range.end -= usize::from(self.row.flags & SIGN_IN_LAST != 0);
            self.table
                .body
                .addresses
                .get(range)
                .unwrap_or(&[])
                .iter()
                .skip(skip)
                .map(|a| self.table.body.arena.get(a.shown))
        })
    }

    /// Every address in comparable form: the primary one first, then the others, then the sign-in name where it can
    /// be an address.
    pub fn email_keys(self) -> impl Iterator<Item = &'a str> {
        let range = self.row.addresses();
        self.table.body.addresses.get(range).unwrap_or(&[]).iter().map(|a| self.table.body.arena.get(a.key))
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
            self.table
                .groups
                .get(range)
                .unwrap_or(&[])
                .iter()
                .filter_map(move |g| self.table.group_names.get(*g as usize).map(String::as_str))
        })
    }

    /// Licences; `None` where they were not read.
    #[must_use]
    pub fn licenses(self) -> Option<impl Iterator<Item = &'a License>> {
        let range =
            self.row.licenses as usize..self.row.licenses as usize + usize::from(self.row.license_count);
        (self.row.flags & LICENSES_READ != 0).then(move || {
            self.table
                .licenses
                .get(range)
                .unwrap_or(&[])
                .iter()
                .filter_map(move |l| self.table.skus.get(*l as usize))
        })
    }

    /// The user as an adapter would hand it over, with the texts as they are kept: trimmed, each address once, ids of groups
    /// in lower case. A snapshot keeps no text that was meant to be an address and is none; a batch does.
    #[must_use]
    pub fn to_user(self) -> DirectoryUser {
        let mut user = DirectoryUser::new(self.anchor());
        user.immutable_id = self.immutable_id().map(str::to_owned);
        user.kind = self.kind();
        user.enabled = self.enabled();
        user.alternate_emails = self.alternate_emails().map(|all| {
            let none = self.table.no_addresses(self.row);
            all.chain(none).map(str::to_owned).collect()
        });
        user.groups = self.groups().map(|all| all.map(str::to_owned).collect());
        user.licenses = self.licenses().map(|all| all.cloned().collect());
        let known = Attribute::KNOWN.iter().filter_map(|name| name.parse::<Attribute>().ok());
        let open = self.table.extensions.iter(Attribute::KNOWN.len());
        let open = open.map(|(_, name)| Attribute::Extension(name.to_owned()));
        for attribute in known.chain(open) {
            let value = match self.attribute(&attribute) {
                ReadText::NotRead => continue,
                ReadText::Blank => None,
                ReadText::Text(text) => Some(text.to_owned()),
            };
            user.attributes.insert(attribute, value);
        }
        user
    }
}

impl fmt::Debug for UserView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserView").field("anchor", &self.anchor()).finish_non_exhaustive()
    }
}
