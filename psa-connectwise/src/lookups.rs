//! What is looked up once per connection: communication types, contact types, custom fields of contacts.

use crate::{
    client::{Client, read},
    config::{Config, invalid},
    custom::{Definition, Definitions, Kind},
    items::ItemTypes,
    listing::{Listing, all},
    wire::{self, CommunicationType},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};
use sync_core::{Error, ErrorKind, Result};
use tokio::sync::OnceCell;

/// The tables, each fetched with its first use and never again.
#[derive(Default)]
pub(crate) struct Lookups {
    communication: OnceCell<Communication>,
    contact_types: OnceCell<BTreeMap<String, i64>>,
    custom: OnceCell<Custom>,
    /// Some record of a contact has shown its types, so one that shows none has none.
    types_told: AtomicBool,
}

/// The communication types of the instance, and which of them stand for our fields.
pub(crate) struct Communication {
    pub(crate) types: ItemTypes,
    pub(crate) table: Vec<CommunicationType>,
}

/// The custom fields of contacts.
pub(crate) struct Custom {
    pub(crate) definitions: Definitions,
    /// The table itself was readable; otherwise the fields were learned from a contact.
    pub(crate) from_table: bool,
}

impl Lookups {
    pub(crate) async fn communication(&self, client: &Client, config: &Config) -> Result<&Communication> {
        self.communication
            .get_or_try_init(|| async {
                let listing = Listing {
                    path: "/company/communicationTypes",
                    of: None,
                    operation: "list communication types",
                    fields: None,
                    conditions: None,
                };
                let table: Vec<CommunicationType> = all(client, listing).await?;
                Ok(Communication { types: resolve(config, &table)?, table })
            })
            .await
    }

    /// Contact types by name.
    pub(crate) async fn contact_types(&self, client: &Client) -> Result<&BTreeMap<String, i64>> {
        self.contact_types
            .get_or_try_init(|| async {
                let listing = Listing {
                    path: "/company/contacts/types",
                    of: None,
                    operation: "list contact types",
                    fields: None,
                    conditions: None,
                };
                let table: Vec<wire::ContactType> = all(client, listing).await?;
                Ok(table.into_iter().filter_map(|t| Some((t.description?, t.id))).collect())
            })
            .await
    }

    /// Custom fields of contacts: from the table, or, where the role may not read it, from what a contact shows.
    pub(crate) async fn custom(&self, client: &Client) -> Result<&Custom> {
        self.custom
            .get_or_try_init(|| async {
                let listing = Listing {
                    path: "/system/userDefinedFields",
                    of: None,
                    operation: "list custom fields",
                    fields: None,
                    // The screen of contacts.
                    conditions: Some("screenId=\"ct300\"".to_owned()),
                };
                let mut definitions = Definitions::default();
                let from_table = match all::<wire::UserDefinedField>(client, listing).await {
                    Ok(table) => {
                        for field in table {
                            let kind = Kind::parse(field.field_type_identifier.as_deref());
                            let read_only = field.read_only_flag == Some(true);
                            let definition = Definition { id: field.id, kind, read_only };
                            definitions.add(field.caption.as_deref().unwrap_or_default(), definition);
                        }
                        true
                    }
                    Err(error) if is_closed(&error) => {
                        let request = read("/company/contacts", "learn custom fields")
                            .query("pageSize", 1)
                            .query("fields", "id,customFields");
                        let sample: Vec<Shown> = client.get(request).await?;
                        for shown in sample {
                            definitions.learn(shown.custom_fields.as_deref().unwrap_or_default());
                        }
                        false
                    }
                    Err(error) => return Err(error),
                };
                Ok(Custom { definitions, from_table })
            })
            .await
    }

    /// Takes note of what records show, and says whether a record without types has none.
    pub(crate) fn types_told<'a>(&self, records: impl IntoIterator<Item = &'a wire::Contact>) -> bool {
        if records.into_iter().any(|record| record.types.is_some()) {
            self.types_told.store(true, Ordering::Relaxed);
        }
        self.types_told.load(Ordering::Relaxed)
    }
}

/// A record of which only the custom fields matter.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    custom_fields: Option<Vec<wire::CustomField>>,
}

/// The role may not see this, or the server does not have it. Wrong credentials may look the same (404 in the
/// cloud); the next call then fails in the same way.
pub(crate) fn is_closed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound | ErrorKind::Unauthenticated)
}

/// The communication types that stand for our fields: by configured name, else the default of its kind.
fn resolve(config: &Config, table: &[CommunicationType]) -> Result<ItemTypes> {
    let pick = |key: &str, name: &Option<String>, flag: fn(&CommunicationType) -> Option<bool>| match name {
        Some(name) => by_name(key, name, table, flag).map(Some),
        None => Ok(default_of(table, flag)),
    };
    let email = pick("email_type", &config.email_type, |t| t.email_flag)?;
    let alternate_email = match &config.alternate_email_type {
        Some(name) => Some(by_name("alternate_email_type", name, table, |t| t.email_flag)?),
        None => email,
    };
    let alternates = match &config.alternate_email_types {
        Some(names) => {
            let mut ids: BTreeSet<i64> = names
                .iter()
                .map(|name| by_name("alternate_email_types", name, table, |t| t.email_flag))
                .collect::<Result<_>>()?;
            // What is written as an alternate must be read as one.
            ids.extend(alternate_email);
            Some(ids)
        }
        None => None,
    };
    let business = pick("phone_type", &config.phone_type, |t| t.phone_flag)?;
    let mobile = match &config.mobile_type {
        Some(name) => Some(by_name("mobile_type", name, table, |t| t.phone_flag)?),
        None => None,
    };
    if mobile.is_some() && mobile == business {
        return Err(invalid(
            "mobile_type is also the communication type of the business phone; set phone_type to another one",
        ));
    }
    let fax = pick("fax_type", &config.fax_type, |t| t.fax_flag)?;
    Ok(ItemTypes { email, alternate_email, alternates, business, mobile, fax })
}

fn by_name(
    key: &str,
    name: &str,
    table: &[CommunicationType],
    flag: fn(&CommunicationType) -> Option<bool>,
) -> Result<i64> {
    let fitting = || table.iter().filter(|t| flag(t) == Some(true));
    let described =
        |t: &&CommunicationType| t.description.as_deref().map(str::trim).unwrap_or_default().to_owned();
    let found = fitting()
        .find(|t| described(t) == name.trim())
        .or_else(|| fitting().find(|t| described(t).to_lowercase() == name.trim().to_lowercase()));
    found.map(|t| t.id).ok_or_else(|| {
        let names: Vec<String> = fitting().map(|t| format!("`{}`", described(&t))).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        invalid(format!("{key}: ConnectWise has no such communication type `{name}`; it has {names}"))
    })
}

/// The one marked as default, or the only one. Among several without a mark there is no telling.
fn default_of(table: &[CommunicationType], flag: fn(&CommunicationType) -> Option<bool>) -> Option<i64> {
    let mut fitting = table.iter().filter(|t| flag(t) == Some(true));
    let only = table.iter().filter(|t| flag(t) == Some(true)).count() == 1;
    fitting.find(|t| only || t.default_flag == Some(true)).map(|t| t.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<CommunicationType> {
        serde_json::from_value(serde_json::json!([
            {"id": 1, "description": "Email", "emailFlag": true, "defaultFlag": true},
            {"id": 2, "description": "Direct", "phoneFlag": true, "defaultFlag": true},
            {"id": 3, "description": "Fax", "faxFlag": true},
            {"id": 4, "description": "Cell", "phoneFlag": true},
            {"id": 5, "description": "Alias", "emailFlag": true, "defaultFlag": false},
        ]))
        .unwrap()
    }

    fn config() -> Config {
        Config::new("na.myconnectwise.net", "c", "p", "k".into(), "i".into())
    }

    #[test]
    fn without_names_the_default_of_each_kind_stands_and_no_mobile() {
        let types = resolve(&config(), &table()).unwrap();
        let expected = ItemTypes {
            email: Some(1),
            alternate_email: Some(1),
            alternates: None,
            business: Some(2),
            mobile: None,
            fax: Some(3),
        };
        assert_eq!(types, expected);
    }

    #[test]
    fn configured_names_are_found_by_kind_and_without_regard_to_case() {
        let mut config = config();
        config.mobile_type = Some("cell".into());
        config.alternate_email_type = Some("Alias".into());
        config.alternate_email_types = Some(vec![]);
        let types = resolve(&config, &table()).unwrap();
        assert_eq!((types.mobile, types.alternate_email), (Some(4), Some(5)));
        assert_eq!(types.alternates, Some(BTreeSet::from([5])));
    }

    #[test]
    fn a_renamed_type_is_an_error_that_lists_what_there_is() {
        let mut config = config();
        config.mobile_type = Some("Mobile".into());
        let error = resolve(&config, &table()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(error.message().contains("`Direct`, `Cell`") && !error.message().contains("Fax"), "{error}");
    }

    #[test]
    fn one_type_cannot_be_two_fields() {
        let mut config = config();
        config.mobile_type = Some("Direct".into());
        assert_eq!(resolve(&config, &table()).unwrap_err().kind(), ErrorKind::ConfigInvalid);
    }

    #[test]
    fn among_several_without_a_default_none_is_guessed() {
        let mut table = table();
        for kind in &mut table {
            kind.default_flag = None;
        }
        let types = resolve(&config(), &table).unwrap();
        assert_eq!((types.email, types.business, types.fax), (None, None, Some(3)));
    }
}
