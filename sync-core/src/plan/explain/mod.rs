//! One user, step by step, from the same code path as the plan.

mod absent;
mod fields;
mod limits;
mod shown;
mod steps;

use super::{
    Decision, PlanError, PlanInput, Subject, downgrade::Downgrades, matching::place, planner::Planner,
};
use crate::{
    model::{SourceAnchor, email_key},
    snapshot::UserView,
};
use std::fmt;

/// How the decision about one user came about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// What was looked at, in order.
    pub steps: Vec<Step>,
    /// What came of it, as the plan says; `None` where the plan says nothing, because the linked contact was not read.
    pub decision: Option<Decision>,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// What.
    pub title: String,
    /// What it meant for the user.
    pub outcome: Outcome,
    /// What was seen. Holds personal data.
    pub detail: String,
}

/// What one step of an explanation meant for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing by itself.
    Noted,
    /// The user passed.
    Passed,
    /// The user was stopped.
    Stopped,
    /// It could not be decided, because something was not read; the user is left as it is.
    Undecided,
}

impl Step {
    fn new(title: impl Into<String>, outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { title: title.into(), outcome, detail: detail.into() }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("title", &self.title)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// Explains the decision about a user named by sign-in name, address, object id or anchor, or about the linked contact of
/// a user who is not in the read, named by anchor, object id or the contact's address.
///
/// The whole plan is made for it, because limits and claims of others belong to the answer. `None` where nobody has that
/// name. A plan that would be refused because the PSA cannot do everything is explained, and said to be refused.
///
/// # Errors
/// As for [`super::plan`] but for that.
pub fn explain(input: &PlanInput<'_>, name: &str) -> Result<Option<Explanation>, PlanError> {
    let (plan, refusal) = super::with_refusal(input)?;
    let refused = refusal.map(|error| Step::new("the plan as a whole", Outcome::Stopped, error.to_string()));
    let mut downgrades = Downgrades::default();
    let planner = Planner::new(*input, &mut downgrades);
    let Some((at, user)) = find(input, name) else {
        return Ok(absent::explain(&planner, &plan, name.trim()).map(|mut explanation| {
            explanation.steps.extend(refused);
            explanation
        }));
    };
    // Downgrades that hold for the whole plan say nothing about this user.
    let mut own = Downgrades::default();
    planner.decide(place(at), user, &mut own);
    let decision = plan.decisions.find(&Subject::User(user.anchor()));
    let company = planner.companies.get(at).copied().flatten();
    let mut steps = vec![steps::read(input, user)];
    steps.extend(steps::routes(&planner, user));
    steps.extend(steps::scope(&planner, user, company));
    for rule in &input.policy.document().matching.rules {
        steps.push(steps::candidates(&planner, user, *rule));
    }
    steps.extend(fields::steps(&planner, at, user, decision.as_ref()));
    for downgrade in own.into_list() {
        let title = format!("the PSA cannot {}", downgrade.wanted);
        steps.push(Step::new(title, Outcome::Noted, downgrade.instead.to_string()));
    }
    steps.extend(limits::steps(&plan, decision.as_ref()));
    steps.extend(refused);
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
