//! Lists: filters, order, both kinds of paging, `fields` and counts.

use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::conditions::{ConditionError, Expr, compare_values, field, one_of, parse};
use super::reply::{ApiError, Reply, ok};
use super::shapes::Shape;

/// Largest page; a larger request is capped without a word.
const MAX_PAGE_SIZE: usize = 1000;
/// Page size when none is asked for.
const DEFAULT_PAGE_SIZE: usize = 25;

impl From<ConditionError> for ApiError {
    fn from(error: ConditionError) -> Self {
        Self::condition(error.0)
    }
}

/// A record in two forms: the stored part, which filters and order look at, and the whole, made when needed.
pub(crate) struct Row<'a> {
    pub(crate) id: i64,
    pub(crate) stored: &'a Value,
}

/// Answers a list route. `rows` come in the order of their ids; `whole` makes the record that is shown.
pub(crate) fn list<'a>(
    call: &Call,
    shape: Shape,
    rows: impl Iterator<Item = Row<'a>>,
    whole: impl Fn(&Row<'a>) -> Value,
) -> Reply {
    let filter = Filter::read(call, shape)?;
    let fields = Fields::read(call, shape)?;
    let size = page_size(call)?;
    let mut headers = HeaderMap::new();
    let rows: Vec<Row<'a>> = if call.forward_only {
        if call.param("orderBy").is_some() {
            return Err(ApiError::paging("orderBy cannot be used with forward-only pagination."));
        }
        let after = number(call, "pageId")?.unwrap_or(0);
        let mut page = Vec::new();
        for row in rows.filter(|row| row.id > after) {
            if filter.accepts(&row, &whole)? {
                page.push(row);
                if page.len() == size {
                    break;
                }
            }
        }
        // The server does not look ahead: a full page has a next link even when nothing follows it.
        let next = page.last().filter(|_| page.len() == size).map(|last| last.id);
        insert_link(&mut headers, &next.map(|id| link(call, size, "pageId", id, "next")).unwrap_or_default());
        page
    } else {
        let page = number(call, "page")?.unwrap_or(1);
        let page = usize::try_from(page).ok().filter(|page| *page > 0);
        let page = page.ok_or_else(|| ApiError::paging("page must be greater than 0."))?;
        let mut found = Vec::new();
        for row in rows {
            if filter.accepts(&row, &whole)? {
                found.push(row);
            }
        }
        order(call, shape, &mut found)?;
        let last = found.len().div_ceil(size);
        let mut links = Vec::new();
        if page < last {
            links.push(link(call, size, "page", page + 1, "next"));
        }
        if last > 1 {
            links.push(link(call, size, "page", last, "last"));
        }
        if !links.is_empty() {
            insert_link(&mut headers, &links.join(", "));
        }
        found.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect()
    };
    let body = rows.iter().map(|row| fields.select(whole(row))).collect();
    Ok((headers, ok(body)).into_response())
}

/// Answers a count route.
pub(crate) fn count<'a>(
    call: &Call,
    shape: Shape,
    rows: impl Iterator<Item = Row<'a>>,
    whole: impl Fn(&Row<'a>) -> Value,
) -> Reply {
    let filter = Filter::read(call, shape)?;
    let mut count = 0_usize;
    for row in rows {
        count += usize::from(filter.accepts(&row, &whole)?);
    }
    Ok(ok(json!({"count": count})))
}

/// Answers a route of one record, with `fields` applied.
pub(crate) fn single(call: &Call, shape: Shape, record: Value) -> Reply {
    Ok(ok(Fields::read(call, shape)?.select(record)))
}

fn number(call: &Call, name: &str) -> Result<Option<i64>, ApiError> {
    let parse =
        |text: &str| text.parse().ok().ok_or_else(|| ApiError::paging("A paging parameter is not a number."));
    call.param(name).map(parse).transpose()
}

fn page_size(call: &Call) -> Result<usize, ApiError> {
    let size = number(call, "pageSize")?.map_or(Some(DEFAULT_PAGE_SIZE), |size| usize::try_from(size).ok());
    let size =
        size.filter(|size| *size > 0).ok_or_else(|| ApiError::paging("pageSize must be greater than 0."))?;
    Ok(size.min(MAX_PAGE_SIZE))
}

fn insert_link(headers: &mut HeaderMap, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(LINK, value);
    }
}

fn link(call: &Call, size: usize, name: &str, value: impl std::fmt::Display, relation: &str) -> String {
    let paging = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["page", "pagesize", "pageid"].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let kept: Vec<&str> =
        call.raw_query.split('&').filter(|pair| !pair.is_empty() && !paging(pair)).collect();
    let kept = kept.iter().map(|pair| format!("{pair}&")).collect::<String>();
    format!("<{}?{kept}pageSize={size}&{name}={value}>; rel=\"{relation}\"", call.url)
}

fn order(call: &Call, shape: Shape, rows: &mut [Row<'_>]) -> Result<(), ApiError> {
    let Some(text) = call.param("orderBy") else { return Ok(()) };
    let mut keys = Vec::new();
    for part in text.split(',') {
        let mut words = part.split_whitespace();
        let path: Vec<String> = words.next().unwrap_or_default().split('/').map(str::to_owned).collect();
        let known =
            path.first().is_some_and(|root| one_of(shape.fields, root) && !is_one(shape.arrays, root));
        let descending = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Some(false),
            Some("desc") => Some(true),
            Some(_) => None,
        };
        match descending.filter(|_| known && words.next().is_none()) {
            Some(descending) => keys.push((path, descending)),
            None => return Err(ApiError::condition(format!("'{}' is not a valid orderBy.", part.trim()))),
        }
    }
    rows.sort_by(|left, right| {
        let mut compared = keys.iter().map(|(path, descending)| {
            let order = compare_values(field(left.stored, path), field(right.stored, path));
            if *descending { order.reverse() } else { order }
        });
        compared.find(|order| order.is_ne()).unwrap_or_else(|| left.id.cmp(&right.id))
    });
    Ok(())
}

fn is_one(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The three filter parameters.
struct Filter {
    conditions: Option<Expr>,
    /// The array and what one of its elements must satisfy.
    child: Option<(String, Expr)>,
    custom: Option<Expr>,
}

impl Filter {
    fn read(call: &Call, shape: Shape) -> Result<Self, ApiError> {
        let conditions = parse(call.param("conditions").unwrap_or_default())?;
        for path in conditions.iter().flat_map(Expr::paths) {
            let root = path.first().map(String::as_str).unwrap_or_default();
            if is_one(shape.arrays, root) || !one_of(shape.fields, root) {
                let name = path.join("/");
                return Err(ApiError::condition(format!(
                    "Could not find the field '{name}' in the condition."
                )));
            }
        }
        let child = match parse(call.param("childConditions").unwrap_or_default())? {
            None => None,
            Some(expr) => Some(child(expr, shape)?),
        };
        let custom = parse(call.param("customFieldConditions").unwrap_or_default())?;
        if let Some(expr) = &custom {
            no_in(expr)?;
            let known =
                |path: &&[String]| matches!(path, [name] if is_one(&["caption", "value", "id"], name));
            if !expr.paths().iter().all(known) {
                return Err(ApiError::condition("customFieldConditions know caption, value and id."));
            }
        }
        Ok(Self { conditions, child, custom })
    }

    fn accepts<'a>(&self, row: &Row<'a>, whole: &impl Fn(&Row<'a>) -> Value) -> Result<bool, ApiError> {
        if let Some(expr) = &self.conditions
            && !expr.accepts(row.stored)?
        {
            return Ok(false);
        }
        if self.child.is_none() && self.custom.is_none() {
            return Ok(true);
        }
        let record = whole(row);
        if let Some((root, expr)) = &self.child
            && !any_element(&record, root, expr)?
        {
            return Ok(false);
        }
        if let Some(expr) = &self.custom {
            return any_custom_field(&record, expr);
        }
        Ok(true)
    }
}

fn no_in(expr: &Expr) -> Result<(), ApiError> {
    if expr.uses_in() { Err(ApiError::condition("in can be used in conditions only.")) } else { Ok(()) }
}

/// Child filters name one array; the whole expression is asked of each element.
fn child(expr: Expr, shape: Shape) -> Result<(String, Expr), ApiError> {
    no_in(&expr)?;
    let roots: Vec<&str> = expr.paths().iter().filter_map(|path| path.first()).map(String::as_str).collect();
    let first = roots.first().copied().unwrap_or_default();
    let array = shape.arrays.iter().find(|array| array.eq_ignore_ascii_case(first));
    let array = array.filter(|array| {
        roots.iter().all(|root| root.eq_ignore_ascii_case(array))
            && expr.paths().iter().all(|path| path.len() > 1)
    });
    match array {
        Some(array) => Ok(((*array).to_owned(), without_root(expr))),
        None => Err(ApiError::condition("childConditions must name the fields of one array.")),
    }
}

fn without_root(expr: Expr) -> Expr {
    match expr {
        Expr::All(parts) => Expr::All(parts.into_iter().map(without_root).collect()),
        Expr::Any(parts) => Expr::Any(parts.into_iter().map(without_root).collect()),
        Expr::Test(path, test) => Expr::Test(path.into_iter().skip(1).collect(), test),
    }
}

fn any_element(record: &Value, array: &str, expr: &Expr) -> Result<bool, ApiError> {
    for element in record.get(array).and_then(Value::as_array).into_iter().flatten() {
        if expr.accepts(element)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Like a child filter, but a value of another type is no match rather than an error: fields of all types are asked.
fn any_custom_field(record: &Value, expr: &Expr) -> Result<bool, ApiError> {
    let elements = record.get("customFields").and_then(Value::as_array);
    Ok(elements.into_iter().flatten().any(|element| expr.accepts(element).unwrap_or(false)))
}

/// The `fields` parameter.
struct Fields(Option<Vec<Vec<String>>>);

impl Fields {
    fn read(call: &Call, shape: Shape) -> Result<Self, ApiError> {
        let Some(text) = call.param("fields") else { return Ok(Self(None)) };
        let mut paths = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let path: Vec<String> = name.split('/').map(str::to_owned).collect();
            let known = path.first().is_some_and(|root| is_one(shape.fields, root));
            if known {
                paths.push(path);
            } else if shape.strict {
                return Err(ApiError::condition(format!("Could not find the field '{name}'.")));
            }
        }
        Ok(Self(Some(paths)))
    }

    fn select(&self, record: Value) -> Value {
        let Some(paths) = &self.0 else { return record };
        let paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
        project(&record, &paths)
    }
}

/// Keeps the named parts; arrays are kept element by element.
fn project(value: &Value, paths: &[&[String]]) -> Value {
    if paths.iter().any(|path| path.is_empty()) {
        return value.clone();
    }
    if let Some(elements) = value.as_array() {
        return elements.iter().map(|element| project(element, paths)).collect();
    }
    let Some(object) = value.as_object() else { return value.clone() };
    let mut kept = Map::new();
    for (name, inner) in object {
        let below: Vec<&[String]> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(first, _)| first.eq_ignore_ascii_case(name))
            .map(|(_, rest)| rest)
            .collect();
        if !below.is_empty() {
            kept.insert(name.clone(), project(inner, &below));
        }
    }
    Value::Object(kept)
}
