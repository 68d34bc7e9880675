//! `psa-sync schema`: the JSON Schema of each document.

use crate::{
    cli::{SchemaArgs, SchemaOf},
    config::Document,
    context::Context,
    exit::{Exit, Failure},
};
use sync_core::policy::PolicyDocument;

/// Written by hand, and held against real documents by a test.
const PLAN: &str = include_str!("../schemas/plan.json");
const REPORT: &str = include_str!("../schemas/report.json");

pub(crate) fn run(context: &mut Context, arguments: &SchemaArgs) -> Result<Exit, Failure> {
    let text = match arguments.document {
        SchemaOf::Policy => json(&schemars::schema_for!(PolicyDocument))?,
        SchemaOf::Config => json(&schemars::schema_for!(Document))?,
        SchemaOf::Plan => PLAN.to_owned(),
        SchemaOf::Report => REPORT.to_owned(),
    };
    context.print(&text)?;
    Ok(Exit::Done)
}

fn json(schema: &schemars::Schema) -> Result<String, Failure> {
    serde_json::to_string_pretty(schema).map_err(|error| Failure::from_error(Exit::Failed, &error))
}
