//! What is looked up once per connection: the fields of contacts and companies, countries, territories, resources.

use crate::{
    capability::{self, Native},
    client::Client,
    link::{Entity, Renewable},
    listing::{Listing, all},
    udf::{self, Definitions},
    wire::Record,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use sync_core::{Error, ErrorKind, Result, Retry, capability::Capabilities};
use tokio::sync::OnceCell;

/// The tables, each fetched with its first use.
#[derive(Default)]
pub(crate) struct Lookups {
    contacts: Renewable<Schema>,
    company_udfs: Renewable<Definitions>,
    companies: Renewable<CompanyNames>,
}

/// What bears on the translation of contacts.
pub(crate) struct Schema {
    pub(crate) native: Native,
    pub(crate) udfs: Definitions,
    /// `None` where the security level does not let them be read.
    pub(crate) countries: Option<Countries>,
    pub(crate) capabilities: Capabilities,
}

/// Countries by id, and ids by every name they go by, in lower case.
#[derive(Default)]
pub(crate) struct Countries {
    names: BTreeMap<i64, String>,
    ids: BTreeMap<String, i64>,
}

impl Countries {
    pub(crate) fn new(rows: &[Record]) -> Self {
        let mut countries = Self::default();
        for row in rows {
            let Some(id) = row.id() else { continue };
            let name = row.text("displayName").or_else(|| row.text("name"));
            for known in
                [row.text("countryCode"), row.text("name"), row.text("displayName")].into_iter().flatten()
            {
                countries.ids.insert(known.trim().to_lowercase(), id);
            }
            countries.names.extend(name.map(|name| (id, name)));
        }
        countries
    }

    pub(crate) fn name(&self, id: i64) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// By name, display name or two-letter code, in any case.
    pub(crate) fn id(&self, name: &str) -> Option<i64> {
        self.ids.get(&name.trim().to_lowercase()).copied()
    }
}

/// The names that a company's record points to. A table that may not be read is empty.
#[derive(Default)]
pub(crate) struct CompanyNames {
    /// The tables that may not be read.
    pub(crate) closed: Vec<&'static str>,
    pub(crate) territories: BTreeMap<String, String>,
    pub(crate) resources: BTreeMap<i64, String>,
}

impl Lookups {
    /// A cell, because what it holds may prove stale.
    pub(crate) async fn contacts(&self, client: &Client) -> Result<Arc<OnceCell<Schema>>> {
        let cell = self.contacts.cell();
        cell.get_or_try_init(|| schema(client)).await?;
        Ok(cell)
    }

    /// Whether records show user-defined fields that the schema does not know: one was renamed or added since it was
    /// read, and a value under a new name must not pass for a blank under the old one.
    ///
    /// # Errors
    /// Then, and the fields are read again with the next call.
    pub(crate) fn check_fresh<'a>(
        &self,
        cell: &Arc<OnceCell<Schema>>,
        records: impl IntoIterator<Item = &'a Record>,
        operation: &'static str,
    ) -> Result<()> {
        let Some(schema) = cell.get() else { return Ok(()) };
        let mut unknown = BTreeSet::new();
        for record in records {
            unknown
                .extend(record.udfs().map(|(name, _)| name).filter(|name| !schema.udfs.contains_key(*name)));
        }
        if unknown.is_empty() {
            return Ok(());
        }
        self.contacts.renew(cell);
        let message = format!(
            "the user-defined fields of contacts have changed since they were read ({} more now); they are read again, so plan again",
            unknown.len()
        );
        Err(Error::new(ErrorKind::UnexpectedResponse, operation, message).with_retry(Retry::Safe))
    }

    pub(crate) async fn company_udfs(&self, client: &Client) -> Result<Arc<OnceCell<Definitions>>> {
        let cell = self.company_udfs.cell();
        cell.get_or_try_init(|| async {
            Ok::<_, Error>(udf::definitions(&client.udfs(Entity::Companies, "list company fields").await?))
        })
        .await?;
        Ok(cell)
    }

    pub(crate) async fn company_names(&self, client: &Client) -> Result<Arc<OnceCell<CompanyNames>>> {
        let cell = self.companies.cell();
        cell.get_or_try_init(|| company_names(client)).await?;
        Ok(cell)
    }
}

async fn schema(client: &Client) -> Result<Schema> {
    let native = client.fields(Entity::Contacts, "list contact fields").await?;
    let native: Native = native.into_iter().filter_map(|field| Some((field.name.clone()?, field))).collect();
    let udfs = udf::definitions(&client.udfs(Entity::Contacts, "list contact fields").await?);
    let rows = unless_closed(all(client, Listing::all(Entity::Countries, "list countries")).await)?;
    let countries = rows.map(|rows| Countries::new(&rows));
    let capabilities = capability::in_force(&native, &udfs, countries.is_some());
    Ok(Schema { native, udfs, countries, capabilities })
}

async fn company_names(client: &Client) -> Result<CompanyNames> {
    let mut names = CompanyNames::default();
    let fields = unless_closed(client.fields(Entity::Companies, "list company fields").await)?;
    names.closed.extend(fields.is_none().then_some("territories"));
    for field in
        fields.unwrap_or_default().iter().filter(|field| field.name.as_deref() == Some("territoryID"))
    {
        let values = field.picklist_values.as_deref().unwrap_or_default();
        names.territories.extend(values.iter().filter_map(|v| Some((v.value()?, v.label.clone()?))));
    }
    let rows = unless_closed(all(client, Listing::all(Entity::Resources, "list resources")).await)?;
    names.closed.extend(rows.is_none().then_some("account managers"));
    for row in rows.unwrap_or_default() {
        let parts: Vec<String> = ["firstName", "lastName"].iter().filter_map(|name| row.text(name)).collect();
        if let (Some(id), false) = (row.id(), parts.is_empty()) {
            names.resources.insert(id, parts.join(" "));
        }
    }
    Ok(names)
}

/// `None` for what the security level does not show.
pub(crate) fn unless_closed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_closed(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The security level does not allow this.
pub(crate) fn is_closed(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

/// The labels of a list among the user-defined fields, where that is one.
pub(crate) fn labels(definition: &udf::Definition) -> Option<Vec<&str>> {
    match &definition.kind {
        udf::Kind::List(items) => Some(items.iter().map(|(_, label)| label.as_str()).collect()),
        udf::Kind::Text | udf::Kind::Number | udf::Kind::Date => None,
    }
}

/// Whether an access in `entityInformation` is none at all.
pub(crate) fn is_denied(access: Option<&serde_json::Value>) -> bool {
    match access {
        Some(serde_json::Value::String(text)) => text.eq_ignore_ascii_case("none"),
        // Numbered: 0 stands for none.
        Some(serde_json::Value::Number(number)) => number.as_i64() == Some(0),
        Some(_) | None => false,
    }
}

impl Schema {
    /// Texts of the vendor's table of native fields, for checks.
    pub(crate) fn required_and_unknown(&self) -> Vec<&str> {
        capability::required_and_unknown(&self.native)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_country_is_found_by_each_of_its_names() {
        let rows: Vec<Record> = serde_json::from_value(json!([
            {"id": 237, "name": "UNITED STATES", "displayName": "United States", "countryCode": "US"},
            {"id": 5, "name": "Germany", "countryCode": "DE"},
        ]))
        .unwrap();
        let countries = Countries::new(&rows);
        for name in ["United States", " united states ", "us"] {
            assert_eq!(countries.id(name), Some(237), "{name}");
        }
        assert_eq!((countries.name(237), countries.name(5)), (Some("United States"), Some("Germany")));
        assert_eq!((countries.id("Utopia"), countries.name(9)), (None, None));
    }

    #[test]
    fn no_access_is_said_as_a_word_or_as_zero() {
        assert!(is_denied(Some(&json!("None"))) && is_denied(Some(&json!(0))));
        assert!(!is_denied(Some(&json!("All"))) && !is_denied(Some(&json!(1))) && !is_denied(None));
    }
}
