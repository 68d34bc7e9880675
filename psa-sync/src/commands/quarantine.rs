//! `psa-sync quarantine`: tenants that only plan because their runs failed, and the way out.

use crate::{
    cli::{QuarantineAction, QuarantineArgs},
    context::Context,
    exit::{Exit, Failure},
    job::Source,
    state::{hold_tenant, open_store},
};
use sync_core::{model::TenantName, plan::render::visible, store::end_quarantine};

pub(crate) async fn run(context: &mut Context, arguments: QuarantineArgs) -> Result<Exit, Failure> {
    let store = open_store(context).await?;
    match arguments.action {
        None => {
            let source = Source::open(context)?;
            let mut exit = Exit::Done;
            for name in source.tenants(None)? {
                let Some(quarantine) = store.quarantine(&name).await? else { continue };
                let runs: Vec<String> = quarantine.runs.iter().map(ToString::to_string).collect();
                context.print(&format!(
                    "{} only plans since {} (runs {})",
                    visible(name.as_str(), 100),
                    quarantine.since.format("%Y-%m-%d %H:%M UTC"),
                    runs.join(", ")
                ))?;
                exit = Exit::Held;
            }
            if exit == Exit::Done {
                context.tell("no tenant is in quarantine");
            }
            Ok(exit)
        }
        Some(QuarantineAction::End { tenant }) => {
            let name = TenantName::new(tenant);
            if !Source::open(context)?.tenants(None)?.contains(&name) {
                return Err(Failure::usage(format!("there is no tenant {name}")));
            }
            let held = hold_tenant(store.as_ref(), &name).await?;
            let ended = end_quarantine(store.as_ref(), &name, held, context.now()).await;
            store.release(&name, held).await?;
            match ended? {
                Some(event) => context.tell(&event.message),
                None => context.tell(&format!("{name} is not in quarantine")),
            }
            Ok(Exit::Done)
        }
    }
}
