//! Contacts that no link remembers and that hold the object id of somebody whom the directory says it deleted.
//!
//! Only asked for with `lifecycle.managed_only = false`. Absence from a read never counts here: how often and how long
//! somebody was absent is kept in the link, and there is none.

use super::{
    input::PlanInput,
    matching::{Matches, Owner, place},
    planner::Planner,
};
use crate::{model::SourceAnchor, review::Review, store::Link};
use std::collections::{BTreeMap, btree_map::Entry};

/// Why a contact whose user is not in the read has a decision of its own.
pub(crate) enum Gone<'a> {
    /// It is linked.
    Linked(&'a Link),
    /// It holds the id of a deleted user.
    Unlinked {
        /// Every contact that holds it, in ascending order.
        contacts: Vec<u32>,
    },
    /// Its person has another one now, in the company where somebody accepted to move it.
    LeftBehind(LeftBehind<'a>),
}

/// A contact that a move between companies left.
#[derive(Clone, Copy)]
pub(crate) struct LeftBehind<'a> {
    /// The answer that accepted the move.
    pub(crate) review: &'a Review,
    /// The contact that the person has now.
    pub(crate) successor: u32,
}

/// The contacts of absent users, in ascending order of place.
pub(crate) fn gone<'a>(input: &PlanInput<'a>, planner: &Planner<'a>) -> Vec<(u32, Gone<'a>)> {
    let matches = &planner.matches;
    let mut all: Vec<(u32, Gone<'a>)> =
        matches.absent.iter().map(|(place, link)| (*place, Gone::Linked(link))).collect();
    for contacts in unlinked(input, matches).into_values() {
        all.extend(contacts.iter().map(|place| (*place, Gone::Unlinked { contacts: contacts.clone() })));
    }
    all.extend(planner.left_behind().into_iter().map(|(place, left)| (place, Gone::LeftBehind(left))));
    // The sort is stable: evidence from the directory comes before what a person said.
    all.sort_by_key(|(place, _)| *place);
    all.dedup_by_key(|(place, _)| *place);
    all
}

/// The contacts without a link by the deleted user whose id they hold.
fn unlinked<'i>(input: &PlanInput<'i>, matches: &Matches<'_>) -> BTreeMap<&'i SourceAnchor, Vec<u32>> {
    let mut found: BTreeMap<&SourceAnchor, Vec<u32>> = BTreeMap::new();
    let removed = input.users.removed();
    let Some(field) = input.policy.id_field.as_ref() else { return found };
    if input.policy.document().lifecycle.managed_only || removed.is_empty() {
        return found;
    }
    // An id stands on the contact alone or with its directory; one that two directories gave to different people says
    // nothing alone.
    let mut ids: BTreeMap<String, Option<&SourceAnchor>> = BTreeMap::new();
    for anchor in removed {
        for id in [anchor.object_id(), anchor.as_str()] {
            match ids.entry(id.to_lowercase()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(Some(anchor));
                }
                Entry::Occupied(mut known) if *known.get() != Some(anchor) => {
                    known.insert(None);
                }
                Entry::Occupied(_) => {}
            }
        }
    }
    let companies = input.tenant.companies();
    for (at, contact) in input.contacts.iter().enumerate() {
        let ours = contact.company().is_some_and(|company| companies.contains(company));
        let owned = matches!(matches.owners.get(at), Some(Owner::User(_) | Owner::Absent | Owner::LetGo));
        if ours
            && !owned
            && let Some(text) = contact.text(field).text()
            && let Some(Some(anchor)) = ids.get(&text.to_lowercase())
        {
            found.entry(anchor).or_default().push(place(at));
        }
    }
    found
}
