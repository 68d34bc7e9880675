//! What a contact shows when it is read.

use super::support::{capabilities, contacts, one, read};
use crate::{
    CaseResult, PsaGiven,
    outcome::{Outcome, Stop, ensure, fail, refused, skip, verdict},
    same::first_difference,
};
use std::collections::BTreeSet;
use sync_core::{
    ErrorKind, Psa,
    capability::{Access, Capabilities},
    model::{Contact, ContactField, FieldValue},
};

/// How many contacts are read one by one.
const READ_SINGLY: usize = 10;

/// The company's contacts with the last of them made by the suite, where it can make one.
async fn some_contacts(psa: &dyn Psa, given: &PsaGiven, claimed: &Capabilities) -> Outcome<Vec<Contact>> {
    match given.fresh(psa, claimed, true).await {
        Ok(_) | Err(Stop::Skip(_)) => {}
        Err(stop) => return Err(stop),
    }
    let listed = contacts(psa, &given.query(), "list the company's contacts").await?;
    if listed.is_empty() { skip("the company has no contacts, and none can be made") } else { Ok(listed) }
}

/// Every readable field is there as a value or as blank, for a missing one means "cannot be read"; and what is not
/// claimed as readable is not there.
pub async fn readable_fields_are_present(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        for contact in some_contacts(psa, given, &claimed).await? {
            let missing = claimed
                .fields
                .iter()
                .filter(|(field, rule)| rule.access >= Access::Read && field.open_name().is_none())
                .find(|(field, _)| !contact.fields.contains_key(*field));
            if let Some((field, _)) = missing {
                return fail(format!(
                    "`{field}` can be read, but contact {} lacks it; blank is a value",
                    contact.id
                ));
            }
            let extra = contact.fields.keys().find(|field| claimed.rule(field).access < Access::Read);
            if let Some(field) = extra {
                return fail(format!(
                    "`{field}` is not claimed as readable, but contact {} shows it",
                    contact.id
                ));
            }
        }
        Ok(())
    })
    .await
}

/// Custom fields that the query names are there in every row, as a value or as blank.
pub async fn custom_fields_asked_for_are_present(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let readable =
            |name: &&String| claimed.rule(&ContactField::Custom((*name).clone())).access >= Access::Read;
        let names: Vec<&String> = given.custom_fields.iter().filter(readable).collect();
        if names.is_empty() {
            return skip("no custom field was given, or none can be read");
        }
        for contact in some_contacts(psa, given, &claimed).await? {
            for name in &names {
                ensure(contact.fields.contains_key(&ContactField::Custom((*name).clone())), || {
                    format!("custom field `{name}` was asked for, but contact {} lacks it", contact.id)
                })?;
            }
        }
        Ok(())
    })
    .await
}

/// A single read gives the same id, company, protection and fields as the listing.
///
/// A single read cannot be told which custom fields are wanted, so a blank one may be missing from it.
pub async fn listing_agrees_with_single_reads(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let listed = some_contacts(psa, given, &claimed).await?;
        for contact in listed.iter().rev().take(READ_SINGLY) {
            let single = read(psa, &contact.id).await?;
            let id = &contact.id;
            ensure(single.id == *id && single.company == contact.company, || {
                format!("contact {id} has another id or company when it is read by itself")
            })?;
            ensure(single.protected == contact.protected, || {
                format!("contact {id} is protected in one kind of read and not in the other")
            })?;
            let keys: BTreeSet<&ContactField> = contact.fields.keys().chain(single.fields.keys()).collect();
            let compared = keys.into_iter().filter(|field| {
                let blank = |of: &Contact| of.fields.get(field).is_none_or(FieldValue::is_blank);
                field.open_name().is_none() || !(blank(contact) && blank(&single))
            });
            if let Some(field) = first_difference(&claimed, compared, &contact.fields, &single.fields) {
                return fail(format!(
                    "`{field}` of contact {id} differs between the listing and a single read"
                ));
            }
        }
        Ok(())
    })
    .await
}

/// What somebody else changes is seen by the next read: nothing is kept from earlier ones.
pub async fn edits_by_others_are_seen(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let Some(technician) = &given.technician else { return skip("no technician was given") };
        let claimed = capabilities(psa).await?;
        let contact = given.fresh(psa, &claimed, true).await?;
        let before = read(psa, &contact.id).await?;
        if let Err(problem) = technician.edit(&contact.id, "Edited by hand").await {
            return fail(format!("the technician could not edit the contact: {problem}"));
        }
        let after = read(psa, &contact.id).await?;
        ensure(before.fields != after.fields, || {
            "an edit by somebody else is not seen by the next read".to_owned()
        })
    })
    .await
}

/// Reading or updating a contact that does not exist is `NotFound`.
pub async fn unknown_contact_is_not_found(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let not_found = [ErrorKind::NotFound];
        refused(psa.contact(&given.unknown_contact).await, &not_found, "read a contact that does not exist")?;
        let Some((field, _)) = given.writable(&claimed).into_iter().next() else { return Ok(()) };
        let fields = one(&field, given.other_value(&field, &claimed));
        let update = psa.update(&given.unknown_contact, &fields, None).await;
        refused(update, &not_found, "update a contact that does not exist").map(|_| ())
    })
    .await
}
