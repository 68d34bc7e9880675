//! A server's process, ended with the test.

use std::process::{Child, Command, Stdio};

/// A process that is ended, with its children, when this goes.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it, silent.
    pub fn start(command: &mut Command) -> Self {
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(silent.spawn().unwrap())
    }

    /// Whether it has not ended by itself.
    pub fn still_runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Asks it to end, and waits. Killed outright, a server would leave its children behind.
    pub fn end(&mut self) {
        if self.still_runs() {
            let id = self.0.id().to_string();
            let _ = Command::new("kill").arg(id).stdin(Stdio::null()).status();
            let _ = self.0.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
