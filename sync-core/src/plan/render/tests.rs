//! Pages of plans, by what a person sees.

use super::{RenderOptions, to_markdown, to_text};
use crate::{
    model::{CompanyId, ContactField, ContactId, FieldValue, PlanId, SourceAnchor, TenantName},
    plan::{
        Action, Basis, Change, Decision, Decisions, Downgrade, EffectiveLimit, FORMAT_VERSION, FieldChange,
        Guard, Instead, LinkState, Plan, Reason, Subject, Summary, Wanted, Warning,
    },
    policy::{MatchRule, RunInput},
};
use std::collections::BTreeSet;

fn fingerprint() -> crate::model::Fingerprint {
    crate::model::Fingerprinter::new("test/v1").finish()
}

fn person(object: &str, name: &str, change: Change, reason: Reason) -> Decision {
    let mut decision =
        Decision::new(Subject::User(SourceAnchor::new(format!("entra:t:{object}"))), change, reason);
    decision.display_name = name.to_owned();
    decision.user_principal_name = format!("{object}@contoso.example.com");
    decision.company = Some(CompanyId::new("100"));
    decision
}

fn field(field: ContactField, before: impl Into<FieldValue>, after: impl Into<FieldValue>) -> FieldChange {
    FieldChange { field, before: before.into(), after: after.into() }
}

fn update(contact: &str, fields: Vec<FieldChange>) -> Change {
    Change::Update {
        contact: ContactId::new(contact),
        link: LinkState::Existing,
        fields,
        expect: fingerprint(),
    }
}

fn deactivate(contact: &str) -> Change {
    Change::Deactivate {
        contact: ContactId::new(contact),
        link: LinkState::Existing,
        fields: Vec::new(),
        expect: fingerprint(),
        successor: None,
    }
}

fn link(contact: &str) -> Change {
    Change::Link { contact: ContactId::new(contact), link: LinkState::New, expect: fingerprint() }
}

fn no_op() -> Change {
    Change::NoOp { contact: None, link: LinkState::None }
}

fn plan(all: &[Decision]) -> Plan {
    let mut decisions = Decisions::new();
    let mut summary = Summary { users_read: all.len() as u64, contacts_read: 7, ..Summary::default() };
    for decision in all {
        decisions.push_owned(decision);
        let slot = match decision.change.action() {
            Action::Create => &mut summary.create,
            Action::Update => &mut summary.update,
            Action::Link => &mut summary.link,
            Action::Reactivate => &mut summary.reactivate,
            Action::Deactivate => &mut summary.deactivate,
            Action::Hold => &mut summary.hold,
            Action::NoOp => &mut summary.no_op,
        };
        *slot += 1;
    }
    let print = fingerprint();
    Plan {
        run: RunInput::default(),
        format_version: FORMAT_VERSION.to_owned(),
        id: PlanId::new(format!("sha256:{}", "ab".repeat(32))),
        tenant: TenantName::new("Contoso"),
        psa: "connectwise".to_owned(),
        as_of: "2026-01-06T10:30:00Z".parse().unwrap(),
        basis: Basis {
            policy: print.clone(),
            tenant: print.clone(),
            capabilities: print,
            link_generation: 3,
            managed: BTreeSet::new(),
            users_complete: true,
            users_suspect: false,
            directories: BTreeSet::new(),
            absence_counts: true,
        },
        summary,
        decisions,
        downgrades: Vec::new(),
        guards: Vec::new(),
        limits: Vec::new(),
        warnings: Vec::new(),
    }
}

/// One of everything.
fn every_action() -> Plan {
    let gone = Decision::new(Subject::Contact(ContactId::new("77")), deactivate("77"), Reason::Missing);
    let fields = || {
        vec![
            field(ContactField::Title, "Engineer", "Senior Engineer"),
            field(ContactField::PhoneMobile, FieldValue::Empty, "+1 555 0100"),
            field(
                ContactField::AlternateEmails,
                FieldValue::List(vec!["a@contoso.example.com".into()]),
                FieldValue::List(vec!["a@contoso.example.com".into(), "ada@contoso.example.com".into()]),
            ),
            field(ContactField::Custom("VIP".into()), FieldValue::Flag(false), FieldValue::Flag(true)),
        ]
    };
    let create = Change::Create {
        unless_email: Vec::new(),
        beside: Vec::new(),
        fields: vec![
            field(ContactField::FirstName, FieldValue::Empty, "Bea"),
            field(ContactField::Email, FieldValue::Empty, "bea@contoso.example.com"),
        ],
    };
    let reactivate = Change::Reactivate {
        contact: ContactId::new("44"),
        link: LinkState::Existing,
        fields: vec![field(ContactField::Department, "Sales", "Support")],
        expect: fingerprint(),
    };
    let mut plan = plan(&[
        person("ada", "Ada Field", update("42", fields()), Reason::FieldsDiffer { rule: MatchRule::Link }),
        person("bea", "Bea New", create, Reason::NoMatch),
        person("cay", "Cay Back", reactivate, Reason::Returned),
        person("dan", "Dan Known", link("45"), Reason::Matched { rule: MatchRule::PrimaryEmail }),
        person("eve", "Eve Gone", deactivate("46"), Reason::Disabled),
        person(
            "fay",
            "Fay Twice",
            Change::Hold { proposed: None },
            Reason::Ambiguous { contacts: vec![ContactId::new("47"), ContactId::new("48")] },
        ),
        person(
            "gus",
            "Gus Elsewhere",
            Change::Hold {
                proposed: Some(Box::new(update(
                    "49",
                    vec![field(ContactField::Title, FieldValue::Empty, "Boss")],
                ))),
            },
            Reason::Protected,
        ),
        person("hal", "Hal Same", no_op(), Reason::InSync { rule: MatchRule::Link }),
        person("ida", "Ida Same", no_op(), Reason::InSync { rule: MatchRule::Link }),
        person("jim", "Jim Guest", no_op(), Reason::LeftScope { rule: "user_types".into() }),
        gone,
    ]);
    plan.downgrades.push(Downgrade {
        wanted: Wanted::WriteField { field: ContactField::Photo },
        instead: Instead::FieldLeftAlone,
        affected: 3,
    });
    for number in 0..7 {
        plan.warnings.push(Warning {
            code: "MissingPhoneNumber".into(),
            user_principal_name: Some(format!("user{number}@contoso.example.com")),
            message: "has neither a business nor a mobile phone".into(),
        });
    }
    plan.warnings.push(Warning {
        code: "SourceIncomplete".into(),
        user_principal_name: None,
        message: "the directory read is incomplete".into(),
    });
    for (guard, planned, limit) in [("too_many_deactivations", 2, 3), ("too_many_creates", 1, 5)] {
        let (company, of) = (None, 20);
        plan.limits.push(EffectiveLimit { guard: guard.to_owned(), company, planned, of, limit });
    }
    plan
}

/// More people go than may.
fn guarded() -> Plan {
    let leaver = |number: usize| {
        person(&format!("leaver{number:02}"), "Leaver", deactivate(&format!("{number:02}")), Reason::Disabled)
    };
    let mut plan = plan(&(0..25).map(leaver).collect::<Vec<_>>());
    plan.basis.users_complete = false;
    let company = Some(CompanyId::new("100"));
    plan.guards.push(Guard::TooManyDeactivations { company: company.clone(), planned: 25, of: 40, limit: 8 });
    plan.limits.push(EffectiveLimit {
        guard: "too_many_deactivations".to_owned(),
        company,
        planned: 25,
        of: 40,
        limit: 8,
    });
    plan
}

const ALL: RenderOptions = RenderOptions { all: true, ..RenderOptions::plain() };
const COLOUR: RenderOptions = RenderOptions { colour: true, ..RenderOptions::plain() };

#[test]
fn a_plan_is_read_at_a_glance() {
    insta::assert_snapshot!("every_action", to_text(&every_action(), &RenderOptions::plain()));
    insta::assert_snapshot!("every_action_in_full", to_text(&every_action(), &ALL));
    insta::assert_snapshot!("every_action_markdown", to_markdown(&every_action()));
}

#[test]
fn what_a_guard_stops_comes_first_and_names_everybody() {
    let text = to_text(&guarded(), &RenderOptions::plain());
    insta::assert_snapshot!("guarded", text);
    insta::assert_snapshot!("guarded_markdown", to_markdown(&guarded()));
    for number in 0..25 {
        assert!(text.contains(&format!("leaver{number:02}@")), "{number}");
    }
    assert!(!text.contains("Deactivate ("), "what is stopped is not listed as if it were done");
}

#[test]
fn colour_changes_nothing_but_escapes() {
    let (plain, coloured) =
        (to_text(&every_action(), &RenderOptions::plain()), to_text(&every_action(), &COLOUR));
    assert!(!plain.contains('\u{1b}') && coloured.contains('\u{1b}'));
    let mut stripped = String::new();
    for (place, part) in coloured.split("\u{1b}[").enumerate() {
        stripped.push_str(if place == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&stripped), lines(&plain));
}

#[test]
fn long_lists_say_how_many_rows_are_hidden_and_deactivations_are_never_hidden() {
    let many = |make: fn(&str) -> Change| {
        (0..30)
            .map(|n| person(&format!("u{n:02}"), "Somebody", make(&n.to_string()), Reason::NoMatch))
            .collect::<Vec<_>>()
    };
    let creates =
        plan(&many(|_| Change::Create { fields: Vec::new(), unless_email: Vec::new(), beside: Vec::new() }));
    let text = to_text(&creates, &RenderOptions::plain());
    assert_eq!((text.matches("+ Somebody").count(), text.contains("and 10 more")), (20, true), "{text}");
    assert_eq!(to_text(&creates, &ALL).matches("+ Somebody").count(), 30);
    assert!(to_markdown(&creates).contains("and 10 more"));

    let links = to_text(&plan(&many(link)), &RenderOptions::plain());
    assert_eq!((links.matches("= Somebody").count(), links.contains("and 27 more")), (3, true), "{links}");

    let gone = plan(&many(deactivate));
    assert_eq!(to_text(&gone, &RenderOptions::plain()).matches("- Somebody").count(), 30);
    assert_eq!(to_markdown(&gone).matches("**Somebody ").count(), 30);
}

/// Every text of a plan that comes from outside is this.
fn hostile(text: &str) -> Plan {
    let value = |field: ContactField| FieldChange {
        field,
        before: FieldValue::Text(text.to_owned()),
        after: FieldValue::List(vec![text.to_owned()]),
    };
    let fields = || vec![value(ContactField::Title), value(ContactField::Custom(text.to_owned()))];
    let changes = [
        update(text, fields()),
        Change::Create { fields: fields(), unless_email: Vec::new(), beside: Vec::new() },
        link(text),
        deactivate(text),
        Change::Hold { proposed: Some(Box::new(update(text, fields()))) },
        no_op(),
    ];
    let reason = || Reason::ForeignOwner { owner: text.to_owned() };
    let mut all: Vec<Decision> = changes
        .into_iter()
        .map(|change| {
            let mut decision = Decision::new(Subject::User(SourceAnchor::new(text)), change, reason());
            decision.display_name = text.to_owned();
            decision.user_principal_name = text.to_owned();
            decision.company = Some(CompanyId::new(text));
            decision
        })
        .collect();
    all.push(Decision::new(Subject::Contact(ContactId::new(text)), deactivate(text), reason()));
    let mut plan = plan(&all);
    plan.tenant = TenantName::new(text);
    plan.psa = text.to_owned();
    plan.id = PlanId::new(text);
    plan.downgrades.push(Downgrade {
        wanted: Wanted::WriteField { field: ContactField::Custom(text.to_owned()) },
        instead: Instead::FieldLeftAlone,
        affected: 1,
    });
    plan.warnings.push(Warning {
        code: text.to_owned(),
        user_principal_name: Some(text.to_owned()),
        message: text.to_owned(),
    });
    plan.limits.push(EffectiveLimit {
        guard: text.to_owned(),
        company: Some(CompanyId::new(text)),
        planned: 1,
        of: 1,
        limit: 1,
    });
    plan.guards.push(Guard::TooManyDeactivations {
        company: Some(CompanyId::new(text)),
        planned: 2,
        of: 2,
        limit: 1,
    });
    plan
}

#[test]
fn nothing_from_outside_reaches_the_terminal_raw() {
    let controls: String = (0..0xa0).filter_map(char::from_u32).collect();
    let marks: String =
        ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}').chain(['\u{2028}', '\u{200f}']).collect();
    for text in
        [controls.as_str(), marks.as_str(), "\u{1b}]0;owned\u{7}", "\r\nPlan: all is well", "\u{e0041}x"]
    {
        let plan = hostile(text);
        for (page, escapes) in [
            (to_text(&plan, &RenderOptions::plain()), false),
            (to_text(&plan, &ALL), false),
            (to_text(&plan, &COLOUR), true),
            (to_markdown(&plan), false),
        ] {
            for c in page.chars() {
                let raw = c.is_control() && c != '\n' && !(escapes && c == '\u{1b}');
                assert!(!raw && !marks.contains(c) && c != '\u{e0041}', "{c:?}");
            }
            assert!(!page.lines().any(|line| line.starts_with("Plan: all is well")));
        }
        // Each escape that is there is one of ours, and each is taken back.
        let coloured = to_text(&plan, &COLOUR);
        let ours = ["[0m", "[1m", "[2m", "[31m", "[32m", "[33m", "[36m"];
        assert!(coloured.split('\u{1b}').skip(1).all(|part| ours.iter().any(|o| part.starts_with(o))));
    }
}

#[test]
fn what_is_special_in_markdown_is_only_text() {
    let text = "a](https://evil.example) <img src=x> `code` *b* | c\n# d @everyone &copy; _e_";
    let page = to_markdown(&hostile(text));
    let ours = "`--allow too_many_deactivations=2`";
    let body = page.split("\nPlan `").next().unwrap().replace(ours, "");
    for (special, c) in body.match_indices(['[', ']', '<', '*', '_', '`', '|', '#']) {
        let rest = &body[special..];
        let line = body[..special].rsplit('\n').next().unwrap();
        let ours = rest.starts_with("<!-- -->")
            || rest.starts_with("**")
            || line.ends_with('*')
            || line.ends_with("<!-- --")
            || (c == "#" && line.chars().all(|c| c == '#'))
            || (c == "|" && (line.is_empty() || line.starts_with('|')));
        assert!(ours || line.ends_with('\\'), "{c} in {line:?}");
    }
    assert!(!body.contains("@everyone"));
}

#[test]
fn a_text_without_end_is_cut() {
    let plan = hostile(&"x".repeat(60_000));
    let line = |options: RenderOptions| {
        to_text(&plan, &options).lines().filter(|l| l.contains("title")).map(str::len).max()
    };
    assert!(line(RenderOptions::plain()).unwrap() < 200);
    assert!(line(ALL).unwrap() < 5_000);
}
