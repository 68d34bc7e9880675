//! When two texts of a field are the same, by the target's own measure.

mod phone;

use crate::{
    capability::Compare,
    model::{FieldValue, email_key},
};
use std::{borrow::Cow, collections::BTreeSet};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether two texts are the same byte for byte. Texts of fields are short, and comparing them here costs less than
/// asking the system's library to.
#[inline]
pub(crate) fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // The first and the last bytes overlap where the text is shorter than both together.
    match a.len() {
        16..=32 => {
            a.first_chunk::<16>() == b.first_chunk::<16>() && a.last_chunk::<16>() == b.last_chunk::<16>()
        }
        8..16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        4..8 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        _ => a == b,
    }
}

/// Whether two texts are the same for a field. Texts are trimmed already. `region` is the two-letter country in which the
/// person's phone numbers are dialled; it is asked for only where numbers differ in their digits.
pub(crate) fn same_text<'r>(
    compare: Compare,
    a: &str,
    b: &str,
    region: impl FnOnce() -> Option<&'r str>,
) -> bool {
    if a == b {
        return true;
    }
    match compare {
        Compare::Exact => presentation(a) == presentation(b),
        // Addresses that differ in nothing but the case of ASCII letters have one comparable form.
        Compare::IgnoreCase if a.eq_ignore_ascii_case(b) => true,
        Compare::IgnoreCase => match (email_key(a), email_key(b)) {
            (Some(a), Some(b)) => a == b,
            _ => presentation(a).to_lowercase() == presentation(b).to_lowercase(),
        },
        Compare::PhoneDigits => phone::same_phone(a, b, region),
    }
}

/// Whether a value that was written is what a contact holds. A PSA answers a flag for the text `true` or `false` where the field
/// is a checkbox, shows no difference between one that was never set and one that is not ticked, and puts lists in its own order.
pub(crate) fn same_value(compare: Compare, written: &FieldValue, held: &FieldValue) -> bool {
    match (written, held) {
        (FieldValue::Text(a), FieldValue::Text(b)) => same_text(compare, a.trim(), b.trim(), || None),
        (FieldValue::Flag(flag), FieldValue::Text(text))
        | (FieldValue::Text(text), FieldValue::Flag(flag)) => {
            text.trim().eq_ignore_ascii_case(if *flag { "true" } else { "false" })
        }
        (FieldValue::List(a), FieldValue::List(b)) => keys_of(a) == keys_of(b),
        (FieldValue::Flag(false), other) | (other, FieldValue::Flag(false)) if other.is_blank() => true,
        (a, b) => a == b || (a.is_blank() && b.is_blank()),
    }
}

/// The items of a list in comparable form.
pub(crate) fn keys_of(items: &[String]) -> BTreeSet<String> {
    items.iter().map(|item| item.trim().to_lowercase()).collect()
}

/// Whether two texts are the same phone number with the same extension, as the planner compares them.
///
/// Writing does not count: spaces, brackets, `+` or `00`, the word for the extension. `region` is the two-letter country
/// (ISO 3166) in which a number without a country code is dialled; without it, such a number is compared by its digits.
///
/// ```
/// use sync_core::plan::same_phone;
/// assert!(same_phone("030 1234567", "+49 (30) 123-4567", Some("DE")));
/// assert!(!same_phone("030 1234567", "+49 (30) 123-4567", None));
/// ```
#[must_use]
pub fn same_phone(a: &str, b: &str, region: Option<&str>) -> bool {
    phone::same_phone(a, b, || region)
}

/// The text without what only presents it: Unicode form NFC, white space runs as one space, HTML entities resolved,
/// zero-width characters and line ends out.
fn presentation(text: &str) -> Cow<'_, str> {
    let plain = text.is_ascii() && !text.contains("  ") && !text.contains(['&', '\t', '\r', '\n']);
    if plain
        || (is_nfc(text)
            && !text.contains(['&', '\u{200b}', '\u{feff}'])
            && !text.contains(char::is_whitespace))
    {
        return Cow::Borrowed(text);
    }
    let unescaped = unescape(text);
    let mut out = String::with_capacity(unescaped.len());
    let mut gap = false;
    for c in unescaped.nfc().filter(|c| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}')) {
        if c.is_whitespace() {
            gap = true;
        } else {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The five entities that PSAs are known to store in place of the characters.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let plain =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")];
    Cow::Owned(plain.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c)))
}

/// The first `max` characters, without white space at the cut.
pub(crate) fn shortened(text: &str, max: u32) -> Cow<'_, str> {
    match text.char_indices().nth(max as usize) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(text.get(..end).unwrap_or("").trim_end().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_text(compare: Compare, a: &str, b: &str) -> bool {
        super::same_text(compare, a, b, || None)
    }

    #[test]
    fn presentation_alone_is_no_difference() {
        for (a, b) in [
            ("Jo\u{308}rg", "J\u{f6}rg"),
            ("R&amp;D", "R&D"),
            ("Sales  and\tMarketing", "Sales and Marketing"),
            ("a\u{200b}b", "ab"),
            ("O&#39;Neil", "O'Neil"),
        ] {
            assert!(same_text(Compare::Exact, a, b), "{a} {b}");
        }
        assert!(!same_text(Compare::Exact, "ada", "Ada"));
        assert!(!same_text(Compare::Exact, "ab", "a b"));
    }

    #[test]
    fn what_was_written_is_known_again_in_the_form_in_which_a_psa_shows_it() {
        let text = |text: &str| FieldValue::Text(text.to_owned());
        let list = |items: &[&str]| FieldValue::List(items.iter().map(|&item| item.to_owned()).collect());
        let same = |a: &FieldValue, b: &FieldValue| same_value(Compare::Exact, a, b);
        assert!(
            same(&text("true"), &FieldValue::Flag(true)) && same(&FieldValue::Flag(false), &text("False"))
        );
        assert!(
            !same(&text("true"), &FieldValue::Flag(false)) && !same(&text("yes"), &FieldValue::Flag(true))
        );
        assert!(same(&FieldValue::Empty, &FieldValue::Flag(false)));
        assert!(!same(&FieldValue::Empty, &FieldValue::Flag(true)));
        assert!(same(&list(&["a@b.c", "D@e.f"]), &list(&["d@e.f", "a@b.c"])));
        assert!(!same(&list(&["a@b.c"]), &list(&["a@b.c", "d@e.f"])));
    }

    #[test]
    fn bytes_are_compared_at_every_length() {
        for len in 0..70 {
            let a: String = ('a'..='z').cycle().take(len).collect();
            assert!(same_bytes(a.as_bytes(), a.clone().as_bytes()));
            for at in 0..len {
                let mut b = a.clone().into_bytes();
                b[at] = b'#';
                assert!(!same_bytes(a.as_bytes(), &b), "{len} {at}");
            }
            assert!(!same_bytes(a.as_bytes(), format!("{a}x").as_bytes()));
        }
    }

    #[test]
    fn addresses_are_compared_as_addresses() {
        assert!(same_text(Compare::IgnoreCase, "Ada@CONTOSO.com", "ada@contoso.com"));
        assert!(!same_text(Compare::IgnoreCase, "ada@contoso.com", "bob@contoso.com"));
    }

    #[test]
    fn phones_are_their_digits_and_their_extension() {
        for (a, b) in [
            ("+1 555 0100", "1-555-0100"),
            ("0044 20 7946 0000", "+44 (20) 7946 0000"),
            ("+1 555 0100 x12", "+1 555 0100 ext. 12"),
        ] {
            assert!(same_text(Compare::PhoneDigits, a, b), "{a} {b}");
        }
        assert!(!same_text(Compare::PhoneDigits, "+1 555 0100 x12", "+1 555 0100 12"));
        assert!(!same_text(Compare::PhoneDigits, "+1 555 0100", "+1 555 0101"));
    }

    #[test]
    fn shortening_keeps_whole_characters() {
        assert_eq!(shortened("J\u{f6}rg", 2), "J\u{f6}");
        assert_eq!(shortened("ab cd", 3), "ab");
        assert_eq!(shortened("ab", 2), "ab");
    }
}
