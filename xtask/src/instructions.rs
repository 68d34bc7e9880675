//! `cargo xtask instructions`: the planner's cost, counted by valgrind and held against what is written down.
//!
//! Wall time on shared machines varies by a factor of two; a count of instructions varies by less than a hundredth, with
//! the seeds of hash tables.

use crate::{
    command::{command, output},
    steps::Steps,
    tools::is_installed,
};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path, process::Command};

/// Where the count is written down, in instructions for planning 1,000 users once.
const WRITTEN: &str = "sync-core/benches/instructions.txt";
/// How far a count may be above the one written down, in percent, before something got slower.
const ALLOWED_PERCENT: u64 = 5;
/// Planning this many more times is what is measured.
const MORE: u64 = 8;

/// Counts and compares; with `write`, writes the count down instead.
///
/// # Errors
/// When the count is above what is allowed, or cannot be made.
pub(crate) fn run(root: &Path, steps: &mut Steps, write: bool) -> Result<()> {
    if !is_installed("valgrind", &["--version"]) {
        return steps.skip("instructions", "valgrind is not installed; apt-get install valgrind");
    }
    steps.run("instructions", |closing| {
        let program = build(root)?;
        let few = count(root, &program, 1)?;
        let many = count(root, &program, 1 + MORE)?;
        let each = many.saturating_sub(few) / MORE;
        let path = root.join(WRITTEN);
        if write {
            fs::write(&path, format!("{each}\n")).with_context(|| format!("cannot write {WRITTEN}"))?;
            closing.push(format!("{each} instructions for planning 1,000 users, written to {WRITTEN}"));
            return Ok(());
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {WRITTEN}"))?;
        let written: u64 = text.trim().parse().with_context(|| format!("{WRITTEN} holds no number"))?;
        closing.push(verdict(each, written)?);
        Ok(())
    })
}

/// What a count means beside the one written down.
fn verdict(each: u64, written: u64) -> Result<String> {
    let most = written + written * ALLOWED_PERCENT / 100;
    if each > most {
        bail!(
            "planning 1,000 users takes {each} instructions, more than {ALLOWED_PERCENT} % above the {written} written \
             down in {WRITTEN}; make it cheaper, or write the new count down with `cargo xtask instructions --write` \
             and say why in the commit"
        );
    }
    Ok(format!("{each} instructions for planning 1,000 users ({written} written down)"))
}

/// Builds the benchmark and answers its program.
fn build(root: &Path) -> Result<String> {
    let arguments =
        ["bench", "-p", "sync-core", "--bench", "instructions", "--no-run", "--message-format", "json"];
    let text = output(command(root, "cargo", &arguments))?;
    let found = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| {
            let named = message.pointer("/target/name")?.as_str()? == "instructions";
            let program = message.get("executable")?.as_str()?;
            named.then(|| program.to_owned())
        });
    found.context("cargo built no program for the benchmark `instructions`")
}

/// Runs the benchmark under valgrind and reads how many instructions it took.
fn count(root: &Path, program: &str, plans: u64) -> Result<u64> {
    let plans = plans.to_string();
    let arguments =
        ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", program, plans.as_str()];
    let mut valgrind: Command = command(root, "valgrind", &arguments);
    let done = valgrind.output().context("cannot start valgrind")?;
    let said = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        bail!("valgrind ended with {}: {}", done.status, said.lines().last().unwrap_or_default());
    }
    read(&said).with_context(|| format!("valgrind counted nothing: {said}"))
}

/// The count in what valgrind says: `==1== I   refs:      1,234`.
fn read(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("refs:"))?;
    let (_, number) = line.rsplit_once(':')?;
    number.chars().filter(|c| !c.is_whitespace() && *c != ',').collect::<String>().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_valgrind_says() {
        assert_eq!(read("==7== Cachegrind\n==7== \n==7== I   refs:      1,234,567\n"), Some(1_234_567));
        assert_eq!(read("==7== I refs:        12,3\n"), Some(123));
        assert_eq!(read("==7== nothing\n"), None);
    }

    #[test]
    fn more_than_allowed_is_an_error_and_less_is_not() {
        assert!(verdict(105, 100).is_ok() && verdict(10, 100).is_ok());
        assert!(verdict(106, 100).unwrap_err().to_string().contains("--write"));
    }
}
