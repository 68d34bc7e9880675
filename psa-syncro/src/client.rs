//! One method per call to Syncro: wire types in and out, no decisions.

use crate::{
    config::{Config, is_own},
    error::{self, Hook},
    wire,
};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use sync_core::{
    Error, ErrorKind, Result,
    model::{CompanyId, ContactId},
};
use sync_http::{BearerToken, HttpClient, Idempotency, Limiter, Method, Request, Response, RetryPolicy};

/// A 429 is answered before the application sees the request, as everywhere; Syncro does not document it.
const CREATE: Idempotency = Idempotency::Create { rate_limit_rejects_before_acting: true };

/// The limit of the connections to Syncro's own hosts: it is counted per IP address, whatever the account.
static SHARED_LIMIT: Mutex<Option<Limiter>> = Mutex::new(None);

/// A connection to one account.
pub(crate) struct Client {
    http: HttpClient,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        config.validate()?;
        let root = config.root()?;
        let limiter = if is_own(&root) { shared(config)? } else { limiter(config)? };
        let http = HttpClient::builder(root)
            .auth(Arc::new(BearerToken::new(SecretString::clone(&config.api_token))))
            .header("accept", "application/json")
            .hook(Arc::new(Hook))
            .limiter(limiter)
            .retry(RetryPolicy { max_rate_limited: u32::MAX, ..RetryPolicy::default() })
            .timeout(Duration::from_secs(config.timeout_seconds))
            .build()?;
        Ok(Self { http })
    }

    /// Where requests go, for logs.
    pub(crate) fn host(&self) -> String {
        self.http.host()
    }

    async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        decode(&self.http.send(request).await?)
    }

    /// A `GET` of a listing or of what is there once.
    pub(crate) async fn get<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let response = self.http.send(request).await?;
        if let Some(error) = error::gone(&response) { Err(error) } else { decode(&response) }
    }

    /// `GET /me`
    pub(crate) async fn me(&self) -> Result<wire::Me> {
        self.get(read("/me", "read the API token's user")).await
    }

    /// `GET /settings`
    pub(crate) async fn settings(&self) -> Result<wire::Settings> {
        self.get(read("/settings", "read settings")).await
    }

    /// `GET /contacts/{id}`
    pub(crate) async fn contact(&self, id: i64, operation: &'static str) -> Result<wire::Contact> {
        self.get(read("/contacts/{}", operation).segment(id.to_string())).await
    }

    /// `POST /contacts`
    pub(crate) async fn create_contact(&self, body: &Map<String, Value>) -> Result<wire::Contact> {
        let request = Request::new(Method::Post, "/contacts", CREATE, "create contact").json(body);
        self.call(request).await
    }

    /// `PUT /contacts/{id}`
    pub(crate) async fn update_contact(&self, id: i64, body: &Map<String, Value>) -> Result<wire::Contact> {
        self.call(put("/contacts/{}", "update contact").segment(id.to_string()).json(body)).await
    }

    /// `GET /customers/{id}`
    pub(crate) async fn customer(&self, id: i64, operation: &'static str) -> Result<wire::Customer> {
        let one: wire::OneCustomer =
            self.get(read("/customers/{}", operation).segment(id.to_string())).await?;
        Ok(one.customer)
    }

    /// `PUT /customers/{id}`
    pub(crate) async fn update_customer(&self, id: i64, body: &Map<String, Value>) -> Result<wire::Customer> {
        let request = put("/customers/{}", "update company").segment(id.to_string()).json(body);
        let one: wire::OneCustomer = self.call(request).await?;
        Ok(one.customer)
    }

    /// `DELETE /portal_users/{id}`; one that is gone already is a success.
    pub(crate) async fn delete_portal_user(&self, id: i64) -> Result<()> {
        let request =
            Request::new(Method::Delete, "/portal_users/{}", Idempotency::SetToValue, "revoke portal access")
                .segment(id.to_string());
        let response = self.http.send(request).await?;
        if response.is_success() || response.status() == 404 { Ok(()) } else { Err(error::of(&response)) }
    }

    /// `GET /schedules/{id}`
    pub(crate) async fn schedule(&self, id: i64) -> Result<wire::Schedule> {
        let request = read("/schedules/{}", "read recurring invoice").segment(id.to_string());
        let one: wire::OneSchedule = self.get(request).await?;
        Ok(one.schedule)
    }

    /// `PUT /schedules/{id}/line_items/{line}`; sent at most once, for it is money.
    pub(crate) async fn update_line(
        &self,
        schedule: i64,
        line: i64,
        body: &Map<String, Value>,
    ) -> Result<wire::Line> {
        let path = "/schedules/{}/line_items/{}";
        let request = Request::new(Method::Put, path, CREATE, "set quantity")
            .segment(schedule.to_string())
            .segment(line.to_string())
            .json(body);
        let one: wire::OneLine = self.call(request).await?;
        Ok(one.schedule_line_item)
    }
}

/// A read.
pub(crate) fn read(path: &'static str, operation: &'static str) -> Request {
    Request::new(Method::Get, path, Idempotency::Read, operation)
}

fn put(path: &'static str, operation: &'static str) -> Request {
    Request::new(Method::Put, path, Idempotency::SetToValue, operation)
}

/// The record in the answer of a success, else the error: that of the status, or the one that the body tells in spite of it.
fn decode<T: DeserializeOwned>(response: &Response) -> Result<T> {
    if !response.is_success() {
        return Err(error::of(response));
    }
    response.json().map_err(|unreadable| error::inside(response).unwrap_or(unreadable))
}

fn limiter(config: &Config) -> Result<Limiter> {
    Limiter::builder()
        .window(config.requests_per_minute, Duration::from_secs(60))
        .concurrency(config.concurrency)
        .build()
}

/// The one limit of this process for all accounts at Syncro.
fn shared(config: &Config) -> Result<Limiter> {
    let mut shared = SHARED_LIMIT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(limiter) = &*shared {
        return Ok(limiter.clone());
    }
    let limiter = limiter(config)?;
    *shared = Some(limiter.clone());
    Ok(limiter)
}

/// A numeric id; every id in Syncro is one.
fn numeric(id: &str) -> Option<i64> {
    let plain = !id.is_empty() && id.len() <= 18 && id.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| id.parse().ok()).flatten()
}

/// The number of a contact: an id that Syncro cannot have is that of no contact.
pub(crate) fn contact_id(id: &ContactId, operation: &'static str) -> Result<i64> {
    numeric(id.as_str()).ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            operation,
            "a Syncro contact id is a number; there is no such contact",
        )
    })
}

/// The number of a company.
pub(crate) fn company_id(id: &CompanyId, operation: &'static str) -> Result<i64> {
    numeric(id.as_str()).ok_or_else(|| {
        Error::new(ErrorKind::ConfigInvalid, operation, "a Syncro customer id is a number; check company_id")
    })
}

/// The numbers of a recurring invoice and its line, which a line's id holds as `15/3`.
pub(crate) fn line_id(id: &str, operation: &'static str) -> Result<(i64, i64)> {
    let parts = id.split_once('/').and_then(|(schedule, line)| Some((numeric(schedule)?, numeric(line)?)));
    parts.ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            operation,
            "the id of a recurring invoice's line is two numbers, such as 15/3; there is no such line",
        )
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.http.host()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_accounts_at_syncro_share_one_limit_and_others_have_their_own() {
        let client = |address: &str| Client::new(&Config::new(address, "t".into())).unwrap();
        let (one, two) = (client("contoso"), client("https://fabrikam.syncromsp.com"));
        let elsewhere = client("http://127.0.0.1:9");
        one.http.limiter().pause(Duration::from_secs(5));
        assert!(two.http.limiter().paused_for().is_some(), "Syncro counts by address");
        assert!(elsewhere.http.limiter().paused_for().is_none());
    }

    #[test]
    fn only_numbers_are_ids() {
        assert_eq!(line_id("15/3", "x").unwrap(), (15, 3));
        for wrong in ["", "15", "15/", "/3", "15/3/1", "a/b", "../3", "15/-3"] {
            assert!(line_id(wrong, "x").is_err(), "{wrong}");
        }
        assert_eq!(contact_id(&ContactId::new("x"), "x").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(company_id(&CompanyId::new("1 "), "x").unwrap_err().kind(), ErrorKind::ConfigInvalid);
    }
}
