//! Starting other programs: never with this process's standard input, always from the workspace root.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
    thread,
};

/// Whether any lines of a run are to be kept back, and which.
type Closing = fn(&str) -> bool;

/// A program with its arguments, to be run in the workspace root with nothing to read.
pub(crate) fn command(root: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    command
}

/// Runs to the end; its output goes where this process's goes.
///
/// # Errors
/// When it cannot be started or ends with a status other than zero.
pub(crate) fn run(mut command: Command) -> Result<()> {
    let shown = shown(&command);
    let status = command.status().with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} ended with {status}");
    }
    Ok(())
}

/// Runs to the end as [`run`] does, and answers the lines that `closing` picks instead of printing them.
///
/// # Errors
/// As [`run`]; the lines kept back are printed first, so that nothing is lost.
pub(crate) fn run_keeping(mut command: Command, closing: Closing) -> Result<Vec<String>> {
    let shown = shown(&command);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {shown}"))?;
    let kept = Mutex::new(Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| pass_on(out, std::io::stdout(), closing, &kept));
        scope.spawn(|| pass_on(err, std::io::stderr(), closing, &kept));
    });
    let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    let status = child.wait().with_context(|| format!("cannot wait for {shown}"))?;
    if !status.success() {
        for line in &kept {
            println!("{line}");
        }
        bail!("{shown} ended with {status}");
    }
    Ok(kept)
}

/// The standard output of a program that succeeded.
///
/// # Errors
/// When it cannot be started, fails, or writes something that is not UTF-8.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let shown = shown(&command);
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {shown}"))?;
    if !output.status.success() {
        bail!("{shown} ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown} wrote something that is not text"))
}

fn pass_on(from: Option<impl Read>, mut to: impl Write, closing: Closing, kept: &Mutex<Vec<String>>) {
    let Some(from) = from else { return };
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let text = String::from_utf8_lossy(&line);
        if closing(&text) {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(text.trim().to_owned());
        } else {
            // Nobody may be reading any more; the program's own status is what counts.
            let _ = writeln!(to, "{text}");
        }
    }
}

fn shown(command: &Command) -> String {
    let mut text = format!("`{}", command.get_program().to_string_lossy());
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text.push('`');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo(arguments: &[&str]) -> Command {
        command(Path::new("."), "cargo", arguments)
    }

    #[test]
    fn lines_that_are_picked_are_answered() {
        let kept = run_keeping(cargo(&["--version"]), |line| line.starts_with("cargo ")).unwrap();
        assert_eq!(kept.len(), 1);
    }

    #[test]
    fn a_failing_program_is_an_error_that_names_it() {
        let error = run_keeping(cargo(&["no-such-subcommand-here"]), |_| true).unwrap_err();
        assert!(error.to_string().contains("no-such-subcommand-here"), "{error}");
        assert!(run(cargo(&["no-such-subcommand-here"])).is_err());
        assert!(output(cargo(&["no-such-subcommand-here"])).is_err());
    }

    #[test]
    fn output_is_answered_as_text() {
        assert!(output(cargo(&["--version"])).unwrap().starts_with("cargo "));
    }
}
