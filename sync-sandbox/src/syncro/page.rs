//! Paging by number: a page after the last is empty, and the size is not the client's to choose.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::ok;

/// The rows of the page asked for, under their name, with what there is in all.
pub(crate) fn paged(call: &Call, name: &str, per_page: usize, rows: Vec<Value>) -> Response {
    let (page, total) = (call.page(), rows.len());
    let meta = json!({
        "total_pages": total.div_ceil(per_page), "total_entries": total, "per_page": per_page, "page": page,
    });
    let rows = cut(rows, page, per_page);
    ok(Value::Object(Map::from_iter([(name.to_owned(), rows), ("meta".to_owned(), meta)])))
}

/// The rows of the page asked for, under their name; nothing says how many pages there are.
pub(crate) fn bare(call: &Call, name: &str, per_page: usize, rows: Vec<Value>) -> Response {
    ok(Value::Object(Map::from_iter([(name.to_owned(), cut(rows, call.page(), per_page))])))
}

fn cut(rows: Vec<Value>, page: usize, per_page: usize) -> Value {
    rows.into_iter().skip((page - 1).saturating_mul(per_page)).take(per_page).collect()
}
