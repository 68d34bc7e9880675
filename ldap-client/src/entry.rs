//! One entry of an answer, taken apart without trusting its form.

use ldap3::asn1::{PL, StructureTag};

/// Some of the values of an attribute, where the server gives them in pieces (MS-ADTS 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The place of the last value; `None` where it is the last of all.
    pub(crate) end: Option<u64>,
}

#[derive(Debug)]
struct Held {
    /// In lower case, without options.
    name: String,
    range: Option<Range>,
    values: Vec<Vec<u8>>,
}

/// One entry: its name and the attributes that came.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) dn: String,
    held: Vec<Held>,
}

impl Entry {
    /// Reads a `SearchResultEntry` (RFC 4511, 4.5.2); `None` where it is none.
    pub(crate) fn read(tag: StructureTag) -> Option<Self> {
        let mut parts = constructed(tag)?.into_iter();
        let dn = String::from_utf8(primitive(parts.next()?)?).ok()?;
        let mut held: Vec<Held> = Vec::new();
        for attribute in constructed(parts.next()?)? {
            let mut parts = constructed(attribute)?.into_iter();
            let mut name = primitive(parts.next()?)?;
            name.make_ascii_lowercase();
            let name = String::from_utf8(name).ok()?;
            let values: Vec<Vec<u8>> =
                constructed(parts.next()?)?.into_iter().map(primitive).collect::<Option<_>>()?;
            let (name, range) = describe(name);
            match held.iter_mut().find(|other| other.name == name) {
                // The same attribute in another language, or an empty one beside its first values.
                Some(other) => {
                    other.values.extend(values);
                    other.range = other.range.or(range);
                }
                None => held.push(Held { name, range, values }),
            }
        }
        Some(Self { dn, held })
    }

    fn held(&self, name: &str) -> Option<&Held> {
        self.held.iter().find(|held| held.name.eq_ignore_ascii_case(name))
    }

    /// Whether the attribute came at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.held(name).is_some()
    }

    /// The first value.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.held(name)?.values.first().map(Vec::as_slice)
    }

    /// The first value, where it is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// Every value that is text.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.held(name).map_or(&[][..], |held| held.values.as_slice());
        values.iter().filter_map(|value| std::str::from_utf8(value).ok())
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

    /// Takes the first value out, where it is text.
    pub(crate) fn take_text(&mut self, name: &str) -> Option<String> {
        let held = self.held.iter_mut().find(|held| held.name.eq_ignore_ascii_case(name))?;
        let first = held.values.first_mut()?;
        String::from_utf8(std::mem::take(first)).ok()
    }

    /// The attributes of which not every value came, in lower case, and the place of the last that did.
    pub(crate) fn in_pieces(&self) -> impl Iterator<Item = (&str, u64)> {
        self.held.iter().filter_map(|held| Some((held.name.as_str(), held.range?.end?)))
    }

    /// Adds the next piece of an attribute, and answers the place of its last value where more follow.
    ///
    /// `None` where the piece is not one.
    pub(crate) fn add_piece(&mut self, name: &str, piece: Self) -> Option<Range> {
        let mut piece = piece.held.into_iter().find(|held| held.name.eq_ignore_ascii_case(name))?;
        let range = piece.range?;
        let held = self.held.iter_mut().find(|held| held.name.eq_ignore_ascii_case(name))?;
        held.values.append(&mut piece.values);
        held.range = Some(range);
        Some(range)
    }
}

/// The name without options, and the piece of values that an option names (`member;range=0-1499`).
fn describe(mut name: String) -> (String, Option<Range>) {
    let Some(at) = name.find(';') else { return (name, None) };
    let range = name
        .get(at + 1..)
        .unwrap_or_default()
        .split(';')
        .find_map(|option| option.strip_prefix("range="))
        .and_then(|range| range.split_once('-'))
        .map(|(_, end)| Range { end: end.parse().ok() });
    name.truncate(at);
    (name, range)
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    if let PL::C(parts) = tag.payload { Some(parts) } else { None }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    if let PL::P(bytes) = tag.payload { Some(bytes) } else { None }
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
    use ldap3::asn1::TagClass;
    use proptest::prelude::*;

    fn primitive(bytes: impl Into<Vec<u8>>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.into()) }
    }

    fn sequence(parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(parts) }
    }

    /// An entry as a server would send it.
    pub(crate) fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Entry {
        let attributes = attributes
            .iter()
            .map(|(name, values)| {
                let values = values.iter().map(|value| primitive(*value)).collect();
                sequence(vec![primitive(*name), sequence(values)])
            })
            .collect();
        Entry::read(sequence(vec![primitive(dn), sequence(attributes)])).unwrap()
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
        assert_eq!(group.add_piece("member", next), Some(Range { end: Some(3) }));
        let last = entry("CN=g", &[("Member;Range=4-*", &[b"CN=e"])]);
        assert_eq!(group.add_piece("member", last), Some(Range { end: None }));
        assert_eq!(group.texts("member").count(), 5);
        assert_eq!(group.in_pieces().count(), 0);
        let other = entry("CN=g", &[("member", &[b"CN=x"])]);
        assert_eq!(group.add_piece("member", other), None, "no piece");
    }

    #[test]
    fn what_is_no_entry_is_none() {
        assert!(Entry::read(primitive("x")).is_none());
        assert!(Entry::read(sequence(vec![])).is_none());
        assert!(Entry::read(sequence(vec![primitive("CN=a")])).is_none());
        assert!(Entry::read(sequence(vec![primitive(b"\xff".to_vec()), sequence(vec![])])).is_none());
        assert!(Entry::read(sequence(vec![primitive("CN=a"), sequence(vec![primitive("x")])])).is_none());
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
        fn no_form_of_an_answer_is_trusted(parts in prop::collection::vec(any::<Vec<u8>>(), 0..6), shape in any::<u32>()) {
            let mut tags: Vec<StructureTag> = Vec::new();
            for (at, bytes) in parts.into_iter().enumerate() {
                let tag = if shape >> at & 1 == 0 { primitive(bytes) } else { sequence(std::mem::take(&mut tags)) };
                tags.push(tag);
            }
            let _ = Entry::read(sequence(tags));
        }
    }
}
