//! Units of contract services: agreement lines in neutral words.
//!
//! A line is a contract service. Its units are kept by period and changed by a difference that takes effect on a day, so a
//! change that is sent twice counts twice: it is sent once, after the units were read, one line at a time.

use crate::{
    client::{Client, company_id, condition, line_id},
    link::Entity,
    listing::{Listing, all},
    lookups::unless_closed,
    wire::Record,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use futures::stream::{BoxStream, StreamExt as _};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    Error, ErrorKind, Page, PageEnd, Result,
    model::{CompanyId, LineId},
    quantity::QuantityLine,
};

const LIST: &str = "list agreement lines";
const SET: &str = "set quantity";

/// The lines of contracts of these companies that are in force today or later.
pub(crate) fn lines<'a>(
    client: &'a Client,
    companies: &'a BTreeSet<CompanyId>,
) -> BoxStream<'a, Result<Page<QuantityLine>>> {
    let read = async move { read_lines(client, companies).await };
    futures::stream::once(read)
        .flat_map(|read| {
            let pages = match read {
                Ok(lines) => vec![Ok(Page::Items(lines)), Ok(Page::End(PageEnd::new()))],
                Err(error) => vec![Err(error)],
            };
            futures::stream::iter(pages)
        })
        .boxed()
}

async fn read_lines(client: &Client, companies: &BTreeSet<CompanyId>) -> Result<Vec<QuantityLine>> {
    let ids = companies.iter().map(|id| company_id(id, LIST)).collect::<Result<Vec<_>>>()?;
    let today = client.today();
    let rows = all(client, Listing::with(Entity::Contracts, LIST, "companyID", &ids)).await?;
    let in_force = |row: &Record| {
        row.number("status") != Some(0) && day(row, "endDate").is_none_or(|ends| ends >= today)
    };
    let contracts: BTreeMap<i64, Record> =
        rows.into_iter().filter(in_force).filter_map(|row| Some((row.id()?, row))).collect();
    let of: Vec<i64> = contracts.keys().copied().collect();
    let services = all(client, Listing::with(Entity::ContractServices, LIST, "contractID", &of)).await?;
    let kinds: BTreeSet<i64> = services.iter().filter_map(|row| row.number("serviceID")).collect();
    let kinds: Vec<i64> = kinds.into_iter().collect();
    let named = unless_closed(all(client, Listing::with(Entity::Services, LIST, "id", &kinds)).await)?;
    let names: BTreeMap<i64, String> =
        named.unwrap_or_default().iter().filter_map(|row| Some((row.id()?, row.text("name")?))).collect();
    let of: Vec<i64> = services.iter().filter_map(Record::id).collect();
    let mut listing = Listing::with(Entity::ContractServiceUnits, LIST, "contractServiceID", &of);
    for filter in &mut listing.filters {
        filter.push(condition("gte", "endDate", today.to_string()));
    }
    let units = all(client, listing).await?;
    let line = |row: &Record| {
        let contract = contracts.get(&row.number("contractID")?)?;
        let product = row.number("serviceID").and_then(|id| names.get(&id).cloned());
        let id = row.id()?;
        let of: Vec<&Record> =
            units.iter().filter(|unit| unit.number("contractServiceID") == Some(id)).collect();
        line(row, contract, product, units_on(&of, today))
    };
    Ok(services.iter().filter_map(line).collect())
}

fn line(
    row: &Record,
    contract: &Record,
    product: Option<String>,
    units: Option<u64>,
) -> Option<QuantityLine> {
    let company = CompanyId::new(contract.number("companyID")?.to_string());
    let line = QuantityLine::new(LineId::new(row.id()?.to_string()), company, units);
    let product = product.or_else(|| row.text("invoiceDescription")).unwrap_or_default();
    Some(line.of_product(product).until(day(contract, "endDate")))
}

/// The units of the period that a day is in; before all of them, those of the first.
fn units_on(periods: &[&Record], on: NaiveDate) -> Option<u64> {
    let starts = |row: &&&Record| day(row, "startDate");
    let holds = |row: &&&Record| {
        starts(row).is_some_and(|starts| starts <= on) && day(row, "endDate").is_none_or(|ends| ends >= on)
    };
    let mut now = periods.iter().filter(holds);
    let found = match (now.next(), now.next()) {
        (Some(one), None) => Some(one),
        // Two at once: there is no telling.
        (Some(_), Some(_)) => None,
        (None, _) => periods.iter().filter(|row| starts(row).is_some_and(|s| s > on)).min_by_key(starts),
    };
    found.and_then(|row| u64::try_from(row.number("units")?).ok())
}

/// The day of a moment, with or without zone and fractions.
fn day(row: &Record, field: &str) -> Option<NaiveDate> {
    let text = row.text(field)?;
    let zoned = DateTime::parse_from_rfc3339(&text).ok().map(|moment| moment.naive_utc().date());
    let plain =
        || NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|moment| moment.date());
    zoned.or_else(plain).or_else(|| text.parse().ok())
}

/// Sets the units of a line from a day on, if they are still what they were.
pub(crate) async fn set(
    client: &Client,
    line_of: &LineId,
    from: u64,
    to: u64,
    effective: NaiveDate,
) -> Result<QuantityLine> {
    let id = line_id(line_of, SET)?;
    let missing = || Error::new(ErrorKind::NotFound, SET, format!("Autotask has no contract service {id}"));
    let row = client.get(Entity::ContractServices, id, SET).await?.ok_or_else(missing)?;
    let contract = row.number("contractID").ok_or_else(missing)?;
    let contract = client.get(Entity::Contracts, contract, SET).await?.ok_or_else(missing)?;
    let product = match row.number("serviceID") {
        Some(service) => unless_closed(client.get(Entity::Services, service, SET).await)?.flatten(),
        None => None,
    };
    let product = product.and_then(|service| service.text("name"));
    let now = units(client, id, effective).await?;
    if now != Some(from) {
        let message = format!("contract service {id} does not have {from} units on {effective}; plan again");
        return Err(Error::new(ErrorKind::PreconditionFailed, SET, message));
    }
    let (Ok(before), Ok(after)) = (i64::try_from(from), i64::try_from(to)) else {
        return Err(Error::new(ErrorKind::Rejected, SET, "a quantity is larger than Autotask takes"));
    };
    let mut stored = now;
    if before != after {
        let body = json!({
            "contractServiceID": id, "unitChange": after - before, "effectiveDate": format!("{effective}T00:00:00Z"),
        });
        client.adjust(&body).await?;
        // The change is acknowledged: what a read after it cannot tell is taken as set.
        stored = units(client, id, effective).await.unwrap_or(Some(to));
        if stored != Some(to) {
            tracing::warn!(
                line = id,
                "the units are not what was set: somebody else changed them at the same time"
            );
        }
    }
    line(&row, &contract, product, stored).ok_or_else(missing)
}

async fn units(client: &Client, line: i64, on: NaiveDate) -> Result<Option<u64>> {
    let filters = vec![vec![
        condition("eq", "contractServiceID", line),
        condition("lte", "startDate", on.to_string()),
        condition("gte", "endDate", on.to_string()),
    ]];
    let listing = Listing { entity: Entity::ContractServiceUnits, operation: SET, filters, counted: false };
    let rows = all(client, listing).await?;
    let rows: Vec<&Record> = rows.iter().collect();
    Ok(units_on(&rows, on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(value: serde_json::Value) -> Vec<Record> {
        serde_json::from_value(value).unwrap()
    }

    fn on(day: &str) -> NaiveDate {
        day.parse().unwrap()
    }

    #[test]
    fn the_units_of_a_day_are_those_of_its_period() {
        let rows = records(json!([
            {"startDate": "2026-01-01T00:00:00.000", "endDate": "2026-06-30T00:00:00.000", "units": 10},
            {"startDate": "2026-07-01T00:00:00Z", "endDate": "2026-12-31", "units": 12},
        ]));
        let rows: Vec<&Record> = rows.iter().collect();
        for (day, units) in [
            ("2026-01-01", Some(10)),
            ("2026-06-30", Some(10)),
            ("2026-07-01", Some(12)),
            ("2027-01-01", None),
        ] {
            assert_eq!(units_on(&rows, on(day)), units, "{day}");
        }
        assert_eq!(units_on(&rows, on("2025-12-31")), Some(10), "a contract that has not begun");
        let twice: Vec<&Record> = rows.iter().chain(&rows).copied().collect();
        assert_eq!(units_on(&twice, on("2026-02-01")), None, "two periods at once");
        let odd = records(json!([{"startDate": "2026-01-01", "endDate": "2026-12-31", "units": -1}]));
        assert_eq!(units_on(&[odd.first().unwrap()], on("2026-02-01")), None);
    }
}
