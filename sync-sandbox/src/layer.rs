//! The layer around every vendor router: counts, waits, limits, and makes things go wrong.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use bytes::Bytes;
use futures::StreamExt;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::faults::{Call, FaultKind, RetryAfter, Stage};
use crate::refusal::{Refusal, refuse};
use crate::shared::Shared;
use crate::{Vendor, graph};

/// What the call log shows for a path that no route takes.
const NO_ROUTE: &str = "(no route)";
/// Between the halves of a truncated body, so that the first half is really sent.
const FLUSH: Duration = Duration::from_millis(20);

/// A response extension: the server closes the connection instead of answering.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DropConnection;

#[derive(Clone)]
struct Context {
    vendor: Vendor,
    shared: Arc<Shared>,
    /// The last page of each listing, kept while a page may have to repeat.
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
}

#[derive(Clone)]
struct Page {
    link: Option<HeaderValue>,
    body: Bytes,
}

/// Puts the layer around a vendor's routes and its fallback.
pub(crate) fn wrap(router: Router, vendor: Vendor, shared: Arc<Shared>) -> Router {
    router.layer(from_fn_with_state(Context { vendor, shared, pages: Arc::default() }, around))
}

async fn around(State(context): State<Context>, request: Request, next: Next) -> Response {
    let Context { vendor, shared, .. } = &context;
    let template = request.extensions().get::<MatchedPath>();
    let route = template.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let call = Call { vendor: *vendor, method: method.as_str(), route: &route, path: &path };
    shared.calls.record(*vendor, method.as_str(), &route);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let cost = if *vendor == Vendor::Graph { graph::resource_units(&route, request.uri()) } else { 1 };
    if let Some(wait) = shared.limits.admit(*vendor, cost) {
        if *vendor == Vendor::Syncro {
            // Whether it says how long is not published; a client that does not need to be told is served by both.
            return refuse(*vendor, Refusal::TooManyRequests(RetryAfter::Missing), shared);
        }
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        return refuse(*vendor, Refusal::TooManyRequests(RetryAfter::Seconds(seconds.max(1))), shared);
    }
    let mut after = None;
    for kind in shared.faults.strike(Stage::Arrival, &call) {
        match kind {
            FaultKind::TooManyRequests(wait) => {
                return refuse(*vendor, Refusal::TooManyRequests(wait), shared);
            }
            FaultKind::Status(status) => return refuse(*vendor, Refusal::Status(status), shared),
            FaultKind::HtmlBadGateway => return refuse(*vendor, Refusal::Html, shared),
            FaultKind::Reset => return drop_connection(),
            FaultKind::ResetAfterCommit | FaultKind::TruncatedBody => after = after.or(Some(kind)),
            // Other stages look for these.
            FaultKind::SlowPage(_)
            | FaultKind::RepeatPage
            | FaultKind::EarlyEnd
            | FaultKind::EmptyPage
            | FaultKind::HollowPage
            | FaultKind::ExpiredPageToken
            | FaultKind::LostPageToken
            | FaultKind::ExpiredDeltaToken
            | FaultKind::Resync
            | FaultKind::MissingPermission(_) => {}
        }
    }
    let response = next.run(request).await;
    let response = if method == Method::GET && shared.faults.watches(Stage::Page, *vendor) {
        page(&context, &call, response).await
    } else {
        response
    };
    match after {
        Some(FaultKind::ResetAfterCommit) => drop_connection(),
        Some(_) => truncate(response).await,
        None => response,
    }
}

fn drop_connection() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(DropConnection);
    response
}

/// Applies the page faults, if the response is a page of a listing.
async fn page(context: &Context, call: &Call<'_>, response: Response) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = collect(body).await;
    let Some(listing) = Listing::read(&body) else {
        return Response::from_parts(parts, Body::from(body));
    };
    let fresh = Page { link: parts.headers.get(header::LINK).cloned(), body };
    let mut shown = fresh.clone();
    for kind in context.shared.faults.strike(Stage::Page, call) {
        match kind {
            FaultKind::SlowPage(wait) => tokio::time::sleep(wait).await,
            FaultKind::RepeatPage => {
                let pages = context.pages.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(before) = pages.get(call.path) {
                    shown = before.clone();
                }
            }
            FaultKind::EarlyEnd => shown = Page { link: None, body: listing.clone().ended() },
            FaultKind::EmptyPage => shown = Page { link: None, body: listing.clone().emptied() },
            // Other stages look for these.
            FaultKind::TooManyRequests(_)
            | FaultKind::Status(_)
            | FaultKind::HtmlBadGateway
            | FaultKind::Reset
            | FaultKind::ResetAfterCommit
            | FaultKind::TruncatedBody
            | FaultKind::HollowPage
            | FaultKind::ExpiredPageToken
            | FaultKind::LostPageToken
            | FaultKind::ExpiredDeltaToken
            | FaultKind::Resync
            | FaultKind::MissingPermission(_) => {}
        }
    }
    context.pages.lock().unwrap_or_else(PoisonError::into_inner).insert(call.path.to_owned(), fresh);
    match shown.link {
        Some(link) => parts.headers.insert(header::LINK, link),
        None => parts.headers.remove(header::LINK),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(shown.body))
}

/// The body of a listing: an array, or an object with an array under one of [`ROWS`].
#[derive(Clone)]
struct Listing(Value);

/// The names under which vendors put the rows of a page.
const ROWS: [&str; 8] =
    ["value", "contacts", "contracts", "customers", "portal_users", "result", "Result", "schedules"];

impl Listing {
    fn read(body: &Bytes) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let has_rows = |name: &&str| value.get(name).is_some_and(Value::is_array);
        (value.is_array() || ROWS.iter().any(has_rows)).then_some(Self(value))
    }

    /// Without a next link; where pages are counted, this is the last. Where a vendor has neither, its last page is told by
    /// its length: the last row goes.
    fn ended(mut self) -> Bytes {
        let linked = self.0.is_array() || self.0.get("value").is_some() || self.0.get("meta").is_some();
        if let Some(object) = self.0.as_object_mut() {
            object.remove("@odata.nextLink");
            if let Some(meta) = object.get_mut("meta").and_then(Value::as_object_mut) {
                let page = meta.get("page").cloned().unwrap_or_default();
                meta.insert("total_pages".to_owned(), page);
            }
        }
        if !linked && let Some(rows) = self.rows() {
            rows.pop();
        }
        Bytes::from(self.0.to_string())
    }

    fn emptied(mut self) -> Bytes {
        if let Some(rows) = self.rows() {
            rows.clear();
        }
        self.ended()
    }

    fn rows(&mut self) -> Option<&mut Vec<Value>> {
        if self.0.is_array() {
            return self.0.as_array_mut();
        }
        let name = ROWS.into_iter().find(|name| self.0.get(name).is_some_and(Value::is_array))?;
        self.0.get_mut(name)?.as_array_mut()
    }
}

/// Announces the whole body, sends half of it, and breaks the connection off.
async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = collect(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let broken = futures::stream::once(async {
        tokio::time::sleep(FLUSH).await;
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let stream = futures::stream::iter([Ok(half)]).chain(broken);
    Response::from_parts(parts, Body::from_stream(stream))
}

/// The whole body. Bodies here are made in memory by our own handlers: reading them cannot fail.
async fn collect(body: Body) -> Bytes {
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}
