//! What every command is given.

use crate::{
    cli::Global,
    console::Console,
    environment::Environment,
    exit::{Exit, Failure},
    progress::Progress,
};
use chrono::{DateTime, TimeDelta, Utc};

/// The flags, the environment and the streams of one command.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) environment: Environment,
    pub(crate) console: Console,
    pub(crate) progress: Progress,
}

impl Context {
    /// The present moment, or what `--as-of` says it is.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.global.as_of.unwrap_or_else(Utc::now)
    }

    /// How far `--as-of` is ahead of the present moment.
    pub(crate) fn ahead(&self) -> std::time::Duration {
        let ahead = self.global.as_of.map_or_else(TimeDelta::zero, |as_of| as_of - Utc::now());
        ahead.to_std().unwrap_or_default()
    }

    /// Writes a result to stdout.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.progress.quiet();
        self.console
            .out(text)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot write to stdout: {error}")))
    }

    /// Tells the person at the terminal something that is no result.
    pub(crate) fn tell(&mut self, text: &str) {
        self.progress.quiet();
        self.console.tell(text);
    }

    /// Asks a question that only `y` or `yes` answers with yes.
    pub(crate) fn ask(&mut self, question: &str) -> Result<bool, Failure> {
        self.progress.quiet();
        self.console
            .ask(question)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot read the answer: {error}")))
    }
}
