//! E-mail addresses: the form in which two of them are compared.

use unicode_normalization::UnicodeNormalization;

/// The longest address taken as one, in bytes (RFC 5321 section 4.5.3.1 allows 64 + 1 + 255; some room on top).
const LONGEST: usize = 400;

/// Writes the comparable form of an address into `out` and says whether the text is an address at all.
///
/// Comparable means: trimmed, an `smtp:` or `mailto:` prefix removed, both parts lower-cased, Unicode in form NFC, an
/// internationalised domain as A-labels (RFC 5890), no dot at the end of the domain. Plus-addressing is kept: it is
/// another mailbox to some systems. Text with white space or control characters inside, or without a local part or a
/// domain, is no address.
pub fn comparable_email(raw: &str, out: &mut String) -> bool {
    out.clear();
    let raw = raw.trim();
    let raw = strip_prefix_ignoring_case(raw, "smtp:")
        .or_else(|| strip_prefix_ignoring_case(raw, "mailto:"))
        .unwrap_or(raw);
    let Some((local, domain)) = raw.rsplit_once('@') else { return false };
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if local.is_empty() || domain.is_empty() || raw.len() > LONGEST {
        return false;
    }
    if raw.is_ascii() {
        if raw.bytes().any(|b| b <= b' ' || b == 0x7f) || domain.contains(['@', ':', '/']) {
            return false;
        }
        out.push_str(local);
        out.push('@');
        out.push_str(domain);
        out.make_ascii_lowercase();
        return true;
    }
    if raw.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    out.extend(local.nfc().flat_map(char::to_lowercase).nfc());
    out.push('@');
    match idna::domain_to_ascii(domain) {
        Ok(ascii) => out.push_str(&ascii),
        Err(_) => out.extend(domain.nfc().flat_map(char::to_lowercase)),
    }
    true
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
    fn tenant_default_domains_are_told_from_look_alikes() {
        assert!(is_tenant_default_domain("a@contoso.onmicrosoft.com"));
        assert!(!is_tenant_default_domain("a@onmicrosoft.com.example.com"));
        assert!(!is_tenant_default_domain("a@example.com"));
    }
}
