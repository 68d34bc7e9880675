//! What a contact should hold, and how that differs from what it holds.

use super::{
    FieldChange,
    compare::{same_text, shortened},
    document::{Instead, Wanted},
    downgrade::Downgrades,
    input::PlanInput,
    matching::usable_email,
};
use crate::{
    capability::{Access, AlternateEmails, FieldRule},
    model::{Attribute, ContactField, FieldValue, email_key, is_tenant_default_domain},
    policy::{Blank, Flow, Mapping, Policy, Source},
    snapshot::{ContactSnapshot, ContactView, ReadText, UserSnapshot, UserView, is_list},
    store::Link,
};
use std::{borrow::Cow, collections::BTreeSet};

/// The mapped fields that the PSA can write, ready for this plan's snapshots.
pub(crate) struct Fields<'a> {
    writable: Vec<Prepared<'a>>,
    alternates: AlternateEmails,
}

struct Prepared<'a> {
    mapping: &'a Mapping,
    rule: FieldRule,
    /// The place of the source attribute in the user snapshot.
    attribute: Option<u8>,
    /// The place of the field in the contact snapshot.
    field: Option<u8>,
}

/// What the source says of one field.
enum Desired<'a> {
    /// Nothing is known, so nothing is done.
    NotRead,
    /// There is nothing.
    Blank,
    Text(Cow<'a, str>),
    List(Vec<&'a str>),
}

impl<'a> Fields<'a> {
    pub(crate) fn new(input: &PlanInput<'a>, downgrades: &mut Downgrades) -> Self {
        let capabilities = input.capabilities;
        let mut writable = Vec::new();
        for mapping in &input.policy.mappings {
            let rule = capabilities.rule(&mapping.field);
            if rule.access < Access::ReadWrite {
                if mapping.explicit {
                    downgrades.note_once(
                        Wanted::WriteField { field: mapping.field.clone() },
                        Instead::FieldLeftAlone,
                    );
                }
                continue;
            }
            writable.push(Prepared {
                mapping,
                rule,
                attribute: mapping.source.attribute().and_then(|a| input.users.attribute_ordinal(a)),
                field: input.contacts.field_ordinal(&mapping.field),
            });
        }
        Self { writable, alternates: capabilities.alternate_emails }
    }

    /// The fields this plan rules.
    pub(crate) fn managed(&self) -> BTreeSet<ContactField> {
        self.writable.iter().map(|p| p.mapping.field.clone()).collect()
    }

    /// What would be written to a contact; empty when it holds everything.
    pub(crate) fn diff(
        &self,
        users: &UserSnapshot,
        user: UserView<'a>,
        contact: ContactView<'_>,
        link: Option<&Link>,
        downgrades: &mut Downgrades,
    ) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        for prepared in &self.writable {
            let actual = prepared.field.map_or(ReadText::NotRead, |ordinal| contact.text_at(ordinal));
            if prepared.mapping.flow == Flow::OnCreate || actual == ReadText::NotRead {
                // A field that could not be read cannot be compared; writing it would repeat for ever.
                continue;
            }
            match desired(prepared, users, user) {
                Desired::NotRead => {}
                Desired::Blank => changes.extend(cleared(prepared, contact, link)),
                Desired::Text(text) => {
                    if prepared.mapping.flow == Flow::IfEmpty && actual.text().is_some() {
                        continue;
                    }
                    let Some(text) = fitting(prepared, text, downgrades) else { continue };
                    let same = actual.text().is_some_and(|a| same_text(prepared.rule.compare, a, &text));
                    let replaces_real = || {
                        prepared.mapping.field == ContactField::Email
                            && default_domain_over_real(&text, actual.text())
                    };
                    if !same && !replaces_real() {
                        changes.push(change(prepared, contact, FieldValue::Text(text.into_owned())));
                    }
                }
                Desired::List(items) => {
                    if let Some(after) = self.merged(prepared, user, contact, &items, downgrades) {
                        changes.push(change(prepared, contact, FieldValue::List(after)));
                    }
                }
            }
        }
        changes
    }

    /// How many items a list field has room for.
    fn room(&self, field: &ContactField) -> usize {
        if *field == ContactField::AlternateEmails {
            self.alternates.room().map_or(usize::MAX, usize::from)
        } else {
            usize::MAX
        }
    }

    /// The list after adding what is missing. What is there stays, in its order.
    fn merged(
        &self,
        prepared: &Prepared<'_>,
        user: UserView<'_>,
        contact: ContactView<'_>,
        wanted: &[&str],
        downgrades: &mut Downgrades,
    ) -> Option<Vec<String>> {
        let before = match contact.value(&prepared.mapping.field)? {
            FieldValue::List(items) => items,
            FieldValue::Text(text) => vec![text],
            FieldValue::Empty | FieldValue::Flag(_) => Vec::new(),
        };
        let key = |text: &str| email_key(text).unwrap_or_else(|| text.trim().to_lowercase());
        let mut known: BTreeSet<String> = before.iter().map(|b| key(b)).collect();
        // An address that is or becomes the primary one needs no second place.
        known.extend(usable_email(user).as_deref().map(key));
        known.extend(contact.primary_email_key().map(str::to_owned));
        let mut after = before.clone();
        let room = self.room(&prepared.mapping.field);
        for item in wanted {
            if !known.insert(key(item)) {
                continue;
            }
            if after.len() >= room {
                downgrades.note(Wanted::EveryAlternateEmail, Instead::FreeSlotsFilled);
                break;
            }
            after.push((*item).to_owned());
        }
        (after.len() > before.len()).then_some(after)
    }

    /// Everything written on create.
    pub(crate) fn initial(
        &self,
        users: &UserSnapshot,
        user: UserView<'a>,
        contact_types: &[String],
        downgrades: &mut Downgrades,
    ) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        for prepared in &self.writable {
            let field = &prepared.mapping.field;
            let value = match desired(prepared, users, user) {
                Desired::Text(text) => {
                    fitting(prepared, text, downgrades).map(|t| FieldValue::Text(t.into_owned()))
                }
                Desired::List(items) => {
                    let room = self.room(field);
                    if items.len() > room {
                        downgrades.note(Wanted::EveryAlternateEmail, Instead::FreeSlotsFilled);
                    }
                    let items: Vec<String> = items.iter().take(room).map(|i| (*i).to_owned()).collect();
                    (!items.is_empty()).then_some(FieldValue::List(items))
                }
                Desired::NotRead | Desired::Blank => prepared
                    .mapping
                    .default
                    .as_deref()
                    .and_then(|d| fitting(prepared, Cow::Borrowed(d), downgrades))
                    .map(|t| FieldValue::Text(t.into_owned())),
            };
            if let Some(after) = value {
                changes.push(FieldChange { field: field.clone(), before: FieldValue::Empty, after });
            }
        }
        if !contact_types.is_empty() && !changes.iter().any(|c| c.field == ContactField::ContactTypes) {
            changes.push(FieldChange {
                field: ContactField::ContactTypes,
                before: FieldValue::Empty,
                after: FieldValue::List(contact_types.to_vec()),
            });
            changes.sort_by(|a, b| a.field.cmp(&b.field));
        }
        changes
    }
}

/// The change that a blank source makes, if it makes one.
fn cleared(prepared: &Prepared<'_>, contact: ContactView<'_>, link: Option<&Link>) -> Option<FieldChange> {
    let field = &prepared.mapping.field;
    let before = contact.value(field)?;
    let ours = || {
        link.and_then(|l| l.last_written.get(field)).is_some_and(|last| match (last, &before) {
            (FieldValue::Text(last), FieldValue::Text(now)) => same_text(prepared.rule.compare, last, now),
            (last, now) => last == now,
        })
    };
    let clear = match prepared.mapping.blank {
        Blank::Keep => false,
        Blank::Clear => true,
        Blank::ClearIfOurs => ours(),
    };
    // A contact without an address or a first name is of no use to anybody and refused by some PSAs.
    let vital = prepared.rule.required || *field == ContactField::Email;
    (clear && !vital && !before.is_blank()).then(|| FieldChange {
        field: field.clone(),
        before,
        after: if is_list(field) { FieldValue::List(Vec::new()) } else { FieldValue::Empty },
    })
}

fn change(prepared: &Prepared<'_>, contact: ContactView<'_>, after: FieldValue) -> FieldChange {
    let field = prepared.mapping.field.clone();
    let before = contact.value(&field).unwrap_or(FieldValue::Empty);
    // A field that holds a flag is written as one.
    let after = match (&before, &after) {
        (FieldValue::Flag(_), FieldValue::Text(text)) => FieldValue::Flag(text.eq_ignore_ascii_case("true")),
        _ => after,
    };
    FieldChange { field, before, after }
}

fn desired<'a>(prepared: &Prepared<'a>, users: &UserSnapshot, user: UserView<'a>) -> Desired<'a> {
    match &prepared.mapping.source {
        Source::Attribute(Attribute::Mail) if prepared.mapping.field == ContactField::Email => {
            usable_email(user).map_or(Desired::Blank, Desired::Text)
        }
        Source::Attribute(attribute) => {
            match prepared.attribute.or_else(|| users.attribute_ordinal(attribute)) {
                None => Desired::NotRead,
                Some(ordinal) => match user.attribute_at(ordinal) {
                    ReadText::NotRead => Desired::NotRead,
                    ReadText::Blank => Desired::Blank,
                    ReadText::Text(text) => Desired::Text(Cow::Borrowed(text)),
                },
            }
        }
        Source::Constant(text) if is_list(&prepared.mapping.field) => Desired::List(vec![text]),
        Source::Constant(text) => Desired::Text(Cow::Borrowed(text)),
        Source::AlternateEmails => {
            user.alternate_emails().map_or(Desired::NotRead, |a| Desired::List(a.collect()))
        }
        Source::ObjectId => Desired::Text(Cow::Borrowed(user.object_id())),
        Source::UserName => match user.principal_name().split('@').next() {
            Some(name) if !name.is_empty() => Desired::Text(Cow::Borrowed(name)),
            _ => Desired::NotRead,
        },
    }
}

/// The text as the PSA can store it; `None` where it must not be shortened.
fn fitting<'t>(
    prepared: &Prepared<'_>,
    text: Cow<'t, str>,
    downgrades: &mut Downgrades,
) -> Option<Cow<'t, str>> {
    // A text has at most as many characters as bytes, so most need no counting.
    let too_long = |max: &u32| text.len() > *max as usize && text.chars().count() > *max as usize;
    let Some(max) = prepared.rule.max_len.filter(too_long) else {
        return Some(text);
    };
    let field = prepared.mapping.field.clone();
    let whole = matches!(field, ContactField::Email | ContactField::Username | ContactField::ExternalId)
        || prepared.mapping.source == Source::ObjectId;
    if whole {
        downgrades.note(Wanted::WholeValue { field }, Instead::FieldLeftAlone);
        return None;
    }
    downgrades.note(Wanted::WholeValue { field }, Instead::ValueShortened);
    Some(Cow::Owned(shortened(&text, max).into_owned()))
}

/// Whether a tenant's own `onmicrosoft.com` address would replace another one.
fn default_domain_over_real(new: &str, old: Option<&str>) -> bool {
    let is_default = |text: &str| email_key(text).is_some_and(|key| is_tenant_default_domain(&key));
    is_default(new) && old.is_some_and(|old| !is_default(old))
}

/// The fields of a contact on which a plan depends: managed ones, those used to match, the active status, and those that
/// protect it.
pub(crate) fn watched(managed: &BTreeSet<ContactField>, policy: &Policy) -> BTreeSet<ContactField> {
    let always =
        [ContactField::Email, ContactField::AlternateEmails, ContactField::Active, ContactField::ExternalId];
    let lifecycle = &policy.document().lifecycle;
    let keep = lifecycle.keep_active_field.trim();
    let keep = (!keep.is_empty()).then(|| ContactField::Custom(keep.to_owned()));
    let types = (!lifecycle.excluded_contact_types.is_empty()).then_some(ContactField::ContactTypes);
    let marks = policy.ownership.fields().cloned();
    let named = policy.id_field.iter().cloned().chain(keep).chain(types).chain(marks);
    managed.iter().cloned().chain(always).chain(named).collect()
}

/// The digest of a contact over some fields.
pub(crate) fn contact_fingerprint(
    contacts: &ContactSnapshot,
    contact: ContactView<'_>,
    watched: &BTreeSet<ContactField>,
) -> crate::model::Fingerprint {
    let mut printer = crate::model::Fingerprinter::new("contact/v1");
    printer.text(contact.id());
    printer.text(contact.company().map_or("", |c| c.as_str()));
    printer.number(u64::from(contact.protected()));
    for field in watched {
        match contacts.field_ordinal(field).map_or(ReadText::NotRead, |ordinal| contact.text_at(ordinal)) {
            // A field that cannot be read is left out, so that its name alone makes no difference.
            ReadText::NotRead => {}
            ReadText::Blank => printer.text(&format!("{field} blank")),
            ReadText::Text(text) => {
                printer.text(&format!("{field} text"));
                printer.text(text);
            }
        }
    }
    printer.finish()
}
