//! `psa-sync capabilities`: what each adapter can do at best.
//!
//! docs/capabilities.md and the README hold these tables; a test compares them.

mod abilities;
mod features;

use crate::{
    adapters::{self, PSAS},
    cli::{CapabilitiesArgs, PlanFormat},
    context::Context,
    exit::{Exit, Failure},
    render::{markdown_table, text_table},
};
use std::collections::BTreeMap;
use sync_core::capability::Capabilities;

pub(crate) fn run(context: &mut Context, arguments: &CapabilitiesArgs) -> Result<Exit, Failure> {
    let adapters = match &arguments.psa {
        Some(kind) => vec![adapters::psa(kind).map_err(|e| Failure::usage(format!("--psa: {e}")))?],
        None => PSAS.to_vec(),
    };
    let ceilings: BTreeMap<&str, Capabilities> =
        adapters.iter().map(|adapter| (adapter.shape.kind, (adapter.ceiling)())).collect();
    let text = match arguments.format {
        PlanFormat::Json => {
            let only = ceilings.values().next().filter(|_| arguments.psa.is_some());
            let json = match only {
                Some(one) => serde_json::to_string_pretty(one),
                None => serde_json::to_string_pretty(&ceilings),
            };
            json.map_err(|error| Failure::from_error(Exit::Failed, &error))?
        }
        PlanFormat::Text => both(&ceilings, text_table),
        PlanFormat::Markdown => both(&ceilings, markdown_table),
    };
    context.print(&text)?;
    Ok(Exit::Done)
}

/// A table: the first row is its head.
type Table = Vec<Vec<String>>;

/// The features that people ask for, then the abilities below them.
fn both(ceilings: &BTreeMap<&str, Capabilities>, table: impl Fn(&[Vec<String>]) -> String) -> String {
    let features = table(&features::table(ceilings));
    format!("{}\n\n{}", features.trim_end(), table(&abilities::table(ceilings)))
}

/// The head of a table with a column for each adapter.
fn head(first: &str, ceilings: &BTreeMap<&str, Capabilities>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(ceilings.keys().map(|kind| (*kind).to_owned())).collect()
}

/// A row of a table with a column for each adapter.
fn row(
    name: &str,
    ceilings: &BTreeMap<&str, Capabilities>,
    cell: impl Fn(&Capabilities) -> String,
) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(ceilings.values().map(cell)).collect()
}
