//! Values as the PSA stores them.

use super::{Fields, Prepared};
use crate::{
    model::{ContactField, FieldValue},
    plan::{
        FieldChange,
        compare::{same_text, shortened},
        document::{Instead, Wanted},
        downgrade::Downgrades,
    },
    policy::{Blank, Source},
    snapshot::{ContactView, UserView, is_list},
    store::Link,
};
use std::borrow::Cow;

impl<'a> Fields<'a> {
    /// Whether two texts are the same for a field and a person.
    pub(super) fn same(prepared: &Prepared<'_>, user: UserView<'a>, a: &str, b: &str) -> bool {
        if prepared.mapping.rewrite_presentation {
            a == b
        } else {
            same_text(prepared.rule.compare, a, b, || Self::region(user))
        }
    }

    /// The change that a blank source makes, if it makes one.
    pub(super) fn cleared(
        &self,
        prepared: &Prepared<'_>,
        user: UserView<'a>,
        contact: ContactView<'_>,
        link: Option<&Link>,
    ) -> Option<FieldChange> {
        if prepared.mapping.blank == Blank::Keep || self.name_from_display_name(prepared, user).is_some() {
            // A name that was taken from the display name is not taken away for being blank where it should be.
            return None;
        }
        let field = prepared.target;
        let before = contact.value(field)?;
        let ours = || {
            link.and_then(|l| l.last_written.get(field)).is_some_and(|last| match (last, &before) {
                (FieldValue::Text(last), FieldValue::Text(now)) => {
                    same_text(prepared.rule.compare, last, now, || Self::region(user))
                }
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
}

/// A change of what a contact holds.
pub(super) fn change(prepared: &Prepared<'_>, contact: ContactView<'_>, after: FieldValue) -> FieldChange {
    let field = prepared.target.clone();
    let before = contact.value(&field).unwrap_or(FieldValue::Empty);
    // A field that holds a flag is written as one.
    let after = match (&before, &after) {
        (FieldValue::Flag(_), FieldValue::Text(text)) => FieldValue::Flag(text.eq_ignore_ascii_case("true")),
        _ => after,
    };
    FieldChange { field, before, after }
}

/// The text as the PSA can store it; `None` where it must not be shortened.
pub(super) fn fitting<'t>(
    prepared: &Prepared<'_>,
    text: Cow<'t, str>,
    downgrades: &mut Downgrades,
) -> Option<Cow<'t, str>> {
    let Some(max) = prepared.rule.max_len.filter(|max| is_longer(&text, *max)) else {
        return Some(text);
    };
    let field = prepared.target.clone();
    let whole = matches!(field, ContactField::Email | ContactField::Username | ContactField::ExternalId)
        || prepared.mapping.source == Source::ObjectId;
    let short = shortened(&text, max);
    // Nothing in place of something would clear what the contact holds.
    if whole || short.is_empty() {
        downgrades.note(Wanted::WholeValue { field }, Instead::FieldLeftAlone);
        return None;
    }
    downgrades.note(Wanted::WholeValue { field }, Instead::ValueShortened);
    Some(Cow::Owned(short.into_owned()))
}

/// Whether a text has more characters. It has at most as many as bytes, so most need no counting.
pub(super) fn is_longer(text: &str, max: u32) -> bool {
    text.len() > max as usize && text.chars().count() > max as usize
}
