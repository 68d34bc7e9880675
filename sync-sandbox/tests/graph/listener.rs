//! Somebody who listens for notifications: answers validations as it is told to, and keeps what is posted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// How it answers validations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Right,
    /// With the token as it came, still encoded.
    Encoded,
    Html,
    Status(u16),
    Never,
}

pub(crate) struct Listener {
    pub(crate) url: String,
    /// The status that notifications are answered with.
    pub(crate) status: Arc<AtomicU16>,
    posts: Mutex<mpsc::UnboundedReceiver<Value>>,
}

impl Listener {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graph", listener.local_addr().unwrap());
        let (sender, posts) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(202));
        let answers = Arc::clone(&status);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner, Arc::clone(&answers), sender.clone()));
            }
        });
        Self { url, status, posts: Mutex::new(posts) }
    }

    /// The next batch; fails where none comes.
    pub(crate) async fn next(&self) -> Value {
        let mut posts = self.posts.lock().await;
        tokio::time::timeout(Duration::from_secs(20), posts.recv()).await.unwrap().unwrap()
    }

    /// That nothing comes for a while.
    pub(crate) async fn is_quiet(&self) {
        let mut posts = self.posts.lock().await;
        let next = tokio::time::timeout(Duration::from_millis(300), posts.recv()).await;
        assert!(next.is_err(), "{next:?}");
    }
}

async fn serve(
    mut stream: TcpStream,
    manner: Manner,
    status: Arc<AtomicU16>,
    posts: mpsc::UnboundedSender<Value>,
) {
    let Some((target, body)) = read(&mut stream).await else { return };
    let answer = if let Some(token) = target.split_once("validationToken=").map(|(_, token)| token) {
        let decoded =
            url::form_urlencoded::parse(format!("t={token}").as_bytes()).next().unwrap().1.into_owned();
        match manner {
            Manner::Right => response(200, "text/plain", &decoded),
            Manner::Encoded => response(200, "text/plain", token),
            Manner::Html => response(200, "text/html", &decoded),
            Manner::Status(status) => response(status, "text/plain", &decoded),
            Manner::Never => std::future::pending().await,
        }
    } else {
        posts.send(serde_json::from_str(&body).unwrap()).unwrap();
        response(status.load(Ordering::Relaxed), "text/plain", "")
    };
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn response(status: u16, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                let target = head.split(' ').nth(1)?.to_owned();
                return Some((target, body.to_owned()));
            }
        }
        let mut more = [0; 4096];
        let count = stream.read(&mut more).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&more[..count]);
    }
}
