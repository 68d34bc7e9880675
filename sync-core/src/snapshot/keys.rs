//! Ids as numbers: sorted, searched and joined without touching their text.

/// What the numbers of a table say about its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Every id is a GUID in lower case; the number is the GUID.
    Guid,
    /// Every id has at most sixteen bytes; the number is its bytes.
    Short,
    /// Anything; the number is the first sixteen bytes, and equal numbers say nothing.
    Text,
}

/// The ids of a table in ascending order of their texts.
#[derive(Clone)]
pub(crate) struct Keys {
    keys: Vec<u128>,
    kind: Option<Kind>,
}

/// Gathers ids in the order in which they come.
#[derive(Default)]
pub(crate) struct KeysBuilder {
    keys: Vec<(u128, u32)>,
    kind: Option<Kind>,
}

impl KeysBuilder {
    /// No ids yet, and room for so many.
    pub(super) fn with_room(ids: usize) -> Self {
        Self { keys: Vec::with_capacity(ids), kind: None }
    }

    /// Takes the next id.
    pub(crate) fn push(&mut self, id: &str) {
        let (kind, key) = match guid(id) {
            Some(guid) => (Kind::Guid, guid),
            None if id.len() <= 16 && !id.as_bytes().contains(&0) => (Kind::Short, first_bytes(id)),
            None => (Kind::Text, first_bytes(id)),
        };
        self.of_kind(kind);
        self.keys.push((key, place32(self.keys.len())));
    }

    /// Takes the ids of another table behind its own.
    pub(super) fn append(&mut self, other: Self) {
        let first = place32(self.keys.len());
        if let Some(kind) = other.kind {
            self.of_kind(kind);
        }
        self.keys.extend(other.keys.into_iter().map(|(key, place)| (key, place.saturating_add(first))));
    }

    /// Ids of different kinds are a table of texts.
    fn of_kind(&mut self, kind: Kind) {
        self.kind = Some(if self.kind.is_none_or(|k| k == kind) { kind } else { Kind::Text });
    }

    /// The ids in the order in which they came, which must be that of their texts.
    pub(crate) fn in_order<'t>(self, text: impl Fn(usize) -> &'t str) -> Keys {
        let mixed = self.kind == Some(Kind::Text);
        let keys = self.keys.into_iter().enumerate();
        let keys = keys.map(|(at, (key, _))| if mixed { first_bytes(text(at)) } else { key }).collect();
        Keys { keys, kind: self.kind }
    }

    /// The places of all ids in ascending order of text, equal ids in the order in which they came.
    ///
    /// `text` answers the id at a place, `group` a number that sorts before the id.
    pub(crate) fn sorted<'t>(
        mut self,
        group: impl Fn(u32) -> u16,
        text: impl Fn(u32) -> &'t str,
        groups: bool,
    ) -> Sorted {
        if self.kind == Some(Kind::Text) {
            // Numbers of different kinds do not sort together.
            self.keys.iter_mut().for_each(|(key, place)| *key = first_bytes(text(*place)));
        }
        let ties = self.kind == Some(Kind::Text);
        if groups || ties {
            self.keys.sort_unstable_by(|a, b| {
                group(a.1)
                    .cmp(&group(b.1))
                    .then(a.0.cmp(&b.0))
                    .then_with(|| if ties { text(a.1).cmp(text(b.1)) } else { std::cmp::Ordering::Equal })
                    .then(a.1.cmp(&b.1))
            });
        } else {
            self.keys.sort_unstable();
        }
        Sorted { keys: self.keys, kind: self.kind }
    }
}

/// The ids of a table in ascending order, repeated ones included, with the place each came from.
pub(crate) struct Sorted {
    keys: Vec<(u128, u32)>,
    kind: Option<Kind>,
}

impl Sorted {
    /// The places in ascending order and their numbers; of ids that are the same by `same`, the one that came last.
    pub(crate) fn last_of_each(self, same: impl Fn(u32, u32) -> bool) -> (Vec<u32>, Keys) {
        let mut places: Vec<u32> = Vec::with_capacity(self.keys.len());
        let mut keys: Vec<u128> = Vec::with_capacity(self.keys.len());
        for (key, place) in self.keys {
            match (keys.last(), places.last_mut()) {
                (Some(last), Some(before)) if *last == key && same(*before, place) => *before = place,
                _ => {
                    places.push(place);
                    keys.push(key);
                }
            }
        }
        (places, Keys { keys, kind: self.kind })
    }

    /// The places in ascending order and their numbers, repeated ids included.
    pub(crate) fn all(self) -> (Vec<u32>, Keys) {
        self.last_of_each(|_, _| false)
    }
}

impl Keys {
    /// The place of an id among the rows of `range`, which are in ascending order.
    pub(crate) fn find<'t>(
        &self,
        range: std::ops::Range<usize>,
        id: &str,
        text: impl Fn(usize) -> &'t str,
    ) -> Option<usize> {
        let keys = self.keys.get(range.clone())?;
        let key = match self.kind? {
            Kind::Guid => guid(id)?,
            Kind::Short if id.len() > 16 || id.as_bytes().contains(&0) => return None,
            Kind::Short => return keys.binary_search(&first_bytes(id)).ok().map(|at| range.start + at),
            Kind::Text => {
                let key = first_bytes(id);
                let first = range.start + keys.partition_point(|k| *k < key);
                let same = keys.get(first - range.start..)?.iter().take_while(|k| **k == key).count();
                let mut places = first..first + same;
                return places.find(|place| text(*place) == id);
            }
        };
        keys.binary_search(&key).ok().map(|at| range.start + at)
    }

    /// Whether equal numbers of both mean equal ids, and other ids never have one.
    pub(crate) fn exact_with(&self, other: &Self) -> bool {
        self.kind == other.kind && self.kind != Some(Kind::Text)
    }

    /// The id at a place as a GUID, where every id is one.
    pub(crate) fn guid_at(&self, place: usize) -> Option<u128> {
        self.keys.get(place).copied().filter(|_| self.kind == Some(Kind::Guid))
    }

    /// The numbers of a range of rows.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> &[u128] {
        self.keys.get(range).unwrap_or(&[])
    }

    pub(crate) const fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u128>()
    }
}

/// Walks two ascending lists of ids side by side and calls `met` for each place of `many` whose id is in `one`, which
/// holds no id twice.
pub(crate) fn join(one: &[u128], many: &[u128], mut met: impl FnMut(usize, usize)) {
    let mut at = 0;
    for (place, id) in many.iter().enumerate() {
        while one.get(at).is_some_and(|key| key < id) {
            at += 1;
        }
        if one.get(at) == Some(id) {
            met(at, place);
        }
    }
}

/// A GUID in lower case with its four dashes, as a number that sorts like the text.
pub(crate) fn guid(text: &str) -> Option<u128> {
    let bytes: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let [a, b, c, d, e, f, g, h, b'-', i, j, k, l, b'-', m, n, o, p, b'-', q, r, s, t, b'-', rest @ ..] =
        *bytes
    else {
        return None;
    };
    let [u, v, w, x, tail @ ..] = rest;
    let high = u64::from(eight_digits([a, b, c, d, e, f, g, h])?) << 32
        | u64::from(eight_digits([i, j, k, l, m, n, o, p])?);
    let low = u64::from(eight_digits([q, r, s, t, u, v, w, x])?) << 32 | u64::from(eight_digits(tail)?);
    Some(u128::from(high) << 64 | u128::from(low))
}

/// Eight lower-case hex digits as a number, all at once: a byte of each in one word.
fn eight_digits(digits: [u8; 8]) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let text = u64::from_be_bytes(digits);
    // Letters have bit 6 set and their value is nine more than their low four bits.
    let values = (text & (ONES * 0x0f)) + ((text >> 6) & ONES) * 9;
    // What is no digit does not come out again when it is written.
    let letters = ((values + ONES * 6) >> 4) & ONES;
    if values & (ONES * 0xf0) != 0 || values + ONES * 0x30 + letters * 0x27 != text {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((fours | fours >> 16) & 0xffff_ffff).ok()
}

/// Appends the text of a GUID.
pub(crate) fn push_guid(out: &mut String, guid: u128) {
    for nibble in (0..32).rev() {
        if matches!(nibble, 11 | 15 | 19 | 23) {
            out.push('-');
        }
        out.push(char::from_digit((guid >> (nibble * 4)) as u32 & 15, 16).unwrap_or('0'));
    }
}

fn first_bytes(text: &str) -> u128 {
    let mut key = [0u8; 16];
    for (slot, byte) in key.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    u128::from_be_bytes(key)
}

/// Truncation cannot happen below 4 GiB of text, which the builders check when they finish.
pub(crate) fn place32(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

pub(super) fn count16(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(ids: &[&str]) -> (Vec<usize>, Keys) {
        let mut builder = KeysBuilder::default();
        ids.iter().for_each(|id| builder.push(id));
        let sorted = builder.sorted(|_| 0, |place| ids[place as usize], false);
        let (places, keys) = sorted.last_of_each(|a, b| ids[a as usize] == ids[b as usize]);
        (places.into_iter().map(|place| place as usize).collect(), keys)
    }

    fn check(ids: &[&str]) {
        let (places, keys) = sorted(ids);
        let texts: Vec<&str> = places.iter().map(|p| ids[*p]).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        for (at, id) in texts.iter().enumerate() {
            assert_eq!(keys.find(0..ids.len(), id, |place| texts[place]), Some(at));
        }
        for absent in ["", "zz", "00000000-0000-4000-8000-00000000000g", "longer than sixteen bytes"] {
            if !ids.contains(&absent) {
                assert_eq!(keys.find(0..ids.len(), absent, |place| texts[place]), None, "{absent}");
            }
        }
    }

    const GUIDS: [&str; 4] = [
        "f0000000-0000-4000-8000-000000000001",
        "0f000000-0000-4000-8000-000000000001",
        "0f000000-0000-4000-8000-000000000002",
        "0f000000-0001-4000-8000-000000000000",
    ];

    #[test]
    fn ids_of_every_kind_are_sorted_like_their_texts_and_found_again() {
        check(&GUIDS);
        check(&["9", "10", "100", "1", "Z", "a", "\u{e9}", "sixteen bytes 16"]);
        check(&["abcdefghijklmnopq", "abcdefghijklmnop", "abcdefghijklmnoq", "b", "a\0", "a"]);
        check(&[GUIDS[0], "9", GUIDS[2], "0F000000-0000-4000-8000-000000000002", "0f00", "f"]);
        check(&[]);
    }

    #[test]
    fn a_guid_is_its_text_again() {
        for text in GUIDS {
            let mut out = String::new();
            push_guid(&mut out, guid(text).unwrap());
            assert_eq!(out, text);
        }
        for byte in 0..=255u8 {
            let mut text = GUIDS[0].as_bytes().to_vec();
            text[19] = byte;
            let is_digit = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert_eq!(std::str::from_utf8(&text).is_ok_and(|text| guid(text).is_some()), is_digit, "{byte}");
        }
        for text in [
            "0F000000-0000-4000-8000-000000000001",
            "0f000000-0000-4000-8000-00000000000",
            "0f000000-0000-4000-8000+000000000001",
        ] {
            assert_eq!(guid(text), None, "{text}");
        }
    }

    #[test]
    fn of_rows_with_one_id_the_last_one_counts() {
        let (places, keys) = sorted(&["2", "1", "2", "1", "2"]);
        assert_eq!((places, keys.len()), (vec![3, 4], 2));
    }

    #[test]
    fn a_nul_never_makes_two_ids_one() {
        let (_, keys) = sorted(&["a"]);
        assert_eq!(keys.find(0..1, "a\0", |_| "a"), None);
    }

    #[test]
    fn only_tables_of_one_exact_kind_are_joined_by_number() {
        let (guids, numbers, mixed) = (sorted(&GUIDS).1, sorted(&["1"]).1, sorted(&["1", GUIDS[0]]).1);
        assert!(guids.exact_with(&guids) && numbers.exact_with(&numbers));
        assert!(!guids.exact_with(&numbers) && !mixed.exact_with(&mixed));
    }

    #[test]
    fn a_join_meets_every_place_once() {
        let mut met = Vec::new();
        join(&[1, 3, 5, 9], &[0, 1, 1, 4, 5, 10], |one, many| met.push((one, many)));
        assert_eq!(met, [(0, 1), (0, 2), (2, 4)]);
    }
}
