//! Look-ups over contacts: by address, and by the object id stored on them.

use crate::{
    model::ContactField,
    snapshot::{Address, Arena, ContactSnapshot, UserView, hash_text, same_address},
};
use hashbrown::HashTable;

/// Finds contacts by address. Iterated never; every hit is verified against the text.
pub(super) struct AddressIndex<'a> {
    contacts: &'a ContactSnapshot,
    table: HashTable<(u32, u32)>,
}

impl<'a> AddressIndex<'a> {
    /// Takes in only contacts that have one of the wanted addresses: the small side is kept, the large one streams by.
    pub(super) fn new<'w>(
        contacts: &'a ContactSnapshot,
        wanted: impl IntoIterator<Item = &'w Address>,
    ) -> Self {
        let mut hashes: HashTable<u64> = HashTable::new();
        for address in wanted {
            hashes.entry(address.hash, |h| *h == address.hash, |h| *h).or_insert(address.hash);
        }
        let mut table = HashTable::new();
        if hashes.is_empty() {
            return Self { contacts, table };
        }
        for (place, row) in contacts.rows.iter().enumerate() {
            for address in row.addresses() {
                if let (Some(found), Ok(address), Ok(place)) =
                    (contacts.body.addresses.get(address), u32::try_from(address), u32::try_from(place))
                    && hashes.find(found.hash, |h| *h == found.hash).is_some()
                {
                    table.insert_unique(found.hash, (address, place), |(a, _)| hash_of(contacts, *a));
                }
            }
        }
        Self { contacts, table }
    }

    /// Contacts that have this address, with whether it is their primary one, in ascending order of contact.
    pub(super) fn find(&self, wanted: (&Arena, &Address), out: &mut Vec<(u32, bool)>) {
        let before = out.len();
        for (address, place) in self.table.iter_hash(wanted.1.hash) {
            let Some(found) = self.contacts.body.addresses.get(*address as usize) else { continue };
            if same_address(wanted, (&self.contacts.body.arena, found)) {
                let primary = self
                    .contacts
                    .rows
                    .get(*place as usize)
                    .is_some_and(|row| row.has_primary() && row.addresses().start == *address as usize);
                out.push((*place, primary));
            }
        }
        if let Some(new) = out.get_mut(before..) {
            new.sort_unstable();
        }
    }
}

fn hash_of(contacts: &ContactSnapshot, address: u32) -> u64 {
    contacts.body.addresses.get(address as usize).map_or(0, |a| a.hash)
}

/// Finds contacts by the object id stored on them.
pub(super) struct StoredIds<'a> {
    contacts: &'a ContactSnapshot,
    ordinals: Vec<u8>,
    table: HashTable<(u64, u32)>,
}

impl<'a> StoredIds<'a> {
    /// Reads the fields that may hold an id; a contact may hold the same id in both.
    pub(super) fn new(
        contacts: &'a ContactSnapshot,
        fields: &[ContactField],
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let ordinals: Vec<u8> = fields.iter().filter_map(|f| contacts.field_ordinal(f)).collect();
        let mut table = HashTable::new();
        if !ordinals.is_empty() {
            for (place, contact) in contacts.iter().enumerate().filter(|(place, _)| wanted(*place)) {
                for ordinal in &ordinals {
                    if let (Some(text), Ok(place)) = (contact.text_at(*ordinal).text(), u32::try_from(place))
                    {
                        let hash = hash_text(&text.to_ascii_lowercase());
                        table.insert_unique(hash, (hash, place), |(hash, _)| *hash);
                    }
                }
            }
        }
        Self { contacts, ordinals, table }
    }

    /// Contacts that hold this user's object id or whole anchor, in ascending order.
    pub(super) fn find(&self, user: UserView<'_>, out: &mut Vec<u32>) {
        if self.ordinals.is_empty() {
            return;
        }
        let object = user.object_id();
        self.find_text(object, out);
        if !user.directory().is_empty() {
            let anchor = [user.directory(), object].concat();
            self.find_text(&anchor, out);
        }
        out.sort_unstable();
        out.dedup();
    }

    fn find_text(&self, id: &str, out: &mut Vec<u32>) {
        let id = id.to_ascii_lowercase();
        for (_, place) in self.table.iter_hash(hash_text(&id)) {
            let holds = |ordinal: &u8| {
                self.contacts
                    .get(*place as usize)
                    .and_then(|c| c.text_at(*ordinal).text())
                    .is_some_and(|text| text.eq_ignore_ascii_case(&id))
            };
            if self.ordinals.iter().any(holds) {
                out.push(*place);
            }
        }
    }
}
