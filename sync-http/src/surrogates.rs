//! Halves of characters in JSON.
//!
//! JSON escapes a character outside the basic plane as two halves (RFC 8259, 7), and a server that cuts a text to its length
//! may send one half. That is no text, and a reader refuses the whole answer for it: one name that ends in half a smiley
//! would keep every user of a tenant from being read.

/// Puts the replacement character in the place of each half that stands alone, of the same length. Does nothing to what is no
/// JSON.
pub(crate) fn mend(body: &mut [u8]) {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(first, Some(b'{' | b'[')) || !body.contains(&b'\\') {
        return;
    }
    let mut at = 0;
    while let Some(offset) = body.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += offset;
        at += match (unit(body, at), unit(body, at + 6)) {
            (None, _) => 2,
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                if let Some(digits) = body.get_mut(at + 2..at + 6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            (Some(_), _) => 6,
        };
    }
}

/// The number that an escape at a place stands for: `\u` and four digits.
fn unit(body: &[u8], at: usize) -> Option<u32> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> String {
        let mut body = text.as_bytes().to_vec();
        mend(&mut body);
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn half_a_character_is_replaced_and_its_answer_can_be_read() {
        for (half, whole) in [
            (r#"["\ud83d"]"#, r#"["\ufffd"]"#),
            (r#"["\uDE00x"]"#, r#"["\ufffdx"]"#),
            (r#"["\uD83D\ud83d\ude00"]"#, r#"["\ufffd\ud83d\ude00"]"#),
            (r#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#),
            (r#"  {"a":"\ud83d\n"}"#, r#"  {"a":"\ufffd\n"}"#),
            (r#"["\\\ud83d"]"#, r#"["\\\ufffd"]"#),
        ] {
            assert!(serde_json::from_str::<serde_json::Value>(half).is_err(), "{half}");
            assert_eq!(mended(half), whole);
            assert!(serde_json::from_str::<serde_json::Value>(whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            r#"["\ud83d\ude00"]"#,
            r#"["\u00e6\u4e1c"]"#,
            r#"["\\ud83d"]"#,
            r#"["\\\\ud83d","\""]"#,
            r#"["\ud83"#,
            r#"["\"#,
            r#"{"a":"\uzzzz"}"#,
            r"no JSON \ud83d",
            "",
        ] {
            assert_eq!(mended(text), text);
        }
    }
}
