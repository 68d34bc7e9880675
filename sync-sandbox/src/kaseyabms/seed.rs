//! The database a sandbox starts with: four accounts, custom fields, employees, and the contacts of the seeded people.

use chrono::{DateTime, TimeZone, Utc};

use crate::people::{COMPANY, DOMAIN, Person, PsaState, Stale};

use super::contact::{Contact, Item, LONGEST_NAME, LONGEST_TITLE};
use super::custom::{DataType, Field};
use super::data::{
    ACCOUNTS, Account, CONTACTS, Contract, ContractService, Data, Employee, Location, Settings, TICKETS,
};

/// Ids of seeded records that other seeded records use.
mod ids {
    pub(super) const CONTOSO: i64 = 100;
    pub(super) const CONTOSO_WEST: i64 = 101;
    pub(super) const FABRIKAM: i64 = 250;
    pub(super) const LITWARE: i64 = 300;
    pub(super) const STORED_ID: i64 = 41;
    pub(super) const IS_OFFICE_365: i64 = 42;
    pub(super) const TYPE_MAPPING: i64 = 44;
    pub(super) const FOREIGN_LINK: i64 = 45;
    pub(super) const VENDOR: i64 = 443;
    /// Contacts that are not people of the seeded world have ids above this.
    pub(super) const OTHERS: i64 = 500;
    /// The seeded people's contacts have ids above this.
    pub(super) const PEOPLE: i64 = 5000;
}

/// When the seeded records were last touched: 2025-10-01.
fn seeded() -> DateTime<Utc> {
    Utc.timestamp_opt(1_759_305_600, 0).single().unwrap_or_default()
}

/// Makes the database. Contoso (100) holds exactly the people's contacts.
pub(crate) fn seed(settings: Settings, people: &[Person], seed: u64) -> Data {
    let mut data = Data::new(settings, seed, ids::PEOPLE);
    accounts(&mut data);
    fields(&mut data);
    data.employees = vec![
        employee(1, "Alex", "Adams", "alex.adams@msp.example", "aadams"),
        employee(2, "Terry", "Green", "terry.green@msp.example", "tgreen"),
    ];
    for person in people {
        for copy in 0..person.contacts() {
            let contact = contact(&mut data, person, copy);
            data.contacts.insert(contact.id, contact);
        }
    }
    others(&mut data);
    primary(&mut data);
    money(&mut data);
    data
}

fn employee(id: i64, first: &str, last: &str, email: &str, username: &str) -> Employee {
    Employee {
        id,
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        email: email.to_owned(),
        username: username.to_owned(),
        active: true,
    }
}

/// Where a company can be found on the web; not every company can.
fn website(account: i64) -> Option<String> {
    match account {
        ids::CONTOSO => Some(format!("https://www.{DOMAIN}/about")),
        ids::FABRIKAM => Some("fabrikam.example".to_owned()),
        _ => None,
    }
}

fn accounts(data: &mut Data) {
    for (id, name, active) in [
        (ids::CONTOSO, COMPANY, true),
        (ids::CONTOSO_WEST, "Contoso West", true),
        (ids::FABRIKAM, "Fabrikam", true),
        (ids::LITWARE, "Litware", false),
    ] {
        // The main location is not the first one: who takes the first one takes the wrong one.
        let location = |id: i64, name: &str, main: bool| Location { id, name: name.to_owned(), main };
        let locations =
            vec![location(id * 10 + 1, "Warehouse", false), location(id * 10 + 2, "Head Office", true)];
        data.accounts.insert(
            id,
            Account {
                id,
                name: name.to_owned(),
                code: name.to_uppercase().chars().filter(char::is_ascii_alphabetic).collect(),
                active,
                manager: Some("aadams".to_owned()),
                website: website(id),
                modified: seeded(),
                locations,
            },
        );
    }
}

fn fields(data: &mut Data) {
    let field = |id: i64, name: &str, data_type: DataType| Field {
        id,
        name: name.to_owned(),
        data_type,
        required: false,
        active: true,
    };
    let types = [(441, "End User"), (442, "VIP"), (ids::VENDOR, "Vendor")];
    let types = types.map(|(id, name)| (id, name.to_owned())).to_vec();
    let contacts = vec![
        field(ids::STORED_ID, "Office365Id", DataType::Text),
        field(ids::IS_OFFICE_365, "IsOffice365", DataType::Checkbox),
        field(43, "SupportPIN", DataType::Text),
        field(ids::TYPE_MAPPING, "TypeMapping", DataType::List(types)),
        field(ids::FOREIGN_LINK, "Other Tool Link", DataType::Text),
    ];
    data.fields.insert(CONTACTS, contacts);
    let accounts =
        vec![field(61, "Tenant365Id", DataType::Text), field(62, "Service Region", DataType::Text)];
    data.fields.insert(ACCOUNTS, accounts);
    data.fields.insert(TICKETS, vec![field(71, "Asset Tag", DataType::Text)]);
    for account in [ids::CONTOSO, ids::FABRIKAM] {
        data.values.entry((ACCOUNTS, account)).or_default().insert(62, ("North".to_owned(), 0));
    }
}

/// A text cut to the vendor's length, in characters.
fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn item(data: &mut Data, value: &str, type_id: i64, default: bool) -> Item {
    Item { id: data.next_id(), value: value.to_owned(), type_id, default }
}

/// A contact at the account's main location.
fn basic(id: i64, account: i64, first: &str, last: &str) -> Contact {
    let mut contact = Contact::new(id, account, seeded());
    contact.first_name = cut(first, LONGEST_NAME);
    contact.last_name = cut(if last.is_empty() { "-" } else { last }, LONGEST_NAME);
    contact.location = Some(account * 10 + 2);
    contact
}

fn contact(data: &mut Data, person: &Person, copy: usize) -> Contact {
    let id = data.next_id();
    let first = if person.first_name.is_empty() { &person.display_name } else { &person.first_name };
    let mut contact = basic(id, ids::CONTOSO, first, &person.last_name);
    let (mut title, mut phone) = (person.job_title.as_deref(), person.business_phone.as_deref());
    match &person.stale {
        // There is no department; an old title is as good.
        Some(Stale::JobTitle(old) | Stale::Department(old)) => title = Some(old),
        Some(Stale::BusinessPhone(old)) => phone = Some(old),
        Some(Stale::LastName(old)) => contact.last_name = cut(old, LONGEST_NAME),
        None => {}
    }
    contact.job_title = title.map(|title| cut(title, LONGEST_TITLE));
    contact.active = !person.contact_inactive;
    contact.created = person.created;
    let alias = person.aliases.first().filter(|_| person.in_psa == PsaState::ByAlternateEmail);
    if let Some(address) = alias.or(person.mail.as_ref()) {
        contact.emails.push(item(data, address, 1, true));
    }
    if let Some(number) = phone {
        contact.phones.push(item(data, number, 1, true));
    }
    if let Some(number) = &person.mobile_phone {
        contact.phones.push(item(data, number, 2, false));
    }
    let is_supplier = !person.in_directory && person.deleted_days_ago.is_none();
    let values = data.values.entry((CONTACTS, id)).or_default();
    if is_supplier {
        values.insert(ids::TYPE_MAPPING, ("Vendor".to_owned(), ids::VENDOR));
    }
    if person.in_psa == PsaState::Linked {
        values.insert(ids::STORED_ID, (person.object_id.clone(), 0));
        values.insert(ids::IS_OFFICE_365, ("True".to_owned(), 0));
    }
    foreign(data, &mut contact, copy);
    contact
}

/// What other people and other tools put on some contacts; no sync of ours may touch it.
fn foreign(data: &mut Data, contact: &mut Contact, copy: usize) {
    let id = contact.id;
    let pick = |every: i64| id % every == 0 && copy == 0;
    if pick(4) {
        let values = data.values.entry((CONTACTS, id)).or_default();
        values.insert(ids::FOREIGN_LINK, (format!("tool:{id:08}"), 0));
    }
    if pick(7) {
        contact.emails.push(item(data, &format!("person{id}@home.example"), 2, false));
    }
    if pick(11) {
        contact.phones.push(item(data, "+1 206 555 0199", 3, false));
    }
    if pick(9) {
        contact.middle_name = Some("Quincy".to_owned());
        contact.bill_by_contact = true;
    }
    contact.portal = pick(5) && !contact.emails.is_empty();
}

/// The contacts of the other accounts.
fn others(data: &mut Data) {
    for (offset, account, first, last, email) in [
        (1, ids::CONTOSO_WEST, "Wendy", "West", "wendy.west@west.contoso.example"),
        (2, ids::FABRIKAM, "Fay", "Brandt", "fay.brandt@fabrikam.example"),
        (3, ids::FABRIKAM, "Rick", "Amann", "rick.amann@fabrikam.example"),
    ] {
        let mut contact = basic(ids::OTHERS + offset, account, first, last);
        contact.emails.push(item(data, email, 1, true));
        contact.primary = offset == 2;
        data.contacts.insert(contact.id, contact);
    }
}

/// Contoso's point of contact is one that no directory user stands behind, if there is one.
fn primary(data: &mut Data) {
    let is_supplier = |id: i64| {
        let values = data.values.get(&(CONTACTS, id));
        values
            .and_then(|values| values.get(&ids::TYPE_MAPPING))
            .is_some_and(|(_, option)| *option == ids::VENDOR)
    };
    let found =
        data.contacts.values().find(|contact| contact.account == ids::CONTOSO && is_supplier(contact.id));
    let found = found.map(|contact| contact.id);
    if let Some(contact) = found.and_then(|id| data.contacts.get_mut(&id)) {
        (contact.primary, contact.receive_invoices) = (true, true);
    }
}

fn money(data: &mut Data) {
    data.services.insert(31, "Microsoft 365 Business Premium".to_owned());
    data.services.insert(32, "Managed Workplace".to_owned());
    for (id, account, name) in [(700, ids::CONTOSO, COMPANY), (701, ids::FABRIKAM, "Fabrikam")] {
        let name = format!("{name} Managed Services");
        data.contracts.push(Contract { id, account, name, active: true, ends: None });
        for service in [31, 32] {
            data.contract_services.push(ContractService {
                id: id * 100 + service,
                contract: id,
                service,
                units: 10,
                effective: seeded(),
            });
        }
    }
}
