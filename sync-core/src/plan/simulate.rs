//! What both sides would look like after a plan. Used to prove that planning converges.

use super::{Change, FieldChange, LinkState, Plan, Subject, remember, stay_inactive, taught};
use crate::{
    model::{Contact, ContactField, ContactId, FieldValue},
    snapshot::{ContactSnapshot, SnapshotError},
    store::{Link, LinkChange, LinkSet},
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
        if let (Subject::User(source_id), Change::NoOp { .. }) = (&decision.subject, &decision.change)
            && !decision.learned.settled.is_empty()
        {
            let (source_id, fields) = (source_id.clone(), decision.learned.settled.clone());
            changes.push(LinkChange::Settled { source_id, fields });
        }
    }
    for decision in plan.decisions.changes() {
        let (id, state) = match &decision.change {
            Change::NoOp { .. } | Change::Hold { .. } => continue,
            Change::Create { fields, unless_email: _ } => {
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
                (id, LinkState::New)
            }
            Change::Update { contact, link, fields, .. } => {
                edit(&mut after, contact, |c| write(c, fields));
                (contact.clone(), *link)
            }
            Change::Link { contact, link, .. } => (contact.clone(), *link),
            Change::Reactivate { contact, link, fields, .. } => {
                edit(&mut after, contact, |c| {
                    write(c, fields);
                    c.fields.insert(ContactField::Active, FieldValue::Flag(true));
                });
                (contact.clone(), *link)
            }
            Change::Deactivate { contact, link, fields, .. } => {
                edit(&mut after, contact, |c| {
                    write(c, fields);
                    c.fields.insert(ContactField::Active, FieldValue::Flag(false));
                });
                (contact.clone(), *link)
            }
        };
        let Subject::User(anchor) = &decision.subject else {
            let theirs = links.links.of_contact(&id);
            changes
                .extend(theirs.map(|l| LinkChange::Set(Box::new(taught(l.clone(), &decision, plan.as_of)))));
            continue;
        };
        let mut link = links
            .links
            .get(anchor)
            .filter(|known| known.contact_id == id)
            .cloned()
            .unwrap_or_else(|| Link::new(anchor.clone(), id.clone(), plan.as_of));
        let mut inactive = None;
        if state == LinkState::Relink {
            for old in links.links.of_contact(&id).filter(|l| l.source_id != *anchor) {
                inactive = inactive.or(Some(old).filter(|old| old.deactivated_by_us));
                remember(&mut link, old);
                changes.push(LinkChange::Remove(old.source_id.clone()));
            }
        }
        link.immutable_id = decision.immutable_id.clone().or(link.immutable_id);
        let mut link = taught(link, &decision, plan.as_of);
        if let Some(old) = inactive.filter(|_| plan.run.migrate_from.is_some()) {
            stay_inactive(&mut link, old);
        }
        changes.push(LinkChange::Set(Box::new(link)));
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
