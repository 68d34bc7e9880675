//! The project's own commands. `cargo xtask ci` is what CI runs, in order of cheapness.
//!
//! | Command | Does |
//! |---|---|
//! | `cargo xtask lint` | format check, tidy, clippy, rustdoc, and cargo-deny and typos where installed |
//! | `cargo xtask test` | all tests, doc tests, every example |
//! | `cargo xtask ci` | both |
//! | `cargo xtask tidy` | the house rules alone |
//! | `cargo xtask crash-test` | 1,000 kills of an apply, and two runs at once 200 times on each database |
//! | `cargo xtask figures [PSA …]` | calls, rate and latency of the four PSAs at full size, on a paused clock |
//! | `cargo xtask tables` | writes the capability tables of the README and docs/capabilities.md |
//! | `cargo xtask sku-names FILE` | the table of product names, made from Microsoft's |
//! | `cargo xtask instructions` | the planner's cost, counted by valgrind and compared; `--write` writes it down |
//!
//! No command reads standard input. The first step that fails ends the run with a status that is not zero.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command that people start by hand; its output is its product"
)]

mod command;
mod crash;
mod examples;
mod figures;
mod instructions;
mod lint;
mod services;
mod sku_names;
mod steps;
mod tables;
mod test;
mod tidy;
mod tools;
mod workspace;

use anyhow::Result;
use std::process::ExitCode;
use steps::Steps;

const HELP: &str = "\
usage: cargo xtask <command> [--require-tools] [--write]

  lint    fmt --check, tidy, clippy, doc; cargo-deny and typos where installed
  test    all tests, doc tests, every example
  ci      lint, then test
  tidy    the house rules alone
  crash-test     1,000 kills of an apply, and two runs at once 200 times on each database; long
  figures [PSA ...]   calls, rate and latency of the PSAs at full size, on a paused clock
  tables  writes the capability tables of the README and docs/capabilities.md
  sku-names FILE   makes the table of product names from Microsoft's CSV
  instructions   the planner's cost, counted by valgrind and held against what is written down

  --require-tools   a step that would be SKIPPED is an error
  --write           with instructions: writes the count down
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Lint,
    Test,
    Ci,
    Tidy,
    CrashTest,
    Figures { psas: Vec<String> },
    Tables,
    Instructions { write: bool },
    SkuNames { file: String },
    Help,
}

fn parse(arguments: &[String]) -> Result<(Command, bool)> {
    let mut command = None;
    let (mut require_tools, mut write) = (false, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let found = match argument.as_str() {
            "lint" => Command::Lint,
            "test" => Command::Test,
            "ci" => Command::Ci,
            "tidy" => Command::Tidy,
            "crash-test" => Command::CrashTest,
            "figures" => Command::Figures { psas: arguments.by_ref().cloned().collect() },
            "tables" => Command::Tables,
            "instructions" => Command::Instructions { write: false },
            "sku-names" => {
                let file =
                    arguments.next().ok_or_else(|| anyhow::anyhow!("sku-names needs a file\n\n{HELP}"))?;
                Command::SkuNames { file: file.clone() }
            }
            "help" | "--help" | "-h" => Command::Help,
            "--require-tools" => {
                require_tools = true;
                continue;
            }
            "--write" => {
                write = true;
                continue;
            }
            other => anyhow::bail!("`{other}` is not known here\n\n{HELP}"),
        };
        if command.replace(found).is_some() {
            anyhow::bail!("one command at a time\n\n{HELP}");
        }
    }
    let mut command = command.ok_or_else(|| anyhow::anyhow!("a command is missing\n\n{HELP}"))?;
    if let Command::Instructions { write: asked } = &mut command {
        *asked = write;
    } else if write {
        anyhow::bail!("--write goes with `instructions`\n\n{HELP}");
    }
    Ok((command, require_tools))
}

fn run(command: &Command, steps: &mut Steps) -> Result<()> {
    if *command == Command::Help {
        print!("{HELP}");
        return Ok(());
    }
    let root = workspace::root()?;
    match command {
        Command::Help => Ok(()),
        Command::Tidy => steps.run("tidy", |_| tidy::run(&root)),
        Command::CrashTest => crash::run_all(&root, steps),
        Command::Figures { psas } => steps.run("figures", |_| figures::run(&root, psas)),
        Command::Tables => steps.run("tables", |_| tables::write(&root)),
        Command::SkuNames { file } => steps.run("sku-names", |_| sku_names::run(&root, file.as_ref())),
        Command::Instructions { write } => instructions::run(&root, steps, *write),
        Command::Lint => lint::run_all(&root, steps),
        Command::Test => test::run_all(&root, steps),
        Command::Ci => lint::run_all(&root, steps).and_then(|()| test::run_all(&root, steps)),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, require_tools) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut steps = Steps::new(require_tools);
    let result = run(&command, &mut steps);
    print!("{}", steps.summary());
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_command_and_its_flag_may_stand_in_any_order() {
        assert_eq!(parse(&words("lint --require-tools")).unwrap(), (Command::Lint, true));
        assert_eq!(parse(&words("--require-tools ci")).unwrap(), (Command::Ci, true));
        assert_eq!(parse(&words("tidy")).unwrap(), (Command::Tidy, false));
        assert_eq!(parse(&words("crash-test")).unwrap(), (Command::CrashTest, false));
        assert_eq!(
            parse(&words("--write instructions")).unwrap(),
            (Command::Instructions { write: true }, false)
        );
    }

    #[test]
    fn no_command_an_unknown_one_and_two_are_refused() {
        assert!(parse(&[]).is_err());
        assert!(parse(&words("bogus")).is_err());
        assert!(parse(&words("lint test")).is_err());
        assert!(parse(&words("lint --write")).is_err());
    }
}
