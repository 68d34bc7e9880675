//! Log lines on stderr. They name operations, ids and times; never people, values or secrets.

use crate::cli::LogFormat;
use tracing_subscriber::EnvFilter;

/// The crates whose log lines are shown; libraries below them may log addresses with people's names in them.
const OURS: [&str; 8] = [
    "psa_sync",
    "sync_http",
    "graph_client",
    "psa_autotask",
    "psa_connectwise",
    "psa_kaseyabms",
    "psa_syncro",
    "sync_state",
];

/// Starts logging. A second start in one process changes nothing.
pub(crate) fn start(format: LogFormat, verbosity: u8, colour: bool) {
    let level = match verbosity {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let directives = OURS.map(|name| format!("{name}={level}")).join(",");
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("error,{directives}")))
        .with_writer(std::io::stderr);
    // A test may have started it before.
    let _ = match format {
        LogFormat::Text => builder.with_ansi(colour).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
