//! Search filters (RFC 4511, 4.5.1.7), made as the bytes that are sent: there is no text that a value could end early.
//!
//! There is no way to say `not` here. On an attribute that a server does not know, `not` is undefined: OpenLDAP then
//! finds nobody, Samba everybody, and what is found decides who is deactivated. Such things are looked at after reading.

use crate::{
    ber::{octets, tagged},
    wire,
};

const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const EQUAL: u8 = 0xa3;
const AT_LEAST: u8 = 0xa5;
const AT_MOST: u8 = 0xa6;
const PRESENT: u8 = 0x87;
const BY_RULE: u8 = 0xa9;
const RULE: u8 = 0x81;
const TYPE: u8 = 0x82;
const VALUE: u8 = 0x83;

/// A filter as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(Vec<u8>);

impl Filter {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// An attribute with a value. Names come from this crate or are checked when the configuration is read.
pub(crate) fn equals(name: &str, value: &str) -> Filter {
    equals_bytes(name, value.as_bytes())
}

/// An attribute with a value that need not be text.
pub(crate) fn equals_bytes(name: &str, value: &[u8]) -> Filter {
    compared(EQUAL, name, value)
}

/// An attribute with a value, compared by a rule of the server's.
pub(crate) fn matches(name: &str, rule: &str, value: &str) -> Filter {
    let parts = [(RULE, rule), (TYPE, name), (VALUE, value)].map(|(tag, text)| tagged(tag, text.as_bytes()));
    Filter(tagged(BY_RULE, &parts.concat()))
}

/// An attribute whose value is at least this.
pub(crate) fn at_least(name: &str, value: i128) -> Filter {
    compared(AT_LEAST, name, value.to_string().as_bytes())
}

/// An attribute whose value is at most this.
pub(crate) fn at_most(name: &str, value: i128) -> Filter {
    compared(AT_MOST, name, value.to_string().as_bytes())
}

/// Whatever there is.
pub(crate) fn anything() -> Filter {
    Filter(tagged(PRESENT, wire::OBJECT_CLASS.as_bytes()))
}

/// All of these.
pub(crate) fn all_of(filters: impl IntoIterator<Item = Filter>) -> Filter {
    joined(AND, filters)
}

/// Any of these.
pub(crate) fn any_of(filters: impl IntoIterator<Item = Filter>) -> Filter {
    joined(OR, filters)
}

fn compared(how: u8, name: &str, value: &[u8]) -> Filter {
    Filter(tagged(how, &[octets(name.as_bytes()), octets(value)].concat()))
}

fn joined(how: u8, filters: impl IntoIterator<Item = Filter>) -> Filter {
    let parts: Vec<Vec<u8>> = filters.into_iter().map(|Filter(bytes)| bytes).collect();
    Filter(tagged(how, &parts.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::{ASNTag as _, write};
    use proptest::prelude::*;

    /// What another client sends for a filter that is written as text (RFC 4515).
    fn sent_by_another(text: &str) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        write::encode_into(&mut bytes, ldap3::parse_filter(text).unwrap().into_structure()).unwrap();
        bytes.to_vec()
    }

    /// A value as text in which every byte is escaped.
    fn escaped(value: &[u8]) -> String {
        value.iter().map(|byte| format!("\\{byte:02x}")).collect()
    }

    #[test]
    fn filters_are_written_as_the_standard_says() {
        assert_eq!(equals("cn", "a)(b=*").as_bytes(), b"\xa3\x0c\x04\x02cn\x04\x06a)(b=*");
        assert_eq!(anything().as_bytes(), b"\x87\x0bobjectClass");
        let both = all_of([equals("a", "1"), any_of([at_least("b", 2), at_most("b", -3)])]);
        assert_eq!(
            both.as_bytes(),
            b"\xa0\x1b\xa3\x06\x04\x01a\x04\x011\
              \xa1\x11\xa5\x06\x04\x01b\x04\x012\xa6\x07\x04\x01b\x04\x02-3"
        );
        assert_eq!(matches("m", "1.2", "x").as_bytes(), b"\xa9\x0b\x81\x031.2\x82\x01m\x83\x01x");
        assert_eq!(any_of([]).as_bytes(), b"\xa1\x00", "absolute false, RFC 4526");
    }

    proptest! {
        #[test]
        fn whatever_the_values_another_client_sends_the_same_bytes(
            bytes in any::<Vec<u8>>(),
            value in any::<String>(),
            number in any::<i64>(),
            times in 0..20_usize,
        ) {
            let number = i128::from(number);
            let (raw, text) = (escaped(&bytes), ldap3::ldap_escape(value.as_str()).into_owned());
            let pairs = [
                (equals_bytes("objectGUID", &bytes), format!("(objectGUID={raw})")),
                (equals("cn", &value), format!("(cn={text})")),
                (matches("memberOf", "1.2.840", &value), format!("(memberOf:1.2.840:={text})")),
                (at_least("uSNChanged", number), format!("(uSNChanged>={number})")),
                (at_most("accountExpires", number), format!("(accountExpires<={number})")),
                (anything(), "(objectClass=*)".to_owned()),
            ];
            for (ours, text) in &pairs {
                prop_assert_eq!(ours.as_bytes(), sent_by_another(text), "{}", text);
            }
            let (ours, texts): (Vec<Filter>, Vec<String>) = pairs.into_iter().unzip();
            let any = any_of(std::iter::repeat_n(ours.clone(), times).flatten());
            let text = format!("(&{}(|{}))", texts.concat(), texts.concat().repeat(times));
            let all = all_of(ours.into_iter().chain([any]));
            prop_assert_eq!(all.as_bytes(), sent_by_another(&text));
        }
    }
}
