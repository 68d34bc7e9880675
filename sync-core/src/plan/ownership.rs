//! Whose a contact is, as far as its marks tell.

use super::{Reason, input::PlanInput};
use crate::{
    model::{ContactField, ContactId, FieldValue},
    policy::Policy,
    snapshot::{ContactView, ReadText},
};

/// What the marks on a contact say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark<'a> {
    /// Ours, or marks are not looked at.
    Ours,
    /// Nobody's yet.
    Blank,
    /// Another tool's, with what it wrote.
    Foreign(&'a ContactField, &'a str),
    /// This field could not be read, so nobody knows.
    NotRead(&'a ContactField),
}

/// Reads the marks. Somebody else's counts before one that cannot be read, that before ours.
pub(crate) fn mark<'a>(policy: &'a Policy, contact: ContactView<'a>) -> Mark<'a> {
    let ownership = &policy.ownership;
    if ownership.is_empty() {
        return Mark::Ours;
    }
    let mut answer = Mark::Ours;
    if let Some(field) = &ownership.field {
        answer = match contact.text(field) {
            ReadText::NotRead => Mark::NotRead(field),
            ReadText::Blank => Mark::Blank,
            ReadText::Text(text) if ownership.is_ours(text) => Mark::Ours,
            ReadText::Text(text) => return Mark::Foreign(field, text),
        };
    }
    for field in &ownership.foreign {
        match contact.text(field) {
            ReadText::NotRead => answer = Mark::NotRead(field),
            ReadText::Blank => {}
            // A box that is not ticked marks nobody.
            ReadText::Text(_) if contact.value(field) == Some(FieldValue::Flag(false)) => {}
            ReadText::Text(text) => return Mark::Foreign(field, text),
        }
    }
    answer
}

/// Why a contact is not ours to touch: another tenant's, another tool's, or nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// Its owner.
    Owner(String),
    /// The setting whose field could not be read.
    Unknown(String),
}

impl From<Foreign> for Reason {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Owner(owner) => Self::ForeignOwner { owner },
            Foreign::Unknown(rule) => Self::Policy { rule },
        }
    }
}

/// Whether and why a contact is not ours to touch.
pub(crate) fn foreign(input: &PlanInput<'_>, contact: ContactView<'_>) -> Option<Foreign> {
    if !input.linked_elsewhere.is_empty()
        && let Some(owner) = input.linked_elsewhere.get(&ContactId::new(contact.id()))
    {
        return Some(Foreign::Owner(format!("tenant {owner}")));
    }
    match mark(input.policy, contact) {
        Mark::Ours | Mark::Blank => None,
        Mark::Foreign(field, text) if input.policy.ownership.field.as_ref() == Some(field) => {
            Some(Foreign::Owner(text.to_owned()))
        }
        Mark::Foreign(field, text) => Some(Foreign::Owner(format!("{field}: {text}"))),
        Mark::NotRead(field) => Some(Foreign::Unknown(format!("the mark {field} cannot be read"))),
    }
}

/// Why nothing is done about the contact of somebody who left: it is in a company that is none of the tenant's.
pub(super) fn moved_away(input: &PlanInput<'_>, contact: ContactView<'_>) -> Option<Reason> {
    let company = contact.company().filter(|company| !input.tenant.goes_to(company))?;
    let contacts = vec![ContactId::new(contact.id())];
    Some(Reason::OtherCompany { contacts, companies: vec![company.clone()] })
}
