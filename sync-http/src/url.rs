//! The base URL, and the rule that credentials go to no other origin.

use sync_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// A server as a person writes it into a configuration, checked: `https://` where no scheme is said, plain http for
/// loopback only, a host, and no user name or password.
///
/// `key` is the configuration key that the errors name.
///
/// # Errors
/// [`ErrorKind::ConfigInvalid`] that says what is wrong, without the text.
pub fn checked_server(operation: &'static str, key: &str, text: &str) -> Result<String> {
    let wrong = |what: &str| Error::new(ErrorKind::ConfigInvalid, operation, format!("{key} {what}"));
    let text = text.trim();
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&text).map_err(|source| wrong("is not a URL").with_source(source))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a user name or a password"));
    }
    if url.host().is_none() {
        return Err(wrong("names no host"));
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(wrong("must start with https:// (http:// is for loopback only)"));
    }
    Ok(url.into())
}

/// A checked base URL: https (or http on loopback), no user info, path ending in a slash.
#[derive(Clone)]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    /// `link_local` lets plain http go to addresses of the own link (169.254.0.0/16) as well.
    pub(crate) fn parse(text: &str, link_local: bool) -> Result<Self> {
        let mut url = Url::parse(text.trim())
            .map_err(|source| invalid("the base URL is not a valid URL").with_source(source))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("the base URL must not hold a user name or a password"));
        }
        let loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if loopback || (link_local && is_link_local(&url)) => {}
            "http" => {
                return Err(invalid("the base URL must start with https:// (http:// is for loopback only)"));
            }
            _ => return Err(invalid("the base URL must start with https://")),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("the base URL must not hold a query or a fragment"));
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    /// The same origin with another path prefix.
    pub(crate) fn with_path(&self, path: &str) -> Result<Self> {
        if path.contains(['?', '#', '\\']) {
            return Err(invalid("a base path must not hold a query or a fragment"));
        }
        let mut url = self.0.clone();
        url.set_path(&format!("/{}/", path.trim_matches('/')));
        if path.trim_matches('/').is_empty() {
            url.set_path("/");
        }
        Ok(Self(url))
    }

    /// Loopback or the own link: no proxy can reach the same thing.
    pub(crate) fn is_near(&self) -> bool {
        is_loopback(&self.0) || is_link_local(&self.0)
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Host and, if it is not the scheme's own, port.
    pub(crate) fn host(&self) -> String {
        host(&self.0)
    }

    /// Adds a path below the base path; the path may carry a query, already encoded.
    pub(crate) fn join(&self, operation: &'static str, path: &str) -> Result<Url> {
        let relative = path.trim_start_matches('/');
        // An absolute URL or a scheme in place of a path must not replace the host.
        let text = format!("{}{relative}", self.0);
        let wrong = || {
            Error::new(ErrorKind::Other, operation, "the request path is not a valid path; nothing was sent")
        };
        let url = Url::parse(&text).map_err(|source| wrong().with_source(source))?;
        if !same_origin(&url, &self.0) || !url.path().starts_with(self.0.path()) || url.fragment().is_some() {
            return Err(wrong());
        }
        Ok(url)
    }

    /// Checks a link that the server gave: an absolute URL of the same scheme, host and port, or a path from the root (`/…`).
    pub(crate) fn follow(&self, operation: &'static str, link: &str) -> Result<Url> {
        let refuse = |message: String| Error::new(ErrorKind::UnexpectedResponse, operation, message);
        let parsed = if link.starts_with('/') { self.0.join(link) } else { Url::parse(link) };
        let mut url = parsed.map_err(|source| {
            refuse("the server's link is not an absolute URL".to_owned()).with_source(source)
        })?;
        if !same_origin(&url, &self.0) {
            return Err(refuse(format!(
                "the server's link leads to {}://{}, not to the configured {}://{}; nothing was sent there",
                url.scheme(),
                host(&url),
                self.0.scheme(),
                self.host(),
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("the server's link holds a user name; nothing was sent".to_owned()));
        }
        url.set_fragment(None);
        Ok(url)
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::ConfigInvalid, "configure the HTTP client", message)
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An IPv4 address of the own link, as the metadata services of clouds have.
fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(ip)) if ip.is_link_local())
}

/// Host and explicit port, for messages.
pub(crate) fn host(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => "no host".to_owned(),
    }
}

/// Percent-encodes one path segment: everything but RFC 3986's unreserved characters.
pub(crate) fn encode_segment(text: &str) -> String {
    encode(text, b"-._~")
}

/// Percent-encodes a name or value of a query, but for characters that a query may hold and vendors write plainly.
pub(crate) fn encode_query(text: &str) -> String {
    encode(text, b"-._~$,:/()*!")
}

fn encode(text: &str, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 0xF] {
                out.extend(char::from_digit(u32::from(nibble), 16).map(|c| c.to_ascii_uppercase()));
            }
        }
    }
    out
}

/// A path as a log may show it: no query, and only segments that look like names of resources or ids.
pub(crate) fn loggable(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let shown: Vec<&str> =
        path.split('/').map(|segment| if harmless(segment) { segment } else { "{…}" }).collect();
    shown.join("/")
}

fn harmless(segment: &str) -> bool {
    // A long run of letters and digits without a separator is more likely a token than a resource.
    let token = segment.len() > 40;
    let phone = segment.len() > 6 && segment.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    !token
        && !phone
        && (segment == "{}"
            || segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'$' | b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_reached_over_tls_or_on_loopback_and_the_error_names_the_key_alone() {
        for (given, checked) in [
            (" api.example.com ", "https://api.example.com/"),
            ("https://api.example.com/below", "https://api.example.com/below"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://[::1]/x", "http://[::1]/x"),
            ("http://localhost", "http://localhost/"),
        ] {
            assert_eq!(checked_server("configure", "base_url", given).unwrap(), checked, "{given}");
        }
        for given in [
            "http://api.example.com",
            "http://localhost.example.com",
            "ftp://api.example.com",
            "https://canary:canary@api.example.com",
            "https://canary@api.example.com",
            "https://",
            "",
            "file:///canary",
        ] {
            let error = checked_server("configure", "base_url", given).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{given}");
            assert!(
                error.message().starts_with("base_url ") && !format!("{error}").contains("canary"),
                "{error}"
            );
        }
    }
}
