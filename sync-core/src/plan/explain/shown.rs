//! Explanations as people read them. Every text goes through the escapes of the plan pages.

use super::{Explanation, Outcome};
use crate::{
    model::{FieldValue, Generated},
    plan::render::visible,
};
use std::fmt;

/// Titles, details and values end here with `…`; personal values have no length limit of their own.
const LONGEST: usize = 2_000;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, decision } = self;
        for (number, step) in steps.iter().enumerate() {
            let mark = match step.outcome {
                Outcome::Passed => " [ok]",
                Outcome::Stopped => " [no]",
                Outcome::Undecided => " [?]",
                Outcome::Noted => "",
            };
            writeln!(f, "{:>2}. {}{mark}", number + 1, visible(&step.title, LONGEST))?;
            if !step.detail.is_empty() {
                writeln!(f, "    {}", visible(&step.detail, LONGEST))?;
            }
        }
        let Some(decision) = decision else {
            return f.write_str("=>  nothing is planned");
        };
        let reason = decision.because();
        write!(f, "=>  {}: {}", decision.change.action().as_str(), visible(&reason, LONGEST))?;
        if let Some(contact) = decision.change.contact() {
            write!(f, " (contact {})", visible(contact.as_str(), LONGEST))?;
        }
        for change in decision.change.fields() {
            let field = visible(&change.field.to_string(), LONGEST);
            let (before, after) = (value(&change.before), value(&change.after));
            write!(f, "\n    {field}: {} -> {}", visible(&before, LONGEST), visible(&after, LONGEST))?;
        }
        Ok(())
    }
}

/// A value in words. Control characters in it are left to whoever prints it.
pub(super) fn value(value: &FieldValue) -> String {
    match value {
        FieldValue::Empty => "(empty)".to_owned(),
        FieldValue::Text(text) => format!("\"{text}\""),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::List(items) if items.is_empty() => "(empty)".to_owned(),
        FieldValue::List(items) => format!("\"{}\"", items.join("\", \"")),
        FieldValue::Generated { generated: Generated::SupportPin } => "(a new support PIN)".to_owned(),
    }
}
