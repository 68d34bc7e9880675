//! One request, described before it is sent.

use crate::{Idempotency, url as urls, url::BaseUrl};
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use std::{fmt, time::Duration};
use sync_core::{Error, ErrorKind, Result};
use url::Url;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    pub(crate) fn to_reqwest(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// One request to a server. `Debug` shows no query, no header value and no body.
///
/// A value that cannot be sent (a header with a line break, a body that does not serialize) is reported by
/// [`HttpClient::send`](crate::HttpClient::send), so that building needs no `?` per line.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) idempotency: Idempotency,
    pub(crate) operation: &'static str,
    pub(crate) weight: u32,
    pub(crate) auth: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    target: Target,
    query: Vec<(String, String)>,
    fault: Option<&'static str>,
}

#[derive(Clone)]
enum Target {
    /// Below the base path; `{}` stands for the next of `segments`.
    Path { template: String, segments: Vec<String> },
    /// A link that the server gave.
    Link(String),
}

impl Request {
    /// A request to `path` below the client's base URL, with what repeating it would do and the name of the operation
    /// (such as `"list contacts"`, used in errors and logs).
    ///
    /// Each `{}` in the path is filled by [`Request::segment`]; ids and everything else that comes from data belongs
    /// there, because the path itself is logged. A query in the path is sent as it is, already encoded.
    #[must_use]
    pub fn new(
        method: Method,
        path: impl Into<String>,
        idempotency: Idempotency,
        operation: &'static str,
    ) -> Self {
        let target = Target::Path { template: path.into(), segments: Vec::new() };
        Self::to(method, target, idempotency, operation)
    }

    /// A request to a link that the server gave (a next link), used as it is.
    ///
    /// Sending fails with [`ErrorKind::UnexpectedResponse`], before anything is sent, unless the link is absolute with
    /// the scheme, host and port of the base URL, or a path from the root (`/…`).
    #[must_use]
    pub fn follow(
        method: Method,
        link: impl Into<String>,
        idempotency: Idempotency,
        operation: &'static str,
    ) -> Self {
        Self::to(method, Target::Link(link.into()), idempotency, operation)
    }

    fn to(method: Method, target: Target, idempotency: Idempotency, operation: &'static str) -> Self {
        Self {
            method,
            idempotency,
            operation,
            weight: 1,
            auth: true,
            timeout: None,
            headers: HeaderMap::new(),
            body: None,
            target,
            query: Vec::new(),
            fault: None,
        }
    }

    /// Fills the next `{}` of the path, percent-encoded so that it stays one segment. Never logged.
    #[must_use]
    pub fn segment(mut self, value: impl AsRef<str>) -> Self {
        let value = value.as_ref();
        if matches!(value, "" | "." | "..") {
            self.fault = Some("a path segment is empty or a dot");
        }
        match &mut self.target {
            Target::Path { segments, .. } => segments.push(urls::encode_segment(value)),
            Target::Link(_) => self.fault = Some("a link has no segments to fill"),
        }
        self
    }

    /// Adds a query parameter, percent-encoded (a space as `%20`; `$ , : / ( ) * !` stay as they are).
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a header field, replacing one of the client's or an earlier one. Its value is never logged.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.as_ref())) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            (Err(_), _) | (_, Err(_)) => self.fault = Some("a header field is not valid"),
        }
        self
    }

    /// Sends this value as JSON. Set `content-type` after it for a vendor's own JSON type.
    #[must_use]
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body("application/json", body),
            Err(_) => Self { fault: Some("the body cannot be written as JSON"), ..self },
        }
    }

    /// Sends these pairs as `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(pairs);
        self.body("application/x-www-form-urlencoded", body.finish())
    }

    /// Sends these bytes.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut this = self.header("content-type", content_type);
        this.body = Some(body.into());
        this
    }

    /// What it costs of the rate limit; default 1.
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// Sends without the client's authenticator, past the queue and the concurrency cap (but within every rate
    /// window): for token requests and open look-ups.
    #[must_use]
    pub fn no_auth(mut self) -> Self {
        self.auth = false;
        self
    }

    /// Another time-out per attempt than the client's.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The same request to another place: a next link.
    pub(crate) fn at_link(&self, link: String) -> Self {
        Self { target: Target::Link(link), query: Vec::new(), ..self.clone() }
    }

    /// The name of the operation.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// What repeating it would do.
    #[must_use]
    pub fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// The full URL, checked against the base URL.
    pub(crate) fn resolve(&self, base: &BaseUrl) -> Result<Url> {
        let wrong = |message: &str| {
            Error::new(ErrorKind::Other, self.operation, format!("{message}; nothing was sent"))
        };
        if let Some(fault) = self.fault {
            return Err(wrong(fault));
        }
        let mut url = match &self.target {
            Target::Link(link) => base.follow(self.operation, link)?,
            Target::Path { template, segments } => {
                let mut parts = template.split("{}");
                let mut path = parts.next().unwrap_or_default().to_owned();
                let mut values = segments.iter();
                for part in parts {
                    path.push_str(values.next().ok_or_else(|| wrong("a path segment was not filled"))?);
                    path.push_str(part);
                }
                if values.next().is_some() {
                    return Err(wrong("more path segments were given than the path has places"));
                }
                base.join(self.operation, &path)?
            }
        };
        if !self.query.is_empty() {
            let mut query = url.query().unwrap_or_default().to_owned();
            for (name, value) in &self.query {
                if !query.is_empty() {
                    query.push('&');
                }
                query.push_str(&urls::encode_query(name));
                query.push('=');
                query.push_str(&urls::encode_query(value));
            }
            url.set_query(Some(&query));
        }
        Ok(url)
    }

    /// The path as a log may show it.
    pub(crate) fn log_path(&self) -> String {
        match &self.target {
            Target::Path { template, .. } => urls::loggable(template),
            Target::Link(link) => match Url::parse(link) {
                Ok(url) => urls::loggable(url.path()),
                Err(_) if link.starts_with('/') => urls::loggable(link),
                Err(_) => "{…}".to_owned(),
            },
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.log_path())
            .field("idempotency", &self.idempotency)
            .field("operation", &self.operation)
            .field("weight", &self.weight)
            .field("body_bytes", &self.body.as_ref().map_or(0, Bytes::len))
            .finish_non_exhaustive()
    }
}
