//! `psa-sync check`: what works and what does not, without writing anything.

use crate::{
    cli::TenantArgs,
    config::{self, Section},
    context::Context,
    exit::{Exit, Failure},
    job::{Access, Job, Source},
    render::text_table,
};
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Result as CoreResult,
    model::{CompanyId, ContactField},
};

pub(crate) async fn run(context: &mut Context, arguments: &TenantArgs) -> Result<Exit, Failure> {
    let source = open(context)?;
    let tenants = source.tenants(arguments.tenant.as_deref())?;
    context.tell("the configuration is valid");
    let mut exit = Exit::Done;
    let mut psa_query = CheckQuery::default();
    let mut psa_of = None;
    let mut sections = Vec::new();
    for name in &tenants {
        match source.job(context, name, Access::Read).await {
            Ok(job) => {
                add_psa_names(&mut psa_query, &job);
                let query = directory_query(&job);
                let found = job.directory().check(&query).await;
                sections.push((format!("{name}: {}", job.directory().name()), found));
                psa_of = Some(job);
            }
            Err(failure) => {
                exit = exit.worst(failure.exit());
                context.tell(&format!("error: {}", failure.about(name.as_str())));
            }
        }
    }
    // One PSA for all tenants: looked at once, with every name that any of them uses.
    if let Some(job) = psa_of {
        let found = job.psa().check(&psa_query).await.map(|items| escalate(items, &psa_query.companies));
        sections.push((job.psa().name().to_owned(), found));
    }
    for (title, found) in sections {
        exit = exit.worst(section(context, &title, found)?);
    }
    Ok(exit)
}

/// Opens the source. Where a secret of the PSA is missing, those of the directories that are missing are told with it:
/// nothing could be checked, and whoever sets up a machine should not learn of them one by one.
fn open(context: &mut Context) -> Result<Source, Failure> {
    if context.global.offline.is_none() {
        let config = config::load(&context.global.config, &context.environment)?;
        let missing = |section: &Section| section.settings(&context.environment, &config.folder).err();
        if let Some(of_psa) = missing(&config.psa) {
            let of_tenants = config.tenants.iter().filter(|tenant| tenant.enabled);
            let all = of_tenants.filter_map(|tenant| missing(&tenant.directory)).map(|f| f.to_string());
            let mut all: Vec<String> = std::iter::once(of_psa.to_string()).chain(all).collect();
            all.dedup();
            return Err(Failure::usage(all.join("\n  ")));
        }
    }
    Source::open(context)
}

fn directory_query(job: &Job<'_>) -> CheckQuery {
    let mut query = CheckQuery::default();
    query.groups = job.policy.groups_needed(job.tenant);
    query
}

/// The names that one tenant's policy and routes use in the PSA.
fn add_psa_names(query: &mut CheckQuery, job: &Job<'_>) {
    let document = job.policy.document();
    query.contact_custom_fields.extend(job.policy.custom_fields_needed());
    let company_field = document.write_back.company_tenant_field.trim();
    if !company_field.is_empty() {
        query.company_custom_fields.insert(company_field.to_owned());
    }
    let routed = job.tenant.routes.iter().flat_map(|route| route.contact_types.iter().cloned());
    query.contact_types.extend(routed.chain(document.lifecycle.excluded_contact_types.iter().cloned()));
    let constants = document.mapping.iter().filter(|entry| entry.field == ContactField::ContactTypes);
    query.contact_types.extend(constants.filter_map(|entry| constant(&entry.from)));
    query.companies.extend(job.tenant.companies());
}

/// The text of `= "Employee"`.
fn constant(from: &str) -> Option<String> {
    let text = from.trim().strip_prefix('=')?.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some(text.to_owned())
}

/// A company that is not there is no missing feature: nothing could be planned for its tenant.
fn escalate(mut items: Vec<CheckItem>, companies: &BTreeSet<CompanyId>) -> Vec<CheckItem> {
    for item in &mut items {
        let is_company = companies.iter().any(|id| item.subject == format!("company {id}"));
        if is_company && item.status == CheckStatus::Missing {
            item.status = CheckStatus::Failed;
            item.detail.push_str("; correct `company_id` or the route that names it");
        }
    }
    items
}

fn section(context: &mut Context, title: &str, found: CoreResult<Vec<CheckItem>>) -> Result<Exit, Failure> {
    let items = match found {
        Ok(items) => items,
        Err(error) => {
            let failure = Failure::from(error);
            context.print(&format!("\n{title}\n  failed   {failure}"))?;
            return Ok(failure.exit());
        }
    };
    let row = |item: &CheckItem| {
        let status = match item.status {
            CheckStatus::Ok => "ok",
            CheckStatus::Warning => "warning",
            CheckStatus::Missing => "missing",
            CheckStatus::Failed | _ => "failed",
        };
        vec![format!("  {status}"), item.subject.clone(), item.detail.clone()]
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    context.print(&format!("\n{title}\n{}", text_table(&rows)))?;
    let failed = items.iter().any(|item| item.status == CheckStatus::Failed);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
