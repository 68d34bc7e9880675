//! The plan as text.

use super::super::{Action, Decision, Plan};
use super::{
    EXAMPLES, RenderOptions, SHOWN,
    escape::visible,
    groups::{Groups, warnings},
    style::{Style, paint},
    words,
};
use std::{collections::BTreeMap, fmt::Display};

/// Values longer than this are cut even where everything is asked for.
const LONGEST: usize = 1_000;

/// The plan as text for a terminal or a log file, each line ended by `\n`.
///
/// Text from outside cannot reach the terminal raw: control characters, line ends and direction marks are written out.
#[must_use]
pub fn to_text(plan: &Plan, options: &RenderOptions) -> String {
    let mut page = Page { options, out: String::new() };
    let groups = Groups::of(plan);
    page.headline(plan, &groups);
    page.guarded(&groups);
    page.held(&groups.held);
    page.changes("Create", '+', Style::Good, &groups.creates, Fields::OnRequest);
    page.changes("Reactivate", '^', Style::Good, &groups.reactivations, Fields::BeforeAndAfter);
    page.changes("Update", '~', Style::Attention, &groups.updates, Fields::BeforeAndAfter);
    page.links(&groups.links);
    page.deactivations(&groups.deactivations);
    page.no_ops(plan, &groups.no_ops);
    page.downgrades(plan);
    page.warnings(plan);
    page.limits(plan);
    page.ending(plan);
    page.out
}

/// How the fields of a change are shown.
#[derive(Clone, Copy)]
enum Fields {
    BeforeAndAfter,
    /// What a created contact will hold, where everything is asked for.
    OnRequest,
}

struct Page<'o> {
    options: &'o RenderOptions,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: impl Display) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text.to_string().trim_end());
        self.out.push('\n');
    }

    fn heading(&mut self, title: &str, count: usize, style: Style) {
        self.out.push('\n');
        let title = format!("{title} ({count})");
        let title = paint(self.options.colour, style, &title);
        self.line(0, title);
    }

    fn paint(&self, style: Style, text: &str) -> String {
        paint(self.options.colour, style, text)
    }

    /// How many characters a name may take, two of which stand side by side.
    fn name_room(&self) -> usize {
        if self.options.all { LONGEST } else { self.options.width.max(60) * 2 / 5 }
    }

    /// How many characters a value may take, two of which stand side by side after a label.
    fn value_room(&self, label: usize) -> usize {
        if self.options.all {
            LONGEST
        } else {
            (self.options.width.max(60).saturating_sub(label + 14) / 2).max(16)
        }
    }

    fn shown(&self, rows: usize, most: usize) -> usize {
        if self.options.all { rows } else { rows.min(most) }
    }

    fn hidden(&mut self, rows: usize, shown: usize) {
        if rows > shown {
            let text = format!("\u{2026} and {} more (--all shows them)", rows - shown);
            let text = self.paint(Style::Quiet, &text);
            self.line(2, text);
        }
    }

    fn headline(&mut self, plan: &Plan, groups: &Groups<'_>) {
        let tenant = visible(plan.tenant.as_str(), self.name_room());
        let title = format!("{tenant} \u{2192} {}", visible(&plan.psa, self.name_room()));
        let title = self.paint(Style::Heading, &title);
        let as_of = plan.as_of.format("%Y-%m-%d %H:%M:%S UTC");
        self.line(0, format!("{title}   as of {as_of}"));
        let s = &plan.summary;
        let read = format!(
            "{}, {} read{}",
            words::count(s.users_read, "user", "users"),
            words::count(s.contacts_read, "contact", "contacts"),
            if plan.basis.users_complete { "" } else { " (users: not all)" },
        );
        self.line(0, read);
        let counts = [
            (s.hold, "held", Style::Attention),
            (s.create, "create", Style::Good),
            (s.reactivate, "reactivate", Style::Good),
            (s.update, "update", Style::Attention),
            (s.link, "link", Style::Link),
            (s.deactivate, "deactivate", Style::Danger),
            (s.no_op, "unchanged", Style::Quiet),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .map(|(number, word, style)| {
                let text = format!("{number} {word}");
                if number == 0 { self.paint(Style::Quiet, &text) } else { self.paint(style, &text) }
            })
            .collect();
        self.line(0, counts.join(", "));
        let stopped: usize = groups.guarded.iter().map(|(_, stopped)| stopped.len()).sum();
        if stopped > 0 {
            let text = format!("{stopped} of these stopped by a guard");
            let text = self.paint(Style::Danger, &text);
            self.line(0, text);
        }
    }

    fn guarded(&mut self, groups: &Groups<'_>) {
        if groups.guarded.is_empty() {
            return;
        }
        self.heading("Stopped by a guard", groups.guarded.len(), Style::Danger);
        for (guard, stopped) in &groups.guarded {
            let text = self.paint(Style::Danger, &visible(&guard.to_string(), words::WHOLE));
            self.line(2, format!("! {text}"));
            let (how, setting) = (words::override_of(guard), words::setting_of(guard));
            self.line(4, format!("not written unless a person lets it pass: apply with {how}{setting}"));
            // Whom a run would take away from the PSA is never left to the imagination.
            let whole = stopped.iter().any(|decision| decision.change.action() == Action::Deactivate);
            let shown = if whole { stopped.len() } else { self.shown(stopped.len(), SHOWN) };
            for decision in stopped.iter().take(shown) {
                let what = words::would_have(&decision.change, visible).unwrap_or_default();
                let who = words::who(decision, visible, self.name_room());
                self.line(4, format!("{who}: would {what}; {}", visible(&decision.because(), words::WHOLE)));
            }
            self.hidden(stopped.len(), shown);
        }
    }

    fn held(&mut self, held: &[Decision]) {
        if held.is_empty() {
            return;
        }
        self.heading("Held for a person", held.len(), Style::Attention);
        let shown = self.shown(held.len(), SHOWN);
        for decision in held.iter().take(shown) {
            self.title('?', Style::Attention, decision);
            self.line(6, visible(&decision.because(), words::WHOLE));
            if let Some(what) = words::would_have(&decision.change, visible) {
                self.line(6, format!("would {what}"));
                self.fields(decision, 8, Fields::BeforeAndAfter);
            }
        }
        self.hidden(held.len(), shown);
    }

    fn title(&mut self, mark: char, style: Style, decision: &Decision) {
        let mark = self.paint(style, &mark.to_string());
        let who = words::who(decision, visible, self.name_room());
        let place = self.paint(Style::Quiet, &words::place(decision, visible));
        self.line(2, format!("{mark} {who}  {place}"));
    }

    fn changes(&mut self, title: &str, mark: char, style: Style, decisions: &[Decision], fields: Fields) {
        if decisions.is_empty() {
            return;
        }
        self.heading(title, decisions.len(), style);
        let shown = self.shown(decisions.len(), SHOWN);
        for decision in decisions.iter().take(shown) {
            self.title(mark, style, decision);
            let reason = visible(&decision.because(), words::WHOLE);
            let reason = self.paint(Style::Quiet, &format!("{reason}{}", words::link(&decision.change)));
            self.line(6, reason);
            self.fields(decision, 6, fields);
        }
        self.hidden(decisions.len(), shown);
    }

    fn fields(&mut self, decision: &Decision, indent: usize, how: Fields) {
        let fields = decision.change.fields();
        if matches!(how, Fields::OnRequest) && !self.options.all {
            return;
        }
        let names: Vec<String> =
            fields.iter().map(|field| visible(&field.field.to_string(), self.name_room())).collect();
        let label = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let room = self.value_room(label + indent);
        for (field, name) in fields.iter().zip(&names) {
            let after = words::value(&field.after, visible, room);
            let line = if matches!(how, Fields::OnRequest) {
                format!("{name:label$}  {after}")
            } else {
                let before = words::value(&field.before, visible, room);
                let before = self.paint(Style::Quiet, &before);
                format!("{name:label$}  {before} \u{2192} {after}")
            };
            self.line(indent, line);
        }
    }

    fn links(&mut self, links: &[Decision]) {
        if links.is_empty() {
            return;
        }
        self.heading("Link (only remembered, the PSA is not written)", links.len(), Style::Link);
        let shown = self.shown(links.len(), EXAMPLES);
        for decision in links.iter().take(shown) {
            self.title('=', Style::Link, decision);
            let reason = visible(&decision.because(), words::WHOLE);
            let reason = self.paint(Style::Quiet, &format!("{reason}{}", words::link(&decision.change)));
            self.line(6, reason);
        }
        self.hidden(links.len(), shown);
    }

    /// Never collapsed.
    fn deactivations(&mut self, deactivations: &[Decision]) {
        if deactivations.is_empty() {
            return;
        }
        self.heading("Deactivate", deactivations.len(), Style::Danger);
        for decision in deactivations {
            self.title('-', Style::Danger, decision);
            self.line(6, visible(&decision.because(), words::WHOLE));
        }
    }

    /// Counted by reason; who they are is told where everything is asked for.
    fn no_ops(&mut self, plan: &Plan, no_ops: &[(String, u64)]) {
        let total: u64 = no_ops.iter().map(|(_, count)| count).sum();
        if total == 0 {
            return;
        }
        self.heading("Nothing to do", usize::try_from(total).unwrap_or(usize::MAX), Style::Quiet);
        let digits = no_ops.iter().map(|(_, count)| count.to_string().len()).max().unwrap_or(0);
        let shown = self.shown(no_ops.len(), SHOWN);
        let mut people = if self.options.all { self.left_alone(plan) } else { BTreeMap::new() };
        for (reason, count) in no_ops.iter().take(shown) {
            self.line(2, format!("{count:>digits$}  {}", visible(reason, words::WHOLE)));
            for person in people.remove(reason).unwrap_or_default() {
                self.line(6, person);
            }
        }
        self.hidden(no_ops.len(), shown);
    }

    /// Everybody about whom nothing is done, by the wording of the reason.
    fn left_alone(&self, plan: &Plan) -> BTreeMap<String, Vec<String>> {
        let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for decision in plan.decisions.iter().filter(|decision| decision.change.action() == Action::NoOp) {
            let who = words::who(&decision, visible, self.name_room());
            let place = self.paint(Style::Quiet, &words::place(&decision, visible));
            people.entry(decision.because()).or_default().push(format!("{who}  {place}"));
        }
        people
    }

    fn downgrades(&mut self, plan: &Plan) {
        if plan.downgrades.is_empty() {
            return;
        }
        self.heading("Less than was asked for", plan.downgrades.len(), Style::Attention);
        for downgrade in &plan.downgrades {
            let affected = words::count(downgrade.affected, "decision", "decisions");
            let wanted = visible(&downgrade.wanted.to_string(), self.name_room());
            self.line(2, format!("{wanted}: {} ({affected})", downgrade.instead));
        }
    }

    fn warnings(&mut self, plan: &Plan) {
        if plan.warnings.is_empty() {
            return;
        }
        self.heading("Warnings", plan.warnings.len(), Style::Attention);
        for (warning, names) in warnings(plan) {
            let code = visible(&warning.code, self.name_room());
            let message = visible(&warning.message, words::WHOLE);
            if names.is_empty() {
                self.line(2, format!("{code}: {message}"));
            } else {
                let number = words::count(words::many(names.len()), "user", "users");
                self.line(2, format!("{code}, {number}: {message}"));
                let text = if self.options.all {
                    names.iter().map(|name| visible(name, LONGEST)).collect::<Vec<_>>().join(", ")
                } else {
                    words::names(&names, visible, self.name_room())
                };
                self.line(6, text);
            }
        }
    }

    fn limits(&mut self, plan: &Plan) {
        if plan.limits.is_empty() {
            return;
        }
        self.heading("Limits in force", plan.limits.len(), Style::Quiet);
        // Companies in which nothing is planned are many and say nothing.
        let (telling, silent): (Vec<_>, Vec<_>) = plan
            .limits
            .iter()
            .partition(|limit| self.options.all || limit.planned > 0 || limit.company.is_none());
        let shown = self.shown(telling.len(), SHOWN);
        for limit in telling.iter().take(shown) {
            let text = words::limit(limit, visible);
            let text = if limit.planned > limit.limit { self.paint(Style::Danger, &text) } else { text };
            self.line(2, text);
        }
        self.hidden(telling.len() + silent.len(), shown);
    }

    fn ending(&mut self, plan: &Plan) {
        let id = visible(plan.id.as_str(), words::WHOLE);
        self.out.push('\n');
        if plan.summary.changes() == 0 {
            self.line(0, format!("Plan {id}: nothing to apply"));
        } else {
            self.line(0, format!("Plan {id}"));
            self.line(0, "Nothing is written until it is applied");
        }
    }
}
