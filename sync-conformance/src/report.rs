//! The collected results of a run.

use crate::CaseResult;
use std::fmt;

/// One case of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The case: the name of its function.
    pub case: &'static str,
    /// What it answered.
    pub result: CaseResult,
    /// Why a failure was expected, where it was given as a known deviation.
    pub deviation: Option<String>,
}

impl Row {
    /// What is wrong with this row: an unexpected failure, or an expected one that did not come.
    fn fault(&self) -> Option<String> {
        match (&self.result, &self.deviation) {
            (CaseResult::Failed(message), None) => Some(message.clone()),
            (CaseResult::Passed, Some(_)) => {
                Some("passes, although it is given as a known deviation: take it off the list".to_owned())
            }
            (CaseResult::Passed | CaseResult::Skipped(_), None) | (_, Some(_)) => None,
        }
    }
}

/// The results of all cases over one adapter. `Display` is a table for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "a report that nobody looks at proves nothing"]
pub struct Report {
    /// The adapter's name.
    pub adapter: String,
    /// A row per case, in the order in which they ran.
    pub rows: Vec<Row>,
    /// Known deviations that name no case.
    pub unknown_deviations: Vec<String>,
}

/// An adapter does not keep the promises of its trait; the message is the report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotConformant(Report);

impl NotConformant {
    /// The report.
    pub const fn report(&self) -> &Report {
        &self.0
    }
}

impl Report {
    pub(crate) fn new(adapter: &str, deviations: &[(String, String)], known: &[&'static str]) -> Self {
        let unknown =
            deviations.iter().map(|(case, _)| case).filter(|case| !known.contains(&case.as_str())).cloned();
        Self { adapter: adapter.to_owned(), rows: Vec::new(), unknown_deviations: unknown.collect() }
    }

    pub(crate) fn add(&mut self, case: &'static str, result: CaseResult, deviations: &[(String, String)]) {
        let deviation = deviations.iter().find(|(name, _)| name == case).map(|(_, reason)| reason.clone());
        self.rows.push(Row { case, result, deviation });
    }

    /// The result of a case by its name.
    #[must_use]
    pub fn result(&self, case: &str) -> Option<&CaseResult> {
        self.rows.iter().find(|row| row.case == case).map(|row| &row.result)
    }

    /// How many cases passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.rows.iter().filter(|row| row.result == CaseResult::Passed).count()
    }

    /// How many cases were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.rows.iter().filter(|row| matches!(row.result, CaseResult::Skipped(_))).count()
    }

    /// The cases that failed without being known deviations, and deviations that are none any more.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        self.rows.iter().filter_map(|row| Some((row.case, row.fault()?))).collect()
    }

    /// Whether something ran, nothing failed beside the known deviations, and each of those still fails.
    #[must_use]
    pub fn is_conformant(&self) -> bool {
        self.passed() > 0 && self.faults().is_empty() && self.unknown_deviations.is_empty()
    }

    /// The report again where it is conformant.
    ///
    /// # Errors
    /// [`NotConformant`] with the report; also where nothing ran.
    pub fn into_result(self) -> Result<Self, NotConformant> {
        if self.is_conformant() { Ok(self) } else { Err(NotConformant(self)) }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "conformance of `{}`", self.adapter)?;
        for row in &self.rows {
            let (word, detail) = match (&row.result, row.fault()) {
                (_, Some(fault)) => ("FAILED", fault),
                (CaseResult::Passed, None) => ("passed", String::new()),
                (CaseResult::Skipped(reason), None) => ("skipped", reason.clone()),
                (CaseResult::Failed(_), None) => ("deviates", row.deviation.clone().unwrap_or_default()),
            };
            writeln!(f, "  {word:<8} {} {detail}", row.case)?;
        }
        for case in &self.unknown_deviations {
            writeln!(f, "  FAILED   {case} is given as a known deviation, but there is no such case")?;
        }
        if self.passed() == 0 {
            writeln!(f, "  FAILED   nothing ran")?;
        }
        write!(f, "  {} passed, {} skipped, {} failed", self.passed(), self.skipped(), self.faults().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(result: CaseResult, deviations: &[(String, String)]) -> Report {
        let mut report = Report::new("x", deviations, &["a"]);
        report.add("a", result, deviations);
        report
    }

    fn known(case: &str) -> Vec<(String, String)> {
        vec![(case.to_owned(), "issue 7".to_owned())]
    }

    #[test]
    fn a_run_in_which_nothing_ran_fails() {
        let skipped = report(CaseResult::Skipped("not claimed".into()), &[]).into_result().unwrap_err();
        assert!(skipped.to_string().contains("nothing ran"), "{skipped}");
        assert!(!Report::new("x", &[], &[]).is_conformant());
        assert!(report(CaseResult::Passed, &[]).is_conformant());
    }

    #[test]
    fn a_known_deviation_must_still_be_one() {
        let mut both = report(CaseResult::Failed("broken".into()), &known("a"));
        both.add("b", CaseResult::Passed, &[]);
        assert!(both.is_conformant() && both.to_string().contains("deviates a issue 7"), "{both}");
        let mended = report(CaseResult::Passed, &known("a"));
        assert!(!mended.is_conformant() && mended.to_string().contains("take it off the list"), "{mended}");
        let unknown = report(CaseResult::Passed, &known("no_such_case"));
        assert!(!unknown.is_conformant() && unknown.to_string().contains("no such case"), "{unknown}");
    }

    #[test]
    fn a_failure_is_shown_with_its_case() {
        let failed = report(CaseResult::Failed("broken".into()), &[]);
        assert!(!failed.is_conformant() && failed.to_string().contains("FAILED   a broken"), "{failed}");
    }
}
