//! The store of a configuration, for commands that look at past runs.

use crate::{
    config::{self, open_state},
    context::Context,
    exit::{Exit, Failure},
    run_mark::RunMark,
};
use std::{sync::Arc, time::Duration};
use sync_core::{
    model::TenantName,
    store::{Acquired, RunId, StateStore},
};

/// How long a command that changes one record holds a tenant at most.
const SHORT: Duration = Duration::from_secs(30);

/// The store, where there is one yet. A folder of files keeps no history.
pub(crate) async fn open_store(context: &Context) -> Result<Arc<dyn StateStore>, Failure> {
    if context.global.offline.is_some() {
        return Err(Failure::usage("a folder of files keeps no history of runs"));
    }
    let config = config::load(&context.global.config, &context.environment)?;
    if let Some(file) = config.state.place.file().filter(|file| !file.exists()) {
        let place = file.display();
        return Err(match RunMark::beside(&file).last() {
            None => Failure::new(Exit::Failed, format!("there was no run yet: {place} does not exist")),
            Some(run) => {
                let message = format!("{place} does not exist, and run {run} was made: it was lost or moved");
                Failure::new(Exit::Failed, message).with_hint("put a copy of it back")
            }
        });
    }
    open_state(&config.state.place, &context.environment, &config.folder).await
}

/// For how long the history is kept.
pub(crate) fn retention(context: &Context) -> Result<chrono::Duration, Failure> {
    Ok(config::load(&context.global.config, &context.environment)?.state.retention)
}

/// The number of a run as it is given on the command line.
pub(crate) fn parse_run(text: &str) -> Result<RunId, Failure> {
    let number = text.trim().parse::<u64>();
    number.map(RunId::new).map_err(|_cause| {
        Failure::usage("a run is named by its number").with_hint("`psa-sync report --list` shows the numbers")
    })
}

/// Takes a tenant for a moment, or says who has it.
pub(crate) async fn hold_tenant(store: &dyn StateStore, tenant: &TenantName) -> Result<RunId, Failure> {
    match sync_state::acquire(store, tenant, SHORT).await? {
        Acquired::Ours(lease) => Ok(lease.run),
        Acquired::HeldBy(lease) => Err(Failure::new(
            Exit::Failed,
            format!(
                "another run of {tenant} is under way ({} since {}); wait for it to end",
                sync_state::holder_for_people(&lease.holder),
                lease.since.format("%Y-%m-%d %H:%M UTC")
            ),
        )),
    }
}
