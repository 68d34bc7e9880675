//! The log lines of a request: operation, method, host, path, status, attempt, elapsed, request id; never a query, a
//! header value or a body.

use crate::{
    Request,
    attempt::{Answer, Attempt},
    retry::Decision,
    url as urls,
};
use std::time::Duration;
use url::Url;

/// What all lines of one request say.
pub(crate) struct Line<'a> {
    request: &'a Request,
    host: String,
    path: String,
    client_request_id: Option<String>,
}

impl<'a> Line<'a> {
    pub(crate) fn new(request: &'a Request, url: &Url, client_request_id: Option<String>) -> Self {
        Self { request, host: urls::host(url), path: request.log_path(), client_request_id }
    }

    /// An attempt has ended.
    pub(crate) fn attempt(&self, attempt: u32, result: &Attempt, elapsed: Duration) {
        let (outcome, answer): (&str, Option<&Answer>) = match result {
            Attempt::Answer(answer) => ("answer", Some(answer)),
            Attempt::TooLarge { answer } => ("body over the limit", Some(answer)),
            Attempt::Redirect { answer, .. } => ("redirect", Some(answer)),
            Attempt::Lost { failure, .. } => (failure.as_str(), None),
            Attempt::Unbuildable(_) => ("not built", None),
        };
        tracing::debug!(
            target: "sync_http",
            operation = self.request.operation,
            method = self.request.method.as_str(),
            host = self.host,
            path = self.path,
            attempt,
            status = answer.map(|a| a.status),
            elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            request_id = answer.and_then(|a| a.request_id.as_deref()),
            client_request_id = self.client_request_id.as_deref(),
            "{outcome}",
        );
    }

    /// The request will be repeated.
    pub(crate) fn again(&self, attempt: u32, wait: Duration) {
        tracing::info!(
            target: "sync_http",
            operation = self.request.operation,
            host = self.host,
            attempt,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            client_request_id = self.client_request_id.as_deref(),
            "repeating",
        );
    }

    /// The request failed and will not be repeated.
    pub(crate) fn given_up(&self, attempts: u32, decision: Decision) {
        let operation = self.request.operation;
        let id = self.client_request_id.as_deref();
        match decision {
            Decision::Indeterminate => {
                tracing::warn!(target: "sync_http", operation, host = self.host, attempts, client_request_id = id, "a write was sent and its result is unknown");
            }
            Decision::Retry | Decision::Wait | Decision::RepeatRefreshed | Decision::Final => {
                tracing::debug!(target: "sync_http", operation, host = self.host, attempts, client_request_id = id, "not repeated");
            }
        }
    }
}
