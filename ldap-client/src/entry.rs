//! One entry of an answer, taken apart without trusting its form.

use crate::ber::{OCTETS, Reader, SEQUENCE, SET};

/// Some of the values of an attribute, where the server gives them in pieces (MS-ADTS 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The place of the last value; `None` where it is the last of all.
    pub(crate) end: Option<u64>,
}

/// So many attributes are compared with each other sooner than sorted; a person has thirty.
const FEW: usize = 64;

/// A part of the entry's bytes.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    /// In lower case, without options.
    name: Span,
    range: Option<Range>,
    /// Where its values stand among the entry's, and how many they are.
    first: usize,
    count: usize,
}

/// One entry: its name and the attributes that came. One copy of its bytes, and where in them everything stands.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) dn: String,
    bytes: Vec<u8>,
    values: Vec<Span>,
    /// Each name once.
    held: Vec<Held>,
}

impl Entry {
    /// Reads what is within a `SearchResultEntry` (RFC 4511, 4.5.2); `None` where it is none.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let mut parts = Reader::new(body);
        let dn = std::str::from_utf8(parts.expect(OCTETS)?).ok()?.to_owned();
        let mut list = Reader::new(parts.expect(SEQUENCE)?);
        // An attribute with a value takes ten bytes and mostly thirty.
        let guess = body.len() / 32 + 1;
        let mut entry = Self {
            dn,
            bytes: Vec::with_capacity(body.len()),
            values: Vec::with_capacity(guess),
            held: Vec::with_capacity(guess),
        };
        while !list.is_empty() {
            let mut parts = Reader::new(list.expect(SEQUENCE)?);
            let name = std::str::from_utf8(parts.expect(OCTETS)?).ok()?;
            let mut set = Reader::new(parts.expect(SET)?);
            let (name, range) = entry.describe(name);
            let first = entry.values.len();
            while !set.is_empty() {
                let value = set.expect(OCTETS)?;
                let span = entry.keep(value);
                entry.values.push(span);
            }
            entry.held.push(Held { name, range, first, count: entry.values.len() - first });
        }
        entry.settle();
        Some(entry)
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span { from, to: self.bytes.len() }
    }

    /// The name without options, and the piece of values that an option names (`member;range=0-1499`).
    fn describe(&mut self, name: &str) -> (Span, Option<Range>) {
        let (plain, options) = name.split_once(';').unwrap_or((name, ""));
        let range = options
            .split(';')
            .find_map(|option| {
                let (word, range) = option.split_once('=')?;
                word.eq_ignore_ascii_case("range").then_some(range)
            })
            .and_then(|range| range.split_once('-'))
            .map(|(_, end)| Range { end: end.parse().ok() });
        let span = self.keep(plain.as_bytes());
        if let Some(name) = self.bytes.get_mut(span.from..span.to) {
            name.make_ascii_lowercase();
        }
        (span, range)
    }

    /// Makes one of the attributes with one name: the same in another language, or an empty one beside its first values.
    /// Each value is moved at most once, however often a name comes.
    fn settle(&mut self) {
        let Self { dn: _, bytes, values, held } = self;
        let name = |held: &Held| bytes.get(held.name.from..held.name.to).unwrap_or_default();
        let comes_before = |at: usize, new: &Held| held.iter().take(at).any(|old| name(old) == name(new));
        if held.len() <= FEW && !held.iter().enumerate().any(|(at, new)| comes_before(at, new)) {
            return;
        }
        held.sort_by(|a, b| name(a).cmp(name(b)));
        let mut in_order = Vec::with_capacity(values.len());
        let mut merged: Vec<Held> = Vec::with_capacity(held.len());
        for next in held.iter() {
            let first = in_order.len();
            in_order.extend_from_slice(values.get(next.first..next.first + next.count).unwrap_or_default());
            match merged.last_mut() {
                Some(last) if name(last) == name(next) => {
                    last.count += next.count;
                    last.range = last.range.or(next.range);
                }
                _ => merged.push(Held { first, ..*next }),
            }
        }
        (*values, *held) = (in_order, merged);
    }

    fn slice(&self, Span { from, to }: Span) -> &[u8] {
        self.bytes.get(from..to).unwrap_or_default()
    }

    fn held(&self, name: &str) -> Option<&Held> {
        self.held.get(self.place(name)?)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.held.iter().position(|held| self.slice(held.name).eq_ignore_ascii_case(name.as_bytes()))
    }

    fn spans(&self, held: &Held) -> &[Span] {
        self.values.get(held.first..held.first + held.count).unwrap_or_default()
    }

    /// Whether the attribute came at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.held(name).is_some()
    }

    /// The first value.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let first = self.spans(self.held(name)?).first()?;
        Some(self.slice(*first))
    }

    /// The first value, where it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// Every value that is text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let spans = self.held(name).map_or(&[][..], |held| self.spans(held));
        spans.iter().filter_map(|span| std::str::from_utf8(self.slice(*span)).ok())
    }

    /// The first value as a number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// The first value as a flag, as LDAP writes it (RFC 4517, 3.3.3).
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.text(name)?.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The attributes of which not every value came, in lower case, and the place of the last that did.
    pub(crate) fn in_pieces(&self) -> impl Iterator<Item = (&str, u64)> {
        self.held.iter().filter_map(|held| {
            let name = std::str::from_utf8(self.slice(held.name)).ok()?;
            Some((name, held.range?.end?))
        })
    }

    /// Adds the next piece of an attribute, and answers the place of its last value where more follow.
    ///
    /// `None` where the piece is not one.
    pub(crate) fn add_piece(&mut self, name: &str, piece: &Self) -> Option<Range> {
        let next = piece.held(name)?;
        let range = next.range?;
        let at = self.place(name)?;
        let held = *self.held.get(at)?;
        let mut first = held.first;
        if held.first + held.count != self.values.len() {
            // Once for each attribute: from then on its values are the last ones.
            first = self.values.len();
            self.values.extend_from_within(held.first..held.first + held.count);
        }
        for span in piece.spans(next) {
            let span = self.keep(piece.slice(*span));
            self.values.push(span);
        }
        let held = self.held.get_mut(at)?;
        (held.first, held.count) = (first, self.values.len() - first);
        held.range = Some(range);
        Some(range)
    }
}

/// Whether a text is an attribute's name or object identifier (RFC 4512, 1.4), without options.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let numbered = name.contains('.')
        && name.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    name.len() <= 128 && (named || numbered)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ber::{octets, sequence, tagged};
    use proptest::prelude::*;

    /// What is within an entry as a server would send it.
    fn body(dn: &[u8], attributes: &[(&str, &[&[u8]])]) -> Vec<u8> {
        let attribute = |(name, values): &(&str, &[&[u8]])| {
            let values: Vec<Vec<u8>> = values.iter().map(|value| octets(value)).collect();
            sequence(&[octets(name.as_bytes()), tagged(SET, &values.concat())])
        };
        let attributes: Vec<Vec<u8>> = attributes.iter().map(attribute).collect();
        [octets(dn), sequence(&attributes)].concat()
    }

    /// An entry as a server would send it.
    pub(crate) fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Entry {
        Entry::read(&body(dn.as_bytes(), attributes)).unwrap()
    }

    #[test]
    fn names_are_found_whatever_their_case_and_options() {
        let entry = entry(
            "CN=a",
            &[("objectGUID", &[b"\xff\x00"]), ("Title;lang-en", &[b"Engineer"]), ("isDeleted", &[b"TRUE"])],
        );
        assert_eq!(entry.bytes("OBJECTGUID"), Some(&b"\xff\x00"[..]));
        assert_eq!(entry.text("objectguid"), None, "not text");
        assert_eq!(entry.text("title"), Some("Engineer"));
        assert_eq!(entry.flag("isdeleted"), Some(true));
        assert!(!entry.has("mail") && entry.texts("mail").next().is_none());
    }

    #[test]
    fn values_in_pieces_are_told_and_an_empty_attribute_beside_them_does_not_hide_them() {
        // Windows answers so where a group has more members than it gives at once.
        let mut group =
            entry("CN=g", &[("member", &[]), ("member;range=0-1", &[b"CN=a", b"CN=b"]), ("cn", &[b"g"])]);
        assert_eq!(group.in_pieces().collect::<Vec<_>>(), [("member", 1)]);
        let next = entry("CN=g", &[("member;range=2-3", &[b"CN=c", b"CN=d"])]);
        assert_eq!(group.add_piece("member", &next), Some(Range { end: Some(3) }));
        let last = entry("CN=g", &[("Member;Range=4-*", &[b"CN=e"])]);
        assert_eq!(group.add_piece("member", &last), Some(Range { end: None }));
        assert_eq!(group.texts("member").count(), 5);
        assert_eq!(group.in_pieces().count(), 0);
        let other = entry("CN=g", &[("member", &[b"CN=x"])]);
        assert_eq!(group.add_piece("member", &other), None, "no piece");
    }

    #[test]
    fn the_same_attribute_twice_is_one_with_the_values_of_both() {
        let entry = entry("CN=a", &[("cn;lang-en", &[b"a", b"b"]), ("sn", &[b"s"]), ("CN", &[b"c"])]);
        assert_eq!(entry.texts("cn").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(entry.texts("sn").collect::<Vec<_>>(), ["s"]);
    }

    #[test]
    fn an_attribute_that_comes_many_times_takes_no_more_room_than_its_values() {
        let pair: [(&str, &[&[u8]]); 2] = [("b", &[b"1"]), ("a", &[b"2"])];
        let many = pair.repeat(2_000);
        let entry = entry("CN=a", &many);
        assert_eq!((entry.texts("a").count(), entry.texts("b").count()), (2_000, 2_000));
        assert!(entry.texts("a").all(|text| text == "2"));
        assert_eq!((entry.values.len(), entry.held.len()), (4_000, 2));
    }

    #[test]
    fn a_group_in_many_pieces_takes_no_more_room_than_its_members() {
        let mut group = entry("CN=g", &[("member;range=0-0", &[b"CN=a"]), ("objectSid", &[b"s"])]);
        for at in 1..500 {
            let piece = entry("CN=g", &[(&format!("member;range={at}-{at}"), &[b"CN=b"])]);
            assert_eq!(group.add_piece("member", &piece), Some(Range { end: Some(at) }));
        }
        assert_eq!(group.texts("member").count(), 500);
        assert!(group.values.len() <= 502, "{}", group.values.len());
    }

    #[test]
    fn what_is_no_entry_is_none() {
        assert!(Entry::read(b"").is_none());
        assert!(Entry::read(&octets(b"CN=a")).is_none());
        assert!(Entry::read(&body(b"\xff", &[])).is_none());
        assert!(Entry::read(&[octets(b"CN=a"), sequence(&[octets(b"x")])].concat()).is_none());
        let whole = body(b"CN=a", &[("cn", &[b"a"])]);
        for cut in 0..whole.len() {
            assert!(Entry::read(&whole[..cut]).is_none(), "{cut}");
        }
    }

    #[test]
    fn names_of_attributes_are_told_from_filters() {
        for name in ["mail", "extensionAttribute1", "mS-DS-ConsistencyGuid", "1.2.840.113556.1.2.146"] {
            assert!(is_attribute_name(name), "{name}");
        }
        for name in ["", "1", "a b", "*", "a)(b", "member;range=0-*", "-a", "1..2", &"a".repeat(200)] {
            assert!(!is_attribute_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_form_of_an_answer_is_trusted(bytes in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let _ = Entry::read(&bytes);
            let mut near = body(b"CN=a", &[("member;range=0-1", &[&bytes, b"x"]), ("cn", &[b"a"])]);
            let at = at.index(near.len());
            near[at] = byte;
            if let Some(entry) = Entry::read(&near) {
                let _ = (entry.texts("cn").count(), entry.in_pieces().count(), entry.bytes("member"));
            }
        }

        #[test]
        fn values_come_out_as_they_went_in(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..6)) {
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            let entry = entry("CN=a", &[("sn", &[b"s"]), ("photo", &values)]);
            prop_assert_eq!(entry.bytes("photo"), Some(values[0]));
            let texts = values.iter().filter(|value| std::str::from_utf8(value).is_ok()).count();
            prop_assert_eq!(entry.texts("photo").count(), texts);
        }
    }
}
