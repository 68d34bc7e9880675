//! The token endpoint of the Microsoft identity platform: who asks, for what, and what they get.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Graph, assertion, identity, person};
use crate::Vendor;
use crate::faults::{Call, FaultKind, Stage};
use crate::people::{DOMAIN, INITIAL_DOMAIN};
use crate::rng::Rng;
use crate::shared::Shared;

/// The scope that clients of the real Graph have built in; taken as well as this sandbox's own.
pub(super) const REAL_SCOPE: &str = "https://graph.microsoft.com/.default";

/// What a signed assertion says that it is.
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The grant type of device codes.
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What an access token holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccessToken {
    /// The tenant that it is for.
    pub(super) tenant: String,
    /// Unix time of issue.
    pub(super) issued: i64,
    /// Revocation epoch.
    pub(super) epoch: u64,
    /// Makes each token another.
    pub(super) serial: u64,
    /// The client understands claims challenges.
    pub(super) capable: bool,
    /// The `nbf` that a claims challenge asked for.
    pub(super) not_before: Option<i64>,
}

/// The authority below its prefix.
pub(crate) fn router(graph: Arc<Graph>) -> Router {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token))
        .route("/{tenant}/oauth2/v2.0/authorize", get(person::authorize))
        .route("/{tenant}/oauth2/v2.0/devicecode", post(person::device_code))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(openid))
        .route("/metadata/identity/oauth2/token", get(identity::metadata))
        .route("/msi/token", get(identity::app_service))
        .with_state(graph)
}

/// A token for that tenant.
pub(super) fn access_token(graph: &Graph, tenant: &str, capable: bool, not_before: Option<i64>) -> String {
    let token = AccessToken {
        tenant: tenant.to_owned(),
        issued: graph.shared().clock.now().timestamp(),
        epoch: graph.epoch.load(Ordering::Relaxed),
        serial: graph.requests.fetch_add(1, Ordering::Relaxed),
        capable,
        not_before,
    };
    graph.seal().close("access", &token)
}

/// What went wrong: status, OAuth error, AADSTS code, text.
#[derive(Debug)]
pub(super) struct Denied(pub(super) u16, pub(super) &'static str, pub(super) u32, pub(super) String);

impl Denied {
    pub(super) fn response(&self, shared: &Shared) -> Response {
        let status = StatusCode::from_u16(self.0).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self.body(shared))).into_response()
    }

    fn body(&self, shared: &Shared) -> Value {
        let Self(_, error, code, text) = self;
        let now = shared.clock.now();
        let mut rng = Rng::new(shared.calls.snapshot().total, "login");
        let (trace, correlation) = (rng.uuid(), rng.uuid());
        let stamp = now.format("%Y-%m-%d %H:%M:%SZ");
        json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [code],
            "timestamp": stamp.to_string(),
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{}/login/error?code={code}", shared.origin),
        })
    }
}

/// What the endpoint answers when it is throttled or down.
pub(crate) fn refusal(shared: &Shared) -> Value {
    let text = "A transient error has occurred. Please try again.".to_owned();
    Denied(503, "temporarily_unavailable", 90033, text).body(shared)
}

async fn token(
    State(graph): State<Arc<Graph>>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    match issue(&graph, &tenant, &headers, &body) {
        Ok(answer) => {
            let cache = [(header::CACHE_CONTROL, "no-store, no-cache"), (header::PRAGMA, "no-cache")];
            (cache, Json(answer)).into_response()
        }
        Err(denied) => denied.response(graph.shared()),
    }
}

/// The fields of a form.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(body: &str) -> Self {
        Self(form_urlencoded::parse(body.as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn issue(graph: &Graph, tenant: &str, headers: &HeaderMap, body: &str) -> Result<Value, Denied> {
    let tenant_id = check_tenant(graph, tenant)?;
    let form = Form::read(body);
    check_faults(graph, tenant)?;
    let delegated = match form.get("grant_type") {
        Some("client_credentials") => false,
        Some("authorization_code" | "refresh_token" | DEVICE_GRANT) => true,
        None => return Err(missing("grant_type")),
        Some(_) => {
            let text = "The app requested an unsupported grant type.".to_owned();
            return Err(Denied(400, "unsupported_grant_type", 70003, text));
        }
    };
    let basic = basic(headers);
    check_client(graph, &form, basic.as_ref(), delegated)?;
    match form.get("grant_type") {
        Some("authorization_code") => person::redeem(graph, &form)?,
        Some("refresh_token") => person::refresh(graph, &form)?,
        Some(DEVICE_GRANT) => person::ask(graph, &form)?,
        _ => {}
    }
    // In a person's flows the scope may be left to the request that began it.
    if !delegated || form.get("scope").is_some() {
        check_scope(graph, form.get("scope"), delegated)?;
    }
    let (capable, not_before) = claims(form.get("claims"))?;
    let lifetime = graph.lifetimes().access.as_secs();
    let mut answer = json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime,
        "access_token": access_token(graph, &tenant_id, capable, not_before),
    });
    if delegated {
        answer["scope"] = json!("User.Read.All GroupMember.Read.All");
        answer["refresh_token"] = json!(person::refresh_token(graph));
    }
    Ok(answer)
}

/// The fault that refuses a sign-in by a code of Microsoft's.
fn check_faults(graph: &Graph, tenant: &str) -> Result<(), Denied> {
    let path = format!("/{tenant}/oauth2/v2.0/token");
    let route = "/{tenant}/oauth2/v2.0/token";
    let call = Call { vendor: Vendor::Login, method: "POST", route, path: &path };
    match graph.shared().faults.strike(Stage::SignIn, &call).first() {
        Some(&FaultKind::Aadsts(code)) => {
            let (status, error) = match code {
                7_000_215 | 7_000_222 | 700_027 | 7_000_112 => (401, "invalid_client"),
                50_076 | 50_079 | 50_158 | 53_000..=53_003 => (400, "interaction_required"),
                65_001 | 50_173 | 700_082 | 70_043 => (400, "invalid_grant"),
                700_016 => (400, "unauthorized_client"),
                _ => (400, "invalid_request"),
            };
            Err(Denied(status, error, code, "The request was refused by a fault.".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Who asks: the app with its secret or an assertion; in a person's flows also without, as a public client.
fn check_client(
    graph: &Graph,
    form: &Form,
    basic: Option<&(String, String)>,
    delegated: bool,
) -> Result<(), Denied> {
    let client_id = form.get("client_id").or(basic.map(|(id, _)| id.as_str()));
    let secret = form.get("client_secret").or(basic.map(|(_, secret)| secret.as_str()));
    let Some(client_id) = client_id else { return Err(missing("client_id")) };
    if client_id != graph.access().client_id {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory 'Contoso'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any user in \
             the tenant."
        );
        return Err(Denied(400, "unauthorized_client", 700_016, text));
    }
    if let (None, Some(assertion)) = (secret, form.get("client_assertion")) {
        if form.get("client_assertion_type") != Some(ASSERTION) {
            return Err(missing("client_assertion_type"));
        }
        return assertion::check(graph, client_id, assertion);
    }
    let Some(secret) = secret else {
        if delegated {
            return Ok(());
        }
        let text =
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
        return Err(Denied(401, "invalid_client", 7_000_218, text.to_owned()));
    };
    if secret != graph.access().client_secret {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
             not the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(Denied(401, "invalid_client", 7_000_215, text));
    }
    Ok(())
}

/// What the `claims` parameter says: whether the client understands challenges, and which `nbf` it was asked for.
fn claims(text: Option<&str>) -> Result<(bool, Option<i64>), Denied> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok((false, None)) };
    let claims: Value = serde_json::from_str(text).map_err(|_malformed| {
        Denied(400, "invalid_request", 90_014, "The claims parameter is not valid JSON.".to_owned())
    })?;
    let token = &claims["access_token"];
    let values = token["xms_cc"]["values"].as_array();
    let capable = values.is_some_and(|values| values.iter().any(|value| value == "cp1"));
    let not_before = token["nbf"]["value"].as_str().and_then(|text| text.parse().ok());
    Ok((capable, not_before))
}

/// The id of the tenant with that id or domain: this one, or a customer's whose administrator consented to the app.
pub(super) fn check_tenant(graph: &Graph, tenant: &str) -> Result<String, Denied> {
    let own_id = graph.access().tenant_id.as_str();
    if [own_id, DOMAIN, INITIAL_DOMAIN].iter().any(|own| own.eq_ignore_ascii_case(tenant)) {
        return Ok(own_id.to_owned());
    }
    if let Some(customer) = graph.customer(tenant) {
        if customer.consented {
            return Ok(customer.tenant_id);
        }
        let text = format!(
            "Application with identifier '{}' was not found in the directory '{}'. This can happen if the application \
             has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
            graph.access().client_id,
            customer.name
        );
        return Err(Denied(400, "unauthorized_client", 700_016, text));
    }
    if ["common", "organizations", "consumers"].contains(&tenant) {
        let text = "No tenant-identifying information found in either the request or implied by any provided \
             credentials.";
        return Err(Denied(400, "invalid_request", 50059, text.to_owned()));
    }
    let text = format!(
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    Err(Denied(400, "invalid_request", 90002, text))
}

/// Checks the scope. A person's flows may add the scopes of OpenID Connect, and name permissions one by one.
pub(super) fn check_scope(graph: &Graph, scope: Option<&str>, delegated: bool) -> Result<(), Denied> {
    let scope = scope.map(str::trim).unwrap_or_default();
    let openid = ["offline_access", "openid", "profile", "email"];
    let asked: Vec<&str> =
        scope.split_whitespace().filter(|word| !(delegated && openid.contains(word))).collect();
    if delegated && asked.iter().all(|word| !word.ends_with("/.default")) && !asked.is_empty() {
        return Ok(());
    }
    let scope = asked.join(" ");
    let scope = scope.as_str();
    if scope.is_empty() {
        return Err(missing("scope"));
    }
    if scope.contains(char::is_whitespace) {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter \
             'scope' is not valid. The scope '{scope}' names more than one resource."
        );
        return Err(Denied(400, "invalid_scope", 70011, text));
    }
    if !scope.ends_with("/.default") {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Denied(400, "invalid_scope", 1_002_012, text));
    }
    let own = format!("{}/.default", graph.base());
    // The bare origin too: some clients strip the path off the Graph root.
    let origin = format!("{}/.default", graph.shared().origin);
    if [own.as_str(), origin.as_str(), REAL_SCOPE].contains(&scope) {
        return Ok(());
    }
    let resource = scope.trim_end_matches("/.default");
    let text = format!("The resource principal named {resource} was not found in the tenant named Contoso.");
    Err(Denied(400, "invalid_resource", 500_011, text))
}

pub(super) fn missing(name: &str) -> Denied {
    let text = format!("The request body must contain the following parameter: '{name}'.");
    Denied(400, "invalid_request", 900_144, text)
}

/// Client id and secret of a Basic header, each form-decoded as RFC 6749 section 2.3.1 says.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let encoded = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?.1;
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |text: &str| {
        let pair = format!("x={text}");
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

async fn openid(State(graph): State<Arc<Graph>>, Path(tenant): Path<String>) -> Response {
    // Any tenant's document can be read, consent or none.
    let found = graph.customer(&tenant).map(|customer| customer.tenant_id);
    let tenant_id = match found.map_or_else(|| check_tenant(&graph, &tenant), Ok) {
        Ok(tenant_id) => tenant_id,
        Err(denied) => return (StatusCode::BAD_REQUEST, Json(denied.body(graph.shared()))).into_response(),
    };
    let access = graph.access();
    let root = format!("{}/{tenant_id}", access.authority);
    Json(json!({
        "issuer": format!("{root}/v2.0"),
        "token_endpoint": format!("{root}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{root}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{root}/oauth2/v2.0/devicecode"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "msgraph_host": graph.base(),
    }))
    .into_response()
}
