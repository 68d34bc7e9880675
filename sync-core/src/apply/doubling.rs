//! Addresses that changes give to contacts, looked at once more against the contacts as they are now.
//!
//! The plan knew every contact that had such an address, and let those be that give theirs up in the same run. A contact that
//! was made since, or that changed and so gives up nothing, would share the address from then on.

use super::Outcome;
use crate::{
    model::{ContactField, ContactId, FieldValue, email_key},
    plan::{Change, Decision, Reason, is_in_the_way},
    snapshot::{ContactSnapshot, ContactView},
};
use std::collections::BTreeMap;

/// What one decision gives to its contact.
struct Given<'a> {
    contact: &'a ContactId,
    /// The address, as it is compared.
    key: String,
    /// Whether the contact did not have it before.
    changed: bool,
}

/// Leaves alone every change that would give a contact the address of another one of its company, or of an active one of a
/// sibling company, that keeps it, and in turn those that wait for what is left alone.
pub(super) fn mark_doubling(decisions: &[Decision], outcomes: &mut [Outcome], fresh: &ContactSnapshot) {
    let mut given: BTreeMap<usize, Given<'_>> = BTreeMap::new();
    for (place, (decision, outcome)) in decisions.iter().zip(&*outcomes).enumerate() {
        if *outcome == Outcome::NotAttempted
            && let Some(gives) = given_by(decision, fresh)
        {
            given.insert(place, gives);
        }
    }
    if given.is_empty() {
        return;
    }
    let mut holders: BTreeMap<&str, Vec<ContactView<'_>>> =
        given.values().map(|given| (given.key.as_str(), Vec::new())).collect();
    for contact in fresh.iter() {
        if let Some(holders) = contact.primary_email_key().and_then(|key| holders.get_mut(key)) {
            holders.push(contact);
        }
    }
    let by_contact: BTreeMap<&str, usize> =
        given.iter().map(|(place, given)| (given.contact.as_str(), *place)).collect();
    let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut stale = Vec::new();
    for (place, gives) in &given {
        let Some(decision) = decisions.get(*place) else { continue };
        // Somebody who saw both said so.
        if matches!(decision.reason, Reason::Reviewed { .. }) {
            continue;
        }
        let company = fresh.find(gives.contact).and_then(|contact| contact.company().cloned());
        for holder in holders.get(gives.key.as_str()).into_iter().flatten() {
            if holder.id() == gives.contact.as_str()
                || !is_in_the_way(*holder, company.as_ref(), gives.changed)
            {
                continue;
            }
            match by_contact.get(holder.id()) {
                Some(giver) if given.get(giver).is_some_and(|giver| giver.key != gives.key) => {
                    waiting.entry(*giver).or_default().push(*place);
                }
                _ => stale.push(*place),
            }
        }
    }
    while let Some(place) = stale.pop() {
        if let Some(outcome @ Outcome::NotAttempted) = outcomes.get_mut(place) {
            *outcome = Outcome::Stale;
            stale.extend(waiting.remove(&place).into_iter().flatten());
        }
    }
}

/// The address that a contact gets or is made active with.
fn given_by<'a>(decision: &'a Decision, fresh: &ContactSnapshot) -> Option<Given<'a>> {
    let (contact, fields, switched_on) = match &decision.change {
        Change::Update { contact, fields, .. } => (contact, fields, false),
        Change::Reactivate { contact, fields, .. } => (contact, fields, true),
        Change::Create { .. }
        | Change::Link { .. }
        | Change::Deactivate { .. }
        | Change::NoOp { .. }
        | Change::Hold { .. } => return None,
    };
    match fields.iter().find(|change| change.field == ContactField::Email).map(|change| &change.after) {
        Some(FieldValue::Text(text)) => Some(Given { contact, key: email_key(text)?, changed: true }),
        Some(
            FieldValue::Empty | FieldValue::Flag(_) | FieldValue::List(_) | FieldValue::Generated { .. },
        ) => Some(Given { contact, key: String::new(), changed: true }),
        None if switched_on => {
            let key = fresh.find(contact)?.primary_email_key()?.to_owned();
            Some(Given { contact, key, changed: false })
        }
        None => None,
    }
}
