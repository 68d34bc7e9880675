//! `psa-sync plan --readiness`: what should be mended before a first run. Writes nothing but the file it is told to write.

use crate::{
    cli::{PlanArgs, PlanFormat},
    context::Context,
    exit::{Exit, Failure},
    files::write_private,
    render::shown_json,
};
use sync_core::plan::{
    Readiness,
    render::{RenderOptions, readiness_to_markdown, readiness_to_text},
};

/// Prints the report of one tenant, or saves it; `Held` where a person should look at something.
pub(crate) fn show(context: &mut Context, report: &Readiness, arguments: &PlanArgs) -> Result<Exit, Failure> {
    let text = match arguments.format {
        PlanFormat::Json => shown_json(report.to_json())?,
        PlanFormat::Markdown => readiness_to_markdown(report),
        PlanFormat::Text => {
            let mut options = RenderOptions::plain();
            // A file is for any reader; colours are for the terminal.
            options.colour = context.console.colour && arguments.out.is_none();
            options.width = context.console.width;
            options.all = arguments.all;
            readiness_to_text(report, &options)
        }
    };
    match &arguments.out {
        Some(path) => {
            write_private(path, &text).map_err(|error| {
                Failure::new(
                    Exit::Failed,
                    format!("cannot write {}: {error}; no report was saved", path.display()),
                )
            })?;
            context.tell(&format!("saved in {}", path.display()));
        }
        None => context.print(&text)?,
    }
    Ok(if report.to_mend() == 0 { Exit::Done } else { Exit::Held })
}
