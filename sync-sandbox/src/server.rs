//! The listener: one port, vendors by path prefix, connections that end with the sandbox.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::layer::DropConnection;

/// After a failed accept (out of file handles, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Routers by path prefix.
pub(crate) struct App(pub(crate) Vec<Mount>);

/// One router and where it answers.
pub(crate) struct Mount {
    pub(crate) prefix: &'static str,
    pub(crate) router: Router,
    /// The router's templates are in small letters, and any case of a path is taken.
    pub(crate) folds_paths: bool,
}

/// Serves until `stop` is used or dropped; then every open connection is closed.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, mut stop: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {},
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&app)));
                },
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, app: Arc<App>) {
    // Small answers would otherwise wait for the peer's acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&app), request));
    // An error here is the client's going away, or a fault that wanted the connection gone.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Answers, or fails so that the connection is closed without a byte of an answer.
async fn answer(app: Arc<App>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let mut request = request.map(Body::new);
    let Some((router, uri)) = app.0.iter().find_map(|mount| {
        let uri = below(mount.prefix, request.uri())?;
        let uri = if mount.folds_paths { folded(&uri)? } else { uri };
        Some((mount.router.clone(), uri))
    }) else {
        return Ok((StatusCode::NOT_FOUND, "No vendor is mounted here.\n").into_response());
    };
    *request.uri_mut() = uri;
    let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
    if response.extensions().get::<DropConnection>().is_some() {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    Ok(response)
}

/// The URI with its path in small letters; the query stays.
fn folded(uri: &Uri) -> Option<Uri> {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}{query}", uri.path().to_ascii_lowercase()).parse().ok()
}

/// The URI below a prefix, or nothing if it lies elsewhere.
fn below(prefix: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(prefix)?;
    match rest.chars().next() {
        Some('/') => rest.parse().ok(),
        None | Some('?') => format!("/{rest}").parse().ok(),
        Some(_) => None,
    }
}
