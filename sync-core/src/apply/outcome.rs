//! What became of each decision.

use crate::{
    error::{Error, ErrorKind},
    model::ContactId,
    plan::{Action, Decision, Guard},
};
use serde::{Deserialize, Serialize};

/// What became of one decision. Every decision has exactly one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
#[non_exhaustive]
pub enum Outcome {
    /// It was done.
    Applied {
        /// The contact.
        contact: ContactId,
    },
    /// There was nothing to do.
    Unchanged,
    /// The contact changed after planning; nothing was written.
    Stale,
    /// It waits for a person, or a guard stopped it.
    Held,
    /// It was tried and refused; nothing was written.
    Failed {
        /// A code of the report.
        code: String,
        /// What the PSA said, without personal data.
        message: String,
    },
    /// It was sent and its result is unknown.
    Indeterminate {
        /// What happened.
        message: String,
    },
    /// The run ended before its turn.
    NotAttempted,
}

impl Outcome {
    /// What a decision becomes where nothing is written: nothing to do, held, or not attempted.
    pub(super) fn before_writing(decision: &Decision, guards: &[&Guard]) -> Self {
        let action = decision.change.action();
        if action == Action::NoOp {
            Self::Unchanged
        } else if action == Action::Hold || guards.iter().any(|g| g.stops(action, decision.company.as_ref()))
        {
            Self::Held
        } else {
            Self::NotAttempted
        }
    }

    pub(super) fn of_error(error: &Error, action: Action) -> Self {
        let kind = error.kind();
        // A contact that went away between listing and writing changed after planning.
        let gone = kind == ErrorKind::NotFound && action != Action::Create;
        if kind == ErrorKind::Indeterminate {
            Self::Indeterminate { message: error.to_string() }
        } else if gone || kind == ErrorKind::PreconditionFailed {
            Self::Stale
        } else {
            Self::Failed { code: error_code(kind, action).to_owned(), message: error.to_string() }
        }
    }
}

/// The report's code for a failure.
#[must_use]
pub fn error_code(kind: ErrorKind, action: Action) -> &'static str {
    match kind {
        ErrorKind::PermissionDenied => "PermissionDenied",
        ErrorKind::Unauthenticated | ErrorKind::Unavailable | ErrorKind::UnexpectedResponse => {
            "PSAConnectionError"
        }
        ErrorKind::RateLimited => "RateLimited",
        ErrorKind::Indeterminate => "Indeterminate",
        ErrorKind::PreconditionFailed => "StalePlan",
        ErrorKind::Unsupported => "CapabilityMissing",
        ErrorKind::ConfigInvalid => "InvalidFieldMapping",
        ErrorKind::NotFound if action == Action::Create => "MissingCompanyID",
        ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::DeltaExpired | ErrorKind::Other => {
            if action == Action::Create { "ContactCreationFailed" } else { "ContactUpdateFailed" }
        }
    }
}
