//! What both sides would look like after a plan. Used to prove that planning converges.

use super::{Change, FieldChange, Plan, Subject, links_after, settled};
use crate::{
    model::{Contact, ContactField, ContactId, FieldValue},
    snapshot::{ContactSnapshot, SnapshotError},
    store::LinkSet,
};
use std::collections::BTreeMap;

/// The contacts and links as if every change of a plan had been applied, guards or not. Pure.
///
/// Created contacts have ids that begin with `planned:`.
///
/// # Errors
/// [`SnapshotError`] when the result does not fit one snapshot.
pub fn simulate(
    contacts: &ContactSnapshot,
    links: &LinkSet,
    plan: &Plan,
) -> Result<(ContactSnapshot, LinkSet), SnapshotError> {
    let mut after: BTreeMap<ContactId, Contact> =
        contacts.iter().map(|view| view.to_contact()).map(|c| (c.id.clone(), c)).collect();
    let mut changes = Vec::new();
    for decision in plan.decisions.iter() {
        changes.extend(settled(&decision));
    }
    for decision in plan.decisions.changes() {
        let id = match &decision.change {
            Change::NoOp { .. } | Change::Hold { .. } => continue,
            Change::Create { fields, .. } => {
                let (Subject::User(anchor), Some(company)) = (&decision.subject, &decision.company) else {
                    continue;
                };
                let id = ContactId::new(format!("planned:{anchor}"));
                let mut contact = Contact::new(id.clone(), company.clone());
                // The PSA shows every field it has, so what was not written reads as empty.
                for name in ContactField::KNOWN {
                    if let Ok(field) = name.parse::<ContactField>()
                        && plan.basis.managed.contains(&field)
                    {
                        contact.fields.insert(field, FieldValue::Empty);
                    }
                }
                contact.fields.insert(ContactField::Active, FieldValue::Flag(true));
                write(&mut contact, fields);
                after.insert(id.clone(), contact);
                id
            }
            Change::Update { contact, fields, .. } => {
                edit(&mut after, contact, |c| write(c, fields));
                contact.clone()
            }
            Change::Link { contact, .. } => contact.clone(),
            Change::Reactivate { contact, fields, .. } => {
                edit(&mut after, contact, |c| {
                    write(c, fields);
                    c.fields.insert(ContactField::Active, FieldValue::Flag(true));
                });
                contact.clone()
            }
            Change::Deactivate { contact, fields, .. } => {
                edit(&mut after, contact, |c| {
                    write(c, fields);
                    c.fields.insert(ContactField::Active, FieldValue::Flag(false));
                });
                contact.clone()
            }
        };
        let migrating = plan.run.migrate_from.is_some();
        changes.extend(links_after(links, &decision, &id, migrating, plan.as_of));
    }
    let mut builder = ContactSnapshot::builder();
    for contact in after.values() {
        builder.push(contact);
    }
    let contacts = builder.finish(plan.as_of, contacts.completeness().clone())?;
    Ok((contacts, links.clone().with(&changes)))
}

fn edit(contacts: &mut BTreeMap<ContactId, Contact>, id: &ContactId, change: impl FnOnce(&mut Contact)) {
    if let Some(contact) = contacts.get_mut(id) {
        change(contact);
    }
}

fn write(contact: &mut Contact, fields: &[FieldChange]) {
    for FieldChange { field, before: _, after } in fields {
        contact.fields.insert(field.clone(), after.clone());
    }
}
