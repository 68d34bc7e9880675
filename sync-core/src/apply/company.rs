//! The tenant's id on its companies.

use super::ApplyContext;
use crate::{
    error::{Error, ErrorKind},
    ext::PsaExt,
    model::FieldValue,
};

/// Writes the tenant's id to its companies where the policy asks for it and nothing is there yet.
///
/// Another id there belongs to another tenant, and is never overwritten, but for that of the tenant whose links were just
/// moved here.
pub(super) async fn write_tenant_id(
    context: &ApplyContext<'_>,
    moved_from: Option<&str>,
) -> Result<(), (&'static str, Error)> {
    let field = context.policy.document().write_back.company_tenant_field.trim().to_owned();
    if field.is_empty()
        || !context.capabilities.company_custom_fields
        || context.tenant.directory_id.is_empty()
    {
        return Ok(());
    }
    let wanted = FieldValue::Text(context.tenant.directory_id.clone());
    let failed = |error: Error| ("ContactUpdateFailed", error);
    let companies = context.psa.all_companies().await.map_err(failed)?;
    let ours = context.tenant.companies();
    for company in companies.iter().filter(|c| ours.contains(&c.id)) {
        match company.custom_fields.get(&field) {
            Some(there) if *there == wanted => {}
            Some(there) if !there.is_blank() && !is_named(there, moved_from) => {
                let message = format!("company {} carries the id of another tenant in {field}", company.id);
                return Err((
                    "OwnershipConflict",
                    Error::new(ErrorKind::Rejected, "write tenant id", message),
                ));
            }
            _ => {
                let fields = [(field.clone(), wanted.clone())].into_iter().collect();
                context.psa.update_company(&company.id, &fields).await.map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// Whether a company's mark is the id of a tenant, which may be named by the beginning of its anchors.
fn is_named(mark: &FieldValue, tenant: Option<&str>) -> bool {
    let id = tenant.and_then(|name| name.trim().trim_end_matches(':').rsplit(':').next());
    mark.as_text().zip(id).is_some_and(|(mark, id)| mark.trim().eq_ignore_ascii_case(id))
}
