//! Packed records: the values of one row lie side by side in the arena, with two bit masks and an end place each.
//!
//! A name's ordinal is its bit. `read` says that the source was asked, `present` that it answered with text; a bit in
//! `read` alone is "read and empty". That is three states for two bits, and a value costs its text and four bytes.

use super::arena::Arena;

/// How many names (known and open together) a snapshot can hold.
pub(crate) const MAX_NAMES: u8 = 64;

/// Where a row's values lie.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record {
    read: u64,
    present: u64,
    text: u32,
    cells: u32,
}

/// The values of all rows.
#[derive(Default)]
pub(crate) struct Records {
    ends: Vec<u32>,
}

/// What is known of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadText<'a> {
    /// The source was not asked, or could not tell.
    NotRead,
    /// The source said that there is nothing.
    Blank,
    /// The source said this; never blank.
    Text(&'a str),
}

impl<'a> ReadText<'a> {
    /// The text; `None` both for "not read" and "empty".
    #[must_use]
    pub const fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::NotRead | Self::Blank => None,
        }
    }
}

impl Records {
    /// Appends a row. Values must come in ascending order of ordinal; blank text counts as `None`.
    pub(crate) fn push<'v>(
        &mut self,
        arena: &mut Arena,
        values: impl Iterator<Item = (u8, Option<&'v str>)>,
    ) -> Record {
        let mut record = Record {
            read: 0,
            present: 0,
            text: arena.end(),
            cells: u32::try_from(self.ends.len()).unwrap_or(u32::MAX),
        };
        for (ordinal, value) in values {
            let bit = 1u64 << (ordinal % MAX_NAMES);
            record.read |= bit;
            if let Some(text) = value.map(str::trim).filter(|t| !t.is_empty()) {
                record.present |= bit;
                arena.push(text);
                self.ends.push(arena.end());
            }
        }
        record
    }

    pub(crate) fn get<'a>(&'a self, arena: &'a Arena, record: &Record, ordinal: u8) -> ReadText<'a> {
        let bit = 1u64 << (ordinal % MAX_NAMES);
        if record.present & bit == 0 {
            return if record.read & bit == 0 { ReadText::NotRead } else { ReadText::Blank };
        }
        let place = record.cells as usize + (record.present & (bit - 1)).count_ones() as usize;
        let start = if record.present & (bit - 1) == 0 {
            record.text
        } else {
            self.ends.get(place - 1).copied().unwrap_or(record.text)
        };
        let end = self.ends.get(place).copied().unwrap_or(start);
        ReadText::Text(arena.slice(start, end))
    }

    pub(crate) fn bytes(&self) -> usize {
        self.ends.capacity() * size_of::<u32>()
    }

    pub(crate) fn shrink(&mut self) {
        self.ends.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_read_blank_and_text_are_three_things() {
        let (mut arena, mut records) = (Arena::default(), Records::default());
        arena.push("before");
        let first = records
            .push(&mut arena, [(0, Some("a")), (3, None), (5, Some("  ")), (63, Some(" z "))].into_iter());
        let second = records.push(&mut arena, [(5, Some("\u{e9}"))].into_iter());
        let get = |r: &Record, o| records.get(&arena, r, o);
        assert_eq!(get(&first, 0), ReadText::Text("a"));
        assert_eq!(get(&first, 1), ReadText::NotRead);
        assert_eq!((get(&first, 3), get(&first, 5)), (ReadText::Blank, ReadText::Blank));
        assert_eq!(get(&first, 63), ReadText::Text("z"));
        assert_eq!((get(&second, 0), get(&second, 5)), (ReadText::NotRead, ReadText::Text("\u{e9}")));
    }
}
