//! Recording answers, beside others who do the same.

use super::{Review, Reviews};
use crate::{
    apply::Report,
    error::{Error, ErrorKind, Result},
    model::{ReviewId, TenantName},
    plan::Plan,
    store::ReviewStore,
};
use chrono::{DateTime, Utc};

/// Records an answer to a question.
///
/// # Errors
/// `PreconditionFailed` when the question was answered already in the same situation and otherwise, unless `replace` says
/// that the new answer takes its place, and when somebody else answered it at this very moment; and as for
/// [`ReviewStore::answer`].
pub async fn record(
    store: &dyn ReviewStore,
    tenant: &TenantName,
    review: &Review,
    replace: bool,
) -> Result<()> {
    let known = Reviews::stored(store.reviews(tenant).await?);
    let earlier = known.get(&review.id);
    // Where nobody asked there is no situation that could differ.
    let same = |earlier: &Review| earlier.asked == review.asked || !review.asked.is_asked();
    if let Some(earlier) = earlier
        && earlier.spent_at.is_none()
        && same(earlier)
    {
        let repeats =
            earlier.answer == review.answer && earlier.note == review.note && earlier.asked == review.asked;
        // An answer that a later one about the same subject overrules counts again from now.
        let stands = known.about(&review.subject).next().is_some_and(|last| last.id == review.id);
        if repeats && stands {
            return Ok(());
        }
        if !repeats && !replace {
            let message = format!(
                "review {} was answered with {} on {} already; say that yours takes its place, or leave it",
                review.id,
                earlier.answer.as_str(),
                earlier.at.format("%Y-%m-%d %H:%M UTC"),
            );
            return Err(Error::new(ErrorKind::PreconditionFailed, "record review", message));
        }
    }
    store.answer(tenant, review, earlier).await
}

/// Marks the answers whose approval a run used up. An answer that somebody changed meanwhile stays as it is.
///
/// # Errors
/// As for [`ReviewStore::answer`].
pub async fn spend(
    store: &dyn ReviewStore,
    tenant: &TenantName,
    plan: &Plan,
    report: &Report,
    at: DateTime<Utc>,
) -> Result<()> {
    if !plan.decisions.changes().any(|decision| decision.reason.code() == "reviewed") {
        return Ok(());
    }
    let known = Reviews::stored(store.reviews(tenant).await?);
    let done = known.done_in(plan, report);
    let after = known.clone().spent(&done, at);
    for id in &done {
        let Some(review) = after.get(id) else { continue };
        match store.answer(tenant, review, known.get(id)).await {
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
            other => other?,
        }
    }
    Ok(())
}

/// The refusal of an answer where another one is there than was seen; for stores.
#[must_use]
pub fn answered_meanwhile(id: &ReviewId) -> Error {
    let message = format!("somebody else answered review {id} at the same time; look at it again");
    Error::new(ErrorKind::PreconditionFailed, "answer review", message)
}
