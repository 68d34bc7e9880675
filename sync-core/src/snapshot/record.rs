//! Packed records: the values of one row lie side by side in the arena, with two bit masks and an end place each.
//!
//! A name's ordinal is its bit. `read` says that the source was asked, `present` that it answered with text; a bit in
//! `read` alone is "read and empty". That is three states for two bits, and a value costs its text and four bytes.

use super::arena::{Arena, Span};

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

/// What a row has at one ordinal, without its text. Rows with the same masks have the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    NotRead,
    Blank,
    /// Text; so many texts of the record come before it.
    Text(u8),
}

/// Which values a record has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    read: u64,
    present: u64,
}

impl Masks {
    pub(crate) fn slot(self, ordinal: u8) -> Slot {
        let bit = 1u64 << (ordinal % MAX_NAMES);
        if self.present & bit != 0 {
            // At most 63.
            Slot::Text(u8::try_from((self.present & (bit - 1)).count_ones()).unwrap_or(MAX_NAMES))
        } else if self.read & bit == 0 {
            Slot::NotRead
        } else {
            Slot::Blank
        }
    }
}

impl Record {
    pub(crate) const fn masks(&self) -> Masks {
        Masks { read: self.read, present: self.present }
    }
}

/// The values of all rows. Ends are counted from the start of their record, so that a record can be moved.
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

/// A record being written. Values must come in ascending order of ordinal.
pub(crate) struct RecordWriter<'a> {
    arena: &'a mut Arena,
    ends: &'a mut Vec<u32>,
    record: Record,
}

impl RecordWriter<'_> {
    /// Writes one value; blank text and `None` are "read and empty". Answers where the text lies.
    pub(crate) fn value(&mut self, ordinal: u8, value: Option<&str>) -> Span {
        let bit = 1u64 << (ordinal % MAX_NAMES);
        self.record.read |= bit;
        match value.map(trimmed).filter(|text| !text.is_empty()) {
            None => Span::default(),
            Some(text) => {
                let span = self.arena.push(text);
                self.end(bit);
                span
            }
        }
    }

    /// Writes items that are not blank, one a line; line ends within an item become blanks.
    pub(crate) fn lines(&mut self, ordinal: u8, items: &[String]) {
        let bit = 1u64 << (ordinal % MAX_NAMES);
        self.record.read |= bit;
        let mut first = true;
        for item in items.iter().map(|item| item.trim()).filter(|item| !item.is_empty()) {
            if !first {
                self.arena.push("\n");
            }
            first = false;
            for (at, line) in item.split('\n').enumerate() {
                if at > 0 {
                    self.arena.push(" ");
                }
                self.arena.push(line);
            }
        }
        if !first {
            self.end(bit);
        }
    }

    fn end(&mut self, bit: u64) {
        self.record.present |= bit;
        self.ends.push(self.arena.end().saturating_sub(self.record.text));
    }

    pub(crate) const fn finish(self) -> Record {
        self.record
    }
}

/// The text without white space at its ends. Most texts begin and end with a plain letter or digit, and looking at those
/// two bytes is enough then.
#[inline]
pub(super) fn trimmed(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { text } else { text.trim() }
}

impl Records {
    /// Begins a record at the end of the arena.
    pub(crate) fn begin<'a>(&'a mut self, arena: &'a mut Arena) -> RecordWriter<'a> {
        let record = Record {
            read: 0,
            present: 0,
            text: arena.end(),
            cells: u32::try_from(self.ends.len()).unwrap_or(u32::MAX),
        };
        RecordWriter { arena, ends: &mut self.ends, record }
    }

    #[inline]
    pub(crate) fn get<'a>(&'a self, arena: &'a Arena, record: &Record, ordinal: u8) -> ReadText<'a> {
        match record.masks().slot(ordinal) {
            Slot::NotRead => ReadText::NotRead,
            Slot::Blank => ReadText::Blank,
            Slot::Text(before) => {
                let (start, end) = self.place(record, before);
                ReadText::Text(arena.slice(start, end))
            }
        }
    }

    /// The bytes of a text whose slot is known.
    #[inline]
    pub(crate) fn text_bytes<'a>(&'a self, arena: &'a Arena, record: &Record, before: u8) -> &'a [u8] {
        let (start, end) = self.place(record, before);
        arena.bytes_of(start, end)
    }

    /// Where the text lies that so many others come before.
    #[inline]
    fn place(&self, record: &Record, before: u8) -> (u32, u32) {
        let place = record.cells as usize + usize::from(before);
        let (start, end) = match before {
            0 => (0, self.ends.get(place).copied().unwrap_or(0)),
            _ => match self.ends.get(place - 1..=place) {
                Some([start, end]) => (*start, *end),
                _ => (0, 0),
            },
        };
        (record.text + start, record.text + end)
    }

    /// Reads the masks, the first and the last end of a record, and answers a number made of them.
    #[inline]
    pub(crate) fn touch(&self, record: &Record) -> u32 {
        let end = |place: usize| self.ends.get(place).copied().unwrap_or(0);
        let first = record.cells as usize;
        // Values are few, so both ends of their cells are all the lines there are.
        end(first) ^ end(first + record.present.count_ones() as usize) ^ record.read as u32
    }

    /// Copies the ends of a record into another table; its text was moved from `from` to `to`.
    pub(crate) fn move_into(&self, into: &mut Self, record: &mut Record, from: u32, to: u32) {
        let first = record.cells as usize;
        let cells = first..first + record.present.count_ones() as usize;
        record.cells = u32::try_from(into.ends.len()).unwrap_or(u32::MAX);
        record.text = record.text - from + to;
        into.ends.extend_from_slice(self.ends.get(cells).unwrap_or(&[]));
    }

    /// A table that takes so many values without moving.
    pub(crate) fn with_room(values: usize) -> Self {
        Self { ends: Vec::with_capacity(values) }
    }

    /// How many values there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
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

    fn record(arena: &mut Arena, records: &mut Records, values: &[(u8, Option<&str>)]) -> Record {
        let mut writer = records.begin(arena);
        for (ordinal, value) in values {
            writer.value(*ordinal, *value);
        }
        writer.finish()
    }

    #[test]
    fn not_read_blank_and_text_are_three_things() {
        let (mut arena, mut records) = (Arena::default(), Records::default());
        arena.push("before");
        let values = [(0, Some("a")), (3, None), (5, Some("  ")), (63, Some(" z "))];
        let first = record(&mut arena, &mut records, &values);
        let second = record(&mut arena, &mut records, &[(5, Some("\u{e9}"))]);
        let get = |r: &Record, o| records.get(&arena, r, o);
        assert_eq!(get(&first, 0), ReadText::Text("a"));
        assert_eq!(get(&first, 1), ReadText::NotRead);
        assert_eq!((get(&first, 3), get(&first, 5)), (ReadText::Blank, ReadText::Blank));
        assert_eq!(get(&first, 63), ReadText::Text("z"));
        assert_eq!((get(&second, 0), get(&second, 5)), (ReadText::NotRead, ReadText::Text("\u{e9}")));
    }

    #[test]
    fn trimming_is_trimming() {
        for text in ["", " ", "a", " a", "a ", "\u{a0}x\u{a0}", "\u{e9}", "\u{2003}", "a b", "\ta\u{85}"] {
            assert_eq!(trimmed(text), text.trim());
        }
    }

    #[test]
    fn a_list_is_one_item_a_line() {
        let (mut arena, mut records) = (Arena::default(), Records::default());
        let mut writer = records.begin(&mut arena);
        writer.lines(2, &["a\nb".into(), "  ".into(), " c ".into()]);
        writer.lines(3, &[" ".into()]);
        let list = writer.finish();
        assert_eq!(records.get(&arena, &list, 2), ReadText::Text("a b\nc"));
        assert_eq!(records.get(&arena, &list, 3), ReadText::Blank);
    }

    #[test]
    fn a_moved_record_reads_the_same() {
        let (mut arena, mut records) = (Arena::default(), Records::default());
        arena.push("some text before");
        let mut one = record(&mut arena, &mut records, &[(1, Some("x")), (2, Some("yz"))]);
        let (mut after, mut moved) = (Arena::default(), Records::default());
        let from = arena.end() - 3;
        after.push("..");
        after.push("xyz");
        records.move_into(&mut moved, &mut one, from, 2);
        assert_eq!(moved.get(&after, &one, 2), ReadText::Text("yz"));
        assert_eq!(moved.get(&after, &one, 1), ReadText::Text("x"));
    }
}
