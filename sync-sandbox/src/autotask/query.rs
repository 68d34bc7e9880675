//! Queries: filters, their limits, pages and counts.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value, json};

use super::data::{Data, PageToken, Row};
use super::reply::{ApiError, Reply};
use super::schema::{Entity, Field, Kind};

/// The most rows of a page.
const MAX_RECORDS: usize = 500;
/// The most alternatives of a query, members of `in` counted.
const MAX_ALTERNATIVES: usize = 500;

/// A key of a body, in any case.
pub(crate) fn key<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    let object = body.as_object()?;
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A checked query.
struct Query<'a> {
    filters: Vec<Condition<'a>>,
    max: usize,
    fields: Option<BTreeSet<String>>,
}

/// One condition, or a group of them.
enum Condition<'a> {
    All(Vec<Self>),
    Any(Vec<Self>),
    On { subject: Subject<'a>, op: Op, value: &'a Value },
}

/// What a condition is about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Field(&'static Field),
    Udf(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    NotEq,
    Gt,
    Gte,
    Lt,
    Lte,
    BeginsWith,
    EndsWith,
    Contains,
    Exist,
    NotExist,
    In,
    NotIn,
}

fn operator(name: &str) -> Option<Op> {
    Some(match name.to_ascii_lowercase().as_str() {
        "eq" => Op::Eq,
        "noteq" => Op::NotEq,
        "gt" => Op::Gt,
        "gte" => Op::Gte,
        "lt" => Op::Lt,
        "lte" => Op::Lte,
        "beginswith" => Op::BeginsWith,
        "endswith" => Op::EndsWith,
        "contains" => Op::Contains,
        "exist" => Op::Exist,
        "notexist" => Op::NotExist,
        "in" => Op::In,
        "notin" => Op::NotIn,
        _ => return None,
    })
}

/// What has been counted while a query was read.
#[derive(Default)]
struct Counted {
    alternatives: usize,
    udfs: usize,
}

fn read<'a>(data: &Data, entity: &Entity, body: &'a Value) -> Result<Query<'a>, ApiError> {
    let filter = key(body, "filter").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if filter.is_empty() {
        return Err(ApiError::syntax("At least one filter is required."));
    }
    let mut counted = Counted::default();
    let filters = filter
        .iter()
        .map(|item| condition(data, entity, item, &mut counted))
        .collect::<Result<Vec<_>, _>>()?;
    if counted.alternatives > MAX_ALTERNATIVES {
        return Err(ApiError::syntax("Queries are limited to 500 or fewer 'OR' conditions."));
    }
    if counted.udfs > 1 {
        return Err(ApiError::syntax("Only one user defined field is allowed per query."));
    }
    let max = match key(body, "maxRecords").filter(|value| !value.is_null()) {
        None => MAX_RECORDS,
        Some(value) => value
            .as_u64()
            .and_then(|max| usize::try_from(max).ok())
            .filter(|max| (1..=MAX_RECORDS).contains(max))
            .ok_or_else(|| ApiError::syntax("MaxRecords must be between 1 and 500."))?,
    };
    let fields = key(body, "includeFields").and_then(Value::as_array).filter(|names| !names.is_empty());
    let fields = fields.map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    if let Some(names) = &fields {
        let unknown = |name: &&String| entity.field(name).is_none() && data.udf(entity, name).is_none();
        let names: &BTreeSet<String> = names;
        if let Some(name) = names.iter().find(unknown) {
            return Err(ApiError::unknown_field(name, entity.name));
        }
    }
    Ok(Query { filters, max, fields })
}

fn condition<'a>(
    data: &Data,
    entity: &Entity,
    item: &'a Value,
    counted: &mut Counted,
) -> Result<Condition<'a>, ApiError> {
    let op = key(item, "op").and_then(Value::as_str).unwrap_or_default();
    if op.eq_ignore_ascii_case("and") || op.eq_ignore_ascii_case("or") {
        let items = key(item, "items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            return Err(ApiError::syntax("A group needs items."));
        }
        if op.eq_ignore_ascii_case("or") {
            counted.alternatives += items.len();
        }
        let items =
            items.iter().map(|item| condition(data, entity, item, counted)).collect::<Result<Vec<_>, _>>()?;
        return Ok(if op.eq_ignore_ascii_case("or") { Condition::Any(items) } else { Condition::All(items) });
    }
    let Some(op) = operator(op) else { return Err(ApiError::syntax("An operator is not known.")) };
    let name = key(item, "field").and_then(Value::as_str).unwrap_or_default();
    let subject = if key(item, "udf").and_then(Value::as_bool) == Some(true) {
        counted.udfs += 1;
        if data.udf(entity, name).is_none() {
            return Err(ApiError::unknown_field(name, entity.name));
        }
        Subject::Udf(name)
    } else {
        match entity.field(name) {
            Some(field) if field.queryable && !field.write_only => Subject::Field(field),
            Some(_) | None => return Err(ApiError::unknown_field(name, entity.name)),
        }
    };
    let value = key(item, "value").unwrap_or(&Value::Null);
    if matches!(op, Op::In | Op::NotIn) {
        let members = value.as_array().filter(|members| !members.is_empty());
        let members = members.ok_or_else(|| ApiError::syntax("A list of values is required."))?;
        counted.alternatives += members.len();
        for member in members {
            fits(subject, member)?;
        }
    } else if !matches!(op, Op::Exist | Op::NotExist) {
        fits(subject, value)?;
    }
    Ok(Condition::On { subject, op, value })
}

/// Whether a value can be compared with the subject.
fn fits(subject: Subject<'_>, value: &Value) -> Result<(), ApiError> {
    let Subject::Field(field) = subject else { return Ok(()) };
    let good = match field.kind {
        Kind::Text => !value.is_object() && !value.is_array(),
        Kind::Int | Kind::Decimal => number(value).is_some(),
        // 1 and 0 are not taken.
        Kind::Bool => value.is_boolean() || value.as_str().is_some_and(|text| text.parse::<bool>().is_ok()),
        Kind::Date => moment(value).is_some(),
    };
    let sql = match field.kind {
        Kind::Int => "int",
        Kind::Decimal => "decimal",
        Kind::Bool => "bit",
        Kind::Date => "datetime",
        Kind::Text => "varchar",
    };
    if good { Ok(()) } else { Err(ApiError::conversion(value, sql)) }
}

/// A number, also as text or (for a contact's `isActive`) as a boolean.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.trim().parse::<bool>() {
            Ok(flag) => Some(f64::from(u8::from(flag))),
            Err(_) => text.trim().parse().ok(),
        },
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A moment, with or without fractions and zone.
pub(crate) fn moment(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.to_utc());
    }
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00") };
    NaiveDateTime::parse_from_str(&whole, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|naive| naive.and_utc())
}

fn holds(condition: &Condition<'_>, row: &Row) -> bool {
    match condition {
        Condition::All(items) => items.iter().all(|item| holds(item, row)),
        Condition::Any(items) => items.iter().any(|item| holds(item, row)),
        Condition::On { subject, op, value } => {
            let stored = match subject {
                Subject::Field(field) => row.fields.get(field.name).cloned(),
                Subject::Udf(name) => row.udfs.get(*name).map(|text| Value::from(text.as_str())),
            };
            let kind = match subject {
                Subject::Field(field) => field.kind,
                Subject::Udf(_) => Kind::Text,
            };
            compare(kind, *op, stored.as_ref(), value)
        }
    }
}

fn compare(kind: Kind, op: Op, stored: Option<&Value>, value: &Value) -> bool {
    let Some(stored) = stored else {
        // As in SQL: nothing compares with what is not there.
        return op == Op::NotExist;
    };
    let order = |value: &Value| -> Option<Ordering> {
        match kind {
            Kind::Text => {
                let fold = |value: &Value| {
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned).to_lowercase()
                };
                Some(fold(stored).cmp(&fold(value)))
            }
            Kind::Int | Kind::Decimal | Kind::Bool => number(stored)?.partial_cmp(&number(value)?),
            Kind::Date => Some(moment(stored)?.cmp(&moment(value)?)),
        }
    };
    let texts = || {
        let fold = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
        (fold(stored), fold(value))
    };
    let members = || value.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_one = || members().iter().any(|member| order(member) == Some(Ordering::Equal));
    match op {
        Op::Eq => order(value) == Some(Ordering::Equal),
        Op::NotEq => order(value).is_some_and(Ordering::is_ne),
        Op::Gt => order(value).is_some_and(Ordering::is_gt),
        Op::Gte => order(value).is_some_and(Ordering::is_ge),
        Op::Lt => order(value).is_some_and(Ordering::is_lt),
        Op::Lte => order(value).is_some_and(Ordering::is_le),
        Op::BeginsWith => {
            let (stored, value) = texts();
            stored.starts_with(&value)
        }
        Op::EndsWith => {
            let (stored, value) = texts();
            stored.ends_with(&value)
        }
        Op::Contains => {
            let (stored, value) = texts();
            stored.contains(&value)
        }
        Op::Exist => true,
        Op::NotExist => false,
        Op::In => is_one(),
        Op::NotIn => !is_one(),
    }
}

/// `POST {Entity}/query` and `GET {Entity}/query?search=`.
pub(crate) fn first(data: &mut Data, entity: &'static Entity, body: &Value, by_post: bool) -> Reply {
    page(data, entity, body, 0, by_post)
}

/// `{Entity}/query/next?paging=`. A page that came by POST is not to be had by GET.
pub(crate) fn next(data: &mut Data, entity: &'static Entity, paging: &str, by_post: bool) -> Reply {
    let token = data.pages.get(paging).filter(|token| token.entity == entity.path).cloned();
    let Some(PageToken { body, after, by_post: made_by_post, .. }) = token else {
        return Err(ApiError::no_path());
    };
    if made_by_post && !by_post {
        return Err(ApiError::method("GET"));
    }
    page(data, entity, &body, after, by_post)
}

fn page(data: &mut Data, entity: &'static Entity, body: &Value, after: i64, by_post: bool) -> Reply {
    let query = read(data, entity, body)?;
    let fits = |(id, row): &(i64, &Row)| *id > after && query.filters.iter().all(|c| holds(c, row));
    let mut rows: Vec<(i64, &Row)> = data.rows(entity).filter(fits).take(query.max + 1).collect();
    let more = rows.len() > query.max;
    rows.truncate(query.max);
    let last = rows.last().map_or(after, |(id, _)| *id);
    let items: Vec<Value> = rows
        .iter()
        .map(|(_, row)| match &query.fields {
            None => data.shown(entity, row),
            Some(names) => some_of(data.shown(entity, row), names),
        })
        .collect();
    let count = items.len();
    let max = query.max;
    let base = format!("{}{}/ATServicesRest/V1.0", data.settings.base_url, data.settings.zone);
    let link = |token: &str| format!("{base}/{}/query/next?paging={token}", entity.shown);
    let next_link = more.then(|| {
        let token = format!("page-{}-{}", entity.path, data.next_id());
        let stored = PageToken { entity: entity.path, body: body.clone(), after: last, by_post };
        data.pages.insert(token.clone(), stored);
        link(&token)
    });
    let details = json!({
        "count": count, "requestCount": max, "prevPageUrl": null, "nextPageUrl": next_link,
    });
    Ok(json!({ "items": items, "pageDetails": details }))
}

/// The fields asked for. User-defined ones come only where they are named (uncertain).
fn some_of(shown: Value, names: &BTreeSet<String>) -> Value {
    let Value::Object(all) = shown else { return shown };
    let named = |name: &str| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let mut kept = Map::new();
    for (name, value) in all {
        if name == "userDefinedFields" {
            let fields = value.as_array().into_iter().flatten();
            let wanted: Vec<Value> = fields
                .filter(|udf| names.contains(udf.get("name").and_then(Value::as_str).unwrap_or_default()))
                .cloned()
                .collect();
            if !wanted.is_empty() {
                kept.insert(name, wanted.into());
            }
        } else if named(&name) {
            kept.insert(name, value);
        }
    }
    Value::Object(kept)
}

/// `{Entity}/query/count`.
pub(crate) fn count(data: &Data, entity: &Entity, body: &Value) -> Reply {
    let query = read(data, entity, body)?;
    let fits = |(_, row): &(i64, &Row)| query.filters.iter().all(|c| holds(c, row));
    let count = data.rows(entity).filter(fits).count();
    Ok(json!({ "queryCount": count }))
}
