//! The operating system's keyring, reached through the program that the system has for it.
//!
//! A library for the same speaks D-Bus and brings some 120 packages; the program is there wherever the keyring is.

use secrecy::SecretString;
use std::{
    path::Path,
    process::{Command, Stdio},
};
use zeroize::Zeroizing;

/// Under which name this tool's secrets are kept there.
const SERVICE: &str = "psa-sync";

/// The program of this system that reads the keyring, and what it is given to read one secret.
#[cfg(target_os = "linux")]
fn reader(name: &str) -> Option<(&'static str, Vec<&str>)> {
    Some(("/usr/bin/secret-tool", vec!["lookup", "service", SERVICE, "account", name]))
}

/// The program of this system that reads the keyring, and what it is given to read one secret.
#[cfg(target_os = "macos")]
fn reader(name: &str) -> Option<(&'static str, Vec<&str>)> {
    Some(("/usr/bin/security", vec!["find-generic-password", "-s", SERVICE, "-a", name, "-w"]))
}

/// This system has no such program.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn reader(_: &str) -> Option<(&'static str, Vec<&str>)> {
    None
}

/// How a person puts a secret there.
fn keyring_advice(name: &str) -> String {
    if cfg!(target_os = "linux") {
        format!(
            "`secret-tool store --label=\"psa-sync {name}\" service {SERVICE} account {name}` puts it there"
        )
    } else if cfg!(target_os = "macos") {
        format!("`security add-generic-password -s {SERVICE} -a {name} -w` puts it there")
    } else {
        "this system's keyring is not reached; take { vault = \"NAME\" }".to_owned()
    }
}

/// Reads a secret from the keyring.
///
/// # Errors
/// What is wrong, in words; never the secret.
pub(crate) fn read_keyring(name: &str) -> Result<SecretString, String> {
    if super::check_name(name).is_err() {
        return Err(
            "a secret of the keyring is called by 1 to 64 letters, digits, `.`, `_` and `-`".to_owned()
        );
    }
    let Some((program, arguments)) = reader(name) else { return Err(keyring_advice(name)) };
    read_with(Path::new(program), &arguments)
        .map_err(|problem| format!("{problem}; {}", keyring_advice(name)))
}

fn read_with(program: &Path, arguments: &[&str]) -> Result<SecretString, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    let output =
        command.output().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let bytes = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err("the keyring has no such secret, or is locked".to_owned());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_cause| "the keyring's answer is no text".to_owned())?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("the keyring has no such secret, or it is empty".to_owned());
    }
    Ok(SecretString::from(text))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_programs_answer_is_the_secret_without_its_line_end() {
        let shell = Path::new("/bin/sh");
        let secret = read_with(shell, &["-c", "echo canary"]).unwrap();
        assert_eq!(secret.expose_secret(), "canary");
        let locked = read_with(shell, &["-c", "echo canary; exit 1"]).unwrap_err();
        assert!(locked.contains("locked") && !locked.contains("canary"), "{locked}");
        assert!(read_with(shell, &["-c", "true"]).unwrap_err().contains("no such secret"));
        assert!(read_with(Path::new("/nowhere/tool"), &[]).unwrap_err().contains("cannot be started"));
    }

    #[test]
    fn a_name_cannot_be_an_option() {
        assert!(read_keyring("--help x").unwrap_err().contains("is called by"));
    }
}
