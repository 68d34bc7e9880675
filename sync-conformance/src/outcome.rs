//! What a case answers, and how its body says so.

use std::future::Future;
use sync_core::{Error, ErrorKind, Result};

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseResult {
    /// What the trait promises was seen.
    Passed,
    /// There was nothing to see, and why: a capability that is not claimed, or something that was not given.
    Skipped(String),
    /// A promise was broken, and which. Holds no personal data.
    Failed(String),
}

/// Why a case ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    Skip(String),
    Fail(String),
}

pub(crate) type Outcome<T = ()> = std::result::Result<T, Stop>;

/// The result of a case's body.
pub(crate) async fn verdict(body: impl Future<Output = Outcome>) -> CaseResult {
    match body.await {
        Ok(()) => CaseResult::Passed,
        Err(Stop::Skip(reason)) => CaseResult::Skipped(reason),
        Err(Stop::Fail(message)) => CaseResult::Failed(message),
    }
}

pub(crate) fn skip<T>(reason: impl Into<String>) -> Outcome<T> {
    Err(Stop::Skip(reason.into()))
}

pub(crate) fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(Stop::Fail(message.into()))
}

/// Fails with the message unless the condition holds.
pub(crate) fn ensure(condition: bool, message: impl FnOnce() -> String) -> Outcome {
    if condition { Ok(()) } else { fail(message()) }
}

/// An error as it may be shown: its message only where it holds no address, for the adapter under test may be careless.
pub(crate) fn shown(error: &Error) -> String {
    let message = error.message();
    let message = if message.contains('@') { "(its message holds an `@` and is not shown)" } else { message };
    format!("{} failed ({}): {message}", error.operation(), error.kind())
}

/// The value, or a failure that says what was tried.
pub(crate) fn done<T>(result: Result<T>, what: &str) -> Outcome<T> {
    result.map_err(|error| Stop::Fail(format!("{what}: {}", shown(&error))))
}

/// The error, which must be of one of these kinds.
pub(crate) fn refused<T>(result: Result<T>, kinds: &[ErrorKind], what: &str) -> Outcome<Error> {
    let names = || kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(" or ");
    match result {
        Ok(_) => fail(format!("{what}: must be refused ({}), but was accepted", names())),
        Err(error) if kinds.contains(&error.kind()) => Ok(error),
        Err(error) => fail(format!("{what}: must be refused ({}), but {}", names(), shown(&error))),
    }
}
