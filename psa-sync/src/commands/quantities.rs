//! Agreement quantities: `psa-sync plan --quantities` says which should be set, `psa-sync apply FILE --quantities` sets them.

use super::{apply::confirm, refusal::refused_quantities};
use crate::{
    cli::{ApplyArgs, PlanArgs, PlanFormat, ReportFormat},
    context::Context,
    exit::{Exit, Failure},
    files::write_private,
    job::{Access, Job, Source},
    offline::OfflineAgreements,
    render::{json, shown_json},
};
use std::{path::Path, sync::Arc};
use sync_core::{
    AgreementsExt as _,
    model::LineId,
    plan::PlanInput,
    policy::RunInput,
    quantity::{
        Agreements, QuantityContext, QuantityInput, QuantityOptions, QuantityOverride, QuantityPlan,
        apply_quantities, quantities, quantities_to_text, quantity_report_to_text,
    },
    snapshot::Completeness,
};

/// Where the agreement lines are.
pub(crate) enum Lines {
    Live(Arc<dyn Agreements>),
    Offline(OfflineAgreements),
}

impl Lines {
    fn open(source: &Source) -> Result<Self, Failure> {
        match source {
            Source::Offline(folder) => folder
                .agreements()
                .map(Self::Offline)
                .map_err(|error| Failure::from_error(Exit::Usage, &error)),
            Source::Live { agreements: Some(agreements), .. } => Ok(Self::Live(Arc::clone(agreements))),
            Source::Live { agreements: None, psa, .. } => Err(Failure::usage(format!(
                "the adapter for {} does not read agreement lines, so --quantities needs --offline DIR",
                psa.name()
            ))
            .with_hint(
                "export the lines into agreements.json of an offline folder; docs/quantities.md says how",
            )),
        }
    }

    fn as_dyn(&self) -> &dyn Agreements {
        match self {
            Self::Live(agreements) => agreements.as_ref(),
            Self::Offline(agreements) => agreements,
        }
    }

    fn keep(&self) -> Result<(), Failure> {
        match self {
            Self::Live(_) => Ok(()),
            Self::Offline(agreements) => {
                agreements.write_back().map_err(|error| Failure::from_error(Exit::Failed, &error))
            }
        }
    }
}

/// Where the agreement lines are that shall be planned for; asked for before anything is sent.
pub(crate) fn to_plan(source: &Source, arguments: &PlanArgs) -> Result<Lines, Failure> {
    if arguments.format == PlanFormat::Markdown {
        return Err(Failure::usage("quantities have no Markdown form; use --format text or json"));
    }
    Lines::open(source)
}

/// Plans the quantities of one tenant, and prints or saves the plan; `Held` where a person should look.
pub(crate) async fn show(
    context: &mut Context,
    job: &Job<'_>,
    of: PlanInput<'_>,
    lines: &Lines,
    arguments: &PlanArgs,
) -> Result<Exit, Failure> {
    let (lines, complete) = lines.as_dyn().all_lines(&job.tenant.companies()).await?;
    if let Completeness::Partial { because } = &complete {
        context.tell(&format!("warning: the agreement lines were not read in full: {because}"));
    }
    let input = QuantityInput { of, lines: &lines, lines_complete: complete.is_complete() };
    let plan: QuantityPlan = quantities(&input)?;
    if let Some(path) = &arguments.out {
        // Saved as a document whatever is shown: the file is what `apply` takes.
        let text = plan.to_json().map_err(|error| Failure::from_error(Exit::Failed, &error))?;
        write_private(path, &text).map_err(|error| {
            let problem = format!("cannot write {}: {error}; no plan was saved", path.display());
            Failure::new(Exit::Failed, problem)
        })?;
    }
    context.print(&match arguments.format {
        PlanFormat::Json => shown_json(plan.to_json())?,
        PlanFormat::Text | PlanFormat::Markdown => quantities_to_text(&plan, arguments.all),
    })?;
    if let Some(path) = &arguments.out {
        context.tell(&format!("saved; `psa-sync apply {} --quantities` applies it", path.display()));
    }
    Ok(if plan.held() == 0 { Exit::Done } else { Exit::Held })
}

/// Applies a saved plan of quantities.
pub(crate) async fn apply(
    context: &mut Context,
    arguments: &ApplyArgs,
    file: &Path,
) -> Result<Exit, Failure> {
    let allowed =
        arguments.allow_units.iter().map(|text| parse_allow(text)).collect::<Result<Vec<_>, _>>()?;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read the plan {}: {error}", file.display())))?;
    let plan = QuantityPlan::from_json(&text).map_err(|error| {
        Failure::from_error(Exit::Stale, &error)
            .about(&file.display().to_string())
            .with_hint("nothing was written; `psa-sync plan --quantities --out FILE` makes such a plan")
    })?;
    let source = Source::open(context)?;
    let asked = arguments.tenant.tenant.as_deref();
    if asked.is_some_and(|asked| asked != plan.tenant.as_str())
        || !source.tenants(None)?.contains(&plan.tenant)
    {
        let message =
            format!("the plan is for tenant {}, which is not the one here; nothing was written", plan.tenant);
        return Err(Failure::new(Exit::Stale, message).about(&file.display().to_string()));
    }
    let job = source.job(context, &plan.tenant, Access::Write).await?;
    let lines = Lines::open(&source)?;
    if context.console.can_ask && !context.global.yes {
        context.print(&quantities_to_text(&plan, false))?;
        confirm(context)?;
    }
    let run = RunInput::default();
    let with =
        QuantityContext { tenant: job.tenant, policy: job.policy, run: &run, agreements: lines.as_dyn() };
    let mut options = QuantityOptions::at(context.now());
    options.overrides = allowed
        .into_iter()
        .map(|(line, units)| QuantityOverride::new(plan.id.clone(), LineId::new(line), units))
        .collect();
    let report = apply_quantities(&plan, &with, &options).await.map_err(refused_quantities)?;
    let kept = lines.keep();
    context.print(&match arguments.format {
        ReportFormat::Json => json(&report)?,
        ReportFormat::Text => quantity_report_to_text(&report),
    })?;
    job.release().await;
    kept?;
    Ok(match (report.success(), report.held()) {
        (false, _) => Exit::Failed,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Held,
    })
}

/// `8812=9`.
fn parse_allow(text: &str) -> Result<(String, u64), Failure> {
    text.rsplit_once('=')
        .and_then(|(line, units)| Some((line.to_owned(), units.parse().ok()?)))
        .filter(|(line, _)| !line.trim().is_empty())
        .ok_or_else(|| Failure::usage("--allow-units takes LINE=UNITS, such as 8812=9"))
}
