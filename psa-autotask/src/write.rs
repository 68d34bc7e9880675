//! Creating and updating contacts: one write call each.

use crate::{
    adapter::Autotask,
    client::{company_id, contact_id},
    error, map,
    wire::{Record, contact as names},
};
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result,
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};

const CREATE: &str = "create contact";
const UPDATE: &str = "update contact";
const UPDATE_COMPANY: &str = "update company";

/// Autotask answers only an id, so the contact is what was sent: one call.
pub(crate) async fn create(psa: &Autotask, company: &CompanyId, fields: &FieldSet) -> Result<Contact> {
    let company = company_id(company, CREATE)?;
    let cell = psa.schema().await?;
    let schema = cell.get().ok_or_else(|| unread(CREATE))?;
    let body = map::new_contact(fields, schema).map_err(|refused| error::unsent(CREATE, &refused))?;
    let id = psa.client.create_contact(company, &body).await?;
    let mut record = Record::default();
    record.set("id", id);
    record.set(names::COMPANY, company);
    record.absorb(&body);
    Ok(map::contact(&record, schema))
}

/// One read, and one write if something differs. The contact's company has to be known for the write, and what it was
/// read as before is compared, because Autotask checks no version itself.
pub(crate) async fn update(
    psa: &Autotask,
    id: &ContactId,
    fields: &FieldSet,
    expect: Option<&VersionTag>,
) -> Result<Contact> {
    let number = contact_id(id, UPDATE)?;
    let cell = psa.schema().await?;
    let schema = cell.get().ok_or_else(|| unread(UPDATE))?;
    // What this database cannot take is refused before anything is asked.
    map::changes(fields, schema, &Record::default()).map_err(|refused| error::unsent(UPDATE, &refused))?;
    let mut record = psa.contact_record(number, UPDATE).await?;
    psa.lookups.check_fresh(&cell, [&record], UPDATE)?;
    if expect.is_some() && map::version(&record).as_ref() != expect {
        let message = format!("contact {number} was changed since it was read");
        return Err(Error::new(ErrorKind::PreconditionFailed, UPDATE, message));
    }
    let mut body =
        map::changes(fields, schema, &record).map_err(|refused| error::unsent(UPDATE, &refused))?;
    if body.is_empty() {
        return Ok(map::contact(&record, schema));
    }
    let Some(company) = record.number(names::COMPANY) else {
        let message = format!("contact {number} is in no company, so Autotask has no path to change it");
        return Err(Error::new(ErrorKind::UnexpectedResponse, UPDATE, message));
    };
    body.insert("id".to_owned(), number.into());
    psa.client.patch_contact(company, &body).await?;
    record.absorb(&body);
    let mut contact = map::contact(&record, schema);
    // The moment of this change is not told.
    contact.version = None;
    Ok(contact)
}

pub(crate) async fn update_company(
    psa: &Autotask,
    id: &CompanyId,
    custom_fields: &BTreeMap<String, FieldValue>,
) -> Result<Company> {
    let number = company_id(id, UPDATE_COMPANY)?;
    let mut record = psa.company_record(number, UPDATE_COMPANY).await?;
    let udfs = psa.lookups.company_udfs(&psa.client).await?;
    let names = psa.lookups.company_names(&psa.client).await?;
    let (udfs, names) = (
        udfs.get().ok_or_else(|| unread(UPDATE_COMPANY))?,
        names.get().ok_or_else(|| unread(UPDATE_COMPANY))?,
    );
    let mut body = map::company_changes(custom_fields, udfs, &record)
        .map_err(|refused| error::unsent(UPDATE_COMPANY, &refused))?;
    if !body.is_empty() {
        body.insert("id".to_owned(), number.into());
        psa.client.patch_company(&body).await?;
        record.absorb(&body);
    }
    Ok(map::company(&record, udfs, names))
}

/// A table that was looked up a moment ago is not there: cannot be, and is not worth a panic.
pub(crate) fn unread(operation: &'static str) -> Error {
    Error::new(ErrorKind::Other, operation, "a table that was looked up is not there; nothing was sent")
}
