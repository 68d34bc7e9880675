//! Agreement quantities: how many units each agreement line should have, counted among the users of its company.
//!
//! A pure computation like the [planner](crate::plan): scope and routes are its own, so somebody counts exactly when
//! their contact would be kept. What it comes to is a plan of its own, approved by its own id and written by
//! [`apply_quantities`] through [`Agreements`].

mod agreements;
mod apply;
mod count;
mod document;
mod guard;
mod render;
mod report;

pub use agreements::Agreements;
pub use apply::{QuantityContext, QuantityOptions, QuantityOverride, apply_quantities};
pub use document::{
    HoldReason, QUANTITIES_VERSION, QuantityBasis, QuantityChange, QuantityDecision, QuantityPlan,
};
pub use guard::{QuantityGuard, line_limit, run_limit};
pub use render::quantities_to_text;
pub use report::{QuantityOutcome, QuantityReport, QuantityReportLine, quantity_report_to_text};

use crate::{
    model::{CompanyId, LineId, PlanId},
    plan::{CountsShort, PlanError, PlanInput, Warning, check_companies, counts_short, tenant_fingerprint},
};
use chrono::NaiveDate;
use count::Tally;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of an agreement, as the PSA holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantityLine {
    /// The line's id.
    pub id: LineId,
    /// The company whose agreement it is in.
    pub company: CompanyId,
    /// What is sold by it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// How many units it has; `None` where that was not read or is no whole number.
    #[serde(default)]
    pub quantity: Option<u64>,
    /// The PSA keeps the quantity itself; it is never set from outside.
    #[serde(default)]
    pub dynamic: bool,
    /// The last day on which it is in force; `None` where it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<NaiveDate>,
}

impl QuantityLine {
    /// A line without an end that is kept by hand.
    #[must_use]
    pub const fn new(id: LineId, company: CompanyId, quantity: Option<u64>) -> Self {
        Self { id, company, product: None, quantity, dynamic: false, ends: None }
    }

    /// Says what is sold by it; a blank text says nothing.
    #[must_use]
    pub fn of_product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into()).filter(|product| !product.trim().is_empty());
        self
    }

    /// Says that the PSA keeps it itself, or not.
    #[must_use]
    pub const fn kept_by_psa(mut self, dynamic: bool) -> Self {
        self.dynamic = dynamic;
        self
    }

    /// Sets its last day.
    #[must_use]
    pub const fn until(mut self, ends: Option<NaiveDate>) -> Self {
        self.ends = ends;
        self
    }
}

/// Everything a quantity plan depends on.
///
/// Exhaustive on purpose: a new input must make every caller decide.
#[derive(Clone, Copy, Debug)]
pub struct QuantityInput<'a> {
    /// The input of a contact plan of the same tenant. Contacts and capabilities are not looked at.
    pub of: PlanInput<'a>,
    /// The agreement lines of the tenant's companies, in any order; those that no rule feeds are left alone.
    pub lines: &'a [QuantityLine],
    /// Whether these are all there are.
    pub lines_complete: bool,
}

/// Works out which quantities should be set: one decision for each rule of `policy.quantities`. Pure: the same input gives
/// the same bytes, whatever the order of users, lines and rules.
///
/// # Errors
/// [`PlanError`] where the policy does not fit the tenant, or a company of the tenant is not there.
pub fn quantities(input: &QuantityInput<'_>) -> Result<QuantityPlan, PlanError> {
    let of = &input.of;
    of.policy.check_tenant(of.tenant)?;
    if !of.companies.is_empty() {
        check_companies(of.tenant, of.companies)?;
    }
    let mut lines: BTreeMap<&str, Vec<&QuantityLine>> = BTreeMap::new();
    for line in input.lines {
        lines.entry(line.id.as_str().trim()).or_default().push(line);
    }
    let mut tallies: Vec<Tally<'_>> = of
        .policy
        .document()
        .quantities
        .iter()
        .map(|rule| {
            let found = lines.get(rule.line.as_str().trim()).map_or(&[][..], Vec::as_slice);
            Tally::new(rule, found)
        })
        .collect();
    tallies.sort_by(|a, b| a.line().cmp(b.line()));
    count::count(of, &mut tallies);
    let short = counts_short(of);
    let mut decisions: Vec<QuantityDecision> =
        tallies.iter().map(|tally| tally.decide(of, short, input.lines_complete)).collect();
    let units = tallies.iter().fold(0_u64, |all, tally| all.saturating_add(tally.units().unwrap_or(0)));
    let guards = guard::hold(&mut decisions, units);
    // Of a count that says less than the truth, nothing is worth knowing.
    let warnings: Vec<Warning> =
        if short.is_none() { tallies.iter().flat_map(Tally::warnings).collect() } else { Vec::new() };
    let mut plan = QuantityPlan {
        format_version: QUANTITIES_VERSION.to_owned(),
        id: PlanId::new(""),
        tenant: of.tenant.name.clone(),
        psa: of.psa.to_owned(),
        as_of: of.as_of,
        basis: QuantityBasis {
            policy: of.policy.fingerprint().clone(),
            tenant: tenant_fingerprint(of.tenant, of.run),
            users_complete: short != Some(CountsShort::Partial),
            users_suspect: short == Some(CountsShort::Suspect),
            lines_complete: input.lines_complete,
        },
        decisions,
        guards,
        warnings,
    };
    plan.id = plan.digest();
    Ok(plan)
}
