//! Limits on how far one run may move quantities.

use super::{HoldReason, QuantityChange, QuantityDecision};
use crate::model::LineId;
use serde::{Deserialize, Serialize};

/// A limit that was passed. It holds the line it is about, or every line where it is about the run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantityGuard {
    /// The line; `None` for the limit over the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// By how many units quantities would move, up or down.
    pub units: u64,
    /// Of how many units.
    pub of: u64,
    /// How many would have been allowed.
    pub limit: u64,
}

/// The least that is allowed: under this, a percentage says nothing.
const FLOOR: u64 = 2;

/// By how many units a line of `of` units may move, up or down: the larger of 2 and 20 %.
#[must_use]
pub const fn line_limit(of: u64) -> u64 {
    let share = of / 5;
    if share > FLOOR { share } else { FLOOR }
}

/// By how many units all lines together may move, up and down added, where they have `of` units: the larger of 2 and
/// 20 %, as for one line of that size.
#[must_use]
pub const fn run_limit(of: u64) -> u64 {
    line_limit(of)
}

/// Holds what passes a limit, and says which.
///
/// A line over its own limit is held by that and does not count towards the limit over the run: one wild line must not stop
/// the others. `units` are those of all lines that rules feed and that may be set.
pub(super) fn hold(decisions: &mut [QuantityDecision], units: u64) -> Vec<QuantityGuard> {
    let mut guards = Vec::new();
    let mut moved = 0_u64;
    for decision in decisions.iter_mut() {
        let QuantityChange::Set { from, to, .. } = decision.change else { continue };
        let guard = QuantityGuard {
            line: Some(decision.line.clone()),
            units: from.abs_diff(to),
            of: from,
            limit: line_limit(from),
        };
        if guard.units > guard.limit {
            let reason = HoldReason::TooManyUnits { units: guard.units, of: guard.of, limit: guard.limit };
            decision.change = QuantityChange::Hold { reason, proposed: Some(to) };
            guards.push(guard);
        } else {
            moved = moved.saturating_add(guard.units);
        }
    }
    let run = QuantityGuard { line: None, units: moved, of: units, limit: run_limit(units) };
    if run.units > run.limit {
        for decision in decisions {
            let QuantityChange::Set { to, .. } = decision.change else { continue };
            let reason = HoldReason::TooManyUnitsInRun { units: run.units, of: run.of, limit: run.limit };
            decision.change = QuantityChange::Hold { reason, proposed: Some(to) };
        }
        guards.push(run);
    }
    guards
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_or_a_fifth_may_move() {
        for (of, limit) in [(0, 2), (1, 2), (10, 2), (14, 2), (15, 3), (100, 20), (u64::MAX, u64::MAX / 5)] {
            assert_eq!((line_limit(of), run_limit(of)), (limit, limit), "{of}");
        }
    }
}
