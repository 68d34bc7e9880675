//! The stages of matching.

use super::{
    Matches, Owner, Pairing,
    candidates::{addresses, hits},
    pins::Pins,
    place, some_with,
};
use crate::{
    model::{ContactField, ContactId},
    plan::{
        index::{AddressIndex, StoredIds},
        input::PlanInput,
        scope::Standing,
    },
    policy::MatchRule,
    snapshot::{Address, ContactSnapshot, UserSnapshot, UserView, same_address},
    store::Link,
};
use hashbrown::HashTable;
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

pub(super) struct Matcher<'a, 's> {
    pub(super) users: &'a UserSnapshot,
    pub(super) contacts: &'a ContactSnapshot,
    pub(super) standings: &'s [Standing],
    /// The place of each user's company among the companies of the contacts.
    pub(super) companies: Vec<Option<u16>>,
    pub(super) pairings: Vec<Pairing>,
    pub(super) owners: Vec<Owner>,
    pub(super) absent: BTreeMap<u32, &'a Link>,
    pub(super) links: Vec<Option<&'a Link>>,
    pub(super) relinked: BTreeMap<u32, &'a Link>,
    /// Claims of the stage at work: (contact, user, alone). A user that finds several contacts claims each of them, but
    /// not alone: nobody gets them.
    pub(super) claims: Vec<(u32, u32, bool)>,
    pub(super) pins: Pins<'a>,
    pub(super) outside: BTreeMap<u32, u32>,
    pub(super) second: Vec<u32>,
    /// The rows of links whose user and contact are both not in the read.
    pub(super) gone_rows: Vec<usize>,
    pub(super) gone_before: BTreeMap<u32, Vec<ContactId>>,
    /// Where contacts hold the object id of their user, if the policy says so.
    pub(super) id_field: Option<u8>,
}

impl<'a> Matcher<'a, '_> {
    pub(super) fn by_link(&mut self, input: &PlanInput<'a>) {
        let links = &input.links.links;
        // Links, users and contacts are in order of their ids, so one walk over each side pairs them.
        let mut contact_of: Vec<Option<u32>> = vec![None; links.len()];
        if let Some((ids, rows)) = links.by_contact() {
            let id = |at: usize| {
                let link = rows.get(at).and_then(|row| links.at(*row as usize));
                link.map_or("", |link| link.contact_id.as_str())
            };
            self.contacts.join(ids, id, |contact, at| {
                if let Some(slot) = rows.get(at).and_then(|row| contact_of.get_mut(*row as usize)) {
                    *slot = Some(place(contact));
                }
            });
        }
        let mut user_of: Vec<Option<u32>> = vec![None; links.len()];
        for (directory, objects) in links.by_directory() {
            self.users.join(
                directory,
                objects,
                |row| links.object_at(row),
                |user, row| {
                    if let (Some(slot), Some(link)) = (self.links.get_mut(user), links.at(row)) {
                        *slot = Some(link);
                    }
                    if let Some(slot) = user_of.get_mut(row) {
                        *slot = Some(place(user));
                    }
                },
            );
        }
        let mut claimed: BTreeSet<u32> = BTreeSet::new();
        let mut to_be_left = Vec::new();
        for (row, (user, contact)) in user_of.into_iter().zip(contact_of).enumerate() {
            match (user, contact) {
                // A person gave this user another contact, or this contact to another user.
                (Some(user), contact) if self.is_pinned(user) => to_be_left.extend(contact),
                (Some(user), Some(contact)) if self.is_given_away(contact) => {
                    self.set(user, Pairing::ClaimedTwice { contacts: vec![contact] });
                }
                (Some(user), Some(contact)) => {
                    // A contact that is not ours gets no user, but a present user's link to it counts before older ones.
                    if self.owners.get(contact as usize) == Some(&Owner::Elsewhere) {
                        claimed.insert(contact);
                    }
                    self.claim(contact, user, MatchRule::Link);
                }
                (None, Some(contact)) => {
                    let Some(link) = links.at(row) else { continue };
                    // Of two links to one contact the younger absence counts: its user may be back tomorrow.
                    let slot = self.absent.entry(contact).or_insert(link);
                    if link.missing_reads < slot.missing_reads {
                        *slot = link;
                    }
                }
                (None, None) => self.gone_rows.push(row),
                (Some(_), None) => {}
            }
        }
        // A contact with a user in the read is that user's, whatever an older link says.
        let owners = &mut self.owners;
        self.absent.retain(|contact, _| match owners.get_mut(*contact as usize) {
            Some(owner @ Owner::Free) => {
                *owner = Owner::Absent;
                true
            }
            Some(Owner::Elsewhere) => !claimed.contains(contact),
            Some(Owner::User(_) | Owner::Absent | Owner::Contested | Owner::LetGo) | None => false,
        });
        // Until the user has the other contact, the link to this one stays, and two users would share it.
        for contact in to_be_left {
            if let Some(owner @ Owner::Free) = self.owners.get_mut(contact as usize) {
                *owner = Owner::Contested;
            }
        }
    }

    /// Whether a person gave a contact to some user. Asked before anybody else has one.
    fn is_given_away(&self, contact: u32) -> bool {
        matches!(self.owners.get(contact as usize), Some(Owner::User(user)) if self.is_pinned(*user))
    }

    /// Gives a contact to a user at once; a second claim takes it from both. For the first stage only, in which nobody
    /// has a contact before but by a person's word.
    fn claim(&mut self, contact: u32, user: u32, rule: MatchRule) {
        let Some(owner) = self.owners.get_mut(contact as usize) else { return };
        let contested = || Pairing::ClaimedTwice { contacts: vec![contact] };
        match *owner {
            Owner::Free => {
                *owner = Owner::User(user);
                self.set(user, Pairing::Paired { contact, rule });
            }
            Owner::User(first) => {
                *owner = Owner::Contested;
                self.set(first, contested());
                self.set(user, contested());
            }
            Owner::Elsewhere => self.set(user, Pairing::Elsewhere { contacts: vec![contact] }),
            Owner::Contested | Owner::Absent | Owner::LetGo => self.set(user, contested()),
        }
    }

    pub(super) fn by_stored_id(&mut self, fields: &[ContactField]) {
        let open = self.open();
        if open.is_empty() {
            return;
        }
        // Contacts that have a user already are not looked at: an id on them that names somebody else says less than
        // the link.
        let ids = StoredIds::new(self.contacts, fields, |contact| {
            !matches!(self.owners.get(contact), Some(Owner::User(_)))
        });
        let mut found = Vec::new();
        for user in open {
            let Some(view) = self.users.get(user as usize) else { continue };
            found.clear();
            ids.find(view, &mut found);
            self.weigh(user, &found);
        }
        self.settle(MatchRule::StoredId);
    }

    /// Users in scope and still unpaired that are known by the same address as another user in scope.
    ///
    /// The contacts that such users would find go to nobody else either.
    pub(super) fn find_source_duplicates(&mut self, index: &AddressIndex<'_>) {
        let (users, standings) = (self.users, self.standings);
        let address = |user: u32| {
            let in_scope = standings.get(user as usize) == Some(&Standing::InScope);
            if in_scope { users.main_address(user as usize) } else { None }
        };
        let unpaired: Vec<u32> = self.open().into_iter().filter(|user| address(*user).is_some()).collect();
        if unpaired.is_empty() {
            return;
        }
        // How many are known by each address, by its hash.
        let mut known: HashTable<(u64, u32)> = HashTable::with_capacity(unpaired.len());
        for hash in unpaired.iter().filter_map(|user| Some(address(*user)?.hash)) {
            known.entry(hash, |(h, _)| *h == hash, |(h, _)| *h).or_insert((hash, 0));
        }
        let everybody = || (0..users.len()).map(place);
        for hash in everybody().filter_map(|user| Some(address(user)?.hash)) {
            if let Some((_, times)) = known.find_mut(hash, |(h, _)| *h == hash) {
                *times += 1;
            }
        }
        let mut shared: Vec<(&str, u32)> = everybody()
            .filter_map(|user| {
                let Address { hash, key, .. } = address(user)?;
                known.find(*hash, |(h, _)| h == hash).filter(|(_, times)| *times > 1)?;
                Some((users.table.body.arena.get(*key), user))
            })
            .collect();
        shared.sort_unstable();
        for group in shared.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let group: Vec<u32> = group.iter().map(|(_, user)| *user).collect();
            for user in group.iter().copied().filter(|user| unpaired.binary_search(user).is_ok()) {
                if let Some(view) = users.get(user as usize) {
                    let company = self.companies.get(user as usize).copied().flatten();
                    for rule in MatchRule::BY_ADDRESS {
                        let found = hits(users, index, view, rule);
                        let ours =
                            found.into_iter().filter(|c| company.is_some() && self.company_of(*c) == company);
                        let claims: Vec<_> = ours.map(|contact| (contact, user, false)).collect();
                        self.claims.extend(claims);
                    }
                }
                self.set(user, Pairing::SourceDuplicate { users: some_with(&group, user) });
            }
        }
        self.settle(MatchRule::PrimaryEmail);
    }

    /// The contacts that have an address of a user in scope who has none so far, or, where the contact of somebody gone may be
    /// that person's, none in use: few against all.
    pub(super) fn address_index(&self) -> AddressIndex<'a> {
        let without =
            self.pairings.iter().zip(self.standings).enumerate().filter(|(_, (pairing, standing))| {
                **standing == Standing::InScope && pairing.paired().is_none()
            });
        let lacking = without.map(|(user, _)| place(user)).chain(self.with_inactive());
        let users = lacking.filter_map(|user| self.users.get(user as usize));
        AddressIndex::new(self.contacts, users.flat_map(|user| addresses(self.users, user)))
    }

    pub(super) fn by_address(&mut self, index: &AddressIndex<'_>, rule: MatchRule) {
        // A primary address is its user's; any other one may have been somebody's who left, and was given on.
        let others = if rule == MatchRule::PrimaryEmail { HashTable::new() } else { self.known_outside() };
        for user in self.open() {
            let user = user as usize;
            let Some(view) = self.unpaired(user) else { continue };
            let company = self.companies.get(user).copied().flatten();
            let mut found = hits(self.users, index, view, rule);
            found.retain(|contact| company.is_some() && self.company_of(*contact) == company);
            let ours = |contact: &&u32| self.owners.get(**contact as usize) != Some(&Owner::Elsewhere);
            if found.iter().filter(ours).any(|contact| self.holds_another_id(*contact, view)) {
                // Somebody else's id on it says whose contact it was; an address can be given anew.
                self.set(place(user), Pairing::TakenByAbsent { contacts: found });
                continue;
            }
            let of_others: Vec<(u32, u32)> = found
                .iter()
                .filter_map(|contact| Some((*contact, self.known_by_its_address(*contact, &others)?)))
                .collect();
            if !of_others.is_empty() {
                self.outside.extend(of_others);
                self.claims.extend(found.iter().map(|contact| (*contact, place(user), false)));
                self.set(place(user), Pairing::ClaimedTwice { contacts: found });
                continue;
            }
            self.weigh(place(user), &found);
        }
        self.settle(rule);
    }

    /// Users that nothing in their own company fits, but a contact elsewhere does.
    pub(super) fn find_elsewhere(&mut self, index: &AddressIndex<'_>) {
        let mut found = Vec::new();
        for user in self.open() {
            let user = user as usize;
            let Some(view) = self.unpaired(user) else { continue };
            found.clear();
            for rule in MatchRule::BY_ADDRESS {
                found.extend(hits(self.users, index, view, rule));
            }
            let company = self.companies.get(user).copied().flatten();
            found.retain(|contact| company.is_none() || self.company_of(*contact) != company);
            found.sort_unstable();
            found.dedup();
            if !found.is_empty() {
                self.set(place(user), Pairing::OtherCompany { contacts: found.clone() });
            }
        }
    }

    /// The users without a contact who are not in scope, by the hash of the address they are known by.
    fn known_outside(&self) -> HashTable<(u64, u32)> {
        let mut known = HashTable::new();
        for user in self.open() {
            let in_scope = self.standings.get(user as usize) == Some(&Standing::InScope);
            if let Some(main) = self.users.main_address(user as usize).filter(|_| !in_scope) {
                known.insert_unique(main.hash, (main.hash, user), |(hash, _)| *hash);
            }
        }
        known
    }

    /// Who of these users is known by the primary address of a contact; of several the first.
    fn known_by_its_address(&self, contact: u32, known: &HashTable<(u64, u32)>) -> Option<u32> {
        let primary = self.contacts.primary_address(contact as usize)?;
        let is_known_by = |user: &u32| {
            let (users, contacts) = (&self.users.table.body.arena, &self.contacts.body.arena);
            self.users
                .main_address(*user as usize)
                .is_some_and(|main| same_address((users, main), (contacts, primary)))
        };
        known.iter_hash(primary.hash).map(|(_, user)| *user).filter(is_known_by).min()
    }

    /// Whether a contact holds the object id of somebody else.
    fn holds_another_id(&self, contact: u32, user: UserView<'_>) -> bool {
        let Some(ordinal) = self.id_field else { return false };
        let held = self.contacts.get(contact as usize).and_then(|c| c.text_at(ordinal).text());
        held.is_some_and(|id| !user.is_known_as(id))
    }

    /// The users without a contact or a conflict, whatever their standing.
    pub(super) fn open(&self) -> Vec<u32> {
        let users = self.pairings.iter().enumerate();
        users.filter(|(_, pairing)| matches!(pairing, Pairing::None)).map(|(user, _)| place(user)).collect()
    }

    /// The user at a place, where it is in scope and still without a contact or a conflict.
    pub(super) fn unpaired(&self, user: usize) -> Option<UserView<'a>> {
        let open = matches!(self.pairings.get(user), Some(Pairing::None))
            && self.standings.get(user) == Some(&Standing::InScope);
        self.users.get(user).filter(|_| open)
    }

    /// Decides what a user's candidates of one stage mean; a claim is only noted.
    fn weigh(&mut self, user: u32, found: &[u32]) {
        let owner = |contact: &u32| self.owners.get(*contact as usize).copied().unwrap_or(Owner::Contested);
        match found {
            [] => {}
            [one] => match owner(one) {
                Owner::Free => self.claims.push((*one, user, true)),
                Owner::Absent | Owner::LetGo => {
                    self.set(user, Pairing::TakenByAbsent { contacts: vec![*one] });
                }
                Owner::Elsewhere => self.set(user, Pairing::Elsewhere { contacts: vec![*one] }),
                Owner::User(_) | Owner::Contested => {
                    self.set(user, Pairing::ClaimedTwice { contacts: vec![*one] });
                }
            },
            several => {
                // Active before inactive breaks the tie only if exactly one is active and it is free.
                match self.only_one_in_use(several.iter().copied()) {
                    Some(one) if owner(&one) == Owner::Free => self.claims.push((one, user, true)),
                    _ => {
                        self.claims.extend(several.iter().map(|contact| (*contact, user, false)));
                        self.set(user, Pairing::Ambiguous { contacts: several.to_vec() });
                    }
                }
            }
        }
    }

    /// Turns the noted claims of a stage into pairs, or into conflicts where a contact is claimed more than once.
    pub(super) fn settle(&mut self, rule: MatchRule) {
        let mut claims = std::mem::take(&mut self.claims);
        claims.sort_unstable();
        for group in claims.chunk_by(|a, b| a.0 == b.0) {
            let &[(contact, user, alone), ..] = group else { continue };
            let alone = alone && group.len() == 1;
            let elsewhere = self.owners.get(contact as usize) == Some(&Owner::Elsewhere);
            if let Some(owner @ (Owner::Free | Owner::Absent | Owner::LetGo)) =
                self.owners.get_mut(contact as usize)
            {
                *owner = if alone { Owner::User(user) } else { Owner::Contested };
            }
            for (_, user, _) in group.iter().filter(|(_, _, alone)| *alone) {
                let pairing = if elsewhere {
                    Pairing::Elsewhere { contacts: vec![contact] }
                } else if alone {
                    Pairing::Paired { contact, rule }
                } else {
                    Pairing::ClaimedTwice { contacts: vec![contact] }
                };
                self.set(*user, pairing);
            }
        }
        claims.clear();
        self.claims = claims;
    }

    pub(super) fn set(&mut self, user: u32, pairing: Pairing) {
        if let Some(slot) = self.pairings.get_mut(user as usize) {
            *slot = pairing;
        }
    }

    pub(super) fn into_matches(self) -> Matches<'a> {
        let Self { pairings, owners, absent, links, relinked, pins, outside, second, gone_before, .. } = self;
        Matches {
            pairings,
            owners,
            absent,
            links,
            relinked,
            pins,
            outside,
            second,
            gone_before,
            claimed: OnceCell::new(),
        }
    }

    pub(super) fn is_inactive(&self, contact: u32) -> bool {
        self.contacts.rows.get(contact as usize).is_some_and(|row| row.active == Some(false))
    }

    /// The one contact that is not inactive, where that is one.
    pub(super) fn only_one_in_use(&self, contacts: impl Iterator<Item = u32>) -> Option<u32> {
        let mut in_use = contacts.filter(|contact| !self.is_inactive(*contact));
        in_use.next().filter(|_| in_use.next().is_none())
    }

    pub(super) fn company_of(&self, contact: u32) -> Option<u16> {
        self.contacts.rows.get(contact as usize).map(crate::snapshot::ContactRow::company)
    }
}
