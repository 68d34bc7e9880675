//! The words of the language, and what to say of one that is none of them.

use crate::model::{Attribute, nearest};

/// What can be asked of a text beside `==` and `!=`.
pub(super) const TESTS: [&str; 6] = ["in", "contains", "starts_with", "ends_with", "glob", "is_blank"];

/// Other words that are no names.
pub(super) const RESERVED: [&str; 5] = ["and", "or", "not", "true", "false"];

/// Names beside those of the attributes.
const OTHER_NAMES: [&str; 4] = ["email", "domain", "account_enabled", "in_group"];

/// Every name of the language.
pub(super) fn names() -> Vec<&'static str> {
    Attribute::KNOWN.iter().chain(&OTHER_NAMES).copied().collect()
}

/// The problem with a word that is none of those known, with the nearest of them.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let hint = nearest(&word.to_lowercase(), known).map(|n| format!("; did you mean `{n}`?"));
    format!("unknown {what} `{}`{}", shortened(word), hint.unwrap_or_default())
}

/// A word cut to a length fit for a message.
pub(super) fn shortened(word: &str) -> String {
    let mut short: String = word.chars().take(40).collect();
    if short.len() < word.len() {
        short.push('…');
    }
    short
}
