//! Runs the program that takes the figures of "Rate and latency" in docs/performance.md.

use crate::command::{command, run as run_command};
use anyhow::Result;
use std::path::Path;

/// Takes the figures of these PSAs, or of all.
///
/// # Errors
/// When the program does not run, or a figure misses its bound.
pub(crate) fn run(root: &Path, psas: &[String]) -> Result<()> {
    let fixed = ["run", "--quiet", "-p", "psa-sync-tests", "--bin", "figures", "--"];
    let arguments: Vec<&str> = fixed.into_iter().chain(psas.iter().map(String::as_str)).collect();
    run_command(command(root, "cargo", &arguments))
}
