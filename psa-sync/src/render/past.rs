//! The report of a past run as a table for spreadsheets and as a page.

use std::fmt::Write as _;
use sync_core::{
    apply::{ContactLine, Report},
    plan::render::visible,
    store::RunRecord,
};

/// One row per contact, hold and error, with a head.
pub(crate) fn report_csv(report: &Report) -> String {
    let mut text = String::from(
        "kind,office365_id,user_principal_name,display_name,psa_contact_id,psa_company_id,changed_fields,code,message\r\n",
    );
    for row in rows(report) {
        let cells: Vec<String> = row.iter().map(|cell| csv_cell(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A page that needs nothing beside itself: no script, no picture, no style from elsewhere.
pub(crate) fn report_html(record: &RunRecord, report: &Report) -> String {
    let counts = report.statistics;
    let title = format!("Run {} of {}", record.run, record.tenant);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title>\n\
         <style>body{{font-family:sans-serif;margin:2em}}table{{border-collapse:collapse}}td,th{{border:1px solid #999;\
         padding:.3em .6em;text-align:left;vertical-align:top}}</style></head><body>\n<h1>{0}</h1>\n",
        html(&title)
    );
    let began = record.started_at.format("%Y-%m-%d %H:%M UTC");
    let _ = writeln!(
        text,
        "<p>{began}, to {}{}</p>\n<table>",
        html(&report.psa),
        if report.success { "" } else { ": it did not succeed" }
    );
    for (name, count) in [
        ("Created", counts.contacts_created),
        ("Updated", counts.contacts_updated),
        ("Linked", counts.contacts_linked),
        ("Reactivated", counts.contacts_reactivated),
        ("Deactivated", counts.contacts_deactivated),
        ("Held for a person", counts.held),
        ("Failed", counts.errors),
        ("Unknown", counts.indeterminate),
        ("Changed meanwhile", counts.stale),
        ("Not tried", counts.not_attempted),
        ("Nothing to do", counts.contacts_skipped),
    ] {
        let _ = writeln!(text, "<tr><th>{name}</th><td>{count}</td></tr>");
    }
    text.push_str("</table>\n<h2>What was done and what was not</h2>\n<table>\n<tr>");
    for head in
        ["Kind", "Object id", "Sign-in name", "Name", "Contact", "Company", "Fields", "Code", "Message"]
    {
        let _ = write!(text, "<th>{head}</th>");
    }
    text.push_str("</tr>\n");
    for row in rows(report) {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", html(cell))).collect();
        let _ = writeln!(text, "<tr>{cells}</tr>");
    }
    text.push_str("</table>\n</body></html>\n");
    text
}

fn rows(report: &Report) -> Vec<[String; 9]> {
    let contact = |line: &ContactLine| {
        let ContactLine {
            office365_id,
            user_principal_name,
            display_name,
            psa_contact_id,
            psa_company_id,
            ..
        } = line;
        [
            line.status.clone(),
            office365_id.clone(),
            user_principal_name.clone(),
            display_name.clone(),
            psa_contact_id.clone(),
            psa_company_id.clone(),
            line.changed_fields.join(" "),
            String::new(),
            line.reason.clone(),
        ]
    };
    let lists = [
        &report.created_contacts,
        &report.updated_contacts,
        &report.reactivated_contacts,
        &report.deactivated_contacts,
    ];
    let mut rows: Vec<[String; 9]> = lists.into_iter().flatten().map(contact).collect();
    rows.extend(report.held.iter().map(|line| {
        [
            line.status.clone(),
            line.office365_id.clone(),
            line.user_principal_name.clone(),
            line.display_name.clone(),
            line.psa_contact_id.clone(),
            line.psa_company_id.clone(),
            String::new(),
            line.code.clone(),
            line.message.clone(),
        ]
    }));
    let empty = String::new;
    rows.extend(report.errors.iter().map(|line| {
        let message = format!("{}: {}", line.message, line.psa_error);
        let (name, code) = (line.user_principal_name.clone(), line.code.clone());
        ["error".to_owned(), empty(), name, empty(), empty(), empty(), empty(), code, message]
    }));
    rows.extend(report.warnings.iter().map(|line| {
        let (name, code) = (line.user_principal_name.clone(), line.code.clone());
        ["warning".to_owned(), empty(), name, empty(), empty(), empty(), empty(), code, line.message.clone()]
    }));
    rows
}

/// A cell in quotes where it needs them, on one line and with nothing that moves the cursor of a terminal. What a
/// spreadsheet would take for a formula begins with an apostrophe: names in a directory are written by anybody.
fn csv_cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
    let shown = visible(text, usize::MAX);
    let text = if formula { format!("'{shown}") } else { shown };
    if text.contains([',', '"']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text, usize::MAX).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_neither_a_formula_nor_a_column() {
        assert_eq!(csv_cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(csv_cell("Doe, Jane"), "\"Doe, Jane\"");
        assert_eq!(csv_cell("@sum"), "'@sum");
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("\u{1b}[2J\u{9b}1m\u{202e}a\nb"), "\\u{1b}[2J\\u{9b}1m\\u{202e}a\\nb");
        assert_eq!(csv_cell("\t=1"), "'\\t=1");
    }

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(html("<script>'\"&\u{7}"), "&lt;script&gt;&#39;&quot;&amp;\\u{7}");
    }
}
