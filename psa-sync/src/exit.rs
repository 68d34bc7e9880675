//! Exit codes, and the errors that end a command.

use std::{error::Error as StdError, fmt};
use sync_core::{ErrorKind, apply::ApplyError, plan::PlanError};

/// How a command ended. Scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, nothing waits for a person.
    Done,
    /// 10: changes are planned (`plan --detailed-exitcode` only).
    Changes,
    /// 3: done, but decisions wait for a person.
    Held,
    /// 4: refused by a guard; nothing was written.
    Guarded,
    /// 5: the plan is stale or not understood; nothing was written.
    Stale,
    /// 2: wrong usage or invalid configuration.
    Usage,
    /// 1: an error; nothing or a part was done, and the report says which.
    Failed,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Held => 3,
            Self::Guarded => 4,
            Self::Stale => 5,
            Self::Changes => 10,
        }
    }

    /// The worse of two, for a run over several tenants.
    #[must_use]
    pub const fn worst(self, other: Self) -> Self {
        if self.badness() >= other.badness() { self } else { other }
    }

    const fn badness(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 1,
            Self::Held => 2,
            Self::Guarded => 3,
            Self::Stale => 4,
            Self::Usage => 5,
            Self::Failed => 6,
        }
    }
}

/// An error that ends a command, or one tenant's part of it: what went wrong, why, and what to do.
///
/// Holds no secret and no personal data.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// An error with its exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// Wrong usage or an invalid configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// An error with everything below it.
    pub fn from_error(exit: Exit, error: &dyn StdError) -> Self {
        let mut failure = Self::new(exit, error.to_string());
        let mut next = error.source();
        while let Some(cause) = next {
            failure.causes.push(cause.to_string());
            next = cause.source();
        }
        failure
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says first what it is about, such as a tenant.
    #[must_use]
    pub fn about(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for cause in &self.causes {
            write!(f, "\n  because: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
    }
}

impl StdError for Failure {}

impl From<sync_core::Error> for Failure {
    fn from(error: sync_core::Error) -> Self {
        let exit = if error.kind() == ErrorKind::ConfigInvalid { Exit::Usage } else { Exit::Failed };
        Self::from_error(exit, &error)
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let exit = match &error {
            PlanError::Policy(_)
            | PlanError::Unsupported(_)
            | PlanError::Company { .. }
            | PlanError::Migration(..) => Exit::Usage,
            PlanError::ContactsPartial(_) | _ => Exit::Failed,
        };
        Self::from_error(exit, &error)
    }
}

impl From<ApplyError> for Failure {
    fn from(error: ApplyError) -> Self {
        let exit = match &error {
            ApplyError::Document(_)
            | ApplyError::OtherTenant { .. }
            | ApplyError::OtherPsa { .. }
            | ApplyError::BasisChanged { .. }
            | ApplyError::TooOld { .. } => Exit::Stale,
            ApplyError::BadOverride { .. } => Exit::Usage,
            ApplyError::Guarded(_) => Exit::Guarded,
            ApplyError::ContactsPartial(_) | ApplyError::Start(_) | _ => Exit::Failed,
        };
        Self::from_error(exit, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_contract() {
        let all = [
            (Exit::Done, 0),
            (Exit::Failed, 1),
            (Exit::Usage, 2),
            (Exit::Held, 3),
            (Exit::Guarded, 4),
            (Exit::Stale, 5),
            (Exit::Changes, 10),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code);
        }
    }

    #[test]
    fn one_tenant_that_failed_decides_over_many_that_did_not() {
        let all = [Exit::Done, Exit::Held, Exit::Failed, Exit::Stale, Exit::Done];
        assert_eq!(all.into_iter().fold(Exit::Done, Exit::worst), Exit::Failed);
        assert_eq!(Exit::Done.worst(Exit::Held), Exit::Held);
        assert_eq!(Exit::Held.worst(Exit::Done), Exit::Held);
    }

    #[test]
    fn an_error_tells_its_causes_and_what_to_do() {
        let cause = std::io::Error::other("connection refused");
        let error =
            sync_core::Error::new(ErrorKind::Unavailable, "list users", "no answer").with_source(cause);
        let failure = Failure::from(error).about("Contoso").with_hint("try again");
        assert_eq!(
            failure.to_string(),
            "Contoso: list users failed (unavailable): no answer\n  because: connection refused\n  try again"
        );
        assert_eq!(failure.exit(), Exit::Failed);
    }
}
