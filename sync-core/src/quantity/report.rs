//! What became of a quantity plan.

use super::document::units;
use crate::{
    model::{CompanyId, LineId, PlanId, TenantName},
    plan::visible,
};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// What became of one line. Every decision of the plan has exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
#[non_exhaustive]
pub enum QuantityOutcome {
    /// It was set.
    Set {
        /// What it was, in units.
        from: u64,
        /// What it is now, in units.
        to: u64,
    },
    /// It was right.
    Unchanged,
    /// It has another quantity than when the plan was made, or went away; nothing was written.
    Stale,
    /// It waits for a person.
    Held,
    /// It was tried and refused; nothing was written.
    Failed {
        /// A code of the report.
        code: String,
        /// What the PSA said, without personal data.
        message: String,
    },
    /// It was sent and its result is unknown: look at the line before the next plan.
    Indeterminate {
        /// What happened.
        message: String,
    },
    /// The run ended before its turn.
    NotAttempted,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QuantityReportLine {
    /// The agreement line.
    pub line: LineId,
    /// The rule that feeds it.
    pub name: String,
    /// The company whose line it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: QuantityOutcome,
}

/// What applying a quantity plan did: one line for each decision, in the plan's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct QuantityReport {
    /// The plan.
    pub plan: PlanId,
    /// The tenant.
    pub tenant: TenantName,
    /// The PSA adapter.
    pub psa: String,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
    /// The lines.
    pub lines: Vec<QuantityReportLine>,
}

impl QuantityReport {
    /// Whether nothing failed, was left undone, or is unknown.
    #[must_use]
    pub fn success(&self) -> bool {
        !self.lines.iter().any(|line| {
            matches!(
                line.outcome,
                QuantityOutcome::Failed { .. }
                    | QuantityOutcome::Indeterminate { .. }
                    | QuantityOutcome::NotAttempted
            )
        })
    }

    /// How many lines wait for a person: held, or changed in between.
    #[must_use]
    pub fn held(&self) -> usize {
        let waits = |line: &&QuantityReportLine| {
            matches!(line.outcome, QuantityOutcome::Held | QuantityOutcome::Stale)
        };
        self.lines.iter().filter(waits).count()
    }
}

/// The report as text, each line ended by `\n`. Text from outside is written out where it could steer a terminal.
#[must_use]
pub fn quantity_report_to_text(report: &QuantityReport) -> String {
    let mut out = String::new();
    for QuantityReportLine { line, name, company: _, outcome } in &report.lines {
        let told = match outcome {
            QuantityOutcome::Set { from, to } => format!("set from {from} to {}", units(*to)),
            QuantityOutcome::Unchanged => "right already".to_owned(),
            QuantityOutcome::Stale => "changed since the plan was made; left alone".to_owned(),
            QuantityOutcome::Held => "held; left alone".to_owned(),
            QuantityOutcome::Failed { code, message } => format!("failed ({code}): {message}"),
            QuantityOutcome::Indeterminate { message } => {
                format!("sent, and its result is not known; look at the line before the next plan: {message}")
            }
            QuantityOutcome::NotAttempted => "not attempted".to_owned(),
        };
        out.push_str(&format!(
            "line {} ({}): {}\n",
            visible(line.as_str(), usize::MAX),
            visible(name, 80),
            visible(&told, usize::MAX)
        ));
    }
    let set = report.lines.iter().filter(|l| matches!(l.outcome, QuantityOutcome::Set { .. })).count();
    out.push_str(&format!("{set} of {} set\n", report.lines.len()));
    out
}
