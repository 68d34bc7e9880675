//! `cargo xtask crash-test`: the tests that kill, pause and race real runs, in the large numbers.

use crate::{
    command::{command, run},
    steps::Steps,
};
use anyhow::Result;
use std::path::Path;

/// Kills of an apply.
const KILLS: &str = "1000";
/// Rounds of two runs at once, on each database.
const ROUNDS: &str = "200";

/// Runs them. `cargo xtask test` runs the same tests in small numbers.
///
/// # Errors
/// Of a test that fails.
pub(crate) fn run_all(root: &Path, steps: &mut Steps) -> Result<()> {
    steps.run("crash test", |_| {
        let arguments =
            ["test", "--release", "--package", "psa-sync-tests", "--test", "durable", "--", "--nocapture"];
        let mut tests = command(root, "cargo", &arguments);
        tests.env("PSA_SYNC_CRASH_KILLS", KILLS).env("PSA_SYNC_TOGETHER_ROUNDS", ROUNDS);
        run(tests)
    })
}
