//! Delivery of notifications: in the background, one after the other, with retries.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::post::post;

/// Outcomes kept; the oldest goes first.
const MAX_OUTCOMES: usize = 10_000;
/// The real one tries for four hours, with growing pauses.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(10);

/// One batch for one address.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub(super) url: String,
    pub(super) body: Value,
}

/// Where posts are put, and what became of them.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    sender: UnboundedSender<Post>,
    outcomes: Arc<Mutex<VecDeque<Value>>>,
}

impl Outbox {
    /// An outbox and what its worker reads.
    pub(super) fn new() -> (Self, UnboundedReceiver<Post>) {
        let (sender, receiver) = unbounded_channel();
        (Self { sender, outcomes: Arc::default() }, receiver)
    }

    pub(super) fn send(&self, post: Post) {
        // Only a sandbox that is going down has no worker.
        let _ = self.sender.send(post);
    }

    /// What became of the posts, in the order of their ends.
    pub(super) fn outcomes(&self) -> Vec<Value> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Delivers until the sandbox goes down.
    pub(super) async fn work(self, mut posts: UnboundedReceiver<Post>) {
        while let Some(post) = posts.recv().await {
            let outcome = deliver(&post).await;
            let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.push_back(outcome);
            if outcomes.len() > MAX_OUTCOMES {
                outcomes.pop_front();
            }
        }
    }
}

/// Any success is taken; a 5xx and silence are tried again, anything else is lost.
async fn deliver(Post { url, body }: &Post) -> Value {
    let mut pause = FIRST_PAUSE;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let answer = post(url, "application/json; charset=utf-8", body.to_string(), PATIENCE).await;
        let status = answer.as_ref().map(|answer| answer.status);
        let again = status.is_none_or(|status| status >= 500 || status == 429);
        if !again || attempts >= ATTEMPTS {
            let delivered = status.is_some_and(|status| (200..300).contains(&status));
            return json!({
                "url": url, "body": body, "status": status, "attempts": attempts, "delivered": delivered,
            });
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}
