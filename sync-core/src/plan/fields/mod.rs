//! What a contact should hold, and how that differs from what it holds.

mod desired;
mod diff;
mod email;
mod initial;
mod lists;
mod names;
mod pin;
mod stored;
mod usernames;
mod watched;

pub(crate) use diff::Diff;
pub(crate) use initial::Initial;
pub(crate) use lists::split_items;
pub(crate) use usernames::Clash;
pub(crate) use watched::{contact_fingerprint, watched};

use super::{
    FieldChange,
    compare::same_bytes,
    document::{Instead, Wanted},
    downgrade::Downgrades,
    input::PlanInput,
};
use crate::{
    capability::{Access, AlternateEmails, FieldRule},
    model::{Attribute, ContactField, FieldValue},
    policy::{Mapping, Source},
    snapshot::{ContactView, ReadText, UserSnapshot, UserView},
};
use std::{borrow::Cow, collections::BTreeSet};

/// The mapped fields that the PSA can write, ready for this plan's snapshots.
pub(crate) struct Fields<'a> {
    users: &'a UserSnapshot,
    writable: Vec<Prepared<'a>>,
    alternates: AlternateEmails,
    /// Where the contact types of a route go.
    types: TypesTarget<'a>,
    /// The field for when and why a contact was deactivated, where it can be written.
    deactivation: Option<(&'a ContactField, FieldRule)>,
    /// The fields for the support PIN that can be written.
    pin: Vec<&'a ContactField>,
    names_from_display_name: bool,
    /// The e-mail comes from the sign-in name.
    email_from_sign_in: bool,
    /// Users of one company who would get the same user name.
    pub(crate) clashes: Vec<Clash<'a>>,
    clashing: BTreeSet<(&'a str, &'a str)>,
}

struct Prepared<'a> {
    mapping: &'a Mapping,
    /// The field written: the mapping's own, or the one that stands in for contact types.
    target: &'a ContactField,
    rule: FieldRule,
    /// Holds a list as one text, separated by commas.
    joined: bool,
    /// The place of the source attribute in the user snapshot.
    attribute: Option<u8>,
    /// The place of the field in the contact snapshot.
    field: Option<u8>,
}

impl Prepared<'_> {
    /// Whether the contact holds the source's text byte for byte, or both have nothing. Most fields of most people do,
    /// and no other comparison has to be made then.
    #[inline]
    fn holds_already(&self, user: UserView<'_>, contact: ContactView<'_>) -> bool {
        let Some(field) = self.field else { return false };
        let wanted = match (self.attribute, &self.mapping.source) {
            (Some(attribute), _) => user.attribute_at(attribute),
            (None, Source::ObjectId) => ReadText::Text(user.object_id()),
            (None, _) => return false,
        };
        match (wanted, contact.text_at(field)) {
            (ReadText::Text(wanted), ReadText::Text(held)) => same_bytes(wanted, held),
            // Where there is no address, the sign-in name may be one.
            (ReadText::Blank, ReadText::Blank) => self.mapping.field != ContactField::Email,
            _ => false,
        }
    }
}

/// Where contact types go.
enum TypesTarget<'a> {
    /// To contact types.
    List,
    /// To a custom field, as one text.
    Joined(&'a ContactField, FieldRule),
    /// The PSA takes them nowhere.
    Nowhere,
}

/// What the source says of one field.
enum Desired<'a> {
    /// Nothing is known, so nothing is done.
    NotRead,
    /// There is nothing.
    Blank,
    Text(Cow<'a, str>),
    List(Vec<Cow<'a, str>>),
}

impl<'a> Fields<'a> {
    pub(crate) fn new(input: &PlanInput<'a>, downgrades: &mut Downgrades) -> Self {
        let (policy, capabilities) = (input.policy, input.capabilities);
        let types = match &policy.type_field {
            _ if capabilities.rule(&ContactField::ContactTypes).access == Access::ReadWrite => {
                TypesTarget::List
            }
            Some(field) if capabilities.rule(field).access == Access::ReadWrite => {
                TypesTarget::Joined(field, capabilities.rule(field))
            }
            Some(_) | None => TypesTarget::Nowhere,
        };
        let mut writable = Vec::new();
        for mapping in &policy.mappings {
            let (target, joined) = match &types {
                TypesTarget::Joined(field, _) if mapping.field == ContactField::ContactTypes => {
                    (*field, true)
                }
                TypesTarget::Joined(..) | TypesTarget::List | TypesTarget::Nowhere => (&mapping.field, false),
            };
            let rule = capabilities.rule(target);
            if rule.access < Access::ReadWrite {
                if mapping.explicit {
                    let field = mapping.field.clone();
                    downgrades.note_once(Wanted::WriteField { field }, Instead::FieldLeftAlone);
                }
                continue;
            }
            writable.push(Prepared {
                mapping,
                target,
                rule,
                joined,
                attribute: attribute_of(&mapping.source).and_then(|a| input.users.attribute_ordinal(a)),
                field: input.contacts.field_ordinal(target),
            });
        }
        writable.sort_by(|a, b| a.target.cmp(b.target));
        let deactivation = policy.deactivation_field.as_ref().and_then(|field| {
            let rule = capabilities.rule(field);
            if rule.access < Access::ReadWrite {
                downgrades.note_once(Wanted::WriteField { field: field.clone() }, Instead::FieldLeftAlone);
                return None;
            }
            Some((field, rule))
        });
        Self {
            users: input.users,
            email_from_sign_in: writable.iter().any(|p| p.mapping.source == Source::SignInName),
            writable,
            alternates: capabilities.alternate_emails,
            types,
            deactivation,
            pin: pin::pin_fields(input, downgrades),
            names_from_display_name: policy.document().lifecycle.names_from_display_name,
            clashes: Vec::new(),
            clashing: BTreeSet::new(),
        }
    }

    /// The fields this plan rules.
    pub(crate) fn managed(&self) -> BTreeSet<ContactField> {
        let deactivation = self.deactivation.iter().map(|(field, _)| (*field).clone());
        self.writable.iter().map(|p| p.target.clone()).chain(deactivation).collect()
    }

    /// Each text that the directory has for a field, before anything is shortened, with what the vendor does to the
    /// field.
    pub(crate) fn texts(&self, user: UserView<'a>, mut each: impl FnMut(&ContactField, &FieldRule, &str)) {
        for prepared in &self.writable {
            if let Desired::Text(text) = self.desired(prepared, user) {
                each(prepared.target, &prepared.rule, &text);
            }
        }
    }

    /// The note that says when and why a contact is deactivated, or nothing where none is asked for.
    pub(crate) fn deactivation_note(&self, contact: ContactView<'_>, text: &str) -> Vec<FieldChange> {
        let Some((field, rule)) = self.deactivation else { return Vec::new() };
        let text = rule.max_len.map_or(Cow::Borrowed(text), |max| super::compare::shortened(text, max));
        let before = contact.value(field).unwrap_or(FieldValue::Empty);
        vec![FieldChange { field: field.clone(), before, after: FieldValue::Text(text.into_owned()) }]
    }

    /// What takes that note away again, where there is one.
    pub(crate) fn without_note(&self, contact: ContactView<'_>) -> Option<FieldChange> {
        let (field, _) = self.deactivation?;
        let before = contact.value(field).filter(|before| !before.is_blank())?;
        Some(FieldChange { field: field.clone(), before, after: FieldValue::Empty })
    }

    /// How many items a list field has room for.
    fn room(&self, field: &ContactField) -> usize {
        if *field == ContactField::AlternateEmails {
            self.alternates.room().map_or(usize::MAX, usize::from)
        } else {
            usize::MAX
        }
    }
}

/// The attribute whose text goes to the contact as it is, where there is one.
fn attribute_of(source: &Source) -> Option<&Attribute> {
    if *source == Source::Mail { Some(&Attribute::Mail) } else { source.attribute() }
}
