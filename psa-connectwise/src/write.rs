//! Creating and updating contacts: one write call each, and more only for contact types and the note.

use crate::{
    adapter::ConnectWise,
    client::{company_id, contact_id, decode},
    error,
    lookups::{Communication, Custom},
    map::{self, CUSTOM_FIELDS_PATH, Refused, Schema, Write},
    wire::{self, PatchOp, PatchVerb},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};
use sync_core::{
    Error, ErrorKind, Result,
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, VersionTag, nearest},
};

const CREATE: &str = "create contact";
const UPDATE: &str = "update contact";

pub(crate) async fn create(psa: &ConnectWise, company: &CompanyId, fields: &FieldSet) -> Result<Contact> {
    let company = company_id(company, CREATE)?;
    let tables = psa.tables().await?;
    let write = take_apart(psa, fields, tables.0, CREATE)?;
    let type_ids = type_ids(psa, write.types.as_ref(), CREATE).await?.unwrap_or_default();
    let ids: Vec<i64> = type_ids.into_iter().collect();
    let body =
        write.create_body(company, &ids, schema(tables)).map_err(|refused| refuse(CREATE, &refused))?;
    let record = psa.client.create_contact(&body).await?;
    let mut contact = psa.neutral(&record, tables);
    if let (Some(marker), Some(text)) =
        (&psa.config.note_marker, write.note.as_deref().filter(|t| !t.is_empty()))
    {
        psa.client.add_note(record.id, &note_text(marker, text)).await.map_err(|error| {
            // The contact exists, so the create must never be repeated blindly.
            let message = format!("contact {} was created, but its note could not be written", record.id);
            Error::new(ErrorKind::Indeterminate, CREATE, message).with_source(error)
        })?;
        // Whether a note moves the contact's last change is not documented.
        contact.version = None;
    }
    Ok(contact)
}

pub(crate) async fn update(
    psa: &ConnectWise,
    id: &ContactId,
    fields: &FieldSet,
    expect: Option<&VersionTag>,
) -> Result<Contact> {
    let number = contact_id(id, UPDATE)?;
    let tables = psa.tables().await?;
    let write = take_apart(psa, fields, tables.0, UPDATE)?;
    let wanted_types = type_ids(psa, write.types.as_ref(), UPDATE).await?;
    // Always read first: items are addressed by their place, and the custom fields go back as a whole.
    let before = psa.client.contact(number, UPDATE).await?;
    if expect.is_some() && map::version(&before).as_ref() != expect {
        let message = format!("contact {number} was changed since it was read");
        return Err(Error::new(ErrorKind::PreconditionFailed, UPDATE, message));
    }
    let patch = write.patch(&before, schema(tables)).map_err(|refused| refuse(UPDATE, &refused))?;
    let patched = !patch.is_empty();
    let mut record = if patched { send_patch(psa, &before, patch, &write, tables).await? } else { before };

    let mut again = false;
    if let Some(wanted) = wanted_types {
        again |= set_types(psa, &record, &wanted).await.map_err(|e| partly(e, patched, "contact types"))?;
    }
    if let (Some(marker), Some(text)) = (&psa.config.note_marker, &write.note) {
        again |=
            set_note(psa, number, marker, text).await.map_err(|e| partly(e, patched || again, "the note"))?;
    }
    if again {
        record = psa.client.contact(number, UPDATE).await?;
    }
    Ok(psa.neutral(&record, tables))
}

fn take_apart(
    psa: &ConnectWise,
    fields: &FieldSet,
    communication: &Communication,
    operation: &'static str,
) -> Result<Write> {
    Write::new(fields, &communication.types, psa.config.note_marker.is_some())
        .map_err(|refused| refuse(operation, &refused))
}

/// The schema for writing, where it does not matter whether types are told.
fn schema<'a>((communication, custom): (&'a Communication, &'a Custom)) -> Schema<'a> {
    Schema { items: &communication.types, custom: &custom.definitions, types_told: false }
}

/// Nothing was sent. A missing or cleared first name is content the vendor would refuse; the rest it cannot take.
fn refuse(operation: &'static str, refused: &Refused) -> Error {
    if refused.field == ContactField::FirstName.to_string() {
        let message = format!("{}: {}; nothing was sent", refused.field, refused.reason);
        return Error::new(ErrorKind::Rejected, operation, message);
    }
    error::unsupported(operation, refused)
}

/// Sends the operations in one PATCH.
///
/// Some instances answer 400 to a PATCH that carries no custom fields (seen by one integrator on a live system); it is
/// then sent once more with the fields as they are, and from then on each PATCH carries them.
async fn send_patch(
    psa: &ConnectWise,
    before: &wire::Contact,
    mut patch: Vec<PatchOp>,
    write: &Write,
    tables: (&Communication, &Custom),
) -> Result<wire::Contact> {
    let unchanged = before
        .custom_fields
        .as_ref()
        .filter(|_| !patch.iter().any(|o| o.path == CUSTOM_FIELDS_PATH))
        .map(|fields| PatchOp::replace(CUSTOM_FIELDS_PATH, json!(fields)));
    let needed = psa.patches_need_custom_fields.load(Ordering::Relaxed);
    let mut spare = unchanged;
    if needed && let Some(operation) = spare.take() {
        patch.insert(0, operation);
    }
    let mut response = psa.client.patch_contact(before.id, &patch).await?;
    if error::names_custom_fields(&response)
        && let Some(operation) = spare.take()
    {
        patch.insert(0, operation);
        response = psa.client.patch_contact(before.id, &patch).await?;
        if response.is_success() {
            psa.patches_need_custom_fields.store(true, Ordering::Relaxed);
        }
    }
    let record: wire::Contact = decode(&response)?;
    let Some(repair) = default_repair(&patch, write, &record, schema(tables)) else { return Ok(record) };
    decode(&psa.client.patch_contact(before.id, &repair).await?)
}

/// The operations that make a new first item the default after all.
///
/// An item added at index 0 was seen not to become the default. Whether that holds for the first item of an empty list
/// is not known, so the answer is looked at, and the flag is set by a second PATCH where it is missing.
fn default_repair(
    patch: &[PatchOp],
    write: &Write,
    record: &wire::Contact,
    schema: Schema<'_>,
) -> Option<Vec<PatchOp>> {
    let first = |o: &PatchOp| o.op == PatchVerb::Add && o.path == "/communicationItems/0";
    if !patch.iter().any(first) {
        return None;
    }
    let rest = write.patch(record, schema).ok()?;
    let flags = |o: &PatchOp| {
        o.op == PatchVerb::Replace && o.path.ends_with("/defaultFlag") && o.value == Some(Value::Bool(true))
    };
    (!rest.is_empty() && rest.iter().all(flags)).then_some(rest)
}

/// The ids of these contact types; `None` where types are left alone.
async fn type_ids(
    psa: &ConnectWise,
    names: Option<&BTreeSet<String>>,
    operation: &'static str,
) -> Result<Option<BTreeSet<i64>>> {
    let Some(names) = names else { return Ok(None) };
    if names.is_empty() {
        return Ok(Some(BTreeSet::new()));
    }
    let table = psa.lookups.contact_types(&psa.client).await?;
    names.iter().map(|name| type_id(table, name, operation)).collect::<Result<_>>().map(Some)
}

fn type_id(table: &BTreeMap<String, i64>, name: &str, operation: &'static str) -> Result<i64> {
    let folded = |text: &str| text.trim().to_lowercase();
    let found = table
        .get(name)
        .or_else(|| table.iter().find(|(known, _)| folded(known) == folded(name)).map(|(_, id)| id));
    found.copied().ok_or_else(|| {
        let known: Vec<&str> = table.keys().map(String::as_str).collect();
        let hint = nearest(name, &known).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        let message = format!("ConnectWise has no contact type `{name}`{hint} Nothing was sent");
        Error::new(ErrorKind::Unsupported, operation, message)
    })
}

/// Brings the contact's types to the wanted ones, through their associations. Says whether anything was written.
async fn set_types(psa: &ConnectWise, record: &wire::Contact, wanted: &BTreeSet<i64>) -> Result<bool> {
    if let Some(types) = &record.types {
        let now: BTreeSet<i64> = types.iter().filter_map(|t| t.id).collect();
        if now == *wanted {
            return Ok(false);
        }
    }
    let associations = psa.client.type_associations(record.id).await?;
    let now: BTreeSet<i64> =
        associations.iter().filter_map(|a| a.kind.as_ref().and_then(|kind| kind.id)).collect();
    // Added before removed, so that a contact is at no moment without the types it keeps.
    for id in wanted.difference(&now) {
        psa.client.add_type(record.id, *id).await?;
    }
    let stale = associations
        .iter()
        .filter(|a| a.kind.as_ref().and_then(|kind| kind.id).is_some_and(|id| !wanted.contains(&id)));
    for association in stale {
        psa.client.remove_type(record.id, association.id).await?;
    }
    Ok(now != *wanted)
}

/// Writes the one note that begins with the marker. Says whether anything was written.
async fn set_note(psa: &ConnectWise, contact: i64, marker: &str, text: &str) -> Result<bool> {
    let notes = psa.client.notes(contact, marker).await?;
    let ours =
        notes.iter().find(|note| note.text.as_deref().is_some_and(|t| t.trim_start().starts_with(marker)));
    let wanted = note_text(marker, text);
    match ours {
        // The server may turn the line break into a space.
        Some(note) if same_words(note.text.as_deref().unwrap_or_default(), &wanted) => Ok(false),
        Some(note) => psa.client.update_note(contact, note.id, &wanted).await.map(|()| true),
        None if text.is_empty() => Ok(false),
        None => psa.client.add_note(contact, &wanted).await.map(|()| true),
    }
}

fn note_text(marker: &str, text: &str) -> String {
    if text.is_empty() { marker.to_owned() } else { format!("{marker}\n{text}") }
}

fn same_words(a: &str, b: &str) -> bool {
    a.split_whitespace().eq(b.split_whitespace())
}

/// Says that a part was written before the rest failed.
fn partly(error: Error, written: bool, what: &str) -> Error {
    if !written {
        return error;
    }
    let message = format!("the fields were written, but {what} could not be");
    Error::new(error.kind(), UPDATE, message).with_retry(error.retry()).with_source(error)
}
