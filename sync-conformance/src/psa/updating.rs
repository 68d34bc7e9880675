//! Updating contacts: what is named is written, and nothing else.

use super::support::{capabilities, one, read, update};
use crate::{
    CaseResult, PsaGiven,
    outcome::{ensure, fail, skip, verdict},
    same::{first_difference, same_value},
};
use sync_core::{
    Psa,
    capability::AlternateEmails,
    model::{ContactField, FieldSet, FieldValue},
};

/// Writing one field, whichever it is, changes that field and no other: not another phone, address or custom field.
pub async fn update_leaves_other_fields_alone(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let contact = given.fresh(psa, &claimed, true).await?;
        let mut before = read(psa, &contact.id).await?;
        for (field, rule) in given.writable(&claimed) {
            let wanted = given.other_value(&field, &claimed);
            let fields = one(&field, wanted.clone());
            let answered = update(psa, &contact.id, &fields, &format!("write `{field}` alone")).await?;
            let after = read(psa, &contact.id).await?;
            for (what, seen) in [("the answer", &answered), ("a read", &after)] {
                let is = seen.fields.get(&field);
                ensure(is.is_some_and(|is| same_value(rule.compare, is, &wanted)), || {
                    format!("`{field}` was written alone, but {what} does not show its new value")
                })?;
            }
            let others = before.fields.keys().chain(after.fields.keys()).filter(|other| **other != field);
            if let Some(other) = first_difference(&claimed, others, &before.fields, &after.fields) {
                return fail(format!("writing `{field}` alone changed `{other}`"));
            }
            ensure(after.company == before.company, || format!("writing `{field}` alone moved the contact"))?;
            before = after;
        }
        Ok(())
    })
    .await
}

/// An update that is sent twice leaves the same contact as one that is sent once.
pub async fn update_can_be_repeated(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let contact = given.fresh(psa, &claimed, false).await?;
        let fields: FieldSet = given
            .writable(&claimed)
            .into_iter()
            .map(|(field, _)| (field.clone(), given.other_value(&field, &claimed)))
            .collect();
        update(psa, &contact.id, &fields, "write every field").await?;
        let once = read(psa, &contact.id).await?;
        update(psa, &contact.id, &fields, "write every field again").await?;
        let twice = read(psa, &contact.id).await?;
        if let Some(field) = first_difference(&claimed, fields.keys(), &fields, &once.fields) {
            return fail(format!("`{field}` is not what was written together with all others"));
        }
        let all = once.fields.keys().chain(twice.fields.keys());
        match first_difference(&claimed, all, &once.fields, &twice.fields) {
            Some(field) => fail(format!("the same update, repeated, changed `{field}`")),
            None => Ok(()),
        }
    })
    .await
}

/// Every text field that is neither required nor the primary address can be cleared, and stays readable as blank.
pub async fn text_fields_can_be_cleared(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let vital = [
            ContactField::Email,
            ContactField::FirstName,
            ContactField::LastName,
            ContactField::Name,
            ContactField::Username,
        ];
        let lists = [ContactField::AlternateEmails, ContactField::ContactTypes];
        let clearable: Vec<ContactField> = given
            .writable(&claimed)
            .into_iter()
            .filter(|(field, rule)| !rule.required && !vital.contains(field) && !lists.contains(field))
            .map(|(field, _)| field)
            .collect();
        if clearable.is_empty() {
            return skip("there is no field that could be cleared");
        }
        let contact = given.fresh(psa, &claimed, true).await?;
        for field in clearable {
            let before = read(psa, &contact.id).await?;
            let cleared = one(&field, FieldValue::Empty);
            update(psa, &contact.id, &cleared, &format!("clear `{field}`")).await?;
            let after = read(psa, &contact.id).await?;
            let custom = field.open_name().is_some();
            let is_blank = after.fields.get(&field).map_or(custom, FieldValue::is_blank);
            ensure(is_blank, || format!("`{field}` was cleared, but does not read as blank"))?;
            let others = before.fields.keys().filter(|other| **other != field);
            if let Some(other) = first_difference(&claimed, others, &before.fields, &after.fields) {
                return fail(format!("clearing `{field}` changed `{other}`"));
            }
        }
        Ok(())
    })
    .await
}

/// A list takes more entries, fewer, and none; each time it reads back as written and the primary address stays.
pub async fn lists_can_be_changed_and_emptied(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let writable = given.writable(&claimed);
        let lists: Vec<ContactField> = [ContactField::AlternateEmails, ContactField::ContactTypes]
            .into_iter()
            .filter(|list| writable.iter().any(|(field, _)| field == list))
            .collect();
        if lists.is_empty() {
            return skip("no list can be written, or no contact types were given");
        }
        let contact = given.fresh(psa, &claimed, true).await?;
        for field in lists {
            let before = read(psa, &contact.id).await?;
            let one_entry = given.other_value(&field, &claimed);
            let mut more = items(before.fields.get(&field));
            let room = if field == ContactField::AlternateEmails {
                room(claimed.alternate_emails)
            } else {
                usize::MAX
            };
            more.extend(items(Some(&one_entry)));
            more.truncate(room);
            let first: Vec<String> = more.iter().take(1).cloned().collect();
            for (what, wanted) in [("lengthen", more), ("shorten", first), ("empty", Vec::new())] {
                let wanted = FieldValue::List(wanted);
                update(psa, &contact.id, &one(&field, wanted.clone()), &format!("{what} `{field}`")).await?;
                let after = read(psa, &contact.id).await?;
                let is = after.fields.get(&field);
                ensure(is.is_some_and(|is| same_value(claimed.rule(&field).compare, is, &wanted)), || {
                    format!("`{field}` does not read back as written after it was made to {what}")
                })?;
                let others = before.fields.keys().filter(|other| **other != field);
                if let Some(other) = first_difference(&claimed, others, &before.fields, &after.fields) {
                    return fail(format!("to {what} `{field}` changed `{other}`"));
                }
            }
        }
        Ok(())
    })
    .await
}

fn items(value: Option<&FieldValue>) -> Vec<String> {
    match value {
        Some(FieldValue::List(items)) => items.clone(),
        Some(FieldValue::Text(text)) => vec![text.clone()],
        _ => Vec::new(),
    }
}

fn room(alternates: AlternateEmails) -> usize {
    alternates.room().map_or(usize::MAX, usize::from)
}
