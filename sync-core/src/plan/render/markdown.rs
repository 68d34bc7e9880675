//! The plan as Markdown.

use super::super::{Action, Decision, Plan};
use super::{
    EXAMPLES, SHOWN,
    escape::{markdown, visible},
    groups::{Groups, warnings},
    words,
};

/// Names and values are cut after this many characters.
const LONGEST: usize = 200;

/// The plan as Markdown, for a ticket or a pull request. It holds personal data, as the plan does.
///
/// Text from outside means nothing to Markdown: its special characters are escaped, control characters, line ends and
/// direction marks are written out, and nobody is mentioned. Long lists are collapsed as in [`super::to_text`].
#[must_use]
pub fn to_markdown(plan: &Plan) -> String {
    let mut out = String::new();
    let groups = Groups::of(plan);
    headline(&mut out, plan);
    guarded(&mut out, &groups);
    list(&mut out, "Held for a person", &groups.held, SHOWN, true);
    list(&mut out, "Create", &groups.creates, SHOWN, false);
    list(&mut out, "Reactivate", &groups.reactivations, SHOWN, true);
    list(&mut out, "Update", &groups.updates, SHOWN, true);
    list(&mut out, "Link (only remembered, the PSA is not written)", &groups.links, EXAMPLES, false);
    list(&mut out, "Deactivate", &groups.deactivations, usize::MAX, false);
    if !groups.no_ops.is_empty() {
        heading(&mut out, &format!("Nothing to do ({})", plan.summary.no_op));
        for (reason, count) in groups.no_ops.iter().take(SHOWN) {
            item(&mut out, 0, &format!("{count}: {}", markdown(reason, words::WHOLE)));
        }
        hidden(&mut out, groups.no_ops.len(), SHOWN);
    }
    if !plan.downgrades.is_empty() {
        heading(&mut out, "Less than was asked for");
        for downgrade in &plan.downgrades {
            let affected = words::count(downgrade.affected, "decision", "decisions");
            let wanted = markdown(&downgrade.wanted.to_string(), LONGEST);
            item(&mut out, 0, &format!("{wanted}: {} ({affected})", downgrade.instead));
        }
    }
    if !plan.warnings.is_empty() {
        heading(&mut out, "Warnings");
        for (warning, names) in warnings(plan) {
            let code = markdown(&warning.code, LONGEST);
            let message = markdown(&warning.message, words::WHOLE);
            if names.is_empty() {
                item(&mut out, 0, &format!("{code}: {message}"));
            } else {
                let number = words::count(words::many(names.len()), "user", "users");
                let names = words::names(&names, markdown, LONGEST);
                item(&mut out, 0, &format!("{code}, {number}: {message}: {names}"));
            }
        }
    }
    if !plan.limits.is_empty() {
        heading(&mut out, "Limits in force");
        let telling = plan.limits.iter().filter(|limit| limit.planned > 0 || limit.company.is_none());
        for limit in telling.take(SHOWN) {
            item(&mut out, 0, &words::limit(limit, markdown));
        }
    }
    let id = visible(plan.id.as_str(), words::WHOLE).replace('`', "");
    let how = if plan.summary.changes() == 0 {
        "nothing to apply"
    } else {
        "nothing is written until it is applied: `psa-sync apply FILE`"
    };
    out.push_str(&format!("\nPlan `{id}`; {how}\n"));
    out
}

fn heading(out: &mut String, title: &str) {
    out.push_str(&format!("\n## {title}\n\n"));
}

fn item(out: &mut String, indent: usize, text: &str) {
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(&format!("- {text}\n"));
}

fn hidden(out: &mut String, rows: usize, shown: usize) {
    if rows > shown {
        item(out, 0, &format!("\u{2026} and {} more", rows - shown));
    }
}

fn headline(out: &mut String, plan: &Plan) {
    let tenant = markdown(plan.tenant.as_str(), LONGEST);
    out.push_str(&format!("# {tenant} \u{2192} {}\n\n", markdown(&plan.psa, LONGEST)));
    let s = &plan.summary;
    let complete = if plan.basis.users_complete { "" } else { " (users: not all)" };
    out.push_str(&format!(
        "As of {}: {}, {} read{complete}.\n\n",
        plan.as_of.format("%Y-%m-%d %H:%M:%S UTC"),
        words::count(s.users_read, "user", "users"),
        words::count(s.contacts_read, "contact", "contacts"),
    ));
    out.push_str("| held | create | reactivate | update | link | deactivate | unchanged |\n");
    out.push_str("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    out.push_str(&format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        s.hold, s.create, s.reactivate, s.update, s.link, s.deactivate, s.no_op
    ));
}

fn guarded(out: &mut String, groups: &Groups<'_>) {
    if groups.guarded.is_empty() {
        return;
    }
    heading(out, "Stopped by a guard");
    for (guard, stopped) in &groups.guarded {
        let (how, setting) = (words::override_of(guard), words::setting_of(guard));
        item(
            out,
            0,
            &format!(
                "**{}**; to let it pass, apply with `{how}`{setting}",
                markdown(&guard.to_string(), words::WHOLE)
            ),
        );
        let whole = stopped.iter().any(|decision| decision.change.action() == Action::Deactivate);
        for decision in stopped.iter().take(if whole { usize::MAX } else { SHOWN }) {
            let what = words::would_have(&decision.change, markdown).unwrap_or_default();
            item(out, 2, &format!("{}: would {what}", title(decision)));
        }
        if !whole {
            hidden(out, stopped.len(), SHOWN);
        }
    }
}

fn title(decision: &Decision) -> String {
    let who = words::who(decision, markdown, LONGEST);
    let place = words::place(decision, markdown);
    let place = if place.is_empty() { place } else { format!(", {place}") };
    let reason = markdown(&decision.because(), words::WHOLE);
    format!("**{who}**{place}: {reason}{}", words::link(&decision.change))
}

fn list(out: &mut String, name: &str, decisions: &[Decision], most: usize, with_fields: bool) {
    if decisions.is_empty() {
        return;
    }
    heading(out, &format!("{name} ({})", decisions.len()));
    for decision in decisions.iter().take(most) {
        item(out, 0, &title(decision));
        if decision.change.action() == Action::Hold
            && let Some(what) = words::would_have(&decision.change, markdown)
        {
            item(out, 2, &format!("would {what}"));
        }
        for field in decision.change.fields().iter().filter(|_| with_fields) {
            let name = markdown(&field.field.to_string(), LONGEST);
            let before = words::value(&field.before, markdown, LONGEST);
            let after = words::value(&field.after, markdown, LONGEST);
            item(out, 2, &format!("{name}: {before} \u{2192} {after}"));
        }
    }
    hidden(out, decisions.len(), most);
}
