//! The database a sandbox starts with: countries, resources, four companies, the contacts of the seeded people, and a
//! contract.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::people::{COMPANY, DOMAIN, Person, PsaState, Stale};

use super::contracts::shown as day;
use super::data::{API_USER, Data, Row, Settings, TECHNICIAN, Udf, UdfKind};
use super::handle::read;
use super::schema::{self, COMPANIES, CONTACTS, Entity, TERRITORIES};

/// Ids of seeded records that other seeded records use.
mod ids {
    pub(super) const CONTOSO: i64 = 29_762_100;
    pub(super) const CONTOSO_WEST: i64 = 29_762_101;
    pub(super) const FABRIKAM: i64 = 29_762_250;
    pub(super) const LITWARE: i64 = 29_762_300;
    pub(super) const CONTRACT: i64 = 29_690_001;
    pub(super) const SERVICE: i64 = 29_680_001;
    pub(super) const LINE: i64 = 29_691_001;
    /// Contacts that are not people of the seeded world have ids above this.
    pub(super) const OTHERS: i64 = 30_680_000;
    /// The seeded people's contacts have ids above this.
    pub(super) const PEOPLE: i64 = 30_690_000;
}

/// When the seeded records were last touched.
const SEEDED: &str = "2025-10-01T08:00:00.123Z";
/// The user-defined field that holds the directory's id.
const STORED_ID: &str = "Office365Id";

/// Makes the database. Contoso (29762100) holds exactly the people's contacts.
pub(crate) fn seed(settings: Settings, people: &[Person]) -> Data {
    let mut data = Data::new(settings, ids::PEOPLE);
    definitions(&mut data);
    let countries = lookups(&mut data, people);
    companies(&mut data);
    let mut first = true;
    for person in people {
        for copy in 0..person.contacts() {
            let mut row = contact(&mut data, person, copy, &countries);
            // The company's primary contact is somebody who stays.
            if first && person.enabled && person.in_directory {
                row.set("primaryContact", true);
                first = false;
            }
            data.put(&CONTACTS, row);
        }
    }
    others(&mut data);
    money(&mut data);
    data
}

fn put(data: &mut Data, entity: &str, record: &Value) {
    if let Some(entity) = schema::named(entity) {
        data.put(entity, read(entity, record));
    }
}

fn definitions(data: &mut Data) {
    let udf = |name: &str, kind: UdfKind| {
        let length = if kind == UdfKind::Text { 8000 } else { 0 };
        Udf { name: name.to_owned(), kind, length, read_only: false, required: false }
    };
    let types = ["End User", "VIP", "Approver", "Vendor"].map(str::to_owned).to_vec();
    let contacts = vec![
        udf(STORED_ID, UdfKind::Text),
        udf("IsOffice365", UdfKind::Text),
        udf("SupportPIN", UdfKind::Text),
        udf("TypeMapping", UdfKind::Text),
        udf("M365SyncKeepActive", UdfKind::Text),
        udf("Sync365 Link", UdfKind::Text),
        udf("Contact Type", UdfKind::List(types)),
        udf("Badge Number", UdfKind::Number),
        udf("Badge Expires", UdfKind::Date),
    ];
    data.udfs.insert(CONTACTS.path, contacts);
    data.udfs.insert(COMPANIES.path, vec![udf("Tenant365Id", UdfKind::Text), udf("Region", UdfKind::Text)]);
}

/// Countries by name.
fn lookups(data: &mut Data, people: &[Person]) -> BTreeMap<String, i64> {
    for (id, first, last, user) in
        [(API_USER, "Sync", "API", "contact.sync"), (TECHNICIAN, "Terry", "Green", "tgreen")]
    {
        let record = json!({
            "id": id, "firstName": first, "lastName": last, "userName": user, "isActive": true,
            "email": format!("{user}@contoso.example"), "resourceType": "Employee",
        });
        put(data, "Resource", &record);
    }
    // BTreeMaps keep the ids the same for the same people.
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (name, code) in [("United States", "US"), ("Canada", "CA"), ("Germany", "DE"), ("France", "FR")] {
        names.insert(name.to_owned(), code.to_owned());
    }
    for person in people {
        if let (Some(name), Some(code)) = (&person.country, &person.usage_location) {
            names.insert(name.clone(), code.clone());
        }
    }
    let mut countries = BTreeMap::new();
    for (id, (name, code)) in (1_i64..).zip(names) {
        let record = json!({
            "id": id, "name": name, "displayName": name, "countryCode": code, "isActive": true,
            "isDefaultCountry": code == "US",
        });
        put(data, "Country", &record);
        countries.insert(name, id);
    }
    countries
}

fn companies(data: &mut Data) {
    let contoso = format!("www.{DOMAIN}");
    for (id, name, territory, active, website) in [
        (ids::CONTOSO, COMPANY, 0, true, Some(contoso.as_str())),
        (ids::CONTOSO_WEST, "Contoso West", 1, true, None),
        (ids::FABRIKAM, "Fabrikam", 0, true, Some("http://fabrikam.example/")),
        (ids::LITWARE, "Litware", 0, false, None),
    ] {
        let territory = TERRITORIES.get(territory).and_then(|(value, _)| value.parse::<i64>().ok());
        let record = json!({
            "id": id, "companyName": name, "companyType": 1, "ownerResourceID": TECHNICIAN, "phone": "+1 206 555 0100",
            "territoryID": territory, "isActive": active, "createDate": SEEDED, "lastActivityDate": SEEDED,
            "lastTrackedModifiedDateTime": SEEDED, "webAddress": website,
        });
        put(data, "Company", &record);
    }
    if let Some(row) = data.row_mut(&COMPANIES, ids::CONTOSO) {
        row.udfs.insert("Region".to_owned(), "Pacific Northwest".to_owned());
    }
}

/// A text cut to the vendor's length, in characters.
fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect::<String>().trim_end().to_owned()
}

fn set(row: &mut Row, entity: &Entity, name: &str, value: Option<&str>) {
    let length = entity.field(name).map_or(0, |field| field.length);
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        row.set(name, cut(value, length));
    }
}

/// A contact of a company, with dates.
fn basic(id: i64, company: i64, first: &str, last: &str) -> Row {
    let mut row = Row::default();
    row.set("id", id);
    row.set("companyID", company);
    set(&mut row, &CONTACTS, "firstName", Some(first));
    set(&mut row, &CONTACTS, "lastName", Some(if last.is_empty() { "-" } else { last }));
    row.set("isActive", 1);
    row.set("lastModifiedDate", SEEDED);
    row.set("lastActivityDate", SEEDED);
    row.set("createDate", SEEDED);
    row
}

/// A number and the extension behind an `x`.
fn phone(text: &str) -> (String, Option<String>) {
    match text.rsplit_once(" x") {
        Some((number, extension)) if extension.chars().all(|c| c.is_ascii_digit()) => {
            (number.to_owned(), Some(extension.to_owned()))
        }
        Some(_) | None => (text.to_owned(), None),
    }
}

fn contact(data: &mut Data, person: &Person, copy: usize, countries: &BTreeMap<String, i64>) -> Row {
    let id = data.next_id();
    let first = if person.first_name.is_empty() { &person.display_name } else { &person.first_name };
    let mut row = basic(id, ids::CONTOSO, first, &person.last_name);
    let (mut title, mut number) = (person.job_title.as_deref(), person.business_phone.as_deref());
    match &person.stale {
        Some(Stale::JobTitle(old)) => title = Some(old),
        Some(Stale::BusinessPhone(old)) => number = Some(old),
        Some(Stale::LastName(old)) => set(&mut row, &CONTACTS, "lastName", Some(old)),
        // There is no department to be old; something else is.
        Some(Stale::Department(_)) => title = Some("Trainee"),
        None => {}
    }
    set(&mut row, &CONTACTS, "title", title);
    let alias = person.aliases.first().filter(|_| person.in_psa == PsaState::ByAlternateEmail);
    set(&mut row, &CONTACTS, "emailAddress", alias.or(person.mail.as_ref()).map(String::as_str));
    if let Some(number) = number {
        let (number, extension) = phone(number);
        set(&mut row, &CONTACTS, "phone", Some(&number));
        set(&mut row, &CONTACTS, "extension", extension.as_deref());
    }
    set(&mut row, &CONTACTS, "mobilePhone", person.mobile_phone.as_deref());
    set(&mut row, &CONTACTS, "addressLine", person.street.as_deref());
    set(&mut row, &CONTACTS, "city", person.city.as_deref());
    set(&mut row, &CONTACTS, "state", person.state.as_deref());
    set(&mut row, &CONTACTS, "zipCode", person.postal_code.as_deref());
    set(&mut row, &CONTACTS, "roomNumber", person.office.as_deref());
    if let Some(country) = person.country.as_ref().and_then(|name| countries.get(name)) {
        row.set("countryID", *country);
    }
    row.set("isActive", i64::from(!person.contact_inactive));
    row.set("createDate", person.created.to_rfc3339_opts(SecondsFormat::Millis, true));
    let is_supplier = !person.in_directory && person.deleted_days_ago.is_none();
    row.udfs.insert("TypeMapping".to_owned(), if is_supplier { "Vendor" } else { "End User" }.to_owned());
    if person.in_psa == PsaState::Linked {
        row.udfs.insert(STORED_ID.to_owned(), person.object_id.clone());
        row.udfs.insert("IsOffice365".to_owned(), "true".to_owned());
    }
    foreign(&mut row, id, copy);
    row
}

/// What other people and other tools put on some contacts; no sync of ours may touch it.
fn foreign(row: &mut Row, id: i64, copy: usize) {
    let pick = |every: i64| id % every == 0 && copy == 0;
    if pick(4) {
        row.udfs.insert("Sync365 Link".to_owned(), format!("s365:{id:08}"));
    }
    if pick(7) {
        row.set("emailAddress2", format!("person{id}@home.example"));
    }
    if pick(11) {
        row.set("faxNumber", "+1 206 555 0199");
    }
    if pick(13) {
        row.set("alternatePhone", "+1 206 555 0198");
        row.set("addressLine1", "Back door");
    }
    if pick(9) {
        row.set("note", "Prefers a call before noon.");
    }
}

/// The contacts of the other companies.
fn others(data: &mut Data) {
    for (offset, company, first, last, address) in [
        (1, ids::CONTOSO_WEST, "Wendy", "West", "wendy.west@west.contoso.example"),
        (2, ids::FABRIKAM, "Fay", "Brandt", "fay.brandt@fabrikam.example"),
        (3, ids::FABRIKAM, "Rick", "Amann", "rick.amann@fabrikam.example"),
        (4, ids::LITWARE, "Lina", "Closed", "lina.closed@litware.example"),
    ] {
        let mut row = basic(ids::OTHERS + offset, company, first, last);
        row.set("emailAddress", address);
        data.put(&CONTACTS, row);
    }
    if let Some(row) = data.row_mut(&CONTACTS, ids::OTHERS + 4) {
        row.set("isActive", 0);
    }
}

/// A contract of Contoso with one line, ten units this year and next.
fn money(data: &mut Data) {
    let (this, next) = (year(0), year(1));
    let (starts, ends) = (day(this.0), day(next.1));
    let contract = json!({
        "id": ids::CONTRACT, "companyID": ids::CONTOSO, "contractName": "Managed services", "contractType": 7,
        "status": 1, "startDate": starts, "endDate": ends,
    });
    put(data, "Contract", &contract);
    let service =
        json!({"id": ids::SERVICE, "name": "Managed workplace", "isActive": true, "unitPrice": 40.0});
    put(data, "Service", &service);
    let line = json!({
        "id": ids::LINE, "contractID": ids::CONTRACT, "serviceID": ids::SERVICE, "unitPrice": 40.0,
        "invoiceDescription": "Managed workplace",
    });
    put(data, "ContractService", &line);
    for (offset, (from, to)) in [(1, this), (2, next)] {
        let units = json!({
            "id": ids::LINE + offset, "contractID": ids::CONTRACT, "contractServiceID": ids::LINE,
            "serviceID": ids::SERVICE, "units": 10, "startDate": day(from), "endDate": day(to),
        });
        put(data, "ContractServiceUnit", &units);
    }
}

/// First and last day of a year, counted from the present one.
fn year(later: i32) -> (chrono::NaiveDate, chrono::NaiveDate) {
    use chrono::Datelike as _;
    let today = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).date_naive();
    let year = today.year() + later;
    let on = |month, day| chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap_or(today);
    (on(1, 1), on(12, 31))
}
