//! Version tags.

use super::support::{capabilities, one, read, update};
use crate::{
    CaseResult, PsaGiven,
    outcome::{done, ensure, fail, refused, skip, verdict},
};
use sync_core::{ErrorKind, Psa, capability::Concurrency};

/// Where version tags are claimed, an update with the version of an earlier read is refused and writes nothing, and one
/// with the newest is done.
pub async fn stale_version_is_refused(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        if claimed.concurrency != Concurrency::VersionTag {
            return skip("version tags are not claimed");
        }
        let contact = given.fresh(psa, &claimed, true).await?;
        let Some((field, _)) = given.writable(&claimed).into_iter().next() else {
            return skip("this instance can write no field");
        };
        let stale = read(psa, &contact.id).await?.version;
        ensure(stale.is_some(), || "version tags are claimed, but a contact has none".to_owned())?;
        match &given.technician {
            Some(technician) => {
                if let Err(problem) = technician.edit(&contact.id, "Edited by hand").await {
                    return fail(format!("the technician could not edit the contact: {problem}"));
                }
            }
            None => {
                let edit = one(&field, given.other_value(&field, &claimed));
                update(psa, &contact.id, &edit, "change the contact").await?;
            }
        }
        let before = read(psa, &contact.id).await?;
        ensure(before.version != stale, || "the version did not change with the contact".to_owned())?;
        let fields = one(&field, given.other_value(&field, &claimed));
        let result = psa.update(&contact.id, &fields, stale.as_ref()).await;
        refused(result, &[ErrorKind::PreconditionFailed], "an update with a stale version")?;
        let after = read(psa, &contact.id).await?;
        ensure(before.fields == after.fields, || {
            "an update with a stale version was refused, but written".to_owned()
        })?;
        let result = psa.update(&contact.id, &fields, after.version.as_ref()).await;
        done(result, "an update with the newest version").map(|_| ())
    })
    .await
}
