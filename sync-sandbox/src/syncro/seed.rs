//! The account a sandbox starts with: custom fields, five customers, and the contacts of the seeded people.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::people::{COMPANY, Person, PsaState, Stale};

use super::contacts::{blank, set};
use super::customers;
use super::data::{Data, Kind};
use super::schedules;

/// Ids of seeded records; other seeded records have higher ones.
mod ids {
    pub(super) const CONTOSO: i64 = 100;
    pub(super) const CONTOSO_WEST: i64 = 101;
    pub(super) const FABRIKAM: i64 = 250;
    pub(super) const LITWARE: i64 = 300;
    pub(super) const WALK_IN: i64 = 400;
    /// Contacts that are not people of the seeded world have ids above this.
    pub(super) const OTHERS: i64 = 500;
    pub(super) const SCHEDULES: i64 = 700;
    /// The seeded people's contacts and the answers of lists have ids above this.
    pub(super) const PEOPLE: i64 = 5000;
}

/// When the seeded records were last touched.
const SEEDED: &str = "2025-10-01T08:00:00.000Z";

/// Makes the account. Contoso (100) holds exactly the people's contacts.
pub(crate) fn seed(token: String, people: &[Person]) -> Data {
    let mut data = Data::new(token, ids::PEOPLE);
    data.now = SEEDED.to_owned();
    for name in ["Office365Id", "SupportPIN", "M365Status", "Cost Center", "Sync365 Link"] {
        data.add_field(true, name, Kind::Text, &[]);
    }
    for name in ["IsOffice365", "M365SyncKeepActive"] {
        data.add_field(true, name, Kind::CheckBox, &[]);
    }
    data.add_field(true, "TypeMapping", Kind::DropDown, &["End User", "VIP", "Vendor"]);
    data.add_field(false, "Tenant365Id", Kind::Text, &[]);
    data.add_field(false, "Service Level", Kind::DropDown, &["Gold", "Silver"]);
    companies(&mut data);
    for person in people {
        for copy in 0..person.contacts() {
            contact(&mut data, person, copy);
        }
    }
    others(&mut data);
    money(&mut data);
    data
}

fn companies(data: &mut Data) {
    for (id, business, first, last, disabled) in [
        (ids::CONTOSO, Some(COMPANY), "Carla", "Owner", false),
        (ids::CONTOSO_WEST, Some("Contoso West"), "", "", false),
        (ids::FABRIKAM, Some("Fabrikam"), "Fay", "Brandt", false),
        (ids::LITWARE, Some("Litware"), "", "", true),
        (ids::WALK_IN, None, "Walkin", "Customer", false),
    ] {
        let mut record = customers::blank();
        for (name, value) in [
            ("id", json!(id)),
            ("business_name", json!(business)),
            ("firstname", json!(first)),
            ("lastname", json!(last)),
            ("disabled", json!(disabled)),
            ("created_at", json!(SEEDED)),
        ] {
            set(&mut record, name, value);
        }
        if id == ids::FABRIKAM {
            set(&mut record, "properties", json!({"Service Level": 1}));
        }
        customers::save(data, &mut record);
        let contract = json!({
            "id": id + 3000, "account_id": 1, "customer_id": id, "name": "Support", "contract_amount": "30k",
            "status": "Won", "created_at": SEEDED, "updated_at": SEEDED,
        });
        data.contracts.insert(id + 3000, contract);
    }
}

fn contact(data: &mut Data, person: &Person, copy: usize) {
    let id = data.next_id();
    let (mut last, mut title, mut phone) =
        (person.last_name.as_str(), person.job_title.as_deref(), person.business_phone.as_deref());
    match &person.stale {
        Some(Stale::JobTitle(old)) => title = Some(old),
        Some(Stale::BusinessPhone(old)) => phone = Some(old),
        Some(Stale::LastName(old)) => last = old,
        // There is no such field.
        Some(Stale::Department(_)) | None => {}
    }
    let name = format!("{} {last}", person.first_name);
    let name = if name.trim().is_empty() { person.display_name.as_str() } else { name.trim() };
    let alias = person.aliases.first().filter(|_| person.in_psa == PsaState::ByAlternateEmail);
    let mut record = blank(Some(ids::CONTOSO));
    for (field, value) in [
        ("id", json!(id)),
        ("name", json!(name)),
        ("email", json!(alias.or(person.mail.as_ref()))),
        ("phone", json!(phone)),
        ("mobile", json!(person.mobile_phone)),
        ("address1", json!(person.street)),
        ("city", json!(person.city)),
        ("state", json!(person.state)),
        ("zip", json!(person.postal_code)),
        ("created_at", json!(person.created.to_rfc3339_opts(SecondsFormat::Millis, true))),
        ("updated_at", json!(SEEDED)),
    ] {
        set(&mut record, field, value);
    }
    let mut properties = json!({"type": 2});
    if let Some(title) = title {
        set(&mut properties, "title", title.into());
    }
    if person.in_psa == PsaState::Linked {
        set(&mut properties, "Office365Id", person.object_id.as_str().into());
        set(&mut properties, "IsOffice365", "1".into());
    }
    if person.contact_inactive {
        set(&mut properties, "M365Status", "Left".into());
    }
    let is_supplier = !person.in_directory && person.deleted_days_ago.is_none();
    if let Some(answer) = data.answer("TypeMapping", "Vendor").filter(|_| is_supplier) {
        set(&mut properties, "TypeMapping", answer.into());
    }
    foreign(&mut record, &mut properties, id, copy);
    set(&mut record, "properties", properties);
    data.contacts.insert(id, record);
}

/// What other people and other tools put on some contacts; no sync of ours may touch it.
fn foreign(record: &mut Value, properties: &mut Value, id: i64, copy: usize) {
    let pick = |every: i64| id % every == 0 && copy == 0;
    if pick(4) {
        set(properties, "Sync365 Link", format!("s365:{id:08}").into());
    }
    if pick(5) {
        set(properties, "Cost Center", format!("CC-{}", id % 100).into());
    }
    if pick(7) {
        set(properties, "notification_billing", "1".into());
    }
    if pick(9) {
        set(record, "notes", "Prefers a call before noon.".into());
    }
    if pick(11) {
        set(record, "opt_out", true.into());
    }
    if pick(13) {
        set(record, "extension", "12".into());
    }
}

/// The contacts of the other customers.
fn others(data: &mut Data) {
    for (offset, customer, name, email) in [
        (1, ids::CONTOSO_WEST, "Wendy West", "wendy.west@west.contoso.example"),
        (2, ids::FABRIKAM, "Fay Brandt", "fay.brandt@fabrikam.example"),
        (3, ids::FABRIKAM, "Rick Amann", "rick.amann@fabrikam.example"),
        (4, ids::WALK_IN, "Walkin Customer", ""),
    ] {
        let mut record = blank(Some(customer));
        let id = ids::OTHERS + offset;
        for (field, value) in [
            ("id", json!(id)),
            ("name", json!(name)),
            ("created_at", json!(SEEDED)),
            ("updated_at", json!(SEEDED)),
        ] {
            set(&mut record, field, value);
        }
        if !email.is_empty() {
            set(&mut record, "email", email.into());
        }
        data.contacts.insert(id, record);
    }
}

fn money(data: &mut Data) {
    for (id, customer) in [(ids::SCHEDULES, ids::CONTOSO), (ids::SCHEDULES + 1, ids::FABRIKAM)] {
        let line = |offset: i64, name: &str, quantity: &str, cents: i64| {
            let mut line = schedules::blank(id * 10 + offset, id);
            for (field, value) in [
                ("name", json!(name)),
                ("quantity", json!(quantity)),
                ("retail_cents", json!(cents)),
                ("taxable", json!(true)),
            ] {
                set(&mut line, field, value);
            }
            line
        };
        let mut devices = line(2, "Managed Device", "14.0", 4500);
        set(&mut devices, "recurring_type_id", 1.into());
        let mut once = line(3, "Onboarding", "1.0", 50_000);
        set(&mut once, "one_time_charge", true.into());
        let lines = [
            line(1, "Microsoft 365 Business Premium", "10.0", 2200),
            devices,
            once,
            line(4, "Storage", "2.5", 900),
        ];
        let schedule = json!({
            "id": id, "account_id": 1, "customer_id": customer, "email_customer": true, "frequency": "Monthly",
            "name": "Managed Services", "next_run": "2026-12-01T00:00:00.000Z", "snail_mail": false, "charge_mop": false,
            "subtotal": 0, "invoice_unbilled_ticket_charges": false, "paused": false, "last_invoice_paid": null,
            "lines": lines,
        });
        data.schedules.insert(id, schedule);
    }
}
