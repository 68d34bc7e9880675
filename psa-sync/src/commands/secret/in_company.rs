//! Keeping a directory's secret sealed in the company of its tenant: in a custom field, or in a note.

use super::{key, value};
use crate::{
    config::SecretRef,
    context::Context,
    exit::{Exit, Failure},
    job::Source,
    sealed::{find_note, note_title, purpose, sealed_companies},
    vault::{VaultHandle, seal_text, vault_failure},
};
use std::collections::BTreeMap;
use sync_core::model::{CompanyId, FieldValue, TenantName};

/// Seals a secret and keeps it in a custom field of the tenant's company.
pub(super) async fn set_field(
    context: &mut Context,
    vault: &VaultHandle,
    field: String,
    tenant: &TenantName,
) -> Result<Exit, Failure> {
    let place = SecretRef::CompanyField(field.clone());
    let sealed = sealed(context, vault, &field, tenant, &place)?;
    let source = Source::open(context)?;
    let companies = sealed_companies(&source, tenant)?;
    let psa = source.psa();
    let capabilities = psa.capabilities().await?;
    if !capabilities.company_custom_fields {
        let message = "this PSA lets no custom field of a company be written; keep the secret in the vault";
        return Err(Failure::usage(message));
    }
    let fields = BTreeMap::from([(field.clone(), FieldValue::Text(sealed.clone()))]);
    let company = first(&companies, tenant)?;
    let written = psa.update_company(company, &fields).await?;
    // A field that is too short would keep half of it.
    if written.custom_fields.get(&field).and_then(FieldValue::as_text).map(str::trim) != Some(sealed.as_str())
    {
        let message = format!(
            "company {company} does not hold in {field} what was written; the field must take {} characters",
            sealed.len()
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    tell(context, &field, company, &place);
    Ok(Exit::Done)
}

/// Seals a secret and keeps it in a note of the tenant's company: the one that holds it already, or a new one of the
/// first company.
pub(super) async fn set_note(
    context: &mut Context,
    vault: &VaultHandle,
    name: String,
    tenant: &TenantName,
) -> Result<Exit, Failure> {
    let source = Source::open(context)?;
    let companies = sealed_companies(&source, tenant)?;
    let psa = source.psa();
    let notes = match &source {
        Source::Live { notes: Some(notes), .. } if psa.capabilities().await?.company_notes => notes,
        Source::Live { .. } | Source::Offline(_) => {
            let message = format!(
                "{} has no notes of companies that could be written; keep the secret in the vault",
                psa.name()
            );
            return Err(Failure::usage(message));
        }
    };
    let title = note_title(&name)?;
    let held = find_note(notes.as_ref(), &companies, &title).await?;
    let company = match &held {
        Some((company, _)) => company,
        None => first(&companies, tenant)?,
    };
    let place = SecretRef::CompanyNote(name.clone());
    let sealed = sealed(context, vault, &name, tenant, &place)?;
    if notes.put_note(company, &title, &sealed).await? != sealed {
        let message = format!(
            "the note `{title}` of company {company} does not hold what was written: the PSA changed it or cut it"
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    tell(context, &format!("the note `{title}`"), company, &place);
    Ok(Exit::Done)
}

/// A secret, asked for and sealed for one place of a tenant.
fn sealed(
    context: &mut Context,
    vault: &VaultHandle,
    name: &str,
    tenant: &TenantName,
    place: &SecretRef,
) -> Result<String, Failure> {
    let key = key(context, vault, false)?;
    let secret = value(context, name)?;
    seal_text(&key, &purpose(tenant, place), &secret).map_err(|error| vault_failure(&error))
}

fn first<'a>(companies: &'a [CompanyId], tenant: &TenantName) -> Result<&'a CompanyId, Failure> {
    companies.first().ok_or_else(|| Failure::usage(format!("{tenant} goes to no company")))
}

fn tell(context: &mut Context, what: &str, company: &CompanyId, place: &SecretRef) {
    context.tell(&format!(
        "kept in {what} of company {company}; {} stands for it in the tenant's directory",
        place.as_written()
    ));
}
