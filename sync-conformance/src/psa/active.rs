//! The active status.

use super::support::{capabilities, contacts, left_a_trace, one, read, update};
use crate::{
    CaseResult, PsaGiven,
    outcome::{ensure, fail, refused, skip, verdict},
    same::first_difference,
};
use sync_core::{
    ErrorKind, Psa,
    capability::ActiveStatus,
    model::{ContactField, FieldValue},
};

/// A contact can be made inactive and active again, and nothing else of it changes; where that is not claimed, it is
/// `Unsupported` and nothing is written.
pub async fn deactivating_and_reactivating(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let contact = given.fresh(psa, &claimed, true).await?;
        let before = read(psa, &contact.id).await?;
        let flag = |active| one(&ContactField::Active, FieldValue::Flag(active));
        if claimed.active_status != ActiveStatus::Writable {
            let result = psa.update(&contact.id, &flag(false), None).await;
            refused(result, &[ErrorKind::Unsupported], "deactivate, which is not claimed")?;
            let mut fields = given.new_fields(&claimed, false);
            fields.extend(flag(false));
            let result = given.create(psa, &fields).await;
            refused(result, &[ErrorKind::Unsupported], "create an inactive contact, which is not claimed")?;
            ensure(!left_a_trace(psa, given, &fields).await?, || {
                "a refused create left a contact".to_owned()
            })?;
            let after = read(psa, &contact.id).await?;
            return ensure(before.fields == after.fields, || {
                "a refused update changed the contact".to_owned()
            });
        }
        for (active, what) in [(false, "deactivate"), (false, "deactivate again"), (true, "reactivate")] {
            let answered = update(psa, &contact.id, &flag(active), what).await?;
            let after = read(psa, &contact.id).await?;
            ensure(answered.active() == Some(active) && after.active() == Some(active), || {
                format!("{what}: the active status does not read back as written")
            })?;
            let others = before.fields.keys().filter(|field| **field != ContactField::Active);
            if let Some(field) = first_difference(&claimed, others, &before.fields, &after.fields) {
                return fail(format!("{what}: `{field}` changed as well"));
            }
        }
        Ok(())
    })
    .await
}

/// Listings hold inactive contacts, marked as such: one that is not read may be created a second time.
pub async fn inactive_contacts_are_listed(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        if claimed.active_status != ActiveStatus::Writable {
            return skip("the active status cannot be written");
        }
        let contact = given.fresh(psa, &claimed, false).await?;
        let inactive = one(&ContactField::Active, FieldValue::Flag(false));
        update(psa, &contact.id, &inactive, "deactivate").await?;
        let listed = contacts(psa, &given.query(), "list the company's contacts").await?;
        match listed.iter().find(|listed| listed.id == contact.id) {
            None => fail("an inactive contact is missing from the listing"),
            Some(listed) => ensure(listed.active() == Some(false), || {
                "an inactive contact is not listed as inactive".to_owned()
            }),
        }
    })
    .await
}
