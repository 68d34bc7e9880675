//! Whether a plan may be applied at all. Nothing is written before this says yes.

use super::error_code;
use crate::{
    capability::Capabilities,
    model::{PlanId, TenantName},
    plan::{Action, DocumentError, Guard, Plan, basis_fingerprints},
    policy::{Policy, RunInput, Tenant},
    store::LinkSet,
};
use chrono::{DateTime, Duration, Utc};

/// A guard that a person lets pass, by value: for one plan, up to a count, for this run only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Override {
    /// The plan it is for.
    pub plan: PlanId,
    /// The guard's name, such as `too_many_deactivations`.
    pub guard: String,
    /// At most this many changes of its kind.
    pub count: u64,
}

impl Override {
    /// Lets a guard pass for one plan.
    pub fn new(plan: PlanId, guard: impl Into<String>, count: u64) -> Self {
        Self { plan, guard: guard.into(), count }
    }
}

/// How a plan is applied.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApplyOptions {
    /// Now.
    pub now: DateTime<Utc>,
    /// A plan older than this is refused.
    pub max_plan_age: Duration,
    /// Guards that a person lets pass.
    pub overrides: Vec<Override>,
    /// A guard stops the whole plan, not only its kind of change.
    pub strict_guards: bool,
    /// After this many failures the rest is not attempted.
    pub stop_after_failures: u32,
    /// Writes in flight at once (at least 1; creates at most 8).
    pub concurrency: usize,
}

impl ApplyOptions {
    /// The careful defaults: plans up to a day old, no overrides, 10 failures, 4 writes at once.
    #[must_use]
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self {
            now,
            max_plan_age: Duration::hours(24),
            overrides: Vec::new(),
            strict_guards: false,
            stop_after_failures: 10,
            concurrency: 4,
        }
    }
}

/// Why the whole plan was refused, before any write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The document is not to be trusted.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is for another tenant.
    #[error("the plan is for tenant {plan}, not for {tenant}")]
    OtherTenant {
        /// The plan's tenant.
        plan: TenantName,
        /// The tenant at hand.
        tenant: TenantName,
    },
    /// It is for another PSA.
    #[error("the plan is for {plan}, not for {psa}")]
    OtherPsa {
        /// The plan's PSA.
        plan: String,
        /// The PSA at hand.
        psa: String,
    },
    /// Something it depends on changed.
    #[error("the {what} changed since the plan was made; make a new plan")]
    BasisChanged {
        /// What.
        what: &'static str,
    },
    /// It was made to be looked at only.
    #[error("this run was asked for as a dry run; nothing is written")]
    DryRun,
    /// It was made at a time that has not come yet.
    #[error("the plan was made at {made_at}, which has not come yet; check the clocks")]
    FromTheFuture {
        /// When it says it was made.
        made_at: DateTime<Utc>,
    },
    /// It is too old.
    #[error(
        "the plan was made at {made_at}, which is longer ago than allowed ({allowed_minutes} minutes); make a new plan"
    )]
    TooOld {
        /// When it was made.
        made_at: DateTime<Utc>,
        /// How old it may be.
        allowed_minutes: i64,
    },
    /// An override does not fit the plan.
    #[error("the override of {guard} does not fit: {problem}")]
    BadOverride {
        /// The guard named.
        guard: String,
        /// What does not fit.
        problem: String,
    },
    /// A guard stops the plan.
    #[error("stopped by a guard: {0}")]
    Guarded(Guard),
    /// The PSA's contacts could not be listed in full before writing.
    #[error("the contact list could not be read in full ({0}); nothing was written")]
    ContactsPartial(String),
    /// The run could not start.
    #[error("the run could not start")]
    Start(#[source] crate::error::Error),
}

impl ApplyError {
    /// The code of a report for it.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Document(_)
            | Self::OtherTenant { .. }
            | Self::OtherPsa { .. }
            | Self::BasisChanged { .. }
            | Self::DryRun
            | Self::FromTheFuture { .. }
            | Self::TooOld { .. } => "StalePlan",
            Self::BadOverride { .. } | Self::Guarded(_) => "ThresholdExceeded",
            Self::ContactsPartial(_) => "SourceIncomplete",
            Self::Start(error) => error_code(error.kind(), Action::Update),
        }
    }
}

/// What a plan is checked against.
pub(super) struct Against<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) psa: &'a str,
    pub(super) policy: &'a Policy,
    pub(super) capabilities: &'a Capabilities,
    pub(super) run: &'a RunInput,
    pub(super) links: &'a LinkSet,
}

/// Checks everything that can be checked without asking the PSA, and answers the guards that stand.
pub(super) fn preflight<'p>(
    plan: &'p Plan,
    against: &Against<'_>,
    options: &ApplyOptions,
) -> Result<Vec<&'p Guard>, ApplyError> {
    plan.verify()?;
    if plan.tenant != against.tenant.name {
        return Err(ApplyError::OtherTenant {
            plan: plan.tenant.clone(),
            tenant: against.tenant.name.clone(),
        });
    }
    if plan.psa != against.psa {
        return Err(ApplyError::OtherPsa { plan: plan.psa.clone(), psa: against.psa.to_owned() });
    }
    if against.run.dry_run {
        return Err(ApplyError::DryRun);
    }
    check_age(plan.as_of, options.now, options.max_plan_age)?;
    let (policy, tenant, capabilities) =
        basis_fingerprints(against.policy, against.tenant, &plan.run, against.capabilities);
    for (what, same) in [
        ("policy", plan.basis.policy == policy),
        ("tenant's routes", plan.basis.tenant == tenant),
        ("set of things the PSA can do", plan.basis.capabilities == capabilities),
        ("link store", plan.basis.link_generation == against.links.generation),
    ] {
        if !same {
            return Err(ApplyError::BasisChanged { what });
        }
    }
    let standing = standing_guards(plan, options)?;
    match standing.first() {
        Some(guard) if options.strict_guards => Err(ApplyError::Guarded((*guard).clone())),
        _ => Ok(standing),
    }
}

/// Refuses a plan from the future and one that is too old.
pub(crate) fn check_age(
    made_at: DateTime<Utc>,
    now: DateTime<Utc>,
    max_plan_age: Duration,
) -> Result<(), ApplyError> {
    if made_at - now > CLOCK_SKEW {
        return Err(ApplyError::FromTheFuture { made_at });
    }
    if now - made_at > max_plan_age {
        return Err(ApplyError::TooOld { made_at, allowed_minutes: max_plan_age.num_minutes() });
    }
    Ok(())
}

fn standing_guards<'p>(plan: &'p Plan, options: &ApplyOptions) -> Result<Vec<&'p Guard>, ApplyError> {
    for given in &options.overrides {
        let bad = |problem: String| ApplyError::BadOverride { guard: given.guard.clone(), problem };
        if given.plan != plan.id {
            return Err(bad("it names another plan".to_owned()));
        }
        if given.guard == SUSPECT {
            if given.count != plan.summary.users_read {
                return Err(bad(format!("the plan read {} users", plan.summary.users_read)));
            }
            continue;
        }
        if !plan.guards.iter().any(|g| g.name() == given.guard) {
            return Err(bad("this plan has no such guard".to_owned()));
        }
    }
    // A count is a maximum over the plan: guards of several companies add up, and the one over the run is their sum.
    let planned = |name: &str| {
        let named = plan.guards.iter().filter(|g| g.name() == name);
        let (over_run, by_company): (Vec<_>, Vec<_>) = named.partition(|g| g.company().is_none());
        let sum = |guards: &[&Guard]| guards.iter().map(|g| g.planned()).sum::<u64>();
        sum(&over_run).max(sum(&by_company))
    };
    let allowed = |guard: &&Guard| {
        options.overrides.iter().any(|o| o.guard == guard.name() && planned(guard.name()) <= o.count)
    };
    Ok(plan.guards.iter().filter(|g| !allowed(g)).collect())
}

/// How far two clocks may be apart.
const CLOCK_SKEW: Duration = Duration::minutes(10);

/// The name under which a person accepts that a directory really became that small.
pub(super) const SUSPECT: &str = "suspect_snapshot";
