//! The fields of a contact on which a plan depends, and their digest.

use crate::{
    model::{ContactField, Fingerprint, Fingerprinter},
    policy::Policy,
    snapshot::{ContactSnapshot, ContactView, ReadText},
};
use std::collections::BTreeSet;

/// The fields of a contact on which a plan depends: managed ones, those used to match, the active status, and those that
/// protect it.
pub(crate) fn watched(managed: &BTreeSet<ContactField>, policy: &Policy) -> BTreeSet<ContactField> {
    let always =
        [ContactField::Email, ContactField::AlternateEmails, ContactField::Active, ContactField::ExternalId];
    let lifecycle = &policy.document().lifecycle;
    let keep = lifecycle.keep_active_field.trim();
    let keep = (!keep.is_empty()).then(|| ContactField::Custom(keep.to_owned()));
    let types = (!lifecycle.excluded_contact_types.is_empty()).then_some(ContactField::ContactTypes);
    let stand_in = types.as_ref().and(policy.type_field.clone());
    managed
        .iter()
        .cloned()
        .chain(always)
        .chain(policy.id_field.clone())
        .chain(keep)
        .chain(types)
        .chain(stand_in)
        .chain(policy.ownership.fields().cloned())
        .collect()
}

/// Fields of contacts to digest, with the words that stand for them in the digest.
pub(crate) struct Digested {
    fields: Vec<(Option<u8>, String, String)>,
}

impl Digested {
    pub(crate) fn new(contacts: &ContactSnapshot, watched: &BTreeSet<ContactField>) -> Self {
        let words = |field: &ContactField| {
            (contacts.field_ordinal(field), format!("{field} blank"), format!("{field} text"))
        };
        Self { fields: watched.iter().map(words).collect() }
    }

    /// The digest of a contact over these fields.
    pub(crate) fn fingerprint(&self, contact: ContactView<'_>) -> Fingerprint {
        let mut printer = Fingerprinter::new("contact/v1");
        printer.text(contact.id());
        printer.text(contact.company().map_or("", |c| c.as_str()));
        printer.number(u64::from(contact.protected()));
        for (ordinal, blank, filled) in &self.fields {
            match ordinal.map_or(ReadText::NotRead, |ordinal| contact.text_at(ordinal)) {
                // A field that cannot be read is left out, so that its name alone makes no difference.
                ReadText::NotRead => {}
                ReadText::Blank => printer.text(blank),
                ReadText::Text(text) => {
                    printer.text(filled);
                    printer.text(text);
                }
            }
        }
        printer.finish()
    }
}
