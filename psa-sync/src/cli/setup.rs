//! Commands that set things up, and those that show what there is.

use super::run::{PlanFormat, ReportFormat};
use clap::{Args, Subcommand, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

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
