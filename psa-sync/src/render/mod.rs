//! Texts for people that are not the plan's.

mod report;
mod table;

pub(crate) use report::{LetPass, report_text};
pub(crate) use table::{markdown_table, text_table};
