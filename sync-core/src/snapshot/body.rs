//! What users and contacts are packed into alike: ids, values and addresses, each row's text in one piece.

use super::{
    address::Address,
    arena::{Arena, Span},
    keys::{count16, place32},
    record::{Record, Records},
};
use std::ops::Range;

/// Bytes that memory answers with at once.
const CACHE_LINE: u32 = 64;
/// The most lines of one row that are asked for ahead.
const MOST_LINES: usize = 8;

/// The texts, values and addresses of all rows.
#[derive(Default)]
pub(crate) struct Body {
    pub(crate) arena: Arena,
    pub(crate) records: Records,
    pub(crate) addresses: Vec<Address>,
}

/// Where a row lies in its [`Body`]. Its text begins with its id, a second id and its values; addresses may follow.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    pub(super) record: Record,
    text: u32,
    addresses: u32,
    address_count: u16,
    id_len: u16,
    second_len: u16,
}

impl Head {
    /// Where its text begins.
    pub(super) const fn text(&self) -> u32 {
        self.text
    }

    /// The row's own id.
    pub(crate) fn id(&self) -> Span {
        Span::new(self.text, u32::from(self.id_len))
    }

    /// The id that follows it; empty where there is none.
    pub(crate) fn second_id(&self) -> Span {
        Span::new(self.text + u32::from(self.id_len), u32::from(self.second_len))
    }

    pub(crate) fn addresses(&self) -> Range<usize> {
        self.addresses as usize..self.addresses as usize + usize::from(self.address_count)
    }
}

impl Body {
    /// Nothing yet, and room for so many bytes of text, values and addresses.
    pub(super) fn with_room(bytes: usize, values: usize, addresses: usize) -> Self {
        Self {
            arena: Arena::with_room(bytes),
            records: Records::with_room(values),
            addresses: Vec::with_capacity(addresses),
        }
    }

    /// Begins a row with its ids. An id of 64 KiB is none, and the snapshot is refused for it.
    pub(super) fn begin(&mut self, id: &str, second: &str) -> (u32, u16, u16) {
        let text = self.arena.end();
        let mut push = |id: &str| {
            let len = u16::try_from(id.len());
            match len {
                Ok(_) => {
                    self.arena.push(id);
                }
                Err(_) => self.arena.overflow(),
            }
            len.unwrap_or(0)
        };
        (text, push(id), push(second))
    }

    /// Closes a row of some addresses.
    pub(super) fn end(
        (text, id_len, second_len): (u32, u16, u16),
        record: Record,
        Range { start: first, end }: Range<usize>,
    ) -> Head {
        let address_count = count16(end - first);
        Head { record, text, addresses: place32(first), address_count, id_len, second_len }
    }

    /// Whether something did not fit.
    pub(super) fn overflowed(&self) -> bool {
        self.arena.overflowed() || u32::try_from(self.addresses.len()).is_err()
    }

    /// Reads a little of everything of some rows, so that memory answers for all of them at once and not for one after
    /// the other while they are compared. Changes nothing; worth a third of a plan whose rows lie far apart.
    pub(super) fn touch(&self, rows: impl Iterator<Item = (Head, u32)>) {
        std::hint::black_box(rows.fold(0, |seen, (head, end)| seen ^ self.touch_row(&head, end)));
    }

    /// Reads a little of everything of one row whose text ends there, and answers a number made of it.
    pub(super) fn touch_row(&self, head: &Head, end: u32) -> u32 {
        let mut seen = self.records.touch(&head.record);
        // The last byte looked at is the one after the text, to see that a character ends there.
        let first_line = head.text & !(CACHE_LINE - 1);
        for line in (first_line..=end).step_by(CACHE_LINE as usize).take(MOST_LINES) {
            seen ^= u32::from(self.arena.byte(line));
        }
        seen ^ self.addresses.get(head.addresses as usize).map_or(0, |address| address.hash as u32)
    }

    /// Adds a row of another body, whose text ends at `end`, behind its own; `head` tells where it lies then.
    pub(super) fn take_over(&mut self, other: &Self, head: &mut Head, end: u32) {
        let (from, to) = (head.text, self.arena.end());
        self.arena.push(other.arena.slice(from, end));
        other.records.move_into(&mut self.records, &mut head.record, from, to);
        let theirs = other.addresses.get(head.addresses()).unwrap_or(&[]);
        head.text = to;
        head.addresses = place32(self.addresses.len());
        self.addresses.extend(theirs.iter().map(|address| address.moved(from, to)));
    }

    /// Gives back room that nothing is in.
    pub(super) fn shrink(&mut self) {
        self.arena.shrink();
        self.records.shrink();
        self.addresses.shrink_to_fit();
    }

    /// Where the text of a row ends, given the row after it.
    pub(super) fn end_of(&self, next: Option<&Head>) -> u32 {
        next.map_or_else(|| self.arena.end(), |next| next.text)
    }

    /// Bytes held, capacity included.
    pub(super) fn bytes(&self) -> usize {
        self.arena.bytes() + self.records.bytes() + self.addresses.capacity() * size_of::<Address>()
    }
}
