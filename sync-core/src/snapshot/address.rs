//! E-mail addresses of a snapshot: shown form, comparable form, and a hash made once at ingest.

use super::arena::{Arena, Span};
use crate::model::comparable_email;
use foldhash::quality::RandomState;
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

/// Appends an address; `None` where the text is none. `scratch` is reused between calls.
pub(crate) fn push_address(arena: &mut Arena, raw: &str, scratch: &mut String) -> Option<Address> {
    let shown = raw.trim();
    if !comparable_email(shown, scratch) {
        return None;
    }
    let shown_span = arena.push(shown);
    let key = if scratch == shown { shown_span } else { arena.push(scratch) };
    Some(Address { hash: hash_text(scratch), shown: shown_span, key })
}

/// Hashes text for in-memory look-ups.
///
/// The seed differs per process, because addresses are chosen by strangers; no result depends on it, since every hit is
/// verified and nothing is iterated in hash order.
pub(crate) fn hash_text(text: &str) -> u64 {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    SEED.get_or_init(RandomState::default).hash_one(text)
}
