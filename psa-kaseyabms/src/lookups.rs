//! What is looked up once per connection: types of items, modules of custom fields, locations, employees.

use crate::{
    client::{Answer, Call, Client},
    config::Config,
    custom::Definitions,
    listing::{self, numbered},
    map::is_archived,
    types::{self, ItemTypes},
    wire,
};
use futures::stream::{StreamExt as _, TryStreamExt as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};
use sync_core::{Error, ErrorKind, Result, model::email_key};
use tokio::sync::OnceCell;

/// The highest module number that is looked at (22 was seen for tickets).
const MODULES: u32 = 60;

/// The tables, each fetched with its first use and never again.
#[derive(Default)]
pub(crate) struct Lookups {
    types: OnceCell<ItemTypes>,
    contact_module: OnceCell<Module>,
    account_module: OnceCell<Module>,
    employees: OnceCell<Employees>,
    locations: Mutex<BTreeMap<i64, Arc<OnceCell<i64>>>>,
}

/// The custom fields of contacts or accounts.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// `None` where it was not found; then there are no custom fields.
    pub(crate) id: Option<u32>,
    pub(crate) definitions: Definitions,
    /// What was seen, for people.
    pub(crate) found: Found,
}

/// How the search for a module went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nobody asked for it.
    #[default]
    NotSought,
    Configured,
    Probed,
    /// No module has any of the names.
    Nowhere,
    /// Two modules have as many of them.
    Twice,
    /// The role may not read them.
    Closed,
}

/// The addresses of those who work for the service provider.
#[derive(Debug, Default)]
pub(crate) struct Employees {
    /// In comparable form. Those put aside are not among them: their address is free.
    addresses: BTreeSet<String>,
    pub(crate) count: usize,
    pub(crate) archived: usize,
    /// The role may not read them.
    pub(crate) closed: bool,
}

impl Employees {
    pub(crate) fn has(&self, address: &str) -> bool {
        email_key(address).is_some_and(|key| self.addresses.contains(&key))
    }
}

impl Lookups {
    pub(crate) async fn types(&self, client: &Client, config: &Config) -> Result<&ItemTypes> {
        self.types
            .get_or_try_init(|| async {
                let sample = if types::are_learned(config) { sample(client).await? } else { Vec::new() };
                types::resolve(config, &sample)
            })
            .await
    }

    pub(crate) async fn contact_module(&self, client: &Client, config: &Config) -> Result<&Module> {
        self.contact_module
            .get_or_try_init(|| module(client, config.contact_module_id, &config.probe_contact_fields))
            .await
    }

    pub(crate) async fn account_module(&self, client: &Client, config: &Config) -> Result<&Module> {
        self.account_module
            .get_or_try_init(|| async {
                if config.company_custom_fields {
                    module(client, config.account_module_id, &config.probe_account_fields).await
                } else {
                    Ok(Module::default())
                }
            })
            .await
    }

    pub(crate) async fn employees(&self, client: &Client) -> Result<&Employees> {
        self.employees
            .get_or_try_init(|| async {
                let call = Call::get("/v2/hr/employees/searchselect", "list employees");
                let page = |number| numbered(&call, number);
                match listing::whole::<wire::Employee>(client, "list employees", page).await {
                    Ok(rows) => Ok(employees(&rows)),
                    Err(error) if is_closed(&error) => {
                        tracing::warn!("employees cannot be read, so nobody is recognised as a colleague");
                        Ok(Employees { closed: true, ..Employees::default() })
                    }
                    Err(error) => Err(error),
                }
            })
            .await
    }

    /// The account's main location.
    ///
    /// # Errors
    /// `Rejected` where none is marked as such and there is not exactly one; `NotFound` for an account that is not there.
    pub(crate) async fn location(&self, client: &Client, account: i64) -> Result<i64> {
        let cell = {
            let mut cells = self.locations.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(account).or_default())
        };
        cell.get_or_try_init(|| async { main_location(account, &client.locations(account).await?) })
            .await
            .copied()
    }
}

fn main_location(account: i64, locations: &[wire::Location]) -> Result<i64> {
    let main = locations.iter().find(|location| location.is_main == Some(true));
    let found = main.or_else(|| locations.first().filter(|_| locations.len() == 1));
    found.map(|location| location.id).ok_or_else(|| {
        let what =
            if locations.is_empty() { "has no location" } else { "has several locations and no main one" };
        let message =
            format!("BMS needs a location for a contact, and account {account} {what}; nothing was sent");
        Error::new(ErrorKind::Rejected, "create contact", message)
    })
}

/// The first page of active contacts.
async fn sample(client: &Client) -> Result<Vec<wire::Contact>> {
    let call = Call::get("/v2/crm/contacts/summary", "learn the types of addresses and numbers");
    let call = numbered(&call.query("Filter.IsActive", true), 1);
    let Answer { result, .. } = client.call::<Option<Vec<wire::Contact>>>(call).await?;
    Ok(result.unwrap_or_default())
}

/// The module of that number, or the one that has the most of these names.
async fn module(client: &Client, id: Option<u32>, names: &[String]) -> Result<Module> {
    let closed = || Module { found: Found::Closed, ..Module::default() };
    if let Some(id) = id {
        return match client.custom_fields(id).await {
            Ok(rows) => {
                Ok(Module { id: Some(id), definitions: Definitions::new(rows), found: Found::Configured })
            }
            Err(error) if is_closed(&error) => Ok(closed()),
            Err(error) => Err(error),
        };
    }
    if names.is_empty() {
        return Ok(Module::default());
    }
    let probe = |id: u32| async move {
        match client.custom_fields(id).await {
            Ok(rows) => Ok(Some((id, Definitions::new(rows)))),
            // A number that no module has; a refusal for the role is told by the first one.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Rejected) => Ok(None),
            Err(error) => Err(error),
        }
    };
    let probed: Result<Vec<_>> =
        futures::stream::iter((1..=MODULES).map(probe)).buffered(client.concurrency()).try_collect().await;
    let probed = match probed {
        Ok(probed) => probed,
        Err(error) if is_closed(&error) => return Ok(closed()),
        Err(error) => return Err(error),
    };
    let counted = probed.into_iter().flatten().map(|(id, known)| (known.count_of(names), id, known));
    let mut best: Vec<_> = counted.filter(|(count, ..)| *count > 0).collect();
    best.sort_by_key(|(count, id, _)| (std::cmp::Reverse(*count), *id));
    let tied = matches!(best.as_slice(), [(first, ..), (second, ..), ..] if first == second);
    Ok(match best.into_iter().next() {
        Some(_) if tied => Module { found: Found::Twice, ..Module::default() },
        Some((_, id, definitions)) => Module { id: Some(id), definitions, found: Found::Probed },
        None => Module { found: Found::Nowhere, ..Module::default() },
    })
}

fn employees(rows: &[wire::Employee]) -> Employees {
    let texts = |row: &wire::Employee| [row.email_address.clone(), row.username.clone()];
    let (archived, present): (Vec<_>, Vec<_>) =
        rows.iter().map(texts).partition(|texts| texts.iter().flatten().any(|text| is_archived(text)));
    let addresses = present.iter().flatten().flatten().filter_map(|text| email_key(text)).collect();
    Employees { addresses, count: rows.len(), archived: archived.len(), closed: false }
}

/// The role may not see this.
pub(crate) fn is_closed(error: &Error) -> bool {
    error.kind() == ErrorKind::PermissionDenied
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn locations(rows: serde_json::Value) -> Vec<wire::Location> {
        serde_json::from_value(rows).unwrap()
    }

    #[test]
    fn the_main_location_is_taken_and_no_other_is_guessed() {
        let two = locations(json!([{"id": 1, "isMain": false}, {"id": 2, "isMain": true}]));
        assert_eq!(main_location(100, &two).unwrap(), 2);
        assert_eq!(main_location(100, &locations(json!([{"id": 1}]))).unwrap(), 1);
        for rows in [json!([]), json!([{"id": 1}, {"id": 2}])] {
            let error = main_location(100, &locations(rows)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Rejected);
            assert!(error.message().contains("account 100"), "{error}");
        }
    }

    #[test]
    fn an_employee_is_known_by_address_and_user_name_unless_put_aside() {
        let rows = json!([
            {"id": 1, "emailAddress": "Alex@msp.example.com", "username": "aadams"},
            {"id": 2, "emailAddress": "", "username": "kim@msp.example.com"},
            {"id": 3, "emailAddress": "lee@msp.example.com_Archived", "username": "lee_Archived"},
        ]);
        let known = employees(&serde_json::from_value::<Vec<wire::Employee>>(rows).unwrap());
        assert!(known.has("alex@MSP.example.com") && known.has("kim@msp.example.com"));
        assert!(!known.has("lee@msp.example.com") && !known.has("aadams") && !known.has(""));
        assert_eq!((known.count, known.archived), (3, 1));
    }
}
