#![doc = include_str!("../README.md")]

mod adapters;
mod cli;
mod commands;
mod config;
mod console;
mod context;
mod durable;
mod environment;
mod exit;
mod files;
mod gather;
mod job;
mod logging;
mod native;
pub mod offline;
mod partner;
mod people;
mod pins;
mod progress;
mod render;
mod reviews;
mod run_mark;
mod sealed;
mod state;
mod taking;
mod vault;
mod world;

pub use config::ConfigError;
pub use console::Console;
pub use environment::Environment;
pub use exit::{Exit, Failure};

use clap::Parser as _;
use cli::{Cli, Command};
use context::Context;
use progress::Progress;
use std::ffi::OsString;

/// Runs one command line and says how it ended. Errors have been told on stderr then.
pub async fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: Environment,
    mut console: Console,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) if cli::may_repeat_a_secret(&error, &arguments) => {
            console.tell(
                "error: there is one argument too many; it is not repeated here, because it may be the secret. A secret is asked for, \
                 or read from standard input. If it was one, replace it: it is in the history of the shell now",
            );
            return Exit::Usage;
        }
        Err(error) => {
            // Help and version are answers, not errors; a closed stream is no reason to fail.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let Cli { global, command } = cli;
    let plain = global.no_color || environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    console.colour &= !plain;
    logging::start(global.log_format, global.verbose, console.watched && !plain);
    // Log lines and bars would overwrite each other.
    let progress = Progress::new(console.watched && global.verbose == 0);
    let mut context = Context { global, environment, console, progress };
    let ended = match command {
        Command::Demo(arguments) => commands::demo::run(&mut context, arguments).await,
        Command::Init(arguments) => commands::init::run(&mut context, &arguments),
        Command::Check(arguments) => commands::check::run(&mut context, &arguments).await,
        Command::Plan(arguments) => commands::plan::run(&mut context, &arguments).await,
        Command::Apply(arguments) => commands::apply::run(&mut context, &arguments).await,
        Command::Explain(arguments) => commands::explain::run(&mut context, &arguments).await,
        Command::Capabilities(arguments) => commands::capabilities::run(&mut context, &arguments),
        Command::Schema(arguments) => commands::schema::run(&mut context, &arguments),
        Command::Undo(arguments) => commands::undo::run(&mut context, &arguments).await,
        Command::Report(arguments) => commands::report::run(&mut context, &arguments).await,
        Command::Pin(arguments) => commands::pin::run(&mut context, arguments).await,
        Command::Quarantine(arguments) => commands::quarantine::run(&mut context, arguments).await,
        Command::Data(arguments) => commands::data::run(&mut context, arguments).await,
        Command::SupportBundle(arguments) => commands::bundle::run(&mut context, &arguments).await,
        Command::Tenants(arguments) => commands::tenants::run(&mut context, arguments).await,
        Command::Review(arguments) => commands::review::run(&mut context, arguments).await,
        Command::Secret(arguments) => commands::secret::run(&mut context, arguments).await,
        Command::Sandbox(arguments) => commands::sandbox::run(&mut context, arguments).await,
    };
    ended.unwrap_or_else(|failure| {
        context.tell(&format!("error: {failure}"));
        failure.exit()
    })
}
