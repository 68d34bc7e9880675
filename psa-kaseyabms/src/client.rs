//! One method per call to BMS: wire types in and out, no decisions.

use crate::{
    auth::Auth,
    config::Config,
    error::{self, Hook},
    wire::{self, EmailOp, NewContact, PatchOp, PhoneOp},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use sync_core::{
    Error, ErrorKind, Result,
    model::{CompanyId, ContactId},
};
use sync_http::{Clock, HttpClient, Idempotency, Limiter, Method, Request, Response};

/// Whether a call that is refused for the rate has acted is not documented; every gateway seen refuses before.
const CREATE: Idempotency = Idempotency::Create { rate_limit_rejects_before_acting: true };

/// How long nothing is sent to an endpoint whose limit others have used up.
const PAUSE: Duration = Duration::from_secs(300);

/// The window of the vendor's rate limit.
const HOUR: Duration = Duration::from_secs(3600);

/// A connection to one tenant.
pub(crate) struct Client {
    http: HttpClient,
    auth: Arc<Auth>,
    requests_per_hour: u32,
    concurrency: usize,
    longest_wait: Duration,
    /// The limit is on each endpoint, so each has a client of its own; they share connections and tokens.
    endpoints: Mutex<BTreeMap<Endpoint, HttpClient>>,
}

/// Method and path template: what the rate limit is counted by, as far as is known.
type Endpoint = (&'static str, &'static str);

/// What an answer holds.
pub(crate) struct Answer<T> {
    pub(crate) result: T,
    /// How many records there are, where the route tells.
    pub(crate) total: Option<u64>,
}

impl Client {
    pub(crate) fn new(config: &Config, clock: Option<&Arc<dyn Clock>>) -> Result<Self> {
        config.validate()?;
        let base = || -> Result<_> {
            let limiter = limiter(config.requests_per_hour, config.concurrency, clock)?;
            let mut builder = HttpClient::builder(config.root()?)
                .header("accept", "application/json")
                .hook(Arc::new(Hook))
                .limiter(limiter)
                .timeout(Duration::from_secs(config.timeout_seconds));
            if let Some(pem) = &config.extra_ca_pem {
                builder = builder.root_certificate_pem(pem.as_bytes());
            }
            Ok(builder)
        };
        let auth = Arc::new(Auth::new(base()?.build()?, config));
        let http = base()?.auth(Arc::<Auth>::clone(&auth)).build()?;
        Ok(Self {
            http,
            auth,
            requests_per_hour: config.requests_per_hour,
            concurrency: config.concurrency,
            longest_wait: Duration::from_secs(config.longest_wait_minutes.saturating_mul(60)),
            endpoints: Mutex::default(),
        })
    }

    /// Where requests go, for logs.
    pub(crate) fn host(&self) -> String {
        self.http.host()
    }

    /// How many requests of one kind may be under way.
    pub(crate) const fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn endpoint(&self, endpoint: Endpoint) -> Result<HttpClient> {
        let mut endpoints = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = endpoints.get(&endpoint) {
            return Ok(client.clone());
        }
        let limiter = limiter(self.requests_per_hour, self.concurrency, Some(&self.http.clock()))?;
        let client = self.http.with_limiter(limiter);
        endpoints.insert(endpoint, client.clone());
        Ok(client)
    }

    /// Sends a request and reads the answer of a success.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<Answer<T>> {
        decode(&self.send(call).await?)
    }

    /// Sends a request; while others use up the limit of its endpoint, again every few minutes. BMS counts by the hour and
    /// names no time, so the transport's own repeats are over long before there is room again.
    async fn send(&self, call: Call) -> Result<Response> {
        let http = self.endpoint((call.method.as_str(), call.template))?;
        let clock = self.http.clock();
        let began = clock.now();
        loop {
            let answer = self.send_once(&http, call.clone()).await;
            let waited = clock.now().saturating_sub(began);
            if !is_rate_limited(&answer) || waited.saturating_add(PAUSE) > self.longest_wait {
                return answer;
            }
            http.limiter().pause(PAUSE);
            clock.sleep(PAUSE).await;
        }
    }

    async fn send_once(&self, http: &HttpClient, call: Call) -> Result<Response> {
        let token = self.auth.token().await?;
        let response = http.send(call.request.clone()).await?;
        // A dead token is documented as 401, which the transport handles. Under 200 it was refused before acting as well.
        if !error::is_security_error(&response) {
            return Ok(response);
        }
        self.auth.forget(&token);
        http.send(call.request).await
    }

    /// `GET /v2/crm/contacts/summary/{id}`
    pub(crate) async fn contact(&self, id: i64, operation: &'static str) -> Result<wire::Contact> {
        let call = Call::get("/v2/crm/contacts/summary/{}", operation).segment(id);
        Ok(self.call(call).await?.result)
    }

    /// `POST /v2/crm/contacts/summary`
    pub(crate) async fn create_contact(&self, body: &NewContact) -> Result<wire::Created> {
        let call = Call::new(Method::Post, "/v2/crm/contacts/summary", CREATE, "create contact").json(body);
        Ok(self.call(call).await?.result)
    }

    /// `PATCH /v2/crm/contacts/{id}`
    pub(crate) async fn patch_contact(&self, id: i64, operations: &[PatchOp]) -> Result<wire::Contact> {
        let path = "/v2/crm/contacts/{}";
        let call = Call::new(Method::Patch, path, Idempotency::SetToValue, "update contact")
            .segment(id)
            .json(operations)
            .content_type("application/json-patch+json");
        Ok(self.call(call).await?.result)
    }

    /// `PATCH /v2/crm/contacts/{id}/emails`. What is added twice would be there twice, so it is sent once.
    pub(crate) async fn change_emails(&self, id: i64, operations: &[EmailOp]) -> Result<wire::EmailsChanged> {
        let path = "/v2/crm/contacts/{}/emails";
        let call =
            Call::new(Method::Patch, path, CREATE, "update e-mail addresses").segment(id).json(operations);
        Ok(self.call(call).await?.result)
    }

    /// `PATCH /v2/crm/contacts/{id}/phones`, sent once as well.
    pub(crate) async fn change_phones(&self, id: i64, operations: &[PhoneOp]) -> Result<wire::PhonesChanged> {
        let path = "/v2/crm/contacts/{}/phones";
        let call =
            Call::new(Method::Patch, path, CREATE, "update telephone numbers").segment(id).json(operations);
        Ok(self.call(call).await?.result)
    }

    /// `GET /v2/system/customFields/{module}`
    pub(crate) async fn custom_fields(&self, module: u32) -> Result<Vec<wire::CustomField>> {
        let call = Call::get("/v2/system/customFields/{}", "list custom fields").segment(module);
        Ok(self.call::<Option<_>>(call).await?.result.unwrap_or_default())
    }

    /// `GET /v2/system/customFields/{module}/{record}`
    pub(crate) async fn custom_values(&self, module: u32, record: i64) -> Result<Vec<wire::CustomValue>> {
        let call =
            Call::get("/v2/system/customFields/{}/{}", "read custom values").segment(module).segment(record);
        Ok(self.call::<Option<_>>(call).await?.result.unwrap_or_default())
    }

    /// `PUT /v2/system/customFields/data/{module}/{record}/{field}`
    pub(crate) async fn set_custom_value(
        &self,
        module: u32,
        record: i64,
        field: i64,
        value: &str,
    ) -> Result<()> {
        let path = "/v2/system/customFields/data/{}/{}/{}";
        let call = Call::new(Method::Put, path, Idempotency::SetToValue, "update custom value")
            .segment(module)
            .segment(record)
            .segment(field)
            .json(&json!({ "Value": value }));
        self.call::<Value>(call).await.map(|_| ())
    }

    /// `GET /v2/crm/accounts/{id}/locations/lookup`
    pub(crate) async fn locations(&self, account: i64) -> Result<Vec<wire::Location>> {
        let call = Call::get("/v2/crm/accounts/{}/locations/lookup", "list locations").segment(account);
        Ok(self.call::<Option<_>>(call).await?.result.unwrap_or_default())
    }

    /// `GET /v2/crm/accounts/summary/{id}`
    pub(crate) async fn account(&self, id: i64, operation: &'static str) -> Result<wire::Account> {
        let call = Call::get("/v2/crm/accounts/summary/{}", operation).segment(id);
        Ok(self.call(call).await?.result)
    }

    /// `GET /v2/security/userinfo`
    pub(crate) async fn user_info(&self) -> Result<wire::UserInfo> {
        Ok(self.call(Call::get("/v2/security/userinfo", "read the signed-in user")).await?.result)
    }

    /// `GET /v2/security/ssostatus`
    pub(crate) async fn sso_status(&self, tenant: &str) -> Result<wire::SsoStatus> {
        let call = Call::get("/v2/security/ssostatus", "read the sign-on status").query("Tenant", tenant);
        Ok(self.call(call).await?.result)
    }
}

/// Whether BMS refused to act, or nothing was sent, for the rate.
fn is_rate_limited(answer: &Result<Response>) -> bool {
    match answer {
        Ok(response) => !response.is_success() && error::of(response).kind() == ErrorKind::RateLimited,
        Err(error) => error.kind() == ErrorKind::RateLimited,
    }
}

fn limiter(requests_per_hour: u32, concurrency: usize, clock: Option<&Arc<dyn Clock>>) -> Result<Limiter> {
    let builder = Limiter::builder().window(requests_per_hour, HOUR).concurrency(concurrency);
    match clock {
        Some(clock) => builder.clock(Arc::clone(clock)).build(),
        None => builder.build(),
    }
}

/// One request and the endpoint it counts for.
#[derive(Clone)]
pub(crate) struct Call {
    method: Method,
    template: &'static str,
    request: Request,
}

impl Call {
    pub(crate) fn new(
        method: Method,
        template: &'static str,
        idempotency: Idempotency,
        operation: &'static str,
    ) -> Self {
        Self { method, template, request: Request::new(method, template, idempotency, operation) }
    }

    pub(crate) fn get(template: &'static str, operation: &'static str) -> Self {
        Self::new(Method::Get, template, Idempotency::Read, operation)
    }

    /// Fills the next place of the path.
    pub(crate) fn segment(mut self, value: impl fmt::Display) -> Self {
        self.request = self.request.segment(value.to_string());
        self
    }

    pub(crate) fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.request = self.request.query(name, value);
        self
    }

    pub(crate) fn json(mut self, body: &(impl Serialize + ?Sized)) -> Self {
        self.request = self.request.json(body);
        self
    }

    fn content_type(mut self, kind: &str) -> Self {
        self.request = self.request.header("content-type", kind);
        self
    }
}

/// The content of a success: by status and by the envelope, where there is one.
pub(crate) fn decode<T: DeserializeOwned>(response: &Response) -> Result<Answer<T>> {
    if !response.is_success() {
        return Err(error::of(response));
    }
    let mut body = wire::fold(response.json()?);
    let enveloped = body.get("success").is_some() || body.get("result").is_some();
    if body.get("success") == Some(&Value::Bool(false)) {
        let envelope = error::envelope(body);
        return Err(error::of_envelope(response, envelope.error.as_ref()));
    }
    let total = body.get("totalRecords").and_then(Value::as_u64);
    let result = match body.get_mut("result") {
        Some(result) if enveloped => result.take(),
        Some(_) | None => body,
    };
    // The error of the parser may quote what it read.
    let result = serde_json::from_value(result)
        .map_err(|_holds_content| response.unreadable("the answer has other fields than expected"))?;
    Ok(Answer { result, total })
}

/// A number for the id of a contact; what BMS cannot have is the id of no contact.
pub(crate) fn contact_id(id: &ContactId, operation: &'static str) -> Result<i64> {
    let wrong = || {
        Error::new(ErrorKind::NotFound, operation, "a BMS contact id is a number; there is no such contact")
    };
    numeric(id.as_str()).ok_or_else(wrong)
}

/// As [`contact_id`], for a company.
pub(crate) fn account_id(id: &CompanyId, operation: &'static str) -> Result<i64> {
    let wrong =
        || Error::new(ErrorKind::ConfigInvalid, operation, "a BMS account id is a number; check company_id");
    numeric(id.as_str()).ok_or_else(wrong)
}

fn numeric(id: &str) -> Option<i64> {
    let plain = !id.is_empty() && id.len() <= 10 && id.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| id.parse().ok()).flatten()
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.host()).finish_non_exhaustive()
    }
}
