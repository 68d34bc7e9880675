//! Photos: metadata and bytes. The imitation keeps one picture of a person and gives it in every size.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::error::Problem;
use super::{Caller, Graph};

type Answer = Result<Response, Problem>;

const READ: [&str; 3] = ["ProfilePhoto.Read.All", "User.Read.All", "Directory.Read.All"];

/// Sizes in pixels that can be asked for (Microsoft Graph, "Get profilePhoto", page of 2026).
const SIZES: [u16; 9] = [48, 64, 96, 120, 240, 360, 432, 504, 648];

fn picture(graph: &Graph, caller: &Caller, key: &str) -> Result<Vec<u8>, Problem> {
    caller.need(graph, &READ)?;
    let store = graph.store();
    let user = store.find(key).ok_or_else(|| Problem::missing(key))?;
    user.photo.clone().ok_or_else(|| {
        let message =
            "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.";
        Problem::new(404, "ImageNotFound", message)
    })
}

fn etag(bytes: &[u8]) -> String {
    format!("W/\"{}\"", STANDARD.encode(digest(&SHA256, bytes)))
}

pub(super) async fn metadata(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    let bytes = picture(&graph, &caller, &id)?;
    Ok(Json(json!({
        "@odata.context": format!("{}/v1.0/$metadata#users('{id}')/photo/$entity", graph.base()),
        "@odata.mediaContentType": "image/jpeg", "@odata.mediaEtag": etag(&bytes), "id": "648X648",
        "width": 648, "height": 648,
    }))
    .into_response())
}

pub(super) async fn largest(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    Ok(shown(picture(&graph, &caller, &id)?))
}

pub(super) async fn sized(
    State(graph): State<Arc<Graph>>,
    Path((id, size)): Path<(String, String)>,
    caller: Caller,
) -> Answer {
    if !SIZES.iter().any(|pixels| size == format!("{pixels}x{pixels}")) {
        return Err(Problem::bad(format!("The photo size '{size}' is not supported.")));
    }
    Ok(shown(picture(&graph, &caller, &id)?))
}

fn shown(bytes: Vec<u8>) -> Response {
    let etag = etag(&bytes);
    ([(header::CONTENT_TYPE, "image/jpeg".to_owned()), (header::ETAG, etag)], bytes).into_response()
}
