//! Pairing users with contacts: stage by stage, one-to-one over the whole plan, independent of input order.
//!
//! A stage is one match rule over all users that are still unpaired. Claims of a stage are made together and only then
//! compared, so it does not matter who comes first. A contact claimed by two users of one stage goes to neither, and
//! nobody may claim it later. A contact taken in an earlier stage holds whoever finds only it.

mod candidates;
mod gone;
mod immutable;
mod migrate;
mod names;
mod pins;
mod stages;

pub(crate) use candidates::candidates;

use super::index::AddressIndex;
use super::{input::PlanInput, ownership::foreign, scope::Standing};
use crate::{
    model::{CompanyId, ContactId},
    policy::MatchRule,
    store::Link,
};
use candidates::id_fields;
use pins::Pins;
use stages::Matcher;
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

/// What matching found for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// No contact fits.
    None,
    /// This contact, by this rule.
    Paired { contact: u32, rule: MatchRule },
    /// Several contacts fit.
    Ambiguous { contacts: Vec<u32> },
    /// Another user claims the contact too.
    ClaimedTwice { contacts: Vec<u32> },
    /// Another user has the same address.
    SourceDuplicate { users: Vec<u32> },
    /// The contact is linked to a user who is not in the read, or holds somebody else's object id.
    TakenByAbsent { contacts: Vec<u32> },
    /// The contact is another tenant's or another tool's.
    Elsewhere { contacts: Vec<u32> },
    /// The address is on a contact of another company.
    OtherCompany { contacts: Vec<u32> },
}

impl Pairing {
    /// The contact and the rule, where there is one.
    pub(crate) const fn paired(&self) -> Option<(u32, MatchRule)> {
        if let Self::Paired { contact, rule } = self { Some((*contact, *rule)) } else { None }
    }

    /// The contacts about which somebody has to decide.
    fn waits_for(&self) -> &[u32] {
        match self {
            Self::Ambiguous { contacts }
            | Self::ClaimedTwice { contacts }
            | Self::TakenByAbsent { contacts }
            | Self::OtherCompany { contacts } => contacts,
            Self::None | Self::Paired { .. } | Self::SourceDuplicate { .. } | Self::Elsewhere { .. } => &[],
        }
    }
}

/// Who has a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Nobody.
    Free,
    /// The user at this place.
    User(u32),
    /// A linked user who is not in the read.
    Absent,
    /// Several users claim it; it goes to none.
    Contested,
    /// Another tenant of the same PSA is linked to it, or its mark is not ours.
    Elsewhere,
    /// Another tenant of the same PSA is linked to it for somebody who is gone there, and this one is not.
    LetGo,
}

/// The result of matching.
pub(crate) struct Matches<'a> {
    pub(crate) pairings: Vec<Pairing>,
    pub(crate) owners: Vec<Owner>,
    /// Links whose user is not in the read, by the contact's place.
    pub(crate) absent: BTreeMap<u32, &'a Link>,
    /// The link of each user in the read, where it has one.
    pub(crate) links: Vec<Option<&'a Link>>,
    /// Users paired by immutable id or by a person, with the link they take over.
    pub(crate) relinked: BTreeMap<u32, &'a Link>,
    /// What became of contacts that a person gave to users.
    pub(crate) pins: Pins<'a>,
    /// Contacts that somebody found by an alias, and the user out of scope who is known by their address.
    pub(crate) outside: BTreeMap<u32, u32>,
    /// Contacts of absent users that may be those of users who are held or got an inactive one.
    second: Vec<u32>,
    /// Of users without a contact: those of earlier accounts with the same immutable id, which are not read.
    pub(crate) gone_before: BTreeMap<u32, Vec<ContactId>>,
    /// The users that are held for claiming each contact. Made when the first of them is decided.
    claimed: OnceCell<BTreeMap<u32, Vec<u32>>>,
}

/// The most users or contacts that one decision names, and itself. Where thousands share an address, each of their decisions
/// would name them all.
pub(crate) const MOST_NAMED: usize = 50;

pub(crate) fn match_all<'a>(
    input: &PlanInput<'a>,
    standings: &[Standing],
    companies: &[Option<&CompanyId>],
) -> Matches<'a> {
    let mut matcher = Matcher {
        users: input.users,
        contacts: input.contacts,
        standings,
        companies: companies.iter().map(|c| c.and_then(|c| input.contacts.company_place(c))).collect(),
        pairings: vec![Pairing::None; input.users.len()],
        owners: owners(input),
        absent: BTreeMap::new(),
        links: vec![None; input.users.len()],
        relinked: BTreeMap::new(),
        claims: Vec::new(),
        pins: Pins::default(),
        outside: BTreeMap::new(),
        second: Vec::new(),
        gone_rows: Vec::new(),
        gone_before: BTreeMap::new(),
        id_field: input.policy.id_field.as_ref().and_then(|f| input.contacts.field_ordinal(f)),
    };
    if let Some(old) = &input.run.migrate_from {
        matcher.migrate(input, old);
        return matcher.into_matches();
    }
    matcher.by_review(input);
    let id_fields = id_fields(input);
    let mut index: Option<AddressIndex<'_>> = None;
    let mut duplicates_found = false;
    for rule in &input.policy.document().matching.rules {
        match rule {
            MatchRule::Link => matcher.by_link(input),
            MatchRule::StoredId => matcher.by_stored_id(&id_fields),
            MatchRule::ImmutableId => {
                matcher.by_immutable_id();
                matcher.find_people_elsewhere(input);
            }
            MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail => {
                let index = index.get_or_insert_with(|| matcher.address_index());
                if !duplicates_found {
                    matcher.find_source_duplicates(index);
                    duplicates_found = true;
                }
                matcher.by_address(index, *rule);
            }
        }
    }
    if let Some(index) = &index {
        matcher.find_elsewhere(index);
        matcher.find_second(index);
    }
    if input.policy.document().matching.rules.contains(&MatchRule::ImmutableId) {
        matcher.find_gone_before(input);
        matcher.find_departed(&input.policy.document().lifecycle);
    }
    matcher.by_name_of_the_absent();
    matcher.into_matches()
}

/// Nobody has a contact at first, but for those of other tenants and tools.
fn owners(input: &PlanInput<'_>) -> Vec<Owner> {
    let mut owners = vec![Owner::Free; input.contacts.len()];
    let held = input.linked_elsewhere.contacts().map(|contact| (contact, Owner::Elsewhere));
    let ours = |contact: &ContactId| input.links.links.of_contact(contact).next().is_some();
    let let_go = input.linked_elsewhere.let_go().filter(|contact| !ours(contact));
    for (contact, whose) in held.chain(let_go.map(|contact| (contact, Owner::LetGo))) {
        let place = input.contacts.place_of(contact.as_str());
        if let Some(owner) = place.and_then(|place| owners.get_mut(place)) {
            *owner = whose;
        }
    }
    if !input.policy.ownership.is_empty() {
        for (contact, owner) in input.contacts.iter().zip(&mut owners) {
            if foreign(input, contact).is_some() {
                *owner = Owner::Elsewhere;
            }
        }
    }
    owners
}

impl Matches<'_> {
    /// Some of the users that claim any of these contacts, this one included: owners and users held for them.
    pub(crate) fn claimants(&self, contacts: &[u32], me: u32) -> Vec<u32> {
        let claimed = self.claimed.get_or_init(|| {
            let mut claimed: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (user, pairing) in self.pairings.iter().enumerate() {
                if let Pairing::ClaimedTwice { contacts } = pairing {
                    for contact in contacts {
                        claimed.entry(*contact).or_default().push(place(user));
                    }
                }
            }
            claimed
        });
        let mut claiming = Vec::new();
        for contact in contacts {
            if let Some(Owner::User(user)) = self.owners.get(*contact as usize) {
                claiming.push(*user);
            }
            let held = claimed.get(contact).map_or(&[][..], Vec::as_slice);
            claiming.extend(held.iter().take(MOST_NAMED));
            claiming.extend(self.outside.get(contact));
        }
        claiming.sort_unstable();
        claiming.dedup();
        let mut some = some_with(&claiming, me);
        some.sort_unstable();
        some
    }

    /// The contacts for which a user in the read waits for a person's decision; those of `settled` users wait no more.
    pub(crate) fn waited_for(&self, settled: &BTreeSet<u32>) -> BTreeSet<u32> {
        let contested = self.owners.iter().enumerate().filter(|(_, owner)| **owner == Owner::Contested);
        let waiting = self.pairings.iter().enumerate().filter(|(user, _)| !settled.contains(&place(*user)));
        let held = waiting.flat_map(|(_, pairing)| pairing.waits_for()).copied();
        // Whoever answered the question did not speak of the second ones.
        held.chain(self.second.iter().copied()).chain(contested.map(|(contact, _)| place(contact))).collect()
    }
}

/// Some of a list in ascending order, the first ones and one that must be among them.
pub(crate) fn some_with(all: &[u32], one: u32) -> Vec<u32> {
    let mut some: Vec<u32> = all.iter().copied().take(MOST_NAMED).collect();
    if !some.contains(&one) {
        some.push(one);
    }
    some
}

pub(crate) fn place(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
