//! What surrounds the writing of a plan: looking up what an earlier run left open, and recording this one.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::{
    context::Context,
    exit::{Exit, Failure},
    gather::elsewhere,
    job::{Access, Job, Source},
    run_mark::Restored,
};
use chrono::DateTime;
use std::time::{Duration, Instant};
use sync_core::{
    apply::{
        ApplyContext, ApplyError, ApplyOptions, Report, SettleOptions, Settled, apply_watching,
        interrupted_report, refused_report, settle,
    },
    collect::{Wants, after_run},
    model::{Contact, TenantName},
    plan::{Plan, Reason},
    review::spend,
    store::{
        BaseChange, Event, EventKind, IntentState, LinkSet, Rows, RunEnd, RunId, RunRecord, RunStart, watch,
    },
};

/// The longest that a command waits for writes whose result is not known. What is not old enough by then is held.
const PATIENCE: Duration = Duration::from_secs(600);

/// Looks up what an earlier run left open, before anything is planned, and closes the record of a run that was killed.
pub(crate) async fn settle_open(context: &mut Context, job: &Job<'_>) -> Result<Settled, Failure> {
    let name = &job.tenant.name;
    let mut all = Settled::none();
    let open = match job.writable() {
        Some((store, _)) => {
            let base = store.base(name).await?;
            if base.open == 0 && base.quiet.is_some() {
                // The last run came to its end and left nothing open.
                return Ok(all);
            }
            base.open > 0
        }
        // A folder of files has its open writes among its links.
        None => !job.links().load(name).await?.open.is_empty(),
    };
    if open {
        let linked_elsewhere = elsewhere(job, LinkSet::new()).await?.linked;
        let capabilities = job.psa().capabilities().await?;
        let began = Instant::now();
        loop {
            let options = SettleOptions {
                tenant: job.tenant,
                policy: job.policy,
                capabilities: &capabilities,
                psa: job.psa(),
                links: job.links(),
                linked_elsewhere: &linked_elsewhere,
                hold: job.hold(),
                now: context.now(),
                waited: began.elapsed() + context.ahead(),
            };
            let settled = settle(&options).await?;
            let patient = |wait: &Duration| job.writable().is_some() && began.elapsed() + *wait <= PATIENCE;
            let wait = settled.wait.filter(patient);
            tell(context, job, &settled, wait.is_some());
            all = all.and(settled);
            let Some(wait) = wait else { break };
            tokio::time::sleep(wait).await;
        }
    }
    close_interrupted(context, job).await?;
    Ok(all)
}

/// Tells that the state was put back from an older copy, where it was, and what to do about it.
pub(crate) fn tell_restored(context: &mut Context, job: &Job<'_>) {
    tell_of(context, job, Restored::hint());
}

/// The same to somebody who says to go on all the same.
pub(crate) fn tell_going_on(context: &mut Context, job: &Job<'_>) {
    tell_of(context, job, "this run goes on all the same, as it was told to; it reads everything again");
}

fn tell_of(context: &mut Context, job: &Job<'_>, then: &str) {
    if let Some(restored) = job.restored() {
        context.tell(&format!("warning: {}: {}\n  {then}", job.tenant.name, restored.told()));
    }
}

/// Refuses to plan and write in one step, unless everything is asked for, where the state was put back from an older copy:
/// what people answered since is not known, and a run that nobody looks at would act against it.
pub(crate) fn refuse_restored(job: &Job<'_>, full: bool) -> Result<(), Failure> {
    match job.restored().filter(|_| !full) {
        Some(restored) => {
            let message = format!("{}; nothing was written", restored.told());
            Err(Failure::new(Exit::Guarded, message).with_hint(Restored::hint()))
        }
        None => Ok(()),
    }
}

/// Looks up what killed runs of other tenants left open in this tenant's companies: until it is known what became of their
/// creates, the same people are not created here. Where that cannot be done the planner holds those people.
pub(crate) async fn settle_beside(context: &mut Context, source: &Source, name: &TenantName) {
    for other in source.beside(name) {
        if let Err(failure) = settle_other(context, source, &other).await {
            let failure = failure.about(other.as_str());
            context.tell(&format!(
                "warning: creates of another tenant of the company are not looked up: {failure}"
            ));
        }
    }
}

async fn settle_other(context: &mut Context, source: &Source, other: &TenantName) -> Result<(), Failure> {
    let looking = source.job(context, other, Access::Read).await?;
    let links = looking.links().load(other).await?;
    if !links.open.iter().any(|intent| intent.is_create() && intent.state == IntentState::Sent) {
        return Ok(());
    }
    let job = source.job(context, other, Access::Write).await?;
    let settled = settle_open(context, &job).await;
    job.release().await;
    settled.map(drop)
}

fn tell(context: &mut Context, job: &Job<'_>, settled: &Settled, waits: bool) {
    let name = &job.tenant.name;
    if settled.done + settled.not_done + settled.indeterminate > 0 {
        context.tell(&format!(
            "{name}: an earlier run left writes open; {} were done, {} were not, {} wait for a person",
            settled.done, settled.not_done, settled.indeterminate
        ));
    }
    if let Some(wait) = settled.wait {
        context.tell(&format!(
            "{name}: {} writes of an earlier run may still be on their way; {} {} s",
            settled.waiting,
            if waits { "looking again in" } else { "nothing else is done about these people for another" },
            wait.as_secs().max(1)
        ));
    }
}

/// Puts together what a killed run did, from its plan and its journal.
async fn close_interrupted(context: &Context, job: &Job<'_>) -> Result<(), Failure> {
    let Some((store, hold)) = job.writable() else { return Ok(()) };
    let name = &job.tenant.name;
    let last = store.runs(Some(name), None, 1).await?.pop();
    let Some(last) = last.filter(|run| run.ended_at.is_none() && run.run != hold.run()) else {
        return Ok(());
    };
    let Some(plan) = store.plan(last.run).await? else { return Ok(()) };
    let intents = store.intents(last.run).await?;
    let report = interrupted_report(&plan, &intents, last.sync_mode, last.started_at);
    let end = RunEnd { at: context.now(), interrupted: true, report: &report };
    store.finish(name, hold.run(), last.run, &end).await?;
    let mut event =
        Event::new(context.now(), EventKind::RunInterrupted, format!("run {} was killed", last.run));
    event.run = Some(last.run);
    store.tell(name, hold.run(), &event).await?;
    Ok(())
}

/// Applies a plan and records the run: its beginning before the first write, its end with the report.
///
/// `answers` is how many answers of people the plan knew; `None` for a plan that was saved, after which the next run
/// looks again in any case.
pub(crate) async fn write(
    job: &Job<'_>,
    plan: &Plan,
    with: &ApplyContext<'_>,
    options: &ApplyOptions,
    answers: Option<u64>,
) -> Result<Report, ApplyError> {
    let Some((store, hold)) = job.writable() else {
        return apply_watching(plan, with, options, &mut Vec::new()).await;
    };
    let name = &job.tenant.name;
    let begins = plan.summary.changes() > 0;
    if begins {
        let start =
            RunStart { at: options.now, sync_mode: with.run.sync_mode, undoes: undone_by(plan), plan };
        store.begin(name, hold.run(), &start).await.map_err(ApplyError::Start)?;
        job.began(hold.run());
    }
    let mut written = Vec::new();
    let report = match apply_watching(plan, with, options, &mut written).await {
        Ok(report) => report,
        Err(refused) => {
            if begins {
                let report = refused_report(plan, &refused, with.run.sync_mode, options.now);
                let end = RunEnd { at: options.now, interrupted: false, report: &report };
                store.finish(name, hold.run(), hold.run(), &end).await.map_err(ApplyError::Start)?;
            }
            return Err(refused);
        }
    };
    if begins {
        let elapsed = chrono::Duration::from_std(hold.elapsed()).unwrap_or_default();
        let end = RunEnd { at: options.now + elapsed, interrupted: false, report: &report };
        if let Err(error) = store.finish(name, hold.run(), hold.run(), &end).await {
            tracing::warn!(%error, "the end of the run was not recorded; the next run puts it together");
        }
    }
    if let Err(error) = keep(job, plan, &report, written, answers).await {
        // What can be read again is no reason to call a run failed.
        tracing::warn!(%error, "what was written is not kept for the next run, which reads it again");
    }
    Ok(report)
}

/// Refuses to write for a tenant that only plans.
pub(crate) async fn refuse_quarantined(job: &Job<'_>) -> Result<(), Failure> {
    let Some((store, _)) = job.writable() else { return Ok(()) };
    let name = &job.tenant.name;
    let Some(quarantine) = store.quarantine(name).await? else { return Ok(()) };
    let message = format!(
        "this tenant is in quarantine and only plans since {}, because its runs failed; nothing was written",
        quarantine.since.format("%Y-%m-%d %H:%M UTC")
    );
    Err(Failure::new(Exit::Guarded, message).with_hint(format!(
        "mend the cause (`psa-sync report` says what failed), then `psa-sync quarantine end {name}`"
    )))
}

/// What follows a run: approvals are used up, a tenant whose runs fail is told of, old history goes.
pub(crate) async fn after(
    context: &mut Context,
    job: &Job<'_>,
    plan: &Plan,
    report: &Report,
) -> Result<(), Failure> {
    let (name, now) = (&job.tenant.name, context.now());
    job.looked_at();
    spend(job.reviews(), name, plan, report, now).await?;
    let Some((store, hold)) = job.writable() else { return Ok(()) };
    if plan.summary.changes() > 0
        && let Some(event) = watch(store, name, hold.run(), now).await?
    {
        context.tell(&format!("warning: {}", event.message));
    }
    // Also where nothing changed: history does not stay because nothing happens any more.
    store.prune(now - job.retention()).await?;
    Ok(())
}

/// The run that applied a plan already, where one of the last did.
pub(crate) async fn applied_by(job: &Job<'_>, plan: &Plan) -> Option<RunId> {
    const LOOKED_AT: u32 = 50;
    let (store, _) = job.writable()?;
    // Only for a message: an error here takes nothing away from the one that is told.
    let runs = store.runs(Some(&job.tenant.name), None, LOOKED_AT).await.unwrap_or_default();
    let wrote = |run: &RunRecord| run.statistics.is_some_and(|counts| counts.applied() > 0);
    runs.into_iter().find(|run| run.plan == plan.id && wrote(run)).map(|run| run.run)
}

/// The run that a plan takes back, where it does.
pub(crate) fn undone_by(plan: &Plan) -> Option<RunId> {
    plan.decisions.changes().find_map(|decision| match &decision.reason {
        Reason::Undone { run } => run.parse().ok().map(RunId::new),
        _ => None,
    })
}

/// Keeps what was written, and whether anything is left to do.
async fn keep(
    job: &Job<'_>,
    plan: &Plan,
    report: &Report,
    written: Vec<Contact>,
    answers: Option<u64>,
) -> Result<(), Failure> {
    let Some((store, hold)) = job.writable() else { return Ok(()) };
    let name = &job.tenant.name;
    let base = store.base(name).await?;
    let wants = Wants::of(job.policy, job.tenant);
    let quiet = answers.and_then(|answers| after_run(plan, report, &wants, base.generation, answers));
    let mut change = BaseChange { rows: Rows::Fold(written), quiet: Some(quiet), ..BaseChange::default() };
    if report.statistics.stale > 0 {
        // What is kept of the PSA is not what is there: the next run reads all of it.
        change.contacts = base.contacts.map(|mut contacts| {
            contacts.full_at = DateTime::UNIX_EPOCH;
            contacts
        });
    }
    store.keep(name, hold.run(), &change).await?;
    Ok(())
}
