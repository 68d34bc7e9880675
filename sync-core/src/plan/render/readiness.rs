//! The readiness report as people read it.

use super::super::{Case, ContactRef, Finding, Person, Readiness, Weight};
use super::{
    RenderOptions, SHOWN,
    escape::{markdown, visible},
    style::{Style, paint},
    words::{self, Show},
};

/// Names and values are cut after this many characters, even where everything is asked for.
const LONGEST: usize = 200;

/// The report as text for a terminal or a log file, each line ended by `\n`.
///
/// Text from outside cannot reach the terminal raw: control characters, line ends and direction marks are written out.
#[must_use]
pub fn readiness_to_text(report: &Readiness, options: &RenderOptions) -> String {
    let most = if options.all { LONGEST } else { options.width.max(60) * 2 / 5 };
    let page = Page { show: visible, most, all: options.all };
    let mut out = String::new();
    let heading = |out: &mut String, style, title: &str| {
        out.push('\n');
        out.push_str(&paint(options.colour, style, title));
        out.push('\n');
    };
    let tenant = visible(report.tenant.as_str(), LONGEST);
    out.push_str(&paint(
        options.colour,
        Style::Heading,
        &format!("{tenant} \u{2192} {}: is it ready for a sync?", visible(&report.psa, LONGEST)),
    ));
    out.push('\n');
    for line in Page::opening(report) {
        out.push_str(&format!("{line}\n"));
    }
    let stopped = page.stopped(report);
    if !stopped.is_empty() {
        heading(&mut out, Style::Danger, "A run would be stopped");
        stopped.iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    for (weight, style, title) in
        [(Weight::Mend, Style::Attention, "To be mended first"), (Weight::Know, Style::Quiet, "Good to know")]
    {
        let findings: Vec<&Finding> = report.findings.iter().filter(|f| f.weight == weight).collect();
        if findings.is_empty() {
            continue;
        }
        heading(&mut out, style, title);
        for finding in findings {
            out.push_str(&format!("  {} ({})\n", finding.kind, finding.cases.len()));
            let (cases, hidden) = page.cases(finding);
            cases.iter().for_each(|case| out.push_str(&format!("      {case}\n")));
            if hidden > 0 {
                out.push_str(&format!("      \u{2026} and {hidden} more (--all shows them)\n"));
            }
        }
    }
    if !report.fields.is_empty() {
        heading(&mut out, Style::Quiet, "Fields that cannot be written in full");
        page.fields(report).iter().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    out.push('\n');
    out.push_str(&Page::ending(report));
    out.push('\n');
    out
}

/// The report as Markdown, for a ticket. It holds personal data; text from outside means nothing to Markdown.
#[must_use]
pub fn readiness_to_markdown(report: &Readiness) -> String {
    let page = Page { show: markdown, most: LONGEST, all: false };
    let mut out = format!(
        "# {} \u{2192} {}: readiness\n\n",
        markdown(report.tenant.as_str(), LONGEST),
        markdown(&report.psa, LONGEST)
    );
    out.push_str(&Page::opening(report).join("\n"));
    out.push('\n');
    let stopped = page.stopped(report);
    if !stopped.is_empty() {
        out.push_str("\n## A run would be stopped\n\n");
        stopped.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
    }
    for (weight, title) in [(Weight::Mend, "To be mended first"), (Weight::Know, "Good to know")] {
        for (place, finding) in report.findings.iter().filter(|f| f.weight == weight).enumerate() {
            if place == 0 {
                out.push_str(&format!("\n## {title}\n\n"));
            }
            out.push_str(&format!("- **{}** ({})\n", finding.kind, finding.cases.len()));
            let (cases, hidden) = page.cases(finding);
            cases.iter().for_each(|case| out.push_str(&format!("  - {case}\n")));
            if hidden > 0 {
                out.push_str(&format!("  - \u{2026} and {hidden} more\n"));
            }
        }
    }
    if !report.fields.is_empty() {
        out.push_str("\n## Fields that cannot be written in full\n\n");
        page.fields(report).iter().for_each(|line| out.push_str(&format!("- {line}\n")));
    }
    out.push_str(&format!("\n{}\n", Page::ending(report)));
    out
}

/// What both pages say, in the spelling of one of them.
struct Page {
    show: Show,
    most: usize,
    all: bool,
}

impl Page {
    fn show(&self, text: &str) -> String {
        (self.show)(text, self.most)
    }

    fn opening(report: &Readiness) -> Vec<String> {
        let s = &report.first_run;
        let mut lines = vec![
            format!(
                "As of {}: {}, {} read.",
                report.as_of.format("%Y-%m-%d %H:%M:%S UTC"),
                words::count(s.users_read, "user", "users"),
                words::count(s.contacts_read, "contact", "contacts"),
            ),
            format!(
                "A run of now would create {}, update {}, link {}, reactivate {}, deactivate {}, hold {} for a person and \
                 leave {} as they are.",
                s.create, s.update, s.link, s.reactivate, s.deactivate, s.hold, s.no_op
            ),
        ];
        if !report.users_complete {
            lines.push("The directory read proves nobody absent, so no id is called dead here.".to_owned());
        }
        lines
    }

    fn stopped(&self, report: &Readiness) -> Vec<String> {
        let guards = report.guards.iter().map(|guard| (self.show)(&guard.to_string(), words::WHOLE));
        let refused = report.refused.iter().map(|what| {
            format!("the PSA cannot {}, and the policy insists on it", (self.show)(what, words::WHOLE))
        });
        guards.chain(refused).collect()
    }

    fn cases(&self, finding: &Finding) -> (Vec<String>, usize) {
        let shown = if self.all { finding.cases.len() } else { SHOWN.min(finding.cases.len()) };
        (finding.cases.iter().take(shown).map(|case| self.case(case)).collect(), finding.cases.len() - shown)
    }

    fn case(&self, case: &Case) -> String {
        let company = case.company.as_ref();
        let mut parts: Vec<String> = case.users.iter().map(|user| self.person(user)).collect();
        parts.extend(case.contacts.iter().map(|contact| {
            let elsewhere = contact.company.as_ref().filter(|theirs| Some(*theirs) != company);
            let place = elsewhere.map(|c| format!(" in company {}", (self.show)(c.as_str(), words::WHOLE)));
            format!("{}{}", self.contact(contact), place.unwrap_or_default())
        }));
        let mut text = parts.join(", ");
        if let Some(value) = &case.value {
            text = match text.as_str() {
                // About the read as a whole.
                "" => (self.show)(value, words::WHOLE),
                _ => format!("\"{}\": {text}", self.show(value)),
            };
        }
        if let Some(company) = company {
            text.push_str(&format!("; company {}", (self.show)(company.as_str(), words::WHOLE)));
        }
        if let Some(keep) = &case.keep {
            let id = (self.show)(keep.contact.as_str(), words::WHOLE);
            text.push_str(&format!("; keep {id}? ({})", keep.because));
        }
        text
    }

    fn person(&self, person: &Person) -> String {
        let Person { id, user_principal_name, display_name } = person;
        match (display_name.trim().is_empty(), user_principal_name.trim().is_empty()) {
            (false, false) => format!("{} ({})", self.show(display_name), self.show(user_principal_name)),
            (false, true) => self.show(display_name),
            (true, false) => self.show(user_principal_name),
            (true, true) => format!("user {}", (self.show)(id.as_str(), words::WHOLE)),
        }
    }

    fn contact(&self, contact: &ContactRef) -> String {
        let ContactRef { id, name, active, .. } = contact;
        let id = (self.show)(id.as_str(), words::WHOLE);
        let inactive = if *active == Some(false) { ", inactive" } else { "" };
        match name.trim() {
            "" => format!("contact {id}{inactive}"),
            name => format!("contact {id} ({}{inactive})", self.show(name)),
        }
    }

    fn fields(&self, report: &Readiness) -> Vec<String> {
        let line = |row: &super::super::FieldReadiness| {
            let field = self.show(&row.field.to_string());
            if !row.writable {
                return format!("{field}: this PSA cannot write it");
            }
            let names = row.examples.iter().map(|user| self.person(user)).collect::<Vec<_>>().join(", ");
            let more = row.too_long.saturating_sub(words::many(row.examples.len()));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!(
                "{field}: {} too long (limit {}, longest {}): {names}{more}",
                words::count(row.too_long, "text is", "texts are"),
                row.limit.unwrap_or_default(),
                row.longest
            )
        };
        report.fields.iter().map(line).collect()
    }

    fn ending(report: &Readiness) -> String {
        match report.to_mend() {
            0 => "Ready: nothing has to be mended before a first run.".to_owned(),
            many => format!(
                "Not ready: {} to look at. Nothing was written.",
                words::count(words::many(many), "thing", "things")
            ),
        }
    }
}
