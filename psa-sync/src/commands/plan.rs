//! `psa-sync plan`: what would change, and why. Writes nothing but the file it is told to write.

use super::apply::suspect_hint;
use crate::{
    cli::{PlanArgs, PlanFormat},
    context::Context,
    durable::tell_restored,
    exit::{Exit, Failure},
    files::write_private,
    gather::{Gathered, gather},
    job::{Access, Source},
    render::shown_json,
};
use std::path::Path;
use sync_core::{
    model::TenantName,
    plan::{
        Plan, plan, readiness,
        render::{RenderOptions, to_markdown, to_text},
    },
};

pub(crate) async fn run(context: &mut Context, arguments: &PlanArgs) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let tenants =
        source.tenants_with(arguments.tenant.tenant.as_deref(), arguments.run.company.as_deref())?;
    let alone = tenants.len() == 1;
    if let (Some(_), [_, another, ..]) = (&arguments.out, tenants.as_slice()) {
        return Err(Failure::usage(format!(
            "--out saves one plan, and there are {} tenants ({another} is one of them); name one with --tenant",
            tenants.len()
        )));
    }
    let mut exit = Exit::Done;
    for name in tenants {
        let ended = one(context, &source, (&name, alone), arguments).await.unwrap_or_else(|failure| {
            let failure = failure.about(name.as_str());
            context.tell(&format!("error: {failure}"));
            failure.exit()
        });
        exit = exit.worst(ended);
    }
    Ok(exit)
}

async fn one(
    context: &mut Context,
    source: &Source,
    (name, alone): (&TenantName, bool),
    arguments: &PlanArgs,
) -> Result<Exit, Failure> {
    let run = arguments.run.input(true);
    let agreements =
        if arguments.quantities { Some(super::quantities::to_plan(source, arguments)?) } else { None };
    let pairs = if arguments.native_pairs { Some(source.pairs()?) } else { None };
    let job = source.job(context, name, Access::Read).await?;
    tell_restored(context, &job);
    let mut gathered = gather(&job, context.now()).await?;
    if let Some(pairs) = pairs {
        let told = gathered.take_pairs(name, &pairs.pairs().await?);
        context.tell(&format!("{name}: {told}"));
    }
    gathered.check_names(&run, alone)?;
    if arguments.readiness {
        let report = readiness(&gathered.input(&job, &run))?;
        drop(job);
        let ended = super::readiness::show(context, &report, arguments)?;
        return Ok(if tell_cut_short(context, name, &gathered) { Exit::Failed } else { ended });
    }
    if let Some(agreements) = agreements {
        // A read that was cut short holds every line, and each says so.
        return super::quantities::show(context, &job, gathered.input(&job, &run), &agreements, arguments)
            .await;
    }
    let plan = plan(&gathered.input(&job, &run))?;
    if let Some(told) = gathered.told_unremembered(&job, &plan) {
        context.tell(&format!("note: {name}: {told}"));
    }
    drop(job);
    if let Some(path) = &arguments.out {
        save(&plan, path)?;
    }
    show(context, &plan, arguments.format, arguments.all)?;
    if let Some(path) = &arguments.out {
        context.tell(&format!("saved; `psa-sync apply {}` applies it", path.display()));
    } else if arguments.format == PlanFormat::Text && plan.summary.changes() > 0 {
        context.print("To apply it: save it with `psa-sync plan --out FILE`, then `psa-sync apply FILE`")?;
    }
    if tell_cut_short(context, name, &gathered) {
        return Ok(Exit::Failed);
    }
    if plan.summary.hold > 0 && arguments.format == PlanFormat::Text {
        context.tell("what is held for a person is answered with `psa-sync review`");
    }
    if plan.basis.users_suspect {
        context.tell(&format!("{name}: {}", suspect_hint(&plan)));
    }
    Ok(exit_of(&plan, arguments.detailed_exitcode))
}

/// Tells that the directory read is not whole, where it is not.
fn tell_cut_short(context: &mut Context, name: &TenantName, gathered: &Gathered) -> bool {
    let Some(because) = gathered.cut_short() else { return false };
    context.tell(&format!(
        "error: {name}: the directory read was cut short, so absence proves nothing and nobody is missing in this \
         plan\n  because: {because}\n  the plan holds for everybody who was read; plan again for the rest"
    ));
    true
}

/// Saves a plan for its owner's eyes.
pub(super) fn save(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let text = plan.to_json().map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    write_private(path, &text).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write {}: {error}; no plan was saved", path.display()))
    })
}

/// Prints a plan.
pub(crate) fn show(context: &mut Context, plan: &Plan, format: PlanFormat, all: bool) -> Result<(), Failure> {
    let text = match format {
        PlanFormat::Json => shown_json(plan.to_json())?,
        PlanFormat::Markdown => to_markdown(plan),
        PlanFormat::Text => {
            let mut options = RenderOptions::plain();
            options.colour = context.console.colour;
            options.width = context.console.width;
            options.all = all;
            to_text(plan, &options)
        }
    };
    context.print(&text)
}

const fn exit_of(plan: &Plan, detailed: bool) -> Exit {
    match (detailed, plan.summary.changes(), plan.summary.hold) {
        (true, 0, _) => Exit::Done,
        (true, _, _) => Exit::Changes,
        // What a guard stops and a suspicious read wait for a person, too.
        (false, _, 0) if plan.guards.is_empty() && !plan.basis.users_suspect => Exit::Done,
        (false, _, _) => Exit::Held,
    }
}
