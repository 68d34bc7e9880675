//! A person's sign-in: authorization codes with PKCE, device codes, refresh tokens. The imitated person always consents
//! in the browser, and decides about device codes when the test says so.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::form_urlencoded;

use super::Graph;
use super::login::{Denied, Form, check_scope, check_tenant, missing};
use crate::rng::Rng;

/// How long codes live.
const CODE_LIFETIME: Duration = Duration::from_secs(600);
const DEVICE_LIFETIME: Duration = Duration::from_secs(900);

#[derive(Debug, Serialize, Deserialize)]
struct Code {
    challenge: String,
    redirect_uri: String,
    serial: u64,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct DeviceCode {
    user_code: String,
    at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Refresh {
    epoch: u64,
    serial: u64,
}

/// A refresh token of a person who has signed in.
pub(super) fn refresh_token(graph: &Graph) -> String {
    let epoch = graph.sign_ins.load(Ordering::Relaxed);
    let serial = graph.requests.fetch_add(1, Ordering::Relaxed);
    graph.seal().close("refresh", &Refresh { epoch, serial })
}

/// `GET /authorize`: the person consents and comes back at once.
pub(super) async fn authorize(
    State(graph): State<Arc<Graph>>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match consent(&graph, &tenant, &query.unwrap_or_default()) {
        Ok(location) => (StatusCode::FOUND, [(header::LOCATION, location)]).into_response(),
        Err(denied) => denied.response(graph.shared()),
    }
}

fn consent(graph: &Graph, tenant: &str, query: &str) -> Result<String, Denied> {
    check_tenant(graph, tenant)?;
    let form = Form::read(query);
    let need = |name: &'static str| form.get(name).ok_or_else(|| missing(name));
    if need("client_id")? != graph.access().client_id {
        return Err(Denied(400, "unauthorized_client", 700_016, "The application was not found.".to_owned()));
    }
    if need("response_type")? != "code" {
        return Err(Denied(400, "unsupported_response_type", 70007, "Only 'code' is supported.".to_owned()));
    }
    check_scope(graph, Some(need("scope")?), true)?;
    let redirect_uri = need("redirect_uri")?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(Denied(
            400,
            "invalid_request",
            9_002_325,
            "Proof Key for Code Exchange is required.".to_owned(),
        ));
    }
    let code = Code {
        challenge: need("code_challenge")?.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        serial: graph.requests.fetch_add(1, Ordering::Relaxed),
        at: graph.shared().clock.now().timestamp(),
    };
    let mut back = form_urlencoded::Serializer::new(String::new());
    back.append_pair("code", &graph.seal().close("code", &code));
    back.append_pair("state", form.get("state").unwrap_or_default());
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    Ok(format!("{redirect_uri}{joint}{}", back.finish()))
}

/// Redeems an authorization code.
pub(super) fn redeem(graph: &Graph, form: &Form) -> Result<(), Denied> {
    let invalid = |code, text: &str| Denied(400, "invalid_grant", code, text.to_owned());
    let code: Code = graph
        .seal()
        .open("code", form.get("code").ok_or_else(|| missing("code"))?)
        .ok_or_else(|| invalid(9_002_313, "The code is malformed."))?;
    if form.get("redirect_uri") != Some(code.redirect_uri.as_str()) {
        return Err(invalid(50011, "The redirect URI does not match the one of the request."));
    }
    if graph.is_past(code.at, CODE_LIFETIME) {
        return Err(invalid(70008, "The provided authorization code has expired."));
    }
    let verifier = form.get("code_verifier").unwrap_or_default();
    if URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) != code.challenge {
        return Err(invalid(501_481, "The Code_Verifier does not match the code_challenge."));
    }
    if !graph.registration().redeemed.insert(code.serial) {
        return Err(invalid(54005, "OAuth2 Authorization code was already redeemed."));
    }
    Ok(())
}

/// `POST /devicecode`.
pub(super) async fn device_code(
    State(graph): State<Arc<Graph>>,
    Path(tenant): Path<String>,
    body: String,
) -> Response {
    let form = Form::read(&body);
    let begun = check_tenant(&graph, &tenant).and_then(|_| {
        if form.get("client_id").ok_or_else(|| missing("client_id"))? != graph.access().client_id {
            return Err(Denied(
                400,
                "unauthorized_client",
                700_016,
                "The application was not found.".to_owned(),
            ));
        }
        check_scope(&graph, form.get("scope"), true)
    });
    if let Err(denied) = begun {
        return denied.response(graph.shared());
    }
    let user_code =
        Rng::new(graph.requests.fetch_add(1, Ordering::Relaxed), "user-code").word(9).to_uppercase();
    graph.registration().device_codes.insert(user_code.clone(), None);
    let code = DeviceCode { user_code: user_code.clone(), at: graph.shared().clock.now().timestamp() };
    let uri = format!("{}/device", graph.access().authority);
    Json(json!({
        "device_code": graph.seal().close("device", &code), "user_code": user_code, "verification_uri": uri,
        "expires_in": DEVICE_LIFETIME.as_secs(), "interval": 5,
        "message": format!("To sign in, use a web browser to open the page {uri} and enter the code {user_code}."),
    }))
    .into_response()
}

/// Answers a question about a device code.
pub(super) fn ask(graph: &Graph, form: &Form) -> Result<(), Denied> {
    let denied = |error, code, text: &str| Err(Denied(400, error, code, text.to_owned()));
    let text = form.get("device_code").ok_or_else(|| missing("device_code"))?;
    let Some(code) = graph.seal().open::<DeviceCode>("device", text) else {
        return denied("bad_verification_code", 70018, "The device code is not known.");
    };
    if graph.is_past(code.at, DEVICE_LIFETIME) {
        return denied("expired_token", 70020, "The device code has expired.");
    }
    let decided = graph.registration().device_codes.get(&code.user_code).copied().flatten();
    match decided {
        None => denied("authorization_pending", 70016, "The user has not yet entered the code."),
        Some(false) => denied("authorization_declined", 70019, "The user declined."),
        Some(true) => Ok(()),
    }
}

/// Checks a refresh token.
pub(super) fn refresh(graph: &Graph, form: &Form) -> Result<(), Denied> {
    let text = form.get("refresh_token").ok_or_else(|| missing("refresh_token"))?;
    let Some(token) = graph.seal().open::<Refresh>("refresh", text) else {
        let text = "The provided refresh token is malformed or invalid.".to_owned();
        return Err(Denied(400, "invalid_grant", 9_002_313, text));
    };
    if token.epoch != graph.sign_ins.load(Ordering::Relaxed) {
        let text = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            .to_owned();
        return Err(Denied(400, "invalid_grant", 50173, text));
    }
    Ok(())
}
