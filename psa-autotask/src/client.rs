//! One method per call to Autotask: wire types in and out, no decisions.

use crate::{
    config::Config,
    error,
    link::{Entity, Link},
    wire,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt;
use sync_core::{
    Error, ErrorKind, Result,
    model::{CompanyId, ContactId, LineId},
};
use sync_http::{Idempotency, Method, Request, Response};

/// A 429, and the text about threads, are answered before anything is done.
const CREATE: Idempotency = Idempotency::Create { rate_limit_rejects_before_acting: true };

/// The most rows of one answer; more are refused.
pub(crate) const PAGE_SIZE: usize = 500;

/// The most values in one condition. The limit is 500 alternatives in a whole query.
pub(crate) const MOST_VALUES: usize = 400;

/// A connection to one database.
pub(crate) struct Client {
    link: Link,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Ok(Self { link: Link::new(config)? })
    }

    /// Where requests go, for logs.
    pub(crate) fn host(&self) -> String {
        self.link.host()
    }

    /// Today, at Greenwich.
    pub(crate) fn today(&self) -> NaiveDate {
        DateTime::<Utc>::from(self.link.wall()).date_naive()
    }

    /// `GET /ThresholdInformation`
    pub(crate) async fn threshold(&self) -> Result<wire::Threshold> {
        self.link.threshold().await
    }

    async fn call<T: DeserializeOwned>(&self, entity: Entity, request: Request) -> Result<T> {
        decode(&self.link.send(entity, request).await?)
    }

    /// `POST /{Entity}/query`: up to 500 rows in the order of their ids.
    ///
    /// Every field is asked for: whether a restricted answer carries user-defined fields is not documented.
    pub(crate) async fn query(
        &self,
        entity: Entity,
        filter: &[Value],
        operation: &'static str,
    ) -> Result<(wire::Page<wire::Record>, Response)> {
        let body = json!({ "filter": filter, "MaxRecords": PAGE_SIZE });
        let request = search(entity, "query", &body, operation);
        let response = self.link.send(entity, request).await?;
        Ok((decode(&response)?, response))
    }

    /// `POST /{Entity}/query/count`
    pub(crate) async fn count(
        &self,
        entity: Entity,
        filter: &[Value],
        operation: &'static str,
    ) -> Result<u64> {
        let request = search(entity, "query/count", &json!({ "filter": filter }), operation);
        let count: wire::Count = self.call(entity, request).await?;
        Ok(count.query_count)
    }

    /// `GET /{Entity}/{id}`; `None` where there is no such record.
    pub(crate) async fn get(
        &self,
        entity: Entity,
        id: i64,
        operation: &'static str,
    ) -> Result<Option<wire::Record>> {
        let path = format!("{}/{{}}", entity.path());
        let request = Request::new(Method::Get, path, Idempotency::Read, operation).segment(id.to_string());
        let item: wire::Item = self.call(entity, request).await?;
        Ok(item.item)
    }

    /// `GET /{Entity}/entityInformation`
    pub(crate) async fn rights(&self, entity: Entity, operation: &'static str) -> Result<wire::Rights> {
        let path = format!("{}/entityInformation", entity.path());
        let request = Request::new(Method::Get, path, Idempotency::Read, operation);
        let information: wire::Information = self.call(entity, request).await?;
        Ok(information.info)
    }

    /// `GET /{Entity}/entityInformation/fields`
    pub(crate) async fn fields(&self, entity: Entity, operation: &'static str) -> Result<Vec<wire::Field>> {
        self.table(entity, "fields", operation).await
    }

    /// `GET /{Entity}/entityInformation/userDefinedFields`
    pub(crate) async fn udfs(&self, entity: Entity, operation: &'static str) -> Result<Vec<wire::Field>> {
        self.table(entity, "userDefinedFields", operation).await
    }

    async fn table(&self, entity: Entity, which: &str, operation: &'static str) -> Result<Vec<wire::Field>> {
        let path = format!("{}/entityInformation/{which}", entity.path());
        let request = Request::new(Method::Get, path, Idempotency::Read, operation);
        let fields: wire::Fields = self.call(entity, request).await?;
        Ok(fields.fields.unwrap_or_default())
    }

    /// `POST /Companies/{company}/Contacts`; the new contact's id.
    pub(crate) async fn create_contact(&self, company: i64, body: &Map<String, Value>) -> Result<i64> {
        let request = Request::new(Method::Post, "/Companies/{}/Contacts", CREATE, "create contact")
            .segment(company.to_string())
            .json(body);
        let response = self.link.send(Entity::Contacts, request).await?;
        let missing = error::names_company(&response);
        if missing || response.status() == 404 {
            return Err(response.error(ErrorKind::NotFound, "Autotask has no such company; check company_id"));
        }
        written(&response)
    }

    /// `PATCH /Companies/{company}/Contacts`, with the contact's id in the body. The root of contacts takes none.
    pub(crate) async fn patch_contact(&self, company: i64, body: &Map<String, Value>) -> Result<()> {
        let request =
            Request::new(Method::Patch, "/Companies/{}/Contacts", Idempotency::SetToValue, "update contact")
                .segment(company.to_string())
                .json(body);
        let response = self.link.send(Entity::Contacts, request).await?;
        if error::names_company(&response) {
            return Err(response.error(ErrorKind::NotFound, "the contact's company is gone; plan again"));
        }
        written(&response).map(drop)
    }

    /// `PATCH /Companies`, with the company's id in the body.
    pub(crate) async fn patch_company(&self, body: &Map<String, Value>) -> Result<()> {
        let request =
            Request::new(Method::Patch, "/Companies", Idempotency::SetToValue, "update company").json(body);
        written(&self.link.send(Entity::Companies, request).await?).map(drop)
    }

    /// `POST /ContractServiceAdjustments`: a difference, so it is sent once.
    pub(crate) async fn adjust(&self, body: &Value) -> Result<i64> {
        let entity = Entity::ContractServiceAdjustments;
        let request = Request::new(Method::Post, entity.path(), CREATE, "set quantity").json(body);
        written(&self.link.send(entity, request).await?)
    }
}

fn search(entity: Entity, what: &str, body: &Value, operation: &'static str) -> Request {
    let path = format!("{}/{what}", entity.path());
    Request::new(Method::Post, path, Idempotency::Read, operation).json(body)
}

/// The record in the answer of a success, else the error.
fn decode<T: DeserializeOwned>(response: &Response) -> Result<T> {
    if response.is_success() { response.json() } else { Err(error::of(response)) }
}

/// The id in the answer of a write. A success without one leaves what happened unknown.
fn written(response: &Response) -> Result<i64> {
    let answer: wire::Written = decode(response)?;
    answer.id().ok_or_else(|| response.unreadable("the answer names no id of what was written"))
}

/// A condition on a field.
pub(crate) fn condition(op: &'static str, field: &str, value: impl Into<Value>) -> Value {
    json!({ "op": op, "field": field, "value": value.into() })
}

/// A numeric id; every id in Autotask is one. Company 0 is the MSP's own.
pub(crate) fn numeric(id: &str) -> Option<i64> {
    let plain = !id.is_empty() && id.len() <= 18 && id.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| id.parse().ok()).flatten()
}

/// As [`numeric`], for a contact: an id that Autotask cannot have is that of no contact.
pub(crate) fn contact_id(id: &ContactId, operation: &'static str) -> Result<i64> {
    numeric(id.as_str()).ok_or_else(|| no_such(operation, "contact"))
}

/// As [`contact_id`], for a line of a contract.
pub(crate) fn line_id(id: &LineId, operation: &'static str) -> Result<i64> {
    numeric(id.as_str()).ok_or_else(|| no_such(operation, "contract service"))
}

fn no_such(operation: &'static str, what: &str) -> Error {
    let message = format!("the id of a {what} in Autotask is a number; there is no such {what}");
    Error::new(ErrorKind::NotFound, operation, message)
}

/// As [`numeric`], for a company.
pub(crate) fn company_id(id: &CompanyId, operation: &'static str) -> Result<i64> {
    let wrong = || {
        Error::new(
            ErrorKind::ConfigInvalid,
            operation,
            "an Autotask company id is a number; check company_id",
        )
    };
    numeric(id.as_str()).ok_or_else(wrong)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.host()).finish_non_exhaustive()
    }
}
