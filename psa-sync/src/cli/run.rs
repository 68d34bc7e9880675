//! Commands that plan and apply.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use sync_core::policy::{RunInput, SyncMode};

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
