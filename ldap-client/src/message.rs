//! The messages of LDAP (RFC 4511, 4): those that are sent, and those that are read.

use crate::{
    ber::{
        self, ENUMERATED, INTEGER, OCTETS, Reader, SEQUENCE, boolean, enumerated, integer, octets, sequence,
        tagged,
    },
    connection::{Scope, Search},
    controls::Control,
};

const BIND: u8 = 0x60;
const BOUND: u8 = 0x61;
const SEARCH: u8 = 0x63;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x77;
const EXTENDED_DONE: u8 = 0x78;
const INTERMEDIATE: u8 = 0x79;
/// Context 0, primitive: a simple password, or the name of an extended operation.
const SIMPLE: u8 = 0x80;
/// Context 0, constructed: controls.
const CONTROLS: u8 = 0xa0;

/// `StartTLS`, RFC 4511, 4.14.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

/// Signs in with a name and a password.
pub(crate) fn bind(id: i32, name: &str, password: &str) -> Vec<u8> {
    let body = [integer(3), octets(name.as_bytes()), tagged(SIMPLE, password.as_bytes())].concat();
    sequence(&[integer(i64::from(id)), tagged(BIND, &body)])
}

/// Asks for TLS.
pub(crate) fn start_tls(id: i32) -> Vec<u8> {
    sequence(&[integer(i64::from(id)), tagged(EXTENDED, &tagged(SIMPLE, START_TLS))])
}

/// Searches.
pub(crate) fn search(id: i32, search: &Search) -> Vec<u8> {
    let scope = match search.scope {
        Scope::Entry => 0,
        Scope::Below => 2,
    };
    let attributes: Vec<Vec<u8>> = search.attributes.iter().map(|name| octets(name.as_bytes())).collect();
    let body = [
        octets(search.base.as_bytes()),
        enumerated(scope),
        // Aliases are never followed; no limits of ours; values and not names alone.
        enumerated(0),
        integer(0),
        integer(0),
        boolean(false),
        search.filter.as_bytes().to_vec(),
        sequence(&attributes),
    ];
    let mut message = vec![integer(i64::from(id)), tagged(SEARCH, &body.concat())];
    if !search.controls.is_empty() {
        let controls: Vec<Vec<u8>> = search.controls.iter().map(control).collect();
        message.push(tagged(CONTROLS, &controls.concat()));
    }
    sequence(&message)
}

fn control(Control { name, critical, value }: &Control) -> Vec<u8> {
    let mut parts = vec![octets(name.as_bytes())];
    if *critical {
        parts.push(boolean(true));
    }
    parts.extend(value.as_deref().map(octets));
    sequence(&parts)
}

/// How an operation ended. The text goes no further than to the codes in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    pub(crate) text: String,
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply<'a> {
    /// An entry: what is within its tag.
    Entry(&'a [u8]),
    /// Another server to ask, or word that it goes on.
    Aside,
    /// The end of the operation.
    End(Outcome),
    /// The server says, unasked, that it is going.
    Notice,
}

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<'a> {
    pub(crate) id: u32,
    pub(crate) reply: Reply<'a>,
    pub(crate) controls: Vec<Control>,
}

impl<'a> Message<'a> {
    /// Reads what is within the sequence; `None` where that is no message.
    pub(crate) fn read(content: &'a [u8]) -> Option<Self> {
        let mut parts = Reader::new(content);
        let id = ber::unsigned(parts.expect(INTEGER)?)?;
        if id == 0 {
            // Active Directory puts a part of it where no part belongs; all of it means the same.
            return Some(Self { id, reply: Reply::Notice, controls: Vec::new() });
        }
        let (tag, body) = parts.any()?;
        let reply = match tag {
            ENTRY => Reply::Entry(body),
            REFERENCE | INTERMEDIATE => Reply::Aside,
            BOUND | DONE | EXTENDED_DONE => Reply::End(outcome(body)?),
            _ => return None,
        };
        let controls = match parts.any() {
            None if parts.is_empty() => Vec::new(),
            Some((CONTROLS, list)) => controls(list)?,
            _ => return None,
        };
        Some(Self { id, reply, controls })
    }
}

fn outcome(body: &[u8]) -> Option<Outcome> {
    let mut parts = Reader::new(body);
    let code = ber::unsigned(parts.expect(ENUMERATED)?)?;
    let _matched = parts.expect(OCTETS)?;
    let text = String::from_utf8_lossy(parts.expect(OCTETS)?).into_owned();
    Some(Outcome { code, text })
}

fn controls(list: &[u8]) -> Option<Vec<Control>> {
    let mut list = Reader::new(list);
    let mut controls = Vec::new();
    while !list.is_empty() {
        let mut parts = Reader::new(list.expect(SEQUENCE)?);
        let name = String::from_utf8(parts.expect(OCTETS)?.to_vec()).ok()?;
        let mut control = Control { name, critical: false, value: None };
        while !parts.is_empty() {
            match parts.any()? {
                (OCTETS, value) => control.value = Some(value.to_vec()),
                (_, flag) => control.critical = flag.iter().any(|byte| *byte != 0),
            }
        }
        controls.push(control);
    }
    Some(controls)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{controls, filter};
    use proptest::prelude::*;

    #[test]
    fn requests_are_written_as_the_standard_says() {
        assert_eq!(bind(1, "cn=a", "pw"), b"\x30\x12\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw");
        let tls = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
        assert_eq!(start_tls(1), tls);
        let asked = Search::entry("o=x", filter::anything(), &["cn"]);
        let wanted = b"\x30\x2c\x02\x01\x02\x63\x27\x04\x03o=x\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\
            \x87\x0bobjectClass\x30\x04\x04\x02cn";
        assert_eq!(search(2, &asked), wanted);
    }

    #[test]
    fn controls_come_back_as_they_went() {
        let asked = Search::below("o=x", filter::anything(), &[]).with(controls::paged(7, b"abc"));
        let bytes = search(2, &asked);
        let mut parts = Reader::new(Reader::new(&bytes).expect(SEQUENCE).unwrap());
        parts.any().unwrap();
        parts.any().unwrap();
        let list = parts.expect(CONTROLS).unwrap();
        assert_eq!(controls(list).unwrap(), asked.controls);
    }

    #[test]
    fn replies_are_told_apart() {
        let message = |id: i64, tag: u8, body: &[u8]| [integer(id), tagged(tag, body)].concat();
        let end = [enumerated(4), octets(b""), octets(b"limit")].concat();
        let done = message(3, DONE, &end);
        let outcome = Outcome { code: 4, text: "limit".into() };
        assert_eq!(Message::read(&done).unwrap().reply, Reply::End(outcome));
        assert_eq!(Message::read(&message(3, ENTRY, b"x")).unwrap().reply, Reply::Entry(b"x"));
        assert_eq!(Message::read(&message(3, REFERENCE, b"")).unwrap().reply, Reply::Aside);
        let notice = [message(0, EXTENDED_DONE, b"garbage"), tagged(0x8a, b"1.2")].concat();
        assert_eq!(Message::read(&notice).unwrap().reply, Reply::Notice);
        for wrong in [message(3, 0x42, b""), message(3, DONE, b"x"), b"x".to_vec(), Vec::new()] {
            assert_eq!(Message::read(&wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_message_is_trusted(bytes in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let _ = Message::read(&bytes);
            let mut near = [integer(3), tagged(DONE, &[enumerated(0), octets(b""), octets(b"")].concat()), tagged(CONTROLS, &bytes)].concat();
            let at = at.index(near.len());
            near[at] = byte;
            let _ = Message::read(&near);
        }
    }
}
