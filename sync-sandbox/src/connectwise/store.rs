//! The locked database, and the checks that every request passes before its route.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Vendor;
use crate::shared::Shared;

use super::call::header;
use super::data::{Data, Settings};
use super::reply::ApiError;

/// The longest address that is answered, in bytes (documented hard limit, read 2026-11).
const MAX_URL: usize = 10_000;
/// The model version that answers carry.
const CURRENT_VERSION: &str = "2025.1";
/// The codebase that always works: the cloud takes it as a router, and own installations have no other.
pub(crate) const ROUTER_CODEBASE: &str = "v4_6_release";

/// The database behind a lock that is never held across an await.
pub(crate) struct Store {
    data: Mutex<Data>,
    shared: Arc<Shared>,
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
        data.now = self.shared.clock.now_text();
        work(&mut data)
    }

    /// What links and `Location` begin with.
    pub(crate) fn link_base(&self) -> String {
        self.with(|data| data.settings.base_url.clone())
    }
}

/// The server's checks: length of the address, codebase, credentials, `clientId`, role.
pub(crate) async fn guard(State(store): State<Arc<Store>>, request: Request, next: Next) -> Response {
    if request.uri().to_string().len() > MAX_URL {
        let html = "<html><body><h1>414 Request-URI Too Long</h1></body></html>";
        return (StatusCode::URI_TOO_LONG, [(CONTENT_TYPE, "text/html")], html).into_response();
    }
    let path = request.uri().path();
    let path = path.strip_prefix(Vendor::ConnectWise.prefix()).unwrap_or(path).to_owned();
    if let Err(error) = store.with(|data| admit(&data.settings, &path, request.headers())) {
        return error.into_response();
    }
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(HeaderName::from_static("api-current-version"), HeaderValue::from_static(CURRENT_VERSION));
    response
}

fn admit(settings: &Settings, path: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    if path.starts_with("/login/") {
        return Ok(());
    }
    if settings.ssl_required {
        return Err(ApiError::security("SSL is required."));
    }
    let (codebase, route) = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .and_then(|(codebase, rest)| Some((codebase, rest.strip_prefix("apis/3.0/")?)))
        .ok_or_else(ApiError::no_endpoint)?;
    if codebase != ROUTER_CODEBASE && codebase != settings.codebase.trim_end_matches('/') {
        return Err(ApiError::no_endpoint());
    }
    // Own installations answer this one without credentials.
    if route == "system/info" && !settings.hide_bad_keys {
        return Ok(());
    }
    check_keys(settings, headers)?;
    match header(headers, "clientid").map(str::trim) {
        Some(client_id) if client_id == settings.client_id => {}
        _ => return Err(ApiError::no_client_id()),
    }
    let under = |denied: &String| route == denied || route.starts_with(&format!("{denied}/"));
    if settings.denied.iter().any(under) {
        return Err(ApiError::security("You do not have security permission to perform this action."));
    }
    Ok(())
}

fn check_keys(settings: &Settings, headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(sent) = header(headers, AUTHORIZATION.as_str()) else {
        return Err(ApiError::not_authenticated());
    };
    let Settings { company, public_key, private_key, .. } = settings;
    let wanted = format!("{company}+{public_key}:{private_key}");
    let known = sent
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .is_some_and(|decoded| decoded == wanted.as_bytes());
    match known {
        true => Ok(()),
        false if settings.hide_bad_keys => Err(ApiError::no_endpoint()),
        false => Err(ApiError::unauthorized()),
    }
}
