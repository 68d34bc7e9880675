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
    /// The row's own id.
    pub(crate) fn id(&self) -> Span {
        Span::new(self.text, u32::from(self.id_len))
    }

    /// The id that follows it; empty where there is none.
    pub(crate) fn second_id(&self) -> Span {
        Span::new(self.text + u32::from(self.id_len), u32::from(self.second_len))
    }

    /// Moves it along with the body it lies in. What does not fit is told by [`Body::overflowed`].
    pub(super) fn shift(&mut self, by: Shift) {
        self.text = self.text.saturating_add(by.text);
        self.addresses = self.addresses.saturating_add(by.addresses);
        self.record.shift(by.text, by.cells);
    }

    pub(crate) fn addresses(&self) -> Range<usize> {
        self.addresses as usize..self.addresses as usize + usize::from(self.address_count)
    }
}

/// By how much everything of a row lies further on in another body.
#[derive(Clone, Copy)]
pub(super) struct Shift {
    text: u32,
    cells: u32,
    addresses: u32,
}

impl Body {
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

    /// Adds everything of another body behind its own, and answers what that does to the rows of the other.
    pub(super) fn append(&mut self, other: &Self) -> Shift {
        let shift = Shift {
            text: self.arena.end(),
            cells: self.records.append(&other.records),
            addresses: place32(self.addresses.len()),
        };
        self.arena.append(&other.arena);
        self.addresses.extend(other.addresses.iter().map(|address| address.moved(0, shift.text)));
        shift
    }

    /// Whether something did not fit.
    pub(super) fn overflowed(&self) -> bool {
        self.arena.overflowed() || u32::try_from(self.addresses.len()).is_err()
    }

    /// Rows in the order of `places`, and the body with everything of a row beside that of the row before it.
    ///
    /// The planner walks rows in order, and what lies in order is in the cache before it is asked for.
    pub(super) fn in_order<R: Copy>(
        mut self,
        rows: Vec<R>,
        places: &[u32],
        head: impl Fn(&mut R) -> &mut Head,
    ) -> (Self, Vec<R>) {
        let came_in_order =
            places.len() == rows.len() && places.iter().enumerate().all(|(at, place)| place32(at) == *place);
        if came_in_order {
            self.arena.shrink();
            self.records.shrink();
            self.addresses.shrink_to_fit();
            return (self, rows);
        }
        let mut body = Self {
            arena: Arena::with_room_of(&self.arena),
            records: Records::with_room_of(&self.records),
            addresses: Vec::with_capacity(self.addresses.len()),
        };
        let start = |place: usize| rows.get(place).map(|row| head(&mut { *row }).text);
        let mut sorted = Vec::with_capacity(places.len());
        for place in places.iter().map(|place| *place as usize) {
            let Some(mut row) = rows.get(place).copied() else { continue };
            let moved = head(&mut row);
            let (from, to) = (moved.text, body.arena.end());
            body.arena.push(self.arena.slice(from, start(place + 1).unwrap_or(self.arena.end())));
            self.records.move_into(&mut body.records, &mut moved.record, from, to);
            let theirs = self.addresses.get(moved.addresses()).unwrap_or(&[]);
            moved.text = to;
            moved.addresses = place32(body.addresses.len());
            body.addresses.extend(theirs.iter().map(|address| address.moved(from, to)));
            sorted.push(row);
        }
        (body, sorted)
    }

    /// Reads a little of everything of some rows, so that memory answers for all of them at once and not for one after
    /// the other while they are compared. Changes nothing; worth a third of a plan whose rows lie far apart.
    pub(super) fn touch<'r>(&self, rows: impl Iterator<Item = (&'r Head, u32)> + Clone) {
        let mut seen = 0u32;
        for (head, end) in rows {
            // The last byte looked at is the one after the text, to see that a character ends there.
            let first_line = head.text & !(CACHE_LINE - 1);
            for line in (first_line..=end).step_by(CACHE_LINE as usize).take(MOST_LINES) {
                seen ^= u32::from(self.arena.byte(line));
            }
            seen ^= self.records.touch(&head.record);
            seen ^= self.addresses.get(head.addresses as usize).map_or(0, |address| address.hash as u32);
        }
        std::hint::black_box(seen);
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
