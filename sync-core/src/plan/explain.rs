//! One user, step by step, from the same code path as the plan.

use super::{
    Decision, PlanError, PlanInput, Subject,
    decide::Verdict,
    decisions::ChangeParts,
    downgrade::Downgrades,
    matching::{Owner, candidates, place},
    planner::Planner,
    scope::Scope,
};
use crate::{
    model::{ContactId, SourceAnchor, email_key},
    plan::Change,
    policy::MatchRule,
    snapshot::UserView,
};
use std::fmt;

/// How the decision about one user came about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// What was looked at, in order.
    pub steps: Vec<Step>,
    /// What came of it.
    pub decision: Decision,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What.
    pub title: String,
    /// `Some(false)` where it stopped the user; `None` where it is information.
    pub passed: Option<bool>,
    /// What was seen.
    pub detail: String,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("title", &self.title)
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}

/// Explains the decision about a user named by sign-in name, address, object id or anchor. `None` where no user of the
/// read has that name.
///
/// # Errors
/// As for [`super::plan`].
pub fn explain(input: &PlanInput<'_>, name: &str) -> Result<Option<Explanation>, PlanError> {
    input.check()?;
    let Some((at, user)) = find(input, name) else { return Ok(None) };
    let mut downgrades = Downgrades::default();
    let planner = Planner::new(*input, &mut downgrades);
    // Downgrades that hold for the whole plan say nothing about this user.
    let mut own = Downgrades::default();
    let Verdict { company, change, reason } = planner.decide(place(at), user, &mut own);
    let mut steps = vec![read_step(input, user)];
    let scope = Scope::new(input);
    for (title, passed) in scope.trace(user, planner.companies.get(at).copied().flatten()) {
        steps.push(Step { title, passed: Some(passed), detail: String::new() });
    }
    for rule in &input.policy.document().matching.rules {
        steps.push(candidate_step(&planner, user, *rule));
    }
    for downgrade in own.into_list() {
        steps.push(Step {
            title: format!("the PSA cannot {}", downgrade.wanted),
            passed: None,
            detail: downgrade.instead.to_string(),
        });
    }
    let change = match change {
        ChangeParts::NoOp { contact, link } => Change::NoOp { contact: contact.map(ContactId::new), link },
        ChangeParts::Other(change) => change,
    };
    let mut decision = Decision::new(Subject::User(user.anchor()), change, reason);
    decision.user_principal_name = user.principal_name().to_owned();
    decision.display_name = user.display_name().to_owned();
    decision.company = company.cloned();
    Ok(Some(Explanation { steps, decision }))
}

fn find<'a>(input: &PlanInput<'a>, name: &str) -> Option<(usize, UserView<'a>)> {
    let name = name.trim();
    let key = email_key(name);
    let is = |user: &UserView<'_>| {
        user.object_id().eq_ignore_ascii_case(name)
            || user.principal_name().eq_ignore_ascii_case(name)
            || user.anchor() == SourceAnchor::new(name)
    };
    let mut users = input.users.iter().enumerate();
    users.clone().find(|(_, user)| is(user)).or_else(|| {
        let key = key.as_deref()?;
        users.find(|(_, user)| user.email_keys().any(|k| k == key))
    })
}

fn read_step(input: &PlanInput<'_>, user: UserView<'_>) -> Step {
    let complete = if input.users.completeness().is_complete() { "complete" } else { "incomplete" };
    let kind = user.kind().map_or("not said, counts as member", crate::model::UserKind::as_str);
    let addresses = user.email_keys().collect::<Vec<_>>().join(", ");
    Step {
        title: format!("read: {} of {} users, the read is {complete}", user.object_id(), input.users.len()),
        passed: None,
        detail: format!(
            "kind: {kind}; addresses: {}",
            if addresses.is_empty() { "none" } else { &addresses }
        ),
    }
}

fn candidate_step(planner: &Planner<'_>, user: UserView<'_>, rule: MatchRule) -> Step {
    let found = candidates(&planner.input, user, rule);
    let describe = |contact: &u32| {
        let view = planner.input.contacts.get(*contact as usize)?;
        let company = view.company().map_or("none", |c| c.as_str());
        let active = match view.active() {
            Some(true) => "active",
            Some(false) => "inactive",
            None => "active status unknown",
        };
        let owner = match planner.matches.owners.get(*contact as usize) {
            Some(Owner::User(owner)) => {
                planner.input.users.get(*owner as usize).map_or_else(String::new, |owner| {
                    if owner.anchor() == user.anchor() {
                        ", taken by this user".to_owned()
                    } else {
                        format!(", taken by {}", owner.anchor())
                    }
                })
            }
            Some(Owner::Absent) => ", linked to somebody who is not in the read".to_owned(),
            Some(Owner::Contested) => ", claimed by several users".to_owned(),
            Some(Owner::Elsewhere) => ", kept by another tenant or tool".to_owned(),
            Some(Owner::Free) | None => String::new(),
        };
        Some(format!("contact {} (company {company}, {active}{owner})", view.id()))
    };
    let contacts: Vec<String> = found.iter().filter_map(describe).collect();
    Step {
        title: format!("match by {rule}"),
        passed: None,
        detail: if contacts.is_empty() { "nothing".to_owned() } else { contacts.join("; ") },
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, decision } = self;
        for (number, step) in steps.iter().enumerate() {
            let mark = match step.passed {
                Some(true) => " [ok]",
                Some(false) => " [no]",
                None => "",
            };
            writeln!(f, "{:>2}. {}{mark}", number + 1, step.title)?;
            if !step.detail.is_empty() {
                writeln!(f, "    {}", step.detail)?;
            }
        }
        write!(f, "=>  {}: {}", decision.change.action().as_str(), decision.reason)?;
        if let Some(contact) = decision.change.contact() {
            write!(f, " (contact {contact})")?;
        }
        for change in decision.change.fields() {
            write!(f, "\n    {}: {} -> {}", change.field, shown(&change.before), shown(&change.after))?;
        }
        Ok(())
    }
}

fn shown(value: &crate::model::FieldValue) -> String {
    use crate::model::FieldValue;
    match value {
        FieldValue::Empty => "(empty)".to_owned(),
        FieldValue::Text(text) => format!("{text:?}"),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::List(items) => format!("{items:?}"),
    }
}
