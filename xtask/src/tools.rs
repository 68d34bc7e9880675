//! Whether a tool that a step may use is here. Servers that tests start are another matter: [`crate::services`].

use std::process::{Command, Stdio};

/// Whether a program can be started.
pub(crate) fn is_installed(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_exist_is_not_installed() {
        assert!(is_installed("cargo", &["--version"]));
        assert!(!is_installed("no-such-program-here", &["--version"]));
        assert!(!is_installed("cargo", &["no-such-subcommand-here"]));
    }
}
