//! Where answers are kept.

use super::{Review, Reviews};
use crate::{
    error::{Error, ErrorKind, Result},
    model::TenantName,
};
use async_trait::async_trait;
use std::fmt;

/// Where the answers of people are kept, by tenant.
#[async_trait]
pub trait ReviewStore: fmt::Debug + Send + Sync + 'static {
    /// Every answer about a tenant; an unknown tenant has none, at generation 0.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read, `UnexpectedResponse` when it holds something else.
    async fn reviews(&self, tenant: &TenantName) -> Result<Reviews>;

    /// Puts answers in the place of those of generation `expected`, durably and all or nothing, and answers the new
    /// generation.
    ///
    /// # Errors
    /// `PreconditionFailed` when somebody else changed them first; `Unavailable` when the store cannot be written.
    async fn replace_reviews(&self, tenant: &TenantName, expected: u64, reviews: &Reviews) -> Result<u64>;
}

const _: fn(&dyn ReviewStore) = |_| {};

/// How often an answer is tried again because somebody answered another question meanwhile.
const TRIES: usize = 5;

/// Records an answer. Somebody who answers another question at the same time is no hindrance.
///
/// # Errors
/// `PreconditionFailed` when the question was answered already and otherwise, unless `replace` says that the new answer
/// takes its place; and as for [`ReviewStore::replace_reviews`].
pub async fn record(
    store: &dyn ReviewStore,
    tenant: &TenantName,
    review: &Review,
    replace: bool,
) -> Result<()> {
    const OPERATION: &str = "record review";
    for _ in 0..TRIES {
        let known = store.reviews(tenant).await?;
        let earlier = known.get(&review.id).filter(|earlier| earlier.spent_at.is_none());
        if let Some(earlier) = earlier
            && earlier.asked == review.asked
        {
            if earlier.answer == review.answer && earlier.note == review.note {
                return Ok(());
            }
            if !replace {
                let message = format!(
                    "review {} was answered with {} on {} already; say that yours takes its place, or leave it",
                    review.id,
                    earlier.answer.as_str(),
                    earlier.at.format("%Y-%m-%d %H:%M UTC"),
                );
                return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
            }
        }
        let generation = known.generation();
        match store.replace_reviews(tenant, generation, &known.with(review.clone())).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::PreconditionFailed => {}
            Err(error) => return Err(error),
        }
    }
    let message = "others keep answering at the same time; nothing was recorded, try again";
    Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message))
}
