//! Building the PSA side of a plan.

use super::{
    address::{Address, push_address},
    arena::{Arena, Span},
    completeness::{Completeness, SnapshotError},
    contacts::{ContactRow, ContactSnapshot, LIST_SEPARATOR, NO_COMPANY},
    names::OpenNames,
    record::Records,
    sort::{count16, place32, sort_key},
};
use crate::model::{CompanyId, Contact, ContactField, FieldValue};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt};

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
