//! The command line: what can be said, and nothing about what it does.

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};
use sync_core::policy::{RunInput, SyncMode};

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

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// People in the made-up directory.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) users: usize,
    /// The PSA to imitate.
    #[arg(long, value_name = "KIND", default_value = "connectwise")]
    pub(crate) psa: String,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The PSA to write the configuration for.
    #[arg(long, value_name = "KIND", default_value = "connectwise")]
    pub(crate) psa: String,
    /// The directory to write the configuration for.
    #[arg(long, value_name = "KIND", default_value = "graph")]
    pub(crate) directory: String,
}

#[derive(Debug, Args)]
pub(crate) struct TenantArgs {
    /// Only this tenant.
    #[arg(long, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    /// Saves the plan for `apply`, readable by its owner only.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How the plan is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Ends with 0 when nothing would change and with 10 when something would.
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Shows every decision, also those that change nothing.
    #[arg(long)]
    pub(crate) all: bool,
    /// Takes the pairs of the PSA's own contact sync for answers in this plan (ConnectWise); nothing is linked before the
    /// plan is applied.
    #[arg(long, conflicts_with_all = ["readiness", "quantities"])]
    pub(crate) native_pairs: bool,
    /// Shows what should be mended before a first run in place of the plan; ends with 3 when there is something.
    #[arg(long, conflicts_with = "detailed_exitcode")]
    pub(crate) readiness: bool,
    /// Shows which agreement quantities should be set in place of the plan; ends with 3 when one is held.
    #[arg(long, conflicts_with_all = ["detailed_exitcode", "readiness"])]
    pub(crate) quantities: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people at a terminal.
    Text,
    /// As JSON.
    Json,
    /// For a ticket or a pull request.
    Markdown,
}

/// How a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// As JSON.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// A plan saved by `plan --out`; or use --auto.
    #[arg(value_name = "FILE", conflicts_with = "auto")]
    pub(crate) file: Option<PathBuf>,
    /// Plans and applies in one step.
    #[arg(long)]
    pub(crate) auto: bool,
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    /// Lets a guard pass for this plan, up to a count (`too_many_deactivations=9`).
    #[arg(long, value_name = "GUARD=COUNT", conflicts_with = "auto")]
    pub(crate) allow: Vec<String>,
    /// A guard stops the whole plan, not only its kind of change.
    #[arg(long)]
    pub(crate) strict_guards: bool,
    /// The file is a plan of agreement quantities, saved by `plan --quantities --out`.
    #[arg(long, conflicts_with_all = ["auto", "allow", "strict_guards"], requires = "file")]
    pub(crate) quantities: bool,
    /// Lets a line of agreement pass its limit, by up to so many units (`8812=9`); only with --quantities.
    #[arg(long, value_name = "LINE=UNITS", requires = "quantities")]
    pub(crate) allow_units: Vec<String>,
    /// How the report is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A sign-in name, an e-mail address or an object id.
    #[arg(value_name = "USER")]
    pub(crate) user: String,
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CapabilitiesArgs {
    /// How the matrix is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Only this adapter; its JSON is what an offline folder takes as `capabilities.json`.
    #[arg(long, value_name = "KIND")]
    pub(crate) psa: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The document.
    #[arg(value_name = "DOCUMENT")]
    pub(crate) document: SchemaOf,
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The `[policy]` tables.
    Policy,
    /// `psa-sync.toml`.
    Config,
    /// What `plan` saves.
    Plan,
    /// What `apply` reports.
    Report,
}

#[derive(Debug, Args)]
pub(crate) struct TenantsArgs {
    /// Takes up a customer (its tenant's id, or its name where no other has it) for a company of the PSA; may be repeated.
    #[arg(long, value_name = "TENANT=COMPANY")]
    pub(crate) confirm: Vec<String>,
    /// Takes up every customer whose company holds its id; only where `[partner] auto_activate` is true.
    #[arg(long)]
    pub(crate) activate: bool,
    /// How the list is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The number of the run, as `psa-sync report --list` shows it.
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Saves the plan for `apply`, readable by its owner only.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How the plan is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PlanFormat,
}

/// How the report of a past run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PastFormat {
    /// For people.
    Text,
    /// As JSON.
    Json,
    /// As a table for spreadsheets.
    Csv,
    /// As a page.
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The number of the run; the last one unless given.
    #[arg(long, value_name = "R")]
    pub(crate) run: Option<String>,
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    /// How it is shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: PastFormat,
    /// Lists the runs in place of one report, the latest first.
    #[arg(long, conflicts_with = "run")]
    pub(crate) list: bool,
    /// At most so many runs are listed.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    #[command(subcommand)]
    pub(crate) action: PinAction,
}

/// What is done with a support PIN.
#[derive(Debug, Subcommand)]
pub(crate) enum PinAction {
    /// Says whether a PIN is the person's; it is asked for, or read from standard input.
    Verify {
        /// A sign-in name, an e-mail address or an object id.
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Makes the person's PIN invalid; the next run writes a new one.
    Rotate {
        /// A sign-in name, an e-mail address or an object id.
        #[arg(value_name = "USER")]
        user: String,
    },
}

impl PinAction {
    /// Whose PIN.
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::Verify { user } | Self::Rotate { user } => user,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    pub(crate) action: Option<QuarantineAction>,
}

/// What is done about a quarantine.
#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineAction {
    /// Lets a tenant apply again.
    End {
        /// The tenant.
        #[arg(value_name = "TENANT")]
        tenant: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    #[command(subcommand)]
    pub(crate) action: DataAction,
}

/// What is done with kept data.
#[derive(Debug, Subcommand)]
pub(crate) enum DataAction {
    /// Prints everything that is kept about one person as JSON.
    Export {
        /// A sign-in name, an e-mail address, an object id, or `contact:ID`.
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Removes everything that is kept about one person. Cannot be taken back.
    Forget {
        /// A sign-in name, an e-mail address, an object id, or `contact:ID`.
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Removes the history that is older than `[state] retention_days`.
    Prune,
}

impl DataAction {
    /// Whose data.
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::Export { user } | Self::Forget { user } => user,
            Self::Prune => "",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// The file; printed where none is named.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(crate) struct ReviewArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArgs,
    /// How the questions are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Lists what was answered in place of what waits.
    #[arg(long)]
    pub(crate) answered: bool,
    #[command(subcommand)]
    pub(crate) action: Option<ReviewAction>,
}

/// What is answered.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewAction {
    /// What is proposed is to be done, once.
    Accept(AnswerArgs),
    /// What is proposed is not to be done, as long as the situation is the same.
    Reject(AnswerArgs),
    /// The person or contact is to be left alone for ever.
    Ignore(AnswerArgs),
    /// This contact is the user's; also adopts the contact that an unsettled create made.
    #[command(visible_alias = "adopt")]
    Pin {
        #[command(flatten)]
        answer: AnswerArgs,
        /// The contact; needed where several were found.
        #[arg(long, value_name = "C")]
        contact: Option<String>,
    },
    /// The contact is taken over from the user it is linked to.
    Relink {
        #[command(flatten)]
        answer: AnswerArgs,
        /// The contact; needed where several were found.
        #[arg(long, value_name = "C")]
        contact: Option<String>,
    },
    /// None of the contacts found is the user's, who gets one of its own.
    Create(AnswerArgs),
    /// Takes an answer back; the question is asked again.
    Reopen {
        /// The question.
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// The question, as `psa-sync review` shows it.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Why, for those who come later.
    #[arg(long, value_name = "N")]
    pub(crate) note: Option<String>,
    /// Puts this answer in the place of another one to the same question.
    #[arg(long)]
    pub(crate) replace: bool,
}

impl ReviewAction {
    /// The question.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Reopen { id } => id,
            Self::Accept(_)
            | Self::Reject(_)
            | Self::Ignore(_)
            | Self::Pin { .. }
            | Self::Relink { .. }
            | Self::Create(_) => &self.arguments().id,
        }
    }

    /// What every answer has.
    pub(crate) fn arguments(&self) -> &AnswerArgs {
        /// Where nothing is answered.
        static NONE: AnswerArgs = AnswerArgs { id: String::new(), note: None, replace: false };
        match self {
            Self::Accept(answer) | Self::Reject(answer) | Self::Ignore(answer) | Self::Create(answer) => {
                answer
            }
            Self::Pin { answer, .. } | Self::Relink { answer, .. } => answer,
            Self::Reopen { .. } => &NONE,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    #[command(subcommand)]
    pub(crate) action: SecretAction,
}

/// What is done to the vault.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretAction {
    /// Sets a secret; its value is asked for, or read from standard input. Never given on the command line.
    Set {
        /// What it is called in `{ vault = "NAME" }`.
        #[arg(value_name = "NAME")]
        name: String,
        /// Keeps it encrypted in this custom field of the tenant's company in place of the vault, for
        /// `{ company_field = "FIELD" }`.
        #[arg(long, value_name = "FIELD", requires = "tenant", group = "in_company")]
        company_field: Option<String>,
        /// Keeps it encrypted in a note of the tenant's company in place of the vault, for `{ company_note = "NOTE" }`.
        #[arg(long, value_name = "NOTE", requires = "tenant", group = "in_company")]
        company_note: Option<String>,
        /// The tenant whose company that is.
        #[arg(long, value_name = "TENANT", requires = "in_company")]
        tenant: Option<String>,
    },
    /// Shows the names of the secrets, never their values.
    List,
    /// Takes a secret away.
    Remove {
        /// What it is called.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Makes the key file that `[secrets] key_file` names; never overwrites one.
    NewKey,
    /// Gives the vault another key: a new passphrase, which is asked for or read from standard input, or a key file.
    Rekey {
        /// The new key file; made where there is none yet, never overwritten.
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Where to listen; loopback only, port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Equal seeds and sizes make equal worlds.
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Users in the directory.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) users: usize,
    /// Contacts in the PSA; default four fifths of the users.
    #[arg(long, value_name = "N")]
    pub(crate) contacts: Option<usize>,
    /// Only this PSA.
    #[arg(long, value_name = "KIND")]
    pub(crate) psa: Option<String>,
    /// Milliseconds before every answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// Enforces the vendors' published rate limits.
    #[arg(long)]
    pub(crate) limits: bool,
    /// What shall go wrong, such as `connectwise:429@3,graph:503@2`.
    #[arg(long, value_name = "SPEC", default_value = "")]
    pub(crate) faults: String,
    /// How the addresses are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ReportFormat,
}

/// How this run differs from the standing policy.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "This run only")]
pub(crate) struct RunArgs {
    /// Reads everything, also what did not change since the last run; `plan` always does.
    #[arg(long)]
    pub(crate) full: bool,
    /// Only this user (sign-in name); may be repeated.
    #[arg(long = "user", value_name = "UPN")]
    pub(crate) users: Vec<String>,
    /// Only this department; may be repeated.
    #[arg(long = "department", value_name = "NAME")]
    pub(crate) departments: Vec<String>,
    /// Only this office; may be repeated.
    #[arg(long = "office", value_name = "NAME")]
    pub(crate) offices: Vec<String>,
    /// Only this company.
    #[arg(long, value_name = "ID")]
    pub(crate) company: Option<String>,
    /// Whether contacts that exist are overwritten, in place of the policy's word.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) update_existing: Option<bool>,
    /// Whether disabled users are skipped, in place of the policy's word.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) skip_disabled: Option<bool>,
    /// Only moves the links that this other tenant of the directory left (its id) to the people who are here now.
    #[arg(long, value_name = "OLD", conflicts_with_all = ["users", "departments", "offices", "company"])]
    pub(crate) migrate_tenant: Option<String>,
}

impl RunArgs {
    /// As the library takes it.
    pub(crate) fn input(&self, dry_run: bool) -> RunInput {
        let Self {
            full,
            users,
            departments,
            offices,
            company,
            update_existing,
            skip_disabled,
            migrate_tenant,
        } = self;
        let mut input = RunInput::default();
        input.sync_mode = if *full { SyncMode::Full } else { SyncMode::Incremental };
        input.company_id = company.clone();
        input.department_filter = departments.clone();
        input.office_location_filter = offices.clone();
        input.user_principal_names = users.iter().cloned().collect();
        input.skip_disabled_users = *skip_disabled;
        input.update_existing = *update_existing;
        input.migrate_from = migrate_tenant.clone();
        input.dry_run = dry_run;
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

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
