//! Texts as policies compare them: trimmed, without regard to case, and without memory of their own.

use std::cmp::Ordering;

/// The characters of a text in the form in which it is compared. Sigma is one letter wherever it stands.
fn characters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.trim().chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c })
}

/// The form in which texts of a policy are compared with attributes.
pub(crate) fn fold(text: &str) -> String {
    characters(text).collect()
}

/// Whether a text in another form is one that was folded before.
pub(crate) fn is_folded(folded: &str, text: &str) -> bool {
    compare(folded, text) == Ordering::Equal
}

/// Compares a folded text with one in any form. Bytes of UTF-8 sort as the characters do.
fn compare(folded: &str, text: &str) -> Ordering {
    if text.is_ascii() {
        return folded.bytes().cmp(text.trim().bytes().map(|b| b.to_ascii_lowercase()));
    }
    folded.chars().cmp(characters(text))
}

/// A list of a policy, ready to be searched without an allocation per user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoldedSet(Vec<String>);

impl FoldedSet {
    /// The texts that are not blank.
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = &'t String>) -> Self {
        let mut folded: Vec<String> =
            texts.into_iter().map(|text| fold(text)).filter(|text| !text.is_empty()).collect();
        folded.sort_unstable();
        folded.dedup();
        Self(folded)
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text is one of them.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.binary_search_by(|entry| compare(entry, text)).is_ok()
    }

    /// The texts, folded, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &String> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_finds_every_spelling_of_its_texts() {
        let words = ["  Straße 1", "ΟΔΟΣ", "Sales", "\u{130}zmir", "sales ", "", "z"];
        let set = FoldedSet::new(&words.map(str::to_owned));
        for text in ["STRAßE 1", "οδος", "οδοσ", "SALES", " sales", "\u{130}zmir", "Z"] {
            assert!(set.contains(text), "{text}");
            assert!(set.iter().any(|entry| is_folded(entry, text) && *entry == fold(text)), "{text}");
        }
        for text in ["", "sale", "saless", "strasse 1", "\u{1f600}"] {
            assert!(!set.contains(text), "{text}");
        }
        assert_eq!(set.iter().count(), 5);
    }
}
