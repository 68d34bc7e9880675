//! Contacts of people who are gone that may be those of people who are there.

use super::{MOST_NAMED, Owner, Pairing, candidates::hits, place, stages::Matcher};
use crate::{
    plan::{index::AddressIndex, input::PlanInput, scope::Standing},
    policy::MatchRule,
    snapshot::UserView,
};
use std::collections::BTreeMap;

impl<'a> Matcher<'a, '_> {
    /// Contacts of absent users to which the addresses of somebody in scope lead as well who is held, or got an inactive
    /// contact: the one in use may be that person's, too.
    pub(super) fn find_second(&mut self, index: &AddressIndex<'_>) {
        if self.absent.is_empty() {
            return;
        }
        let held = self.pairings.iter().zip(self.standings).enumerate().filter(|(_, (pairing, standing))| {
            **standing == Standing::InScope && pairing.paired().is_none() && **pairing != Pairing::None
        });
        let lacking: Vec<u32> = held.map(|(user, _)| place(user)).chain(self.with_inactive()).collect();
        for user in lacking {
            let (Some(view), Some(pairing)) =
                (self.users.get(user as usize), self.pairings.get(user as usize))
            else {
                continue;
            };
            let named = pairing.waits_for();
            for rule in MatchRule::BY_ADDRESS {
                let found = hits(self.users, index, view, rule).into_iter();
                self.second.extend(found.filter(|c| self.absent.contains_key(c) && !named.contains(c)));
            }
        }
    }

    /// The users in scope whose contact is not in use, where the contact of somebody gone may be theirs.
    pub(super) fn with_inactive(&self) -> Vec<u32> {
        if self.absent.is_empty() {
            return Vec::new();
        }
        let contacts = self.contacts.rows.iter().zip(&self.owners);
        let users = contacts.filter_map(|(row, owner)| match owner {
            Owner::User(user)
                if row.active == Some(false)
                    && self.standings.get(*user as usize) == Some(&Standing::InScope) =>
            {
                Some(*user)
            }
            Owner::User(_)
            | Owner::Free
            | Owner::Absent
            | Owner::Contested
            | Owner::Elsewhere
            | Owner::LetGo => None,
        });
        users.collect()
    }

    /// For users without a contact, those that earlier accounts with the same immutable id were linked to and that are not
    /// among those read: deleted, or moved to another company.
    pub(super) fn find_gone_before(&mut self, input: &PlanInput<'a>) {
        if self.gone_rows.is_empty() {
            return;
        }
        let mut open: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for user in self.open() {
            if self.links.get(user as usize).is_some_and(Option::is_none)
                && let Some(id) = self.unpaired(user as usize).and_then(UserView::immutable_id)
            {
                open.entry(id).or_default().push(user);
            }
        }
        if open.is_empty() {
            return;
        }
        for link in self.gone_rows.iter().filter_map(|row| input.links.links.at(*row)) {
            if let Some(users) = link.immutable_id.as_deref().and_then(|id| open.get(id)) {
                for user in users {
                    let gone = self.gone_before.entry(*user).or_default();
                    if gone.len() < MOST_NAMED {
                        gone.push(link.contact_id.clone());
                    }
                }
            }
        }
    }
}
