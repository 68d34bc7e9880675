//! What the adapter says of itself, and what it must not say.

use super::listing::read;
use crate::{
    CaseResult, DirectoryGiven,
    outcome::{Stop, done, ensure, fail, skip, verdict},
    secrets::{error_is_discreet, findings_are_fit, hides},
};
use futures::StreamExt as _;
use sync_core::{CheckQuery, CheckStatus, Directory, ErrorKind, UserQuery};

/// The adapter's `Debug` and its name show none of the secrets given, before and after a read.
pub async fn debug_shows_no_secret(directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        if given.secrets.is_empty() {
            return skip("no secret was given to look for");
        }
        hides(&given.secrets, directory.name(), "the name")?;
        hides(&given.secrets, &format!("{directory:?}"), "`Debug`")?;
        read(directory, &UserQuery::all()).await?;
        hides(&given.secrets, &format!("{directory:#?}"), "`Debug` after a read")
    })
    .await
}

/// `check()` finds something, says so without secrets and addresses, and finds no fault with what works.
pub async fn check_says_how_things_stand(directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let mut query = CheckQuery::default();
        query.groups.extend(given.group.clone());
        let findings = done(directory.check(&query).await, "check")?;
        findings_are_fit(&given.secrets, &findings)?;
        let failed = findings.iter().find(|item| item.status == CheckStatus::Failed);
        ensure(failed.is_none(), || {
            let subject = failed.map(|item| item.subject.as_str()).unwrap_or_default();
            format!("check() says that `{subject}` keeps everything from working, but users can be read")
        })
    })
    .await
}

/// With credentials that the directory refuses, a listing fails with `Unauthenticated` and shows no secret.
pub async fn wrong_credentials_are_told(_directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let Some(wrong) = &given.wrong_credentials else {
            return skip("no adapter with wrong credentials was given");
        };
        let query = UserQuery::all();
        let mut pages = wrong.users(&query);
        let first = pages.next().await.ok_or_else(|| {
            Stop::Fail("a listing with wrong credentials is empty instead of an error".to_owned())
        })?;
        let Err(error) = first else { return fail("a listing with wrong credentials gives a page") };
        ensure(error.kind() == ErrorKind::Unauthenticated, || {
            format!("a listing with wrong credentials is `{}`, not `unauthenticated`", error.kind())
        })?;
        ensure(pages.next().await.is_none(), || "the listing goes on after its error".to_owned())?;
        error_is_discreet(&given.secrets, &error, "the error for wrong credentials")?;
        hides(&given.secrets, &format!("{wrong:?}"), "`Debug`")
    })
    .await
}
