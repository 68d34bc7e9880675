//! The controls that are sent, and those that are read, byte by byte: the library's own reader stops the program where
//! a server answers in another form.

use crate::wire;
use ldap3::{
    asn1::{PL, StructureTag, parse_tag},
    controls::RawControl,
};

/// `LDAP_DIRSYNC_OBJECT_SECURITY`: only what the account may read anyway, so that no right on the domain is needed.
const OBJECT_SECURITY: i64 = 1;

/// The most bytes of one `DirSync` answer; the server may round.
const DIR_SYNC_BYTES: i64 = 0x7f_ffff;

/// Asks for a page; `cookie` is empty for the first.
pub(crate) fn paged(size: u16, cookie: &[u8]) -> RawControl {
    let value = sequence(&[integer(i64::from(size)), octets(cookie)]);
    critical(wire::CONTROL_PAGED, Some(value))
}

/// The cookie of the next page, empty after the last; `None` where the server left the control out or garbled it.
pub(crate) fn paged_cookie(controls: &[RawControl]) -> Option<Vec<u8>> {
    let [_size, cookie] = parts::<2>(controls, wire::CONTROL_PAGED)?;
    bytes(cookie)
}

/// Asks for what changed since a cookie.
pub(crate) fn dir_sync(cookie: &[u8]) -> RawControl {
    let value = sequence(&[integer(OBJECT_SECURITY), integer(DIR_SYNC_BYTES), octets(cookie)]);
    critical(wire::CONTROL_DIR_SYNC, Some(value))
}

/// Where `DirSync` goes on, and whether there is more to be had at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirSyncEnd {
    pub(crate) more: bool,
    pub(crate) cookie: Vec<u8>,
}

/// What `DirSync` ended with; `None` where the server left the control out or garbled it.
pub(crate) fn dir_sync_end(controls: &[RawControl]) -> Option<DirSyncEnd> {
    let [more, _length, cookie] = parts::<3>(controls, wire::CONTROL_DIR_SYNC)?;
    Some(DirSyncEnd { more: bytes(more)?.iter().any(|byte| *byte != 0), cookie: bytes(cookie)? })
}

/// Asks for deleted objects as well.
pub(crate) fn show_deleted() -> RawControl {
    critical(wire::CONTROL_SHOW_DELETED, None)
}

/// A server that does not know the control must refuse, rather than answer something else.
fn critical(name: &str, value: Option<Vec<u8>>) -> RawControl {
    RawControl { ctype: name.to_owned(), crit: true, val: value }
}

fn parts<const N: usize>(controls: &[RawControl], name: &str) -> Option<[StructureTag; N]> {
    let value = controls.iter().find(|control| control.ctype == name)?.val.as_ref()?;
    let (_, tag) = parse_tag(value).ok()?;
    if let PL::C(parts) = tag.payload { parts.try_into().ok() } else { None }
}

fn bytes(tag: StructureTag) -> Option<Vec<u8>> {
    if let PL::P(bytes) = tag.payload { Some(bytes) } else { None }
}

/// A DER value: tag, length, content.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
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

fn integer(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let fits = |at: &usize| {
        let sign = if value < 0 { 0xff } else { 0 };
        let leading = bytes.iter().take(*at).all(|byte| *byte == sign);
        leading && bytes.get(*at).is_some_and(|next| (next & 0x80 != 0) == (value < 0))
    };
    let start = (0..bytes.len()).rev().find(fits).unwrap_or(0);
    tagged(2, bytes.get(start..).unwrap_or_default())
}

fn octets(content: &[u8]) -> Vec<u8> {
    tagged(4, content)
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bytes_are_those_of_the_standards() {
        assert_eq!(paged(1000, b"").val.unwrap(), b"\x30\x06\x02\x02\x03\xe8\x04\x00");
        assert_eq!(
            dir_sync(b"ab").val.unwrap(),
            b"\x30\x0c\x02\x01\x01\x02\x03\x7f\xff\xff\x04\x02ab".to_vec()
        );
        assert_eq!(integer(0), b"\x02\x01\x00");
        assert_eq!(integer(128), b"\x02\x02\x00\x80");
        assert_eq!(integer(-1), b"\x02\x01\xff");
        assert_eq!(integer(-129), b"\x02\x02\xff\x7f");
        assert_eq!(tagged(4, &[7; 200])[..3], [4, 0x81, 200]);
        assert_eq!(tagged(4, &[7; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn a_long_cookie_survives_the_way() {
        let cookie = vec![7; 70_000];
        assert_eq!(paged_cookie(&[paged(7, &cookie)]), Some(cookie));
    }

    #[test]
    fn every_control_is_critical() {
        assert!(paged(1, b"").crit && dir_sync(b"").crit && show_deleted().crit);
    }

    #[test]
    fn an_answer_in_another_form_is_none_and_nothing_worse() {
        for value in [&b""[..], b"\x30", b"\x30\x00", b"\x04\x01x", b"\x30\x03\x02\x01\x00", b"\x30\x80"] {
            let control =
                RawControl { ctype: wire::CONTROL_PAGED.to_owned(), crit: false, val: Some(value.to_vec()) };
            assert_eq!(paged_cookie(&[control]), None, "{value:?}");
        }
        assert_eq!(paged_cookie(&[]), None);
        assert_eq!(dir_sync_end(&[show_deleted()]), None);
    }

    proptest! {
        #[test]
        fn cookies_survive_the_way(cookie in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(paged_cookie(&[paged(7, &cookie)]), Some(cookie.clone()));
            let end = dir_sync_end(&[dir_sync(&cookie)]).unwrap();
            prop_assert_eq!(end, DirSyncEnd { more: true, cookie });
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
