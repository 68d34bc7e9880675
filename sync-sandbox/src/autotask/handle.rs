//! The handle by which a test or a demo plays the technician and the vendor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Vendor;

use super::data::{Data, Row, TECHNICIAN, Udf, UdfKind};
use super::schema::{COMPANIES, CONTACTS, CONTRACT_SERVICE_ADJUSTMENTS, CONTRACT_SERVICE_UNITS, Entity};
use super::store::Store;
use super::webhooks::{self, Action};

/// Changes to the Autotask imitation from the inside, past its API. Cloning gives another handle to the same server.
///
/// Records go in and out as JSON with the vendor's names. Edits are not validated: that is how a stored record comes to
/// hold what the API would refuse.
#[derive(Clone)]
pub struct Autotask(Arc<Store>);

impl fmt::Debug for Autotask {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Autotask").finish_non_exhaustive()
    }
}

#[allow(clippy::must_use_candidate, reason = "what an edit returns is for those who want to know")]
impl Autotask {
    pub(crate) const fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// A contact as the API would show it.
    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.row(&CONTACTS, id).map(|row| data.shown(&CONTACTS, row)))
    }

    /// Every contact, in the order of their ids.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.0.with(|data| data.rows(&CONTACTS).map(|(_, row)| data.shown(&CONTACTS, row)).collect())
    }

    /// A company as the API would show it.
    #[must_use]
    pub fn company(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.row(&COMPANIES, id).map(|row| data.shown(&COMPANIES, row)))
    }

    /// Edits a contact as a technician would in the user interface; `null` unsets a field. Returns whether there is
    /// such a contact.
    pub fn edit_contact(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| {
            let Some(old) = data.row(&CONTACTS, id).cloned() else { return false };
            let mut shown = data.shown(&CONTACTS, &old);
            edit(&mut shown);
            save(data, id, read(&CONTACTS, &shown), Action::Update);
            true
        })
    }

    /// Adds a contact as a technician would and returns its id; `record` is like the body of a POST with a `companyID`,
    /// unchecked.
    pub fn add_contact(&self, record: &Value) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let mut row = read(&CONTACTS, record);
            if !row.fields.contains_key("isActive") {
                row.set("isActive", 1);
            }
            row.set("createDate", data.now.clone());
            save(data, id, row, Action::Create);
            id
        })
    }

    /// Deletes a contact, whoever refers to it. Returns whether there was such a contact.
    pub fn delete_contact(&self, id: i64) -> bool {
        self.0.with(|data| {
            webhooks::announce(data, Action::Delete, id, TECHNICIAN);
            data.remove(&CONTACTS, id).is_some()
        })
    }

    /// Deletes a company; its contacts stay behind. Returns whether there was such a company.
    pub fn delete_company(&self, id: i64) -> bool {
        self.0.with(|data| data.remove(&COMPANIES, id).is_some())
    }

    /// Defines a user-defined text field on contacts.
    pub fn add_contact_udf(&self, name: &str) {
        self.define(&CONTACTS, name, UdfKind::Text);
    }

    /// Defines a user-defined number field on contacts.
    pub fn add_contact_number_udf(&self, name: &str) {
        self.define(&CONTACTS, name, UdfKind::Number);
    }

    /// Defines a user-defined list field on contacts.
    pub fn add_contact_list_udf(&self, name: &str, labels: &[&str]) {
        self.define(&CONTACTS, name, UdfKind::List(labels.iter().map(|label| (*label).to_owned()).collect()));
    }

    /// Defines a user-defined text field on companies.
    pub fn add_company_udf(&self, name: &str) {
        self.define(&COMPANIES, name, UdfKind::Text);
    }

    fn define(&self, entity: &'static Entity, name: &str, kind: UdfKind) {
        let length = if kind == UdfKind::Text { 8000 } else { 0 };
        let udf = Udf { name: name.to_owned(), kind, length, read_only: false, required: false };
        self.0.with(|data| data.udfs.entry(entity.path).or_default().push(udf));
    }

    /// Makes a user-defined field of contacts one that only people may write.
    pub fn protect_contact_udf(&self, name: &str) {
        self.0.with(|data| {
            for udf in data.udfs.entry(CONTACTS.path).or_default().iter_mut().filter(|udf| udf.name == name) {
                udf.read_only = true;
            }
        });
    }

    /// Renames a user-defined field of contacts; values stay with it. Returns whether there was one of that name.
    pub fn rename_contact_udf(&self, name: &str, to: &str) -> bool {
        self.0.with(|data| {
            let all = data.udfs.entry(CONTACTS.path).or_default();
            let Some(udf) = all.iter_mut().find(|udf| udf.name == name) else { return false };
            to.clone_into(&mut udf.name);
            let ids: Vec<i64> = data.rows(&CONTACTS).map(|(id, _)| id).collect();
            for id in ids {
                if let Some(row) = data.row_mut(&CONTACTS, id)
                    && let Some(value) = row.udfs.remove(name)
                {
                    row.udfs.insert(to.to_owned(), value);
                }
            }
            true
        })
    }

    /// A create of a contact needs this native field from now on.
    pub fn require_contact_field(&self, name: &str) {
        self.0.with(|data| {
            data.settings.also_required.entry(CONTACTS.path.to_owned()).or_default().insert(name.to_owned())
        });
    }

    /// Takes an entity (such as `Contacts`) out of the API user's security level.
    pub fn deny(&self, entity: &str) {
        self.0.with(|data| data.settings.denied.insert(entity.to_lowercase(), false));
    }

    /// Leaves an entity readable and nothing else.
    pub fn deny_writes(&self, entity: &str) {
        self.0.with(|data| data.settings.denied.insert(entity.to_lowercase(), true));
    }

    /// Gives every entity back to the API user's security level.
    pub fn allow_all(&self) {
        self.0.with(|data| data.settings.denied.clear());
    }

    /// Locks the API user, or lets it in again.
    pub fn lock(&self, locked: bool) {
        self.0.with(|data| data.settings.locked = locked);
    }

    /// Moves the database to the other zone: the old one answers 401 from now on.
    pub fn move_zone(&self) {
        self.0.with(|data| {
            data.settings.zone = if data.settings.zone.is_empty() { "/zone2" } else { "" };
        });
    }

    /// Whether a change of user-defined fields alone moves a contact's `lastModifiedDate`. It does not at the start:
    /// which of the two the vendor does is not confirmed, and this is the harder one.
    pub fn udfs_touch_contact(&self, touch: bool) {
        self.0.with(|data| data.settings.udfs_touch = touch);
    }

    /// Whether webhook bodies are delivered in the form that was signed. They are plain JSON at the start, as they look
    /// after a proxy has read and written them.
    pub fn deliver_as_signed(&self, as_signed: bool) {
        self.0.with(|data| data.settings.deliver_as_signed = as_signed);
    }

    /// Takes the webhook requests that were due since the last time, each as `{"url","signature","body"}`.
    #[must_use]
    pub fn take_webhooks(&self) -> Vec<Value> {
        self.0.with(|data| data.deliveries.drain(..).collect())
    }

    /// Switches a webhook off, as the vendor does after too many failures. Returns whether there is such a webhook.
    pub fn deactivate_webhook(&self, id: i64) -> bool {
        self.0.with(|data| webhooks::deactivate(data, id))
    }

    /// The units of a contract line, by period: `(startDate, endDate, units)`.
    #[must_use]
    pub fn units(&self, line: i64) -> Vec<(String, String, i64)> {
        self.0.with(|data| {
            let of = data.rows(&CONTRACT_SERVICE_UNITS).map(|(_, row)| row);
            let mut periods: Vec<_> = of
                .filter(|row| row.int("contractServiceID") == Some(line))
                .map(|row| {
                    let units = row.int("units").unwrap_or_default();
                    (row.text("startDate").to_owned(), row.text("endDate").to_owned(), units)
                })
                .collect();
            periods.sort();
            periods
        })
    }

    /// How many adjustments were made.
    #[must_use]
    pub fn adjustments(&self) -> usize {
        self.0.with(|data| data.rows(&CONTRACT_SERVICE_ADJUSTMENTS).count())
    }

    /// Posts every period of a contract line, after which none of it can be adjusted.
    pub fn post_periods(&self, line: i64) {
        self.0.with(|data| {
            let now = data.now.clone();
            let ids: Vec<i64> = data.rows(&CONTRACT_SERVICE_UNITS).map(|(id, _)| id).collect();
            for id in ids {
                if let Some(row) = data.row_mut(&CONTRACT_SERVICE_UNITS, id)
                    && row.int("contractServiceID") == Some(line)
                {
                    row.set("approveAndPostDate", now.clone());
                }
            }
        });
    }

    /// Sets how many requests an hour the database takes; 10,000 at the start.
    pub fn set_threshold(&self, requests: u64) {
        self.0.shared.limits.set_max(Vendor::Autotask, requests);
    }

    /// Sets how late answers come when half of the threshold is used (500 ms at the start); twice that from three
    /// quarters on.
    pub fn set_delay_when_busy(&self, delay: Duration) {
        self.0.shared.limits.set_drag(Vendor::Autotask, delay);
    }

    /// Another integration makes this many requests now.
    pub fn other_integration(&self, requests: u64) {
        let shared = &self.0.shared;
        for _ in 0..requests {
            let _ = shared.limits.admit(Vendor::Autotask, 1, shared.clock.ahead());
        }
    }

    /// The requests of the last hour, other integrations' included.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.shared.limits.used(Vendor::Autotask, self.0.shared.clock.ahead())
    }

    /// The calls refused for the hourly threshold or for too many at once.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.0.shared.limits.refused(Vendor::Autotask)
    }

    /// The most calls that were under way at once at any object endpoint.
    #[must_use]
    pub fn most_at_once(&self) -> u64 {
        self.0.shared.limits.most_at_once(Vendor::Autotask)
    }
}

/// Stores a contact that a technician wrote, and tells whoever listens.
fn save(data: &mut Data, id: i64, mut row: Row, action: Action) {
    row.set("id", id);
    row.set("lastModifiedDate", data.now.clone());
    let primary = row.flag("primaryContact");
    data.put(&CONTACTS, row);
    if primary {
        data.only_primary(id);
    }
    webhooks::announce(data, action, id, TECHNICIAN);
}

/// Turns a shown record back into a stored one without a check.
pub(super) fn read(entity: &Entity, shown: &Value) -> Row {
    let mut row = Row::default();
    for field in entity.fields {
        row.set(field.name, shown.get(field.name).cloned().unwrap_or_default());
    }
    for udf in shown.get("userDefinedFields").and_then(Value::as_array).into_iter().flatten() {
        let name = udf.get("name").and_then(Value::as_str).unwrap_or_default();
        if let Some(value) = udf.get("value").and_then(Value::as_str).filter(|value| !value.is_empty()) {
            row.udfs.insert(name.to_owned(), value.to_owned());
        }
    }
    row
}

/// The `autotask` section of the state document.
pub(crate) fn state(store: &Store) -> Value {
    store.with(|data| {
        let table = |entity: &Entity| -> Vec<Value> {
            data.rows(entity).map(|(_, row)| data.shown(entity, row)).collect()
        };
        json!({
            "zone": data.settings.zone, "contacts": table(&CONTACTS), "companies": table(&COMPANIES),
            "contract_service_units": table(&CONTRACT_SERVICE_UNITS),
            "contract_service_adjustments": table(&CONTRACT_SERVICE_ADJUSTMENTS),
        })
    })
}
