//! The seam to agreement lines. It is apart from [`Psa`](crate::Psa), because quantities are money: they are planned,
//! approved and written by themselves.

use super::QuantityLine;
use crate::{
    error::Result,
    model::{CompanyId, LineId},
    traits::Page,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use futures_core::stream::BoxStream;
use std::{collections::BTreeSet, fmt};

/// The agreement lines of a PSA: additions of an agreement, services of a contract, lines of a recurring invoice.
///
/// Implementations translate and decide nothing. There is no method that adds, removes or prices a line.
#[async_trait]
pub trait Agreements: fmt::Debug + Send + Sync + 'static {
    /// The same name as the PSA's adapter has.
    fn name(&self) -> &str;

    /// Streams the lines of these companies that are in force or will be, then exactly one [`Page::End`]. No companies, no
    /// lines.
    ///
    /// # Errors
    /// As for any read; after an `Err` the stream ends. `Unsupported` where this instance keeps no lines.
    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>>;

    /// Sets the quantity of one line from a day on, and answers the line as stored.
    ///
    /// Reads the line first: where its quantity is not `from`, nothing is written. Where the vendor keeps no days, the
    /// quantity counts at once. Where the vendor takes a difference instead of a quantity, the call is sent at most once.
    ///
    /// # Errors
    /// `PreconditionFailed` (another quantity than `from`, or the PSA keeps it itself), `NotFound`, `Rejected`,
    /// `Unsupported` (this instance cannot write quantities; nothing was sent), `Indeterminate`, and as for any call.
    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        effective: NaiveDate,
    ) -> Result<QuantityLine>;
}

const _: fn(&dyn Agreements) = |_| {};
