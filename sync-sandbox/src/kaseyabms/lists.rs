//! Pages and filters.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::Value;

use super::call::Call;
use super::data::Data;
use super::reply::{Answer, ApiError, Reply};

/// The page size where none is asked for, and the largest one: a larger request is capped without a word.
const PAGE_SIZE: usize = 100;

/// One page of the rows, with the count of all where the route tells it.
pub(crate) fn page(call: &Call, rows: Vec<Value>, counted: bool) -> Reply {
    let size = call.number("PageSize")?.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0);
    let size = size.unwrap_or(PAGE_SIZE).min(PAGE_SIZE);
    // The first page is 1; 0 was seen to be taken for it.
    let number = call.number("PageNumber")?.and_then(|number| usize::try_from(number).ok()).unwrap_or(1);
    let skip = number.saturating_sub(1).saturating_mul(size);
    let total = rows.len();
    let rows: Vec<Value> = rows.into_iter().skip(skip).take(size).collect();
    Ok(if counted { Answer::Page { rows, total } } else { Answer::Result(rows.into()) })
}

/// Whether a text holds what a filter asks for, whatever the case; no filter holds always.
pub(crate) fn holds(call: &Call, filter: &str, text: Option<&str>) -> bool {
    let Some(wanted) = call.param(&format!("Filter.{filter}")) else { return true };
    text.is_some_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
}

/// Whether a number is among those that a filter lists.
pub(crate) fn among(call: &Call, filter: &str, number: i64) -> bool {
    let wanted = call.all(&format!("Filter.{filter}"));
    wanted.is_empty() || wanted.iter().any(|text| text.parse() == Ok(number))
}

/// Whether a record's active status is asked for. Without the filter lists show active records only, unless switched.
pub(crate) fn is_wanted(data: &Data, call: &Call, active: bool) -> Result<bool, ApiError> {
    Ok(match call.flag("Filter.IsActive")? {
        Some(wanted) => wanted == active,
        None => active || data.settings.list_shows_inactive,
    })
}

/// The two ends of a filter over moments, such as `ModifiedOnFrom` and `ModifiedOnTo`.
pub(crate) fn within(data: &Data, call: &Call, name: &str, moment: DateTime<Utc>) -> Result<bool, ApiError> {
    let end = |end: &str| -> Result<Option<DateTime<Utc>>, ApiError> {
        let filter = format!("Filter.{name}{end}");
        let Some(text) = call.param(&filter) else { return Ok(None) };
        let wrong = || ApiError::invalid(vec![format!("The value '{text}' is not valid for {filter}.")]);
        if let Ok(exact) = DateTime::parse_from_rfc3339(text) {
            return Ok(Some(exact.to_utc()));
        }
        let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().ok_or_else(wrong)?;
        Ok(Some(naive.and_utc() - data.settings.offset))
    };
    Ok(end("From")?.is_none_or(|from| from <= moment) && end("To")?.is_none_or(|to| moment <= to))
}
