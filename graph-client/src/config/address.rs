//! Addresses, as they are configured.

use super::{OPERATION, invalid};
use sync_core::{Error, ErrorKind, Result};
use url::{Host, Url};

/// An address without credentials, query and trailing slash.
pub(crate) fn address(key: &str, text: &str) -> Result<String> {
    let url = Url::parse(text.trim()).map_err(|source| {
        Error::new(ErrorKind::ConfigInvalid, OPERATION, format!("{key} is not an address (https://…)"))
            .with_source(source)
    })?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" if url.has_host() => {}
        "http" if loopback => {}
        _ => return invalid(format!("{key} must be https:// (http:// for loopback only)")),
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return invalid(format!("{key} must be an address without credentials, query and fragment"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
