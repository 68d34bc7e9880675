//! Listing: filter, order, search, page and link.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::entity::{Entity, Selection};
use super::error::Problem;
use super::filter::Filter;
use super::query::Query;
use super::search::Search;
use super::{Caller, Graph};
use crate::faults::{FaultKind, Stage};

/// Where a listing goes on.
#[derive(Debug, Serialize, Deserialize)]
struct PageToken {
    /// The last id shown, or, in an ordered listing, how many rows were shown.
    after: Place,
    /// Unix time of issue.
    at: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Place {
    Id(String),
    Row(usize),
}

/// What a route adds to its rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape<'a> {
    /// Rows carry `@odata.type`.
    pub(super) typed: bool,
    /// Rows carry only their type and id, because the app may not read more.
    pub(super) limited: bool,
    /// Filters, orders and searches are advanced queries here (casts of members).
    pub(super) advanced_only: bool,
    /// What `$expand=manager` adds, by id.
    pub(super) managers: Option<&'a BTreeMap<String, Value>>,
}

/// Answers a listing of `rows`, which come sorted by id.
pub(super) fn list<'a, E: Entity + 'a>(
    graph: &Graph,
    caller: &Caller,
    rows: impl Iterator<Item = &'a E>,
    shape: Shape<'_>,
) -> Result<Response, Problem> {
    let query = &caller.query;
    let select = Selection::read::<E>(query.get("select"), true)?;
    let max = if select.names.contains(&"signInActivity") { 500 } else { E::LARGEST_PAGE };
    let top = query.top(max)?;
    check_options(query, shape)?;
    let filter = query.get("filter").map(|text| Filter::read::<E>(text, query.advanced())).transpose()?;
    let search = query.get("search").map(|text| Search::read::<E>(text, query.eventual())).transpose()?;
    let order = order::<E>(query)?;
    let place = place(graph, caller, filter.as_ref())?;
    if !graph.shared().faults.strike(Stage::Cut, &caller.call()).is_empty() {
        let start = if order.is_some() { Place::Row(0) } else { Place::Id(String::new()) };
        return Ok(hollow(graph, caller, &select.context(E::SET), place.unwrap_or(start)));
    }
    let keeps = |row: &E| {
        filter.as_ref().is_none_or(|filter| filter.keeps(row)) && search.as_ref().is_none_or(|s| s.finds(row))
    };
    let mut body = Map::new();
    let set = select.context(E::SET);
    body.insert("@odata.context".to_owned(), json!(format!("{}/v1.0/$metadata#{set}", graph.base())));
    let kept = rows.filter(|row| keeps(row));
    let counted = query.count() && query.eventual() && place.is_none();
    let (page, next): (Vec<&E>, Option<Place>) = if counted || order.is_some() {
        let mut all: Vec<&E> = kept.collect();
        if counted {
            body.insert("@odata.count".to_owned(), json!(all.len()));
        }
        let start = match (&order, place) {
            (Some((name, descending)), place) => {
                all.sort_by_cached_key(|row| row.property(name).to_string().to_lowercase());
                if *descending {
                    all.reverse();
                }
                if let Some(Place::Row(row)) = place { row } else { 0 }
            }
            (None, _) => 0,
        };
        let more = all.len().saturating_sub(start) > top;
        let page: Vec<&E> = all.into_iter().skip(start).take(top).collect();
        let next = match (more, order.is_some()) {
            (false, _) => None,
            (true, true) => Some(Place::Row(start + top)),
            (true, false) => page.last().map(|row| Place::Id(row.id().to_owned())),
        };
        (page, next)
    } else {
        let after = if let Some(Place::Id(id)) = place { Some(id) } else { None };
        let behind = |row: &&E| after.as_deref().is_none_or(|after| row.id() > after);
        let mut page: Vec<&E> = kept.filter(behind).take(top + 1).collect();
        let more = page.len() > top;
        page.truncate(top);
        let next = page.last().filter(|_| more).map(|row| Place::Id(row.id().to_owned()));
        (page, next)
    };
    if let Some(after) = next {
        body.insert("@odata.nextLink".to_owned(), json!(next_link(graph, query, after)));
    }
    let show = |row: &&E| show(*row, &select, shape);
    body.insert("value".to_owned(), page.iter().map(show).collect());
    Ok(Json(Value::Object(body)).into_response())
}

fn next_link(graph: &Graph, query: &Query, after: Place) -> String {
    let token = PageToken { after, at: graph.shared().clock.now().timestamp() };
    query.next(graph.base(), &graph.seal().close("page", &token))
}

/// A page without rows whose next link leads to where this page should have begun (an empty page
/// is not the end).
fn hollow(graph: &Graph, caller: &Caller, context: &str, place: Place) -> Response {
    let context = format!("{}/v1.0/$metadata#{context}", graph.base());
    let next = next_link(graph, &caller.query, place);
    Json(json!({ "@odata.context": context, "@odata.nextLink": next, "value": [] })).into_response()
}

fn show<E: Entity>(row: &E, select: &Selection, shape: Shape<'_>) -> Value {
    let mut shown = Map::new();
    if shape.typed || shape.limited {
        shown.insert("@odata.type".to_owned(), json!(format!("#microsoft.graph.{}", row.type_name())));
    }
    if shape.limited {
        // Microsoft's "limited information" note: the other properties come as nulls.
        shown.extend(select.names.iter().map(|name| ((*name).to_owned(), Value::Null)));
        shown.insert("id".to_owned(), json!(row.id()));
    } else {
        shown.extend(select.apply(row));
        if let Some(manager) = shape.managers.and_then(|managers| managers.get(row.id())) {
            shown.insert("manager".to_owned(), manager.clone());
        }
    }
    Value::Object(shown)
}

fn check_options(query: &Query, shape: Shape<'_>) -> Result<(), Problem> {
    if query.get("deltatoken").is_some() {
        return Err(Problem::bad("The query parameter '$deltatoken' is not supported here."));
    }
    let narrowed = ["filter", "orderby", "search"].iter().any(|name| query.get(name).is_some());
    if shape.advanced_only && narrowed && !query.advanced() {
        return Err(Problem::unsupported("Unsupported Query."));
    }
    match query.get("expand") {
        None => Ok(()),
        Some(expand) if expand == "manager" || expand.starts_with("manager(") => Ok(()),
        Some(expand) => {
            Err(Problem::new(400, "BadRequest", format!("$expand of '{expand}' is not supported.")))
        }
    }
}

fn order<E: Entity>(query: &Query) -> Result<Option<(&'static str, bool)>, Problem> {
    let Some(text) = query.get("orderby") else { return Ok(None) };
    let unsupported = || Problem::unsupported("Sorting not supported for current query.");
    let narrowed = query.get("filter").is_some() || query.get("search").is_some();
    if narrowed && !query.advanced() {
        return Err(unsupported());
    }
    let mut words = text.split_whitespace();
    let name = words.next().and_then(E::known).ok_or_else(unsupported)?;
    let descending = match words.next() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(unsupported()),
    };
    if !E::sorts(name, query.advanced()) || words.next().is_some() {
        return Err(unsupported());
    }
    Ok(Some((name, descending)))
}

/// Opens the page token, unless it is expired, lost or made up.
fn place(graph: &Graph, caller: &Caller, filter: Option<&Filter>) -> Result<Option<Place>, Problem> {
    let Some(token) = caller.query.get("skiptoken") else { return Ok(None) };
    check_page_token(graph, caller)?;
    if filter.is_some_and(Filter::asks_for_licences) && !caller.query.advanced() {
        return Err(expired());
    }
    let token: PageToken = graph.seal().open("page", token).ok_or_else(lost)?;
    if graph.is_past(token.at, graph.lifetimes().page_token) {
        return Err(expired());
    }
    Ok(Some(token.after))
}

/// Lets the page token faults strike.
pub(super) fn check_page_token(graph: &Graph, caller: &Caller) -> Result<(), Problem> {
    match graph.shared().faults.strike(Stage::PageToken, &caller.call()).first() {
        None => Ok(()),
        Some(FaultKind::ExpiredPageToken) => Err(expired()),
        Some(_) => Err(lost()),
    }
}

/// A page token that is too old.
pub(super) fn expired() -> Problem {
    let message = "The specified page token value has expired and can no longer be included in your request.";
    Problem::new(400, "Directory_ExpiredPageToken", message)
}

/// A page token that the directory does not know (any more).
pub(super) fn lost() -> Problem {
    Problem::new(400, "DirectoryPageTokenNotFoundException", "The directory page token was not found.")
}
