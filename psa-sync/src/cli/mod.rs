//! The command line: what can be said, and nothing about what it does.

mod records;
mod review;
mod run;
mod setup;

pub(crate) use records::{
    BundleArgs, DataAction, DataArgs, PastFormat, PinAction, PinArgs, QuarantineAction, QuarantineArgs,
    ReportArgs,
};
pub(crate) use review::{AnswerArgs, ReviewAction, ReviewArgs};
pub(crate) use run::{ApplyArgs, ExplainArgs, PlanArgs, PlanFormat, ReportFormat, TenantArgs, UndoArgs};
pub(crate) use setup::{
    CapabilitiesArgs, DemoArgs, InitArgs, SandboxArgs, SchemaArgs, SchemaOf, SecretAction, SecretArgs,
    TenantsArgs,
};

use chrono::{DateTime, Utc};
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{ffi::OsString, path::PathBuf};

/// Whether clap's message about a command line would repeat what may be a secret: one that was put behind a command which asks
/// for it.
pub(crate) fn may_repeat_a_secret(error: &clap::Error, arguments: &[OsString]) -> bool {
    let about_secrets = arguments.iter().any(|argument| argument == "secret" || argument == "pin");
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.starts_with('-'),
        _ => false,
    };
    error.kind() == ErrorKind::UnknownArgument && about_secrets && !flag
}

/// Keeps the contacts of a PSA in step with a directory: every change is planned, explained and counted before it is made.
#[derive(Debug, Parser)]
#[command(name = "psa-sync", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The configuration.
    #[arg(long, global = true, value_name = "FILE", default_value = "psa-sync.toml")]
    pub(crate) config: PathBuf,
    /// Works on a folder of exported files in place of live systems.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) offline: Option<PathBuf>,
    /// Takes this as the present moment (RFC 3339, such as 2026-01-06T10:30:00Z).
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// How log lines look.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,
    /// Logs more: -v what is done, -vv each request.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No colours; the environment variable `NO_COLOR` says the same.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Answers every question with yes.
    #[arg(long, global = true)]
    pub(crate) yes: bool,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows a whole sync against a made-up tenant and PSA inside this process; needs no account and no network.
    Demo(DemoArgs),
    /// Writes a commented configuration to begin with; never overwrites one.
    Init(InitArgs),
    /// Validates the configuration, then connects read-only and says what works.
    Check(TenantArgs),
    /// Shows what would change, and why; writes nothing.
    Plan(PlanArgs),
    /// Applies a saved plan, or plans and applies in one step.
    Apply(ApplyArgs),
    /// Shows step by step how the decision about one user comes about.
    Explain(ExplainArgs),
    /// Shows what each adapter can do at best.
    Capabilities(CapabilitiesArgs),
    /// Prints the JSON Schema of a document.
    Schema(SchemaArgs),
    /// Lists what waits for a person, or answers it; later plans obey.
    Review(ReviewArgs),
    /// Lists a partner's customers and the company that each seems to be; takes one up when somebody confirms.
    Tenants(TenantsArgs),
    /// Makes the plan that puts back what a run changed; a create is taken back by deactivating.
    Undo(UndoArgs),
    /// Shows what a past run did, or lists the runs.
    Report(ReportArgs),
    /// Verifies or renews a support PIN; none is ever shown.
    Pin(PinArgs),
    /// Lists tenants that only plan because their runs failed, or lets one apply again.
    Quarantine(QuarantineArgs),
    /// Exports or removes what is kept about one person, or removes old history.
    Data(DataArgs),
    /// Writes what helps to find a fault, without names, addresses and secrets.
    SupportBundle(BundleArgs),
    /// Keeps secrets in an encrypted vault, for `{ vault = "NAME" }` in the configuration.
    Secret(SecretArgs),
    /// Runs imitations of the vendors' APIs on loopback until it is stopped.
    Sandbox(SandboxArgs),
}

#[cfg(test)]
mod tests {
    use super::{run::RunArgs, *};
    use clap::CommandFactory as _;
    use sync_core::policy::{RunInput, SyncMode};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_flags_become_run_inputs() {
        let cli = Cli::try_parse_from([
            "psa-sync",
            "plan",
            "--user",
            "a@contoso.example.com",
            "--user",
            "b@contoso.example.com",
            "--update-existing=false",
            "--skip-disabled",
            "--full",
        ])
        .unwrap();
        let Command::Plan(plan) = cli.command else { panic!("not a plan") };
        let input = plan.run.input(true);
        assert_eq!(input.user_principal_names.len(), 2);
        assert_eq!((input.update_existing, input.skip_disabled_users), (Some(false), Some(true)));
        assert_eq!((input.sync_mode, input.dry_run), (SyncMode::Full, true));
        assert!(input.is_targeted());
        assert_eq!(RunArgs::default().input(false), RunInput::default());
    }

    #[test]
    fn an_override_is_for_a_plan_that_was_seen() {
        let refused = Cli::try_parse_from(["psa-sync", "apply", "--auto", "--allow", "too_many_creates=9"]);
        assert!(refused.is_err());
        assert!(Cli::try_parse_from(["psa-sync", "apply", "x.json", "--auto"]).is_err());
    }
}
