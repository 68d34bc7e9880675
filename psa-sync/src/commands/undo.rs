//! `psa-sync undo`: the plan that puts back what a run did. Writes nothing to the PSA, and no file but the one it is told to write;
//! what the run left open is looked up first, and recorded.

use super::{
    plan::{save, show},
    refusal::done_again,
    report::{not_ended, record_of},
};
use crate::{
    cli::UndoArgs,
    context::Context,
    durable::{settle_open, tell_restored},
    exit::{Exit, Failure},
    gather::elsewhere,
    job::{Access, Source},
    state::{open_store, parse_run},
};
use sync_core::{
    ContactQuery, PsaExt as _,
    plan::{UndoInput, undo, undo_fields},
    store::{IntentState, LinkSet, RunRecord, StateStore},
};

pub(crate) async fn run(context: &mut Context, arguments: &UndoArgs) -> Result<Exit, Failure> {
    let store = open_store(context).await?;
    let run = parse_run(&arguments.run)?;
    let source = Source::open(context)?;
    let record = record_of(store.as_ref(), run).await?;
    let record = looked_up(context, &source, store.as_ref(), record).await?;
    let gone = |what: &str| Failure::new(Exit::Failed, format!("the {what} of run {run} is kept no more"));
    let done = store.plan(run).await?.ok_or_else(|| gone("plan"))?;
    let report = store.report(run).await?.ok_or_else(|| gone("report"))?;
    let intents = store.intents(run).await?;
    let job = source.job(context, &record.tenant, Access::Read).await?;
    tell_restored(context, &job);
    let about = |failure: Failure| failure.about(record.tenant.as_str());
    let now = context.now();
    let mut query = ContactQuery::of_companies(job.tenant.companies());
    query.custom_fields = undo_fields(&done, job.policy);
    let contacts = job.psa().snapshot(&query, now).await.map_err(|error| about(error.into()))?;
    let links = job.links().load(&job.tenant.name).await?;
    let linked_elsewhere = elsewhere(&job, LinkSet::new()).await?.linked;
    let capabilities = job.psa().capabilities().await.map_err(|error| about(error.into()))?;
    let plan = undo(&UndoInput {
        run: &run.to_string(),
        done: &done,
        report: &report,
        intents: &intents,
        tenant: job.tenant,
        psa: job.psa().name(),
        contacts: &contacts,
        links: &links,
        linked_elsewhere: &linked_elsewhere,
        policy: job.policy,
        capabilities: &capabilities,
        as_of: now,
    })
    .map_err(|error| about(Failure::from_error(Exit::Failed, &error)))?;
    drop(job);
    if let Some(path) = &arguments.out {
        save(&plan, path)?;
    }
    show(context, &plan, arguments.format, true)?;
    let open = plan.summary.hold > 0 || !plan.guards.is_empty() || !plan.warnings.is_empty();
    match &arguments.out {
        Some(path) if plan.summary.changes() > 0 => {
            context.tell(&format!("saved; `psa-sync apply {}` puts it back", path.display()));
        }
        None if plan.summary.changes() > 0 => {
            context.tell(&format!(
                "to put it back: `psa-sync undo {run} --out FILE`, then `psa-sync apply FILE`"
            ));
        }
        Some(_) | None if open => {
            context
                .tell("nothing can be put back by this program; the plan says what stays as it is, and why");
        }
        Some(_) | None => context.tell("there is nothing left to put back"),
    }
    if plan.summary.changes() > 0 {
        context.tell(&done_again(run));
    }
    Ok(if open { Exit::Held } else { Exit::Done })
}

/// The record of the run after what it left open was looked up: a run that was killed has a report then, and the plan that takes
/// it back need not be made again for what is found out later.
async fn looked_up(
    context: &mut Context,
    source: &Source,
    store: &dyn StateStore,
    record: RunRecord,
) -> Result<RunRecord, Failure> {
    let links = store.load(&record.tenant).await?;
    let open = links.open.iter().any(|intent| intent.state == IntentState::Sent);
    if record.ended_at.is_some() && !open {
        return Ok(record);
    }
    let job = match source.job(context, &record.tenant, Access::Write).await {
        Ok(job) => job,
        // What another run has under way now is its own.
        Err(_) if record.ended_at.is_some() => return Ok(record),
        Err(failure) => return Err(failure.about(record.tenant.as_str())),
    };
    let settled = settle_open(context, &job).await;
    job.release().await;
    settled.map_err(|failure| failure.about(record.tenant.as_str()))?;
    let record = record_of(store, record.run).await?;
    if record.ended_at.is_none() { Err(not_ended(record.run)) } else { Ok(record) }
}
