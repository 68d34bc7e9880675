//! E-mail addresses: the form in which two of them are compared.

use super::plain::is_disguise;
use unicode_normalization::UnicodeNormalization;

/// The longest address taken as one, in bytes (RFC 5321 section 4.5.3.1 allows 64 + 1 + 255; some room on top).
const LONGEST: usize = 400;

/// Writes the comparable form of an address into `out` and says whether the text is an address at all.
///
/// Comparable means: trimmed, `smtp:` and `mailto:` prefixes removed, both parts lower-cased, Unicode in form NFC, an
/// internationalised domain as A-labels (RFC 5890), no dot at the end of the domain. Plus-addressing is kept: it is
/// another mailbox to some systems. Text with white space or control characters inside, or with
/// characters that turn the writing around them, without a local part or a
/// domain, with a second `@` outside quotes, or with a domain that is none by IDNA is no address.
///
/// The comparable form of a comparable form is itself.
pub fn comparable_email(raw: &str, out: &mut String) -> bool {
    out.clear();
    if is_plain(raw) {
        out.push_str(raw);
        out.make_ascii_lowercase();
        return true;
    }
    comparable_by_the_rules(raw, out)
}

/// Whether a text is an address of which only the case of its letters may have to change: one `@` with something on both
/// sides, and nothing in it that any rule asks about. Nearly all addresses are, and seeing it costs a glance at each byte.
fn is_plain(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    // Without a branch for each byte, so that many bytes are looked at together.
    let harmless = bytes.iter().fold(true, |so_far, byte| {
        so_far & byte.is_ascii_graphic() & (*byte != b':') & (*byte != b'/') & (*byte != b'"')
    });
    let signs = bytes.iter().fold(0u32, |signs, byte| signs + u32::from(*byte == b'@'));
    let ends = matches!((bytes.first(), bytes.last()), (Some(first), Some(last)) if *first != b'@' && !matches!(last, b'@' | b'.'));
    harmless && signs == 1 && ends && bytes.len() <= LONGEST
}

fn comparable_by_the_rules(raw: &str, out: &mut String) -> bool {
    let mut raw = raw.trim();
    while let Some(rest) =
        strip_prefix_ignoring_case(raw, "smtp:").or_else(|| strip_prefix_ignoring_case(raw, "mailto:"))
    {
        raw = rest;
    }
    let Some((local, domain)) = raw.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    if local.is_empty() || raw.len() > LONGEST || (local.contains('@') && !quoted) {
        return false;
    }
    if raw.is_ascii() {
        let domain = domain.strip_suffix('.').unwrap_or(domain);
        if raw.bytes().any(|b| b <= b' ' || b == 0x7f) || !is_domain(domain) {
            return false;
        }
        out.push_str(local);
        out.push('@');
        out.push_str(domain);
        out.make_ascii_lowercase();
        return true;
    }
    if raw.chars().any(|c| c.is_whitespace() || c.is_control() || is_disguise(c)) {
        return false;
    }
    let Ok(domain) = idna::domain_to_ascii(domain) else { return false };
    // Wide forms of the dot, of `@` and of more become the plain ones only here.
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    if !is_domain(domain) || domain.bytes().any(|b| b <= b' ' || b == 0x7f) {
        return false;
    }
    out.extend(local.nfc().flat_map(char::to_lowercase).nfc());
    out.push('@');
    out.push_str(domain);
    out.len() <= LONGEST
}

/// Whether a text without white space can be a domain without the dot at its end.
fn is_domain(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('.') && !text.contains(['@', ':', '/'])
}

/// The comparable form of an address, or `None` where the text is no address ([`comparable_email`]).
#[must_use]
pub fn email_key(raw: &str) -> Option<String> {
    let mut out = String::new();
    comparable_email(raw, &mut out).then_some(out)
}

/// The domain of an address in comparable form.
#[must_use]
pub fn email_domain(key: &str) -> Option<&str> {
    key.rsplit_once('@').map(|(_, domain)| domain)
}

/// Whether an address in comparable form lies in a tenant's own `onmicrosoft.com` domain (or a sovereign cloud's),
/// which nobody can be reached under from outside by habit and which never replaces a real address.
#[must_use]
pub fn is_tenant_default_domain(key: &str) -> bool {
    email_domain(key).is_some_and(|d| {
        [".onmicrosoft.com", ".onmicrosoft.us", ".onmicrosoft.cn", ".partner.onmschina.cn"]
            .iter()
            .any(|s| d.ends_with(s))
    })
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        assert_eq!(email_key(a).unwrap(), email_key(b).unwrap());
    }

    #[test]
    fn case_prefix_space_and_unicode_form_do_not_tell_addresses_apart() {
        same("Ada@Example.COM", "ada@example.com");
        same(" SMTP:ada@example.com ", "ada@example.com");
        same("j\u{f6}rg@example.com", "jo\u{308}rg@EXAMPLE.com");
        same("a@b\u{fc}cher.example", "a@xn--bcher-kva.example");
        same("a@example.com.", "a@example.com");
    }

    #[test]
    fn plus_addressing_is_another_address() {
        assert_ne!(email_key("a+x@example.com"), email_key("a@example.com"));
    }

    #[test]
    fn what_is_no_address_has_no_key() {
        for text in
            ["", "@", "a@", "@b", "plain", "a b@example.com", "a@exam\nple.com", "a@b\0c", "x@y\u{2028}z"]
        {
            assert_eq!(email_key(text), None, "{text:?}");
        }
        assert_eq!(email_key(&format!("{}@example.com", "a".repeat(1000))), None);
    }

    #[test]
    fn the_comparable_form_of_a_comparable_form_is_itself() {
        for text in [
            "smtp:SMTP:mailto:a@example.com",
            "a@example.com\u{ff0e}",
            "a@example.com\u{3002}",
            "\u{130}@EXAMPLE.com",
            "\u{c4}@b\u{fc}cher.example.",
            "\"a@b\"@example.com",
        ] {
            let key = email_key(text).unwrap();
            assert_eq!(email_key(&key), Some(key));
        }
        same("smtp:SMTP:mailto:a@example.com", "a@example.com");
        same("a@example.com\u{ff0e}", "a@example.com");
    }

    #[test]
    fn what_only_looks_like_one_domain_is_none() {
        for text in [
            "a@b\u{ff20}example.com",
            "a@\u{ad}",
            "a@example.com..",
            "a@example.com\u{ff0e}.",
            "a@..",
            "a@example\u{ff0f}com",
            "a@exa\u{202e}mple.com",
            "bo\u{202e}b@example.com",
            "a\u{feff}@example.com",
            "a@b@example.com",
            "@a@example.com",
        ] {
            assert_eq!(email_key(text), None, "{text:?}");
        }
        // Longer only in its comparable form.
        assert_eq!(email_key(&format!("{}@example.com", "\u{130}".repeat(190))), None);
    }

    proptest::proptest! {
        #[test]
        fn what_is_plain_at_a_glance_is_what_the_rules_say(
            text in proptest::prop_oneof![
                "[ -~]{0,12}", "[a-zA-Z.:/\"@ ]{0,8}", "[A-Za-z+.]{0,6}@[A-Za-z.]{0,9}", "(smtp:|MAILTO:)?[a-z]{1,3}@[a-z.]{1,6}\\.?",
                "\\PC{0,6}@\\PC{0,6}",
            ],
        ) {
            let mut by_the_rules = String::new();
            let wanted = comparable_by_the_rules(&text, &mut by_the_rules).then_some(by_the_rules);
            proptest::prop_assert_eq!(email_key(&text), wanted);
        }
    }

    #[test]
    fn long_addresses_are_refused_at_a_glance_and_by_the_rules_alike() {
        for len in [LONGEST - 12, LONGEST - 11, LONGEST] {
            let text = format!("{}@example.com", "a".repeat(len));
            let mut by_the_rules = String::new();
            let wanted = comparable_by_the_rules(&text, &mut by_the_rules).then_some(by_the_rules);
            assert_eq!(email_key(&text), wanted);
            assert_eq!(wanted.is_some(), text.len() <= LONGEST);
        }
    }

    #[test]
    fn tenant_default_domains_are_told_from_look_alikes() {
        assert!(is_tenant_default_domain("a@contoso.onmicrosoft.com"));
        assert!(!is_tenant_default_domain("a@onmicrosoft.com.example.com"));
        assert!(!is_tenant_default_domain("a@example.com"));
    }
}
