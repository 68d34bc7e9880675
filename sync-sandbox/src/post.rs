//! Posting to whoever listens: validations and notifications. Plain `http` on loopback only.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Uri, header};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Whether anything is ever posted there.
pub(crate) fn is_reachable(url: &str) -> bool {
    place(url).is_some()
}

/// Posts and reads the answer; nothing where there is none in time, or the address is not on loopback.
pub(crate) async fn post(url: &str, content_type: &str, body: String, patience: Duration) -> Option<Answer> {
    tokio::time::timeout(patience, send(url, content_type, body)).await.ok().flatten()
}

async fn send(url: &str, content_type: &str, body: String) -> Option<Answer> {
    let (host, port, target) = place(url)?;
    let stream = TcpStream::connect((host.as_str(), port)).await.ok()?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    let request = Request::post(target)
        .header(header::HOST, format!("{host}:{port}"))
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .ok()?;
    let exchange = async {
        let response = sender.send_request(request).await.ok()?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Some(Answer {
            status: parts.status.as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        })
    };
    // The connection does the work of the exchange: whichever ends first is the end.
    tokio::pin!(connection, exchange);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        _ = &mut connection => exchange.await,
    }
}

/// Host, port and path of a loopback address.
fn place(url: &str) -> Option<(String, u16, String)> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
    (uri.scheme_str() == Some("http") && loopback).then(|| (host, uri.port_u16().unwrap_or(80), target))
}
