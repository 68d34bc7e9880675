//! Whether a run left anything to do. Where it did not and nothing changed, the next one need not look at the PSA.

use crate::{
    apply::Report,
    model::{Fingerprint, Fingerprinter},
    plan::{Plan, Reason, tenant_fingerprint},
    policy::{Policy, RunInput, SyncMode, Tenant},
    store::{Base, Quiet},
};
use chrono::{DateTime, Utc};

/// What is wanted of a tenant: policy, routes, and the version of the planner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants(Fingerprint);

impl Wants {
    /// Of a tenant and its policy.
    #[must_use]
    pub fn of(policy: &Policy, tenant: &Tenant) -> Self {
        let mut printer = Fingerprinter::new("wants/v1");
        printer.text(env!("CARGO_PKG_VERSION"));
        printer.text(policy.fingerprint().as_str());
        printer.text(tenant_fingerprint(tenant, &RunInput::default()).as_str());
        Self(printer.finish())
    }

    /// The same quiet, of a tenant that wants this.
    #[must_use]
    pub fn quiet(&self, mut quiet: Quiet) -> Quiet {
        quiet.wanted = self.0.clone();
        quiet
    }

    /// Whether the last run left nothing to do, nothing that it knew has changed since, and nothing is due.
    pub(super) fn are_met(&self, base: &Base, run: &RunInput, now: DateTime<Utc>) -> Option<Quiet> {
        let quiet = base.quiet.clone().filter(|_| is_plain(run))?;
        let same = quiet.wanted == self.0
            && quiet.generation == base.generation
            && quiet.answers == base.answers
            && base.open == 0
            && quiet.due_at.is_none_or(|due| now < due);
        same.then_some(quiet)
    }
}

/// Whether a run is about everybody and everything.
fn is_plain(run: &RunInput) -> bool {
    let mut plain = run.clone();
    (plain.dry_run, plain.sync_mode) = (false, SyncMode::default());
    plain == RunInput::default()
}

/// What is to be recorded of a run that came to its end: what it left to do; `None` where the next one has to look.
///
/// `generation` is that of the links after the run, `answers` how many answers of people its plan knew.
#[must_use]
pub fn after_run(
    plan: &Plan,
    report: &Report,
    wants: &Wants,
    generation: u64,
    answers: u64,
) -> Option<Quiet> {
    let counts = &report.statistics;
    let left = counts.errors + counts.stale + counts.indeterminate + counts.not_attempted;
    let whole = plan.basis.users_complete && !plan.basis.users_suspect && is_plain(&plan.run);
    // Who is absent, but not yet for long enough, is looked at in every run: reads are counted.
    let waits = plan.decisions.changes().any(|decision| decision.reason == Reason::Grace)
        || plan.decisions.iter().any(|decision| decision.reason == Reason::Grace);
    if left > 0 || !whole || waits || !report.success || !report.guards.is_empty() || report.dry_run {
        return None;
    }
    Some(Quiet { wanted: wants.0.clone(), generation, answers, due_at: None, held: counts.held })
}
