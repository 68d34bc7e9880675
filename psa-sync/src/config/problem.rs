//! What is wrong with a configuration, and on which line.

use std::{fmt, ops::Range};
use sync_core::model::nearest;

/// Why a configuration cannot be used. Names keys and places, never a value that could be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    place: String,
    problem: String,
}

impl ConfigError {
    /// A problem at a place: a file with a line, a tenant, a variable.
    pub(crate) fn new(place: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self { place: place.to_string(), problem: problem.to_string() }
    }

    /// A problem that the reader of TOML found in a text.
    pub(crate) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        Self::new(place(file, text, error.span()), explain(error.message()))
    }
}

/// `file line 7`, or the file alone.
pub(crate) fn place(file: &str, text: &str, span: Option<Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start.min(text.len())));
    match before {
        Some(before) => format!("{file} line {}", before.matches('\n').count() + 1),
        None => file.to_owned(),
    }
}

/// A reader's message as one line: without texts that stood in the file, and with the nearest name where one was misspelt.
pub(crate) fn explain(message: &str) -> String {
    if message.contains("untagged enum DeactivateLimit") {
        return "`deactivate` is \"tiered\" or { count = N, percent = N }".to_owned();
    }
    let message = hide_text(&message.replace('\n', " "));
    for (known, what) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        let Some((name, rest)) = message.strip_prefix(known).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        let names: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let hint = match nearest(name, &names) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if names.is_empty() => String::new(),
            None => format!("; known: {}", names.join(", ")),
        };
        return format!("unknown {what} `{name}`{hint}");
    }
    in_plain_words(message)
}

/// What was expected, without the words of a programming language.
fn in_plain_words(message: String) -> String {
    let Some((before, kind)) = message.rsplit_once(", expected ") else { return message };
    let plain = match kind {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more",
        "i64" => "a whole number",
        "a boolean" => "`true` or `false`",
        "a string" => "a text in quotes",
        "a sequence" => "a list in square brackets",
        _ => return message,
    };
    format!("{before}, expected {plain}")
}

/// Takes the text out of `invalid type: string "..."`: it may be a secret under the wrong key.
fn hide_text(message: &str) -> String {
    match (message.split_once("string \""), message.rsplit_once("\", expected")) {
        (Some((before, _)), Some((_, after))) => format!("{before}a text, expected{after}"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_points_to_the_nearest_and_to_its_line() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its keys are looked at")]
        struct Table {
            grace_reads: Option<u32>,
            grace_hours: Option<u32>,
        }
        let text = "\n\ngrace_raeds = 3\n";
        let error = toml::from_str::<Table>(text).unwrap_err();
        assert_eq!(
            ConfigError::of_toml("psa-sync.toml", text, &error).to_string(),
            "psa-sync.toml line 3: unknown key `grace_raeds`; did you mean `grace_reads`?"
        );
        let text = "colour = 3";
        let error = toml::from_str::<Table>(text).unwrap_err();
        assert!(
            ConfigError::of_toml("x", text, &error).to_string().ends_with("known: grace_reads, grace_hours")
        );
    }

    #[test]
    fn a_text_that_stood_in_the_file_is_not_repeated() {
        let shown = explain("invalid type: string \"hunter2 \\\" canary\", expected u32");
        assert_eq!(shown, "invalid type: a text, expected a whole number of 0 or more");
    }
}
