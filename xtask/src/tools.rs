//! Tools that a step may use: is one here, can it be had, and what to say if not.

use crate::command::{command, run};
use anyhow::Result;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// A program of the operating system that tests use, and the Debian package that holds it.
#[derive(Debug)]
pub(crate) struct SystemTool {
    /// The program, as it is started.
    pub(crate) program: &'static str,
    /// The package for apt-get.
    pub(crate) package: &'static str,
}

/// What the tests need beside a Rust toolchain. Add a line in the change whose test uses it.
pub(crate) const SYSTEM_TOOLS: &[SystemTool] = &[];

/// What [`needs`] found out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The tool can be started.
    Met,
    /// It cannot; the reason, and what a person can do.
    Unmet(String),
}

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

/// Sees to it that a program is there: installs its package with apt-get when this process may, else says why not.
///
/// # Errors
/// When apt-get was started and failed.
pub(crate) fn needs(root: &Path, tool: &SystemTool) -> Result<Need> {
    let apt = is_installed("apt-get", &["--version"]);
    match decide(tool, is_on_path(tool.program), apt, apt && is_root()) {
        Decision::Present => Ok(Need::Met),
        Decision::Unavailable(reason) => Ok(Need::Unmet(reason)),
        Decision::Install => {
            let install = ["install", "--yes", "--no-install-recommends", tool.package];
            // A fresh machine has no package lists yet, so a first failure is answered with an update.
            if run(apt_get(root, &install)).is_err() {
                run(apt_get(root, &["update"]))?;
                run(apt_get(root, &install))?;
            }
            Ok(Need::Met)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Present,
    Install,
    Unavailable(String),
}

fn decide(tool: &SystemTool, present: bool, apt: bool, root: bool) -> Decision {
    let SystemTool { program, package } = tool;
    if present {
        Decision::Present
    } else if !apt {
        Decision::Unavailable(format!("{program} is not installed and there is no apt-get to install it"))
    } else if !root {
        Decision::Unavailable(format!("{program} is not installed (sudo apt-get install {package})"))
    } else {
        Decision::Install
    }
}

/// A server program may know no `--version`; being startable is what is asked, not how it ends.
fn is_on_path(program: &str) -> bool {
    is_installed("sh", &["-c", "command -v -- \"$0\"", program])
}

fn is_root() -> bool {
    command(Path::new("."), "id", &["-u"])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(root: &Path, arguments: &[&str]) -> Command {
    let mut apt = command(root, "apt-get", arguments);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: SystemTool = SystemTool { program: "slapd", package: "slapd-package" };

    #[test]
    fn a_tool_that_is_there_is_never_installed_again() {
        assert_eq!(decide(&TOOL, true, true, true), Decision::Present);
        assert_eq!(decide(&TOOL, true, false, false), Decision::Present);
    }

    #[test]
    fn only_root_with_apt_installs() {
        assert_eq!(decide(&TOOL, false, true, true), Decision::Install);
        let Decision::Unavailable(reason) = decide(&TOOL, false, true, false) else {
            panic!("a user without rights must not install")
        };
        assert!(reason.contains("apt-get install slapd-package"), "{reason}");
        assert!(matches!(decide(&TOOL, false, false, true), Decision::Unavailable(_)));
    }

    #[test]
    fn a_program_that_does_not_exist_is_not_installed() {
        assert!(is_installed("cargo", &["--version"]));
        assert!(!is_installed("no-such-program-here", &["--version"]));
        assert!(!is_installed("cargo", &["no-such-subcommand-here"]));
        assert!(is_on_path("cargo"));
        assert!(!is_on_path("no-such-program-here"));
    }

    #[test]
    fn a_tool_on_the_path_is_a_need_met() {
        let tool = SystemTool { program: "cargo", package: "no-such-package" };
        assert_eq!(needs(Path::new("."), &tool).unwrap(), Need::Met);
    }
}
