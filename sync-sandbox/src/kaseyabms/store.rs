//! The locked database, and the checks that every request passes before its route.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use tokio::time::Instant;

use crate::Vendor;
use crate::shared::Shared;

use super::data::Data;
use super::reply::{ApiError, Spelling, respond};

/// The database behind a lock that is never held across an await.
pub(crate) struct Store {
    data: Mutex<Data>,
    shared: Arc<Shared>,
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        data.now = self.shared.clock.now();
        work(&mut data)
    }

    /// Now, as rates are counted: by the timer, which a test may pause, and by what the clock was moved on.
    pub(crate) fn moment(&self) -> Instant {
        Instant::now() + self.shared.clock.ahead()
    }

    /// How answers are spelled now.
    pub(crate) fn spelling(&self) -> Spelling {
        self.with(|data| Spelling {
            pascal_case: data.settings.pascal_case,
            status_of_errors: data.settings.status_of_errors,
        })
    }
}

/// The server's checks: rate limit, token, role, and an error that a test has planned.
pub(crate) async fn guard(State(store): State<Arc<Store>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let path = path.strip_prefix(Vendor::KaseyaBms.prefix()).unwrap_or(path).to_ascii_lowercase();
    let template = request.extensions().get::<MatchedPath>().map_or(path.as_str(), MatchedPath::as_str);
    let endpoint = format!("{} {template}", request.method());
    let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Err(error) = store.with(|data| admit(data, &endpoint, &path, sent.as_deref(), store.moment())) {
        return respond(Err(error), store.spelling());
    }
    let mut response = next.run(request).await;
    // The service's own clock, which a test may have moved.
    let now = store.with(|data| data.now).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(now) = now.parse() {
        response.headers_mut().insert(axum::http::header::DATE, now);
    }
    response
}

fn admit(
    data: &mut Data,
    endpoint: &str,
    path: &str,
    sent: Option<&str>,
    moment: Instant,
) -> Result<(), ApiError> {
    let (now, enforce) = (data.now, data.settings.enforce_limits);
    if !data.pace.admit(endpoint, moment, enforce) {
        return Err(ApiError::too_many());
    }
    let planned =
        data.planned.iter().position(|planned| endpoint.to_ascii_lowercase().contains(&planned.path));
    if let Some(planned) = planned.and_then(|place| data.planned.remove(place)) {
        return Err(planned.error);
    }
    let below = path.trim_start_matches('/').strip_prefix("v2/").unwrap_or_default();
    if matches!(below, "security/authenticate" | "security/refreshtoken" | "security/ssostatus") {
        return Ok(());
    }
    let token = sent
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let known = data.tokens.iter().any(|pair| Some(pair.access.as_str()) == token && now < pair.access_ends);
    if !known {
        return Err(ApiError::token());
    }
    let under = |denied: &String| below == denied || below.starts_with(&format!("{denied}/"));
    if data.settings.denied.iter().any(under) {
        return Err(ApiError::permission());
    }
    Ok(())
}
