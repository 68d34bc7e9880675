//! Texts for people that are not the plan's.

mod past;
mod report;
mod table;

pub(crate) use past::{report_csv, report_html};
pub(crate) use report::{LetPass, report_text};
pub(crate) use table::{markdown_table, text_table};

use sync_core::model::FieldValue;

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
