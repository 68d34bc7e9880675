//! The PSA side of a plan: every contact, packed, sorted by id.

use super::{
    address::{Address, push_address},
    arena::{Arena, Span},
    completeness::{Completeness, SnapshotError},
    names::OpenNames,
    record::{ReadText, Record, Records},
    sort::sort_key,
    users::{count16, place32},
};
use crate::model::{CompanyId, Contact, ContactField, ContactId, FieldValue, VersionTag};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt, ops::Range};

/// Between the items of a packed list. Items are single lines, so nothing is lost.
const LIST_SEPARATOR: char = '\n';

/// Everything read from a PSA about the contacts of some companies, with an explicit claim of completeness.
///
/// Built by [`ContactSnapshotBuilder`]; read through [`ContactView`].
pub struct ContactSnapshot {
    pub(crate) arena: Arena,
    pub(crate) rows: Vec<ContactRow>,
    pub(crate) addresses: Vec<Address>,
    /// The sort key of each row's id: look-ups by id touch nothing else until they hit.
    keys: Vec<u128>,
    records: Records,
    custom: OpenNames,
    companies: Vec<CompanyId>,
    taken_at: DateTime<Utc>,
    completeness: Completeness,
}

/// One contact. Text, flags (`true`/`false`) and lists (one item a line) all lie in the record as text.
#[derive(Clone, Copy)]
pub(crate) struct ContactRow {
    record: Record,
    flags_mask: u64,
    id: Span,
    version: Span,
    addresses: u32,
    address_count: u16,
    company: u16,
    pub(crate) active: Option<bool>,
    pub(crate) protected: bool,
    has_primary: bool,
}

/// The company of a contact that has none.
pub(crate) const NO_COMPANY: u16 = u16::MAX;

impl ContactRow {
    pub(crate) fn addresses(&self) -> Range<usize> {
        self.addresses as usize..self.addresses as usize + usize::from(self.address_count)
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
        let key = sort_key(id);
        self.keys
            .binary_search(&key)
            .ok()
            // Keys reach sixteen bytes; the few rows that share one lie side by side.
            .and_then(|hit| {
                let first =
                    self.keys.get(..hit)?.iter().rposition(|k| *k != key).map_or(0, |before| before + 1);
                let same = self.keys.get(first..)?.iter().take_while(|k| **k == key).count();
                let rows = self.rows.get(first..first + same)?;
                rows.iter().position(|row| self.arena.get(row.id) == id).map(|at| first + at)
            })
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
        self.arena.bytes()
            + self.records.bytes()
            + self.rows.capacity() * size_of::<ContactRow>()
            + self.keys.capacity() * size_of::<u128>()
            + self.addresses.capacity() * size_of::<Address>()
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
        self.snapshot.arena.get(self.row.id)
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
        (!self.row.version.is_empty()).then(|| VersionTag::new(self.snapshot.arena.get(self.row.version)))
    }

    /// A field as text: flags as `true` or `false`, lists one item a line.
    #[must_use]
    pub fn text(self, field: &ContactField) -> ReadText<'a> {
        self.snapshot.field_ordinal(field).map_or(ReadText::NotRead, |ordinal| self.text_at(ordinal))
    }

    pub(crate) fn text_at(self, ordinal: u8) -> ReadText<'a> {
        self.snapshot.records.get(&self.snapshot.arena, &self.row.record, ordinal)
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
        let first = self.snapshot.addresses.get(self.row.addresses as usize)?;
        self.row.has_primary.then(|| self.snapshot.arena.get(first.key))
    }

    /// Every address in comparable form, the primary one first.
    pub fn email_keys(self) -> impl Iterator<Item = &'a str> {
        let range = self.row.addresses();
        self.snapshot.addresses.get(range).unwrap_or(&[]).iter().map(|a| self.snapshot.arena.get(a.key))
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

/// A value as packed text; `None` for blank.
pub(crate) fn packed_text(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Empty => None,
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Flag(flag) => Some(flag.to_string()),
        FieldValue::List(items) => {
            let lines: Vec<String> = items
                .iter()
                .map(|item| item.replace(LIST_SEPARATOR, " ").trim().to_owned())
                .filter(|i| !i.is_empty())
                .collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        }
    }
}

/// Collects contacts into a snapshot.
#[derive(Default)]
pub struct ContactSnapshotBuilder {
    arena: Arena,
    rows: Vec<ContactRow>,
    addresses: Vec<Address>,
    records: Records,
    custom: OpenNames,
    companies: Vec<CompanyId>,
    wanted: Option<BTreeSet<String>>,
    scratch: String,
}

impl ContactSnapshotBuilder {
    /// Keeps only these custom fields; a snapshot has room for 42 of them.
    #[must_use]
    pub fn keep_custom_fields(mut self, names: BTreeSet<String>) -> Self {
        self.wanted = Some(names);
        self
    }

    /// Adds a contact. A later row of the same id replaces an earlier one.
    pub fn push(&mut self, contact: &Contact) {
        let Contact { id, company, fields, protected, version } = contact;
        let id = self.arena.push(id.as_str());
        let version = version.as_ref().map_or_else(Span::default, |v| self.arena.push(v.as_str()));
        let company = company.as_ref().map_or(NO_COMPANY, |company| {
            count16(self.companies.iter().position(|c| c == company).unwrap_or_else(|| {
                self.companies.push(company.clone());
                self.companies.len() - 1
            }))
        });
        let known_names = ContactField::KNOWN.len();
        let mut flags_mask = 0u64;
        let mut packed: Vec<(u8, Option<std::borrow::Cow<'_, str>>)> = Vec::with_capacity(fields.len());
        for (field, value) in fields {
            let ordinal = match field.open_name() {
                Some(name) if self.wanted.as_ref().is_some_and(|w| !w.contains(name)) => None,
                Some(name) => self.custom.ordinal(name, known_names),
                None => field.ordinal(),
            };
            let Some(ordinal) = ordinal else { continue };
            if matches!(value, FieldValue::Flag(_)) {
                flags_mask |= 1 << ordinal;
            }
            let text = match value.as_text() {
                Some(text) => Some(std::borrow::Cow::Borrowed(text)),
                None => packed_text(value).map(Into::into),
            };
            packed.push((ordinal, text));
        }
        packed.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        let record = self.records.push(&mut self.arena, packed.iter().map(|(o, t)| (*o, t.as_deref())));
        let first_address = self.addresses.len();
        let mut has_primary = false;
        if let Some(FieldValue::Text(email)) = fields.get(&ContactField::Email)
            && let Some(address) = push_address(&mut self.arena, email, &mut self.scratch)
        {
            has_primary = true;
            self.addresses.push(address);
        }
        if let Some(FieldValue::List(alternates)) = fields.get(&ContactField::AlternateEmails) {
            for raw in alternates.iter().take(usize::from(u16::MAX) - 1) {
                if let Some(address) = push_address(&mut self.arena, raw, &mut self.scratch) {
                    self.addresses.push(address);
                }
            }
        }
        self.rows.push(ContactRow {
            record,
            flags_mask,
            id,
            version,
            addresses: place32(first_address),
            address_count: count16(self.addresses.len() - first_address),
            company,
            active: contact.active(),
            protected: *protected,
            has_primary,
        });
    }

    /// How many rows were pushed, repeated ones included.
    #[must_use]
    pub fn pushed(&self) -> usize {
        self.rows.len()
    }

    /// Sorts, drops all but the last row of each id, and closes the snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] when the rows do not fit one snapshot.
    pub fn finish(
        self,
        taken_at: DateTime<Utc>,
        completeness: Completeness,
    ) -> Result<ContactSnapshot, SnapshotError> {
        let Self { mut arena, rows, mut addresses, mut records, custom, companies, wanted: _, scratch: _ } =
            self;
        if arena.overflowed()
            || u32::try_from(addresses.len().max(rows.len())).is_err()
            || companies.len() >= usize::from(NO_COMPANY)
        {
            return Err(SnapshotError::TooLarge);
        }
        if custom.refused() {
            return Err(SnapshotError::TooManyNames);
        }
        arena.shrink();
        records.shrink();
        addresses.shrink_to_fit();
        let sorted = sorted(&arena, &rows);
        let keys = sorted.iter().map(|row| sort_key(arena.get(row.id))).collect();
        Ok(ContactSnapshot {
            arena,
            rows: sorted,
            addresses,
            keys,
            records,
            custom,
            companies,
            taken_at,
            completeness,
        })
    }
}

fn sorted(arena: &Arena, rows: &[ContactRow]) -> Vec<ContactRow> {
    let mut order: Vec<(u128, u32)> =
        rows.iter().enumerate().map(|(i, row)| (sort_key(arena.get(row.id)), place32(i))).collect();
    let id = |i: u32| rows.get(i as usize).map(|row| arena.get(row.id));
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| id(a.1).cmp(&id(b.1))).then(a.1.cmp(&b.1)));
    let mut sorted: Vec<ContactRow> = Vec::with_capacity(order.len());
    for (_, place) in order {
        let Some(row) = rows.get(place as usize) else { continue };
        match sorted.last_mut() {
            Some(last) if arena.get(last.id) == arena.get(row.id) => *last = *row,
            _ => sorted.push(*row),
        }
    }
    sorted
}

impl fmt::Debug for ContactSnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactSnapshotBuilder").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
