//! Addresses that contacts are about to get: nobody's may become that of two contacts of one company, nor of two people.

use super::{
    Change, FieldChange, Reason, Subject,
    decisions::ChangeParts,
    downgrade::Downgrades,
    index::AddressIndex,
    matching::{MOST_NAMED, Owner, some_with},
    planner::Planner,
    scope::Standing,
};
use crate::{
    model::{CompanyId, ContactField, ContactId, FieldValue, SourceAnchor, email_key},
    snapshot::{Address, ContactView, UserView, same_address},
};
use hashbrown::HashTable;

/// People who take each other's address are asked one for the next, at most so many in a row. Beyond that the address
/// counts as kept, and the first of the row waits for a later run.
const LONGEST_ROW: usize = 32;

/// Who has, and who is known by, an address by which some paired user is known and the paired contact is not; and who has
/// the address of a paired contact that is not in use.
pub(crate) struct Renames<'a> {
    contacts: AddressIndex<'a>,
    /// Users in scope with a contact in ascending order, by the hash of their address. Iterated never; every hit is verified
    /// against the text.
    users: HashTable<(u64, Vec<u32>)>,
}

/// Whether a contact that has an address keeps another one, of some company of the tenant, from getting it (`changed`) or from
/// being made active with it. A person may be in two companies of one tenant; an address that is new to the contact is not.
pub(crate) fn is_in_the_way(holder: ContactView<'_>, company: Option<&CompanyId>, changed: bool) -> bool {
    let active = holder.active() != Some(false);
    if holder.company() == company { changed || active } else { changed && active }
}

impl<'a> Planner<'a> {
    /// Why the contact of the user at a place cannot have the address that would be written, or cannot be made active with
    /// the one it has: another contact of the company, or an active one of a sibling company, has it and keeps it, or the
    /// contacts of other people in scope would have it as well. Beside an inactive contact that has the same address already an active one may be.
    pub(super) fn address_conflict(
        &self,
        place: u32,
        user: UserView<'a>,
        contact: ContactView<'a>,
        fields: &[FieldChange],
    ) -> Option<Reason> {
        let changed = fields.iter().any(|change| change.field == ContactField::Email);
        if !changed && contact.active() != Some(false) {
            return None;
        }
        let address = if changed {
            (&self.input.users.table.body.arena, self.address_of(user)?)
        } else {
            let contacts = self.input.contacts;
            (&contacts.body.arena, contacts.primary_address(contacts.place_of(contact.id())?)?)
        };
        let renames = self.renames.get_or_init(|| self.find_renames());
        if changed {
            // First, so that no two who are asked below ask the same people: asking stays within the number of people.
            let users = self.known_by(renames, address.1, place);
            if users.len() > 1 {
                return Some(Reason::SourceDuplicate { users });
            }
        }
        let key = address.0.get(address.1.key);
        let mut holders = Vec::new();
        renames.contacts.find(address, &mut holders);
        self.asked.borrow_mut().push(place);
        let keep = |other: &ContactView<'_>, at: u32| {
            other.id() != contact.id()
                && is_in_the_way(*other, contact.company(), changed)
                && !self.gives_up(at, key)
        };
        let contacts: Vec<ContactId> = holders
            .into_iter()
            .filter(|(_, primary)| *primary)
            .filter_map(|(at, _)| {
                let other = self.input.contacts.get(at as usize)?;
                keep(&other, at).then(|| ContactId::new(other.id()))
            })
            .take(MOST_NAMED)
            .collect();
        self.asked.borrow_mut().pop();
        let own = ContactId::new(contact.id());
        (!contacts.is_empty()).then(|| Reason::Ambiguous { contacts: [vec![own], contacts].concat() })
    }

    /// Whether whoever has a contact writes another address to it in this very run.
    fn gives_up(&self, contact: u32, key: &str) -> bool {
        let Some(Owner::User(other)) = self.matches.owners.get(contact as usize) else { return false };
        {
            let asked = self.asked.borrow();
            if asked.contains(other) {
                // People who take each other's addresses in a ring do so together.
                return true;
            }
            if asked.len() >= LONGEST_ROW {
                return false;
            }
        }
        let Some(user) = self.input.users.get(*other as usize) else { return false };
        let mut verdict = self.decide(*other, user, &mut Downgrades::default());
        if !self.input.links.open.is_empty() {
            verdict = self.after_open_writes(verdict, &Subject::User(user.anchor()));
        }
        let ChangeParts::Other(Change::Update { fields, .. } | Change::Reactivate { fields, .. }) =
            &verdict.change
        else {
            return false;
        };
        fields.iter().filter(|change| change.field == ContactField::Email).any(|change| match &change.after {
            FieldValue::Text(text) => email_key(text).as_deref() != Some(key),
            FieldValue::Empty | FieldValue::Flag(_) | FieldValue::List(_) | FieldValue::Generated { .. } => {
                true
            }
        })
    }

    /// Some of the users in scope whose contacts should have an address, the one at a place included, in ascending order.
    fn known_by(&self, renames: &Renames<'_>, address: &Address, place: u32) -> Vec<SourceAnchor> {
        let arena = &self.input.users.table.body.arena;
        let is_theirs = |user: &u32| {
            let theirs = self.input.users.get(*user as usize).and_then(|user| self.address_of(user));
            theirs.is_some_and(|theirs| same_address((arena, theirs), (arena, address)))
        };
        let found = renames.users.find(address.hash, |(hash, _)| *hash == address.hash);
        let found = found.map_or(&[][..], |(_, users)| users.as_slice());
        let first: Vec<u32> = found.iter().copied().filter(is_theirs).take(MOST_NAMED).collect();
        let users = some_with(&first, place).into_iter();
        users.filter_map(|user| self.input.users.get(user as usize)).map(UserView::anchor).collect()
    }

    /// The address that the user's contact should have.
    fn address_of(&self, user: UserView<'a>) -> Option<&'a Address> {
        self.input.users.table.body.addresses.get(self.fields.email_place(user)?)
    }

    fn find_renames(&self) -> Renames<'a> {
        let wanted = self.renamed_addresses();
        let mut hashes: HashTable<u64> = HashTable::with_capacity(wanted.len());
        for address in &wanted {
            hashes.entry(address.hash, |h| *h == address.hash, |h| *h).or_insert(address.hash);
        }
        let mut users: HashTable<(u64, Vec<u32>)> = HashTable::new();
        let pairings = self.matches.pairings.iter().zip(&self.standings);
        for (place, (user, (pairing, standing))) in (0..).zip(self.input.users.iter().zip(pairings)) {
            if *standing == Standing::InScope
                && pairing.paired().is_some()
                && let Some(Address { hash, .. }) = self.address_of(user)
                && hashes.find(*hash, |h| h == hash).is_some()
            {
                let theirs = users.entry(*hash, |(h, _)| h == hash, |(h, _)| *h);
                theirs.or_insert_with(|| (*hash, Vec::new())).into_mut().1.push(place);
            }
        }
        Renames { contacts: AddressIndex::new(self.input.contacts, wanted), users }
    }

    /// The addresses of paired users that are known by another address than their contact, and those of paired contacts that
    /// are not in use.
    fn renamed_addresses(&self) -> Vec<&'a Address> {
        let contacts = self.input.contacts;
        let mut renamed = Vec::new();
        for (user, pairing) in self.input.users.iter().zip(&self.matches.pairings) {
            let Some((contact, _)) = pairing.paired() else { continue };
            let theirs = contacts.primary_address(contact as usize);
            let main = self.address_of(user);
            if contacts.rows.get(contact as usize).is_some_and(|row| row.active == Some(false)) {
                renamed.extend(theirs);
            }
            if let Some(main) = main
                && theirs.is_none_or(|theirs| theirs.hash != main.hash)
            {
                renamed.push(main);
            }
        }
        renamed
    }
}
