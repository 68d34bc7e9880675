//! Tenants whose runs went wrong again and again, and what embedders are told.

use super::lease::RunId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A tenant that only plans until it does better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quarantine {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The runs that led to it.
    pub runs: Vec<RunId>,
}

impl Quarantine {
    /// A quarantine.
    #[must_use]
    pub const fn new(since: DateTime<Utc>, runs: Vec<RunId>) -> Self {
        Self { since, runs }
    }
}

/// Something that an embedder passes on to people, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// The run, where one is the cause.
    pub run: Option<RunId>,
    /// What.
    pub kind: EventKind,
    /// In words, without personal data.
    pub message: String,
}

impl Event {
    /// An event.
    pub fn new(at: DateTime<Utc>, kind: EventKind, message: impl Into<String>) -> Self {
        Self { at, run: None, kind, message: message.into() }
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A tenant only plans from now on.
    QuarantineBegan,
    /// It applies again.
    QuarantineEnded,
    /// A run was found to have been killed; what it left open was looked up.
    RunInterrupted,
    /// A write waits for a person, because nobody else can say what became of it.
    WriteIndeterminate,
}

impl EventKind {
    /// The name used in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuarantineBegan => "quarantine_began",
            Self::QuarantineEnded => "quarantine_ended",
            Self::RunInterrupted => "run_interrupted",
            Self::WriteIndeterminate => "write_indeterminate",
        }
    }
}
