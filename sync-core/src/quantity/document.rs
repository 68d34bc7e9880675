//! The quantity plan: a reviewable, serializable proposal.

use super::QuantityGuard;
use crate::{
    model::{CompanyId, Fingerprint, Fingerprinter, LineId, PlanId, SourceAnchor, TenantName},
    plan::{DocumentError, Warning, another_minor, read_document},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the quantity plan this crate writes.
pub const QUANTITIES_VERSION: &str = "1.0";

/// Which agreement quantities of one tenant should be set, and who is counted for each.
#[must_use = "a quantity plan writes nothing by itself"]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantityPlan {
    /// `major.minor`; readers refuse an unknown major.
    pub format_version: String,
    /// The digest of everything else here.
    pub id: PlanId,
    /// The tenant.
    pub tenant: TenantName,
    /// The PSA adapter.
    pub psa: String,
    /// The clock.
    pub as_of: DateTime<Utc>,
    /// What the plan depends on.
    pub basis: QuantityBasis,
    /// One decision for each rule, sorted by line.
    pub decisions: Vec<QuantityDecision>,
    /// Limits that were passed.
    pub guards: Vec<QuantityGuard>,
    /// What a person should know, although nothing is held for it.
    pub warnings: Vec<Warning>,
}

/// What a quantity plan depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantityBasis {
    /// The digest of the policy document.
    pub policy: Fingerprint,
    /// The digest of the tenant's routes and the run's inputs.
    pub tenant: Fingerprint,
    /// Whether the directory read was proved complete.
    pub users_complete: bool,
    /// Whether that read was empty or far smaller than the last complete one.
    pub users_suspect: bool,
    /// Whether the agreement lines were read in full.
    pub lines_complete: bool,
}

/// One decision: what becomes of one agreement line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantityDecision {
    /// The agreement line.
    pub line: LineId,
    /// The rule that feeds it.
    pub name: String,
    /// The company whose line it is; `None` where there is no such line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// What is sold by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The least quantity the rule ever sets.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum: u64,
    /// What the line has now, in units; `None` where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// What should be done.
    pub change: QuantityChange,
    /// Who counts, in ascending order.
    pub counted: Vec<SourceAnchor>,
    /// Of whom it is not known whether they count, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<SourceAnchor>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What should be done with one agreement line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
#[non_exhaustive]
pub enum QuantityChange {
    /// The quantity should be set.
    Set {
        /// What it is now, in units.
        from: u64,
        /// What it should be, in units.
        to: u64,
        /// From which day on.
        effective: NaiveDate,
    },
    /// The quantity is right.
    NoOp {
        /// What it is, in units.
        quantity: u64,
    },
    /// A person must look.
    Hold {
        /// Why.
        reason: HoldReason,
        /// What it should be by the count, where the count is certain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposed: Option<u64>,
    },
}

/// Why a line is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code", deny_unknown_fields)]
#[non_exhaustive]
pub enum HoldReason {
    /// The directory read was cut short.
    SnapshotPartial,
    /// The directory read is empty, or far smaller than the last complete one.
    SuspectSnapshot,
    /// The run looks at a part of the tenant only.
    TargetedRun,
    /// The agreement lines were not read in full.
    LinesIncomplete,
    /// There is no such line.
    LineMissing,
    /// The PSA lists the line more than once.
    LineTwice,
    /// The line is in an agreement of a company that is none of the tenant's.
    OtherCompany {
        /// That company.
        company: CompanyId,
    },
    /// The PSA keeps the quantity itself.
    Dynamic,
    /// The line is not in force any more.
    Ended {
        /// Its last day.
        on: NaiveDate,
    },
    /// The quantity of the line was not read, or is no whole number.
    QuantityUnknown,
    /// Something was not read of users who could count.
    Undecided {
        /// How many.
        users: u64,
        /// What was not read, each once, in order.
        because: Vec<String>,
    },
    /// Nobody counts, and a line is never set to nothing unasked.
    ToZero {
        /// What it is now, in units.
        from: u64,
    },
    /// The line would move further than its limit.
    TooManyUnits {
        /// By how many units, up or down.
        units: u64,
        /// What it is now, in units.
        of: u64,
        /// How many would have been allowed.
        limit: u64,
    },
    /// All lines together would move further than the limit over the run.
    TooManyUnitsInRun {
        /// By how many units, up and down added.
        units: u64,
        /// How many units all lines have.
        of: u64,
        /// How many would have been allowed.
        limit: u64,
    },
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SnapshotPartial => f.write_str("the directory was not read in full"),
            Self::SuspectSnapshot => {
                f.write_str("the directory read is empty or far smaller than the last complete one")
            }
            Self::TargetedRun => {
                f.write_str("only a part of the tenant was asked for, and a part is no count")
            }
            Self::LinesIncomplete => f.write_str("the agreement lines were not read in full"),
            Self::LineMissing => f.write_str("the PSA has no such line"),
            Self::LineTwice => f.write_str("the PSA lists this line more than once"),
            Self::OtherCompany { company } => {
                write!(f, "the line belongs to company {company}, which is none of this tenant's")
            }
            Self::Dynamic => f.write_str("the PSA keeps this quantity itself"),
            Self::Ended { on } => write!(f, "the line ended on {on}"),
            Self::QuantityUnknown => f.write_str("its quantity was not read or is no whole number"),
            Self::Undecided { users, because } => {
                let users = if *users == 1 { "1 user".to_owned() } else { format!("{users} users") };
                write!(f, "{users} could count as well; {}", because.join("; "))
            }
            Self::ToZero { from } => {
                write!(f, "nobody counts, and a quantity (now {from}) is never set to 0 unasked")
            }
            Self::TooManyUnits { units: moved, of, limit } => {
                write!(f, "{} up or down is over the limit of {limit} for a line of {of}", units(*moved))
            }
            Self::TooManyUnitsInRun { units: moved, of, limit } => {
                write!(
                    f,
                    "all lines together would move by {}, over the limit of {limit} of {of}",
                    units(*moved)
                )
            }
        }
    }
}

pub(super) fn units(number: u64) -> String {
    format!("{number} {}", if number == 1 { "unit" } else { "units" })
}

impl QuantityPlan {
    /// Reads a document: refuses what it does not fully understand and what was edited.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn from_json(text: &str) -> Result<Self, DocumentError> {
        let plan: Self = read_document(text, QUANTITIES_VERSION)?;
        plan.verify().map_err(|why| another_minor(&plan.format_version, QUANTITIES_VERSION, why))?;
        Ok(plan)
    }

    /// The document.
    ///
    /// # Errors
    /// None that a plan made by this crate can cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Checks that the content fits the id.
    ///
    /// # Errors
    /// [`DocumentError::Edited`].
    pub fn verify(&self) -> Result<(), DocumentError> {
        if self.digest() == self.id { Ok(()) } else { Err(DocumentError::Edited) }
    }

    /// How many lines wait for a person.
    #[must_use]
    pub fn held(&self) -> usize {
        self.decisions.iter().filter(|d| matches!(d.change, QuantityChange::Hold { .. })).count()
    }

    /// The digest of everything but the id.
    pub(super) fn digest(&self) -> PlanId {
        let Self { format_version, id: _, tenant, psa, as_of, basis, decisions, guards, warnings } = self;
        let mut printer = Fingerprinter::new("quantities/v1");
        for text in [format_version.as_str(), tenant.as_str(), psa, &as_of.to_rfc3339()] {
            printer.text(text);
        }
        printer.json(basis);
        printer.number(decisions.len() as u64);
        decisions.iter().for_each(|decision| printer.json(decision));
        printer.json(&(guards, warnings));
        PlanId::new(format!("sha256:{}", printer.finish()))
    }
}
