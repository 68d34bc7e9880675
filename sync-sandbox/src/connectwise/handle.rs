//! The handle by which a test or a demo plays the technician and the vendor.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::callbacks::announce;
use super::contact::{COMPANY_SCREEN, CONTACT_SCREEN, Contact, Item};
use super::contacts::{keep, whole};
use super::data::{Data, read_id};
use super::schema::{Kind, Target, contact_kind};
use super::shapes::Table;
use super::store::Store;

/// Who `_info.updatedBy` names after an edit through this handle.
const TECHNICIAN: &str = "tgreen";

/// Changes to the ConnectWise imitation from the inside, past its API. Cloning gives another handle to the same server.
///
/// Records go in and out as JSON with the vendor's names. Edits are not validated: that is how a stored record comes to
/// hold what the API would refuse.
#[derive(Clone)]
pub struct ConnectWise(Arc<Store>);

impl fmt::Debug for ConnectWise {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConnectWise").finish_non_exhaustive()
    }
}

#[allow(clippy::must_use_candidate, reason = "what an edit returns is for those who want to know")]
impl ConnectWise {
    pub(crate) const fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// A contact as the API would show it.
    #[must_use]
    pub fn contact(&self, id: i64) -> Option<Value> {
        self.0.with(|data| Some(whole(data, id)).filter(Value::is_object))
    }

    /// Every contact, in the order of their ids.
    #[must_use]
    pub fn contacts(&self) -> Vec<Value> {
        self.0.with(|data| data.contacts.values().map(|contact| data.contact_json(contact)).collect())
    }

    /// Edits a contact as a technician would in the user interface. Fields that the edit leaves out are unset, except
    /// values of custom fields. Returns whether there is such a contact.
    pub fn edit_contact(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| {
            let Some(old) = data.contacts.get(&id).cloned() else { return false };
            let mut shown = data.contact_json(&old);
            edit(&mut shown);
            let contact = read(data, old, shown);
            save(data, contact, "updated");
            true
        })
    }

    /// Adds a contact as a technician would and returns its id; `record` is like the body of a POST, unchecked.
    pub fn add_contact(&self, mut record: Value) -> i64 {
        self.0.with(|data| {
            let id = data.next_id();
            let mut contact = Contact::new(id);
            for type_id in
                record.get("typeIds").and_then(Value::as_array).into_iter().flatten().filter_map(read_id)
            {
                contact.types.push((data.next_id(), type_id));
            }
            if let (Some(record), Some(defaults)) = (record.as_object_mut(), contact.body.as_object()) {
                record.remove("typeIds");
                record.remove("id");
                for (name, value) in defaults {
                    record.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            let contact = read(data, contact, record);
            save(data, contact, "added");
            id
        })
    }

    /// Deletes a contact and every reference to it. Returns whether there was such a contact.
    pub fn delete_contact(&self, id: i64) -> bool {
        self.0.with(|data| {
            data.transfer(id, None);
            let gone = data.drop_contact(id);
            if let Some(gone) = &gone {
                announce(data, "deleted", gone, false);
            }
            gone.is_some()
        })
    }

    /// Defines a custom field on contacts and returns its id. `kind` is the vendor's word, such as `Text`.
    pub fn add_contact_field(&self, caption: &str, kind: &str) -> i64 {
        self.add_field(CONTACT_SCREEN, caption, kind, &[])
    }

    /// Defines a custom list field on contacts and returns its id.
    pub fn add_contact_list_field(&self, caption: &str, options: &[&str]) -> i64 {
        self.add_field(CONTACT_SCREEN, caption, "Text", options)
    }

    /// Defines a custom field on companies and returns its id.
    pub fn add_company_field(&self, caption: &str, kind: &str) -> i64 {
        self.add_field(COMPANY_SCREEN, caption, kind, &[])
    }

    fn add_field(&self, screen: &str, caption: &str, kind: &str, options: &[&str]) -> i64 {
        self.0.with(|data| {
            let option = |(id, text): (i64, &&str)| json!({"id": id, "optionValue": text, "inactiveFlag": false, "sortOrder": id});
            let row = json!({
                "podId": if screen == CONTACT_SCREEN { 1 } else { 2 }, "screenId": screen, "caption": caption,
                "sequenceNumber": 1, "fieldTypeIdentifier": kind, "numberDecimals": 0,
                "entryTypeIdentifier": if options.is_empty() { "EntryField" } else { "List" },
                "options": (1..).zip(options).map(option).collect::<Vec<_>>(),
                "requiredFlag": false, "displayOnScreenFlag": true, "readOnlyFlag": false, "dateCreated": data.now,
            });
            row_id(&data.add(Table::UserDefinedFields, row))
        })
    }

    /// Removes the definition of a custom field. Returns whether there was one.
    pub fn remove_field(&self, id: i64) -> bool {
        self.0.with(|data| data.remove(Table::UserDefinedFields, id).is_some())
    }

    /// Puts a note on a contact and returns the note's id.
    pub fn add_note(&self, contact: i64, text: &str) -> i64 {
        self.0.with(|data| {
            let row = json!({
                "contactId": contact, "text": text, "type": {"id": 1, "name": "General"}, "flagged": false,
                "enteredBy": TECHNICIAN, "_info": {"lastUpdated": data.now, "updatedBy": TECHNICIAN},
            });
            row_id(&data.add(Table::Notes, row))
        })
    }

    /// Puts a note on a company as a technician would and returns the note's id.
    pub fn add_company_note(&self, company: i64, text: &str) -> i64 {
        self.0.with(|data| {
            let row = json!({
                "company": data.resolve(Target::Company, &json!({"id": company})), "text": text,
                "type": {"id": 1, "name": "General"}, "flagged": false, "enteredBy": TECHNICIAN,
                "_info": {"lastUpdated": data.now, "updatedBy": TECHNICIAN},
            });
            row_id(&data.add(Table::CompanyNotes, row))
        })
    }

    /// Edits a note of a company as a technician would. Returns whether there is such a note.
    pub fn edit_company_note(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| data.row_mut(Table::CompanyNotes, id).map(edit).is_some())
    }

    /// Deletes a note of a company. Returns whether there was one.
    pub fn delete_company_note(&self, id: i64) -> bool {
        self.0.with(|data| data.remove(Table::CompanyNotes, id).is_some())
    }

    /// The notes of a company as they are stored, the oldest first.
    #[must_use]
    pub fn company_notes(&self, company: i64) -> Vec<Value> {
        let of_it = |note: &&Value| note.pointer("/company/id").and_then(Value::as_i64) == Some(company);
        self.0.with(|data| data.rows(Table::CompanyNotes).filter(of_it).cloned().collect())
    }

    /// Adds an agreement of a company (not validated) and returns its id.
    pub fn add_agreement(&self, record: Value) -> i64 {
        self.0.with(|data| row_id(&data.add(Table::Agreements, record)))
    }

    /// Adds an addition to an agreement (not validated; `record` names its `agreementId`) and returns its id.
    pub fn add_addition(&self, record: Value) -> i64 {
        self.0.with(|data| row_id(&data.add(Table::Additions, record)))
    }

    /// Edits an addition as a technician would. Returns whether there is such an addition.
    pub fn edit_addition(&self, id: i64, edit: impl FnOnce(&mut Value)) -> bool {
        self.0.with(|data| data.row_mut(Table::Additions, id).map(edit).is_some())
    }

    /// An addition as it is stored.
    #[must_use]
    pub fn addition(&self, id: i64) -> Option<Value> {
        self.0.with(|data| data.row(Table::Additions, id).cloned())
    }

    /// Renames a communication type or a contact type, as every instance may. Returns whether there is such a type.
    pub fn rename_type(&self, kind: TypeKind, id: i64, description: &str) -> bool {
        let table = match kind {
            TypeKind::Communication => Table::CommunicationTypes,
            TypeKind::Contact => Table::ContactTypes,
        };
        self.0.with(|data| {
            let row = data.row_mut(table, id).and_then(Value::as_object_mut);
            row.map(|row| row.insert("description".to_owned(), description.into())).is_some()
        })
    }

    /// Upgrades the cloud: from now on this codebase (such as `v2025_2/`) is the current one and the old one is gone.
    pub fn set_codebase(&self, codebase: &str) {
        let codebase = format!("{}/", codebase.trim_matches('/'));
        self.0.with(|data| data.settings.codebase = codebase);
    }

    /// Whether this is the cloud: it answers wrong keys with 404 instead of 401, and `/system/info` to members only.
    pub fn hide_bad_keys(&self, hide: bool) {
        self.0.with(|data| data.settings.hide_bad_keys = hide);
    }

    /// Whether a contact PATCH without a `customFields` operation is refused, as some instances do.
    pub fn require_custom_fields_in_patch(&self, require: bool) {
        self.0.with(|data| data.settings.patch_needs_custom_fields = require);
    }

    /// Makes a text field (such as `nickName`) one that every contact needs, whoever writes it next.
    pub fn require_contact_field(&self, name: &str) {
        self.0.with(|data| data.settings.required.insert(name.to_owned()));
    }

    /// Deletes a company with its contacts. Returns whether there was one.
    pub fn delete_company(&self, id: i64) -> bool {
        self.0.with(|data| {
            let of_it = |contact: &Contact| {
                contact.body.get("company").and_then(|company| company.get("id")) == Some(&id.into())
            };
            data.contacts.retain(|_, contact| !of_it(contact));
            data.remove(Table::Companies, id).is_some()
        })
    }

    /// Whether every API call is answered with `Security: SSL is required.`, as the user interface's host does.
    pub fn require_ssl(&self, require: bool) {
        self.0.with(|data| data.settings.ssl_required = require);
    }

    /// Whether a change through `/communications` moves the contact's `lastUpdated`. It does not at the start: which of
    /// the two the vendor does is not documented, and this is the harder one.
    pub fn items_touch_contact(&self, touch: bool) {
        self.0.with(|data| data.settings.items_touch_contact = touch);
    }

    /// Keeps this many characters of each company note that is written from now on, without a word; `None` keeps all, as
    /// at the start. Whether the vendor has a limit is not documented.
    pub fn cut_company_notes(&self, characters: Option<usize>) {
        self.0.with(|data| data.settings.company_note_length = characters);
    }

    /// Takes a route (such as `company/noteTypes`) and all below it out of the API member's role: 403 from now on.
    pub fn deny(&self, route: &str) {
        let route = route.trim_matches('/').to_owned();
        self.0.with(|data| data.settings.denied.insert(route));
    }

    /// Gives every route back to the API member's role.
    pub fn allow_all(&self) {
        self.0.with(|data| data.settings.denied.clear());
    }

    /// Makes links and `Location` name another origin, as a server behind a proxy does.
    pub fn set_link_base(&self, base: &str) {
        let base = base.trim_end_matches('/').to_owned();
        self.0.with(|data| data.settings.base_url = base);
    }

    /// Replaces what the vendor's own Microsoft 365 contact sync holds; empty means that it is not in use.
    pub fn set_m365_contacts(&self, rows: Vec<Value>) {
        self.0.with(|data| {
            data.clear(Table::M365Contacts);
            for row in rows {
                data.add(Table::M365Contacts, row);
            }
        });
    }

    /// Takes the callbacks that were due since the last time, each as `{"url","body","text","signature"}`: the body as a
    /// value and as the text that is signed, and the header `x-content-signature`. The imitation opens no connection itself.
    #[must_use]
    pub fn take_callbacks(&self) -> Vec<Value> {
        self.0.with(|data| data.deliveries.drain(..).collect())
    }
}

/// Which types [`ConnectWise::rename_type`] renames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeKind {
    /// Of a communication item.
    Communication,
    /// Of a contact.
    Contact,
}

fn row_id(row: &Value) -> i64 {
    row.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn save(data: &mut Data, mut contact: Contact, action: &'static str) {
    let now = data.now.clone();
    contact.stamp(&now, TECHNICIAN);
    keep(data, contact.clone());
    announce(data, action, &contact, false);
}

/// Turns a shown record back into a stored one without a check. References are completed where they can be.
fn read(data: &mut Data, mut contact: Contact, mut shown: Value) -> Contact {
    let id = contact.id();
    let Some(fields) = shown.as_object_mut() else { return contact };
    for mirror in ["types", "defaultPhoneType", "defaultPhoneNbr", "defaultPhoneExtension"] {
        fields.remove(mirror);
    }
    let items = fields.remove("communicationItems").unwrap_or_default();
    let custom = fields.remove("customFields").unwrap_or_default();
    fields.insert("id".to_owned(), id.into());
    for (name, value) in fields.iter_mut() {
        if let Some(Kind::Reference(target)) = contact_kind(name)
            && let Some(found) = data.resolve(target, value)
        {
            *value = found;
        }
    }
    contact.body = shown;
    contact.items.clear();
    for value in items.as_array().into_iter().flatten() {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let item = Item {
            id: value.get("id").and_then(Value::as_i64).unwrap_or_else(|| data.next_id()),
            type_id: value.get("type").and_then(|kind| kind.get("id")).and_then(read_id).unwrap_or_default(),
            value: text("value").unwrap_or_default(),
            extension: text("extension"),
            default_flag: value.get("defaultFlag").and_then(Value::as_bool).unwrap_or(false),
        };
        contact.push_item(data, item);
    }
    for entry in custom.as_array().into_iter().flatten() {
        let Some(id) = entry.get("id").and_then(read_id) else { continue };
        match entry.get("value").filter(|value| !value.is_null()) {
            Some(value) => contact.values.insert(id, value.clone()),
            None => contact.values.remove(&id),
        };
    }
    contact
}

/// The `connectwise` section of the state document.
pub(crate) fn state(store: &Store) -> Value {
    store.with(|data| {
        let contacts: Vec<Value> = data.contacts.values().map(|contact| data.contact_json(contact)).collect();
        let table = |table: Table| data.rows(table).cloned().collect::<Vec<_>>();
        json!({
            "codebase": data.settings.codebase, "contacts": contacts, "companies": table(Table::Companies),
            "notes": table(Table::Notes), "companyNotes": table(Table::CompanyNotes), "additions": table(Table::Additions), "callbacks": table(Table::Callbacks),
        })
    })
}
