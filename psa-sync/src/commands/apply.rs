//! `psa-sync apply`: writes a saved plan, or plans and writes in one step.

use super::{
    plan::show,
    refusal::{done_again, let_pass, new_plan, refused},
    taken::refuse_taken,
};
use crate::{
    cli::{ApplyArgs, PlanFormat, ReportFormat},
    context::Context,
    durable::{self, settle_beside, settle_open},
    exit::{Exit, Failure},
    gather::{Read, read},
    job::{Access, Job, Source},
    render::{json, report_text},
};
use std::path::Path;
use sync_core::{
    apply::{ApplyContext, ApplyOptions, Override, Report, Settled},
    capability::Capabilities,
    model::{TenantName, nearest},
    plan::{Plan, plan},
    policy::RunInput,
    quantity::QuantityPlan,
    store::Quiet,
};

/// The guards that a person can let pass.
const GUARDS: [&str; 5] =
    ["too_many_deactivations", "too_many_creates", "too_many_updates", "too_few_relinks", "suspect_snapshot"];

pub(crate) async fn run(context: &mut Context, arguments: &ApplyArgs) -> Result<Exit, Failure> {
    let allowed = arguments.allow.iter().map(|text| parse_allow(text)).collect::<Result<Vec<_>, _>>()?;
    match &arguments.file {
        Some(file) if arguments.quantities => super::quantities::apply(context, arguments, file).await,
        Some(file) => saved(context, arguments, file, &allowed).await,
        None if arguments.auto => auto(context, arguments).await,
        None => Err(Failure::usage(
            "there is nothing to apply: name a plan saved by `psa-sync plan --out FILE`, or plan and apply in one step \
             with `psa-sync apply --auto`",
        )),
    }
}

/// `too_many_deactivations=9`.
fn parse_allow(text: &str) -> Result<(String, u64), Failure> {
    let parsed = text.split_once('=').and_then(|(guard, count)| Some((guard, count.parse::<u64>().ok()?)));
    let Some((guard, count)) = parsed else {
        return Err(Failure::usage("--allow takes GUARD=COUNT, such as too_many_deactivations=9"));
    };
    if GUARDS.contains(&guard) {
        return Ok((guard.to_owned(), count));
    }
    Err(Failure::usage(match nearest(guard, &GUARDS) {
        Some(near) => format!("--allow: there is no guard `{guard}`; did you mean `{near}`?"),
        None => format!("--allow: there is no guard `{guard}`; there are {}", GUARDS.join(", ")),
    }))
}

async fn saved(
    context: &mut Context,
    arguments: &ApplyArgs,
    file: &Path,
    allowed: &[(String, u64)],
) -> Result<Exit, Failure> {
    if arguments.run.input(false) != RunInput::default() {
        return Err(Failure::usage(
            "a saved plan carries what its run was asked for; --user, --department and the like go with --auto or `plan`",
        ));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read the plan {}: {error}", file.display())))?;
    let plan = Plan::from_json(&text).map_err(|error| {
        let hint = if QuantityPlan::from_json(&text).is_ok() {
            "nothing was written; it is a plan of agreement quantities: `psa-sync apply FILE --quantities`"
        } else {
            "nothing was written; `psa-sync plan --out FILE` makes a plan that can be applied"
        };
        Failure::from_error(Exit::Stale, &error).about(&file.display().to_string()).with_hint(hint)
    })?;
    let source = Source::open(context)?;
    let name = &plan.tenant;
    let asked = arguments.tenant.tenant.as_deref();
    let known = source.tenants(None)?;
    if asked.is_some_and(|asked| asked != name.as_str()) || !known.contains(name) {
        let here: Vec<&str> = match asked {
            Some(asked) => vec![asked],
            None => known.iter().map(TenantName::as_str).collect(),
        };
        let message =
            format!("the plan is for tenant {name}, not for {}; nothing was written", here.join(" or "));
        return Err(Failure::new(Exit::Stale, message).about(&file.display().to_string()));
    }
    settle_beside(context, &source, name).await;
    let job = source.job(context, name, Access::Write).await?;
    let ended = saved_job(context, arguments, &job, &plan, allowed).await;
    job.release().await;
    ended
}

async fn saved_job(
    context: &mut Context,
    arguments: &ApplyArgs,
    job: &Job<'_>,
    plan: &Plan,
    allowed: &[(String, u64)],
) -> Result<Exit, Failure> {
    let name = plan.tenant.as_str();
    durable::tell_restored(context, job);
    let settled = settle_open(context, job).await.map_err(|failure| failure.about(name))?;
    durable::refuse_quarantined(job).await.map_err(|failure| failure.about(name))?;
    refuse_taken(job, plan).await.map_err(|failure| failure.about(name))?;
    if context.console.can_ask && !context.global.yes {
        show_to_person(context, plan);
        confirm(context)?;
    }
    let mut run = plan.run.clone();
    run.dry_run = false;
    let capabilities = &job.psa().capabilities().await.map_err(|e| Failure::from(e).about(name))?;
    let overrides = allowed.iter().map(|(guard, count)| Override::new(plan.id.clone(), guard, *count));
    let overrides = overrides.collect();
    let written = Written { plan, run: &run, capabilities, answers: None, settled };
    let report =
        write(context, arguments, job, &written, overrides).await.map_err(|failure| failure.about(name))?;
    let after = durable::after(context, job, plan, &report).await.map_err(|failure| failure.about(name));
    let exit = finish(context, arguments, job, plan, &report)?;
    after_all(exit, after)
}

async fn auto(context: &mut Context, arguments: &ApplyArgs) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let mut exit = Exit::Done;
    let tenants =
        source.tenants_with(arguments.tenant.tenant.as_deref(), arguments.run.company.as_deref())?;
    let alone = tenants.len() == 1;
    for name in tenants {
        let ended = auto_one(context, arguments, &source, (&name, alone)).await.unwrap_or_else(|failure| {
            let failure = failure.about(name.as_str());
            context.tell(&format!("error: {failure}"));
            failure.exit()
        });
        exit = exit.worst(ended);
    }
    Ok(exit)
}

async fn auto_one(
    context: &mut Context,
    arguments: &ApplyArgs,
    source: &Source,
    (name, alone): (&TenantName, bool),
) -> Result<Exit, Failure> {
    settle_beside(context, source, name).await;
    let job = source.job(context, name, Access::Write).await?;
    let ended = auto_job(context, arguments, &job, (name, alone)).await;
    job.release().await;
    ended
}

async fn auto_job(
    context: &mut Context,
    arguments: &ApplyArgs,
    job: &Job<'_>,
    (name, alone): (&TenantName, bool),
) -> Result<Exit, Failure> {
    let mut run = arguments.run.input(false);
    durable::refuse_restored(job, arguments.run.full)?;
    durable::tell_going_on(context, job);
    settle_open(context, job).await?;
    durable::refuse_quarantined(job).await?;
    let gathered = match read(job, &run, context.now()).await? {
        Read::Sides(gathered) => gathered,
        Read::Quiet(quiet) => return unchanged(context, arguments, job, &quiet),
    };
    run.sync_mode = gathered.mode;
    gathered.check_names(&run, alone)?;
    let plan = plan(&gathered.input(job, &run))?;
    if let Some(told) = gathered.told_unremembered(job, &plan) {
        context.tell(&format!("note: {name}: {told}"));
    }
    if let Some(because) = gathered.cut_short() {
        context.tell(&format!(
            "warning: {name}: the directory read was cut short, so absence proves nothing and nobody is missing\n  \
             because: {because}"
        ));
    }
    if context.console.can_ask && !context.global.yes {
        show_to_person(context, &plan);
        confirm(context)?;
    }
    let answers = Some(gathered.answers);
    let capabilities = gathered.capabilities();
    let written = Written { plan: &plan, run: &run, capabilities, answers, settled: Settled::none() };
    let report = write(context, arguments, job, &written, Vec::new()).await?;
    let after = durable::after(context, job, &plan, &report).await;
    let exit = finish(context, arguments, job, &plan, &report)?;
    after_all(exit, after)
}

/// How a run ended, with what came of the work after it: the report is shown in any case, because what was written was written.
fn after_all(exit: Exit, after: Result<(), Failure>) -> Result<Exit, Failure> {
    match after {
        Err(failure) if exit == Exit::Failed => {
            tracing::warn!(error = %failure, "the end of the run was not taken care of; the next run does that");
            Ok(exit)
        }
        Err(failure) => Err(failure),
        Ok(()) => Ok(exit),
    }
}

/// Nothing changed since the last run, and that one left nothing to do.
fn unchanged(
    context: &mut Context,
    arguments: &ApplyArgs,
    job: &Job<'_>,
    quiet: &Quiet,
) -> Result<Exit, Failure> {
    let report = Report::unchanged(&job.tenant.name, job.psa().name(), quiet.held, context.now());
    let text = match arguments.format {
        ReportFormat::Json => json(&report)?,
        ReportFormat::Text => {
            let held = match quiet.held {
                0 => String::new(),
                held => format!("; {held} waiting for a person, as before"),
            };
            format!("{}: nothing changed since the last run{held}.", job.tenant.name)
        }
    };
    context.print(&text)?;
    Ok(if quiet.held > 0 { Exit::Held } else { Exit::Done })
}

fn show_to_person(context: &mut Context, plan: &Plan) {
    // A plan that cannot be shown is not confirmed either: the question follows at once.
    let _ = show(context, plan, PlanFormat::Text, false);
}

pub(super) fn confirm(context: &mut Context) -> Result<(), Failure> {
    if context.ask("Apply this plan?")? {
        Ok(())
    } else {
        Err(Failure::new(Exit::Failed, "not applied; nothing was written"))
    }
}

/// What is to be written.
struct Written<'a> {
    plan: &'a Plan,
    run: &'a RunInput,
    capabilities: &'a Capabilities,
    /// How many answers of people the plan knew, where that is known.
    answers: Option<u64>,
    /// What was looked up since the plan was made.
    settled: Settled,
}

async fn write(
    context: &mut Context,
    arguments: &ApplyArgs,
    job: &Job<'_>,
    written: &Written<'_>,
    overrides: Vec<Override>,
) -> Result<Report, Failure> {
    let Written { plan, run, capabilities, answers, settled } = written;
    let psa = job.writing(plan, context.now())?;
    let with = ApplyContext {
        tenant: job.tenant,
        policy: job.policy,
        capabilities,
        run,
        psa: psa.as_ref(),
        links: job.links(),
        hold: job.hold(),
    };
    // A third of the lease is gone when it is renewed; a request must fit into the rest.
    if job.hold().left() / 3 * 2 <= capabilities.settling.timeout() {
        return Err(Failure::usage(
            "the lease is too short for one write to the PSA: it must last longer than one and a half times the PSA's \
             `timeout_seconds`; raise `lease_seconds` in [state], or lower `timeout_seconds`",
        ));
    }
    let mut options = ApplyOptions::at(context.now());
    options.overrides = overrides;
    options.settled = settled.clone();
    options.strict_guards = arguments.strict_guards;
    match durable::write(job, plan, &with, &options, *answers).await {
        Ok(report) => Ok(report),
        Err(error) => Err(refused(job, plan, error, arguments.auto).await),
    }
}

/// Keeps what was done, prints the report, and says how the run ended.
fn finish(
    context: &mut Context,
    arguments: &ApplyArgs,
    job: &Job<'_>,
    plan: &Plan,
    report: &Report,
) -> Result<Exit, Failure> {
    // What could not be kept in a folder of files was not done, and a report would say that it was.
    job.keep()?;
    let text = match arguments.format {
        ReportFormat::Json => json(report)?,
        ReportFormat::Text => report_text(report, let_pass(plan, report, arguments.auto)),
    };
    context.print(&text)?;
    if report.statistics.applied() > 0
        && let Some(run) = durable::undone_by(plan)
    {
        context.tell(&format!("{}: {}", plan.tenant, done_again(run)));
    }
    let (exit, message) = exit_of(plan, report);
    if let Some(message) = message {
        // Waiting for a person is no error.
        let what = if exit == Exit::Held { "" } else { "error: " };
        context.tell(&format!("{what}{}: {message}", plan.tenant));
    }
    Ok(exit)
}

/// How a run ended, and what to say where that is not in the report's first lines.
fn exit_of(plan: &Plan, report: &Report) -> (Exit, Option<String>) {
    let counts = &report.statistics;
    let applied = counts.applied();
    if counts.errors + counts.indeterminate + counts.not_attempted > 0 {
        let lost = counts.errors + counts.indeterminate;
        let message = format!(
            "{applied} of {} changes were made, {lost} failed or are unknown, {} were not tried; the report says which. \
             Plan again: what was made is not made twice",
            plan.summary.changes(),
            counts.not_attempted
        );
        return (Exit::Failed, Some(message));
    }
    if counts.stale > 0 {
        let message = format!(
            "{} left alone because {} contact changed or appeared after planning; {}",
            if counts.stale == 1 {
                "1 change was".to_owned()
            } else {
                format!("{} changes were", counts.stale)
            },
            if counts.stale == 1 { "its" } else { "each" },
            new_plan(plan)
        );
        let exit = if applied == 0 { Exit::Stale } else { Exit::Failed };
        return (exit, Some(message));
    }
    if !plan.basis.users_complete {
        let message = "the directory read was cut short; what was read is done, plan again for the rest";
        return (Exit::Failed, Some(message.to_owned()));
    }
    if let (Some(guard), 0) = (report.guards.first(), applied)
        && plan.summary.changes() > 0
    {
        return (Exit::Guarded, Some(format!("stopped by a guard: {guard}; nothing was written")));
    }
    if !report.success && plan.basis.users_suspect {
        return (Exit::Held, Some(suspect_hint(plan)));
    }
    if !report.success {
        return (Exit::Failed, Some("the run did not succeed; the report says why".to_owned()));
    }
    (if counts.held > 0 { Exit::Held } else { Exit::Done }, None)
}

/// What to do about a directory read that is suspiciously small.
pub(crate) fn suspect_hint(plan: &Plan) -> String {
    let now = plan.summary.users_read;
    format!(
        "the directory read is empty or far smaller than the last complete one, so nobody counts as missing; if it really \
         became that small, save a plan (`psa-sync plan --out FILE`) and `psa-sync apply FILE --allow suspect_snapshot={now}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_failed_is_not_called_otherwise_by_what_comes_after_it() {
        let gone = || Err(Failure::new(Exit::Failed, "look at quarantine failed"));
        assert_eq!(after_all(Exit::Failed, gone()).unwrap(), Exit::Failed);
        assert!(after_all(Exit::Held, gone()).is_err());
        assert_eq!(after_all(Exit::Held, Ok(())).unwrap(), Exit::Held);
    }

    #[test]
    fn an_override_names_a_guard_that_exists_and_a_number() {
        assert_eq!(parse_allow("too_many_creates=9").unwrap(), ("too_many_creates".to_owned(), 9));
        let near = parse_allow("too_many_deactivation=9").unwrap_err();
        assert!(near.to_string().contains("did you mean `too_many_deactivations`?"));
        for text in ["too_many_creates", "too_many_creates=", "too_many_creates=-1", "=3"] {
            assert_eq!(parse_allow(text).unwrap_err().exit(), Exit::Usage, "{text}");
        }
    }
}
