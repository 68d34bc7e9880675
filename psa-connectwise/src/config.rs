//! What a connection to ConnectWise needs, and how it is checked.

use crate::adapter::ConnectWise;
use secrecy::SecretString;
use serde::Deserialize;
use std::fmt;
use sync_core::{Error, ErrorKind, Result};
use url::Url;

const OPERATION: &str = "configure ConnectWise";

/// How to reach one ConnectWise PSA instance. Read from configuration, never written to it; `Debug` hides the keys.
///
/// Use an API member with a security role that may inquire, add and edit all contacts, inquire companies, and
/// inquire the tables of communication types, contact types and user-defined fields.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The server: `https://api-na.myconnectwise.net`, or the host of an own server.
    ///
    /// A bare host and the host of the web client (`na.myconnectwise.net`) are understood. A path of ConnectWise's own
    /// (`/v4_6_release/apis/3.0`) is dropped; one before it is kept, for servers behind a proxy.
    pub base_url: String,
    /// The company id that one signs in with.
    pub company: String,
    /// The public key of the API member.
    pub public_key: String,
    /// The private key of the API member.
    pub private_key: SecretString,
    /// The id of the integration, from the developer portal; required by the server.
    pub client_id: SecretString,
    /// The version of the record model to ask for; default `2025.1`.
    #[serde(default = "default_api_version")]
    pub api_version: String,
    /// The path of the code base (`v4_6_release/`) where it must not be looked up.
    #[serde(default)]
    pub codebase: Option<String>,
    /// The communication type of the primary e-mail address; default the instance's default e-mail type.
    #[serde(default)]
    pub email_type: Option<String>,
    /// The communication type that new alternate e-mail addresses get; default that of the primary one.
    #[serde(default)]
    pub alternate_email_type: Option<String>,
    /// The communication types whose addresses count as alternates and may be removed; default every e-mail address
    /// that is not the default one.
    #[serde(default)]
    pub alternate_email_types: Option<Vec<String>>,
    /// The communication type of the business phone; default the instance's default phone type.
    #[serde(default)]
    pub phone_type: Option<String>,
    /// The communication type of the mobile phone. Without it there is no mobile phone: no flag tells it apart, and
    /// names differ by instance.
    #[serde(default)]
    pub mobile_type: Option<String>,
    /// The communication type of the fax number; default the instance's default fax type.
    #[serde(default)]
    pub fax_type: Option<String>,
    /// The first line of the one note kept per contact; without it no note is written. A note can be read by every
    /// member who may see the contact.
    #[serde(default)]
    pub note_marker: Option<String>,
    /// Reads the account manager of each company from its team: one call per company that is not deleted, whenever
    /// companies are listed. Default `false`.
    #[serde(default)]
    pub account_managers: bool,
    /// The most requests in any minute; default 900 of the about 1,000 that ConnectWise is reported to allow.
    #[serde(default = "default_requests_per_minute")]
    pub requests_per_minute: u32,
    /// The most requests at once; default 4.
    #[serde(default = "default_concurrency")]
    pub concurrency: usize,
    /// Further certificate authorities to trust, as PEM text (own servers).
    #[serde(default)]
    pub extra_ca_pem: Option<String>,
    /// The most one attempt of a request may take, in seconds; default 60.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
    /// How long after a request was given up the vendor may still finish it and lists may lack its result, in seconds;
    /// default 300. The vendor documents neither, so the default is long; it matters only after an interrupted run.
    #[serde(default = "default_settling_seconds")]
    pub settling_seconds: u64,
}

fn default_api_version() -> String {
    "2025.1".to_owned()
}

const fn default_requests_per_minute() -> u32 {
    900
}

const fn default_concurrency() -> usize {
    4
}

const fn default_timeout_seconds() -> u64 {
    60
}

const fn default_settling_seconds() -> u64 {
    300
}

impl Config {
    /// What must be said; the rest has its defaults.
    pub fn new(
        base_url: impl Into<String>,
        company: impl Into<String>,
        public_key: impl Into<String>,
        private_key: SecretString,
        client_id: SecretString,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            company: company.into(),
            public_key: public_key.into(),
            private_key,
            client_id,
            api_version: default_api_version(),
            codebase: None,
            email_type: None,
            alternate_email_type: None,
            alternate_email_types: None,
            phone_type: None,
            mobile_type: None,
            fax_type: None,
            note_marker: None,
            account_managers: false,
            requests_per_minute: default_requests_per_minute(),
            concurrency: default_concurrency(),
            extra_ca_pem: None,
            timeout_seconds: default_timeout_seconds(),
            settling_seconds: default_settling_seconds(),
        }
    }

    /// Checks the values and makes the adapter. Sends nothing; names are looked up with the first request.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] that names the key and says what is wrong, never a secret.
    pub fn connect(self) -> Result<ConnectWise> {
        ConnectWise::new(self)
    }

    /// The root that requests go below: `https://host[:port]` and perhaps the path of a proxy, without a slash at the end.
    pub(crate) fn root(&self) -> Result<String> {
        let text = sync_http::checked_server(OPERATION, "base_url", &self.base_url)?;
        let mut url = Url::parse(&text).map_err(|e| invalid("base_url is not a URL").with_source(e))?;
        if let Some(host) = url.host_str().and_then(api_host) {
            url.set_host(Some(&host)).map_err(|e| invalid("base_url names no usable host").with_source(e))?;
        }
        let cloud = url.host_str().is_some_and(|host| {
            host.ends_with(".myconnectwise.net") || host.ends_with(".connectwisedev.com")
        });
        let kept = url.path_segments().into_iter().flatten().take_while(|s| !cloud && !is_vendor_path(s));
        let path: String = kept.filter(|s| !s.is_empty()).map(|s| format!("/{s}")).collect();
        Ok(format!("{}{path}", url.origin().ascii_serialization()))
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let texts = [
            ("company", &self.company),
            ("public_key", &self.public_key),
            ("api_version", &self.api_version),
        ];
        for (key, text) in texts {
            if text.trim().is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == ':')
            {
                return Err(invalid(format!("{key} is empty or holds a space or a colon")));
            }
        }
        if !self.api_version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
            return Err(invalid("api_version must look like 2025.1"));
        }
        if let Some(codebase) = &self.codebase {
            check_codebase(codebase).ok_or_else(|| invalid("codebase must look like v4_6_release/"))?;
        }
        if let Some(marker) = &self.note_marker {
            // The marker stands in a search condition, where ConnectWise knows no way to escape a quotation mark.
            let fits = (3..=50).contains(&marker.chars().count())
                && marker.trim() == marker
                && !marker.contains(['"', '\\', '*', '%', '[', ']'])
                && !marker.contains(char::is_control);
            if !fits {
                return Err(invalid(
                    "note_marker must be one line of 3 to 50 characters without quotation marks, brackets, \
                     backslashes, * and %",
                ));
            }
        }
        if self.requests_per_minute == 0 || self.concurrency == 0 || self.timeout_seconds == 0 {
            return Err(invalid("requests_per_minute, concurrency and timeout_seconds must be above zero"));
        }
        Ok(())
    }
}

/// The API host for a host of the web client, which people copy from their browser.
fn api_host(host: &str) -> Option<String> {
    let region = host.strip_suffix(".myconnectwise.net")?;
    matches!(region, "na" | "eu" | "au" | "aus" | "za").then(|| format!("api-{host}"))
}

/// Where ConnectWise's own part of a path starts: a code base (`v4_6_release`, `v2025_1`), the API, the web client.
fn is_vendor_path(segment: &str) -> bool {
    let versioned =
        segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    versioned || ["apis", "login", "company", "services"].contains(&segment)
}

/// A code base as a path of one segment without slashes, or `None` where it is not one.
///
/// It comes from an unauthenticated answer and becomes part of the path that credentials are sent to.
pub(crate) fn check_codebase(text: &str) -> Option<&str> {
    let text = text.trim().trim_matches('/');
    let plain = !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && !text.starts_with('.');
    plain.then_some(text)
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.root().unwrap_or_else(|_| "<invalid>".to_owned()))
            .field("company", &self.company)
            .field("public_key", &"<redacted>")
            .field("private_key", &"<redacted>")
            .field("client_id", &"<redacted>")
            .field("api_version", &self.api_version)
            .field("codebase", &self.codebase)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str) -> Config {
        Config::new(base_url, "contoso", "canary-public", "canary-private".into(), "canary-client".into())
    }

    #[test]
    fn every_way_to_write_the_server_leads_to_the_api_host() {
        for (given, root) in [
            ("na.myconnectwise.net", "https://api-na.myconnectwise.net"),
            ("https://EU.myconnectwise.net/v4_6_release/apis/3.0/", "https://api-eu.myconnectwise.net"),
            ("https://api-aus.myconnectwise.net", "https://api-aus.myconnectwise.net"),
            ("https://api-staging.connectwisedev.com/", "https://api-staging.connectwisedev.com"),
            ("psa.fabrikam.example:8443/v4_6_release?y=1", "https://psa.fabrikam.example:8443"),
            ("http://127.0.0.1:9000/v4_6_release", "http://127.0.0.1:9000"),
            ("http://127.0.0.1:9000/proxy/v2025_1/apis/3.0", "http://127.0.0.1:9000/proxy"),
            ("https://psa.fabrikam.example/a/b/", "https://psa.fabrikam.example/a/b"),
            ("https://na.myconnectwise.net/anything/else", "https://api-na.myconnectwise.net"),
        ] {
            assert_eq!(config(given).root().unwrap(), root, "{given}");
        }
    }

    #[test]
    fn a_server_that_would_see_the_keys_in_clear_is_refused() {
        for given in [
            "http://api-na.myconnectwise.net",
            "https://user:pass@x.example",
            "ftp://x.example",
            "https://",
            "",
        ] {
            assert_eq!(config(given).root().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{given}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let shown = format!("{:?}", config("na.myconnectwise.net"));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("api-na.myconnectwise.net"), "{shown}");
    }

    #[test]
    fn a_misspelt_key_fails_and_the_required_ones_suffice() {
        let toml = "base_url = \"na.myconnectwise.net\"\ncompany = \"c\"\npublic_key = \"p\"\nprivate_key = \"k\"\nclient_id = \"i\"\n";
        let config: Config = toml::from_str(toml).unwrap();
        assert_eq!(
            (config.requests_per_minute, config.concurrency, config.api_version.as_str()),
            (900, 4, "2025.1")
        );
        assert!(toml::from_str::<Config>(&format!("{toml}mobil_type = \"x\"\n")).is_err());
    }

    #[test]
    fn values_that_would_change_a_request_are_refused() {
        let cases: [fn(&mut Config); 8] = [
            |c| c.company = "a b".into(),
            |c| c.public_key = "a:b".into(),
            |c| c.api_version = "2025.1\r\nX: y".into(),
            |c| c.codebase = Some("../evil".into()),
            |c| c.note_marker = Some("say \"hi\"".into()),
            |c| c.note_marker = Some("ab".into()),
            |c| c.requests_per_minute = 0,
            |c| c.company = String::new(),
        ];
        for (i, spoil) in cases.iter().enumerate() {
            let mut config = config("na.myconnectwise.net");
            assert!(config.validate().is_ok());
            spoil(&mut config);
            assert_eq!(config.validate().unwrap_err().kind(), ErrorKind::ConfigInvalid, "case {i}");
        }
    }

    #[test]
    fn only_a_plain_segment_is_a_code_base() {
        assert_eq!(check_codebase("v2025_1/"), Some("v2025_1"));
        for text in ["", "/", "..", "a/b", "v1?x", "https://evil.example"] {
            assert_eq!(check_codebase(text), None, "{text}");
        }
    }
}
