//! Commands about what is remembered.

use super::run::TenantArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

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
