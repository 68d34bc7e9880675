//! Reading lines.

use crate::{
    AgreementsGiven, CaseResult,
    outcome::{Outcome, done, ensure, fail, verdict},
};
use futures::StreamExt as _;
use std::collections::BTreeSet;
use sync_core::{
    Page,
    model::CompanyId,
    quantity::{Agreements, QuantityLine},
};

/// Every line of these companies; fails where the listing does not end exactly once.
pub(super) async fn lines(
    agreements: &dyn Agreements,
    companies: &BTreeSet<CompanyId>,
) -> Outcome<Vec<QuantityLine>> {
    let mut pages = agreements.lines(companies);
    let (mut lines, mut ends) = (Vec::new(), 0_u32);
    while let Some(page) = pages.next().await {
        match done(page, "list agreement lines")? {
            Page::Items(items) if ends == 0 => lines.extend(items),
            Page::End(_) => ends += 1,
            Page::Items(_) | _ => return fail("the listing goes on after its end"),
        }
    }
    ensure(ends == 1, || format!("the listing ended {ends} times"))?;
    Ok(lines)
}

/// A listing of lines is some pages and then exactly one end, and holds the line that was given, with a quantity.
pub async fn lines_listing_ends_once(agreements: &dyn Agreements, given: &AgreementsGiven) -> CaseResult {
    verdict(async {
        let lines = lines(agreements, &given.companies()).await?;
        let line = lines.iter().find(|line| line.id == given.line);
        let Some(line) = line else { return fail(format!("line {} is not listed", given.line)) };
        ensure(line.quantity.is_some(), || format!("line {} has no quantity", given.line))?;
        ensure(!line.dynamic, || format!("line {} is said to be kept by the PSA", given.line))
    })
    .await
}

/// Asked for no companies, an adapter lists no lines: nothing is not everything.
pub async fn no_companies_have_no_lines(agreements: &dyn Agreements, _given: &AgreementsGiven) -> CaseResult {
    verdict(async {
        let lines = lines(agreements, &BTreeSet::new()).await?;
        ensure(lines.is_empty(), || format!("{} lines were listed for no company", lines.len()))
    })
    .await
}

/// Every line names a company that was asked for.
pub async fn lines_are_of_the_companies_asked_for(
    agreements: &dyn Agreements,
    given: &AgreementsGiven,
) -> CaseResult {
    verdict(async {
        let companies = given.companies();
        let lines = lines(agreements, &companies).await?;
        match lines.iter().find(|line| !companies.contains(&line.company)) {
            Some(line) => fail(format!("line {} is of company {}", line.id, line.company)),
            None => Ok(()),
        }
    })
    .await
}

/// No two lines share an id: a rule names a line by it.
pub async fn line_ids_are_distinct(agreements: &dyn Agreements, given: &AgreementsGiven) -> CaseResult {
    verdict(async {
        let lines = lines(agreements, &given.companies()).await?;
        let mut seen = BTreeSet::new();
        match lines.iter().find(|line| !seen.insert(&line.id)) {
            Some(line) => fail(format!("line {} is listed twice", line.id)),
            None => Ok(()),
        }
    })
    .await
}
