//! Setting quantities.

use super::reading::lines;
use crate::{
    AgreementsGiven, CaseResult,
    outcome::{Outcome, done, ensure, fail, refused, skip, verdict},
};
use sync_core::{
    ErrorKind,
    capability::Access,
    model::LineId,
    quantity::{Agreements, QuantityLine},
};

async fn line(agreements: &dyn Agreements, given: &AgreementsGiven, id: &LineId) -> Outcome<QuantityLine> {
    let found = lines(agreements, &given.companies()).await?.into_iter().find(|line| line.id == *id);
    match found {
        Some(line) => Ok(line),
        None => fail(format!("line {id} is not listed")),
    }
}

async fn quantity(agreements: &dyn Agreements, given: &AgreementsGiven, id: &LineId) -> Outcome<u64> {
    match line(agreements, given, id).await?.quantity {
        Some(quantity) => Ok(quantity),
        None => fail(format!("line {id} has no quantity")),
    }
}

fn writable(given: &AgreementsGiven) -> Outcome {
    if given.access == Access::ReadWrite { Ok(()) } else { skip("quantities are not claimed to be writable") }
}

/// A quantity that is set is answered as stored, is listed, and nothing else of the line changes.
pub async fn a_quantity_is_set_and_reads_back(
    agreements: &dyn Agreements,
    given: &AgreementsGiven,
) -> CaseResult {
    verdict(async {
        writable(given)?;
        let before = line(agreements, given, &given.line).await?;
        let Some(from) = before.quantity else { return fail("the line has no quantity") };
        let to = from + 3;
        for (from, to) in [(from, to), (to, from)] {
            let stored = agreements.set_quantity(&given.line, from, to, given.effective).await;
            let stored = done(stored, "set a quantity")?;
            ensure(stored.quantity == Some(to), || "the answer does not hold what was set".to_owned())?;
            let now = quantity(agreements, given, &given.line).await?;
            ensure(now == to, || format!("{to} was set, and {now} is listed"))?;
        }
        let after = line(agreements, given, &given.line).await?;
        ensure(before == after, || "setting a quantity changed something else of the line".to_owned())
    })
    .await
}

/// Where the line has another quantity than the caller saw, nothing is written.
pub async fn a_stale_quantity_is_refused(agreements: &dyn Agreements, given: &AgreementsGiven) -> CaseResult {
    verdict(async {
        writable(given)?;
        let before = quantity(agreements, given, &given.line).await?;
        let result = agreements.set_quantity(&given.line, before + 1, before + 2, given.effective).await;
        refused(result, &[ErrorKind::PreconditionFailed], "setting a quantity that moved")?;
        let after = quantity(agreements, given, &given.line).await?;
        ensure(before == after, || "it was refused, but written".to_owned())
    })
    .await
}

/// A line that exists nowhere is `NotFound`.
pub async fn an_unknown_line_is_not_found(
    agreements: &dyn Agreements,
    given: &AgreementsGiven,
) -> CaseResult {
    verdict(async {
        writable(given)?;
        let result = agreements.set_quantity(&given.unknown, 1, 2, given.effective).await;
        refused(result, &[ErrorKind::NotFound], "setting a line that does not exist").map(drop)
    })
    .await
}

/// A line that the PSA counts itself is listed as such and is not set.
pub async fn lines_kept_by_the_psa_are_not_set(
    agreements: &dyn Agreements,
    given: &AgreementsGiven,
) -> CaseResult {
    verdict(async {
        writable(given)?;
        let Some(dynamic) = &given.dynamic else { return skip("no line that the PSA keeps was given") };
        let before = line(agreements, given, dynamic).await?;
        ensure(before.dynamic, || format!("line {dynamic} is not said to be kept by the PSA"))?;
        let from = before.quantity.unwrap_or(0);
        let result = agreements.set_quantity(dynamic, from, from + 1, given.effective).await;
        refused(result, &[ErrorKind::PreconditionFailed], "setting a line that the PSA keeps")?;
        let after = line(agreements, given, dynamic).await?;
        ensure(before == after, || "it was refused, but written".to_owned())
    })
    .await
}

/// Where quantities are not claimed to be writable, setting one is `Unsupported` and changes nothing.
pub async fn setting_without_access_is_unsupported(
    agreements: &dyn Agreements,
    given: &AgreementsGiven,
) -> CaseResult {
    verdict(async {
        if given.access == Access::ReadWrite {
            return skip("quantities are claimed to be writable");
        }
        let before = quantity(agreements, given, &given.line).await?;
        let result = agreements.set_quantity(&given.line, before, before + 1, given.effective).await;
        refused(result, &[ErrorKind::Unsupported], "setting a quantity that cannot be set")?;
        let after = quantity(agreements, given, &given.line).await?;
        ensure(before == after, || "it was refused, but written".to_owned())
    })
    .await
}
