//! `psa-sync report`: what past runs did.

use crate::{
    cli::{PastFormat, ReportArgs},
    context::Context,
    exit::{Exit, Failure},
    render::{LetPass, json, report_csv, report_html, report_text, text_table},
    state::{open_store, parse_run},
};
use sync_core::{
    model::TenantName,
    plan::render::visible,
    store::{RunId, RunRecord, StateStore},
};

/// Names end here with `…`, in characters.
const LONGEST: usize = 60;

pub(crate) async fn run(context: &mut Context, arguments: &ReportArgs) -> Result<Exit, Failure> {
    let store = open_store(context).await?;
    let tenant = arguments.tenant.tenant.as_deref().map(TenantName::new);
    if arguments.list {
        return list(context, store.as_ref(), tenant.as_ref(), arguments).await;
    }
    let record = match &arguments.run {
        Some(run) => record_of(store.as_ref(), parse_run(run)?).await?,
        None => {
            let last = store.runs(tenant.as_ref(), None, 1).await?.into_iter().next();
            last.ok_or_else(|| Failure::new(Exit::Failed, "there was no run yet"))?
        }
    };
    let Some(report) = store.report(record.run).await? else {
        return Err(match record.ended_at {
            None => not_ended(record.run),
            Some(_) => {
                Failure::new(Exit::Failed, format!("the report of run {} is kept no more", record.run))
            }
        });
    };
    let text = match arguments.format {
        PastFormat::Json => json(&report)?,
        PastFormat::Csv => report_csv(&report),
        PastFormat::Html => report_html(&record, &report),
        PastFormat::Text => {
            let how = record.undoes.map_or(LetPass::SavedPlan, LetPass::Undo);
            format!("{}\n{}", headline(&record), report_text(&report, how))
        }
    };
    context.print(&text)?;
    Ok(Exit::Done)
}

/// Why there is nothing to tell of a run yet.
pub(super) fn not_ended(run: RunId) -> Failure {
    let message = format!("run {run} has not ended, or was killed and the next run has not looked at it yet");
    Failure::new(Exit::Failed, message).with_hint(
        "where it was killed, `psa-sync apply --auto` looks up what it left open, and then there is a report",
    )
}

/// One run, or that there is none.
pub(super) async fn record_of(store: &dyn StateStore, run: RunId) -> Result<RunRecord, Failure> {
    let found = store.run(run).await?;
    found.ok_or_else(|| {
        Failure::new(Exit::Failed, format!("there is no run {run}"))
            .with_hint("`psa-sync report --list` shows those there are; old ones are removed")
    })
}

fn headline(record: &RunRecord) -> String {
    let began = record.started_at.format("%Y-%m-%d %H:%M UTC");
    let interrupted =
        if record.interrupted { "; it was killed, and this was put together afterwards" } else { "" };
    let undoes = record.undoes.map(|run| format!("; an undo of run {run}")).unwrap_or_default();
    format!(
        "run {} of {}, {began}{undoes}{interrupted}",
        record.run,
        visible(record.tenant.as_str(), LONGEST)
    )
}

async fn list(
    context: &mut Context,
    store: &dyn StateStore,
    tenant: Option<&TenantName>,
    arguments: &ReportArgs,
) -> Result<Exit, Failure> {
    let runs = store.runs(tenant, None, arguments.limit).await?;
    if arguments.format == PastFormat::Json {
        context.print(&json(&runs)?)?;
        return Ok(Exit::Done);
    }
    if arguments.format != PastFormat::Text {
        return Err(Failure::usage("--list is shown as text or json"));
    }
    let mut rows = vec![
        ["run", "tenant", "began", "ended", "created", "updated", "deactivated", "failed", "held"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for run in &runs {
        let ended = match (run.success, run.interrupted, run.ended_at) {
            (_, true, _) => "killed",
            (_, _, None) => "not yet",
            (Some(true), ..) => "well",
            _ if run.statistics.is_some_and(|counts| counts.nothing_was_tried()) => "not written",
            (Some(false) | None, ..) => "with errors",
        };
        let counts = run.statistics;
        let cell = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        rows.push(vec![
            run.run.to_string(),
            visible(run.tenant.as_str(), LONGEST),
            run.started_at.format("%Y-%m-%d %H:%M UTC").to_string(),
            ended.to_owned(),
            cell(counts.map(|c| c.contacts_created)),
            cell(counts.map(|c| c.contacts_updated + c.contacts_linked)),
            cell(counts.map(|c| c.contacts_deactivated)),
            cell(counts.map(|c| c.errors + c.indeterminate)),
            cell(counts.map(|c| c.held)),
        ]);
    }
    context.print(&text_table(&rows))?;
    Ok(Exit::Done)
}
