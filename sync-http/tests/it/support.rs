//! Clients with quick retries, and a server that misbehaves below HTTP.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use sync_http::{ClientBuilder, HttpClient, Idempotency, JumpClock, Method, Request, RetryPolicy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

pub(crate) const READ: Idempotency = Idempotency::Read;
pub(crate) const SET: Idempotency = Idempotency::SetToValue;
pub(crate) const CREATE: Idempotency = Idempotency::Create { rate_limit_rejects_before_acting: false };
pub(crate) const CREATE_429_SAFE: Idempotency =
    Idempotency::Create { rate_limit_rejects_before_acting: true };

/// Three attempts, waits on a clock that jumps.
pub(crate) fn builder(base: &str) -> (ClientBuilder, JumpClock) {
    let clock = JumpClock::default();
    let retry = RetryPolicy { max_attempts: 3, max_rate_limited: 3, ..RetryPolicy::default() };
    let builder =
        HttpClient::builder(base).clock(Arc::new(clock.clone())).retry(retry).timeout(Duration::from_secs(5));
    (builder, clock)
}

pub(crate) fn client(base: &str) -> HttpClient {
    builder(base).0.build().unwrap()
}

pub(crate) fn request(idempotency: Idempotency) -> Request {
    match idempotency {
        Idempotency::Read => Request::new(Method::Get, "/contacts", idempotency, "list contacts"),
        Idempotency::SetToValue => {
            Request::new(Method::Patch, "/contacts", idempotency, "update contact").json(&[1])
        }
        Idempotency::Create { .. } => {
            Request::new(Method::Post, "/contacts", idempotency, "create contact").json(&[1])
        }
    }
}

/// What a raw server does with one connection, after it has read the whole request.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// Closes without a word.
    Close,
    /// Keeps silent until the client gives up.
    Stall,
    /// Writes this and closes.
    Say(&'static str),
    /// Writes this before it has read anything, and closes.
    Blurt(&'static str),
}

pub(crate) const GOOD: Act =
    Act::Say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ntrue");

/// A TCP server: each connection takes the next act; the last one repeats. Counts the connections.
pub(crate) struct Raw {
    pub(crate) url: String,
    count: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Raw {
    pub(crate) async fn start(acts: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let task = tokio::spawn(async move {
            for _ in 0..100 {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                let n = counter.fetch_add(1, Ordering::SeqCst);
                let act = acts[n.min(acts.len() - 1)];
                tokio::spawn(async move {
                    if let Act::Blurt(text) = act {
                        let _ = socket.write_all(text.as_bytes()).await;
                        return;
                    }
                    let mut seen = Vec::new();
                    let mut buffer = [0; 4096];
                    // The bodies of these tests are shorter than ten bytes and come with their head.
                    for _ in 0..100 {
                        let got = socket.read(&mut buffer).await.unwrap_or(0);
                        seen.extend_from_slice(&buffer[..got]);
                        if got == 0 || whole(&seen) {
                            break;
                        }
                    }
                    match act {
                        Act::Close | Act::Blurt(_) => {}
                        Act::Stall => {
                            // Ends when the client closes.
                            let _ = socket.read(&mut buffer).await;
                        }
                        Act::Say(text) => {
                            let _ = socket.write_all(text.as_bytes()).await;
                        }
                    }
                });
            }
        });
        Self { url, count, task }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head is whole, and as much of the body as its length says.
fn whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|value| value.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}
