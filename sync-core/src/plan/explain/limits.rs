//! The limits that the change of one user counts towards, and the guards that stop it.

use super::{Outcome, Step};
use crate::plan::{Action, Decision, Guard, Plan};

pub(super) fn steps(plan: &Plan, decision: Option<&Decision>) -> Vec<Step> {
    let Some(decision) = decision else { return Vec::new() };
    let action = decision.change.action();
    let kind = match action {
        Action::Create => "too_many_creates",
        Action::Update => "too_many_updates",
        Action::Deactivate => "too_many_deactivations",
        Action::Link | Action::Reactivate | Action::Hold | Action::NoOp => return Vec::new(),
    };
    let company = decision.company.as_ref();
    let stopping: Vec<&Guard> = plan.guards.iter().filter(|guard| guard.stops(action, company)).collect();
    let of_this = |limit: &&crate::plan::EffectiveLimit| {
        limit.guard == kind && (limit.company.is_none() || limit.company.as_ref() == company)
    };
    let mut steps: Vec<Step> = plan
        .limits
        .iter()
        .filter(of_this)
        .map(|limit| {
            let place =
                limit.company.as_ref().map_or_else(|| "this run".to_owned(), |c| format!("company {c}"));
            let stopped = stopping.iter().any(|guard| guard.company() == limit.company.as_ref());
            Step::new(
                format!("limit {kind} for {place}"),
                if stopped { Outcome::Stopped } else { Outcome::Passed },
                format!(
                    "planned: {}, allowed: {}, active linked contacts: {}",
                    limit.planned, limit.limit, limit.of
                ),
            )
        })
        .collect();
    if steps.is_empty() {
        steps.push(Step::new(
            format!("limit {kind}"),
            Outcome::Passed,
            "not in force in a tenant's first run",
        ));
    }
    steps
}
