//! Texts for people that are not the plan's.

mod past;
mod report;
mod table;

pub(crate) use past::{report_csv, report_html};
pub(crate) use report::{LetPass, report_text};
pub(crate) use table::{markdown_table, text_table};

use crate::exit::{Exit, Failure};
use sync_core::{model::FieldValue, plan::render::visible_json};

/// A value as JSON that can be printed: nothing in it moves the cursor of a terminal.
pub(crate) fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, Failure> {
    shown_json(serde_json::to_string_pretty(value))
}

/// A document that was written already, in the same way.
pub(crate) fn shown_json(written: serde_json::Result<String>) -> Result<String, Failure> {
    let text = written.map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    Ok(visible_json(&text).into_owned())
}

/// A value for people.
pub(crate) fn value_text(value: &FieldValue) -> String {
    match value {
        FieldValue::Empty => "(empty)".to_owned(),
        FieldValue::Text(text) => format!("\"{text}\""),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::List(items) => items.join(", "),
        FieldValue::Generated { .. } | _ => "(made when it is written)".to_owned(),
    }
}
