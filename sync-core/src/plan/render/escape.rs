//! Text from outside on its way to a terminal or a page.

use std::{borrow::Cow, fmt::Write as _};

/// Appends the text with everything written out that would not be shown as a character of its own: control characters,
/// line ends, marks that turn the direction of writing, invisible characters. Cut after `most` characters.
fn push_visible(out: &mut String, text: &str, most: usize, mut push: impl FnMut(&mut String, char)) {
    for (count, c) in text.chars().enumerate() {
        if count >= most {
            out.push('\u{2026}');
            return;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_hidden(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => push(out, c),
        }
    }
}

/// Control characters, separators of lines, direction marks (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to
/// U+2069) and characters without any shape. Joiners stay: some scripts are not written right without them.
const fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Text from outside as it can be printed on one line: control characters, line ends, marks that turn the direction of
/// writing and characters without a shape are written out (`\n`, `\u{202e}`). Cut after `most` characters of the text.
#[must_use]
pub fn visible(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most.saturating_mul(4)));
    push_visible(&mut out, text, most, String::push);
    out
}

/// A JSON text as it can be printed: the same document, in which characters that [`visible`] writes out are `\\u` escapes.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    // What JSON itself escapes is escaped already, and its own line ends stay.
    let raw = |c: char| !matches!(c, '\0'..='\u{1f}') && is_hidden(c);
    if !json.contains(raw) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if !raw(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

/// The text as it can stand in Markdown without meaning anything there, cut after `most` characters.
///
/// An `@` that begins a word would tell somebody of that name on most hosts; an empty comment after it keeps it a letter.
pub(super) fn markdown(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most.saturating_mul(4)));
    let mut in_word = false;
    push_visible(&mut out, text, most, |out, c| {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '~' | '|' | '&' | '$' | ':' => {
                out.push('\\');
                out.push(c);
            }
            '@' if !in_word => out.push_str("@<!-- -->"),
            c => out.push(c),
        }
        in_word = c.is_alphanumeric();
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_is_printed_is_the_same_document_without_anything_that_moves_a_cursor() {
        let text =
            "\u{9b}31m \u{202e}evil \u{7f}\u{85}\u{2028}\u{feff}\u{e0041} \u{1b}[2J \u{f6} \u{1f600} a\nb";
        let json = serde_json::to_string_pretty(&[text, "plain"]).unwrap();
        let shown = visible_json(&json);
        assert!(shown.lines().all(|line| !line.chars().any(is_hidden)), "{shown}");
        assert!(shown.contains("\\u009b31m \\u202eevil") && shown.contains("\u{f6} \u{1f600}"), "{shown}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text, "plain"]);
        assert!(matches!(visible_json("{\n  \"a\": 1\n}"), Cow::Borrowed(_)));
    }
}
