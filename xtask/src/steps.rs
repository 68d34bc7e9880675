//! A run as a list of named steps: each prints its name and its seconds, and a table closes the run.

use anyhow::{Context, Result};
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(String),
}

/// The steps of one run so far.
#[derive(Debug)]
pub(crate) struct Steps {
    require_tools: bool,
    done: Vec<(String, Duration, Outcome)>,
    closing: Vec<String>,
}

impl Steps {
    /// An empty run. With `require_tools`, a step that cannot run is an error.
    pub(crate) fn new(require_tools: bool) -> Self {
        Self { require_tools, done: Vec::new(), closing: Vec::new() }
    }

    /// Runs one step. Lines that it pushes are printed after the closing table.
    ///
    /// # Errors
    /// The step's own error, named by the step.
    pub(crate) fn run(
        &mut self,
        name: &str,
        step: impl FnOnce(&mut Vec<String>) -> Result<()>,
    ) -> Result<()> {
        println!("==> {name}");
        let start = Instant::now();
        let result = step(&mut self.closing);
        let took = start.elapsed();
        let (outcome, word) = match &result {
            Ok(()) => (Outcome::Passed, "ok"),
            Err(_) => (Outcome::Failed, "FAILED"),
        };
        println!("<== {name}: {word}, {:.1} s", took.as_secs_f64());
        self.done.push((name.to_owned(), took, outcome));
        result.with_context(|| format!("step `{name}` failed"))
    }

    /// Records a step that cannot run here, with the reason and what would make it run.
    ///
    /// # Errors
    /// The reason, where `--require-tools` was given.
    pub(crate) fn skip(&mut self, name: &str, reason: &str) -> Result<()> {
        println!("SKIPPED {name}: {reason}");
        self.done.push((name.to_owned(), Duration::ZERO, Outcome::Skipped(reason.to_owned())));
        if self.require_tools {
            anyhow::bail!("step `{name}` was SKIPPED and --require-tools was given: {reason}");
        }
        Ok(())
    }

    /// The closing table, and after it the lines that the test runners closed with.
    pub(crate) fn summary(&self) -> String {
        let mut text = String::new();
        if self.done.is_empty() {
            return text;
        }
        let width = self.done.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let mut total = Duration::ZERO;
        text.push('\n');
        for (name, took, outcome) in &self.done {
            total += *took;
            let word = match outcome {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
                Outcome::Skipped(reason) => format!("SKIPPED ({reason})"),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name:<width$}  {:>7.1} s  {word}", took.as_secs_f64());
        }
        let _ = writeln!(text, "{:<width$}  {:>7.1} s", "total", total.as_secs_f64());
        for line in &self.closing {
            let _ = writeln!(text, "{line}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_every_step_and_ends_with_the_runners_lines() {
        let mut steps = Steps::new(false);
        steps
            .run("first", |closing| {
                closing.push("9 tests run".to_owned());
                Ok(())
            })
            .unwrap();
        steps.skip("second", "not installed").unwrap();
        let failed = steps.run("third", |_| anyhow::bail!("broken")).unwrap_err();
        assert_eq!(format!("{failed:#}"), "step `third` failed: broken");
        let summary = steps.summary();
        for expected in ["first", "ok", "SKIPPED (not installed)", "third", "FAILED", "total"] {
            assert!(summary.contains(expected), "{expected} is missing in {summary}");
        }
        assert!(summary.ends_with("9 tests run\n"), "{summary}");
    }

    #[test]
    fn a_skipped_step_is_an_error_where_tools_are_required() {
        assert!(Steps::new(false).skip("deny", "not installed").is_ok());
        assert!(Steps::new(true).skip("deny", "not installed").is_err());
    }

    #[test]
    fn a_run_without_steps_prints_no_table() {
        assert_eq!(Steps::new(true).summary(), "");
    }
}
