//! The controls that are sent, and those that are read.

use crate::{
    ber::{INTEGER, OCTETS, Reader, SEQUENCE, integer, octets, sequence},
    wire,
};

/// A control (RFC 4511, 4.1.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) name: String,
    /// A server that does not know it must refuse.
    pub(crate) critical: bool,
    pub(crate) value: Option<Vec<u8>>,
}

/// `LDAP_DIRSYNC_OBJECT_SECURITY`: only what the account may read anyway, so that no right on the domain is needed.
const OBJECT_SECURITY: i64 = 1;

/// The most bytes of one `DirSync` answer; the server may round.
const DIR_SYNC_BYTES: i64 = 0x7f_ffff;

/// Asks for a page; `cookie` is empty for the first.
pub(crate) fn paged(size: u16, cookie: &[u8]) -> Control {
    let value = sequence(&[integer(i64::from(size)), octets(cookie)]);
    critical(wire::CONTROL_PAGED, Some(value))
}

/// The cookie of the next page, empty after the last; `None` where the server left the control out or garbled it.
pub(crate) fn paged_cookie(controls: &[Control]) -> Option<Vec<u8>> {
    let mut parts = parts(controls, wire::CONTROL_PAGED)?;
    parts.expect(INTEGER)?;
    parts.expect(OCTETS).map(<[u8]>::to_vec)
}

/// Asks for what changed since a cookie.
pub(crate) fn dir_sync(cookie: &[u8]) -> Control {
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
pub(crate) fn dir_sync_end(controls: &[Control]) -> Option<DirSyncEnd> {
    let mut parts = parts(controls, wire::CONTROL_DIR_SYNC)?;
    let more = parts.expect(INTEGER)?.iter().any(|byte| *byte != 0);
    parts.expect(INTEGER)?;
    Some(DirSyncEnd { more, cookie: parts.expect(OCTETS)?.to_vec() })
}

/// Asks for deleted objects as well.
pub(crate) fn show_deleted() -> Control {
    critical(wire::CONTROL_SHOW_DELETED, None)
}

/// A server that does not know the control must refuse, rather than answer something else.
fn critical(name: &str, value: Option<Vec<u8>>) -> Control {
    Control { name: name.to_owned(), critical: true, value }
}

/// What is within the sequence that is a control's value.
fn parts<'a>(controls: &'a [Control], name: &str) -> Option<Reader<'a>> {
    let value = controls.iter().find(|control| control.name == name)?.value.as_deref()?;
    Reader::new(value).expect(SEQUENCE).map(Reader::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bytes_are_those_of_the_standards() {
        assert_eq!(paged(1000, b"").value.unwrap(), b"\x30\x06\x02\x02\x03\xe8\x04\x00");
        assert_eq!(
            dir_sync(b"ab").value.unwrap(),
            b"\x30\x0c\x02\x01\x01\x02\x03\x7f\xff\xff\x04\x02ab".to_vec()
        );
    }

    #[test]
    fn a_long_cookie_survives_the_way() {
        let cookie = vec![7; 70_000];
        assert_eq!(paged_cookie(&[paged(7, &cookie)]), Some(cookie));
    }

    #[test]
    fn every_control_is_critical() {
        assert!(paged(1, b"").critical && dir_sync(b"").critical && show_deleted().critical);
    }

    #[test]
    fn an_answer_in_another_form_is_none_and_nothing_worse() {
        for value in [&b""[..], b"\x30", b"\x30\x00", b"\x04\x01x", b"\x30\x03\x02\x01\x00", b"\x30\x80"] {
            let control = Control {
                name: wire::CONTROL_PAGED.to_owned(),
                critical: false,
                value: Some(value.to_vec()),
            };
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
    }
}
