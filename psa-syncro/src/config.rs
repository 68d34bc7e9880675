//! What a connection to Syncro needs, and how it is checked.

use crate::{adapter::Syncro, leavers::Leavers, properties};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use sync_core::{Error, ErrorKind, Result};
use url::Url;

const OPERATION: &str = "configure Syncro";

/// Where Syncro's own hosts are.
const DOMAIN: &str = "syncromsp.com";

/// The path of the API.
const API: &str = "/api/v1";

/// How to reach one Syncro account. Read from configuration, never written to it; `Debug` hides the token.
///
/// Make the token under Admin > API Tokens with the permissions Customers - List/Search, View Detail and Edit; for
/// quantities also Recurring Invoices - List and Edit; for `revoke_portal_access` Global Admin.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The account: its subdomain (`contoso`), its host, or any address of it. A path of Syncro's own is dropped.
    pub base_url: String,
    /// The API token.
    pub api_token: SecretString,
    /// Where the active status of a contact is kept; default a custom field called `M365Status`.
    #[serde(default)]
    pub leavers: Leavers,
    /// Whether deactivating a contact also deletes its portal login, which only an invitation brings back; default no.
    #[serde(default)]
    pub revoke_portal_access: bool,
    /// Custom fields of contacts that are check boxes, or texts that hold `1` and `0`; default `IsOffice365`.
    #[serde(default = "default_checkboxes")]
    pub checkbox_fields: BTreeSet<String>,
    /// For custom fields that are drop-down lists: the number of each answer, for the API shows and takes only that.
    #[serde(default)]
    pub answers: BTreeMap<String, BTreeMap<String, i64>>,
    /// The first line of the one paragraph kept in a contact's notes; without it notes are left alone. Notes can be
    /// read by everybody who may see the contact.
    #[serde(default)]
    pub note_marker: Option<String>,
    /// The most requests in any minute; default 180, which Syncro allows per IP address. All connections of this
    /// process to Syncro share them; the first one's number holds.
    #[serde(default = "default_requests_per_minute")]
    pub requests_per_minute: u32,
    /// The most requests at once; default 4.
    #[serde(default = "default_concurrency")]
    pub concurrency: usize,
    /// The most one attempt of a request may take, in seconds; default 60.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

fn default_checkboxes() -> BTreeSet<String> {
    ["IsOffice365".to_owned()].into()
}

const fn default_requests_per_minute() -> u32 {
    180
}

const fn default_concurrency() -> usize {
    4
}

const fn default_timeout_seconds() -> u64 {
    60
}

impl Config {
    /// What must be said; the rest has its defaults.
    pub fn new(base_url: impl Into<String>, api_token: SecretString) -> Self {
        Self {
            base_url: base_url.into(),
            api_token,
            leavers: Leavers::default(),
            revoke_portal_access: false,
            checkbox_fields: default_checkboxes(),
            answers: BTreeMap::new(),
            note_marker: None,
            requests_per_minute: default_requests_per_minute(),
            concurrency: default_concurrency(),
            timeout_seconds: default_timeout_seconds(),
        }
    }

    /// Checks the values and makes the adapter. Sends nothing.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] that names the key and says what is wrong, never the token.
    pub fn connect(self) -> Result<Syncro> {
        Syncro::new(self)
    }

    /// The root that requests go below, which ends in the path of the API.
    pub(crate) fn root(&self) -> Result<Url> {
        let text = self.base_url.trim();
        let text = if is_label(text) && text != "localhost" {
            format!("https://{text}.{DOMAIN}")
        } else {
            text.to_owned()
        };
        let text = sync_http::checked_server(OPERATION, "base_url", &text)?;
        let mut url = Url::parse(&text).map_err(|e| invalid("base_url is not a URL").with_source(e))?;
        let own = is_own(&url);
        if own && url.host_str() == Some(DOMAIN) {
            return Err(invalid("base_url must name the account: contoso.syncromsp.com"));
        }
        let before = url.path().split_once(API).map_or_else(|| url.path(), |(before, _)| before);
        let path = format!("{}{API}", if own { "" } else { before.trim_end_matches('/') });
        url.set_path(&path);
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let token = self.api_token.expose_secret();
        if token.trim().is_empty() || token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(invalid("api_token is empty or holds a space"));
        }
        if let Some(fault) = self.leavers.fault() {
            return Err(invalid(fault));
        }
        if self.checkbox_fields.iter().chain(self.answers.keys()).any(|name| properties::is_built_in(name)) {
            return Err(invalid(
                "checkbox_fields and answers are for custom fields, not for those of Syncro itself",
            ));
        }
        if let Some(name) = self.answers.keys().find(|name| self.checkbox_fields.contains(*name)) {
            return Err(invalid(format!(
                "`{name}` is in checkbox_fields and in answers; it can be one of them"
            )));
        }
        for (name, answers) in &self.answers {
            let numbers: BTreeSet<i64> = answers.values().copied().collect();
            if numbers.len() != answers.len() || answers.is_empty() {
                return Err(invalid(format!("answers.{name} needs a number of its own for each answer")));
            }
        }
        if let Some(marker) = &self.note_marker {
            let fits = (3..=50).contains(&marker.chars().count())
                && marker.trim() == marker
                && !marker.contains(char::is_control);
            if !fits {
                return Err(invalid("note_marker must be one line of 3 to 50 characters"));
            }
        }
        if self.requests_per_minute == 0 || self.concurrency == 0 || self.timeout_seconds == 0 {
            return Err(invalid("requests_per_minute, concurrency and timeout_seconds must be above zero"));
        }
        Ok(())
    }
}

/// Whether a host is one of Syncro's.
pub(crate) fn is_own(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == DOMAIN || host.strip_suffix(DOMAIN).is_some_and(|account| account.ends_with('.'))
    })
}

/// One part of a host name, as a subdomain is.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= 63 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.root().map_or_else(|_| "<invalid>".to_owned(), String::from))
            .field("api_token", &"<redacted>")
            .field("leavers", &self.leavers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str) -> Config {
        Config::new(base_url, "canary-token".into())
    }

    #[test]
    fn every_way_to_write_the_account_leads_to_its_api() {
        for (given, root) in [
            ("contoso", "https://contoso.syncromsp.com/api/v1"),
            ("Contoso.SyncroMSP.com", "https://contoso.syncromsp.com/api/v1"),
            ("https://contoso.syncromsp.com/customers/12?x=1#y", "https://contoso.syncromsp.com/api/v1"),
            ("https://contoso.syncromsp.com/api/v1/", "https://contoso.syncromsp.com/api/v1"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000/api/v1"),
            ("http://localhost:9000/syncro/api/v1", "http://localhost:9000/syncro/api/v1"),
            ("https://proxy.example.com/syncro/", "https://proxy.example.com/syncro/api/v1"),
        ] {
            assert_eq!(config(given).root().unwrap().as_str(), root, "{given}");
        }
    }

    #[test]
    fn an_address_that_would_show_the_token_or_names_no_account_is_refused() {
        for given in [
            "http://contoso.syncromsp.com",
            "https://user:pass@contoso.example.com",
            "ftp://contoso.syncromsp.com",
            "syncromsp.com",
            "https://",
            "",
            "a b",
        ] {
            assert_eq!(config(given).root().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{given}");
        }
        // Another host than Syncro's is nobody's subdomain.
        assert!(!is_own(&Url::parse("https://evilsyncromsp.com").unwrap()));
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?}", config("contoso"));
        assert!(!shown.contains("canary") && shown.contains("contoso.syncromsp.com"), "{shown}");
    }

    #[test]
    fn a_misspelt_key_fails_and_the_required_ones_suffice() {
        let toml = "base_url = \"contoso\"\napi_token = \"t\"\n";
        let config: Config = toml::from_str(toml).unwrap();
        assert_eq!((config.requests_per_minute, config.concurrency), (180, 4));
        assert_eq!(config.leavers, Leavers::default());
        assert!(config.checkbox_fields.contains("IsOffice365") && !config.revoke_portal_access);
        assert!(toml::from_str::<Config>(&format!("{toml}apitoken = \"x\"\n")).is_err());
        let full = format!("{toml}leavers = \"hold\"\n[answers.TypeMapping]\nVIP = 3\n\"End User\" = 4\n");
        let config: Config = toml::from_str(&full).unwrap();
        assert!(config.validate().is_ok());
        assert_eq!(config.answers["TypeMapping"]["End User"], 4);
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        let cases: [fn(&mut Config); 9] = [
            |c| c.api_token = " ".to_owned().into(),
            |c| c.api_token = "a\r\nb".to_owned().into(),
            |c| c.leavers = Leavers::Rename { suffix: String::new() },
            |c| c.note_marker = Some("ab".into()),
            |c| c.note_marker = Some("two\nlines".into()),
            |c| c.requests_per_minute = 0,
            |c| {
                c.checkbox_fields.insert("title".into());
            },
            |c| {
                c.answers.insert("IsOffice365".into(), [("Yes".to_owned(), 1)].into());
            },
            |c| {
                c.answers.insert("Kind".into(), [("A".to_owned(), 1), ("B".to_owned(), 1)].into());
            },
        ];
        for (i, spoil) in cases.iter().enumerate() {
            let mut config = config("contoso");
            assert!(config.validate().is_ok());
            spoil(&mut config);
            assert_eq!(config.validate().unwrap_err().kind(), ErrorKind::ConfigInvalid, "case {i}");
        }
    }
}
