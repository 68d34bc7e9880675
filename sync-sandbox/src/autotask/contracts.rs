//! Units of contract services: changed by deltas that take effect on a day.

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::data::{Data, Row};
use super::query::{key, moment};
use super::reply::ApiError;
use super::schema::{CONTRACT_SERVICE_ADJUSTMENTS, CONTRACT_SERVICE_UNITS, CONTRACT_SERVICES, CONTRACTS};

fn number(body: &Value, name: &str) -> Option<i64> {
    key(body, name).and_then(|value| value.as_i64().or_else(|| value.as_str()?.parse().ok()))
}

/// The day of a moment.
pub(crate) fn day(value: Option<&Value>) -> Option<NaiveDate> {
    moment(value?).map(|moment| moment.date_naive())
}

/// A day as the vendor writes it.
pub(crate) fn shown(day: NaiveDate) -> String {
    format!("{day}T00:00:00.000")
}

/// Adds units from a day on, in every later period too. It is a delta: sent twice, it counts twice.
pub(crate) fn adjust(data: &mut Data, contract: Option<i64>, body: &Value) -> Result<i64, ApiError> {
    let missing = |name: &str| ApiError::refused(format!("Missing Required Field: {name}."));
    let change = number(body, "unitChange").ok_or_else(|| missing("unitChange"))?;
    let from = day(key(body, "effectiveDate")).ok_or_else(|| missing("effectiveDate"))?;
    let line = line(data, contract, body)?;
    let (line_id, contract_id) =
        (line.int("id").unwrap_or_default(), line.int("contractID").unwrap_or_default());
    let contract = data.row(&CONTRACTS, contract_id).cloned().unwrap_or_default();
    let (starts, ends) = (day(contract.fields.get("startDate")), day(contract.fields.get("endDate")));
    if change == 0 {
        return Err(ApiError::refused("The value of field: unitChange must not be zero."));
    }
    if starts.is_some_and(|starts| from < starts) || ends.is_some_and(|ends| from > ends) {
        return Err(ApiError::refused("The value of field: effectiveDate is outside of the contract."));
    }
    let periods: Vec<Row> = data
        .rows(&CONTRACT_SERVICE_UNITS)
        .filter(|(_, row)| row.int("contractServiceID") == Some(line_id))
        .map(|(_, row)| row.clone())
        .filter(|row| day(row.fields.get("endDate")).is_none_or(|end| end >= from))
        .collect();
    if periods.iter().any(|row| row.fields.contains_key("approveAndPostDate")) {
        return Err(ApiError::refused("The value of field: effectiveDate lies in a period that is posted."));
    }
    if periods.iter().any(|row| row.int("units").unwrap_or(0) + change < 0) {
        return Err(ApiError::refused("The value of field: unitChange leaves less than no units."));
    }
    for mut row in periods {
        let start = day(row.fields.get("startDate")).unwrap_or(from);
        let units = row.int("units").unwrap_or(0);
        if start < from {
            // The part before the day stays as it is.
            let mut before = row.clone();
            before.set("endDate", shown(from.checked_sub_days(Days::new(1)).unwrap_or(from)));
            data.put(&CONTRACT_SERVICE_UNITS, before);
            let id = data.next_id();
            row.set("id", id);
            row.set("startDate", shown(from));
        }
        row.set("units", units + change);
        data.put(&CONTRACT_SERVICE_UNITS, row);
    }
    let id = data.next_id();
    let mut adjustment = Row::default();
    adjustment.set("id", id);
    adjustment.set("contractID", contract_id);
    adjustment.set("contractServiceID", line_id);
    adjustment.set("unitChange", change);
    adjustment.set("effectiveDate", shown(from));
    data.put(&CONTRACT_SERVICE_ADJUSTMENTS, adjustment);
    Ok(id)
}

/// The line that a body names: by its id, or by contract and service.
fn line(data: &Data, contract: Option<i64>, body: &Value) -> Result<Row, ApiError> {
    let contract = contract.or_else(|| number(body, "contractID"));
    let found = match number(body, "contractServiceID") {
        Some(id) => data.row(&CONTRACT_SERVICES, id),
        None => {
            let service = number(body, "serviceID");
            let is = |row: &Row| {
                service.is_some() && row.int("serviceID") == service && row.int("contractID") == contract
            };
            data.rows(&CONTRACT_SERVICES).map(|(_, row)| row).find(|row| is(row))
        }
    };
    found
        .filter(|row| contract.is_none() || row.int("contractID") == contract)
        .cloned()
        .ok_or_else(|| ApiError::reference("contractServiceID", "ContractService"))
}
