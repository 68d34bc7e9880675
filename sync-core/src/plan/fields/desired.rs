//! What the directory says of one field.

use super::{Desired, Fields, Prepared};
use crate::{
    model::{Attribute, ContactField, plain_text},
    policy::{Source, TemplateText},
    snapshot::{ReadText, UserView, is_list},
};
use std::borrow::Cow;

impl<'a> Fields<'a> {
    pub(super) fn desired(&self, prepared: &Prepared<'a>, user: UserView<'a>) -> Desired<'a> {
        let said = match &prepared.mapping.source {
            Source::Mail | Source::SignInName => {
                self.email(user).map_or(Desired::Blank, |email| Desired::Text(Cow::Borrowed(email)))
            }
            Source::Attribute(attribute) => {
                match prepared.attribute.or_else(|| self.users.attribute_ordinal(attribute)) {
                    None => Desired::NotRead,
                    Some(ordinal) => match user.attribute_at(ordinal) {
                        ReadText::NotRead => Desired::NotRead,
                        ReadText::Blank => Desired::Blank,
                        ReadText::Text(text) => Desired::Text(Cow::Borrowed(text)),
                    },
                }
            }
            Source::Constant(text) if text.trim().is_empty() => Desired::Blank,
            Source::Constant(text) => Desired::Text(Cow::Borrowed(text)),
            Source::Template(template) => {
                let read = |attribute: &Attribute| match user.attribute(attribute) {
                    ReadText::NotRead => None,
                    ReadText::Blank => Some(""),
                    ReadText::Text(text) => Some(text),
                };
                match template.fill(read) {
                    TemplateText::NotRead => Desired::NotRead,
                    TemplateText::Blank => Desired::Blank,
                    TemplateText::Text(text) => Desired::Text(Cow::Owned(text)),
                }
            }
            Source::FullName => full_name(user),
            Source::AlternateEmails => user
                .alternate_emails()
                .map_or(Desired::NotRead, |a| Desired::List(a.map(Cow::Borrowed).collect())),
            Source::ObjectId => Desired::Text(Cow::Borrowed(user.object_id())),
            Source::UserName => match user.principal_name().split('@').next() {
                Some(name) if !name.is_empty() => Desired::Text(Cow::Borrowed(name)),
                _ => Desired::NotRead,
            },
        };
        match plain(said, prepared.target) {
            // One item of a list.
            Desired::Text(text) if is_list(&prepared.mapping.field) => Desired::List(vec![text]),
            said @ (Desired::NotRead | Desired::Blank | Desired::Text(_) | Desired::List(_)) => said,
        }
    }

    /// The country in which the user's phone numbers are dialled: where licences are used, else the address, where that
    /// is a two-letter code.
    pub(super) fn region(user: UserView<'a>) -> Option<&'a str> {
        [Attribute::UsageLocation, Attribute::Country]
            .iter()
            .filter_map(|attribute| user.attribute(attribute).text())
            .find(|text| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()))
    }
}

/// The same without what is not written into a PSA; nothing where nothing is left.
fn plain<'a>(said: Desired<'a>, field: &ContactField) -> Desired<'a> {
    let Desired::Text(text) = said else { return said };
    let lines = matches!(field, ContactField::Note | ContactField::Custom(_));
    let text = plain_text(text, lines);
    if text.trim().is_empty() { Desired::Blank } else { Desired::Text(text) }
}

/// First and last name with a space between; one alone where the other is blank.
fn full_name(user: UserView<'_>) -> Desired<'_> {
    let (given, surname) = (user.attribute(&Attribute::GivenName), user.attribute(&Attribute::Surname));
    if given == ReadText::NotRead || surname == ReadText::NotRead {
        return Desired::NotRead;
    }
    match (given.text(), surname.text()) {
        (None, None) => Desired::Blank,
        (Some(one), None) | (None, Some(one)) => Desired::Text(Cow::Borrowed(one)),
        (Some(given), Some(surname)) => Desired::Text(Cow::Owned(format!("{given} {surname}"))),
    }
}
