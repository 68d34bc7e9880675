//! The locked database, and the checks that every request passes before its route.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;

use crate::shared::Shared;

use super::data::{Data, Settings};
use super::reply::ApiError;
use super::schema::ENTITIES;

/// The longest address that is answered (reported for queries by GET).
const MAX_URL: usize = 2048;

/// The database behind a lock that is never held across an await.
pub(crate) struct Store {
    data: Mutex<Data>,
    pub(crate) shared: Arc<Shared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) fn new(data: Data, shared: Arc<Shared>) -> Self {
        Self { data: Mutex::new(data), shared }
    }

    /// Works on the database at the present time.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Data) -> T) -> T {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        data.now = self.shared.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
        work(&mut data)
    }
}

/// The server's checks: length of the address, zone, keys, security level.
pub(crate) async fn guard(State(store): State<Arc<Store>>, request: Request, next: Next) -> Response {
    if request.uri().to_string().len() > MAX_URL {
        return ApiError::no_path().into_response();
    }
    let path = request.uri().path().to_owned();
    let admitted = store.with(|data| admit(&data.settings, &path, request.method(), request.headers()));
    match admitted {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// The part of a path below the version, and the zone it is in.
pub(crate) fn below(path: &str) -> Option<(&'static str, &str)> {
    let (zone, rest) = match path.strip_prefix("/zone2") {
        Some(rest) => ("/zone2", rest),
        None => ("", path),
    };
    Some((zone, rest.strip_prefix("/atservicesrest/")?))
}

fn admit(settings: &Settings, path: &str, method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some((zone, rest)) = below(path) else { return Err(ApiError::no_path()) };
    let route = rest.strip_prefix("v1.0/").unwrap_or(rest);
    if ["zoneinformation", "versioninformation"].contains(&route) {
        return Ok(());
    }
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = sent("username").eq_ignore_ascii_case(&settings.username)
        && sent("secret") == settings.secret
        && sent("apiintegrationcode").eq_ignore_ascii_case(&settings.integration_code);
    if settings.locked {
        return Err(ApiError::unauthorized("The API user account is locked."));
    }
    if !known || zone != settings.zone {
        return Err(ApiError::unauthorized("The API user could not be authenticated."));
    }
    permitted(settings, route, method)
}

/// Whether the API user's security level allows the call.
fn permitted(settings: &Settings, route: &str, method: &Method) -> Result<(), ApiError> {
    let entity = entity_of(route);
    let query = route.contains("/query") || *method == Method::GET;
    if route.contains("/entityinformation") {
        return Ok(());
    }
    match settings.denied.get(entity) {
        Some(writes_only) if !query => {
            let _ = writes_only;
            Err(ApiError::permission(if *method == Method::POST { "create" } else { "update" }))
        }
        Some(false) => Err(ApiError::permission("view")),
        Some(true) | None => Ok(()),
    }
}

/// The entity that a route below the version is about: `companies/1/contacts` is about contacts.
pub(crate) fn entity_of(route: &str) -> &'static str {
    let mut parts = route.split('/');
    let (first, _, third) =
        (parts.next().unwrap_or_default(), parts.next(), parts.next().unwrap_or_default());
    let child = ENTITIES
        .into_iter()
        .find(|entity| entity.child.is_some_and(|(child, _)| child.parent == first && child.path == third));
    let root = || ENTITIES.into_iter().find(|entity| entity.path == first);
    child.or_else(root).map_or("", |entity| entity.path)
}
