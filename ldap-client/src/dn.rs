//! Distinguished names (RFC 4514), as far as they are compared.

/// The form in which two names are compared: attribute types and values in lower case, no spaces around them, escapes
/// written in one way. `None` where the text is no distinguished name.
///
/// Values are compared without regard to case, as those of all naming attributes in use are.
pub(crate) fn key(dn: &str) -> Option<String> {
    let parts = parts(dn)?;
    Some(parts.join(","))
}

/// Whether a name is another one or lies below it; both as [`key`] gives them.
pub(crate) fn is_at_or_below(key: &str, above: &str) -> bool {
    above.is_empty()
        || key == above
        || key.strip_suffix(above).is_some_and(|start| start.ends_with(',') && !start.ends_with("\\,"))
}

/// The DNS domain that the `dc` parts at the end of a name spell, in lower case; `None` where there are none.
pub(crate) fn domain(dn: &str) -> Option<String> {
    let parts = parts(dn)?;
    let labels: Vec<&str> = parts.iter().rev().map_while(|part| part.strip_prefix("dc=")).collect();
    if labels.is_empty() {
        return None;
    }
    Some(labels.into_iter().rev().collect::<Vec<_>>().join("."))
}

/// The relative names from the entry to the root, each in comparable form.
fn parts(dn: &str) -> Option<Vec<String>> {
    if dn.trim().is_empty() {
        return None;
    }
    split(dn, b",;").into_iter().map(relative).collect()
}

/// A relative name: `type=value`, several of them joined by `+` in any order.
fn relative(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let mut pairs = Vec::new();
    for pair in split(text, b"+") {
        let pair = std::str::from_utf8(pair).ok()?;
        let (name, value) = pair.split_once('=')?;
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.') {
            return None;
        }
        pairs.push(format!("{}={}", name.to_ascii_lowercase(), comparable(value)?));
    }
    pairs.sort_unstable();
    Some(pairs.join("+"))
}

/// Splits at bytes that are not escaped. All of them are ASCII, so the pieces are text again.
fn split<'a>(text: &'a str, at: &[u8]) -> Vec<&'a [u8]> {
    let mut escaped = false;
    text.as_bytes()
        .split(move |byte| {
            let is_escaped = escaped;
            escaped = !is_escaped && *byte == b'\\';
            !is_escaped && at.contains(byte)
        })
        .collect()
}

/// A value without escapes and outer spaces, in lower case, escaped again in one way.
fn comparable(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    // How many bytes at the end stay although they are spaces, because they were escaped.
    let mut kept = 0;
    let mut rest = value.trim_start_matches(' ').bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            if byte != b' ' {
                kept = bytes.len();
            }
            continue;
        }
        let first = rest.next()?;
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match hex(first) {
            Some(high) => bytes.push(high << 4 | hex(rest.next()?)?),
            None => bytes.push(first),
        }
        kept = bytes.len();
    }
    bytes.truncate(kept);
    let lower: Vec<char> = String::from_utf8_lossy(&bytes).chars().flat_map(char::to_lowercase).collect();
    let last = lower.len().saturating_sub(1);
    let mut out = String::with_capacity(bytes.len());
    for (at, character) in lower.into_iter().enumerate() {
        let is_outer_space = character == ' ' && (at == 0 || at == last);
        if is_outer_space || matches!(character, ',' | ';' | '+' | '=' | '\\' | '"' | '<' | '>' | '\0') {
            out.push('\\');
        }
        out.push(character);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spelling_does_not_tell_names_apart() {
        let same = |a: &str, b: &str| assert_eq!(key(a).unwrap(), key(b).unwrap(), "{a} {b}");
        same("CN=Bob Brown,OU=Staff,DC=example,DC=com", "cn=bob brown, ou=STAFF ,dc=Example,dc=com");
        same("CN=Brown\\, Bob,DC=example", "cn=brown\\2C bob,dc=example");
        same("CN=J\\C3\\B6rg,DC=x", "cn=jörg,dc=x");
        same("a=1+b=2,DC=x", "B=2+A=1,dc=x");
        same("cn=a\\ ,dc=x", "cn=a\\20,dc=x");
        assert_ne!(key("cn=a\\ ,dc=x"), key("cn=a ,dc=x"), "an escaped space is a part of the value");
        assert_ne!(key("CN=a\\,DC=b,DC=c"), key("CN=a,DC=b,DC=c"));
    }

    #[test]
    fn what_is_no_name_is_none() {
        for text in ["", " ", "Staff", "cn=a,", "=x", "cn=a\\", "cn=a\\2", "c n=a", "*=a"] {
            assert_eq!(key(text), None, "{text}");
        }
    }

    #[test]
    fn below_means_below_and_not_only_similar() {
        let below = |a: &str, b: &str| is_at_or_below(&key(a).unwrap(), &key(b).unwrap());
        assert!(below("CN=a,OU=Staff,DC=x", "ou=staff,dc=X"));
        assert!(below("OU=Staff,DC=x", "OU=Staff,DC=x"));
        assert!(!below("CN=a,OU=XStaff,DC=x", "OU=Staff,DC=x"));
        assert!(!below("OU=a\\,OU=Staff,DC=x", "OU=Staff,DC=x"));
        assert!(!below("DC=x", "OU=Staff,DC=x"));
    }

    #[test]
    fn the_domain_is_what_the_name_ends_with() {
        assert_eq!(domain("OU=Staff,DC=Corp,DC=example,DC=com").as_deref(), Some("corp.example.com"));
        assert_eq!(domain("dc=odd,o=Contoso"), None);
        assert_eq!(domain("o=Contoso"), None);
    }

    proptest! {
        #[test]
        fn the_comparable_form_of_a_comparable_form_is_itself(text in "\\PC{0,40}") {
            if let Some(once) = key(&text) {
                prop_assert_eq!(key(&once), Some(once.clone()));
            }
        }

        #[test]
        fn a_value_with_anything_in_it_is_one_part(value in "[^\\\\\\x00]{1,12}") {
            let dn = format!("CN={},DC=example", ldap3::dn_escape(value.as_str()));
            let key = key(&dn).unwrap();
            prop_assert!(is_at_or_below(&key, "dc=example"));
            prop_assert!(is_at_or_below(&key, &key));
        }
    }
}
