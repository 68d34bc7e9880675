//! Header fields of a response, read-only.

use reqwest::header::HeaderMap;
use std::fmt;

/// The header fields of a response. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Headers(HeaderMap);

impl Headers {
    pub(crate) fn new(map: HeaderMap) -> Self {
        Self(map)
    }

    /// The first value of a field (names are case-insensitive), if it is visible ASCII text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    /// All values of a field, in order; those that are not visible ASCII text are left out.
    pub fn get_all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }

    /// The target of the first `Link` header entry with this relation (RFC 8288), such as `next`.
    ///
    /// An empty `Link` header has none.
    #[must_use]
    pub fn link(&self, relation: &str) -> Option<&str> {
        self.get_all("link").find_map(|value| crate::link::find(value, relation))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|name| name.as_str())).finish()
    }
}
