//! Runs every example of the examples crate: each must end well within a bounded time and print something.

use crate::{
    command::command,
    steps::Steps,
    workspace::{Package, packages},
};
use anyhow::{Context, Result, bail};
use std::{
    io::Read,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The crate whose examples are run.
const FOLDER: &str = "examples";

/// An example that needs longer than this hangs; examples are built before they are timed.
const LONGEST: Duration = Duration::from_secs(120);

/// Builds and runs the examples, a step each.
///
/// # Errors
/// When one cannot be built, fails, hangs, or prints nothing; and when the crate is there and holds none.
pub(crate) fn run_all(root: &Path, steps: &mut Steps) -> Result<()> {
    let packages = packages(root)?;
    let Some(package) = packages.iter().find(|package| package.folder == FOLDER) else {
        return steps.skip("examples", "this workspace has no crate in examples/");
    };
    let examples = listed(package)?;
    steps.run("build examples", |_| {
        crate::command::run(command(root, "cargo", &["build", "--package", &package.name, "--examples"]))
    })?;
    for example in examples {
        steps.run(&format!("example {example}"), |_| {
            let arguments = ["run", "--quiet", "--package", &package.name, "--example", example];
            let printed = run_bounded(command(root, "cargo", &arguments), LONGEST)?;
            print!("{printed}");
            Ok(())
        })?;
    }
    Ok(())
}

fn listed(package: &Package) -> Result<&[String]> {
    if package.examples.is_empty() {
        bail!("the crate in {FOLDER}/ has no examples: a suite in which nothing runs proves nothing");
    }
    Ok(&package.examples)
}

/// Runs a program to its end or to its time limit and answers what it printed, which must be something.
fn run_bounded(mut command: Command, limit: Duration) -> Result<String> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start it")?;
    let mut pipe = child.stdout.take().context("it has no standard output")?;
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        pipe.read_to_end(&mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            // It may have ended by itself just now; either way it is waited for.
            let _ = child.kill();
            child.wait()?;
            bail!("it was stopped after {} s", limit.as_secs_f32());
        }
        thread::sleep(Duration::from_millis(20));
    };
    let text = reader.join().map_err(|_panic| anyhow::anyhow!("its output could not be read"))??;
    let text = String::from_utf8_lossy(&text).into_owned();
    if !status.success() {
        bail!("it ended with {status} after printing:\n{text}");
    }
    if text.trim().is_empty() {
        bail!("it printed nothing");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String> {
        run_bounded(command(Path::new("."), "sh", &["-c", script]), limit)
    }

    #[test]
    fn an_example_that_prints_and_ends_well_passes() {
        assert_eq!(shell("echo done", LONGEST).unwrap(), "done\n");
    }

    #[test]
    fn silence_failure_and_hanging_are_errors() {
        assert!(shell("true", LONGEST).unwrap_err().to_string().contains("printed nothing"));
        assert!(shell("echo half; exit 3", LONGEST).unwrap_err().to_string().contains("half"));
        let hung = shell("exec sleep 5", Duration::from_millis(50)).unwrap_err();
        assert!(hung.to_string().contains("stopped after"), "{hung}");
    }

    #[test]
    fn an_example_gets_nothing_to_read() {
        assert_eq!(shell("read line || echo end of input", LONGEST).unwrap(), "end of input\n");
    }

    #[test]
    fn an_examples_crate_without_examples_is_an_error() {
        let package = Package {
            name: "examples".to_owned(),
            folder: FOLDER.to_owned(),
            published: false,
            description: true,
            license: true,
            keywords: 0,
            uses: Vec::new(),
            examples: Vec::new(),
        };
        assert!(listed(&package).is_err());
    }
}
