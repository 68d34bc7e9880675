//! A phone number and its extension, which many PSAs keep apart and the neutral model in one text.

use std::fmt;

/// A number and an extension; either may be empty. Written as `+1 555 0100 x12`, always the same way, so that a text
/// read and written again changes nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PhoneNumber {
    /// The number, as people write it.
    pub number: String,
    /// The extension; empty where there is none.
    pub extension: String,
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, extension) = (self.number.trim(), self.extension.trim());
        if extension.is_empty() { f.write_str(number) } else { write!(f, "{number} x{extension}") }
    }
}

/// Hides the number, which is somebody's.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(<redacted>)")
    }
}

impl PhoneNumber {
    /// Takes an extension of at most `longest` digits off the end of a text: `x12`, `ext 12`, `ext. 12`,
    /// `extension 12`, `;ext=12`, `#12`.
    ///
    /// Only digits after the mark, and only digits and signs of a number before it, count; anything else stays whole.
    #[must_use]
    pub fn parse(text: &str, longest: usize) -> Self {
        let text = text.trim();
        let whole = || Self { number: text.to_owned(), extension: String::new() };
        let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let Some(digits) = text.get(head.len()..).filter(|d| !d.is_empty() && d.len() <= longest) else {
            return whole();
        };
        let head = head.trim_end();
        for mark in [";ext=", "extension", "ext.", "ext", "x", "#"] {
            let Some(cut) = head.len().checked_sub(mark.len()) else { continue };
            let (Some(number), Some(tail)) = (head.get(..cut), head.get(cut..)) else { continue };
            let number = number.trim_end();
            let numeric = number.chars().any(|c| c.is_ascii_digit())
                && number.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c));
            if tail.eq_ignore_ascii_case(mark) && numeric {
                return Self { number: number.to_owned(), extension: digits.to_owned() };
            }
        }
        whole()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_common_spelling_of_an_extension_is_understood() {
        for text in [
            "+1 555 0100 x12",
            "+1 555 0100x12",
            "+1 555 0100 ext. 12",
            "+1 555 0100 EXT 12",
            "+1 555 0100;ext=12",
            "+1 555 0100 #12",
            "+1 555 0100 extension 12",
        ] {
            let phone = PhoneNumber::parse(text, 15);
            assert_eq!((phone.number.as_str(), phone.extension.as_str()), ("+1 555 0100", "12"), "{text}");
        }
    }

    #[test]
    fn a_text_without_a_clear_extension_stays_whole() {
        for text in ["+1 555 0100", "x12", "call max12", "", "555 x", "555 x1234567890123456", "Büro 12"] {
            assert_eq!(
                PhoneNumber::parse(text, 15),
                PhoneNumber { number: text.into(), extension: String::new() },
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_read_and_written_again_is_the_same(number in "\\+?[0-9][0-9 ().-]{0,18}[0-9]", extension in "[0-9]{0,15}") {
            let phone = PhoneNumber { number, extension };
            prop_assert_eq!(PhoneNumber::parse(&phone.to_string(), 15), phone);
        }

        #[test]
        fn any_text_can_be_parsed(text in "\\PC{0,40}") {
            let phone = PhoneNumber::parse(&text, 15);
            prop_assert!(phone.extension.chars().all(|c| c.is_ascii_digit()));
        }
    }
}
