//! Directories whose secret lies sealed in a custom field of their company: connected when they are first used, because
//! the PSA has to be asked first.

use crate::{
    adapters, config::Section, environment::Environment, exit::Failure, job::Source, vault::open_text,
};
use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use secrecy::SecretString;
use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};
use sync_core::{
    CheckItem, CheckQuery, Directory, DirectoryItem, Error, ErrorKind, Page, Psa, PsaExt as _, Result,
    UserQuery,
    model::{CompanyId, FieldValue, TenantName},
};
use tokio::sync::OnceCell;

const OPERATION: &str = "open directory secret";

/// What a secret is sealed for: it opens for this tenant and this field only.
pub(crate) fn purpose(tenant: &TenantName, field: &str) -> String {
    format!("company field {field} of tenant {tenant}")
}

/// The companies of a live tenant, in order.
pub(crate) fn sealed_companies(
    source: &Source,
    tenant: &TenantName,
) -> std::result::Result<Vec<CompanyId>, Failure> {
    let Source::Live { config, .. } = source else {
        return Err(Failure::usage("a folder of files has no PSA to keep a secret in"));
    };
    let chosen = config.chosen(Some(tenant.as_str()))?;
    Ok(chosen.iter().flat_map(|tenant| tenant.tenant.companies()).collect())
}

/// A directory that is connected when it is first asked for something.
pub(crate) struct SealedDirectory {
    section: Section,
    fields: Vec<String>,
    tenant: TenantName,
    companies: Vec<CompanyId>,
    psa: Arc<dyn Psa>,
    environment: Environment,
    folder: PathBuf,
    connected: OnceCell<Arc<dyn Directory>>,
}

impl fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedDirectory").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// Makes a tenant's directory: at once, or later where its secret is in the PSA. Sends nothing.
pub(crate) fn connect_directory(
    section: &Section,
    tenant: &sync_core::policy::Tenant,
    psa: &Arc<dyn Psa>,
    environment: &Environment,
    folder: &std::path::Path,
) -> std::result::Result<Arc<dyn Directory>, Failure> {
    let fields = section.company_fields();
    if fields.is_empty() {
        return adapters::connect_directory(section, environment, folder);
    }
    Ok(Arc::new(SealedDirectory {
        section: section.clone(),
        fields,
        tenant: tenant.name.clone(),
        companies: tenant.companies().into_iter().collect(),
        psa: Arc::clone(psa),
        environment: environment.clone(),
        folder: folder.to_owned(),
        connected: OnceCell::new(),
    }))
}

impl SealedDirectory {
    async fn directory(&self) -> Result<&Arc<dyn Directory>> {
        self.connected.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Arc<dyn Directory>> {
        let invalid = |message: String| Error::new(ErrorKind::ConfigInvalid, OPERATION, message);
        let companies = self.psa.all_companies().await?;
        let ours: Vec<_> = companies.iter().filter(|company| self.companies.contains(&company.id)).collect();
        let key = self
            .section
            .vault()
            .key(&self.environment)
            .map_err(|failure| invalid(failure.to_string()))?
            .ok_or_else(|| invalid("there is no key to open it with; `[secrets]` names one".to_owned()))?;
        let mut given: BTreeMap<String, SecretString> = BTreeMap::new();
        for field in &self.fields {
            let held = ours.iter().find_map(|company| {
                company
                    .custom_fields
                    .get(field)
                    .and_then(FieldValue::as_text)
                    .filter(|text| !text.trim().is_empty())
            });
            let sealed = held.ok_or_else(|| {
                invalid(format!(
                    "no company of {} holds a secret in {field}; `psa-sync secret set NAME --tenant {} --company-field \
                     {field}` keeps one there",
                    self.tenant, self.tenant
                ))
            })?;
            let opened = open_text(&key, &purpose(&self.tenant, field), sealed)
                .map_err(|error| invalid(error.to_string()))?
                .ok_or_else(|| {
                    invalid(format!(
                        "what {field} holds does not open: another key sealed it, or for another tenant or field, or it \
                         was changed or cut short"
                    ))
                })?;
            given.insert(field.clone(), opened);
        }
        let section = self.section.clone().with_given(given);
        adapters::connect_directory(&section, &self.environment, &self.folder)
            .map_err(|failure| invalid(failure.to_string()))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Directory for SealedDirectory {
    fn name(&self) -> &str {
        self.section.kind()
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.directory().await?.check(query).await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let connected = async move { Ok::<_, sync_core::Error>(self.directory().await?.users(query)) };
        futures::stream::once(connected).try_flatten().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sealed_for_one_field_of_one_tenant() {
        let contoso = TenantName::new("Contoso");
        assert_ne!(purpose(&contoso, "A"), purpose(&contoso, "B"));
        assert_ne!(purpose(&contoso, "A"), purpose(&TenantName::new("Fabrikam"), "A"));
    }
}
