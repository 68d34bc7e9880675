//! The database a sandbox starts with: settings tables, four companies, and the contacts of the seeded people.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::people::{COMPANY, DOMAIN, Person, PsaState, Stale};

use super::contact::{COMPANY_SCREEN, CONTACT_SCREEN, Contact, Item};
use super::data::{Data, Settings};
use super::schema::Target;
use super::shapes::Table;

/// Ids of seeded records that other seeded records use.
mod ids {
    pub(super) const CONTOSO: i64 = 100;
    pub(super) const CONTOSO_WEST: i64 = 101;
    pub(super) const FABRIKAM: i64 = 250;
    pub(super) const LITWARE: i64 = 300;
    pub(super) const EMAIL: i64 = 1;
    pub(super) const DIRECT: i64 = 2;
    pub(super) const FAX: i64 = 3;
    pub(super) const MOBILE: i64 = 4;
    pub(super) const EMAIL_2: i64 = 5;
    pub(super) const HOME_EMAIL: i64 = 6;
    pub(super) const END_USER: i64 = 1;
    pub(super) const VIP: i64 = 2;
    pub(super) const VENDOR: i64 = 4;
    pub(super) const STORED_ID: i64 = 11;
    pub(super) const IS_OFFICE_365: i64 = 12;
    pub(super) const FOREIGN_LINK: i64 = 15;
    /// Contacts that are not people of the seeded world have ids above this.
    pub(super) const OTHERS: i64 = 500;
    /// The seeded people's contacts have ids above this.
    pub(super) const PEOPLE: i64 = 5000;
}

/// When the seeded records were last touched.
const SEEDED: &str = "2025-10-01T08:00:00Z";

/// Makes the database. Contoso (100) holds exactly the people's contacts.
pub(crate) fn seed(settings: Settings, people: &[Person]) -> Data {
    let mut data = Data::new(settings, ids::PEOPLE);
    lookups(&mut data, people);
    companies(&mut data);
    for person in people {
        for copy in 0..person.contacts() {
            let contact = contact(&mut data, person, copy);
            data.contacts.insert(contact.id(), contact);
        }
    }
    others(&mut data);
    contoso_default(&mut data);
    money(&mut data);
    data
}

fn put_all(data: &mut Data, table: Table, rows: Value) {
    let Value::Array(rows) = rows else { return };
    for mut row in rows {
        if let Some(row) = row.as_object_mut() {
            row.insert("_info".to_owned(), json!({"lastUpdated": SEEDED, "updatedBy": "tgreen"}));
        }
        data.put(table, row);
    }
}

fn lookups(data: &mut Data, people: &[Person]) {
    put_all(
        data,
        Table::CommunicationTypes,
        json!([
            {"id": ids::EMAIL, "description": "Email", "phoneFlag": false, "faxFlag": false, "emailFlag": true, "defaultFlag": true},
            {"id": ids::DIRECT, "description": "Direct", "phoneFlag": true, "faxFlag": false, "emailFlag": false, "defaultFlag": true},
            {"id": ids::FAX, "description": "Fax", "phoneFlag": false, "faxFlag": true, "emailFlag": false, "defaultFlag": true},
            {"id": ids::MOBILE, "description": "Mobile", "phoneFlag": true, "faxFlag": false, "emailFlag": false, "defaultFlag": false},
            {"id": ids::EMAIL_2, "description": "Email 2", "phoneFlag": false, "faxFlag": false, "emailFlag": true, "defaultFlag": false},
            {"id": ids::HOME_EMAIL, "description": "Home Email", "phoneFlag": false, "faxFlag": false, "emailFlag": true, "defaultFlag": false},
        ]),
    );
    put_all(
        data,
        Table::ContactTypes,
        json!([
            {"id": ids::END_USER, "description": "End User", "defaultFlag": true, "serviceAlertFlag": false},
            {"id": ids::VIP, "description": "VIP", "defaultFlag": false, "serviceAlertFlag": true, "serviceAlertMessage": "Handle first"},
            {"id": 3, "description": "Approver", "defaultFlag": false, "serviceAlertFlag": false},
            {"id": ids::VENDOR, "description": "Vendor", "defaultFlag": false, "serviceAlertFlag": false},
        ]),
    );
    put_all(
        data,
        Table::NoteTypes,
        json!([
            {"id": 1, "identifier": "General", "name": "General", "defaultFlag": true, "importFlag": false},
            {"id": 2, "identifier": "Security", "name": "Security", "defaultFlag": false, "importFlag": false},
        ]),
    );
    put_all(
        data,
        Table::Relationships,
        json!([{"id": 1, "name": "Employee"}, {"id": 2, "name": "Contractor"}]),
    );
    put_all(
        data,
        Table::CompanyStatuses,
        json!([
            {"id": 1, "name": "Active", "defaultFlag": true, "inactiveFlag": false},
            {"id": 2, "name": "Inactive", "defaultFlag": false, "inactiveFlag": true},
        ]),
    );
    put_all(
        data,
        Table::CompanyTypes,
        json!([
            {"id": 1, "name": "Client", "defaultFlag": true, "vendorFlag": false},
            {"id": 2, "name": "Vendor", "defaultFlag": false, "vendorFlag": true},
        ]),
    );
    put_all(data, Table::Locations, json!([{"id": 1, "name": "Headquarters"}, {"id": 2, "name": "West"}]));
    put_all(
        data,
        Table::TeamRoles,
        json!([{"id": 1, "name": "Account Manager"}, {"id": 2, "name": "Technician"}]),
    );
    put_all(
        data,
        Table::Members,
        json!([
            {"id": 1, "identifier": "SyncApi", "firstName": "Sync", "lastName": "API", "inactiveFlag": false, "licenseClass": "A"},
            {"id": 2, "identifier": "aadams", "firstName": "Alex", "lastName": "Adams", "inactiveFlag": false, "licenseClass": "F"},
            {"id": 3, "identifier": "tgreen", "firstName": "Terry", "lastName": "Green", "inactiveFlag": false, "licenseClass": "F"},
        ]),
    );
    let field = |id: i64, screen: &str, caption: &str, kind: &str| {
        json!({
            "id": id, "podId": if screen == CONTACT_SCREEN { 1 } else { 2 }, "screenId": screen, "caption": caption,
            "sequenceNumber": id, "fieldTypeIdentifier": kind, "numberDecimals": 0, "entryTypeIdentifier": "EntryField",
            "requiredFlag": false, "displayOnScreenFlag": true, "readOnlyFlag": false, "dateCreated": SEEDED,
        })
    };
    let mut preference = field(17, CONTACT_SCREEN, "Preferred Channel", "Text");
    if let Some(preference) = preference.as_object_mut() {
        preference.insert("entryTypeIdentifier".to_owned(), "List".into());
        let option = |id: i64, text: &str| json!({"id": id, "optionValue": text, "defaultFlag": false, "inactiveFlag": false, "sortOrder": id});
        preference.insert("options".to_owned(), json!([option(1, "Email"), option(2, "Phone")]));
    }
    put_all(
        data,
        Table::UserDefinedFields,
        json!([
            field(ids::STORED_ID, CONTACT_SCREEN, "Office365Id", "Text"),
            field(ids::IS_OFFICE_365, CONTACT_SCREEN, "IsOffice365", "Checkbox"),
            field(13, CONTACT_SCREEN, "SupportPIN", "Text"),
            field(14, CONTACT_SCREEN, "M365SyncKeepActive", "Checkbox"),
            field(ids::FOREIGN_LINK, CONTACT_SCREEN, "Sync365 Link", "Text"),
            field(16, COMPANY_SCREEN, "Tenant365Id", "Text"),
            preference,
        ]),
    );
    // BTreeMaps keep the ids the same for the same people.
    let mut departments = BTreeMap::new();
    let mut countries = BTreeMap::new();
    for person in people.iter().filter(|person| person.contacts() > 0) {
        let stale = match &person.stale {
            Some(Stale::Department(name)) => Some(name),
            Some(Stale::JobTitle(_) | Stale::BusinessPhone(_) | Stale::LastName(_)) | None => None,
        };
        for name in person.department.iter().chain(stale) {
            departments.insert(cut(name, 30), ());
        }
        if let Some(country) = &person.country {
            countries.insert(country.as_str(), person.usage_location.as_deref());
        }
    }
    for (id, (name, ())) in (1_i64..).zip(departments) {
        put_all(data, Table::Departments, json!([{"id": id, "name": name}]));
    }
    for (id, (name, code)) in (1_i64..).zip(countries) {
        put_all(
            data,
            Table::Countries,
            json!([{"id": id, "name": name, "defaultFlag": id == 1, "countryCode": code}]),
        );
    }
}

fn companies(data: &mut Data) {
    let client = json!([{"id": 1, "name": "Client"}]);
    let manager = json!({"id": 2, "identifier": "aadams", "name": "Alex Adams"});
    let contoso = format!("www.{DOMAIN}");
    for (id, identifier, name, territory, deleted, website) in [
        (ids::CONTOSO, "Contoso", COMPANY, "Headquarters", false, Some(contoso.as_str())),
        (ids::CONTOSO_WEST, "ContosoWest", "Contoso West", "West", false, None),
        (ids::FABRIKAM, "Fabrikam", "Fabrikam", "Headquarters", false, Some("http://fabrikam.example/")),
        (ids::LITWARE, "Litware", "Litware", "Headquarters", true, None),
    ] {
        let (status, state) = if deleted { (2, "Inactive") } else { (1, "Active") };
        let location = if territory == "West" { 2 } else { 1 };
        let mut row = json!({
            "id": id, "identifier": identifier, "name": name, "status": {"id": status, "name": state},
            "territory": {"id": location, "name": territory}, "territoryManager": manager, "types": client,
            "deletedFlag": deleted, "isVendorFlag": false,
        });
        // What is empty has no key.
        if let (Some(website), Some(row)) = (website, row.as_object_mut()) {
            row.insert("website".to_owned(), website.into());
        }
        put_all(data, Table::Companies, Value::Array(vec![row]));
        let company = json!({"id": id, "identifier": identifier, "name": name});
        put_all(
            data,
            Table::Sites,
            json!([{
                "id": id + 2000, "name": "Main", "primaryAddressFlag": true, "inactiveFlag": false, "company": company,
            }]),
        );
        put_all(
            data,
            Table::CompanyTypeLinks,
            json!([{
                "id": id + 3000, "type": {"id": 1, "name": "Client"}, "company": company,
            }]),
        );
        put_all(
            data,
            Table::Teams,
            json!([{
                "id": id + 4000, "company": company, "teamRole": {"id": 1, "name": "Account Manager"}, "member": manager,
                "accountManagerFlag": true, "techFlag": false, "salesFlag": false,
            }]),
        );
    }
}

/// A text cut to the vendor's length, in characters.
fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn item(data: &mut Data, contact: &mut Contact, type_id: i64, value: &str, default_flag: bool) {
    let item = Item { id: data.next_id(), type_id, value: cut(value, 250), extension: None, default_flag };
    contact.push_item(data, item);
}

fn set_text(contact: &mut Contact, name: &str, value: Option<&str>, max: usize) {
    contact.set(name, value.filter(|value| !value.is_empty()).map(|value| cut(value, max).into()));
}

/// A contact in a company (0 for none), stamped and with the company's site.
fn basic(data: &mut Data, id: i64, company: i64, first: &str, last: &str) -> Contact {
    let mut contact = Contact::new(id);
    set_text(&mut contact, "firstName", Some(first), 30);
    set_text(&mut contact, "lastName", Some(last), 30);
    contact.set("company", data.resolve(Target::Company, &json!({"id": company})));
    contact.set("site", data.resolve(Target::Site, &json!({"id": company + 2000})));
    contact.stamp(SEEDED, "tgreen");
    contact
}

fn contact(data: &mut Data, person: &Person, copy: usize) -> Contact {
    let id = data.next_id();
    let first = if person.first_name.is_empty() { &person.display_name } else { &person.first_name };
    let mut contact = basic(data, id, ids::CONTOSO, first, &person.last_name);
    let (mut title, mut department) = (person.job_title.as_deref(), person.department.as_deref());
    let mut phone = person.business_phone.as_deref();
    match &person.stale {
        Some(Stale::JobTitle(old)) => title = Some(old),
        Some(Stale::Department(old)) => department = Some(old),
        Some(Stale::BusinessPhone(old)) => phone = Some(old),
        Some(Stale::LastName(old)) => set_text(&mut contact, "lastName", Some(old), 30),
        None => {}
    }
    set_text(&mut contact, "title", title, 100);
    let department = department.map(|name| json!({"name": cut(name, 30)}));
    contact.set("department", department.and_then(|name| data.resolve(Target::Department, &name)));
    set_text(&mut contact, "addressLine1", person.street.as_deref(), 50);
    set_text(&mut contact, "city", person.city.as_deref(), 50);
    set_text(&mut contact, "state", person.state.as_deref(), 50);
    set_text(&mut contact, "zip", person.postal_code.as_deref(), 12);
    let country = person.country.as_ref().map(|name| json!({"name": name}));
    contact.set("country", country.and_then(|name| data.resolve(Target::Country, &name)));
    contact.set("inactiveFlag", Some(person.contact_inactive.into()));
    let alias = person.aliases.first().filter(|_| person.in_psa == PsaState::ByAlternateEmail);
    if let Some(address) = alias.or(person.mail.as_ref()) {
        item(data, &mut contact, ids::EMAIL, address, true);
    }
    if let Some(number) = phone {
        item(data, &mut contact, ids::DIRECT, number, true);
    }
    if let Some(number) = &person.mobile_phone {
        item(data, &mut contact, ids::MOBILE, number, false);
    }
    let is_supplier = !person.in_directory && person.deleted_days_ago.is_none();
    let kind = if is_supplier { ids::VENDOR } else { ids::END_USER };
    contact.types.push((data.next_id(), kind));
    if person.in_psa == PsaState::Linked {
        contact.values.insert(ids::STORED_ID, person.object_id.as_str().into());
        contact.values.insert(ids::IS_OFFICE_365, true.into());
    }
    foreign(data, &mut contact, copy);
    let created = person.created.to_rfc3339_opts(SecondsFormat::Secs, true);
    if let Some(info) = contact.body.get_mut("_info").and_then(Value::as_object_mut) {
        info.insert("dateEntered".to_owned(), created.into());
    }
    contact
}

/// What other people and other tools put on some contacts; no sync of ours may touch it.
fn foreign(data: &mut Data, contact: &mut Contact, copy: usize) {
    let id = contact.id();
    let pick = |every: i64| id % every == 0 && copy == 0;
    if pick(4) {
        contact.values.insert(ids::FOREIGN_LINK, format!("s365:{id:08}").into());
    }
    if pick(7) {
        item(data, contact, ids::HOME_EMAIL, &format!("person{id}@home.example"), false);
    }
    if pick(11) {
        item(data, contact, ids::FAX, "+1 206 555 0199", true);
    }
    if pick(13) {
        contact.types.push((data.next_id(), ids::VIP));
    }
    if pick(9) {
        data.add(Table::Notes, json!({
            "contactId": id, "text": "Prefers a call before noon.", "type": {"id": 1, "name": "General"},
            "flagged": false, "enteredBy": "tgreen", "_info": {"lastUpdated": SEEDED, "updatedBy": "tgreen"},
        }));
    }
}

/// The contacts of the other companies, and one without a company.
fn others(data: &mut Data) {
    for (offset, company, first, last, email) in [
        (1, ids::CONTOSO_WEST, "Wendy", "West", "wendy.west@west.contoso.example"),
        (2, ids::FABRIKAM, "Fay", "Brandt", "fay.brandt@fabrikam.example"),
        (3, ids::FABRIKAM, "Rick", "Amann", "rick.amann@fabrikam.example"),
        (4, 0, "Nora", "Nowhere", ""),
    ] {
        let mut contact = basic(data, ids::OTHERS + offset, company, first, last);
        if !email.is_empty() {
            item(data, &mut contact, ids::EMAIL, email, true);
        }
        contact.set("defaultFlag", Some((offset == 2).into()));
        super::contacts::keep(data, contact);
    }
}

/// Contoso's default contact is one that no directory user stands behind, if there is one.
fn contoso_default(data: &mut Data) {
    let is_supplier = |contact: &&Contact| {
        contact.reference("company") == Some(ids::CONTOSO)
            && contact.types.iter().any(|(_, kind)| *kind == ids::VENDOR)
    };
    let found = data.contacts.values().find(is_supplier).cloned();
    if let Some(mut contact) = found {
        contact.set("defaultFlag", Some(true.into()));
        super::contacts::keep(data, contact);
    }
}

fn money(data: &mut Data) {
    for (id, company, name) in [(700, ids::CONTOSO, COMPANY), (701, ids::FABRIKAM, "Fabrikam")] {
        let contact = data.row(Table::Companies, company).and_then(|row| row.get("defaultContact")).cloned();
        let mut agreement = json!({
            "id": id, "name": format!("{name} Managed Services"), "type": {"id": 1, "name": "Managed Services"},
            "company": {"id": company, "identifier": name, "name": name}, "startDate": "2025-01-01T00:00:00Z",
            "noEndingDateFlag": true, "cancelledFlag": false, "agreementStatus": "Active",
        });
        if let (Some(agreement), Some(contact)) = (agreement.as_object_mut(), contact) {
            agreement.insert("contact".to_owned(), contact);
        }
        put_all(data, Table::Agreements, json!([agreement]));
        put_all(
            data,
            Table::Additions,
            json!([{
                "id": id + 100, "agreementId": id, "product": {"id": 1, "identifier": "M365-BP"}, "quantity": 10,
                "lessIncluded": 0, "unitPrice": 22, "billCustomer": "Billable", "effectiveDate": "2025-01-01T00:00:00Z",
                "description": "Microsoft 365 Business Premium", "agreementStatus": "Active",
            }]),
        );
    }
}
