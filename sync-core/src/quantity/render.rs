//! A quantity plan as people read it: what waits for a person first, then what should be set.

use super::{QuantityChange, QuantityDecision, QuantityPlan, document::units};
use crate::plan::visible;
use std::fmt::Write as _;

/// Names are cut after this many characters; ids and reasons never are.
const LONGEST: usize = 80;
const WHOLE: usize = usize::MAX;

/// The plan as text for a terminal or a log file, each line ended by `\n`; with `all`, who is counted for each line.
///
/// Text from outside cannot reach the terminal raw: control characters, line ends and direction marks are written out.
#[must_use]
pub fn quantities_to_text(plan: &QuantityPlan, all: bool) -> String {
    let mut out = String::new();
    let mut say = |line: &str| {
        out.push_str(line);
        out.push('\n');
    };
    let (tenant, psa) = (visible(plan.tenant.as_str(), LONGEST), visible(&plan.psa, LONGEST));
    say(&format!("{tenant} \u{2192} {psa}: agreement quantities"));
    say(&format!("As of {}.", plan.as_of.format("%Y-%m-%d %H:%M:%S UTC")));
    let mut counts = [0_usize; 3];
    for (place, title) in ["Waits for a person", "To be set", "Right already"].into_iter().enumerate() {
        let these: Vec<&QuantityDecision> =
            plan.decisions.iter().filter(|decision| section(&decision.change) == place).collect();
        if let Some(count) = counts.get_mut(place) {
            *count = these.len();
        }
        if these.is_empty() {
            continue;
        }
        say(&format!("\n{title}"));
        for decision in these {
            say(&format!("  {}", described(decision)));
            if all {
                people("counted", &decision.counted).iter().for_each(|line| say(line));
                people("not certain", &decision.undecided).iter().for_each(|line| say(line));
            }
        }
    }
    for guard in plan.guards.iter().filter(|guard| guard.line.is_none()) {
        say(&format!(
            "\nStopped: all lines together would move by {}, and {} of {} are allowed in one run.",
            units(guard.units),
            guard.limit,
            guard.of
        ));
    }
    if !plan.warnings.is_empty() {
        say("\nWorth knowing");
        plan.warnings.iter().for_each(|warning| say(&format!("  {}", visible(&warning.message, WHOLE))));
    }
    let [held, set, right] = counts;
    if plan.decisions.is_empty() {
        say("\nNothing is counted: the policy has no [[quantities]].");
    } else {
        say(&format!("\n{set} to set, {held} held, {right} right already. Nothing was written."));
    }
    say(&format!("Plan {}", visible(plan.id.as_str(), WHOLE)));
    out
}

/// Under which title a decision stands.
const fn section(change: &QuantityChange) -> usize {
    match change {
        QuantityChange::Hold { .. } => 0,
        QuantityChange::Set { .. } => 1,
        QuantityChange::NoOp { .. } => 2,
    }
}

fn described(decision: &QuantityDecision) -> String {
    let QuantityDecision {
        line,
        name,
        company,
        product,
        minimum,
        quantity: _,
        change,
        counted,
        undecided: _,
    } = decision;
    let mut text = format!("line {} ({}", visible(line.as_str(), WHOLE), visible(name, LONGEST));
    // Writing to a string cannot fail.
    if let Some(product) = product {
        let _ = write!(text, ", {}", visible(product, LONGEST));
    }
    if let Some(company) = company {
        let _ = write!(text, ", company {}", visible(company.as_str(), WHOLE));
    }
    let _ = match change {
        QuantityChange::Set { from, to, effective } => {
            write!(text, "): {from} \u{2192} {to} from {effective} on; {} counted", counted.len())
        }
        QuantityChange::NoOp { quantity } => write!(text, "): {quantity}; {} counted", counted.len()),
        QuantityChange::Hold { reason, proposed } => {
            let proposed = proposed.map(|to| format!("; would be {to}")).unwrap_or_default();
            write!(text, "): {}{proposed}", visible(&reason.to_string(), WHOLE))
        }
    };
    let held = matches!(change, QuantityChange::Hold { .. });
    if !held && *minimum > counted.len() as u64 {
        let _ = write!(text, ", minimum {minimum}");
    }
    text
}

fn people(title: &str, anchors: &[crate::model::SourceAnchor]) -> Vec<String> {
    anchors.iter().map(|anchor| format!("      {title}: {}", visible(anchor.as_str(), WHOLE))).collect()
}
