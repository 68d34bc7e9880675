//! Creating and updating contacts. BMS takes a contact in parts: names, title and active status; addresses; numbers;
//! each custom value. What does not differ is not sent.

use crate::{
    adapter::{KaseyaBms, Tables},
    client::{account_id, contact_id},
    config::ItemOperations,
    custom::{self, Encoded},
    items::{self, Item, Op},
    map::{self, Refused, Write},
    wire::{self, CustomValue, EmailOp, PhoneOp},
};
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result, Retry,
    model::{Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag},
};

const CREATE: &str = "create contact";
const UPDATE: &str = "update contact";
const UPDATE_COMPANY: &str = "update company";

pub(crate) async fn create(psa: &KaseyaBms, company: &CompanyId, fields: &FieldSet) -> Result<Contact> {
    let account = account_id(company, CREATE)?;
    let tables = psa.tables().await?;
    let write = take_apart(fields, tables, CREATE)?;
    // Before anything is looked up: what is missing is missing wherever the contact would be.
    write.new_contact(account, 0, tables.types).map_err(|refused| refuse(CREATE, &refused))?;
    no_employee(psa, &write, &[], CREATE).await?;
    let location = psa.lookups.location(&psa.client, account).await?;
    let body =
        write.new_contact(account, location, tables.types).map_err(|refused| refuse(CREATE, &refused))?;
    let created = psa.client.create_contact(&body).await?;
    let values: Vec<CustomValue> = write.custom.iter().map(as_shown).collect();
    let rest = write.after_create();
    let finished = if rest.is_empty() {
        psa.client.contact(created.id, "read the created contact").await
    } else {
        psa.client.patch_contact(created.id, &rest).await
    };
    let record = match finished {
        Ok(record) => record,
        // The contact exists, and who called must know its id: what it lacks is a difference that the next run sees.
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(contact = created.id, kind = %error.kind(), "the contact was created, but not finished");
            as_created(created.id, account, &write, tables)
        }
        Err(error) => {
            let message = format!("contact {} was created, and is gone already", created.id);
            return Err(Error::new(ErrorKind::Rejected, CREATE, message).with_source(error));
        }
    };
    Ok(KaseyaBms::neutral(&record, tables, custom_values(tables, &values)))
}

/// The contact as the create alone made it.
fn as_created(id: i64, account: i64, write: &Write, tables: Tables<'_>) -> wire::Contact {
    let text = |property: &str| write.texts.get(property).cloned();
    let emails = items::apply(&[], &items::email_ops(&[], &write.items, tables.types));
    let phones = items::apply(&[], &items::phone_ops(&[], &write.items, tables.types));
    wire::Contact {
        id,
        account_id: Some(account),
        location_name: None,
        first_name: text("FirstName"),
        last_name: text("LastName"),
        job_title: None,
        is_poc: None,
        is_active: Some(true),
        can_recieve_invoices: None,
        emails: Some(emails.into_iter().map(to_email).collect()),
        phones: Some(phones.into_iter().map(to_phone).collect()),
        modified_on: None,
    }
}

pub(crate) async fn update(
    psa: &KaseyaBms,
    id: &ContactId,
    fields: &FieldSet,
    expect: Option<&VersionTag>,
) -> Result<Contact> {
    let number = contact_id(id, UPDATE)?;
    let tables = psa.tables().await?;
    let write = take_apart(fields, tables, UPDATE)?;
    // Always read first: items are named by their present value, and only what differs is sent.
    let mut record = psa.client.contact(number, UPDATE).await?;
    if expect.is_some() && map::version(&record).as_ref() != expect {
        let message = format!("contact {number} was changed since it was read");
        return Err(Error::new(ErrorKind::PreconditionFailed, UPDATE, message));
    }
    let emails = items::from_emails(record.emails.as_deref());
    no_employee(psa, &write, &emails, UPDATE).await?;
    let phones = items::from_phones(record.phones.as_deref());
    let mut values = match write.custom.is_empty() {
        true => None,
        false => psa.values(number, tables).await?,
    };
    let mut done = Done::default();

    let patch = write.patch(&record);
    if !patch.is_empty() {
        let patched = psa.client.patch_contact(number, &patch).await?;
        done.note("names, title and active status");
        // Its addresses and numbers are as they were read; the answer may come without them.
        record = wire::Contact { emails: record.emails, phones: record.phones, ..patched };
    }
    let ops = items::email_ops(&emails, &write.items, tables.types);
    if !ops.is_empty() {
        record.emails = Some(change_emails(psa, number, &emails, &ops).await.map_err(|e| done.before(e))?);
        done.note("e-mail addresses");
    }
    let ops = items::phone_ops(&phones, &write.items, tables.types);
    if !ops.is_empty() {
        record.phones = Some(change_phones(psa, number, &phones, &ops).await.map_err(|e| done.before(e))?);
        done.note("telephone numbers");
    }
    if let (Some(module), Some(values)) = (tables.module.id, &mut values) {
        for encoded in differing(&write.custom, values, tables) {
            let set = psa.client.set_custom_value(module, number, encoded.field, &encoded.text).await;
            set.map_err(|e| done.before(e))?;
            done.note("a custom field");
            values.retain(|value| value.custom_field_id != Some(encoded.field));
            values.push(as_shown(&encoded));
        }
    }
    Ok(KaseyaBms::neutral(&record, tables, values.as_deref()))
}

pub(crate) async fn update_company(
    psa: &KaseyaBms,
    id: &CompanyId,
    wanted: &BTreeMap<String, FieldValue>,
) -> Result<Company> {
    let number = account_id(id, UPDATE_COMPANY)?;
    let module = psa.account_module().await?;
    let encoded: Vec<Encoded> = wanted
        .iter()
        .map(|(name, value)| {
            custom::encode(&module.definitions, name, value).map_err(|unfit| {
                let message = format!("custom:{name}: {}; nothing was sent", unfit.reason());
                Error::new(ErrorKind::Unsupported, UPDATE_COMPANY, message)
            })
        })
        .collect::<Result<_>>()?;
    let record = psa.client.account(number, UPDATE_COMPANY).await?;
    let Some(module_id) = module.id else { return Ok(map::company(&record, None)) };
    let mut values = psa.client.custom_values(module_id, number).await?;
    let now = custom::read(&values, &module.definitions);
    for (encoded, name) in encoded.iter().zip(wanted.keys()) {
        if now.get(name).is_some_and(|now| custom::holds(now, encoded)) {
            continue;
        }
        psa.client.set_custom_value(module_id, number, encoded.field, &encoded.text).await?;
        values.retain(|value| value.custom_field_id != Some(encoded.field));
        values.push(as_shown(encoded));
    }
    Ok(map::company(&record, Some((&values, &module.definitions))))
}

fn take_apart(fields: &FieldSet, tables: Tables<'_>, operation: &'static str) -> Result<Write> {
    Write::new(fields, tables.types, &tables.module.definitions)
        .map_err(|refused| refuse(operation, &refused))
}

/// Nothing was sent.
fn refuse(operation: &'static str, refused: &Refused) -> Error {
    let Refused { field, reason, content } = refused;
    let kind = if *content { ErrorKind::Rejected } else { ErrorKind::Unsupported };
    Error::new(kind, operation, format!("{field}: {reason}; nothing was sent"))
}

/// Refuses an address that belongs to somebody who works for the service provider: BMS keeps employees and contacts
/// apart, and its own sync would put the employee aside. Addresses that the contact has already are not looked at.
async fn no_employee(psa: &KaseyaBms, write: &Write, has: &[Item], operation: &'static str) -> Result<()> {
    let is_new = |address: &&str| {
        !address.trim().is_empty() && !has.iter().any(|item| item.value.eq_ignore_ascii_case(address.trim()))
    };
    if !psa.config.check_employees || !write.addresses().any(|address| is_new(&address)) {
        return Ok(());
    }
    let employees = psa.lookups.employees(&psa.client).await?;
    if write.addresses().filter(is_new).any(|address| employees.has(address)) {
        let refused = Refused::content(
            ContactField::Email,
            "the address belongs to an employee of the service provider, who is no contact",
        );
        return Err(refuse(operation, &refused));
    }
    Ok(())
}

/// Which parts of an update were written before one failed.
#[derive(Default)]
struct Done(Vec<&'static str>);

impl Done {
    fn note(&mut self, what: &'static str) {
        if !self.0.contains(&what) {
            self.0.push(what);
        }
    }

    /// Says so, where any was.
    fn before(&self, error: Error) -> Error {
        if self.0.is_empty() {
            return error;
        }
        let message = format!("{} were written, and then: {}", self.0.join(", "), error.message());
        Error::new(error.kind(), UPDATE, message).with_retry(error.retry()).with_source(error)
    }
}

async fn change_emails(psa: &KaseyaBms, id: i64, now: &[Item], ops: &[Op]) -> Result<Vec<wire::Email>> {
    let codes = psa.config.item_operations;
    let body: Vec<EmailOp> = ops
        .iter()
        .map(|op| {
            let Sent { operation, value, new, type_id, is_default } = sent(op, codes);
            EmailOp { operation, email_address: value, new_email_address: new, type_id, is_default }
        })
        .collect();
    let answered = psa.client.change_emails(id, &body).await?.emails;
    let rows = match answered {
        Some(rows) => rows,
        None => psa.client.contact(id, UPDATE).await?.emails.unwrap_or_default(),
    };
    as_meant(now, ops, &items::from_emails(Some(&rows)), "e-mail addresses")?;
    Ok(rows)
}

async fn change_phones(psa: &KaseyaBms, id: i64, now: &[Item], ops: &[Op]) -> Result<Vec<wire::Phone>> {
    let codes = psa.config.item_operations;
    let body: Vec<PhoneOp> = ops
        .iter()
        .map(|op| {
            let Sent { operation, value, new, type_id, is_default } = sent(op, codes);
            PhoneOp { operation, phone_number: value, new_phone_number: new, type_id, is_default }
        })
        .collect();
    let answered = psa.client.change_phones(id, &body).await?.phones;
    let rows = match answered {
        Some(rows) => rows,
        None => psa.client.contact(id, UPDATE).await?.phones.unwrap_or_default(),
    };
    as_meant(now, ops, &items::from_phones(Some(&rows)), "telephone numbers")?;
    Ok(rows)
}

/// One operation, before it is spelled for addresses or numbers.
struct Sent {
    operation: i64,
    value: String,
    new: Option<String>,
    type_id: i64,
    is_default: Option<bool>,
}

fn sent(op: &Op, codes: ItemOperations) -> Sent {
    match op.clone() {
        // Which of the two properties an addition takes is not documented: both hold the value.
        Op::Add(item) => Sent {
            operation: codes.add,
            value: item.value.clone(),
            new: Some(item.value),
            type_id: item.type_id,
            is_default: Some(item.default),
        },
        Op::Update { value, new, type_id, default } => {
            Sent { operation: codes.update, value, new, type_id, is_default: default }
        }
        Op::Delete { value, type_id } => {
            Sent { operation: codes.delete, value, new: None, type_id, is_default: None }
        }
    }
}

/// Fails loudly where BMS did something else: the meaning of the codes is not documented.
fn as_meant(now: &[Item], ops: &[Op], is: &[Item], what: &str) -> Result<()> {
    if items::same_values(&items::apply(now, ops), is) {
        return Ok(());
    }
    let message = format!(
        "BMS did not do with the {what} what was asked: look at the contact, and check item_operations (nothing more of \
         it was written)"
    );
    Err(Error::new(ErrorKind::UnexpectedResponse, UPDATE, message).with_retry(Retry::Never))
}

/// The wanted custom values that the record does not hold.
fn differing(wanted: &[Encoded], values: &[CustomValue], tables: Tables<'_>) -> Vec<Encoded> {
    let now = custom::read(values, &tables.module.definitions);
    let by_id: BTreeMap<i64, &FieldValue> = tables
        .module
        .definitions
        .iter()
        .filter_map(|(name, definition)| Some((definition?.id, now.get(name)?)))
        .collect();
    let differs =
        |encoded: &&Encoded| by_id.get(&encoded.field).is_none_or(|now| !custom::holds(now, encoded));
    wanted.iter().filter(differs).cloned().collect()
}

/// A value as a later read would show it.
fn as_shown(encoded: &Encoded) -> CustomValue {
    CustomValue {
        custom_field_id: Some(encoded.field),
        data: Some(encoded.text.clone()),
        settings_id: encoded.option,
    }
}

/// The values, where contacts have custom fields.
fn custom_values<'v>(tables: Tables<'_>, values: &'v [CustomValue]) -> Option<&'v [CustomValue]> {
    (!tables.module.definitions.is_empty()).then_some(values)
}

fn to_email(item: Item) -> wire::Email {
    wire::Email {
        email_address: Some(item.value),
        email_type_id: Some(item.type_id),
        email_type: None,
        is_default: Some(item.default),
    }
}

fn to_phone(item: Item) -> wire::Phone {
    wire::Phone {
        phone: Some(item.value),
        phone_type_id: Some(item.type_id),
        phone_type: None,
        is_default: Some(item.default),
    }
}
