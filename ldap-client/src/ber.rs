//! BER as LDAP uses it (RFC 4511, 5.1): tags of one byte, definite lengths. Reads without trusting any form.

/// A sequence.
pub(crate) const SEQUENCE: u8 = 0x30;
/// A set.
pub(crate) const SET: u8 = 0x31;
const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTETS: u8 = 0x04;
pub(crate) const ENUMERATED: u8 = 0x0a;

/// A value with its tag and length.
pub(crate) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length: Vec<u8> =
                content.len().to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            // A length of eight bytes at most.
            out.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
            out.extend(length);
        }
    }
    out.extend(content);
    out
}

/// The shortest bytes of a number.
fn number(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let fits = |at: &usize| {
        let sign = if value < 0 { 0xff } else { 0 };
        let leading = bytes.iter().take(*at).all(|byte| *byte == sign);
        leading && bytes.get(*at).is_some_and(|next| (next & 0x80 != 0) == (value < 0))
    };
    let start = (0..bytes.len()).rev().find(fits).unwrap_or(0);
    bytes.get(start..).unwrap_or_default().to_vec()
}

pub(crate) fn integer(value: i64) -> Vec<u8> {
    tagged(INTEGER, &number(value))
}

pub(crate) fn enumerated(value: i64) -> Vec<u8> {
    tagged(ENUMERATED, &number(value))
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    tagged(BOOLEAN, &[if value { 0xff } else { 0 }])
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tagged(OCTETS, content)
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(SEQUENCE, &parts.concat())
}

/// What stands at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// A value: its tag, the length of its head and that of its content, which need not be there yet.
    Value { tag: u8, head: usize, content: usize },
    /// Too few bytes to tell.
    Short,
    /// No value that LDAP knows.
    Wrong,
}

/// Reads a tag and a length.
pub(crate) fn head(bytes: &[u8]) -> Head {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Head::Short };
    if tag & 0x1f == 0x1f {
        return Head::Wrong;
    }
    if first < 0x80 {
        return Head::Value { tag, head: 2, content: usize::from(first) };
    }
    let count = usize::from(first & 0x7f);
    // A length of no bytes would be an indefinite one. Active Directory writes four bytes always.
    if count == 0 || count > 8 {
        return Head::Wrong;
    }
    let Some(length) = bytes.get(2..2 + count) else { return Head::Short };
    let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
    match usize::try_from(length) {
        Ok(content) => Head::Value { tag, head: 2 + count, content },
        Err(_) => Head::Wrong,
    }
}

/// Reads one value after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next value, whatever it is; `None` where there is no whole one.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let Head::Value { tag, head, content } = head(self.0) else { return None };
        let value = self.0.get(head..)?.get(..content)?;
        self.0 = self.0.get(head + content..)?;
        Some((tag, value))
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, value) = self.any()?;
        (found == tag).then_some(value)
    }
}

/// A number that is not negative and not large.
pub(crate) fn unsigned(bytes: &[u8]) -> Option<u32> {
    let wide =
        bytes.iter().try_fold(0_u64, |sum, byte| (sum < 1 << 40).then(|| sum << 8 | u64::from(*byte)))?;
    (!bytes.is_empty() && bytes.len() <= 5).then(|| u32::try_from(wide).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bytes_are_those_of_the_standard() {
        assert_eq!(integer(0), b"\x02\x01\x00");
        assert_eq!(integer(128), b"\x02\x02\x00\x80");
        assert_eq!(integer(-1), b"\x02\x01\xff");
        assert_eq!(integer(-129), b"\x02\x02\xff\x7f");
        assert_eq!(enumerated(2), b"\x0a\x01\x02");
        assert_eq!(boolean(true), b"\x01\x01\xff");
        assert_eq!(tagged(4, &[7; 200])[..3], [4, 0x81, 200]);
        assert_eq!(tagged(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn lengths_are_read_in_every_form_and_nothing_else_is() {
        let value = |tag, head, content| Head::Value { tag, head, content };
        assert_eq!(head(b"\x30\x05"), value(0x30, 2, 5));
        assert_eq!(head(b"\x30\x84\x00\x00\x01\x02"), value(0x30, 6, 258), "as Active Directory writes it");
        for short in [&b""[..], b"\x30", b"\x30\x82\x01"] {
            assert_eq!(head(short), Head::Short, "{short:?}");
        }
        for wrong in [&b"\x30\x80"[..], b"\x1f\x01\x00", b"\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01"] {
            assert_eq!(head(wrong), Head::Wrong, "{wrong:?}");
        }
        let mut cut = Reader::new(b"\x04\x03ab");
        assert_eq!(cut.any(), None);
        assert_eq!(Reader::new(b"\x02\x01\x07").expect(OCTETS), None);
    }

    #[test]
    fn numbers_too_large_for_a_code_are_none() {
        assert_eq!(unsigned(b"\x00\x80"), Some(128));
        assert_eq!(unsigned(b"\x00\xff\xff\xff\xff"), Some(u32::MAX));
        for bytes in [&b""[..], b"\x01\x00\x00\x00\x00", b"\x00\x00\x00\x00\x00\x00\x01"] {
            assert_eq!(unsigned(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(parts in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..400)), 0..6)) {
            let plain: Vec<(u8, Vec<u8>)> = parts.into_iter().map(|(tag, bytes)| (tag & 0xe0 | 4, bytes)).collect();
            let bytes: Vec<u8> = plain.iter().flat_map(|(tag, bytes)| tagged(*tag, bytes)).collect();
            let mut reader = Reader::new(&bytes);
            for (tag, content) in &plain {
                prop_assert_eq!(reader.any(), Some((*tag, content.as_slice())));
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn no_bytes_are_trusted(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while reader.any().is_some() {}
        }

        #[test]
        fn numbers_are_as_short_as_they_can_be(value in any::<i64>()) {
            let bytes = integer(value);
            let content = &bytes[2..];
            let sign = if content[0] & 0x80 == 0 { 0 } else { -1i64 };
            let back = content.iter().fold(sign, |all, byte| all << 8 | i64::from(*byte));
            prop_assert_eq!(back, value);
            prop_assert!(content.len() == 1 || !(content[0] == 0 && content[1] & 0x80 == 0));
        }
    }
}
