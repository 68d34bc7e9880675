//! What the adapter says of itself, and what it must not say.

use super::support::capabilities;
use crate::{
    CaseResult, PsaGiven,
    outcome::{Outcome, done, ensure, refused, skip, verdict},
    secrets::{error_is_discreet, findings_are_fit, hides},
};
use sync_core::{
    CheckQuery, CheckStatus, Error, ErrorKind, Psa,
    capability::{Access, ActiveStatus, AnchorStorage, Capabilities, CustomFields},
    model::{ContactField, FieldSet, FieldValue},
};

/// The capabilities in force do not contradict one another, are the same when asked again, and are within the ceiling.
pub async fn capabilities_are_consistent(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let in_force = capabilities(psa).await?;
        let again = capabilities(psa).await?;
        ensure(in_force == again, || "two questions gave different capabilities".to_owned())?;
        coherent(&in_force)?;
        match &given.ceiling {
            Some(ceiling) => {
                ensure(in_force.within(ceiling), || "more is claimed than the ceiling allows".to_owned())
            }
            None => Ok(()),
        }
    })
    .await
}

fn coherent(claimed: &Capabilities) -> Outcome {
    let access = |field| claimed.rule(&field).access;
    let writes = |field| access(field) == Access::ReadWrite;
    ensure(claimed.active_status != ActiveStatus::Writable || writes(ContactField::Active), || {
        "active_status is writable, but the field `active` is not".to_owned()
    })?;
    ensure(
        claimed.active_status != ActiveStatus::Readable || access(ContactField::Active) >= Access::Read,
        || "active_status is readable, but the field `active` is not".to_owned(),
    )?;
    ensure(
        claimed.alternate_emails.room() == Some(0) || access(ContactField::AlternateEmails) >= Access::Read,
        || "there is room for alternate e-mails, but the field `alternate_emails` cannot be read".to_owned(),
    )?;
    let custom = matches!(claimed.custom_fields, CustomFields::Text { .. })
        || claimed.fields.iter().any(|(f, rule)| f.open_name().is_some() && rule.access == Access::ReadWrite);
    let stored = match claimed.anchor_storage {
        AnchorStorage::ExternalId => writes(ContactField::ExternalId),
        AnchorStorage::CustomField => custom,
        AnchorStorage::None | _ => true,
    };
    ensure(stored, || "anchor_storage names a place that cannot be written".to_owned())?;
    let required = claimed.fields.iter().find(|(_, rule)| rule.required && rule.access != Access::ReadWrite);
    ensure(required.is_none() || claimed.fields.values().all(|rule| rule.access != Access::ReadWrite), || {
        "a field is required and cannot be written".to_owned()
    })
}

/// The adapter's `Debug` and its name show none of the secrets given.
pub async fn debug_shows_no_secret(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        if given.secrets.is_empty() {
            return skip("no secret was given to look for");
        }
        // Some state is built with the first call.
        capabilities(psa).await?;
        hides(&given.secrets, psa.name(), "the name")?;
        hides(&given.secrets, &format!("{psa:?}"), "`Debug`")?;
        hides(&given.secrets, &format!("{psa:#?}"), "`Debug`")
    })
    .await
}

/// `check()` finds something, says so without secrets and addresses, and tells a company that exists from one that does not.
pub async fn check_says_how_things_stand(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let mut query = CheckQuery::default();
        query.companies.insert(given.company.clone());
        query.contact_custom_fields.clone_from(&given.custom_fields);
        query.contact_types = given.contact_types.iter().cloned().collect();
        let good = done(psa.check(&query).await, "check what exists")?;
        findings_are_fit(&given.secrets, &good)?;
        let bad = good.iter().find(|item| item.status >= CheckStatus::Missing);
        ensure(bad.is_none(), || {
            let subject = bad.map(|item| item.subject.as_str()).unwrap_or_default();
            format!("check() finds fault with `{subject}`, which works")
        })?;
        query.companies = [given.unknown_company.clone()].into();
        let unknown = done(psa.check(&query).await, "check a company that does not exist")?;
        findings_are_fit(&given.secrets, &unknown)?;
        ensure(unknown.iter().any(|item| item.status >= CheckStatus::Missing), || {
            "check() finds no fault with a company that does not exist".to_owned()
        })
    })
    .await
}

/// With credentials that the vendor refuses, a read says so and shows no secret.
pub async fn wrong_credentials_are_told(_psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let Some(wrong) = &given.wrong_credentials else {
            return skip("no adapter with wrong credentials was given");
        };
        let error = refused(
            wrong.contact(&given.unknown_contact).await,
            &[ErrorKind::Unauthenticated],
            "a read with wrong credentials",
        )?;
        error_is_discreet(&given.secrets, &error, "the error for wrong credentials")?;
        hides(&given.secrets, &format!("{wrong:?}"), "`Debug`")
    })
    .await
}

/// Errors name no address and no secret, though what was sent held addresses.
pub async fn errors_hold_no_personal_data(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let mut fields = given.new_fields(&claimed, true);
        let mut errors: Vec<Error> = Vec::new();
        let key = "conformance-errors";
        errors.extend(psa.contact(&given.unknown_contact).await.err());
        errors.extend(psa.update(&given.unknown_contact, &fields, None).await.err());
        errors.extend(psa.create(&given.unknown_company, &fields, key).await.err());
        let address = FieldValue::from("canary.person@contoso.example");
        for name in ContactField::KNOWN.iter().filter_map(|name| name.parse::<ContactField>().ok()) {
            if claimed.rule(&name).access != Access::ReadWrite {
                let alone = FieldSet::from([(name, address.clone())]);
                errors.extend(psa.update(&given.unknown_contact, &alone, None).await.err());
            }
        }
        // An address where none belongs, and one that is too long for its field.
        let place = fields.keys().find(|field| claimed.rule(field).max_len.is_some()).cloned();
        if let Some(field) = place {
            let long = format!("{}canary.person@contoso.example", "x".repeat(5000));
            fields.insert(field, FieldValue::Text(long));
            match psa.create(&given.company, &fields, key).await {
                Ok(contact) => given.remember(contact.id),
                Err(error) => errors.push(error),
            }
        }
        ensure(!errors.is_empty(), || "nothing that was wrong was refused".to_owned())?;
        errors.iter().try_for_each(|error| error_is_discreet(&given.secrets, error, "an error"))
    })
    .await
}
