//! One method per call to ConnectWise: wire types in and out, no decisions.

use crate::{
    config::{Config, check_codebase, invalid},
    error::{self, Hook, Missing},
    wire::{self, PatchOp, PatchVerb},
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{BasicAuth, HttpClient, Idempotency, Limiter, Method, Request, Response, RetryPolicy};
use tokio::sync::OnceCell;

/// ConnectWise answers a 429 before it acts (developer guide, rate limits; read 2026-11).
const CREATE: Idempotency = Idempotency::Create { rate_limit_rejects_before_acting: true };

/// The API below one code base.
struct Api {
    codebase: String,
    http: HttpClient,
}

/// A connection to one instance.
pub(crate) struct Client {
    root: HttpClient,
    /// The path below the origin that a proxy adds; empty or starting with a slash.
    prefix: String,
    company: String,
    fixed_codebase: Option<String>,
    /// The code base in use. A cloud upgrade changes it, and then the cell is replaced by an empty one.
    api: Mutex<Arc<OnceCell<Api>>>,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        config.validate()?;
        let root = config.root()?;
        let (_, rest) = root.split_once("://").unwrap_or_default();
        let prefix = rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or_default().to_owned();
        let limiter = Limiter::builder()
            .window(config.requests_per_minute, Duration::from_secs(60))
            .concurrency(config.concurrency)
            .build()?;
        let user = format!("{}+{}", config.company, config.public_key);
        let accept = format!("application/vnd.connectwise.com+json; version={}", config.api_version);
        let mut builder = HttpClient::builder(root)
            .auth(Arc::new(BasicAuth::new(&user, &config.private_key)?))
            .secret_header("clientId", SecretString::clone(&config.client_id))
            .header("accept", &accept)
            .hook(Arc::new(Hook))
            .limiter(limiter)
            .retry(RetryPolicy { max_rate_limited: u32::MAX, ..RetryPolicy::default() })
            .timeout(Duration::from_secs(config.timeout_seconds));
        if let Some(pem) = &config.extra_ca_pem {
            builder = builder.root_certificate_pem(pem.as_bytes());
        }
        Ok(Self {
            root: builder.build()?,
            prefix,
            company: config.company.clone(),
            fixed_codebase: config.codebase.as_deref().and_then(check_codebase).map(str::to_owned),
            api: Mutex::default(),
        })
    }

    /// Where requests go, for logs.
    pub(crate) fn host(&self) -> String {
        self.root.host()
    }

    /// Sends a request below the code base. Where the path does not exist, the code base is looked up once more,
    /// and the request is sent once more if it has changed.
    pub(crate) async fn send(&self, request: Request) -> Result<Response> {
        let cell = self.cell();
        let api = cell.get_or_try_init(|| self.discover()).await?;
        let response = api.http.send(request.clone()).await?;
        if self.fixed_codebase.is_some() || error::missing(&response) != Some(Missing::Route) {
            return Ok(response);
        }
        let renewed = self.renew(&cell);
        let fresh = renewed.get_or_try_init(|| self.discover()).await?;
        if fresh.codebase == api.codebase {
            return Ok(response);
        }
        tracing::info!(codebase = %fresh.codebase, "the code base has changed");
        fresh.http.send(request).await
    }

    fn cell(&self) -> Arc<OnceCell<Api>> {
        Arc::clone(&self.api.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An empty cell in place of a stale one; whoever comes second shares the first one's.
    fn renew(&self, stale: &Arc<OnceCell<Api>>) -> Arc<OnceCell<Api>> {
        let mut current = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, stale) {
            *current = Arc::default();
        }
        Arc::clone(&current)
    }

    async fn discover(&self) -> Result<Api> {
        let codebase = match &self.fixed_codebase {
            Some(codebase) => codebase.clone(),
            None => self.company_info().await?,
        };
        let http = self.root.with_base_path(&format!("{}/{codebase}/apis/3.0/", self.prefix))?;
        Ok(Api { codebase, http })
    }

    /// `GET /login/companyinfo/{company}`, which needs no credentials.
    async fn company_info(&self) -> Result<String> {
        let request =
            Request::new(Method::Get, "/login/companyinfo/{}", Idempotency::Read, "look up the code base")
                .segment(&self.company)
                .no_auth();
        let response = self.root.send(request).await?;
        if !response.is_success() {
            return Err(error::of(&response));
        }
        let info: Option<wire::CompanyInfo> = response.json()?;
        let Some(info) = info else {
            return Err(invalid(
                "ConnectWise knows no such company: check company (the id one signs in with) and the region in base_url",
            ));
        };
        let codebase = info.codebase.as_deref().and_then(check_codebase).map(str::to_owned);
        codebase.ok_or_else(|| {
            response
                .error(ErrorKind::UnexpectedResponse, "ConnectWise named no usable code base; set codebase")
        })
    }

    /// Sends and reads the answer of a success.
    pub(crate) async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let response = self.send(request).await?;
        decode(&response)
    }

    /// `GET` of one record or a count.
    pub(crate) async fn get<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        self.call(request).await
    }

    /// `GET /company/contacts/{id}`
    pub(crate) async fn contact(&self, id: i64, operation: &'static str) -> Result<wire::Contact> {
        self.get(read("/company/contacts/{}", operation).segment(id.to_string())).await
    }

    /// `GET /company/companies/{id}`
    pub(crate) async fn company(&self, id: i64, operation: &'static str) -> Result<wire::Company> {
        self.get(read("/company/companies/{}", operation).segment(id.to_string())).await
    }

    /// `GET /company/companies/{id}/teams`: those who are marked as account managers.
    pub(crate) async fn account_managers(
        &self,
        company: i64,
        operation: &'static str,
    ) -> Result<Vec<wire::TeamMember>> {
        let request = read("/company/companies/{}/teams", operation)
            .segment(company.to_string())
            .query("conditions", "accountManagerFlag=True")
            .query("fields", "id,member")
            .query("orderBy", "id");
        self.get(request).await
    }

    /// `POST /company/contacts`
    pub(crate) async fn create_contact(&self, body: &Value) -> Result<wire::Contact> {
        let request = Request::new(Method::Post, "/company/contacts", CREATE, "create contact").json(body);
        let response = self.send(request).await?;
        if !response.is_success() && error::names_company(&response) {
            return Err(response.error(ErrorKind::NotFound, "ConnectWise has no such company"));
        }
        decode(&response)
    }

    /// `PATCH /company/contacts/{id}`; the answer whatever its status.
    pub(crate) async fn patch_contact(&self, id: i64, operations: &[PatchOp]) -> Result<Response> {
        self.send(patch("/company/contacts/{}", id, operations, "update contact")).await
    }

    /// `PATCH /company/companies/{id}`
    pub(crate) async fn patch_company(&self, id: i64, operations: &[PatchOp]) -> Result<wire::Company> {
        self.call(patch("/company/companies/{}", id, operations, "update company")).await
    }

    /// `GET /finance/agreements/{id}`
    pub(crate) async fn agreement(&self, id: i64, operation: &'static str) -> Result<wire::Agreement> {
        self.get(read("/finance/agreements/{}", operation).segment(id.to_string())).await
    }

    /// `GET /finance/agreements/{id}/additions/{addition}`
    pub(crate) async fn addition(
        &self,
        agreement: i64,
        id: i64,
        operation: &'static str,
    ) -> Result<wire::Addition> {
        let path = "/finance/agreements/{}/additions/{}";
        self.get(read(path, operation).segment(agreement.to_string()).segment(id.to_string())).await
    }

    /// `PATCH /finance/agreements/{id}/additions/{addition}`: the quantity, and nothing else.
    pub(crate) async fn set_addition_quantity(
        &self,
        agreement: i64,
        id: i64,
        quantity: u64,
    ) -> Result<wire::Addition> {
        let path = "/finance/agreements/{}/additions/{}";
        let request = Request::new(Method::Patch, path, Idempotency::SetToValue, "set quantity")
            .segment(agreement.to_string())
            .segment(id.to_string())
            .json(&[PatchOp::replace("/quantity", quantity)]);
        self.call(request).await
    }

    /// The key of a callback's signature, at the address that the callback names. Another host than the configured one is
    /// refused before anything is sent.
    pub(crate) async fn signing_key(&self, url: &str) -> Result<wire::SigningKey> {
        let request = Request::follow(Method::Get, url, Idempotency::Read, "read signing key");
        decode(&self.root.send(request).await?)
    }

    /// `GET /company/contacts/{id}/typeAssociations`
    pub(crate) async fn type_associations(&self, contact: i64) -> Result<Vec<wire::TypeAssociation>> {
        let path = "/company/contacts/{}/typeAssociations";
        self.get(read(path, "read contact types").segment(contact.to_string()).query("pageSize", 1000)).await
    }

    /// `POST /company/contacts/{id}/typeAssociations`
    pub(crate) async fn add_type(&self, contact: i64, type_id: i64) -> Result<()> {
        let path = "/company/contacts/{}/typeAssociations";
        let request = Request::new(Method::Post, path, CREATE, "add contact type")
            .segment(contact.to_string())
            .json(&json!({ "type": { "id": type_id } }));
        succeed(&self.send(request).await?)
    }

    /// `DELETE /company/contacts/{id}/typeAssociations/{association}`; one that is gone already is a success.
    pub(crate) async fn remove_type(&self, contact: i64, association: i64) -> Result<()> {
        let path = "/company/contacts/{}/typeAssociations/{}";
        let request = Request::new(Method::Delete, path, Idempotency::SetToValue, "remove contact type")
            .segment(contact.to_string())
            .segment(association.to_string());
        let response = self.send(request).await?;
        if error::missing(&response) == Some(Missing::Record) { Ok(()) } else { succeed(&response) }
    }

    /// `GET /company/contacts/{id}/notes`, those that contain a checked text without quotation marks.
    pub(crate) async fn notes(&self, contact: i64, containing: &str) -> Result<Vec<wire::Note>> {
        if containing.contains('"') {
            return Err(invalid("a search text must not hold a quotation mark"));
        }
        let request = read("/company/contacts/{}/notes", "find note")
            .segment(contact.to_string())
            .query("conditions", format_args!("text contains \"{containing}\""))
            .query("pageSize", 1000);
        self.get(request).await
    }

    /// `POST /company/contacts/{id}/notes`
    pub(crate) async fn add_note(&self, contact: i64, text: &str) -> Result<()> {
        let request = Request::new(Method::Post, "/company/contacts/{}/notes", CREATE, "add note")
            .segment(contact.to_string())
            .json(&json!({ "text": text }));
        succeed(&self.send(request).await?)
    }

    /// `PATCH /company/contacts/{id}/notes/{note}`
    pub(crate) async fn update_note(&self, contact: i64, note: i64, text: &str) -> Result<()> {
        let path = "/company/contacts/{}/notes/{}";
        let request = Request::new(Method::Patch, path, Idempotency::SetToValue, "update note")
            .segment(contact.to_string())
            .segment(note.to_string())
            .json(&[PatchOp::replace("/text", text)]);
        succeed(&self.send(request).await?)
    }

    /// `POST /company/companies/{id}/notes`
    pub(crate) async fn add_company_note(&self, company: i64, text: &str) -> Result<()> {
        let path = "/company/companies/{}/notes";
        let request = Request::new(Method::Post, path, CREATE, "add company note")
            .segment(company.to_string())
            .json(&json!({ "text": text }));
        succeed(&self.send(request).await?)
    }

    /// `PATCH /company/companies/{id}/notes/{note}`: the text, and nothing else.
    pub(crate) async fn update_company_note(&self, company: i64, note: i64, text: &str) -> Result<()> {
        let path = "/company/companies/{}/notes/{}";
        let request = Request::new(Method::Patch, path, Idempotency::SetToValue, "update company note")
            .segment(company.to_string())
            .segment(note.to_string())
            .json(&[PatchOp::replace("/text", text)]);
        succeed(&self.send(request).await?)
    }
}

/// A read of a path below the code base.
pub(crate) fn read(path: &'static str, operation: &'static str) -> Request {
    Request::new(Method::Get, path, Idempotency::Read, operation)
}

fn patch(path: &'static str, id: i64, operations: &[PatchOp], operation: &'static str) -> Request {
    // An item added or removed twice is another list, so only replaces may be repeated.
    let repeatable = operations.iter().all(|o| o.op == PatchVerb::Replace);
    let idempotency = if repeatable { Idempotency::SetToValue } else { CREATE };
    Request::new(Method::Patch, path, idempotency, operation).segment(id.to_string()).json(operations)
}

/// The record in the answer of a success, else the error.
pub(crate) fn decode<T: DeserializeOwned>(response: &Response) -> Result<T> {
    succeed(response)?;
    response.json()
}

fn succeed(response: &Response) -> Result<()> {
    if response.is_success() { Ok(()) } else { Err(error::of(response)) }
}

/// A numeric id; every id in ConnectWise is one, and nothing else is ever put into a condition.
pub(crate) fn numeric(id: &str) -> Option<i64> {
    let plain = !id.is_empty() && id.len() <= 18 && id.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| id.parse().ok()).flatten()
}

/// As [`numeric`], for a contact: an id that ConnectWise cannot have is that of no contact.
pub(crate) fn contact_id(id: &sync_core::model::ContactId, operation: &'static str) -> Result<i64> {
    let wrong = || {
        Error::new(
            ErrorKind::NotFound,
            operation,
            "a ConnectWise contact id is a number; there is no such contact",
        )
    };
    numeric(id.as_str()).ok_or_else(wrong)
}

/// As [`numeric`], for a company.
pub(crate) fn company_id(id: &sync_core::model::CompanyId, operation: &'static str) -> Result<i64> {
    let wrong = || {
        Error::new(
            ErrorKind::ConfigInvalid,
            operation,
            "a ConnectWise company id is a number; check company_id",
        )
    };
    numeric(id.as_str()).ok_or_else(wrong)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.root.host()).finish_non_exhaustive()
    }
}
