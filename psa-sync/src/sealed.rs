//! Directories whose secret lies sealed in their company, in a custom field or in a note: connected when they are first
//! used, because the PSA has to be asked first.

use crate::{
    adapters,
    config::{SecretRef, Section},
    environment::Environment,
    exit::Failure,
    job::Source,
    vault::open_text,
};
use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use secrecy::SecretString;
use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};
use sync_core::{
    CheckItem, CheckQuery, Directory, DirectoryItem, Error, ErrorKind, Page, Psa, PsaExt as _, Result,
    UserQuery,
    model::{Company, CompanyId, FieldValue, TenantName},
    notes::{CompanyNotes, NoteTitle},
};
use tokio::sync::OnceCell;

const OPERATION: &str = "open directory secret";

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

/// What a secret is sealed for: it opens for this tenant and this place only.
pub(crate) fn purpose(tenant: &TenantName, place: &SecretRef) -> String {
    format!("{} of tenant {tenant}", words(place))
}

/// A place in a company, in words. They are a part of what is sealed, so they stay as they are.
fn words(place: &SecretRef) -> String {
    match place {
        SecretRef::CompanyNote(name) => format!("company note {name}"),
        SecretRef::CompanyField(name) => format!("company field {name}"),
        SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Vault(_) | SecretRef::Keyring(_) => {
            place.as_written()
        }
    }
}

/// The title of the note that holds the secret of this name.
pub(crate) fn note_title(name: &str) -> Result<NoteTitle> {
    NoteTitle::new(format!("psa-sync secret {name}"))
}

/// The one note with this title among these companies, and what it holds. Two are refused: it is not said which of them
/// counts.
pub(crate) async fn find_note(
    notes: &dyn CompanyNotes,
    companies: &[CompanyId],
    title: &NoteTitle,
) -> Result<Option<(CompanyId, String)>> {
    let mut found: Option<(CompanyId, String)> = None;
    for company in companies {
        let held = match notes.note(company, title).await {
            Ok(held) => held,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(text) = held else { continue };
        if let Some((first, _)) = &found {
            let message =
                format!("companies {first} and {company} both have a note `{title}`; delete the wrong one");
            return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
        }
        found = Some((company.clone(), text));
    }
    Ok(found)
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

/// Where the secrets of a tenant can lie in the PSA.
#[derive(Debug)]
pub(crate) struct CompanyPlaces {
    tenant: TenantName,
    companies: Vec<CompanyId>,
    psa: Arc<dyn Psa>,
    notes: Option<Arc<dyn CompanyNotes>>,
}

impl CompanyPlaces {
    /// The companies of a tenant. Asks nothing.
    pub(crate) fn new(
        tenant: &sync_core::policy::Tenant,
        psa: &Arc<dyn Psa>,
        notes: Option<&Arc<dyn CompanyNotes>>,
    ) -> Self {
        Self {
            tenant: tenant.name.clone(),
            companies: tenant.companies().into_iter().collect(),
            psa: Arc::clone(psa),
            notes: notes.cloned(),
        }
    }

    /// What these places hold, sealed as it is.
    async fn read(&self, places: &[SecretRef]) -> Result<BTreeMap<SecretRef, String>> {
        let mut companies = Vec::new();
        if places.iter().any(|place| matches!(place, SecretRef::CompanyField(_))) {
            companies = self.psa.all_companies().await?;
            companies.retain(|company| self.companies.contains(&company.id));
        }
        let mut read = BTreeMap::new();
        for place in places {
            let held = match place {
                SecretRef::CompanyNote(name) => self.in_note(name).await?,
                SecretRef::CompanyField(field) => in_field(&companies, field),
                SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Vault(_) | SecretRef::Keyring(_) => {
                    continue;
                }
            };
            let held = held.ok_or_else(|| self.missing(place))?;
            read.insert(place.clone(), held);
        }
        Ok(read)
    }

    async fn in_note(&self, name: &str) -> Result<Option<String>> {
        let Some(notes) = &self.notes else {
            let message = format!(
                "{} has no notes of companies that could be read; keep the secret in the vault",
                self.psa.name()
            );
            return Err(invalid(message));
        };
        let found = find_note(notes.as_ref(), &self.companies, &note_title(name)?).await?;
        Ok(found.map(|(_, text)| text))
    }

    fn missing(&self, place: &SecretRef) -> Error {
        let note = matches!(place, SecretRef::CompanyNote(_));
        let option = if note { "--company-note" } else { "--company-field" };
        let (tenant, place) = (&self.tenant, place.as_written());
        invalid(format!(
            "no company of {tenant} holds a secret where {place} is looked for; `psa-sync secret set NAME --tenant {tenant} \
             {option} …` keeps one there"
        ))
    }
}

fn in_field(companies: &[Company], field: &str) -> Option<String> {
    companies.iter().find_map(|company| {
        let text = company.custom_fields.get(field).and_then(FieldValue::as_text)?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    })
}

/// A directory that is connected when it is first asked for something.
pub(crate) struct SealedDirectory {
    section: Section,
    places: CompanyPlaces,
    environment: Environment,
    folder: PathBuf,
    connected: OnceCell<Arc<dyn Directory>>,
}

impl fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedDirectory").field("tenant", &self.places.tenant).finish_non_exhaustive()
    }
}

/// Makes a tenant's directory: at once, or later where its secret is in the PSA. Sends nothing.
pub(crate) fn connect_directory(
    section: &Section,
    places: CompanyPlaces,
    environment: &Environment,
    folder: &std::path::Path,
) -> std::result::Result<Arc<dyn Directory>, Failure> {
    if section.in_company().is_empty() {
        return adapters::connect_directory(section, environment, folder);
    }
    Ok(Arc::new(SealedDirectory {
        section: section.clone(),
        places,
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
        let held = self.places.read(&self.section.in_company()).await?;
        let key = self
            .section
            .vault()
            .key(&self.environment)
            .map_err(|failure| invalid(failure.to_string()))?
            .ok_or_else(|| invalid("there is no key to open it with; `[secrets]` names one".to_owned()))?;
        let mut given: BTreeMap<SecretRef, SecretString> = BTreeMap::new();
        for (place, sealed) in held {
            let opened = open_text(&key, &purpose(&self.places.tenant, &place), &sealed)
                .map_err(|error| invalid(error.to_string()))?
                .ok_or_else(|| {
                    invalid(format!(
                        "what {place} holds does not open: another key sealed it, or for another tenant or place, or it \
                         was changed or cut short"
                    ))
                })?;
            given.insert(place, opened);
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
        let connected = async move { Ok::<_, Error>(self.directory().await?.users(query)) };
        futures::stream::once(connected).try_flatten().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sealed_for_one_place_of_one_tenant() {
        let contoso = TenantName::new("Contoso");
        let (field, note) = (SecretRef::CompanyField("A".into()), SecretRef::CompanyNote("A".into()));
        assert_ne!(purpose(&contoso, &field), purpose(&contoso, &SecretRef::CompanyField("B".into())));
        assert_ne!(purpose(&contoso, &field), purpose(&contoso, &note));
        assert_ne!(purpose(&contoso, &note), purpose(&TenantName::new("Fabrikam"), &note));
        assert_eq!(
            purpose(&contoso, &field),
            "company field A of tenant Contoso",
            "what was sealed still opens"
        );
    }
}
