//! `cargo xtask test`: all tests, doc tests, every example.

use crate::{
    command::{command, run_keeping},
    examples, instructions, services,
    steps::Steps,
    tools::is_installed,
};
use anyhow::Result;
use std::path::Path;

/// Runs the steps. What the test runners close with is printed last of all.
///
/// # Errors
/// Of the first step that fails.
pub(crate) fn run_all(root: &Path, steps: &mut Steps) -> Result<()> {
    services::provide(root, steps, is_ci())?;
    steps.run("tests", |closing| {
        // The profile `ci` repeats a failed test to tell flaky from broken, and fails on both.
        let arguments: &[&str] = if is_installed("cargo", &["nextest", "--version"]) {
            let profile = if is_ci() { "ci" } else { "default" };
            &["nextest", "run", "--workspace", "--all-features", "--profile", profile]
        } else {
            &["test", "--workspace", "--all-features", "--tests"]
        };
        closing.extend(run_keeping(command(root, "cargo", arguments), is_closing_line)?);
        Ok(())
    })?;
    steps.run("doc tests", |closing| {
        let arguments = ["test", "--workspace", "--all-features", "--doc"];
        closing.extend(run_keeping(command(root, "cargo", &arguments), is_closing_line)?);
        Ok(())
    })?;
    examples::run_all(root, steps)?;
    instructions::run(root, steps, false)
}

/// The line with which cargo-nextest or the standard test runner counts what it ran.
fn is_closing_line(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Summary [") || line.starts_with("test result: ")
}

fn is_ci() -> bool {
    #[expect(clippy::disallowed_methods, reason = "this is a binary; CI says so by this variable only")]
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_both_runners_are_known() {
        assert!(is_closing_line("     Summary [   0.012s] 14 tests run: 14 passed, 0 skipped"));
        assert!(is_closing_line("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured"));
        assert!(!is_closing_line("test a_test_result_is_kept ... ok"));
    }
}
