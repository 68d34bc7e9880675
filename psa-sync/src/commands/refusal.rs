//! What to do about a plan that was refused, or of which a guard stopped a part.

use crate::{
    durable::{applied_by, undone_by},
    exit::{Exit, Failure},
    job::Job,
    render::LetPass,
};
use sync_core::{
    apply::{ApplyError, Report},
    plan::Plan,
    store::RunId,
};

/// How a plan like this one is made anew.
pub(super) fn new_plan(plan: &Plan) -> String {
    match undone_by(plan) {
        Some(run) => format!("make a new plan: `psa-sync undo {run} --out FILE`"),
        None => "make a new plan: `psa-sync plan --out FILE`".to_owned(),
    }
}

/// What to do about a plan that was refused as a whole.
pub(super) async fn refused(job: &Job<'_>, plan: &Plan, error: ApplyError, auto: bool) -> Failure {
    let hint = match &error {
        ApplyError::BasisChanged { .. } => match applied_by(job, plan).await {
            Some(run) => format!(
                "nothing was written; run {run} applied this plan already: `psa-sync report --run {run}` shows what it did. For what is \
                 left, {}",
                new_plan(plan)
            ),
            None => format!("nothing was written; {}", new_plan(plan)),
        },
        ApplyError::OtherPsa { .. }
        | ApplyError::OtherTenant { .. }
        | ApplyError::Document(_)
        | ApplyError::TooOld { .. } => format!("nothing was written; {}", new_plan(plan)),
        ApplyError::Guarded(_) if auto => {
            "nothing was written; to let the guard pass, save a plan (`psa-sync plan --out FILE`), read it, then \
             `psa-sync apply FILE --allow GUARD=COUNT`"
                .to_owned()
        }
        ApplyError::Guarded(_) => {
            "nothing was written; read the plan, then let the guard pass with --allow GUARD=COUNT if that is meant".to_owned()
        }
        ApplyError::BadOverride { .. } => {
            "nothing was written; --allow takes the guards that the plan shows".to_owned()
        }
        ApplyError::ContactsPartial(_) | ApplyError::Start(_) | _ => "nothing was written".to_owned(),
    };
    Failure::from(error).with_hint(hint)
}

/// What to do about a plan of quantities that was refused as a whole.
pub(super) fn refused_quantities(error: ApplyError) -> Failure {
    let refused = Failure::from(error);
    let hint = if refused.exit() == Exit::Stale {
        "nothing was written; make a new plan: `psa-sync plan --quantities --out FILE`"
    } else {
        "nothing was written"
    };
    refused.with_hint(hint)
}

/// How a guard that stopped a part of a plan can be let pass. The same plan can be applied again only where nothing of it was
/// tried: what it stands on changed otherwise.
pub(super) fn let_pass(plan: &Plan, report: &Report, auto: bool) -> LetPass {
    let counts = &report.statistics;
    let tried = counts.applied() + counts.errors + counts.indeterminate + counts.not_attempted > 0;
    match undone_by(plan) {
        _ if !auto && !tried => LetPass::SamePlan,
        Some(run) => LetPass::Undo(run),
        None => LetPass::SavedPlan,
    }
}

/// What a person has to know who takes a run back.
pub(super) fn done_again(run: RunId) -> String {
    format!(
        "the next run does again what the policy says, also what was taken back of run {run} (contacts that run {run} created stay \
         inactive); before it, change the policy, or leave people alone with `psa-sync review ignore USER`"
    )
}
