//! The words for people, contacts, values and limits.

use super::super::wording::linked_contacts;
use super::super::{Action, Change, Decision, EffectiveLimit, Guard, LinkState, Subject};
use super::NAMED;
use crate::model::{FieldValue, Generated};
use std::borrow::Cow;

/// Shows a text from outside, cut after so many characters.
pub(super) type Show = fn(&str, usize) -> String;

/// Ids are never cut: they are what a person looks things up by.
pub(super) const WHOLE: usize = usize::MAX;

/// Whom a decision is about: the name and the sign-in name, or the id where there is neither.
pub(super) fn who(decision: &Decision, show: Show, most: usize) -> String {
    let (name, principal) = (decision.display_name.as_str(), decision.user_principal_name.as_str());
    match (name.trim().is_empty(), principal.trim().is_empty()) {
        (false, false) => format!("{} ({})", show(name, most), show(principal, most)),
        (false, true) => show(name, most),
        (true, false) => show(principal, most),
        (true, true) => match &decision.subject {
            Subject::User(anchor) => format!("user {}", show(anchor.as_str(), WHOLE)),
            Subject::Contact(id) => format!("contact {}", show(id.as_str(), WHOLE)),
        },
    }
}

/// Which contact in which company, as far as there is one and it is not what [`who`] already says.
pub(super) fn place(decision: &Decision, show: Show) -> String {
    let nameless = decision.display_name.trim().is_empty() && decision.user_principal_name.trim().is_empty();
    let said = nameless && matches!(decision.subject, Subject::Contact(_));
    let contact = decision.change.contact().filter(|_| !said);
    let contact = contact.map(|id| format!("contact {}", show(id.as_str(), WHOLE)));
    let company = decision.company.as_ref().map(|id| format!("company {}", show(id.as_str(), WHOLE)));
    contact.into_iter().chain(company).collect::<Vec<_>>().join(", ")
}

/// What a hold or a guard keeps from being done; `None` where that is not known.
pub(super) fn would_have(change: &Change, show: Show) -> Option<String> {
    let change = if let Change::Hold { proposed } = change { proposed.as_deref()? } else { change };
    let what = match change.action() {
        Action::Create => "create a contact",
        Action::Update => "update",
        Action::Link => "link to",
        Action::Reactivate => "reactivate",
        Action::Deactivate => "deactivate",
        Action::Hold | Action::NoOp => return None,
    };
    let contact = change.contact().map(|id| format!(" contact {}", show(id.as_str(), WHOLE)));
    Some(format!("{what}{}{}", contact.unwrap_or_default(), link(change)))
}

/// What a change does to the link beside its action, where that is worth a word.
pub(super) const fn link(change: &Change) -> &'static str {
    match change {
        Change::Update { link, .. } | Change::Reactivate { link, .. } => match link {
            LinkState::New => ", newly linked",
            LinkState::Relink => ", link moved here",
            LinkState::Existing | LinkState::None => "",
        },
        Change::Link { link: LinkState::Relink, .. } => ", link moved here",
        Change::Link { .. }
        | Change::NoOp { .. }
        | Change::Create { .. }
        | Change::Deactivate { .. }
        | Change::Hold { .. } => "",
    }
}

/// A value: texts in quotes, so that white space is seen.
pub(super) fn value(value: &FieldValue, show: Show, most: usize) -> String {
    match value {
        FieldValue::Empty => "(empty)".to_owned(),
        FieldValue::Text(text) => format!("\"{}\"", show(text, most)),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::List(items) if items.is_empty() => "(none)".to_owned(),
        FieldValue::List(items) => show(&items.join(", "), most),
        FieldValue::Generated { generated: Generated::SupportPin } => "(a new support PIN)".to_owned(),
    }
}

/// One, or many.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A length as a count.
pub(super) fn many(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A limit in force.
pub(super) fn limit(limit: &EffectiveLimit, show: Show) -> String {
    let EffectiveLimit { guard, company, planned, of, limit } = limit;
    if guard == "too_few_relinks" {
        return format!(
            "relinks in this run: {planned} of {of} active contacts found their person, {limit} needed"
        );
    }
    let what = guard.strip_prefix("too_many_").unwrap_or(guard);
    let place = match company {
        Some(company) => Cow::Owned(format!(" in company {}", show(company.as_str(), WHOLE))),
        None => Cow::Borrowed(" in this run"),
    };
    let of = linked_contacts(*of);
    format!("{}{place}: {planned} planned, limit {limit} ({of})", show(what, WHOLE))
}

/// How a person lets a guard pass.
pub(super) fn override_of(guard: &Guard) -> String {
    format!("--allow {}={}", guard.name(), guard.planned())
}

/// Which setting a guard comes from, to be put behind how it is let pass.
pub(super) fn setting_of(guard: &Guard) -> String {
    guard.setting().map_or_else(String::new, |setting| format!(" (the limit is {setting})"))
}

/// Some names, and how many more there are.
pub(super) fn names(names: &[&str], show: Show, most: usize) -> String {
    let mut text = names.iter().take(NAMED).map(|name| show(name, most)).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}
