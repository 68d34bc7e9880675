//! Services in contracts, to be looked at. No route of API v2 tells their units or changes them: a second line is all
//! that a POST is known to make, so nothing is written.

use crate::{
    adapter::KaseyaBms,
    client::{Call, account_id},
    listing::{self, PAGE_SIZE, numbered},
    wire,
};
use async_trait::async_trait;
use chrono::{NaiveDate, NaiveDateTime};
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use serde_json::json;
use std::collections::BTreeSet;
use sync_core::{
    Error, ErrorKind, Page, PageEnd, Result,
    model::{CompanyId, LineId},
    quantity::{Agreements, QuantityLine},
};
use sync_http::{Idempotency, Method};

const LIST: &str = "list agreement lines";

#[async_trait]
impl Agreements for KaseyaBms {
    fn name(&self) -> &'static str {
        "kaseyabms"
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        let start = async move {
            let accounts: BTreeSet<i64> =
                companies.iter().map(|id| account_id(id, LIST)).collect::<Result<_>>()?;
            // No companies, no lines, and no calls.
            let services = if accounts.is_empty() { Vec::new() } else { self.services().await? };
            let pages =
                futures::stream::iter(services.into_iter().map(Ok::<_, Error>)).and_then(move |service| {
                    let accounts = accounts.clone();
                    async move {
                        let rows = self.related(service.id).await?;
                        let lines = rows.iter().filter_map(|row| line(row, &accounts)).collect();
                        Ok(Page::Items(lines))
                    }
                });
            Ok(pages.chain(futures::stream::iter([Ok(Page::End(PageEnd::new()))])))
        };
        // Nothing comes after an error, the end least of all.
        let pages = futures::stream::once(start).try_flatten();
        pages
            .scan(false, |failed, page| {
                let over = std::mem::replace(failed, page.is_err());
                futures::future::ready((!over).then_some(page))
            })
            .boxed()
    }

    async fn set_quantity(
        &self,
        _line: &LineId,
        _from: u64,
        _to: u64,
        _effective: NaiveDate,
    ) -> Result<QuantityLine> {
        let message =
            "API v2 cannot change the units of a service in a contract; change them in BMS. Nothing was sent";
        Err(Error::new(ErrorKind::Unsupported, "set quantity", message))
    }
}

impl KaseyaBms {
    async fn services(&self) -> Result<Vec<wire::Service>> {
        let call = Call::get("/v2/admin/finance/services/lookup", LIST);
        listing::whole(&self.client, LIST, |page| numbered(&call, page)).await
    }

    /// Where a service is in a contract.
    async fn related(&self, service: i64) -> Result<Vec<wire::RelatedService>> {
        let path = "/v2/admin/finance/services/{}/relatedservices/search";
        listing::whole(&self.client, LIST, |page| {
            Call::new(Method::Post, path, Idempotency::Read, LIST)
                .segment(service)
                .json(&json!({ "PageSize": PAGE_SIZE, "PageNumber": page }))
        })
        .await
    }
}

fn line(row: &wire::RelatedService, accounts: &BTreeSet<i64>) -> Option<QuantityLine> {
    let account = row.account_id.filter(|account| accounts.contains(account))?;
    let company = CompanyId::new(account.to_string());
    let ends = row.contract_end_date.as_deref().and_then(day);
    let line = QuantityLine::new(LineId::new(row.id.to_string()), company, None).until(ends);
    Some(line.of_product(row.service_name.clone().unwrap_or_default()))
}

/// The day of a moment that carries no offset.
fn day(text: &str) -> Option<NaiveDate> {
    let day = text.get(..10)?;
    let moment = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S%.f");
    moment.map(|moment| moment.date()).ok().or_else(|| day.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_from_every_form_of_a_date() {
        let expected = NaiveDate::from_ymd_opt(2026, 12, 31);
        for text in ["2026-12-31T00:00:00", "2026-12-31T00:00:00.123", "2026-12-31T00:00:00Z", "2026-12-31"] {
            assert_eq!(day(text), expected, "{text}");
        }
        assert_eq!((day("soon"), day("")), (None, None));
    }
}
