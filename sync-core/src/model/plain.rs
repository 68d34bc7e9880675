//! What of a directory's text is written into a PSA.
//!
//! A directory takes any character, and scripts put many there: line ends from a spreadsheet, the NUL of a fixed-width field, marks
//! that turn the direction of writing. In a PSA's one-line field they break lists, exports and e-mail templates, some databases
//! refuse them, and a name can be made to look like another one.

use std::borrow::Cow;

/// Whether a character turns the direction of the text around it (U+202A to U+202E, U+2066 to U+2069), or has no shape and joins
/// nothing. Joiners and the plain direction marks stay: some scripts are not written right without them.
pub(crate) const fn is_disguise(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// The text without control characters and disguises: what separates words or lines becomes one space, the rest goes. With
/// `lines` line ends and tabs stay, for fields that have several lines.
pub(crate) fn plain_text(text: Cow<'_, str>, lines: bool) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text;
    }
    let stays = |c: char| lines && matches!(c, '\n' | '\r' | '\t');
    let goes = |c: char| (c.is_control() || is_disguise(c) || is_line_end(c)) && !stays(c);
    if !text.contains(goes) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if !goes(c) {
            plain.push(c);
        } else if (c.is_whitespace() || is_line_end(c)) && !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    Cow::Owned(plain.trim().to_owned())
}

const fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_of_characters_that_are_seen() {
        for (text, plain) in [
            ("10 Main St\r\nSuite 5", "10 Main St Suite 5"),
            ("a\u{85}b\u{2028}c\td", "a b c d"),
            ("Al\0ice\u{7}", "Alice"),
            ("Over\u{202e}ride\u{2066}", "Override"),
            ("\u{feff}Ada \r\n", "Ada"),
            ("\0\u{1}\u{202e}", ""),
        ] {
            assert_eq!(plain_text(Cow::Borrowed(text), false), plain, "{text:?}");
            assert_eq!(plain_text(Cow::Borrowed(plain), false), plain, "once is enough");
        }
        assert_eq!(plain_text(Cow::Borrowed("a\r\nb\t\0c\u{202e}"), true), "a\r\nb\tc");
    }

    #[test]
    fn what_people_write_stays_as_they_write_it() {
        // Joiners, direction marks of names that mix scripts, emoji with modifiers, soft hyphens, double spaces.
        for text in ["می\u{200c}خواهم", "א\u{200f}1", "👩\u{200d}💻", "a\u{ad}b", "Ada  Lovelace", " x "]
        {
            assert!(
                matches!(plain_text(Cow::Borrowed(text), false), Cow::Borrowed(same) if same == text),
                "{text:?}"
            );
        }
    }
}
