//! The handle by which a test or a demo plays the technician and the vendor.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::contacts::{blank, save, set};
use super::data::{BUILT_IN, Data, Kind};
use super::store::Store;

/// Changes to the Syncro imitation from the inside, past its API. Cloning gives another handle to the same server.
///
/// Records go in and out as JSON with the vendor's names. Edits are not validated.
#[derive(Clone)]
pub struct Syncro(Arc<Store>);

impl fmt::Debug for Syncro {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Syncro").finish_non_exhaustive()
    }
}

#[allow(clippy::must_use_candidate, reason = "what an edit returns is for those who want to know")]
impl Syncro {
    pub(crate) const fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// A contact as the API would show it.
    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.contacts.get(&id).cloned())
    }

    /// Every contact, in the order of their ids.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.0.with(|data| data.contacts.values().cloned().collect())
    }

    /// A customer, without its contacts.
    #[must_use]
    pub fn customer(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.customers.get(&id).cloned())
    }

    /// A recurring invoice with its lines.
    #[must_use]
    pub fn schedule(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.schedules.get(&id).cloned())
    }

    /// Edits a contact as a technician would in the user interface. Returns whether there is such a contact.
    pub fn edit_contact(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| {
            let Some(mut record) = data.contacts.get(&id).cloned() else { return false };
            edit(&mut record);
            set(&mut record, "id", id.into());
            save(data, &mut record);
            true
        })
    }

    /// Adds a contact as a technician would and returns its id; `fields` are those that are not empty.
    pub fn add_contact(&self, fields: &Value) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let now = data.now.clone();
            let mut record = blank(None);
            for (name, value) in fields.as_object().into_iter().flatten() {
                set(&mut record, name, value.clone());
            }
            set(&mut record, "id", id.into());
            set(&mut record, "created_at", now.into());
            save(data, &mut record);
            id
        })
    }

    /// Deletes a contact. Returns whether there was one.
    pub fn delete_contact(&self, id: i64) -> bool {
        self.0.with(|data| data.contacts.remove(&id).is_some())
    }

    /// Deletes a customer and everything that hangs on it. Returns whether there was one.
    pub fn delete_customer(&self, id: i64) -> bool {
        self.0.with(|data| data.drop_customer(id))
    }

    /// Edits a customer. Returns whether there is such a customer.
    pub fn edit_customer(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| data.customers.get_mut(&id).map(edit).is_some())
    }

    /// Edits a recurring invoice. Returns whether there is one.
    pub fn edit_schedule(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| data.schedules.get_mut(&id).map(edit).is_some())
    }

    /// Defines a custom text field on contacts.
    pub fn add_contact_field(&self, name: &str) {
        self.0.with(|data| data.add_field(true, name, Kind::Text, &[]));
    }

    /// Defines a drop-down list on contacts and returns the numbers of its answers.
    pub fn add_contact_list_field(&self, name: &str, answers: &[&str]) -> Vec<i64> {
        self.0.with(|data| {
            data.add_field(true, name, Kind::DropDown, answers);
            answers.iter().filter_map(|label| data.answer(name, label)).collect()
        })
    }

    /// The number of an answer of a drop-down list on contacts.
    #[must_use]
    pub fn answer(&self, field: &str, label: &str) -> Option<i64> {
        self.0.with(|data| data.answer(field, label))
    }

    /// Renames a custom field of contacts, and with it the entries that contacts have. Returns whether there is one.
    pub fn rename_contact_field(&self, from: &str, to: &str) -> bool {
        self.0.with(|data| {
            let Some(field) = data.contact_fields.iter_mut().find(|field| field.name == from) else {
                return false;
            };
            to.clone_into(&mut field.name);
            for record in data.contacts.values_mut() {
                let properties = record.get_mut("properties").and_then(Value::as_object_mut);
                if let Some(properties) = properties
                    && let Some(value) = properties.remove(from)
                {
                    properties.insert(to.to_owned(), value);
                }
            }
            true
        })
    }

    /// Lets a person sign in to the portal and returns the id of the login.
    pub fn add_portal_user(&self, customer: i64, contact: i64, email: &str) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let user = json!({
                "id": id, "email": email, "account_id": 1, "customer_id": customer, "contact_id": contact,
                "created_at": data.now, "updated_at": data.now, "portal_group_id": 1,
            });
            data.portal_users.insert(id, user);
            id
        })
    }

    /// The ids of all portal logins.
    #[must_use]
    pub fn portal_users(&self) -> Vec<i64> {
        self.0.with(|data| data.portal_users.keys().copied().collect())
    }

    /// Takes a permission from the token, by the vendor's name (`Customers - Edit`).
    pub fn deny(&self, permission: &str) {
        self.0.with(|data| data.settings.denied.insert(permission.to_owned()));
    }

    /// Gives every permission back.
    pub fn allow_all(&self) {
        self.0.with(|data| data.settings.denied.clear());
    }

    /// Deletes the API token; the old one is refused from now on. Returns a new one.
    pub fn renew_token(&self) -> String {
        self.0.with(|data| {
            data.settings.token.push('2');
            data.settings.token.clone()
        })
    }

    /// Makes a field of contacts required, by its wire name or the name of a custom field.
    pub fn require_contact_field(&self, name: &str) {
        self.0.with(|data| data.settings.required.push(name.to_owned()));
    }

    /// Whether properties are merged instead of replaced. They are replaced at the start: which of the two the vendor does
    /// is not documented, and this is the harder one.
    pub fn merge_properties(&self, merge: bool) {
        self.0.with(|data| data.settings.merge_properties = merge);
    }

    /// Whether flags that a PUT leaves out are reset, as was seen on one resource.
    pub fn reset_flags(&self, reset: bool) {
        self.0.with(|data| data.settings.reset_flags = reset);
    }

    /// Sets how many contacts a page has; the vendor says 25 and was seen to give 50.
    pub fn contacts_per_page(&self, rows: usize) {
        self.0.with(|data| data.settings.contacts_per_page = rows.max(1));
    }
}

/// The `syncro` section of the state document.
pub(crate) fn state(store: &Store) -> Value {
    store.with(|data| {
        let Data { customers, contacts, portal_users, schedules, contact_fields, .. } = data;
        let names: Vec<&str> = contact_fields.iter().map(|field| field.name.as_str()).collect();
        json!({
            "customers": customers.values().collect::<Vec<_>>(), "contacts": contacts.values().collect::<Vec<_>>(),
            "portal_users": portal_users.values().collect::<Vec<_>>(), "schedules": schedules.values().collect::<Vec<_>>(),
            "contact_fields": names, "built_in_properties": BUILT_IN,
        })
    })
}
