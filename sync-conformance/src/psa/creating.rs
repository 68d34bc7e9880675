//! Creating contacts.

use super::support::{capabilities, left_a_trace, read};
use crate::{
    CaseResult, PsaGiven,
    outcome::{done, ensure, fail, refused, skip, verdict},
    same::{first_difference, same_value},
};
use sync_core::{
    ErrorKind, Psa,
    capability::ActiveStatus,
    model::{ContactField, FieldSet, FieldValue},
};

/// A contact created with every writable field reads back equal, under each field's own rule, in its company and active.
pub async fn create_reads_back(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let fields = given.new_fields(&claimed, true);
        if fields.is_empty() {
            return skip("this instance can write no field");
        }
        let answered = done(given.create(psa, &fields).await, "create a contact with every field")?;
        let stored = read(psa, &answered.id).await?;
        for (what, contact) in
            [("the answer of the create", &answered), ("the contact as read again", &stored)]
        {
            ensure(contact.company.as_ref() == Some(&given.company), || {
                format!("{what} is in another company")
            })?;
            ensure(claimed.active_status == ActiveStatus::Absent || contact.active() != Some(false), || {
                format!("{what} is inactive")
            })?;
            if let Some(field) = first_difference(&claimed, fields.keys(), &fields, &contact.fields) {
                return fail(format!("`{field}` in {what} is not what was written"));
            }
        }
        Ok(())
    })
    .await
}

/// A create without a required field is `Rejected`, and nothing is created.
pub async fn create_needs_its_required_fields(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let required: Vec<ContactField> =
            given.writable(&claimed).into_iter().filter(|(_, rule)| rule.required).map(|(f, _)| f).collect();
        if required.is_empty() {
            return skip("no field is required");
        }
        for field in required {
            for blank in [None, Some(FieldValue::Empty)] {
                let mut fields = given.new_fields(&claimed, false);
                fields.remove(&field);
                fields.extend(blank.map(|blank| (field.clone(), blank)));
                let what = format!("a create without `{field}`");
                refused(given.create(psa, &fields).await, &[ErrorKind::Rejected], &what)?;
                ensure(!left_a_trace(psa, given, &fields).await?, || {
                    format!("{what} was refused, but the contact is there")
                })?;
            }
        }
        Ok(())
    })
    .await
}

/// A create in a company that does not exist is refused, and nothing is created anywhere.
pub async fn create_in_an_unknown_company_is_refused(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let fields = given.new_fields(&claimed, false);
        if fields.is_empty() {
            return skip("this instance can write no field");
        }
        let created = psa.create(&given.unknown_company, &fields, "conformance-unknown-company").await;
        if let Ok(contact) = &created {
            given.remember(contact.id.clone());
        }
        let kinds = [ErrorKind::NotFound, ErrorKind::Rejected];
        refused(created, &kinds, "a create in a company that does not exist")?;
        ensure(!left_a_trace(psa, given, &fields).await?, || {
            "a create in a company that does not exist was refused, but the contact is in another one"
                .to_owned()
        })
    })
    .await
}

/// Where it is claimed, a create that is repeated with the same key gives the same contact.
pub async fn creates_with_one_key_make_one_contact(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        if !claimed.idempotent_create {
            return skip("idempotent_create is not claimed");
        }
        let fields: FieldSet = given.new_fields(&claimed, false);
        let mark = given.other_value(&ContactField::Email, &claimed);
        let key = format!("conformance-{}", mark.as_text().unwrap_or_default().replace('@', "-"));
        let first = done(psa.create(&given.company, &fields, &key).await, "create a contact")?;
        given.remember(first.id.clone());
        let second =
            done(psa.create(&given.company, &fields, &key).await, "create it again with the same key")?;
        given.remember(second.id.clone());
        ensure(first.id == second.id, || "the same key made two contacts".to_owned())?;
        let other =
            done(psa.create(&given.company, &fields, &format!("{key}-2")).await, "create with another key")?;
        given.remember(other.id.clone());
        ensure(other.id != first.id, || "another key made no contact of its own".to_owned())?;
        let same = |field: &ContactField| match (first.fields.get(field), second.fields.get(field)) {
            (Some(a), Some(b)) => same_value(claimed.rule(field).compare, a, b),
            (a, b) => a == b,
        };
        ensure(fields.keys().all(same), || "the repeated create changed the contact".to_owned())
    })
    .await
}
