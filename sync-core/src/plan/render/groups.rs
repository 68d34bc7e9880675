//! The decisions of a plan in the order in which people need them.

use super::super::{Action, Decision, Guard, Plan, Warning};
use std::collections::BTreeMap;

/// The decisions by what is done, in the order of the plan.
pub(super) struct Groups<'p> {
    /// Each guard with what it stops.
    pub(super) guarded: Vec<(&'p Guard, Vec<Decision>)>,
    pub(super) held: Vec<Decision>,
    pub(super) creates: Vec<Decision>,
    pub(super) reactivations: Vec<Decision>,
    pub(super) updates: Vec<Decision>,
    pub(super) links: Vec<Decision>,
    pub(super) deactivations: Vec<Decision>,
    /// How many are left alone, by the wording of the reason; the most frequent first.
    pub(super) no_ops: Vec<(String, u64)>,
}

impl<'p> Groups<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut groups = Self {
            guarded: plan.guards.iter().map(|guard| (guard, Vec::new())).collect(),
            held: Vec::new(),
            creates: Vec::new(),
            reactivations: Vec::new(),
            updates: Vec::new(),
            links: Vec::new(),
            deactivations: Vec::new(),
            no_ops: Vec::new(),
        };
        let mut no_ops: BTreeMap<String, u64> = BTreeMap::new();
        for decision in plan.decisions.iter() {
            let action = decision.change.action();
            let stopped =
                groups.guarded.iter_mut().find(|(guard, _)| guard.stops(action, decision.company.as_ref()));
            if let Some((_, stopped)) = stopped {
                stopped.push(decision);
                continue;
            }
            match action {
                Action::Hold => groups.held.push(decision),
                Action::Create => groups.creates.push(decision),
                Action::Reactivate => groups.reactivations.push(decision),
                Action::Update => groups.updates.push(decision),
                Action::Link => groups.links.push(decision),
                Action::Deactivate => groups.deactivations.push(decision),
                Action::NoOp => *no_ops.entry(decision.because()).or_default() += 1,
            }
        }
        groups.no_ops = no_ops.into_iter().collect();
        groups.no_ops.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        groups
    }
}

/// The warnings by code and wording, with whom they are about, in the order of the plan.
pub(super) fn warnings(plan: &Plan) -> Vec<(&Warning, Vec<&str>)> {
    let mut groups: Vec<(&Warning, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for warning in &plan.warnings {
        let place = *places.entry((&warning.code, &warning.message)).or_insert_with(|| {
            groups.push((warning, Vec::new()));
            groups.len() - 1
        });
        if let (Some((_, names)), Some(name)) = (groups.get_mut(place), &warning.user_principal_name) {
            names.push(name);
        }
    }
    groups
}
