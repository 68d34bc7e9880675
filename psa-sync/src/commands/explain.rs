//! `psa-sync explain`: one user, step by step, by the planner's own code.

use crate::{
    cli::ExplainArgs,
    context::Context,
    exit::{Exit, Failure},
    gather::gather,
    job::{Access, Source},
};
use sync_core::{
    model::TenantName,
    plan::{Explanation, explain, render::visible},
};

pub(crate) async fn run(context: &mut Context, arguments: &ExplainArgs) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let tenants =
        source.tenants_with(arguments.tenant.tenant.as_deref(), arguments.run.company.as_deref())?;
    let mut exit = Exit::Done;
    let mut found = false;
    for name in &tenants {
        match one(context, &source, name, arguments).await {
            Ok(Some(explanation)) => {
                found = true;
                context.print(&format!("{}\n{explanation}", visible(name.as_str(), 1_000)))?;
            }
            Ok(None) => {}
            Err(failure) => {
                let failure = failure.about(name.as_str());
                exit = exit.worst(failure.exit());
                context.tell(&format!("error: {failure}"));
            }
        }
    }
    if found || exit != Exit::Done {
        return Ok(exit);
    }
    let names: Vec<&str> = tenants.iter().map(TenantName::as_str).collect();
    Err(Failure::new(Exit::Failed, format!("no user of {} is called that", names.join(", ")))
        .with_hint("name a user by sign-in name, e-mail address or object id, as the directory has it"))
}

async fn one(
    context: &Context,
    source: &Source,
    name: &TenantName,
    arguments: &ExplainArgs,
) -> Result<Option<Explanation>, Failure> {
    let run = arguments.run.input(true);
    let job = source.job(context, name, Access::Read).await?;
    let gathered = gather(&job, context.now()).await?;
    Ok(explain(&gathered.input(&job, &run), &arguments.user)?)
}
