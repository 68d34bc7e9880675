//! `psa-sync plan --quantities`: which agreement quantities should be set. Writes nothing but the file it is told to write.

use crate::{
    cli::{PlanArgs, PlanFormat},
    context::Context,
    exit::{Exit, Failure},
    files::write_private,
    job::Source,
    offline::OfflineAgreements,
};
use sync_core::{
    plan::PlanInput,
    quantity::{QuantityInput, QuantityPlan, quantities, quantities_to_text},
};

/// The agreement lines, where they can be read; asked for before anything is sent.
pub(crate) fn lines(source: &Source, arguments: &PlanArgs) -> Result<OfflineAgreements, Failure> {
    if arguments.format == PlanFormat::Markdown {
        return Err(Failure::usage("quantities have no Markdown form; use --format text or json"));
    }
    match source {
        Source::Offline(folder) => {
            folder.agreements().map_err(|error| Failure::from_error(Exit::Usage, &error))
        }
        Source::Live { .. } => {
            Err(Failure::usage("no adapter reads agreement lines yet, so --quantities needs --offline DIR")
                .with_hint(
                    "export the lines into agreements.json of an offline folder; docs/quantities.md says how",
                ))
        }
    }
}

/// Plans the quantities of one tenant, and prints or saves the plan; `Held` where a person should look.
pub(crate) fn show(
    context: &mut Context,
    of: PlanInput<'_>,
    agreements: &OfflineAgreements,
    arguments: &PlanArgs,
) -> Result<Exit, Failure> {
    let input = QuantityInput { of, lines: &agreements.lines, lines_complete: agreements.complete };
    let plan: QuantityPlan = quantities(&input)?;
    let text = match arguments.format {
        PlanFormat::Json => plan.to_json().map_err(|error| Failure::from_error(Exit::Failed, &error))?,
        PlanFormat::Text | PlanFormat::Markdown => quantities_to_text(&plan, arguments.all),
    };
    match &arguments.out {
        Some(path) => {
            write_private(path, &text).map_err(|error| {
                let problem = format!("cannot write {}: {error}; no plan was saved", path.display());
                Failure::new(Exit::Failed, problem)
            })?;
            context.tell(&format!("saved in {}", path.display()));
        }
        None => context.print(&text)?,
    }
    Ok(if plan.held() == 0 { Exit::Done } else { Exit::Held })
}
