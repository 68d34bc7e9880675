//! Pairing users with contacts: stage by stage, one-to-one over the whole plan, independent of input order.
//!
//! A stage is one match rule over all users that are still unpaired. Claims of a stage are made together and only then
//! compared, so it does not matter who comes first. A contact claimed by two users of one stage goes to neither, and
//! nobody may claim it later. A contact taken in an earlier stage holds whoever finds only it.

use super::{
    index::{AddressIndex, StoredIds},
    input::PlanInput,
    scope::Standing,
};
use crate::{
    model::{CompanyId, ContactField, SourceAnchor, email_key, is_tenant_default_domain},
    policy::MatchRule,
    snapshot::{Address, ContactSnapshot, UserSnapshot, UserView},
    store::Link,
};
use hashbrown::HashTable;
use std::collections::BTreeMap;

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
    /// The contact is linked to a user who is not in the read.
    TakenByAbsent { contacts: Vec<u32> },
    /// The address is on a contact of another company.
    OtherCompany { contacts: Vec<u32> },
}

impl Pairing {
    /// The contact and the rule, where there is one.
    pub(crate) const fn paired(&self) -> Option<(u32, MatchRule)> {
        if let Self::Paired { contact, rule } = self { Some((*contact, *rule)) } else { None }
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
}

/// The result of matching.
pub(crate) struct Matches<'a> {
    pub(crate) pairings: Vec<Pairing>,
    pub(crate) owners: Vec<Owner>,
    /// Links whose user is not in the read, by the contact's place.
    pub(crate) absent: BTreeMap<u32, &'a Link>,
    /// Links of users in the read whose contact is not in the (complete) contact list.
    pub(crate) dangling: Vec<u32>,
    /// Users paired by immutable id, with the link they take over.
    pub(crate) relinked: BTreeMap<u32, &'a Link>,
}

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
        owners: vec![Owner::Free; input.contacts.len()],
        absent: BTreeMap::new(),
        dangling: Vec::new(),
        relinked: BTreeMap::new(),
        claims: Vec::new(),
    };
    let id_fields = id_fields(input);
    let mut index: Option<AddressIndex<'_>> = None;
    let mut duplicates_found = false;
    for rule in &input.policy.document().matching.rules {
        match rule {
            MatchRule::Link => matcher.by_link(input),
            MatchRule::StoredId => matcher.by_stored_id(&StoredIds::new(input.contacts, &id_fields)),
            MatchRule::ImmutableId => matcher.by_immutable_id(),
            MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail => {
                if !duplicates_found {
                    matcher.find_source_duplicates();
                    duplicates_found = true;
                }
                if matcher
                    .pairings
                    .iter()
                    .zip(standings)
                    .any(|(p, s)| *p == Pairing::None && *s == Standing::InScope)
                {
                    let index = index.get_or_insert_with(|| AddressIndex::new(input.contacts));
                    matcher.by_address(index, *rule);
                }
            }
        }
    }
    if let Some(index) = &index {
        matcher.find_elsewhere(index);
    }
    let Matcher { pairings, owners, absent, dangling, relinked, .. } = matcher;
    Matches { pairings, owners, absent, dangling, relinked }
}

/// Contacts of any company that a rule finds for one user, whoever has them; for explanations.
pub(crate) fn candidates(input: &PlanInput<'_>, user: UserView<'_>, rule: MatchRule) -> Vec<u32> {
    let contacts = input.contacts;
    let mut found: Vec<u32> = match rule {
        MatchRule::Link => {
            let link = input.links.links.get(&user.anchor());
            link.and_then(|l| contacts.place_of(l.contact_id.as_str())).map(place).into_iter().collect()
        }
        MatchRule::StoredId => {
            let mut found = Vec::new();
            StoredIds::new(contacts, &id_fields(input)).find(user, &mut found);
            found
        }
        MatchRule::ImmutableId => {
            let same =
                |l: &&Link| l.immutable_id.is_some() && l.immutable_id.as_deref() == user.immutable_id();
            let links = input.links.links.values().filter(same);
            links.filter_map(|l| contacts.place_of(l.contact_id.as_str())).map(place).collect()
        }
        MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail => {
            hits(input.users, &AddressIndex::new(contacts), user, rule)
        }
    };
    found.sort_unstable();
    found.dedup();
    found
}

fn id_fields(input: &PlanInput<'_>) -> Vec<ContactField> {
    input.policy.id_field.iter().cloned().chain([ContactField::ExternalId]).collect()
}

/// Contacts of any company that an address rule finds for a user, in ascending order.
fn hits(users: &UserSnapshot, index: &AddressIndex<'_>, user: UserView<'_>, rule: MatchRule) -> Vec<u32> {
    let addresses = users.addresses.get(user.row().addresses()).unwrap_or(&[]);
    let split = usize::from(user.row().has_primary());
    let (wanted, primary): (&[Address], bool) = match rule {
        MatchRule::PrimaryEmail => (addresses.get(..split).unwrap_or(&[]), true),
        MatchRule::AlternateEmail => (addresses.get(split..).unwrap_or(&[]), true),
        MatchRule::PsaAlternateEmail => (addresses, false),
        MatchRule::Link | MatchRule::StoredId | MatchRule::ImmutableId => (&[], false),
    };
    let mut hits = Vec::new();
    for address in wanted {
        index.find(users, address, &mut hits);
    }
    let mut found: Vec<u32> =
        hits.iter().filter(|(_, p)| *p == primary).map(|(contact, _)| *contact).collect();
    found.sort_unstable();
    found.dedup();
    found
}

struct Matcher<'a, 's> {
    users: &'a UserSnapshot,
    contacts: &'a ContactSnapshot,
    standings: &'s [Standing],
    /// The place of each user's company among the companies of the contacts.
    companies: Vec<Option<u16>>,
    pairings: Vec<Pairing>,
    owners: Vec<Owner>,
    absent: BTreeMap<u32, &'a Link>,
    dangling: Vec<u32>,
    relinked: BTreeMap<u32, &'a Link>,
    /// Claims of the stage at work: (contact, user).
    claims: Vec<(u32, u32)>,
}

impl<'a> Matcher<'a, '_> {
    fn by_link(&mut self, input: &PlanInput<'a>) {
        for (anchor, link) in &input.links.links {
            let contact = self.contacts.place_of(link.contact_id.as_str()).map(place);
            match (self.users.place_of(anchor.as_str()).map(place), contact) {
                (Some(user), Some(contact)) => self.claims.push((contact, user)),
                (Some(user), None) => self.dangling.push(user),
                (None, Some(contact)) => {
                    self.absent.insert(contact, link);
                }
                (None, None) => {}
            }
        }
        self.settle(MatchRule::Link);
        // A contact with a user in the read is that user's, whatever an older link says.
        let owners = &mut self.owners;
        self.absent.retain(|contact, _| match owners.get_mut(*contact as usize) {
            Some(owner @ Owner::Free) => {
                *owner = Owner::Absent;
                true
            }
            Some(Owner::User(_) | Owner::Absent | Owner::Contested) | None => false,
        });
    }

    fn by_stored_id(&mut self, ids: &StoredIds<'_>) {
        let mut found = Vec::new();
        for user in 0..self.users.len() {
            if self.pairings.get(user) != Some(&Pairing::None) {
                continue;
            }
            let Some(view) = self.users.get(user) else { continue };
            found.clear();
            ids.find(view, &mut found);
            self.weigh(place(user), &found);
        }
        self.settle(MatchRule::StoredId);
    }

    /// Pairs users with the contacts of absent links that carry the same immutable id.
    fn by_immutable_id(&mut self) {
        if self.absent.is_empty() {
            return;
        }
        let mut by_id: BTreeMap<&str, Vec<(u32, &'a Link)>> = BTreeMap::new();
        for (contact, link) in &self.absent {
            if let Some(id) = link.immutable_id.as_deref() {
                by_id.entry(id).or_default().push((*contact, link));
            }
        }
        let mut claims = Vec::new();
        for (user, pairing) in self.pairings.iter().enumerate() {
            let Some(id) = self.users.get(user).and_then(UserView::immutable_id) else { continue };
            // Two links with one immutable id say nothing about whose contact it is.
            if *pairing == Pairing::None
                && let Some([(contact, link)]) = by_id.get(id).map(Vec::as_slice)
            {
                claims.push((*contact, place(user), *link));
            }
        }
        for (contact, user, link) in claims {
            if let Some(owner) = self.owners.get_mut(contact as usize) {
                *owner = Owner::Free;
            }
            self.absent.remove(&contact);
            self.relinked.insert(user, link);
            self.claims.push((contact, user));
        }
        self.settle(MatchRule::ImmutableId);
    }

    /// Users in scope and still unpaired that share their primary address with another user in scope.
    fn find_source_duplicates(&mut self) {
        let candidate = |user: usize| {
            self.standings.get(user) == Some(&Standing::InScope)
                && self.users.get(user).is_some_and(|u| u.row().has_primary())
        };
        let address = |user: u32| {
            let row = self.users.rows.get(user as usize)?;
            self.users.addresses.get(row.addresses().start)
        };
        let unpaired: Vec<u32> = (0..self.users.len())
            .filter(|u| self.pairings.get(*u) == Some(&Pairing::None) && candidate(*u))
            .map(place)
            .collect();
        if unpaired.is_empty() {
            return;
        }
        let mut table: HashTable<(u64, u32)> = HashTable::with_capacity(unpaired.len());
        for user in &unpaired {
            let Some(address) = address(*user) else { continue };
            table.insert_unique(address.hash, (address.hash, *user), |(hash, _)| *hash);
        }
        let mut sharing: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for user in (0..self.users.len()).filter(|u| candidate(*u)).map(place) {
            let Some(mine) = address(user) else { continue };
            for (_, other) in table.iter_hash(mine.hash) {
                let same = address(*other)
                    .is_some_and(|a| self.users.arena.get(a.key) == self.users.arena.get(mine.key));
                if *other != user && same {
                    sharing.entry(*other).or_default().push(user);
                }
            }
        }
        for (user, mut others) in sharing {
            others.push(user);
            others.sort_unstable();
            self.set(user, Pairing::SourceDuplicate { users: others });
        }
    }

    fn by_address(&mut self, index: &AddressIndex<'_>, rule: MatchRule) {
        for user in 0..self.users.len() {
            let Some(view) = self.unpaired(user) else { continue };
            let company = self.companies.get(user).copied().flatten();
            let mut found = hits(self.users, index, view, rule);
            found.retain(|contact| company.is_some() && self.company_of(*contact) == company);
            self.weigh(place(user), &found);
        }
        self.settle(rule);
    }

    /// Users that nothing in their own company fits, but a contact elsewhere does.
    fn find_elsewhere(&mut self, index: &AddressIndex<'_>) {
        let mut found = Vec::new();
        for user in 0..self.users.len() {
            let Some(view) = self.unpaired(user) else { continue };
            found.clear();
            for rule in [MatchRule::PrimaryEmail, MatchRule::AlternateEmail, MatchRule::PsaAlternateEmail] {
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

    /// The user at a place, where it is in scope and still without a contact or a conflict.
    fn unpaired(&self, user: usize) -> Option<UserView<'a>> {
        let open = self.pairings.get(user) == Some(&Pairing::None)
            && self.standings.get(user) == Some(&Standing::InScope);
        self.users.get(user).filter(|_| open)
    }

    /// Decides what a user's candidates of one stage mean; a claim is only noted.
    fn weigh(&mut self, user: u32, found: &[u32]) {
        let owner = |contact: &u32| self.owners.get(*contact as usize).copied().unwrap_or(Owner::Contested);
        let active = |contact: &u32| {
            self.contacts.rows.get(*contact as usize).is_some_and(|c| c.active != Some(false))
        };
        match found {
            [] => {}
            [one] => match owner(one) {
                Owner::Free => self.claims.push((*one, user)),
                Owner::Absent => self.set(user, Pairing::TakenByAbsent { contacts: vec![*one] }),
                Owner::User(_) | Owner::Contested => {
                    self.set(user, Pairing::ClaimedTwice { contacts: vec![*one] });
                }
            },
            several => {
                // Active before inactive breaks the tie only if exactly one is active and it is free.
                let mut in_use = several.iter().filter(|c| active(c));
                match (in_use.next(), in_use.next()) {
                    (Some(one), None) if owner(one) == Owner::Free => self.claims.push((*one, user)),
                    _ => self.set(user, Pairing::Ambiguous { contacts: several.to_vec() }),
                }
            }
        }
    }

    /// Turns the noted claims of a stage into pairs, or into conflicts where a contact is claimed more than once.
    fn settle(&mut self, rule: MatchRule) {
        let mut claims = std::mem::take(&mut self.claims);
        claims.sort_unstable();
        for group in claims.chunk_by(|a, b| a.0 == b.0) {
            let Some((contact, user)) = group.first().copied() else { continue };
            let alone = group.len() == 1;
            if let Some(owner) = self.owners.get_mut(contact as usize) {
                *owner = if alone { Owner::User(user) } else { Owner::Contested };
            }
            for (_, user) in group {
                let pairing = if alone {
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

    fn set(&mut self, user: u32, pairing: Pairing) {
        if let Some(slot) = self.pairings.get_mut(user as usize) {
            *slot = pairing;
        }
    }

    fn company_of(&self, contact: u32) -> Option<u16> {
        self.contacts.rows.get(contact as usize).map(crate::snapshot::ContactRow::company)
    }
}

/// The users that claim a contact: its owner and every user held for it.
pub(crate) fn claimants(
    matches: &Matches<'_>,
    users: &UserSnapshot,
    contacts: &[u32],
    me: u32,
) -> Vec<SourceAnchor> {
    let mut claiming = vec![me];
    for contact in contacts {
        if let Some(Owner::User(user)) = matches.owners.get(*contact as usize) {
            claiming.push(*user);
        }
    }
    for (user, pairing) in matches.pairings.iter().enumerate() {
        if let Pairing::ClaimedTwice { contacts: theirs } = pairing
            && theirs.iter().any(|c| contacts.contains(c))
        {
            claiming.push(place(user));
        }
    }
    claiming.sort_unstable();
    claiming.dedup();
    claiming.iter().filter_map(|user| users.get(*user as usize)).map(UserView::anchor).collect()
}

/// The address a user is known by: `mail`, or the sign-in name where that is an address people can be reached under.
pub(crate) fn usable_email(user: UserView<'_>) -> Option<String> {
    if let Some(mail) = user.primary_email() {
        return Some(mail.to_owned());
    }
    let key = email_key(user.principal_name())?;
    let routable = !is_tenant_default_domain(&key) && !key.contains("#ext#");
    routable.then(|| user.principal_name().to_owned())
}

pub(crate) fn place(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
