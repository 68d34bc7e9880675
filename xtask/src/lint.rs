//! `cargo xtask lint`: everything that judges the text of the project without running it.

use crate::{
    command::{command, run},
    steps::Steps,
    tidy,
    tools::is_installed,
};
use anyhow::Result;
use std::path::Path;

/// Runs the steps, cheapest first.
///
/// # Errors
/// Of the first step that fails.
pub(crate) fn run_all(root: &Path, steps: &mut Steps) -> Result<()> {
    let cargo = |arguments: &[&str]| run(command(root, "cargo", arguments));
    steps.run("fmt", |_| cargo(&["fmt", "--all", "--check"]))?;
    steps.run("tidy", |_| tidy::run(root))?;
    steps.run("clippy", |_| {
        cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    })?;
    steps.run("doc", |_| {
        let mut doc = command(root, "cargo", &["doc", "--workspace", "--all-features", "--no-deps"]);
        doc.env("RUSTDOCFLAGS", "-D warnings");
        run(doc)
    })?;
    if is_installed("cargo", &["deny", "--version"]) {
        // Advisories need the network and change without us; public CI looks at them on a schedule.
        steps.run("cargo-deny", |_| cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        steps.skip("cargo-deny", "not installed (cargo install --locked cargo-deny)")?;
    }
    if is_installed("typos", &["--version"]) {
        steps.run("typos", |_| run(command(root, "typos", &[])))?;
    } else {
        steps.skip("typos", "not installed (cargo install --locked typos-cli)")?;
    }
    Ok(())
}
