//! The query options and headers of one Graph request.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Uri};
use url::form_urlencoded;

use super::error::Problem;

/// OData options that some route takes.
const KNOWN: [&str; 10] =
    ["select", "top", "count", "filter", "orderby", "search", "skiptoken", "deltatoken", "expand", "format"];

/// The options of one request, by lower-case name without `$`.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    options: BTreeMap<String, String>,
    /// Path below the vendor's prefix.
    path: String,
    /// The query as it came.
    raw: String,
    /// `ConsistencyLevel: eventual` was sent.
    eventual: bool,
    /// `Prefer: return=minimal` was sent.
    pub(crate) minimal: bool,
}

impl Query {
    /// Reads the options; refuses those that Graph refuses everywhere.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let raw = uri.query().unwrap_or_default().to_owned();
        let mut options = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let lower = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            if lower == "skip" {
                return Err(Problem::bad("'$skip' is not supported by the service."));
            }
            // Foreign parameters without `$` are ignored; an unknown option is not.
            if KNOWN.contains(&lower.as_str()) {
                options.insert(lower, value.into_owned());
            } else if name.starts_with('$') {
                let message = format!("The query parameter '{name}' is not supported.");
                return Err(Problem::new(400, "BadRequest", message));
            }
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self {
            options,
            path: uri.path().to_owned(),
            raw,
            eventual: header("consistencylevel").trim().eq_ignore_ascii_case("eventual"),
            minimal: header("prefer").to_ascii_lowercase().contains("return=minimal"),
        })
    }

    /// One option.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// Whether a count was asked for.
    pub(crate) fn count(&self) -> bool {
        self.get("count").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the header was sent. `$count` and `$search` need it.
    pub(crate) const fn eventual(&self) -> bool {
        self.eventual
    }

    /// Whether this is an advanced query: the header and `$count=true`.
    pub(crate) fn advanced(&self) -> bool {
        self.eventual && self.count()
    }

    /// The page size: 100, or `$top` from 1 to `max`.
    pub(crate) fn top(&self, max: usize) -> Result<usize, Problem> {
        let Some(top) = self.get("top") else { return Ok(100) };
        match top.parse::<usize>() {
            Ok(size) if (1..=max).contains(&size) => Ok(size),
            Ok(_) => Err(Problem::bad(format!(
                "Invalid page size specified: '{top}'. Must be between 1 and {max} inclusive."
            ))),
            Err(_) => Err(Problem::new(400, "BadRequest", format!("Invalid value '{top}' for $top."))),
        }
    }

    /// The absolute URL of the same request with that page token.
    pub(crate) fn next(&self, base: &str, token: &str) -> String {
        let is_token = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            let plain = name.trim_start_matches("%24").trim_start_matches('$');
            plain.eq_ignore_ascii_case("skiptoken")
        };
        let kept: Vec<&str> =
            self.raw.split('&').filter(|pair| !pair.is_empty() && !is_token(pair)).collect();
        let before = if kept.is_empty() { String::new() } else { format!("{}&", kept.join("&")) };
        format!("{base}{}?{before}$skiptoken={token}", self.path)
    }

    /// The absolute URL of this path with one option only.
    pub(crate) fn with(&self, base: &str, option: &str, token: &str) -> String {
        format!("{base}{}?${option}={token}", self.path)
    }
}
