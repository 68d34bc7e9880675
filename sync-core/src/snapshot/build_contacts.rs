//! Building the PSA side of a plan.

use super::{
    address::AddressReader,
    body::Body,
    completeness::{Completeness, SnapshotError},
    contacts::{ContactRow, ContactSnapshot, NO_COMPANY},
    keys::{KeysBuilder, count16},
    names::OpenNames,
    parts::Parts,
};
use crate::model::{CompanyId, Contact, ContactField, FieldValue, VersionTag};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, fmt};

/// Collects contacts into a snapshot.
#[derive(Default)]
pub struct ContactSnapshotBuilder {
    body: Body,
    rows: Vec<ContactRow>,
    keys: KeysBuilder,
    reader: AddressReader,
    custom: OpenNames,
    companies: Vec<CompanyId>,
    wanted: Option<BTreeSet<String>>,
}

impl ContactSnapshotBuilder {
    /// Keeps only these custom fields; a snapshot has room for 42 of them.
    #[must_use]
    pub fn keep_custom_fields(mut self, names: BTreeSet<String>) -> Self {
        self.wanted = Some(names);
        self
    }

    /// Adds a contact. A later row of the same id replaces an earlier one. At most 65,534 alternate addresses are found
    /// by matching; as a field the list is whole.
    pub fn push<'c>(&mut self, contact: &'c Contact) {
        let Contact { id, company, fields, protected, version } = contact;
        let ids = self.body.begin(id.as_str(), version.as_ref().map_or("", VersionTag::as_str));
        self.keys.push(id.as_str());
        let company = company.as_ref().map_or(NO_COMPANY, |company| self.company(company));

        let Body { arena, records, addresses } = &mut self.body;
        let mut writer = records.begin(arena);
        let (mut flags_mask, mut email, mut alternates) = (0u64, None, None);
        let mut write = |ordinal: u8, field: &ContactField, value: &'c FieldValue| match value {
            FieldValue::Empty => {
                writer.value(ordinal, None);
            }
            FieldValue::Text(text) => {
                let span = writer.value(ordinal, Some(text));
                if *field == ContactField::Email {
                    email = Some((text, span));
                }
            }
            FieldValue::Flag(flag) => {
                flags_mask |= 1 << ordinal;
                writer.value(ordinal, Some(if *flag { "true" } else { "false" }));
            }
            FieldValue::List(items) => {
                writer.lines(ordinal, items);
                if *field == ContactField::AlternateEmails {
                    alternates = Some(items);
                }
            }
            // No PSA answers with one; as something that was not read it changes nothing.
            FieldValue::Generated { .. } => {}
        };
        // Custom fields come last in the map, and numbers of new ones follow those given out.
        let mut open: Vec<(u8, &ContactField, &FieldValue)> = Vec::new();
        let mut active = None;
        for (field, value) in fields {
            if let (ContactField::Active, FieldValue::Flag(flag)) = (field, value) {
                active = Some(*flag);
            }
            let ordinal = match field.open_name() {
                Some(name) if self.wanted.as_ref().is_some_and(|w| !w.contains(name)) => continue,
                Some(name) => self.custom.ordinal(name, ContactField::KNOWN.len()),
                None => field.ordinal(),
            };
            match ordinal {
                Some(ordinal) if field.open_name().is_some() => open.push((ordinal, field, value)),
                Some(ordinal) => write(ordinal, field, value),
                None => {}
            }
        }
        open.sort_unstable_by_key(|(ordinal, ..)| *ordinal);
        for (ordinal, field, value) in open {
            write(ordinal, field, value);
        }
        let record = writer.finish();

        let first = addresses.len();
        if let Some((text, span)) = email
            && self.reader.read(text)
        {
            self.reader.push(arena, addresses, text, Some(span));
        }
        let has_primary = addresses.len() > first;
        if let Some(alternates) = alternates {
            for raw in alternates.iter().take(usize::from(u16::MAX) - 1) {
                if self.reader.read(raw) {
                    self.reader.push(arena, addresses, raw, None);
                }
            }
        }
        let addresses = first..addresses.len();
        self.rows.push(ContactRow {
            head: Body::end(ids, record, addresses),
            flags_mask,
            company,
            active,
            protected: *protected,
            has_primary,
        });
    }

    /// The place of a company in the table, added where it is new.
    fn company(&mut self, company: &CompanyId) -> u16 {
        // Contacts of one company tend to come together.
        let place = self.companies.iter().rposition(|c| c == company).unwrap_or_else(|| {
            self.companies.push(company.clone());
            self.companies.len() - 1
        });
        count16(place)
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
        let Self { body, rows, keys, reader: _, custom, companies, wanted: _ } = self;
        if body.overflowed()
            || u32::try_from(rows.len()).is_err()
            || companies.len() >= usize::from(NO_COMPANY)
        {
            return Err(SnapshotError::TooLarge);
        }
        if custom.refused() {
            return Err(SnapshotError::TooManyNames);
        }
        let id = |place: u32| rows.get(place as usize).map_or("", |row| body.arena.get(row.head.id()));
        let (places, keys) = keys.sorted(|_| 0, id, false).last_of_each(|a, b| id(a) == id(b));
        let (body, rows) = Parts::one(body, rows.len()).in_order(rows, &places, |row| &mut row.head);
        Ok(ContactSnapshot { body, rows, keys, custom, companies, taken_at, completeness })
    }
}

impl fmt::Debug for ContactSnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactSnapshotBuilder").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}
