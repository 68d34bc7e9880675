//! What a connection to Autotask needs, and how it is checked.

use crate::adapter::Autotask;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::fmt;
use sync_core::{Error, ErrorKind, Result};
use url::Url;

const OPERATION: &str = "configure Autotask";

/// Where the zone of an API user is asked for (developer help, zones; read 2026-11).
const ANY_ZONE: &str = "https://webservices.autotask.net";

/// The most calls at once to one object endpoint (developer help, thresholds; read 2026-11).
const MOST_THREADS: usize = 3;

/// How to reach one Autotask database. Read from configuration, never written to it; `Debug` hides the secrets.
///
/// Use an API-only user with the security level "API User (system)" or a copy of it that may query, add and edit
/// contacts, query companies (and edit them, where the tenant's id is written there), and query contracts and services
/// where quantities are kept.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The API user's name, which looks like an address.
    pub username: String,
    /// The API user's secret.
    pub secret: SecretString,
    /// The tracking identifier of the integration, from the API user's page.
    pub integration_code: SecretString,
    /// Where to ask for the zone; default `https://webservices.autotask.net`. With `fixed_zone`, the zone itself.
    #[serde(default = "default_base_url")]
    pub base_url: String,
    /// `base_url` is the zone, and is not asked for. A zone that moves is then not followed.
    #[serde(default)]
    pub fixed_zone: bool,
    /// The id of a resource that contacts are written as; default the API user.
    #[serde(default)]
    pub impersonate_resource_id: Option<u64>,
    /// The share of the database's hourly requests, in percent, at which this adapter stops; other integrations count.
    /// Default 70. From 50 on Autotask itself answers more slowly.
    #[serde(default = "default_budget_percent")]
    pub budget_percent: u32,
    /// The requests that the database takes in an hour, until Autotask has said how many; default 10,000.
    #[serde(default = "default_requests_per_hour")]
    pub requests_per_hour: u32,
    /// The most requests at once for one kind of record: 1 to 3; default 2.
    #[serde(default = "default_concurrency")]
    pub concurrency: usize,
    /// The longest wait for other integrations to leave room, and for a pause that Autotask asks for, in minutes;
    /// default 10.
    #[serde(default = "default_longest_wait_minutes")]
    pub longest_wait_minutes: u64,
    /// The most one attempt of a request may take, in seconds; default 120. Autotask gives up after 300.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

fn default_base_url() -> String {
    ANY_ZONE.to_owned()
}

const fn default_budget_percent() -> u32 {
    70
}

const fn default_requests_per_hour() -> u32 {
    10_000
}

const fn default_concurrency() -> usize {
    2
}

const fn default_longest_wait_minutes() -> u64 {
    10
}

const fn default_timeout_seconds() -> u64 {
    120
}

impl Config {
    /// What must be said; the rest has its defaults.
    pub fn new(username: impl Into<String>, secret: SecretString, integration_code: SecretString) -> Self {
        Self {
            username: username.into(),
            secret,
            integration_code,
            base_url: default_base_url(),
            fixed_zone: false,
            impersonate_resource_id: None,
            budget_percent: default_budget_percent(),
            requests_per_hour: default_requests_per_hour(),
            concurrency: default_concurrency(),
            longest_wait_minutes: default_longest_wait_minutes(),
            timeout_seconds: default_timeout_seconds(),
        }
    }

    /// Checks the values and makes the adapter. Sends nothing; the zone is looked up with the first request.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] that names the key and says what is wrong, never a secret.
    pub fn connect(self) -> Result<Autotask> {
        Autotask::new(self)
    }

    /// Scheme, host and port of `base_url`, and the path that a proxy adds, without a slash at the end.
    pub(crate) fn root(&self) -> Result<String> {
        root_of(&self.base_url, "base_url")
    }

    pub(crate) fn validate(&self) -> Result<()> {
        self.root()?;
        if self.username.trim().is_empty() || self.username.chars().any(char::is_control) {
            return Err(invalid("username is empty or holds a line break"));
        }
        for (key, secret) in [("secret", &self.secret), ("integration_code", &self.integration_code)] {
            let text = secret.expose_secret();
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                return Err(invalid(format!("{key} is empty or holds a line break")));
            }
        }
        if !(1..=100).contains(&self.budget_percent) {
            return Err(invalid("budget_percent must be between 1 and 100"));
        }
        if !(1..=MOST_THREADS).contains(&self.concurrency) {
            return Err(invalid(
                "concurrency must be 1, 2 or 3: Autotask allows three threads for one kind of record",
            ));
        }
        if self.requests_per_hour < 100 || self.timeout_seconds == 0 {
            return Err(invalid("requests_per_hour must be at least 100, and timeout_seconds above zero"));
        }
        Ok(())
    }
}

/// The root of a server's address: Autotask's own part of a pasted path is dropped.
pub(crate) fn root_of(text: &str, key: &str) -> Result<String> {
    let text = sync_http::checked_server(OPERATION, key, text)?;
    let url = Url::parse(&text).map_err(|e| invalid(format!("{key} is not a URL")).with_source(e))?;
    let segments = url.path_segments().into_iter().flatten();
    let kept = segments.take_while(|s| !s.eq_ignore_ascii_case("atservicesrest")).filter(|s| !s.is_empty());
    let path: String = kept.map(|segment| format!("/{segment}")).collect();
    Ok(format!("{}{path}", url.origin().ascii_serialization()))
}

/// The root of the zone that an answer names, if credentials may go there: a host of Autotask's own over TLS, or the
/// server that was asked. Anything else could be forged, and would be given the secret.
pub(crate) fn zone_root(answer: &str, asked: &str) -> Result<String> {
    let root = root_of(answer, "the zone that Autotask names")?;
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    let host = Url::parse(&root).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let of_vendor = root.starts_with("https://") && host.ends_with(".autotask.net");
    if of_vendor || origin(&root) == origin(asked) {
        return Ok(root);
    }
    Err(invalid(
        "the zone that was named is no host of autotask.net, so nothing was sent there; set base_url to your zone and \
         fixed_zone = true",
    ))
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.root().unwrap_or_else(|_| "<invalid>".to_owned()))
            .field("username", &"<redacted>")
            .field("secret", &"<redacted>")
            .field("integration_code", &"<redacted>")
            .field("budget_percent", &self.budget_percent)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new("canary@contoso.example", "canary-secret".into(), "canary-code".into())
    }

    #[test]
    fn every_way_to_write_the_server_leads_to_its_root() {
        for (given, root) in [
            ("webservices5.autotask.net", "https://webservices5.autotask.net"),
            ("https://webservices.autotask.net/atservicesrest/v1.0/", "https://webservices.autotask.net"),
            ("https://webservices12.autotask.net/ATServicesRest/", "https://webservices12.autotask.net"),
            ("http://127.0.0.1:9000/autotask/ATServicesRest/V1.0", "http://127.0.0.1:9000/autotask"),
            ("http://127.0.0.1:9000/autotask/", "http://127.0.0.1:9000/autotask"),
        ] {
            let mut config = config();
            config.base_url = given.into();
            assert_eq!(config.root().unwrap(), root, "{given}");
        }
    }

    #[test]
    fn a_server_that_would_see_the_secret_in_clear_is_refused() {
        for given in [
            "http://webservices.autotask.net",
            "https://user:pass@x.example",
            "ftp://x.example",
            "https://",
            "",
        ] {
            let mut config = config();
            config.base_url = given.into();
            assert_eq!(config.validate().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{given}");
        }
    }

    #[test]
    fn a_zone_is_a_host_of_the_vendor_or_the_server_that_was_asked() {
        let asked = "https://webservices.autotask.net";
        for good in
            ["https://webservices12.autotask.net/ATServicesRest/", "https://prde.autotask.net/atservicesrest"]
        {
            assert!(zone_root(good, asked).is_ok(), "{good}");
        }
        for forged in [
            "https://autotask.net.evil.example/ATServicesRest/",
            "https://evilautotask.net/ATServicesRest/",
            "http://webservices12.autotask.net/ATServicesRest/",
            "https://webservices12.autotask.net@evil.example/",
            "evil",
        ] {
            assert_eq!(zone_root(forged, asked).unwrap_err().kind(), ErrorKind::ConfigInvalid, "{forged}");
        }
        let own = "http://127.0.0.1:9000/autotask";
        assert_eq!(
            zone_root("http://127.0.0.1:9000/autotask/zone2/ATServicesRest/", own).unwrap(),
            "http://127.0.0.1:9000/autotask/zone2"
        );
        assert!(zone_root("http://127.0.0.1:9001/ATServicesRest/", own).is_err());
    }

    #[test]
    fn debug_shows_neither_keys_nor_the_user() {
        let shown = format!("{:?}", config());
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("webservices.autotask.net"), "{shown}");
    }

    #[test]
    fn a_misspelt_key_fails_and_the_required_ones_suffice() {
        let toml = "username = \"u\"\nsecret = \"s\"\nintegration_code = \"i\"\n";
        let config: Config = toml::from_str(toml).unwrap();
        assert_eq!((config.budget_percent, config.concurrency, config.requests_per_hour), (70, 2, 10_000));
        assert!(config.validate().is_ok());
        assert!(toml::from_str::<Config>(&format!("{toml}budget_procent = 5\n")).is_err());
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        let cases: [fn(&mut Config); 7] = [
            |c| c.username = " ".into(),
            |c| c.secret = "a\r\nX: y".to_owned().into(),
            |c| c.integration_code = String::new().into(),
            |c| c.budget_percent = 0,
            |c| c.budget_percent = 101,
            |c| c.concurrency = 4,
            |c| c.requests_per_hour = 0,
        ];
        for (i, spoil) in cases.iter().enumerate() {
            let mut config = config();
            spoil(&mut config);
            assert_eq!(config.validate().unwrap_err().kind(), ErrorKind::ConfigInvalid, "case {i}");
        }
    }
}
