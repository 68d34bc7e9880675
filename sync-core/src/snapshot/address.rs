//! E-mail addresses of a snapshot: shown form, comparable form, and a hash made once at ingest.

use super::{
    arena::{Arena, Span},
    record::trimmed,
};
use crate::model::comparable_email;
use foldhash::quality::RandomState;
use hashbrown::HashTable;
use std::{hash::BuildHasher, sync::OnceLock};

/// One address. Equal hashes are a hint only: [`same_address`] compares the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub(crate) hash: u64,
    pub(crate) shown: Span,
    pub(crate) key: Span,
}

/// Whether two addresses of (possibly) different snapshots are the same.
pub(crate) fn same_address(a: (&Arena, &Address), b: (&Arena, &Address)) -> bool {
    a.1.hash == b.1.hash && a.0.get(a.1.key) == b.0.get(b.1.key)
}

impl Address {
    /// The same address after the text around it was moved.
    pub(crate) const fn moved(self, from: u32, to: u32) -> Self {
        Self { hash: self.hash, shown: self.shown.moved(from, to), key: self.key.moved(from, to) }
    }
}

/// A row with more addresses than this looks through them by hash.
const FEW: usize = 32;

/// Reads addresses of rows while they are gathered.
#[derive(Default)]
pub(super) struct AddressReader {
    /// The comparable form of the address read last.
    key: String,
    many: Many,
}

/// The addresses of one row that has many, by hash. Iterated never; every hit is verified against the text.
#[derive(Default)]
struct Many {
    table: HashTable<(u64, usize)>,
    /// Where the addresses of the row begin.
    first: usize,
    /// Up to where they are in the table.
    end: usize,
}

impl AddressReader {
    /// Reads `raw` and says whether it is an address.
    pub(super) fn read(&mut self, raw: &str) -> bool {
        comparable_email(raw, &mut self.key)
    }

    /// The comparable form of the address read last.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The place of the address read last among those of `all` from `first` on.
    pub(super) fn known(&mut self, arena: &Arena, all: &[Address], first: usize) -> Option<usize> {
        let hash = hash_text(&self.key);
        let Self { key, many } = self;
        let same = |a: &Address| a.hash == hash && arena.get(a.key) == *key;
        let mine = all.get(first..)?;
        if mine.len() <= FEW {
            return mine.iter().position(same);
        }
        many.take_in(mine, first);
        many.table.find(hash, |(_, place)| mine.get(*place).is_some_and(same)).map(|(_, place)| *place)
    }

    /// Adds the address read last. `shown` is where its text as written lies, where it lies anywhere yet.
    pub(super) fn push(&self, arena: &mut Arena, all: &mut Vec<Address>, raw: &str, shown: Option<Span>) {
        let raw = trimmed(raw);
        let shown = shown.unwrap_or_else(|| arena.push(raw));
        let key = if self.key == raw { shown } else { arena.push(&self.key) };
        all.push(Address { hash: hash_text(&self.key), shown, key });
    }
}

impl Many {
    /// Makes the table one of these addresses, which begin at `first`.
    fn take_in(&mut self, mine: &[Address], first: usize) {
        if self.first != first {
            *self = Self { first, ..Self::default() };
        }
        for (place, address) in mine.iter().enumerate().skip(self.end) {
            self.table.insert_unique(address.hash, (address.hash, place), |(hash, _)| *hash);
        }
        self.end = mine.len();
    }
}

/// Hashes text for in-memory look-ups.
///
/// The seed differs per process, because addresses are chosen by strangers; no result depends on it, since every hit is
/// verified and nothing is iterated in hash order.
pub(crate) fn hash_text(text: &str) -> u64 {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    SEED.get_or_init(RandomState::default).hash_one(text)
}
