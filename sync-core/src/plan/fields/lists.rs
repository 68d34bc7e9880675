//! Lists: alternate addresses and contact types. What is there stays, in its order; what is missing is added.

use super::{Fields, Prepared, stored::is_longer};
use crate::{
    capability::FieldRule,
    model::{ContactField, FieldValue, email_key},
    plan::{
        document::{Instead, Wanted},
        downgrade::Downgrades,
    },
    snapshot::{ContactView, UserView},
};
use std::{borrow::Cow, collections::BTreeSet};

/// Between the items of a list that is kept as one text.
const JOINT: &str = ", ";

impl<'a> Fields<'a> {
    /// The list after adding what is missing; `None` where nothing is.
    pub(super) fn merged(
        &self,
        prepared: &Prepared<'_>,
        user: UserView<'a>,
        contact: ContactView<'_>,
        wanted: &[Cow<'_, str>],
        downgrades: &mut Downgrades,
    ) -> Option<FieldValue> {
        let before = match contact.value(prepared.target)? {
            FieldValue::List(items) => items,
            FieldValue::Text(text) if prepared.joined => split_items(&text).map(str::to_owned).collect(),
            FieldValue::Text(text) => vec![text],
            FieldValue::Empty | FieldValue::Flag(_) | FieldValue::Generated { .. } => Vec::new(),
        };
        let mut known: BTreeSet<String> = before.iter().map(|b| key(b)).collect();
        if *prepared.target == ContactField::AlternateEmails {
            // An address that is or becomes the primary one needs no second place.
            known.extend(self.email(user).map(key));
            known.extend(contact.primary_email_key().map(str::to_owned));
        }
        let mut after = before.clone();
        let room = self.room(prepared.target);
        for item in wanted {
            if !known.insert(key(item)) {
                continue;
            }
            if after.len() >= room {
                downgrades.note(Wanted::EveryAlternateEmail, Instead::FreeSlotsFilled);
                break;
            }
            after.push((**item).to_owned());
        }
        if after.len() == before.len() {
            return None;
        }
        if prepared.joined {
            return joined(prepared.target, prepared.rule, &after, downgrades);
        }
        Some(FieldValue::List(after))
    }

    /// The list that a new contact gets; `None` for none.
    pub(super) fn first_list(
        &self,
        prepared: &Prepared<'_>,
        items: &[Cow<'_, str>],
        downgrades: &mut Downgrades,
    ) -> Option<FieldValue> {
        let mut known = BTreeSet::new();
        let items: Vec<String> =
            items.iter().filter(|i| known.insert(key(i))).map(|i| (**i).to_owned()).collect();
        if prepared.joined {
            return joined(prepared.target, prepared.rule, &items, downgrades);
        }
        let room = self.room(prepared.target);
        if items.len() > room {
            downgrades.note(Wanted::EveryAlternateEmail, Instead::FreeSlotsFilled);
        }
        let items: Vec<String> = items.into_iter().take(room).collect();
        (!items.is_empty()).then_some(FieldValue::List(items))
    }
}

/// Contact types as one text. A name with a comma would read back as two, and half a name is another type: neither is
/// written.
pub(super) fn joined(
    field: &ContactField,
    rule: FieldRule,
    items: &[String],
    downgrades: &mut Downgrades,
) -> Option<FieldValue> {
    let text = items.join(JOINT);
    let unfit =
        items.iter().any(|i| i.contains(',')) || rule.max_len.is_some_and(|max| is_longer(&text, max));
    if unfit {
        downgrades.note(Wanted::WholeValue { field: field.clone() }, Instead::FieldLeftAlone);
    }
    (!unfit && !text.is_empty()).then_some(FieldValue::Text(text))
}

/// The items of a list that is kept as one text.
pub(crate) fn split_items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n']).map(str::trim).filter(|item| !item.is_empty())
}

/// Addresses are compared as addresses, names of types without regard to case.
pub(super) fn key(text: &str) -> String {
    email_key(text).unwrap_or_else(|| text.trim().to_lowercase())
}
