//! Writing a quantity plan: line by line, each checked against the quantity the plan was made from.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use super::{
    Agreements, HoldReason, QuantityChange, QuantityDecision, QuantityOutcome, QuantityPlan, QuantityReport,
    QuantityReportLine,
};
use crate::{
    apply::{ApplyError, check_age, error_code},
    error::{Error, ErrorKind},
    model::{LineId, PlanId},
    plan::{Action, tenant_fingerprint},
    policy::{Policy, RunInput, Tenant},
};
use chrono::{DateTime, Duration, Utc};

/// The name of the limits on quantities in an override.
const GUARD: &str = "too_many_units";

/// A line that a person lets pass a limit, by value: for one plan, up to a number of units, for this run only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuantityOverride {
    /// The plan it is for.
    pub plan: PlanId,
    /// The line.
    pub line: LineId,
    /// By at most this many units, up or down.
    pub units: u64,
}

impl QuantityOverride {
    /// Lets one line of one plan pass.
    #[must_use]
    pub const fn new(plan: PlanId, line: LineId, units: u64) -> Self {
        Self { plan, line, units }
    }
}

/// How a quantity plan is applied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct QuantityOptions {
    /// Now.
    pub now: DateTime<Utc>,
    /// A plan older than this is refused.
    pub max_plan_age: Duration,
    /// Lines that a person lets pass a limit.
    pub overrides: Vec<QuantityOverride>,
}

impl QuantityOptions {
    /// Plans up to a day old, no overrides.
    #[must_use]
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self { now, max_plan_age: Duration::hours(24), overrides: Vec::new() }
    }
}

/// What a quantity plan is applied with.
#[derive(Clone, Copy, Debug)]
pub struct QuantityContext<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The policy.
    pub policy: &'a Policy,
    /// What the run that planned was asked for.
    pub run: &'a RunInput,
    /// The agreement lines.
    pub agreements: &'a dyn Agreements,
}

/// Applies a quantity plan, one line after the other. A line whose quantity moved since is left alone and reported as
/// stale. The first refusal that will meet every line (credentials, permission, an outage, the request limit) ends the run.
///
/// # Errors
/// [`ApplyError`] when the whole plan was refused; nothing was written then.
pub async fn apply_quantities(
    plan: &QuantityPlan,
    context: &QuantityContext<'_>,
    options: &QuantityOptions,
) -> Result<QuantityReport, ApplyError> {
    preflight(plan, context, options)?;
    // Every override is judged before the first line is written.
    let intents: Vec<Intent> =
        plan.decisions.iter().map(|decision| intent(decision, options)).collect::<Result<_, _>>()?;
    let mut ended = false;
    let mut lines = Vec::with_capacity(plan.decisions.len());
    for (decision, intent) in plan.decisions.iter().zip(intents) {
        let outcome = match intent {
            Intent::Settled(outcome) => outcome,
            Intent::Write { .. } if ended => QuantityOutcome::NotAttempted,
            Intent::Write { from, to } => {
                let effective = plan.as_of.date_naive();
                match context.agreements.set_quantity(&decision.line, from, to, effective).await {
                    Ok(_) => QuantityOutcome::Set { from, to },
                    Err(error) => {
                        ended = meets_every_line(&error);
                        of_error(&error)
                    }
                }
            }
        };
        lines.push(QuantityReportLine {
            line: decision.line.clone(),
            name: decision.name.clone(),
            company: decision.company.clone(),
            outcome,
        });
    }
    Ok(QuantityReport {
        plan: plan.id.clone(),
        tenant: plan.tenant.clone(),
        psa: plan.psa.clone(),
        applied_at: options.now,
        lines,
    })
}

/// Checks everything that can be checked without asking the PSA.
fn preflight(
    plan: &QuantityPlan,
    context: &QuantityContext<'_>,
    options: &QuantityOptions,
) -> Result<(), ApplyError> {
    plan.verify()?;
    let QuantityContext { tenant, policy, run, agreements } = context;
    if plan.tenant != tenant.name {
        return Err(ApplyError::OtherTenant { plan: plan.tenant.clone(), tenant: tenant.name.clone() });
    }
    if plan.psa != agreements.name() {
        return Err(ApplyError::OtherPsa { plan: plan.psa.clone(), psa: agreements.name().to_owned() });
    }
    if run.dry_run {
        return Err(ApplyError::DryRun);
    }
    check_age(plan.as_of, options.now, options.max_plan_age)?;
    if plan.basis.policy != *policy.fingerprint() {
        return Err(ApplyError::BasisChanged { what: "policy" });
    }
    if plan.basis.tenant != tenant_fingerprint(tenant, run) {
        return Err(ApplyError::BasisChanged { what: "tenant's routes" });
    }
    for given in &options.overrides {
        if given.plan != plan.id {
            return Err(bad(given, "it names another plan"));
        }
        if !plan.decisions.iter().any(|decision| decision.line == given.line) {
            return Err(bad(given, "the plan has no such line"));
        }
    }
    Ok(())
}

fn bad(given: &QuantityOverride, problem: &str) -> ApplyError {
    ApplyError::BadOverride { guard: GUARD.to_owned(), problem: format!("line {}: {problem}", given.line) }
}

/// What is to be done about one decision.
enum Intent {
    /// It is to be set.
    Write { from: u64, to: u64 },
    /// Nothing is written for it.
    Settled(QuantityOutcome),
}

fn intent(decision: &QuantityDecision, options: &QuantityOptions) -> Result<Intent, ApplyError> {
    let (reason, proposed) = match &decision.change {
        QuantityChange::Set { from, to, .. } => return Ok(Intent::Write { from: *from, to: *to }),
        QuantityChange::NoOp { .. } => return Ok(Intent::Settled(QuantityOutcome::Unchanged)),
        QuantityChange::Hold { reason, proposed } => (reason, *proposed),
    };
    let Some(given) = options.overrides.iter().find(|given| given.line == decision.line) else {
        return Ok(Intent::Settled(QuantityOutcome::Held));
    };
    let limited = matches!(
        reason,
        HoldReason::TooManyUnits { .. } | HoldReason::TooManyUnitsInRun { .. } | HoldReason::ToZero { .. }
    );
    let (true, Some(to), Some(from)) = (limited, proposed, decision.quantity) else {
        return Err(bad(given, "it is not held by a limit"));
    };
    let units = from.abs_diff(to);
    if units > given.units {
        return Err(bad(given, &format!("it would move by {units}")));
    }
    Ok(Intent::Write { from, to })
}

/// Whether the same refusal would meet the next line.
fn meets_every_line(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::PermissionDenied
            | ErrorKind::Unavailable
            | ErrorKind::RateLimited
            | ErrorKind::Unsupported
            | ErrorKind::ConfigInvalid
    )
}

fn of_error(error: &Error) -> QuantityOutcome {
    match error.kind() {
        ErrorKind::PreconditionFailed | ErrorKind::NotFound => QuantityOutcome::Stale,
        ErrorKind::Indeterminate => QuantityOutcome::Indeterminate { message: error.to_string() },
        kind => QuantityOutcome::Failed {
            code: error_code(kind, Action::Update).to_owned(),
            message: error.to_string(),
        },
    }
}
