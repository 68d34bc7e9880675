//! Lines of recurring invoices as agreement lines.

use crate::{
    adapter::{Syncro, neutral_pages},
    client::{company_id, line_id},
    listing::{Listing, pages},
    wire,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use sync_core::{
    Error, ErrorKind, Page, Psa, Result,
    model::{CompanyId, LineId},
    quantity::{Agreements, QuantityLine},
};

const SET: &str = "set quantity";

#[async_trait]
impl Agreements for Syncro {
    fn name(&self) -> &str {
        Psa::name(self)
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        let start = async move {
            let listings = companies.iter().map(listing).collect::<Result<Vec<_>>>()?;
            Ok(neutral_pages(pages::<wire::Schedules>(&self.client, listings), |schedules| {
                translate(&schedules)
            }))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    /// Sets the quantity of one line. Syncro keeps no days: it counts at the next invoice, so `effective` has no effect.
    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        _effective: NaiveDate,
    ) -> Result<QuantityLine> {
        let (schedule_id, number) = line_id(line.as_str(), SET)?;
        let schedule = self.client.schedule(schedule_id).await?;
        let Some(before) = schedule.lines.iter().flatten().find(|line| line.id == number) else {
            let message = format!("recurring invoice {schedule_id} has no line {number} any more");
            return Err(Error::new(ErrorKind::NotFound, SET, message));
        };
        let refused = |message: &str| {
            Err(Error::new(ErrorKind::PreconditionFailed, SET, format!("line {line}: {message}")))
        };
        if is_dynamic(before) {
            return refused("Syncro counts its quantity itself");
        }
        if whole(before.quantity.as_ref()) != Some(from) {
            return refused("its quantity is not the one that the plan was made from");
        }
        let stored = self.client.update_line(schedule_id, number, &body(before, to)).await?;
        let kept = stored.retail_cents == before.retail_cents
            && stored.taxable == before.taxable
            && !is_dynamic(&stored);
        if whole(stored.quantity.as_ref()) != Some(to) || !kept {
            let message = format!(
                "line {line} was written, but the answer shows something else than was asked; look at it in Syncro"
            );
            return Err(Error::new(ErrorKind::Indeterminate, SET, message));
        }
        Ok(neutral(schedule.id, schedule.customer_id, &stored))
    }
}

fn listing(company: &CompanyId) -> Result<Listing> {
    let company = company_id(company, "list recurring invoices")?;
    Ok(Listing {
        path: "/schedules",
        operation: "list recurring invoices",
        query: vec![("customer_id", company.to_string())],
        // Most companies have no recurring invoice, so nothing is concluded from that.
        company: None,
    })
}

fn translate(schedules: &[wire::Schedule]) -> Vec<QuantityLine> {
    let lines = schedules.iter().flat_map(|schedule| {
        let lines = schedule.lines.iter().flatten().filter(|line| line.one_time_charge != Some(true));
        lines.map(|line| neutral(schedule.id, schedule.customer_id, line))
    });
    lines.collect()
}

fn neutral(schedule: i64, customer: Option<i64>, line: &wire::Line) -> QuantityLine {
    let company = CompanyId::new(customer.map(|id| id.to_string()).unwrap_or_default());
    QuantityLine::new(LineId::new(format!("{schedule}/{}", line.id)), company, whole(line.quantity.as_ref()))
        .of_product(line.name.as_deref().unwrap_or_default())
        .kept_by_psa(is_dynamic(line))
}

/// Whether Syncro counts the quantity: devices, contacts with a custom field's answer, a saved search.
fn is_dynamic(line: &wire::Line) -> bool {
    let sources = [
        line.recurring_type_id,
        line.asset_type_id,
        line.contact_field_type_id,
        line.contact_field_answer_id,
        line.saved_asset_search_id,
    ];
    sources.iter().any(Option::is_some)
}

/// A quantity, which Syncro shows as a decimal text, where it is a whole number.
fn whole(quantity: Option<&Value>) -> Option<u64> {
    let text = match quantity? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let (number, fraction) = text.split_once('.').unwrap_or((&text, ""));
    fraction.bytes().all(|digit| digit == b'0').then(|| number.parse().ok()).flatten()
}

/// The body that sets a quantity. Syncro requires the name; the flags go along as they are, because flags that are left out
/// were seen to be reset elsewhere.
fn body(line: &wire::Line, quantity: u64) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("quantity".into(), quantity.into());
    body.insert("name".into(), line.name.clone().unwrap_or_default().into());
    for (name, flag) in [("taxable", line.taxable), ("one_time_charge", line.one_time_charge)] {
        if let Some(flag) = flag {
            body.insert(name.into(), flag.into());
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_quantity_is_a_whole_number_or_none() {
        for (value, number) in [
            (json!("10.0"), Some(10)),
            (json!("10"), Some(10)),
            (json!("0.00"), Some(0)),
            (json!(7), Some(7)),
            (json!(7.0), Some(7)),
            (json!("9.99"), None),
            (json!("-1.0"), None),
            (json!("many"), None),
            (json!(null), None),
        ] {
            assert_eq!(whole(Some(&value)), number, "{value}");
        }
        assert_eq!(whole(None), None);
    }
}
