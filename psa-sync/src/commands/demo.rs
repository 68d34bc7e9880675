//! `psa-sync demo`: a whole sync over real HTTP against imitations in this process.

use super::plan::show;
use crate::{
    adapters,
    cli::{DemoArgs, PlanFormat},
    context::Context,
    exit::{Exit, Failure},
    gather::gather,
    job::{Access, Job, Source},
    render::{LetPass, report_text, text_table},
    world,
};
use sync_core::{
    apply::{ApplyContext, ApplyOptions, apply},
    model::TenantName,
    plan::{Plan, plan},
    policy::RunInput,
};
use sync_sandbox::{Calls, Options, Sandbox};

pub(crate) async fn run(context: &mut Context, arguments: DemoArgs) -> Result<Exit, Failure> {
    let DemoArgs { users, psa } = arguments;
    adapters::psa(&psa).map_err(|error| Failure::usage(format!("--psa: {error}")))?;
    let vendors = world::vendors(&psa)
        .ok_or_else(|| Failure::usage(format!("--psa: there is no demo of `{psa}` yet")))?;
    let io = |error: std::io::Error| Failure::new(Exit::Failed, format!("the demo cannot start: {error}"));
    let folder = tempfile::Builder::new().prefix("psa-sync-demo-").tempdir().map_err(io)?;
    let contacts = users * 4 / 5;
    let sandbox = Sandbox::start(Options::sized(users, contacts).vendors(&vendors)).await.map_err(io)?;
    context.global.config = world::write_config(folder.path(), &sandbox, false).map_err(io)?;
    context.global.offline = None;
    context.print(&format!(
        "A made-up directory of {users} users and a made-up {psa} of {contacts} contacts are listening on this machine.\n\
         Everything below goes over real HTTP, as it would to the vendors; nothing outside this process is touched."
    ))?;
    let exit = act(context, &sandbox).await;
    sandbox.shutdown().await;
    folder.close().map_err(io)?;
    exit
}

async fn act(context: &mut Context, sandbox: &Sandbox) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let name = TenantName::new("Contoso");
    let job = source.job(context, &name, Access::Write).await?;
    let run = RunInput::default();

    context.print("\n1. Reading both sides and planning. Nothing is written.\n\n")?;
    let gathered = gather(&job, context.now()).await?;
    let first = plan(&gathered.input(&job, &run))?;
    show(context, &first, PlanFormat::Text, false)?;
    let read = sandbox.calls();

    context.print(
        "\n2. Applying exactly that plan; every contact is looked at once more before it is written.\n\n",
    )?;
    let with = ApplyContext {
        tenant: job.tenant,
        policy: job.policy,
        capabilities: gathered.capabilities(),
        run: &run,
        psa: job.psa(),
        links: job.links(),
        hold: job.hold(),
    };
    let report = apply(&first, &with, &ApplyOptions::at(context.now())).await?;
    context.print(&report_text(&report, LetPass::SavedPlan))?;
    let written = sandbox.calls();

    context.print("\n3. Planning again, to see whether both sides are in step now.\n\n")?;
    let second = again(context, &job, &run).await?;
    let exit = verdict(context, &second)?;
    if exit != Exit::Done {
        show(context, &second, PlanFormat::Text, false)?;
    }
    calls(context, &read, &written, &sandbox.calls())?;
    Ok(if report.success { exit } else { Exit::Failed })
}

async fn again(context: &Context, job: &Job<'_>, run: &RunInput) -> Result<Plan, Failure> {
    let gathered = gather(job, context.now()).await?;
    Ok(plan(&gathered.input(job, run))?)
}

/// Whether the second plan has nothing to do, apart from what waits for a person.
fn verdict(context: &mut Context, second: &Plan) -> Result<Exit, Failure> {
    let changes = second.summary.changes();
    if changes > 0 {
        let said = format!("{changes} changes are left, so both sides are NOT in step. This should not be.");
        context.print(&said)?;
        return Ok(Exit::Failed);
    }
    let waiting = match second.summary.hold {
        0 => String::new(),
        1 => "; 1 decision waits for a person, as shown above, and nothing was guessed".to_owned(),
        n => format!("; {n} decisions wait for a person, as shown above, and nothing was guessed"),
    };
    context.print(&format!(
        "Both sides are in step: {} decisions, none of which changes anything{waiting}.",
        second.decisions.len()
    ))?;
    Ok(Exit::Done)
}

/// What was called in each of the three steps.
fn calls(context: &mut Context, read: &Calls, written: &Calls, all: &Calls) -> Result<(), Failure> {
    let row = |what: &str, calls: u64, writes: u64| {
        vec![format!("  {what}"), format!("{calls} calls"), format!("{writes} of them writes")]
    };
    let rows = [
        row("reading and planning", read.total, read.writes()),
        row("applying", written.total - read.total, written.writes() - read.writes()),
        row("reading and planning again", all.total - written.total, all.writes() - written.writes()),
    ];
    context.print(&format!("\nCalls made\n{}", text_table(&rows)))?;
    context.print("\nNext: `psa-sync init` writes a configuration for your own systems; `psa-sync sandbox` keeps this one running.")
}
