//! The handle by which a test or a demo plays the technician and the vendor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::contact::{Contact, Item};
use super::custom::{DataType, Field};
use super::data::{ACCOUNTS, CONTACTS, Data, Employee, Location, Planned};
use super::reply::ApiError;
use super::store::Store;

/// Changes to the Kaseya BMS imitation from the inside, past its API. Cloning gives another handle to the same server.
///
/// Records go in and out as JSON with the names of the vendor's document. Edits are not validated.
#[derive(Clone)]
pub struct KaseyaBms(Arc<Store>);

impl fmt::Debug for KaseyaBms {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KaseyaBms").finish_non_exhaustive()
    }
}

#[allow(clippy::must_use_candidate, reason = "what an edit returns is for those who want to know")]
impl KaseyaBms {
    pub(crate) const fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// A contact as a summary shows it, with `MiddleName`, `HasClientPortalAccess` and, under `CustomFields`, its
    /// custom values by name.
    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.contacts.get(&id).map(|contact| whole(data, contact)))
    }

    /// Every contact, in the order of their ids.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.0.with(|data| data.contacts.values().map(|contact| whole(data, contact)).collect())
    }

    /// Edits a contact as a technician would in the user interface; custom values are left alone. Returns whether there
    /// is such a contact.
    pub fn edit_contact(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| {
            let Some(contact) = data.contacts.get(&id).cloned() else { return false };
            let mut shown = whole(data, &contact);
            edit(&mut shown);
            let mut contact = read(data, contact, &shown);
            contact.modified = data.now;
            data.contacts.insert(id, contact);
            true
        })
    }

    /// Adds a contact as a technician would and returns its id. `record` is like a summary, with custom values by name
    /// under `CustomFields`.
    pub fn add_contact(&self, record: &Value) -> i64 {
        let id = self.0.with(|data| {
            let id = data.next_id();
            let account = record["AccountId"].as_i64().unwrap_or(100);
            let mut blank = Contact::new(id, account, data.now);
            blank.location = data.accounts.get(&account).and_then(|a| a.locations.last()).map(|l| l.id);
            let contact = read(data, blank, record);
            data.contacts.insert(id, contact);
            id
        });
        for (name, value) in record["CustomFields"].as_object().into_iter().flatten() {
            self.set_value(id, name, value.as_str().unwrap_or_default());
        }
        id
    }

    /// Deletes a contact. Returns whether there was such a contact.
    pub fn delete_contact(&self, id: i64) -> bool {
        self.0.with(|data| data.drop_contact(id))
    }

    /// The custom value of a contact.
    #[must_use]
    pub fn value(&self, contact: i64, name: &str) -> Option<String> {
        self.0.with(|data| value(data, CONTACTS, contact, name))
    }

    /// Sets a custom value of a contact past every check; a blank one removes it. Returns whether there is such a field.
    pub fn set_value(&self, contact: i64, name: &str, text: &str) -> bool {
        self.0.with(|data| set_value(data, CONTACTS, contact, name, text))
    }

    /// The custom value of an account.
    #[must_use]
    pub fn account_value(&self, account: i64, name: &str) -> Option<String> {
        self.0.with(|data| value(data, ACCOUNTS, account, name))
    }

    /// Sets a custom value of an account past every check.
    pub fn set_account_value(&self, account: i64, name: &str, text: &str) -> bool {
        self.0.with(|data| set_value(data, ACCOUNTS, account, name, text))
    }

    /// Defines a custom text field on contacts, required or not, and returns its id.
    pub fn add_field(&self, name: &str, required: bool) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let (name, data_type) = (name.to_owned(), DataType::Text);
            data.fields.entry(CONTACTS).or_default().push(Field {
                id,
                name,
                data_type,
                required,
                active: true,
            });
            id
        })
    }

    /// Renames a custom field on contacts. Returns whether there is one.
    pub fn rename_field(&self, name: &str, new: &str) -> bool {
        self.0.with(|data| {
            let fields = data.fields.entry(CONTACTS).or_default();
            let field = fields.iter_mut().find(|field| field.name == name);
            field.map(|field| new.clone_into(&mut field.name)).is_some()
        })
    }

    /// Adds somebody who works for the service provider.
    pub fn add_employee(&self, email: &str, username: &str, active: bool) {
        self.0.with(|data| {
            let id = data.next_id();
            data.employees.push(Employee {
                id,
                first_name: "Avery".to_owned(),
                last_name: "Employee".to_owned(),
                email: email.to_owned(),
                username: username.to_owned(),
                active,
            });
        });
    }

    /// Adds an account without locations and returns its id.
    pub fn add_account(&self, name: &str) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let Some(mut account) = data.accounts.values().next().cloned() else { return 0 };
            (account.id, account.name) = (id, name.to_owned());
            account.locations.clear();
            data.accounts.insert(id, account);
            id
        })
    }

    /// Adds a location to an account and returns its id.
    pub fn add_location(&self, account: i64, name: &str, main: bool) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            if let Some(account) = data.accounts.get_mut(&account) {
                account.locations.push(Location { id, name: name.to_owned(), main });
            }
            id
        })
    }

    /// Deletes an account and its contacts. Returns whether there was one.
    pub fn delete_account(&self, id: i64) -> bool {
        self.0.with(|data| {
            data.contacts.retain(|_, contact| contact.account != id);
            data.accounts.remove(&id).is_some()
        })
    }

    /// Takes a path below `v2/` (such as `crm/contacts`) away from the API employee's role.
    pub fn deny(&self, path: &str) {
        self.0.with(|data| data.settings.denied.insert(path.trim_matches('/').to_lowercase()));
    }

    /// The next call whose `METHOD /v2/route` holds this text is refused with this error and does nothing.
    pub fn fail_next(&self, route: &str, code: i64, message: &str) {
        let (path, error) = (route.to_lowercase(), ApiError::other(code, message));
        self.0.with(|data| data.planned.push_back(Planned { path, error }));
    }

    /// Whether names begin with a capital, as the vendor's document prints them.
    pub fn pascal_case(&self, pascal: bool) {
        self.0.with(|data| data.settings.pascal_case = pascal);
    }

    /// Whether errors come with a status of their own instead of 200.
    pub fn status_of_errors(&self, status: bool) {
        self.0.with(|data| data.settings.status_of_errors = status);
    }

    /// Whether summaries by id come in an envelope.
    pub fn enveloped_records(&self, enveloped: bool) {
        self.0.with(|data| data.settings.enveloped_records = enveloped);
    }

    /// Whether a list without `Filter.IsActive` holds inactive records too.
    pub fn list_shows_inactive(&self, shows: bool) {
        self.0.with(|data| data.settings.list_shows_inactive = shows);
    }

    /// Whether every contact needs a telephone number.
    pub fn require_phone(&self, required: bool) {
        self.0.with(|data| data.settings.phone_required = required);
    }

    /// Whether people sign in through an identity provider.
    pub fn single_sign_on(&self, on: bool) {
        self.0.with(|data| data.settings.single_sign_on = on);
    }

    /// The codes of adding, updating and deleting an address or a number; 0, 1 and 2 at first.
    pub fn operation_codes(&self, codes: [i64; 3]) {
        self.0.with(|data| data.settings.operations = codes);
    }

    /// How far the dates of answers, which carry no offset, are from UTC.
    pub fn day_offset(&self, hours: i64) {
        self.0.with(|data| data.settings.offset = TimeDelta::try_hours(hours).unwrap_or_default());
    }

    /// The name of the product, such as `Pulseway PSA`.
    pub fn product(&self, name: &str) {
        self.0.with(|data| name.clone_into(&mut data.settings.product));
    }

    /// Another rate limit for each endpoint than 1,500 in an hour; counts start again.
    pub fn set_limit(&self, calls: usize, span: Duration) {
        self.0.with(|data| data.pace.set(calls, span));
    }

    /// Another integration calls every endpoint that was called so far this often.
    pub fn other_integration(&self, calls: u64) {
        let moment = self.0.moment();
        self.0.with(|data| data.pace.others(calls, moment, data.settings.enforce_limits));
    }

    /// The most calls of one endpoint in any window, and how many calls were refused for the rate.
    #[must_use]
    pub fn worst_window(&self) -> (usize, u64) {
        self.0.with(|data| data.pace.worst())
    }

    /// Makes every access token invalid; refresh tokens stay good.
    pub fn revoke_access_tokens(&self) {
        self.0.with(|data| {
            let now = data.now;
            data.tokens.iter_mut().for_each(|pair| pair.access_ends = now);
        });
    }

    /// Makes every token invalid.
    pub fn revoke_tokens(&self) {
        self.0.with(|data| data.tokens.clear());
    }

    /// Changes the password; tokens stay good.
    pub fn set_password(&self, password: &str) {
        self.0.with(|data| password.clone_into(&mut data.settings.password));
    }

    /// How often somebody tried to sign in with a password.
    #[must_use]
    pub fn sign_ins(&self) -> u64 {
        self.0.with(|data| data.sign_ins)
    }
}

fn whole(data: &Data, contact: &Contact) -> Value {
    let mut shown = contact.summary(data);
    let fields = data.fields.get(&CONTACTS).map(Vec::as_slice).unwrap_or_default();
    let values = data.values.get(&(CONTACTS, contact.id)).cloned().unwrap_or_default();
    let custom = fields.iter().filter_map(|field| {
        let (text, _) = values.get(&field.id)?;
        Some((field.name.clone(), Value::from(text.as_str())))
    });
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("MiddleName".to_owned(), contact.middle_name.clone().into());
        shown.insert("HasClientPortalAccess".to_owned(), contact.portal.into());
        shown.insert("CustomFields".to_owned(), Value::Object(custom.collect()));
    }
    shown
}

fn read(data: &mut Data, mut contact: Contact, shown: &Value) -> Contact {
    let text = |name: &str| shown[name].as_str().map(str::to_owned);
    let flag = |name: &str, now: bool| shown[name].as_bool().unwrap_or(now);
    contact.first_name = text("FirstName").unwrap_or_default();
    contact.middle_name = text("MiddleName");
    contact.last_name = text("LastName").unwrap_or_default();
    contact.job_title = text("JobTitle");
    contact.account = shown["AccountId"].as_i64().unwrap_or(contact.account);
    contact.location = shown["LocationId"].as_i64().or(contact.location);
    contact.primary = flag("IsPoc", contact.primary);
    contact.active = flag("IsActive", contact.active);
    contact.bill_by_contact = flag("IsBillable", contact.bill_by_contact);
    contact.receive_invoices = flag("CanRecieveInvoices", contact.receive_invoices);
    contact.portal = flag("HasClientPortalAccess", contact.portal);
    contact.emails = items(data, &shown["Emails"], "EmailAddress", "EmailTypeId");
    contact.phones = items(data, &shown["Phones"], "Phone", "PhoneTypeId");
    contact
}

fn items(data: &mut Data, rows: &Value, value: &str, kind: &str) -> Vec<Item> {
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| Item {
        id: row["Id"].as_i64().unwrap_or_else(|| data.next_id()),
        value: row[value].as_str().unwrap_or_default().to_owned(),
        type_id: row[kind].as_i64().unwrap_or(1),
        default: row["IsDefault"].as_bool().unwrap_or(false),
    })
    .collect()
}

fn field(data: &Data, module: i64, name: &str) -> Option<Field> {
    data.fields.get(&module)?.iter().find(|field| field.name == name).cloned()
}

fn value(data: &Data, module: i64, record: i64, name: &str) -> Option<String> {
    let field = field(data, module, name)?;
    data.values.get(&(module, record))?.get(&field.id).map(|(text, _)| text.clone())
}

fn set_value(data: &mut Data, module: i64, record: i64, name: &str, text: &str) -> bool {
    let Some(field) = field(data, module, name) else { return false };
    let option = match &field.data_type {
        DataType::List(options) => options.iter().find(|(_, name)| name == text).map_or(0, |(id, _)| *id),
        DataType::Text | DataType::Checkbox => 0,
    };
    let values = data.values.entry((module, record)).or_default();
    match text {
        "" => values.remove(&field.id),
        _ => values.insert(field.id, (text.to_owned(), option)),
    };
    true
}

/// The `kaseyabms` section of the state document.
pub(crate) fn state(store: &Store) -> Value {
    store.with(|data| {
        let contacts: Vec<Value> = data.contacts.values().map(|contact| whole(data, contact)).collect();
        let accounts: Vec<Value> = data
            .accounts
            .values()
            .map(|account| {
                let fields = data.fields.get(&ACCOUNTS).map(Vec::as_slice).unwrap_or_default();
                let custom = fields.iter().filter_map(|field| {
                    Some((field.name.clone(), Value::from(value(data, ACCOUNTS, account.id, &field.name)?)))
                });
                json!({
                    "Id": account.id, "Name": account.name, "IsActive": account.active,
                    "CustomFields": Value::Object(custom.collect()),
                })
            })
            .collect();
        let services: Vec<Value> = data
            .contract_services
            .iter()
            .map(|line| json!({"Id": line.id, "ContractId": line.contract, "ServiceId": line.service, "Units": line.units}))
            .collect();
        let (worst, refused) = data.pace.worst();
        json!({
            "contacts": contacts, "accounts": accounts, "contract_services": services,
            "limits": {"worst": worst, "refused": refused, "enforced": data.settings.enforce_limits},
        })
    })
}
