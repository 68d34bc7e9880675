//! `POST /$batch`: up to 20 reads in one call, each answered, throttled and repeated by itself.
//!
//! The outer 200 says nothing of the inner answers, which come in any order (JSON batching, Microsoft Graph
//! documentation, read 2026-08).

use crate::{
    client::Client,
    error::{self, Call},
};
use futures::{
    FutureExt as _,
    future::BoxFuture,
    stream::{self, StreamExt as _, TryStreamExt as _},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::HashMap, time::Duration};
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::{Idempotency, Method, Request};

/// The most requests of one batch.
const LARGEST: usize = 20;

/// How often one inner request is sent in all.
const ATTEMPTS: u32 = 6;

/// The longest `Retry-After` of an inner answer that is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How many batches are under way at once: as many as Graph lets run against one mailbox store.
const AT_ONCE: usize = 4;

/// One inner request, a GET.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Below the versioned root, percent-encoded: `/users/<id>/photo`.
    pub(crate) url: String,
    /// Its cost in resource units.
    pub(crate) weight: u32,
}

/// One inner answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Answer {
    id: String,
    pub(crate) status: u16,
    #[serde(default)]
    headers: Map<String, Value>,
    /// JSON, or base64 text of anything else.
    #[serde(default)]
    pub(crate) body: Value,
}

#[derive(Deserialize)]
struct Answers {
    responses: Vec<Answer>,
}

impl Answer {
    /// A header's value by its name in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?.1.as_str()
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }

    /// Passes with time.
    fn passes(&self) -> bool {
        matches!(self.status, 429 | 500 | 502..=504)
    }

    /// What this answer means, if it is no success.
    pub(crate) fn error(&self, call: &Call) -> Option<Error> {
        if self.is_success() {
            return None;
        }
        let body = self.body.to_string();
        let retry = self.retry_after().map_or(Retry::Safe, Retry::After);
        let request_id = self.header("request-id");
        Some(error::refusal(
            call,
            &error::Answer { status: self.status, request_id, retry, body: body.as_bytes() },
        ))
    }
}

impl Client {
    /// The answers to these requests, in their order. An inner refusal is an answer and no error; what passes with time
    /// has been repeated until then.
    ///
    /// # Errors
    /// Those of the batch itself; `UnexpectedResponse` where Graph leaves a request unanswered.
    pub(crate) async fn batch(&self, call: &Call, items: &[Item]) -> Result<Vec<Answer>> {
        let chunks: Vec<BoxFuture<'_, Result<Vec<Answer>>>> =
            items.chunks(LARGEST).map(|chunk| self.chunk(call, chunk).boxed()).collect();
        let answers: Vec<Vec<Answer>> = stream::iter(chunks).buffered(AT_ONCE).try_collect().await?;
        Ok(answers.into_iter().flatten().collect())
    }

    async fn chunk(&self, call: &Call, items: &[Item]) -> Result<Vec<Answer>> {
        let mut done: Vec<Option<Answer>> = vec![None; items.len()];
        for attempt in 1..=ATTEMPTS {
            let open: Vec<(usize, &Item)> =
                items.iter().enumerate().filter(|(at, _)| done.get(*at).is_none_or(needs_more)).collect();
            if open.is_empty() {
                break;
            }
            if attempt > 1
                && !self.pause(attempt, open.iter().filter_map(|(at, _)| done.get(*at)?.as_ref())).await
            {
                break;
            }
            let mut answers = self.send_batch(call, &open).await?;
            for (at, _) in open {
                if let (Some(slot), Some(answer)) = (done.get_mut(at), answers.remove(&at.to_string())) {
                    *slot = Some(answer);
                }
            }
        }
        done.into_iter().collect::<Option<Vec<Answer>>>().ok_or_else(|| {
            let message = "Graph answered a batch only in part, again and again";
            Error::new(ErrorKind::UnexpectedResponse, call.operation, message)
        })
    }

    /// Waits as long as the longest of these answers asks for, and lets everything of this tenant wait for it; false
    /// where that is too long.
    async fn pause<'a>(&self, attempt: u32, answers: impl Iterator<Item = &'a Answer>) -> bool {
        let own = Duration::from_millis(500 << attempt.min(8));
        let (mut wait, mut throttled) = (own, false);
        for answer in answers {
            wait = wait.max(answer.retry_after().unwrap_or_default());
            throttled |= answer.status == 429;
        }
        if wait > LONGEST_WAIT {
            return false;
        }
        let http = self.http();
        if throttled {
            http.limiter().pause(wait);
        } else {
            http.clock().sleep(wait).await;
        }
        true
    }

    async fn send_batch(&self, call: &Call, open: &[(usize, &Item)]) -> Result<HashMap<String, Answer>> {
        let requests: Vec<Value> = open
            .iter()
            .map(|(at, item)| json!({ "id": at.to_string(), "method": "GET", "url": item.url }))
            .collect();
        let weight = open.iter().map(|(_, item)| item.weight).sum();
        let request = Request::new(Method::Post, "$batch", Idempotency::Read, call.operation)
            .weight(weight)
            .json(&json!({ "requests": requests }));
        let response = self.send(request, call).await?;
        let answers: Answers = response.json()?;
        Ok(answers.responses.into_iter().map(|answer| (answer.id.clone(), answer)).collect())
    }
}

fn needs_more(answer: &Option<Answer>) -> bool {
    answer.as_ref().is_none_or(Answer::passes)
}
