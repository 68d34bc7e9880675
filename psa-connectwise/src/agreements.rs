//! Agreement lines: the additions of a company's agreements.
//!
//! A line's id is `<agreement>/<addition>`, because an addition is reached through its agreement only.

use crate::{
    adapter::ConnectWise,
    client::{company_id, numeric},
    listing::{Listing, all, pages},
    wire,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use futures::{
    future::try_join,
    stream::{BoxStream, StreamExt as _, TryStreamExt as _},
};
use std::collections::BTreeSet;
use sync_core::{
    Error, ErrorKind, Page, PageEnd, Result,
    model::{CompanyId, LineId},
    quantity::{Agreements, QuantityLine},
};

/// How many companies are named in one condition: the vendor recommends addresses of at most 2,000 characters.
const COMPANIES_PER_CONDITION: usize = 100;

/// How many agreements' additions are asked for at once; the client's own limit stays above.
const AT_ONCE: usize = 4;

const LIST: &str = "list agreement lines";
const SET: &str = "set quantity";

/// A page of lines; `None` is the end.
type Lines = Option<Vec<QuantityLine>>;

#[async_trait]
impl Agreements for ConnectWise {
    fn name(&self) -> &'static str {
        "connectwise"
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        let start = async move {
            let listings = agreements(companies)?;
            let pages = pages(&self.client, listings).and_then(move |page| self.with_additions(page));
            Ok(pages.map_ok(|lines: Lines| match lines {
                Some(lines) => Page::Items(lines),
                None => Page::End(PageEnd::new()),
            }))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        _effective: NaiveDate,
    ) -> Result<QuantityLine> {
        let (agreement, addition) = place(line)?;
        let (of, before) =
            try_join(self.client.agreement(agreement, SET), self.client.addition(agreement, addition, SET))
                .await?;
        if whole(before.quantity) != Some(from) {
            let message =
                format!("line {line} does not have a quantity of {from} any more; nothing was written");
            return Err(Error::new(ErrorKind::PreconditionFailed, SET, message));
        }
        let stored = if from == to {
            before
        } else {
            self.client.set_addition_quantity(agreement, addition, to).await?
        };
        neutral(&of, &stored).ok_or_else(|| {
            Error::new(
                ErrorKind::UnexpectedResponse,
                SET,
                format!("the agreement of line {line} has no company"),
            )
        })
    }
}

impl ConnectWise {
    /// The additions of a page of agreements, one listing for each.
    async fn with_additions(&self, page: Option<Vec<wire::Agreement>>) -> Result<Lines> {
        let Some(agreements) = page else { return Ok(None) };
        let additions =
            agreements.into_iter().filter(|a| a.cancelled_flag != Some(true)).map(|agreement| async move {
                let listing = Listing {
                    path: "/finance/agreements/{}/additions",
                    of: Some(agreement.id),
                    operation: LIST,
                    fields: None,
                    conditions: None,
                };
                let rows: Vec<wire::Addition> = all(&self.client, listing).await?;
                Ok::<_, Error>(rows.iter().filter_map(|row| neutral(&agreement, row)).collect::<Vec<_>>())
            });
        let lines: Vec<Vec<QuantityLine>> =
            futures::stream::iter(additions).buffered(AT_ONCE).try_collect().await?;
        Ok(Some(lines.into_iter().flatten().collect()))
    }
}

/// The listings of these companies' agreements.
fn agreements(companies: &BTreeSet<CompanyId>) -> Result<Vec<Listing>> {
    let mut ids = companies.iter().map(|id| company_id(id, LIST)).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    let listings = ids.chunks(COMPANIES_PER_CONDITION).map(|ids| {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        Listing {
            path: "/finance/agreements",
            of: None,
            operation: LIST,
            fields: Some(wire::AGREEMENT_FIELDS),
            conditions: Some(format!("company/id in ({})", ids.join(","))),
        }
    });
    Ok(listings.collect())
}

/// An addition as a line; `None` where its agreement names no company.
fn neutral(agreement: &wire::Agreement, addition: &wire::Addition) -> Option<QuantityLine> {
    let company = agreement.company.as_ref()?.id?;
    let id = LineId::new(format!("{}/{}", agreement.id, addition.id));
    let agreement_ends =
        agreement.end_date.as_deref().filter(|_| agreement.no_ending_date_flag != Some(true)).and_then(day);
    let ends = [agreement_ends, addition.cancelled_date.as_deref().and_then(day)].into_iter().flatten().min();
    let product = addition.product.as_ref().and_then(|product| product.identifier.clone());
    let line =
        QuantityLine::new(id, CompanyId::new(company.to_string()), whole(addition.quantity)).until(ends);
    Some(match product.or_else(|| addition.description.clone()) {
        Some(product) => line.of_product(product),
        None => line,
    })
}

/// The agreement and the addition of a line.
fn place(line: &LineId) -> Result<(i64, i64)> {
    line.as_str()
        .split_once('/')
        .and_then(|(agreement, addition)| Some((numeric(agreement)?, numeric(addition)?)))
        .ok_or_else(|| {
            let message = "a ConnectWise line id is `<agreement>/<addition>`; there is no such line";
            Error::new(ErrorKind::NotFound, SET, message)
        })
}

/// A whole number of units; parts of a unit are no count of people.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "checked to be whole and within the exact range"
)]
fn whole(quantity: Option<f64>) -> Option<u64> {
    const MOST: f64 = (1_u64 << 53) as f64;
    quantity.filter(|q| q.fract() == 0.0 && (0.0..MOST).contains(q)).map(|q| q as u64)
}

/// The day of a `yyyy-MM-ddTHH:mm:ssZ`.
fn day(moment: &str) -> Option<NaiveDate> {
    moment.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_quantities_are_known() {
        for (quantity, known) in [
            (Some(12.0), Some(12)),
            (Some(0.0), Some(0)),
            (Some(2.5), None),
            (Some(-1.0), None),
            (None, None),
        ] {
            assert_eq!(whole(quantity), known, "{quantity:?}");
        }
        assert_eq!(whole(Some(1e300)), None);
        assert_eq!(whole(Some(f64::NAN)), None);
    }

    #[test]
    fn a_line_ends_with_its_agreement_or_before_and_is_named_by_both() {
        let agreement: wire::Agreement = serde_json::from_value(serde_json::json!({
            "id": 700, "company": {"id": 100}, "endDate": "2026-12-31T00:00:00Z", "noEndingDateFlag": false
        }))
        .unwrap();
        let addition = |cancelled: Option<&str>| -> wire::Addition {
            serde_json::from_value(serde_json::json!({
                "id": 800, "product": {"identifier": "M365-BP"}, "quantity": 10, "cancelledDate": cancelled
            }))
            .unwrap()
        };
        let line = neutral(&agreement, &addition(None)).unwrap();
        assert_eq!((line.id.as_str(), line.quantity), ("700/800", Some(10)));
        assert_eq!(line.product.as_deref(), Some("M365-BP"));
        assert_eq!(line.ends, "2026-12-31".parse().ok());
        let earlier = neutral(&agreement, &addition(Some("2026-06-30T00:00:00Z"))).unwrap();
        assert_eq!(earlier.ends, "2026-06-30".parse().ok());
        let endless = wire::Agreement { no_ending_date_flag: Some(true), ..agreement.clone() };
        assert_eq!(neutral(&endless, &addition(None)).unwrap().ends, None);
        let nobodys = wire::Agreement { company: None, ..agreement };
        assert!(neutral(&nobodys, &addition(None)).is_none());
    }

    #[test]
    fn a_line_id_of_another_form_is_that_of_no_line() {
        for id in ["", "800", "700/", "a/b", "700/800/9", "700/-8"] {
            assert_eq!(place(&LineId::new(id)).unwrap_err().kind(), ErrorKind::NotFound, "{id}");
        }
        assert_eq!(place(&LineId::new("700/800")).unwrap(), (700, 800));
    }
}
