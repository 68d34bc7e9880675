//! Users whom no address pairs, and contacts of people who are gone and bore the same name.
//!
//! A name pairs nobody. It speaks against making somebody a second contact while that person's first one is deactivated: an
//! account that was made anew has another id, and may have another address.

use super::{MOST_NAMED, Owner, Pairing, place, stages::Matcher};
use crate::{
    model::Attribute,
    plan::{
        namesakes::{full_name, name_of},
        scope::Standing,
    },
};
use std::collections::BTreeMap;

impl Matcher<'_, '_> {
    /// Holds users in scope whom nothing fits but the whole name of an active contact of their company whose user is gone.
    pub(super) fn by_name_of_the_absent(&mut self) {
        let mut known: BTreeMap<(u16, String), Vec<u32>> = BTreeMap::new();
        for contact in self.absent.keys() {
            let absent = self.owners.get(*contact as usize) == Some(&Owner::Absent);
            let Some(view) = self.contacts.get(*contact as usize).filter(|_| absent) else { continue };
            let Some(row) = self.contacts.rows.get(*contact as usize) else { continue };
            if view.active() != Some(false)
                && let Some(name) = name_of(view)
            {
                let same = known.entry((row.company(), name)).or_default();
                if same.len() < MOST_NAMED {
                    same.push(*contact);
                }
            }
        }
        if known.is_empty() {
            return;
        }
        let mut found = Vec::new();
        for (at, pairing) in self.pairings.iter().enumerate() {
            let unpaired = matches!(pairing, Pairing::None)
                && self.standings.get(at) == Some(&Standing::InScope)
                && self.links.get(at).is_some_and(Option::is_none);
            if !unpaired {
                continue;
            }
            let (Some(user), Some(Some(company))) = (self.users.get(at), self.companies.get(at)) else {
                continue;
            };
            let (given, surname) =
                (user.attribute(&Attribute::GivenName), user.attribute(&Attribute::Surname));
            if let (Some(given), Some(surname)) = (given.text(), surname.text())
                && let Some(contacts) = known.get(&(*company, full_name(given, surname)))
            {
                found.push((place(at), contacts.clone()));
            }
        }
        for (user, contacts) in found {
            self.set(user, Pairing::TakenByAbsent { contacts });
        }
    }
}
