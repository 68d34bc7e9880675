//! When a tenant goes into quarantine and out of it: after runs that failed again and again it only plans, until a person
//! says otherwise.

use super::{Event, EventKind, History, Quarantine, QuarantineStore, RunId, RunRecord};
use crate::{apply::Statistics, error::Result, model::TenantName};
use chrono::{DateTime, Utc};

/// How many runs in a row must have failed.
pub const FAILED_RUNS: usize = 3;
/// A run failed where more than this share of what it tried failed, in percent.
pub const FAILED_PERCENT: u64 = 40;
/// How many runs are looked back on; those that tried nothing say nothing.
const LOOKED_AT: u32 = 50;

/// Whether more of what a run tried failed than is borne; `None` where it tried nothing.
#[must_use]
pub const fn has_failed(counts: &Statistics) -> Option<bool> {
    let failed = counts.errors + counts.indeterminate;
    let tried = failed
        + counts.contacts_created
        + counts.contacts_updated
        + counts.contacts_linked
        + counts.contacts_deactivated
        + counts.contacts_reactivated;
    if tried == 0 { None } else { Some(failed * 100 > tried * FAILED_PERCENT) }
}

/// The runs for which a tenant goes into quarantine, the latest first, of runs in falling order that began after `since`;
/// `None` where it does not.
#[must_use]
pub fn failed_in_a_row(runs: &[RunRecord], since: Option<DateTime<Utc>>) -> Option<Vec<RunId>> {
    let counted = runs.iter().filter(|run| since.is_none_or(|since| run.started_at > since));
    let judged = counted.filter_map(|run| Some((run.run, has_failed(run.statistics.as_ref()?)?)));
    let last: Vec<(RunId, bool)> = judged.take(FAILED_RUNS).collect();
    let all = last.len() == FAILED_RUNS && last.iter().all(|(_, failed)| *failed);
    all.then(|| last.into_iter().map(|(run, _)| run).collect())
}

/// Looks at a tenant's last runs after one of them ended, and puts the tenant into quarantine where they failed. Answers
/// the event to be told, which is recorded; nothing where there is none, and where it is in quarantine already.
///
/// # Errors
/// As for the store's own calls.
pub async fn watch<S: History + QuarantineStore + ?Sized>(
    store: &S,
    tenant: &TenantName,
    run: RunId,
    now: DateTime<Utc>,
) -> Result<Option<Event>> {
    if store.quarantine(tenant).await?.is_some() {
        return Ok(None);
    }
    let ended = store.events(tenant, DateTime::UNIX_EPOCH).await?;
    let ended =
        ended.iter().filter(|event| event.kind == EventKind::QuarantineEnded).map(|event| event.at).max();
    let runs = store.runs(Some(tenant), None, LOOKED_AT).await?;
    let Some(failed) = failed_in_a_row(&runs, ended) else { return Ok(None) };
    let named: Vec<String> = failed.iter().map(ToString::to_string).collect();
    let message = format!(
        "tenant {tenant} only plans from now on: of what its last {FAILED_RUNS} runs ({}) tried, more than \
         {FAILED_PERCENT} % failed each time; mend the cause, then end the quarantine",
        named.join(", ")
    );
    let mut event = Event::new(now, EventKind::QuarantineBegan, message);
    event.run = Some(run);
    store.set_quarantine(tenant, run, Some(&Quarantine::new(now, failed)), &event).await?;
    Ok(Some(event))
}

/// Ends a quarantine by a person's word. Answers the event to be told, which is recorded; nothing where there is no
/// quarantine to end.
///
/// # Errors
/// As for the store's own calls.
pub async fn end_quarantine<S: QuarantineStore + ?Sized>(
    store: &S,
    tenant: &TenantName,
    run: RunId,
    now: DateTime<Utc>,
) -> Result<Option<Event>> {
    let Some(quarantine) = store.quarantine(tenant).await? else { return Ok(None) };
    let message = format!(
        "tenant {tenant} applies again: a person ended the quarantine that began at {}",
        quarantine.since.format("%Y-%m-%d %H:%M UTC")
    );
    let mut event = Event::new(now, EventKind::QuarantineEnded, message);
    event.run = Some(run);
    store.set_quarantine(tenant, run, None, &event).await?;
    Ok(Some(event))
}
