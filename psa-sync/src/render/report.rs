//! The report of a run as people read it: what went wrong and what waits first, then what was done.

use sync_core::{
    apply::{ContactLine, ErrorLine, HeldLine, Report, Statistics, WarningLine},
    plan::render::visible,
    store::RunId,
};

/// How many lines of one kind are shown; the JSON report has them all.
const SHOWN: usize = 20;
/// Lines end here with `…`, in characters.
const LONGEST: usize = 1_000;

/// How a person lets a guard pass that stopped the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetPass {
    /// The saved plan is applied again, with an override.
    SamePlan,
    /// A plan is saved first, because an override is for a plan that was seen.
    SavedPlan,
    /// So is one that takes back a run.
    Undo(RunId),
}

/// `1 user`, `2 users`.
fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The report as text.
pub(crate) fn report_text(report: &Report, how: LetPass) -> String {
    let Statistics {
        total_office365_users,
        users_processed,
        contacts_created,
        contacts_updated,
        contacts_skipped,
        errors,
        contacts_deactivated,
        contacts_reactivated,
        contacts_linked,
        held,
        stale,
        indeterminate,
        time_saved_minutes,
        not_attempted,
        ..
    } = report.statistics;
    let mut text = format!(
        "{} -> {}: {} read, {users_processed} processed\n",
        visible(report.tenant.as_str(), LONGEST),
        report.psa,
        count(total_office365_users, "user", "users")
    );
    text.push_str(&counts(&[
        ("created", contacts_created),
        ("updated", contacts_updated),
        ("linked", contacts_linked),
        ("reactivated", contacts_reactivated),
        ("deactivated", contacts_deactivated),
        ("unchanged", contacts_skipped),
    ]));
    let trouble = [
        ("failed", errors),
        ("unknown", indeterminate),
        ("changed meanwhile", stale),
        ("not tried", not_attempted),
        ("held for a person", held),
    ];
    text.push_str(&counts(&trouble.map(|(name, count)| (name, count))));
    if time_saved_minutes > 0 {
        text.push_str(&format!("  about {} of hand work\n", count(time_saved_minutes, "minute", "minutes")));
    }
    section(&mut text, "Failed", &report.errors, error_line);
    for guard in &report.guards {
        let allow = format!("--allow {}={}", guard.name(), guard.planned());
        text.push_str(&format!("\nStopped by a guard\n  {guard}\n"));
        text.push_str(&match how {
            LetPass::SamePlan => format!("  let it pass with {allow}\n"),
            LetPass::SavedPlan => format!(
                "  to let it pass: save a plan (`psa-sync plan --out FILE`), then `psa-sync apply FILE {allow}`\n"
            ),
            LetPass::Undo(run) => format!(
                "  to let it pass: save a new plan (`psa-sync undo {run} --out FILE`), then `psa-sync apply FILE {allow}`\n"
            ),
        });
    }
    let waiting: Vec<&HeldLine> = report.held.iter().filter(|line| line.status == "held").collect();
    section(&mut text, "Held for a person", &waiting, |line| held_line(line));
    section(&mut text, "Created", &report.created_contacts, contact_line);
    section(&mut text, "Updated and linked", &report.updated_contacts, contact_line);
    section(&mut text, "Reactivated", &report.reactivated_contacts, contact_line);
    section(&mut text, "Deactivated", &report.deactivated_contacts, contact_line);
    section(&mut text, "Warnings", &report.warnings, warning_line);
    text
}

/// `3 created, 1 updated`; nothing where all are zero.
fn counts(counts: &[(&str, u64)]) -> String {
    let parts: Vec<String> =
        counts.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}")).collect();
    if parts.is_empty() { String::new() } else { format!("  {}\n", parts.join(", ")) }
}

fn section<T>(text: &mut String, title: &str, lines: &[T], show: impl Fn(&T) -> String) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n{title} ({})\n", lines.len()));
    for line in lines.iter().take(SHOWN) {
        text.push_str(&format!("  {}\n", visible(&show(line), LONGEST)));
    }
    if lines.len() > SHOWN {
        text.push_str(&format!("  and {} more; --format json has them all\n", lines.len() - SHOWN));
    }
}

fn who(principal_name: &str, display_name: &str, contact: &str) -> String {
    let contact = if contact.is_empty() { String::new() } else { format!(" (contact {contact})") };
    match (display_name, principal_name) {
        ("", "") => contact.trim_start().to_owned(),
        ("", name) | (name, "") => format!("{name}{contact}"),
        (display, principal) => format!("{display} <{principal}>{contact}"),
    }
}

fn contact_line(line: &ContactLine) -> String {
    let who = who(&line.user_principal_name, &line.display_name, &line.psa_contact_id);
    let fields = if line.changed_fields.is_empty() || line.status == "created" {
        String::new()
    } else {
        format!(" [{}]", line.changed_fields.join(", "))
    };
    let linked = if line.status == "linked" { "linked " } else { "" };
    format!("{linked}{who}{fields}: {}", line.reason)
}

fn held_line(line: &HeldLine) -> String {
    let who = who(&line.user_principal_name, &line.display_name, &line.psa_contact_id);
    format!("{who}: {}", line.message)
}

fn error_line(line: &ErrorLine) -> String {
    let who = &line.user_principal_name;
    let space = if who.is_empty() { "" } else { " " };
    format!("{}{space}{who}: {}: {}", line.code, line.message, line.psa_error)
}

fn warning_line(line: &WarningLine) -> String {
    format!("{} {}: {}", line.code, line.user_principal_name, line.message)
}
