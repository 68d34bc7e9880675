//! What is wrong with an offline folder.

use std::{fmt, path::PathBuf};

/// A file of an offline folder cannot be used: which, where, and what to do. Holds no data of people.
#[derive(Debug)]
pub struct OfflineError {
    file: PathBuf,
    place: Option<(usize, usize)>,
    problem: String,
    source: Option<std::io::Error>,
}

impl OfflineError {
    pub(crate) fn new(file: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, problem: problem.into(), source: None }
    }

    /// Adds line and column, both from 1.
    #[must_use]
    pub(crate) fn at(mut self, line: usize, column: usize) -> Self {
        self.place = Some((line, column));
        self
    }

    /// Adds what the file system answered.
    #[must_use]
    pub(crate) fn with_source(mut self, source: std::io::Error) -> Self {
        self.source = Some(source);
        self
    }
}

impl fmt::Display for OfflineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for OfflineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}
