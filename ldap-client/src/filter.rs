//! Search filters (RFC 4515), made so that no value can become a part of them.
//!
//! There is no way to say `not` here. On an attribute that a server does not know, `not` is undefined: OpenLDAP then
//! finds nobody, Samba everybody, and what is found decides who is deactivated. Such things are looked at after reading.

use std::fmt::Write as _;

/// An attribute with a value. Names come from this crate or are checked when the configuration is read.
pub(crate) fn equals(name: &str, value: &str) -> String {
    format!("({name}={})", ldap3::ldap_escape(value))
}

/// An attribute with a value that need not be text.
pub(crate) fn equals_bytes(name: &str, value: &[u8]) -> String {
    let mut filter = format!("({name}=");
    for byte in value {
        // Writing to a String cannot fail.
        let _ = write!(filter, "\\{byte:02x}");
    }
    filter.push(')');
    filter
}

/// An attribute with a value, compared by a rule of the server's.
pub(crate) fn matches(name: &str, rule: &str, value: &str) -> String {
    format!("({name}:{rule}:={})", ldap3::ldap_escape(value))
}

/// An attribute whose value is at least this.
pub(crate) fn at_least(name: &str, value: i128) -> String {
    format!("({name}>={value})")
}

/// An attribute whose value is at most this.
pub(crate) fn at_most(name: &str, value: i128) -> String {
    format!("({name}<={value})")
}

/// Whatever there is.
pub(crate) const ANYTHING: &str = "(objectClass=*)";

/// All of these.
pub(crate) fn all_of<T: AsRef<str>>(filters: impl IntoIterator<Item = T>) -> String {
    joined('&', filters)
}

/// Any of these.
pub(crate) fn any_of<T: AsRef<str>>(filters: impl IntoIterator<Item = T>) -> String {
    joined('|', filters)
}

fn joined<T: AsRef<str>>(how: char, filters: impl IntoIterator<Item = T>) -> String {
    let mut out = format!("({how}");
    for filter in filters {
        out.push_str(filter.as_ref());
    }
    out.push(')');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_stays_a_value() {
        assert_eq!(equals("cn", "a)(objectClass=*"), "(cn=a\\29\\28objectClass=\\2a)");
        assert_eq!(equals("cn", "a\\b\0"), "(cn=a\\5cb\\00)");
        assert_eq!(equals_bytes("objectGUID", &[0x2e, 0, 0xff]), "(objectGUID=\\2e\\00\\ff)");
        assert_eq!(
            matches("memberOf", "1.2", "CN=Brown\\, Bob,DC=x"),
            "(memberOf:1.2:=CN=Brown\\5c, Bob,DC=x)"
        );
        assert_eq!(all_of([equals("a", "1"), any_of(["(b=2)", "(c=3)"])]), "(&(a=1)(|(b=2)(c=3)))");
    }

    proptest! {
        #[test]
        fn whatever_the_value_the_filter_is_one_comparison(value in any::<String>(), bytes in any::<Vec<u8>>()) {
            for filter in [equals("cn", &value), equals_bytes("cn", &bytes)] {
                let inner = &filter[1..filter.len() - 1];
                prop_assert!(!inner.contains(['(', ')', '*', '\0']));
                prop_assert!(ldap3::parse_filter(&filter).is_ok(), "{filter}");
            }
        }
    }
}
