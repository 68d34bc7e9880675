//! `psa-sync tenants`: a partner's customers, which company each seems to be, and taking them up.

use crate::{
    cli::{ReportFormat, TenantsArgs},
    config::{Config, PartnerConfig},
    context::Context,
    exit::{Exit, Failure},
    job::Source,
    partner::{self, Found, FoundTenant, Taken, because, sureness},
    render::text_table,
};
use serde_json::{Value, json};
use std::sync::Arc;
use sync_core::{
    model::{Company, CompanyId, FieldValue},
    plan::render::visible,
};

/// The widest a name is shown.
const WIDTH: usize = 40;

pub(crate) async fn run(context: &mut Context, arguments: TenantsArgs) -> Result<Exit, Failure> {
    let confirmed = arguments.confirm.iter().map(|text| pair(text)).collect::<Result<Vec<_>, _>>()?;
    let source = Source::open(context)?;
    let Source::Live { config, psa, .. } = &source else {
        return Err(Failure::usage("a folder of files has no partner whose customers could be found"));
    };
    let psa = Arc::clone(psa);
    let partner = config.partner.as_ref().ok_or_else(|| {
        Failure::usage("the configuration has no [partner]").with_hint(
            "[partner] directory = { kind = \"graph\", … } names the partner's own tenant and its application",
        )
    })?;
    if arguments.activate && !partner.auto_activate {
        return Err(Failure::usage(
            "--activate takes up customers that nobody confirmed, and that is not switched on",
        )
        .with_hint("[partner] auto_activate = true switches it on; --confirm TENANT=COMPANY takes up one"));
    }
    let found = partner::find(context, config, partner, psa.as_ref()).await?;
    for missing in &found.missing {
        context.tell(&format!("warning: there may be more customers: {missing}"));
    }
    for stranger in &found.strangers {
        context.tell(&format!(
            "warning: {} ({}) is configured and none of the partner's customers: the relationship has ended, or there never \
             was one; it goes on being synchronised while the application may read it, and `enabled = false` stops that",
            visible(&stranger.name, WIDTH),
            visible(&stranger.tenant_id, WIDTH)
        ));
    }
    let mut taken = Vec::new();
    for (tenant, company) in &confirmed {
        taken.push(confirm(&found, tenant, company)?);
    }
    if arguments.activate {
        taken.extend(sure(&found).filter(|one| !confirmed_already(&confirmed, &found, one)));
    }
    if taken.is_empty() {
        return show(context, &found, arguments.format);
    }
    taken_up(context, config, partner, &found, &taken)
}

/// `TENANT=COMPANY`.
fn pair(text: &str) -> Result<(String, CompanyId), Failure> {
    match text.rsplit_once('=') {
        Some((tenant, company)) if !tenant.trim().is_empty() && !company.trim().is_empty() => {
            Ok((tenant.trim().to_owned(), CompanyId::new(company.trim())))
        }
        _ => Err(Failure::usage(format!(
            "--confirm {text}: write TENANT=COMPANY, such as the tenant's id and 100"
        ))),
    }
}

/// The one tenant of that id or name.
fn named<'f>(found: &'f Found, key: &str) -> Result<&'f FoundTenant, Failure> {
    let is = |tenant: &&FoundTenant| {
        tenant.tenant_id.eq_ignore_ascii_case(key) || tenant.name.trim().to_lowercase() == key.to_lowercase()
    };
    let fits: Vec<&FoundTenant> = found.tenants.iter().filter(is).collect();
    match fits.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::usage(format!("no customer is called {}", visible(key, WIDTH)))
            .with_hint("`psa-sync tenants` lists them")),
        _ => Err(Failure::usage(format!(
            "{} customers are called {}; name one by its id",
            fits.len(),
            visible(key, WIDTH)
        ))),
    }
}

/// What a person confirmed, where it can be true.
fn confirm(found: &Found, key: &str, company: &CompanyId) -> Result<Taken, Failure> {
    let tenant = named(found, key)?;
    let refuse = |why: String| Err(Failure::usage(format!("{}: {why}", visible(&tenant.name, WIDTH))));
    if let Some(name) = &tenant.configured {
        return refuse(format!("it is configured already, as {}", visible(name, WIDTH)));
    }
    if let Some(problem) = &tenant.problem {
        let message = format!("{}: it cannot be read yet: {problem}", visible(&tenant.name, WIDTH));
        return Err(Failure::new(Exit::Failed, message));
    }
    let Some(company) = found.companies.get(company) else {
        return refuse(format!("the PSA has no company {company}"));
    };
    if !company.active {
        return refuse(format!("company {} is not in use", company.id));
    }
    if let Some(other) = stored(company, &found.id_field).filter(|id| *id != tenant.tenant_id) {
        return refuse(format!(
            "company {} holds the id of another tenant, {}, in {}; correct it there first",
            company.id,
            visible(&other, WIDTH),
            found.id_field
        ));
    }
    Ok(taken(tenant, company, "confirmed by a person".to_owned()))
}

/// The tenant's id that a company holds, in lower case.
fn stored(company: &Company, field: &str) -> Option<String> {
    let text = company.custom_fields.get(field.trim()).and_then(FieldValue::as_text)?.trim().to_lowercase();
    (!text.is_empty()).then_some(text)
}

fn taken(tenant: &FoundTenant, company: &Company, because: String) -> Taken {
    Taken {
        tenant_id: tenant.tenant_id.clone(),
        name: tenant.name.clone(),
        company: company.clone(),
        domains: tenant.domains.clone(),
        because,
    }
}

/// Those that need no person.
fn sure(found: &Found) -> impl Iterator<Item = Taken> {
    found.tenants.iter().filter_map(|tenant| {
        let proposal = tenant.proposal.as_ref().filter(|proposal| proposal.may_activate())?;
        let company = found.companies.get(proposal.company.as_ref()?)?;
        let readable = tenant.configured.is_none() && tenant.problem.is_none();
        readable.then(|| taken(tenant, company, because(proposal.ground, &found.id_field)))
    })
}

fn confirmed_already(confirmed: &[(String, CompanyId)], found: &Found, one: &Taken) -> bool {
    confirmed.iter().any(|(key, _)| named(found, key).is_ok_and(|tenant| tenant.tenant_id == one.tenant_id))
}

fn taken_up(
    context: &mut Context,
    config: &Config,
    partner: &PartnerConfig,
    found: &Found,
    taken: &[Taken],
) -> Result<Exit, Failure> {
    let mut ids = std::collections::BTreeSet::new();
    if let Some(twice) = taken.iter().find(|one| !ids.insert(&one.tenant_id)) {
        return Err(Failure::usage(format!("{} is named twice", visible(&twice.name, WIDTH))));
    }
    let names = partner::take(context, partner, taken)?;
    for (name, one) in names.iter().zip(taken) {
        context.print(&format!(
            "{} is company {} ({}) now",
            visible(name, WIDTH),
            one.company.id,
            visible(&one.company.name, WIDTH)
        ))?;
        let before = config.tenants.iter().filter(|other| other.tenant.companies().contains(&one.company.id));
        let now = names
            .iter()
            .zip(taken)
            .filter(|(_, other)| other.company.id == one.company.id && other.tenant_id != one.tenant_id);
        let before = before.map(|other| other.tenant.name.as_str());
        for other in before.chain(now.map(|(name, _)| name.as_str())) {
            let other = visible(other, WIDTH);
            context.tell(&format!("note: company {} is also one of {other}", one.company.id));
        }
    }
    context.tell(
        "`psa-sync check`, then `psa-sync plan` show what would come of it; nothing was written to the PSA",
    );
    let waiting = found.tenants.iter().filter(|tenant| tenant.configured.is_none()).count();
    Ok(if waiting > taken.len() || !found.missing.is_empty() { Exit::Held } else { Exit::Done })
}

fn show(context: &mut Context, found: &Found, format: ReportFormat) -> Result<Exit, Failure> {
    match format {
        ReportFormat::Json => {
            let rows: Vec<Value> = found.tenants.iter().map(|tenant| as_json(found, tenant)).collect();
            let strangers: Vec<Value> = found
                .strangers
                .iter()
                .map(|one| json!({ "name": one.name, "tenant_id": one.tenant_id }))
                .collect();
            let document = json!({ "tenants": rows, "not_customers": strangers, "missing": found.missing });
            context.print(&format!("{document:#}"))?;
        }
        ReportFormat::Text => {
            let head = ["tenant", "id", "company", "how sure", "why"].map(str::to_owned).to_vec();
            let rows: Vec<Vec<String>> =
                std::iter::once(head).chain(found.tenants.iter().map(|tenant| row(found, tenant))).collect();
            context.print(text_table(&rows).trim_end())?;
        }
    }
    let waiting = found.tenants.iter().filter(|tenant| tenant.configured.is_none()).count();
    if waiting == 0 {
        if !found.missing.is_empty() {
            context.tell("every customer of the lists that could be read is configured");
            return Ok(Exit::Held);
        }
        context.tell("every customer that was found is configured");
        return Ok(Exit::Done);
    }
    context.tell(&format!("{waiting} wait; `psa-sync tenants --confirm ID=COMPANY` takes one up"));
    Ok(Exit::Held)
}

fn row(found: &Found, tenant: &FoundTenant) -> Vec<String> {
    let start = [visible(&tenant.name, WIDTH), tenant.tenant_id.clone()];
    let ends = tenant.ends_at.map(|at| format!("; the partner's access ends on {}", at.date_naive()));
    let ends = ends.unwrap_or_default();
    let rest = match (&tenant.configured, &tenant.proposal) {
        (Some(name), _) => {
            ["", "configured", &format!("as {}{ends}", visible(name, WIDTH))].map(str::to_owned)
        }
        (None, Some(proposal)) => {
            let shown = match proposal.candidates.as_slice() {
                [] => "-".to_owned(),
                all => all.iter().map(|id| company(found, id)).collect::<Vec<_>>().join(" or "),
            };
            let mut why = because(proposal.ground, &found.id_field);
            if proposal.company.is_none() && proposal.candidates.len() > 1 {
                why.push_str("; more than one");
            }
            if proposal.contested {
                why.push_str("; another tenant has or wants it");
            }
            if let Some(problem) = &tenant.problem {
                why.push_str(&format!("; cannot be read yet: {problem}"));
            }
            why.push_str(&ends);
            [shown, sureness(proposal.ground).to_owned(), why]
        }
        (None, None) => ["-", "none", ""].map(str::to_owned),
    };
    start.into_iter().chain(rest).collect()
}

fn company(found: &Found, id: &CompanyId) -> String {
    let name = found.companies.get(id).map_or("", |company| company.name.as_str());
    format!("{id} ({})", visible(name, WIDTH))
}

fn as_json(found: &Found, tenant: &FoundTenant) -> Value {
    let proposal = tenant.proposal.as_ref().map(|proposal| {
        let named = |id: &CompanyId| {
            json!({ "id": id, "name": found.companies.get(id).map(|company| company.name.as_str()) })
        };
        json!({
            "company": proposal.company.as_ref().map(named),
            "ground": proposal.ground,
            "sure": sureness(proposal.ground),
            "candidates": proposal.candidates.iter().map(named).collect::<Vec<_>>(),
            "contested": proposal.contested,
            "may_activate": proposal.may_activate(),
        })
    });
    json!({
        "tenant_id": tenant.tenant_id, "name": tenant.name, "configured": tenant.configured,
        "ends_at": tenant.ends_at, "verified_domains": tenant.domains, "problem": tenant.problem,
        "proposal": proposal,
    })
}
