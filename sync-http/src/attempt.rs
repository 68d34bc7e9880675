//! One attempt: what goes out and what came of it, without any decision.

use crate::{
    Headers, Request, ResponseHook, Verdict,
    body::{self, BodyFault},
    client::Shared,
    retry::Failure,
    retry_after, url as urls,
};
use bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderName, LOCATION};
use std::time::Duration;
use url::Url;

/// What came of one attempt.
pub(crate) enum Attempt {
    /// An answer with a status, and its body if that is whole.
    Answer(Answer),
    /// The request could not be put together.
    Unbuildable(reqwest::Error),
    /// No answer, for this reason.
    Lost { failure: Failure, source: reqwest::Error },
    /// A success whose body is over the limit.
    TooLarge { answer: Answer },
    /// A redirect, and the host it names.
    Redirect { answer: Answer, host: String },
}

/// Status and head of an answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) verdict: Verdict,
}

/// Sends the request once.
pub(crate) async fn exchange(shared: &Shared, request: &Request, url: &Url, headers: HeaderMap) -> Attempt {
    let mut outgoing = shared
        .http
        .request(request.method.to_reqwest(), url.clone())
        .headers(headers)
        .timeout(request.timeout.unwrap_or(shared.timeout));
    if let Some(body) = &request.body {
        outgoing = outgoing.body(body.clone());
    }
    let outgoing = match outgoing.build() {
        Ok(outgoing) => outgoing,
        Err(source) => return Attempt::Unbuildable(source.without_url()),
    };
    let response = match shared.http.execute(outgoing).await {
        Ok(response) => response,
        Err(source) if source.is_builder() => return Attempt::Unbuildable(source.without_url()),
        Err(source) => {
            // Only a failure to connect (name, socket, TLS) proves that nothing was sent; whatever else counts as sent.
            let failure = if source.is_connect() { Failure::NotSent } else { Failure::NoAnswer };
            return Attempt::Lost { failure, source: source.without_url() };
        }
    };
    let status = response.status().as_u16();
    let headers = Headers::new(response.headers().clone());
    let mut answer = Answer {
        status,
        request_id: request_id(&shared.request_id_headers, &headers),
        retry_after: retry_after::parse(&headers, shared.clock.wall()),
        headers,
        body: Bytes::new(),
        verdict: Verdict::AsStatus,
    };
    if matches!(status, 301 | 302 | 303 | 307 | 308) {
        let location = answer.headers.get(LOCATION.as_str()).and_then(|target| url.join(target).ok());
        let host = location.map_or_else(|| "no readable address".to_owned(), |target| urls::host(&target));
        return Attempt::Redirect { answer, host };
    }
    match body::read(response, shared.max_body_bytes).await {
        Ok(body) => answer.body = body,
        // An error status says enough without its body.
        Err(_) if status >= 400 => {}
        Err(BodyFault::TooLarge) => return Attempt::TooLarge { answer },
        Err(BodyFault::Broken(source)) => return Attempt::Lost { failure: Failure::BrokenBody, source },
    }
    if status >= 400 {
        answer.verdict = verdict(shared.hook.as_deref(), &answer);
    }
    Attempt::Answer(answer)
}

fn verdict(hook: Option<&dyn ResponseHook>, answer: &Answer) -> Verdict {
    hook.map_or(Verdict::AsStatus, |hook| hook.verdict(answer.status, &answer.headers, &answer.body))
}

/// The class of an answer; `None` if it is the result as it stands.
pub(crate) fn classify(answer: &Answer, refreshable: bool) -> Option<Failure> {
    if answer.status < 400 {
        return None;
    }
    match (answer.status, answer.verdict) {
        (_, Verdict::RateLimited) | (429, Verdict::AsStatus) => Some(Failure::RateLimited),
        (401, Verdict::AsStatus) => Some(Failure::Unauthorized { refreshable }),
        (503, Verdict::AsStatus) if answer.retry_after.is_some() => Some(Failure::UnavailableUntil),
        (500.., Verdict::AsStatus) => Some(Failure::ServerError),
        (_, Verdict::AsStatus | Verdict::Final) => Some(Failure::Refused),
    }
}

/// The vendor's id of the request, if it looks like one: it goes into logs and errors.
fn request_id(names: &[HeaderName], headers: &Headers) -> Option<String> {
    let id = names.iter().find_map(|name| headers.get(name.as_str()))?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'|' | b'=');
    (!id.is_empty() && id.len() <= 128 && id.bytes().all(plain)).then(|| id.to_owned())
}
