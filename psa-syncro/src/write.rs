//! Creating and updating: one read and one write for an update, one write for a create.

use crate::{
    adapter::{Syncro, custom_names},
    client::{company_id, contact_id},
    error,
    listing::{Listing, Step, pages},
    map::{self, Refused, Write},
    properties, wire,
};
use futures::TryStreamExt as _;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result,
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};

const CREATE: &str = "create contact";
const UPDATE: &str = "update contact";
const UPDATE_COMPANY: &str = "update company";

pub(crate) async fn create(psa: &Syncro, company: &CompanyId, fields: &FieldSet) -> Result<Contact> {
    let refuse = |refused: Refused| error::unsupported(CREATE, &refused);
    let company = company_id(company, CREATE)?;
    let write = Write::new(fields, psa.schema()).map_err(refuse)?;
    let body = write.create_body(company, psa.schema()).map_err(refuse)?;
    psa.asked(custom_names(fields));
    let record = psa.client.create_contact(&body).await?;
    // The contact exists, so this is no failure: the answer shows what was kept, and the next update says the rest.
    let wanted = write.entries(psa.schema()).map_err(refuse)?;
    let sent: BTreeMap<String, Value> = match body.get("properties").and_then(Value::as_object) {
        Some(sent) => wanted.into_iter().filter(|(name, _)| sent.contains_key(name)).collect(),
        None => BTreeMap::new(),
    };
    for name in properties::ignored(record.properties.as_ref(), &sent) {
        tracing::warn!(
            contact = record.id,
            field = name,
            "Syncro ignored a custom field: contacts have none of that name"
        );
    }
    Ok(psa.neutral(&record))
}

pub(crate) async fn update(
    psa: &Syncro,
    id: &ContactId,
    fields: &FieldSet,
    expect: Option<&VersionTag>,
) -> Result<Contact> {
    let refuse = |refused: Refused| error::unsupported(UPDATE, &refused);
    let number = contact_id(id, UPDATE)?;
    let schema = psa.schema();
    let write = Write::new(fields, schema).map_err(refuse)?;
    let wanted = write.entries(schema).map_err(refuse)?;
    psa.asked(custom_names(fields));
    // Always read first: the properties go back as a whole, and the name goes with every write.
    let before = psa.client.contact(number, UPDATE).await?;
    if expect.is_some() && map::version(&before).as_ref() != expect {
        let message = format!("contact {number} was changed since it was read");
        return Err(Error::new(ErrorKind::PreconditionFailed, UPDATE, message));
    }
    let body = write.update_body(&before, schema).map_err(refuse)?;
    let record = match &body {
        Some(body) => psa.client.update_contact(number, body).await?,
        None => before,
    };
    if body.as_ref().is_some_and(|body| body.contains_key("properties")) {
        let ignored = properties::ignored(record.properties.as_ref(), &wanted);
        if !ignored.is_empty() {
            return Err(error::ignored(UPDATE, "contacts", &ignored));
        }
    }
    if write.active == Some(false) && psa.config.revoke_portal_access {
        revoke_portal_access(psa, &record).await.map_err(|cause| {
            let message = "the contact was written, but its portal access could not be revoked";
            Error::new(cause.kind(), UPDATE, message).with_retry(cause.retry()).with_source(cause)
        })?;
    }
    Ok(psa.neutral(&record))
}

/// Deletes the portal logins of a contact. There is nothing else that could be done to one over the API.
async fn revoke_portal_access(psa: &Syncro, record: &wire::Contact) -> Result<()> {
    let Some(customer) = record.customer_id else { return Ok(()) };
    let listing = Listing {
        path: "/portal_users",
        operation: "list portal users",
        query: vec![("customer_id", customer.to_string())],
        company: None,
    };
    let steps: Vec<Step<wire::PortalUser>> =
        pages::<wire::PortalUsers>(&psa.client, [listing]).try_collect().await?;
    for step in steps {
        let Step::Rows(users) = step else { continue };
        for user in users.iter().filter(|user| user.contact_id == Some(record.id)) {
            psa.client.delete_portal_user(user.id).await?;
        }
    }
    Ok(())
}

pub(crate) async fn update_company(
    psa: &Syncro,
    id: &CompanyId,
    custom_fields: &BTreeMap<String, FieldValue>,
) -> Result<Company> {
    let refuse = |refused: Refused| error::unsupported(UPDATE_COMPANY, &refused);
    let number = company_id(id, UPDATE_COMPANY)?;
    let wanted = map::company_entries(custom_fields).map_err(refuse)?;
    let before = psa.client.customer(number, UPDATE_COMPANY).await?;
    let Some(whole) = properties::merged(before.properties.as_ref(), &wanted).map_err(refuse)? else {
        return Ok(map::company(&before));
    };
    let body = Map::from_iter([("properties".to_owned(), Value::Object(whole))]);
    let record = psa.client.update_customer(number, &body).await?;
    let ignored = properties::ignored(record.properties.as_ref(), &wanted);
    if !ignored.is_empty() {
        return Err(error::ignored(UPDATE_COMPANY, "customers", &ignored));
    }
    Ok(map::company(&record))
}
