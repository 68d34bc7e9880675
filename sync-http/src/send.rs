//! The loop around one request: permit, credentials, attempt, decision, wait.

use crate::{
    AuthHeaders, Idempotency, Rejected, Request, Response,
    attempt::{self, Answer, Attempt},
    client::Shared,
    limiter::Permit,
    log::Line,
    retry::{Decision, Failure, decide},
};
use reqwest::header::{HeaderMap, HeaderValue};
use std::time::Duration;
use sync_core::{Error, ErrorKind, Result, Retry};
use url::Url;

/// The longest pause that one answer can impose on all requests; a server that asks for more is asked again after it.
const LONGEST_PAUSE: Duration = Duration::from_secs(86_400);

/// After so many refusals for the rate the own wait grows no more.
const PATIENT: u32 = 4;

/// Sends `request` to `url` until the retry table ends it.
pub(crate) async fn send(shared: &Shared, request: &Request, url: &Url) -> Result<Response> {
    let mut run = Run::new(shared, request, url);
    loop {
        match run.attempt().await? {
            Step::Done(response) => return Ok(response),
            Step::Again(wait) => {
                if !wait.is_zero() {
                    shared.clock.sleep(wait).await;
                }
            }
        }
    }
}

/// What follows an attempt.
enum Step {
    Done(Response),
    Again(Duration),
}

/// The state of one request over its attempts.
struct Run<'a> {
    shared: &'a Shared,
    request: &'a Request,
    url: &'a Url,
    line: Line<'a>,
    client_request_id: Option<HeaderValue>,
    /// Attempts made.
    attempts: u32,
    /// Attempts that count for the policy: without the repeat after a 401.
    counted: u32,
    /// Attempts that were refused for the rate.
    limited: u32,
    refreshed: bool,
    /// An earlier attempt was sent and may have acted.
    unsure: bool,
    /// When the first attempt began, and the time spent queueing for the own limit since.
    started: Option<Duration>,
    queued: Duration,
}

impl<'a> Run<'a> {
    fn new(shared: &'a Shared, request: &'a Request, url: &'a Url) -> Self {
        let id = shared.client_request_id.as_ref().map(|_| uuid::Uuid::new_v4().to_string());
        let client_request_id = id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
        Self {
            shared,
            request,
            url,
            line: Line::new(request, url, id),
            client_request_id,
            attempts: 0,
            counted: 0,
            limited: 0,
            refreshed: false,
            unsure: false,
            started: None,
            queued: Duration::ZERO,
        }
    }

    async fn attempt(&mut self) -> Result<Step> {
        let permit = self.permit().await?;
        let (headers, credentials) = self.headers().await?;
        self.attempts += 1;
        self.counted += 1;
        let began = self.shared.clock.now();
        self.started.get_or_insert(began);
        let attempt = attempt::exchange(self.shared, self.request, self.url, headers).await;
        let elapsed = self.shared.clock.now().saturating_sub(began);
        self.observe(&attempt, &permit);
        // The slot is free again before any waiting.
        drop(permit);
        self.line.attempt(self.attempts, &attempt, elapsed);
        match attempt {
            Attempt::Answer(answer) => self.answered(answer, &credentials).await,
            Attempt::Lost { failure, source } => self.lost(failure, source),
            Attempt::TooLarge { answer } => {
                let limit = self.shared.max_body_bytes;
                Err(self.response(answer).too_large(limit))
            }
            Attempt::Redirect { answer, host } => Err(self.redirected(answer, &host)),
            Attempt::Unbuildable(source) => {
                let message = "the request cannot be put together; check its URL and headers";
                Err(Error::new(ErrorKind::ConfigInvalid, self.request.operation, message).with_source(source))
            }
        }
    }

    async fn permit(&mut self) -> Result<Permit> {
        let Self { shared, request, .. } = self;
        let asked = shared.clock.now();
        let patience = shared.retry.max_delay;
        let permit = if request.auth {
            shared.limiter.acquire(request.weight, patience).await
        } else {
            shared.limiter.acquire_ahead(request.weight, patience).await
        };
        if self.started.is_some() {
            self.queued += shared.clock.now().saturating_sub(asked);
        }
        permit.map_err(|e| {
            let renamed = Error::new(e.kind(), self.request.operation, e.message()).with_retry(e.retry());
            self.local(renamed)
        })
    }

    /// The header fields of this attempt, and apart those of them that are credentials.
    async fn headers(&self) -> Result<(HeaderMap, AuthHeaders)> {
        let mut headers = self.shared.headers.clone();
        replace(&mut headers, &self.request.headers);
        if let (Some(name), Some(id)) = (&self.shared.client_request_id, &self.client_request_id) {
            headers.insert(name.clone(), id.clone());
        }
        let mut credentials = AuthHeaders::default();
        if let (true, Some(auth)) = (self.request.auth, &self.shared.auth) {
            auth.authorize(&mut credentials).await.map_err(|e| self.local(e))?;
            replace(&mut headers, credentials.map());
        }
        Ok((headers, credentials))
    }

    /// An error made on this side; after an attempt that may have acted, that it may have acted is the news.
    fn local(&self, error: Error) -> Error {
        if !self.unsure {
            return error;
        }
        let message = "an earlier attempt was sent and its result is unknown; it could not be repeated";
        Error::new(ErrorKind::Indeterminate, self.request.operation, message)
            .with_retry(if error.retry() == Retry::Never { Retry::Safe } else { error.retry() })
            .with_source(error)
    }

    /// Tells the limiter what the answer says of the rate.
    fn observe(&self, attempt: &Attempt, permit: &Permit) {
        let answer = match attempt {
            Attempt::Answer(answer) | Attempt::TooLarge { answer } | Attempt::Redirect { answer, .. } => {
                answer
            }
            Attempt::Lost { .. } | Attempt::Unbuildable(_) => return,
        };
        let limiter = &self.shared.limiter;
        let feedback = self.shared.hook.as_ref().and_then(|h| h.feedback(answer.status, &answer.headers));
        if let Some(feedback) = feedback {
            limiter.observe(feedback, permit.weight());
        }
        if let (Some(Failure::RateLimited | Failure::UnavailableUntil), Some(pause)) =
            (attempt::classify(answer, false), answer.retry_after)
        {
            limiter.pause(pause.min(LONGEST_PAUSE));
        }
    }

    async fn answered(&mut self, answer: Answer, credentials: &AuthHeaders) -> Result<Step> {
        let mut refreshable = false;
        if let (401, false, true, Some(auth)) =
            (answer.status, self.refreshed, self.request.auth, &self.shared.auth)
            && attempt::classify(&answer, true) == Some(Failure::Unauthorized { refreshable: true })
        {
            self.refreshed = true;
            let rejected = Rejected { sent: credentials, answer: &answer.headers };
            refreshable = auth.refresh(&rejected).await.map_err(|e| self.local(e))?;
        }
        let Some(failure) = attempt::classify(&answer, refreshable) else {
            return Ok(Step::Done(self.response(answer)));
        };
        let decision = decide(failure, self.request.idempotency);
        if failure == Failure::RateLimited {
            self.counted = self.counted.saturating_sub(1);
            self.limited += 1;
        }
        let again = match decision {
            Decision::RepeatRefreshed => {
                self.counted = self.counted.saturating_sub(1);
                Some(Duration::ZERO)
            }
            Decision::Retry => self.wait(None),
            Decision::Wait => self.wait(answer.retry_after),
            Decision::Final | Decision::Indeterminate => None,
        };
        if matches!(failure, Failure::ServerError | Failure::UnavailableUntil) {
            self.unsure |= self.request.idempotency != Idempotency::Read;
        }
        let Some(wait) = again else {
            self.line.given_up(self.attempts, decision);
            return Ok(Step::Done(self.response(answer)));
        };
        if failure == Failure::RateLimited && answer.retry_after.is_none() {
            self.shared.limiter.pause(wait);
        }
        self.line.again(self.attempts, wait);
        Ok(Step::Again(wait))
    }

    fn lost(&mut self, failure: Failure, source: reqwest::Error) -> Result<Step> {
        let decision = decide(failure, self.request.idempotency);
        if failure != Failure::NotSent && self.request.idempotency != Idempotency::Read {
            self.unsure = true;
        }
        if decision == Decision::Retry
            && let Some(wait) = self.wait(None)
        {
            self.line.again(self.attempts, wait);
            return Ok(Step::Again(wait));
        }
        self.line.given_up(self.attempts, decision);
        let what = match failure {
            Failure::NotSent => "the server could not be reached (name, connection or TLS)",
            Failure::BrokenBody => "the answer broke off",
            _ if source.is_timeout() => "no answer within the time limit",
            Failure::NoAnswer
            | Failure::Unauthorized { .. }
            | Failure::RateLimited
            | Failure::UnavailableUntil
            | Failure::ServerError
            | Failure::Refused => "the connection was lost before the answer",
        };
        let (kind, retry, advice) = match (self.unsure, self.request.idempotency) {
            (false, _) => (ErrorKind::Unavailable, Retry::Safe, "try again later"),
            (true, Idempotency::Create { .. }) => (
                ErrorKind::Indeterminate,
                Retry::Never,
                "whether it was created is unknown; look before repeating it",
            ),
            (true, _) => (ErrorKind::Indeterminate, Retry::Safe, "whether it was changed is unknown"),
        };
        let message = format!("{what} (attempt {}); {advice}", self.attempts);
        Err(Error::new(kind, self.request.operation, message).with_retry(retry).with_source(source))
    }

    fn redirected(&self, answer: Answer, host: &str) -> Error {
        let status = answer.status;
        let response = self.response(answer);
        let message = format!(
            "the server redirects to {host} (HTTP {status}), which is never followed; check the base URL"
        );
        // 302 and 303 are also how a server says that it has acted.
        if matches!(status, 302 | 303) && matches!(self.request.idempotency, Idempotency::Create { .. }) {
            return response.error(ErrorKind::Indeterminate, message);
        }
        response.error(ErrorKind::UnexpectedResponse, message)
    }

    /// How long to wait before another attempt; `None` if there is to be none.
    fn wait(&self, asked: Option<Duration>) -> Option<Duration> {
        let policy = &self.shared.retry;
        let asked = asked.unwrap_or(Duration::ZERO);
        let enough = self.counted >= policy.max_attempts || self.limited >= policy.max_rate_limited;
        if enough || asked > policy.max_delay {
            return None;
        }
        // Waiting longer and longer for the rate would let whoever comes later go first, over and over.
        let done = self.counted.saturating_add(self.limited.min(PATIENT));
        let wait = policy.backoff(done, random()).max(asked);
        let now = self.shared.clock.now();
        let spent = now.saturating_sub(self.started.unwrap_or(now)).saturating_sub(self.queued);
        (spent.saturating_add(wait) <= policy.deadline).then_some(wait)
    }

    fn response(&self, answer: Answer) -> Response {
        let Answer { status, headers, body, request_id, retry_after, verdict } = answer;
        Response {
            status,
            headers,
            body,
            request_id,
            attempts: self.attempts,
            retry_after,
            verdict,
            idempotency: self.request.idempotency,
            operation: self.request.operation,
        }
    }
}

/// Sets every field of `from` in `to`.
fn replace(to: &mut HeaderMap, from: &HeaderMap) {
    for (name, value) in from {
        to.insert(name.clone(), value.clone());
    }
}

/// A uniform random number; its bits come from a UUID's random part.
fn random() -> u32 {
    let [a, b, c, d, ..] = uuid::Uuid::new_v4().into_bytes();
    u32::from_be_bytes([a, b, c, d])
}
