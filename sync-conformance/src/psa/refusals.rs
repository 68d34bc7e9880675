//! What cannot be done is refused before anything is written, never done in part.

use super::support::{capabilities, left_a_trace, one, read, update};
use crate::{
    CaseResult, PsaGiven,
    outcome::{Outcome, Stop, ensure, fail, refused, skip, verdict},
    same::{first_difference, same_value},
};
use sync_core::{
    ErrorKind, Psa,
    capability::{Access, ActiveStatus, Capabilities, CustomFields},
    model::{Contact, ContactField, ContactId, FieldSet, FieldValue},
};

/// Addresses written where there is no bound.
const MANY: u8 = 6;

/// A value that is to be made when it is written is refused: whoever writes it had to put one in its place.
pub async fn values_that_nobody_made_are_refused(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let writable: Vec<ContactField> =
            given.writable(&claimed).into_iter().map(|(field, _)| field).filter(is_plain).collect();
        if writable.is_empty() {
            return skip("no plain text field can be written");
        }
        let contact = given.fresh(psa, &claimed, true).await?;
        let before = read(psa, &contact.id).await?;
        for field in writable {
            let what = format!("a value for `{field}` that nobody made");
            let result = psa.update(&contact.id, &one(&field, FieldValue::support_pin()), None).await;
            refused(result, &[ErrorKind::Rejected, ErrorKind::Unsupported], &what)?;
            unchanged(psa, &claimed, &before, &what).await?;
        }
        Ok(())
    })
    .await
}

/// A text of exactly the claimed length is stored whole; a longer one is refused, never shortened.
pub async fn too_long_values_are_refused(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let bounded: Vec<(ContactField, usize)> = given
            .writable(&claimed)
            .into_iter()
            .filter(|(field, _)| is_plain(field))
            .filter_map(|(field, rule)| Some((field, rule.max_len? as usize)))
            .collect();
        if bounded.is_empty() {
            return skip("no plain text field has a length limit");
        }
        let contact = given.fresh(psa, &claimed, true).await?;
        for (field, max) in bounded {
            // Not ASCII, so that characters and bytes are told apart.
            let whole = FieldValue::Text("\u{e9}".repeat(max));
            update(
                psa,
                &contact.id,
                &one(&field, whole.clone()),
                &format!("write {max} characters to `{field}`"),
            )
            .await?;
            let before = read(psa, &contact.id).await?;
            let is = before.fields.get(&field);
            ensure(is.is_some_and(|is| same_value(claimed.rule(&field).compare, is, &whole)), || {
                format!("`{field}` is said to take {max} characters, but does not keep them")
            })?;
            let longer = one(&field, FieldValue::Text("\u{e9}".repeat(max + 1)));
            let what = format!("{} characters for `{field}`, which takes {max}", max + 1);
            let result = psa.update(&contact.id, &longer, None).await;
            refused(result, &[ErrorKind::Rejected, ErrorKind::Unsupported], &what)?;
            unchanged(psa, &claimed, &before, &what).await?;
            let mut fields = given.new_fields(&claimed, false);
            fields.extend(longer);
            let result = given.create(psa, &fields).await;
            refused(result, &[ErrorKind::Rejected, ErrorKind::Unsupported], &format!("create with {what}"))?;
            // The field itself may be what the trace is looked for by.
            if field.open_name().is_some() || fields.len() > 1 {
                ensure(!left_a_trace(psa, given, &fields).await?, || {
                    format!("create with {what} left a contact")
                })?;
            }
        }
        Ok(())
    })
    .await
}

/// Whether any characters will do.
const fn is_plain(field: &ContactField) -> bool {
    matches!(
        field,
        ContactField::FirstName
            | ContactField::LastName
            | ContactField::Title
            | ContactField::AddressStreet
            | ContactField::AddressCity
            | ContactField::Custom(_)
    )
}

/// As many alternate addresses as there is room for are stored; one more is refused, and none is dropped.
pub async fn too_many_alternate_emails_are_refused(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let field = ContactField::AlternateEmails;
        if claimed.rule(&field).access != Access::ReadWrite {
            return skip("alternate e-mails cannot be written");
        }
        let contact = given.fresh(psa, &claimed, false).await?;
        let room = claimed.alternate_emails.room();
        let addresses = |count: u8| -> FieldValue {
            let address = |n| format!("room{n}-{}@contoso.example", contact.id);
            FieldValue::List((0..count).map(address).collect())
        };
        let most = addresses(room.unwrap_or(MANY));
        if room != Some(0) {
            update(psa, &contact.id, &one(&field, most.clone()), "fill the room for alternate e-mails")
                .await?;
        }
        let before = read(psa, &contact.id).await?;
        let is = before.fields.get(&field);
        ensure(is.is_some_and(|is| same_value(claimed.rule(&field).compare, is, &most)), || {
            "as many alternate e-mails as there is room for do not read back".to_owned()
        })?;
        let Some(room) = room else { return Ok(()) };
        let more = one(&field, addresses(room.saturating_add(1)));
        let what = "one alternate e-mail more than there is room for";
        let result = psa.update(&contact.id, &more, None).await;
        refused(result, &[ErrorKind::Unsupported, ErrorKind::Rejected], what)?;
        unchanged(psa, &claimed, &before, what).await
    })
    .await
}

/// A field that cannot be written is `Unsupported` in an update and in a create, whatever is written beside it, and then
/// nothing is written at all.
pub async fn unsupported_fields_are_refused_whole(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let beside = given.writable(&claimed);
        let beside = beside.iter().find(|(_, rule)| !rule.required).map(|(field, _)| field);
        let closed = closed(&claimed, given);
        if closed.is_empty() {
            return skip("every field can be written");
        }
        // Without a contact of its own the refusal can be seen, but not that nothing was written.
        let contact: Option<ContactId> = match given.fresh(psa, &claimed, true).await {
            Ok(contact) => Some(contact.id),
            Err(Stop::Skip(_)) => None,
            Err(stop) => return Err(stop),
        };
        for (field, value) in closed {
            let mut fields = one(&field, value);
            if let Some(beside) = beside.filter(|beside| **beside != field) {
                fields.insert(beside.clone(), given.other_value(beside, &claimed));
            }
            let what = format!("a write of `{field}`, which cannot be written,");
            let unsupported = [ErrorKind::Unsupported];
            match &contact {
                Some(id) => {
                    let before = read(psa, id).await?;
                    refused(psa.update(id, &fields, None).await, &unsupported, &what)?;
                    unchanged(psa, &claimed, &before, &what).await?;
                }
                None => {
                    let result = psa.update(&given.unknown_contact, &fields, None).await;
                    refused(result, &[ErrorKind::Unsupported, ErrorKind::NotFound], &what)?;
                }
            }
            let mut new: FieldSet = given.new_fields(&claimed, false);
            new.extend(fields.iter().filter(|(f, _)| **f == field).map(|(f, v)| (f.clone(), v.clone())));
            refused(given.create(psa, &new).await, &unsupported, &format!("create with {what}"))?;
            ensure(!left_a_trace(psa, given, &new).await?, || format!("create with {what} left a contact"))?;
        }
        Ok(())
    })
    .await
}

/// Fields that cannot be written, each with a value of its shape.
fn closed(claimed: &Capabilities, given: &PsaGiven) -> Vec<(ContactField, FieldValue)> {
    let known = ContactField::KNOWN.iter().filter_map(|name| name.parse::<ContactField>().ok());
    let custom =
        (claimed.custom_fields == CustomFields::None).then(|| ContactField::Custom("Conformance".to_owned()));
    let read_only = claimed.fields.keys().filter(|field| field.open_name().is_some()).cloned();
    let all = known.chain(custom).chain(read_only);
    let shut = all.filter(|field| {
        let active = *field == ContactField::Active && claimed.active_status != ActiveStatus::Writable;
        active || claimed.rule(field).access < Access::ReadWrite
    });
    let valued = shut.map(|field| {
        let list = |items: Vec<String>| FieldValue::List(items);
        let value = if field == ContactField::Active {
            FieldValue::Flag(false)
        } else if field == ContactField::AlternateEmails {
            list(vec!["closed@contoso.example".to_owned()])
        } else if field == ContactField::ContactTypes {
            list(given.contact_types.iter().take(1).cloned().collect())
        } else {
            given.other_value(&field, &Capabilities::everything())
        };
        let value = if value.is_blank() { FieldValue::Text("closed".to_owned()) } else { value };
        (field, value)
    });
    valued.collect()
}

async fn unchanged(psa: &dyn Psa, claimed: &Capabilities, before: &Contact, what: &str) -> Outcome {
    let after = read(psa, &before.id).await?;
    let all = before.fields.keys().chain(after.fields.keys());
    match first_difference(claimed, all, &before.fields, &after.fields) {
        Some(field) => fail(format!("{what} was refused, but `{field}` changed")),
        None => Ok(()),
    }
}
