//! The PSA side of a plan: every contact, packed, sorted by id.

use super::{
    ContactSnapshotBuilder,
    address::Address,
    body::{Body, Head},
    completeness::Completeness,
    keys::{Keys, count16, join},
    names::OpenNames,
    record::{Masks, ReadText},
};
use crate::model::{CompanyId, Contact, ContactField, ContactId, FieldValue, VersionTag};
use chrono::{DateTime, Utc};
use std::{fmt, ops::Range};

/// Between the items of a packed list. Items are single lines, so nothing is lost.
pub(super) const LIST_SEPARATOR: char = '\n';

/// Everything read from a PSA about the contacts of some companies, with an explicit claim of completeness.
///
/// Built by [`ContactSnapshotBuilder`]; read through [`ContactView`].
pub struct ContactSnapshot {
    pub(crate) body: Body,
    pub(crate) rows: Vec<ContactRow>,
    /// The id of each row.
    pub(super) keys: Keys,
    pub(super) custom: OpenNames,
    pub(super) companies: Vec<CompanyId>,
    pub(super) taken_at: DateTime<Utc>,
    pub(super) completeness: Completeness,
}

/// One contact: the id, then the version. Text, flags (`true`/`false`) and lists (one item a line) all lie in the record as text.
#[derive(Clone, Copy)]
pub(crate) struct ContactRow {
    pub(super) head: Head,
    pub(super) flags_mask: u64,
    pub(super) company: u16,
    pub(crate) active: Option<bool>,
    pub(crate) protected: bool,
    pub(super) has_primary: bool,
}

/// The company of a contact that has none.
pub(crate) const NO_COMPANY: u16 = u16::MAX;

impl ContactRow {
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.head.addresses()
    }

    pub(crate) const fn has_primary(&self) -> bool {
        self.has_primary
    }

    pub(crate) const fn company(&self) -> u16 {
        self.company
    }
}

impl ContactSnapshot {
    /// An empty builder that keeps every field.
    #[must_use]
    pub fn builder() -> ContactSnapshotBuilder {
        ContactSnapshotBuilder::default()
    }

    /// How many contacts there are.
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

    /// All contacts in ascending order of id.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ContactView<'_>> + Clone {
        self.rows.iter().map(move |row| ContactView { snapshot: self, row })
    }

    /// The contact at a place in that order.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<ContactView<'_>> {
        self.rows.get(place).map(|row| ContactView { snapshot: self, row })
    }

    /// The contact with this id.
    #[must_use]
    pub fn find(&self, id: &ContactId) -> Option<ContactView<'_>> {
        self.place_of(id.as_str()).and_then(|place| self.get(place))
    }

    pub(crate) fn place_of(&self, id: &str) -> Option<usize> {
        self.keys.find(0..self.rows.len(), id, |place| self.id_at(place))
    }

    fn id_at(&self, place: usize) -> &str {
        self.rows.get(place).map_or("", |row| self.body.arena.get(row.head.id()))
    }

    /// Calls `met` with the place of each of `many` ids that is here, and its place in `many`, which is in ascending
    /// order.
    pub(crate) fn join<'t>(
        &self,
        many: &Keys,
        text: impl Fn(usize) -> &'t str,
        mut met: impl FnMut(usize, usize),
    ) {
        if self.keys.exact_with(many) {
            join(self.keys.slice(0..self.rows.len()), many.slice(0..many.len()), met);
            return;
        }
        for place in 0..many.len() {
            if let Some(found) = self.place_of(text(place)) {
                met(found, place);
            }
        }
    }

    /// The primary address of the contact at a place, where it has one.
    pub(crate) fn primary_address(&self, place: usize) -> Option<&Address> {
        let row = self.rows.get(place).filter(|row| row.has_primary())?;
        self.body.addresses.get(row.addresses().start)
    }

    /// Asks memory for the contacts at some places, ahead of reading them.
    pub(crate) fn touch(&self, places: impl Iterator<Item = u32> + Clone) {
        let rows = places.filter_map(|place| {
            let row = self.rows.get(place as usize)?;
            let next = self.rows.get(place as usize + 1);
            Some((row.head, self.body.end_of(next.map(|next| &next.head))))
        });
        // Rows first: where their texts lie is known only from them.
        std::hint::black_box(rows.clone().fold(0, |seen, (_, end)| seen ^ end));
        self.body.touch(rows);
    }

    pub(crate) fn company_place(&self, id: &CompanyId) -> Option<u16> {
        self.companies.iter().position(|c| c == id).map(count16)
    }

    pub(crate) fn field_ordinal(&self, field: &ContactField) -> Option<u8> {
        field
            .open_name()
            .map_or_else(|| field.ordinal(), |name| self.custom.find(name, ContactField::KNOWN.len()))
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
        self.body.bytes() + self.rows.capacity() * size_of::<ContactRow>() + self.keys.bytes()
    }
}

impl fmt::Debug for ContactSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactSnapshot")
            .field("contacts", &self.rows.len())
            .field("completeness", &self.completeness)
            .finish_non_exhaustive()
    }
}

/// One contact of a snapshot.
#[derive(Clone, Copy)]
pub struct ContactView<'a> {
    snapshot: &'a ContactSnapshot,
    row: &'a ContactRow,
}

impl<'a> ContactView<'a> {
    /// The id.
    #[must_use]
    pub fn id(self) -> &'a str {
        self.snapshot.body.arena.get(self.row.head.id())
    }

    /// The company; some contacts have none.
    #[must_use]
    pub fn company(self) -> Option<&'a CompanyId> {
        self.snapshot.companies.get(usize::from(self.row.company))
    }

    /// The active status; `None` where the PSA cannot tell.
    #[must_use]
    pub const fn active(self) -> Option<bool> {
        self.row.active
    }

    /// Whether the PSA treats the contact specially.
    #[must_use]
    pub const fn protected(self) -> bool {
        self.row.protected
    }

    /// The vendor's concurrency token.
    #[must_use]
    pub fn version(self) -> Option<VersionTag> {
        let version = self.row.head.second_id();
        (!version.is_empty()).then(|| VersionTag::new(self.snapshot.body.arena.get(version)))
    }

    /// A field as text: flags as `true` or `false`, lists one item a line.
    #[must_use]
    pub fn text(self, field: &ContactField) -> ReadText<'a> {
        self.snapshot.field_ordinal(field).map_or(ReadText::NotRead, |ordinal| self.text_at(ordinal))
    }

    #[inline]
    pub(crate) fn text_at(self, ordinal: u8) -> ReadText<'a> {
        self.snapshot.body.records.get(&self.snapshot.body.arena, &self.row.head.record, ordinal)
    }

    /// Which fields there are.
    #[inline]
    pub(crate) fn masks(self) -> Masks {
        self.row.head.record.masks()
    }

    /// The bytes of a field whose slot is known.
    #[inline]
    pub(crate) fn bytes_at(self, before: u8) -> &'a [u8] {
        self.snapshot.body.records.text_bytes(&self.snapshot.body.arena, &self.row.head.record, before)
    }

    /// A field as a value; `None` where it was not read.
    #[must_use]
    pub fn value(self, field: &ContactField) -> Option<FieldValue> {
        let ordinal = self.snapshot.field_ordinal(field)?;
        let list = is_list(field);
        match self.text_at(ordinal) {
            ReadText::NotRead => None,
            ReadText::Blank if list => Some(FieldValue::List(Vec::new())),
            ReadText::Blank => Some(FieldValue::Empty),
            ReadText::Text(text) if self.row.flags_mask & (1 << ordinal) != 0 => {
                Some(FieldValue::Flag(text == "true"))
            }
            ReadText::Text(text) if list => {
                Some(FieldValue::List(text.split(LIST_SEPARATOR).map(str::to_owned).collect()))
            }
            ReadText::Text(text) => Some(FieldValue::Text(text.to_owned())),
        }
    }

    /// The contact as an adapter would hand it over.
    #[must_use]
    pub fn to_contact(self) -> Contact {
        let mut contact = Contact {
            id: ContactId::new(self.id()),
            company: self.company().cloned(),
            fields: std::collections::BTreeMap::new(),
            protected: self.protected(),
            version: self.version(),
        };
        for name in ContactField::KNOWN {
            if let Ok(field) = name.parse::<ContactField>()
                && let Some(value) = self.value(&field)
            {
                contact.fields.insert(field, value);
            }
        }
        for (_, name) in self.snapshot.custom.iter(ContactField::KNOWN.len()) {
            let field = ContactField::Custom(name.to_owned());
            if let Some(value) = self.value(&field) {
                contact.fields.insert(field, value);
            }
        }
        contact
    }

    /// The primary address in comparable form.
    #[must_use]
    pub fn primary_email_key(self) -> Option<&'a str> {
        let first = self.snapshot.body.addresses.get(self.row.addresses().start)?;
        self.row.has_primary.then(|| self.snapshot.body.arena.get(first.key))
    }

    /// Every address in comparable form, the primary one first.
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
}

impl fmt::Debug for ContactView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactView").field("id", &self.id()).finish_non_exhaustive()
    }
}

/// Whether a field holds a list.
pub(crate) const fn is_list(field: &ContactField) -> bool {
    matches!(field, ContactField::AlternateEmails | ContactField::ContactTypes)
}
