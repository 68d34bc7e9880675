//! What is needed to reach one tenant, and its validation.

use crate::{directory::GraphDirectory, wire::USER_PROPERTIES};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::{collections::BTreeSet, fmt};
use sync_core::{Error, ErrorKind, Result, model::nearest};
use url::{Host, Url};

const OPERATION: &str = "configure graph";

/// The most that `$top` takes on `/users` (list users, Microsoft Graph v1.0, read 2026-08).
const LARGEST_PAGE: u16 = 999;

/// Which national cloud the tenant lives in. Tokens and app registrations do not cross over.
///
/// Addresses: national cloud deployments, Microsoft Graph documentation, read 2026-08. GCC (moderate) is `Global`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cloud {
    /// The worldwide service, GCC included.
    #[default]
    Global,
    /// US Government L4 (GCC High).
    UsGov,
    /// US Government L5 (DoD).
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// Where tokens are issued.
    #[must_use]
    pub const fn authority(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsGovDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The Graph root, without a version.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsGovDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

/// The configuration of one tenant. Read with serde, never written; `Debug` shows no secret.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GraphConfig {
    /// The tenant: its GUID, or one of its verified domains (one more call finds the GUID then).
    pub tenant_id: String,
    /// The application (client) id of the app registration, a GUID.
    pub client_id: String,
    /// The value (not the id) of a client secret of the app registration.
    pub client_secret: SecretString,
    /// The national cloud; gives the two addresses below.
    #[serde(default)]
    pub cloud: Cloud,
    /// Where tokens are issued, in place of the cloud's own; `http://` for loopback only.
    #[serde(default)]
    pub authority: Option<String>,
    /// The Graph root without a version, in place of the cloud's own; `http://` for loopback only.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Users per page, 1 to 999.
    #[serde(default = "default_page_size")]
    pub page_size: u16,
    /// The most pages one listing may have before it is given up as endless.
    #[serde(default = "default_max_pages")]
    pub max_pages: u32,
    /// Also list deleted users, which the directory keeps for 30 days. Adds `max(1, ceil(deleted / page_size))` calls.
    #[serde(default)]
    pub read_deleted: bool,
    /// Properties to leave out of `$select`, by Graph's names: some clouds lack some, and one that a cloud does not
    /// know fails the listing. Their attributes are then "not read".
    #[serde(default)]
    pub omit_properties: BTreeSet<String>,
    /// Graph's resource units that may be used in any ten seconds, at least 10. The default stays below the 3,500 that
    /// an application has in the smallest tenants; a page of users costs one (throttling limits, read 2026-08).
    #[serde(default = "default_units")]
    pub resource_units_per_10_seconds: u32,
}

const fn default_page_size() -> u16 {
    LARGEST_PAGE
}

const fn default_max_pages() -> u32 {
    10_000
}

const fn default_units() -> u32 {
    3_000
}

impl GraphConfig {
    /// The global cloud with every default.
    pub fn new(
        tenant_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: SecretString,
    ) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            client_id: client_id.into(),
            client_secret,
            cloud: Cloud::default(),
            authority: None,
            base_url: None,
            page_size: default_page_size(),
            max_pages: default_max_pages(),
            read_deleted: false,
            omit_properties: BTreeSet::new(),
            resource_units_per_10_seconds: default_units(),
        }
    }

    /// Validates and makes the directory. Sends nothing: [`check`](sync_core::Directory::check) does.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the key and what it takes.
    pub fn connect(self) -> Result<GraphDirectory> {
        GraphDirectory::new(self)
    }

    /// Everything that can be told without a call.
    pub(crate) fn validate(&self) -> Result<Settings> {
        let tenant = Tenant::parse(&self.tenant_id)?;
        if !is_guid(self.client_id.trim()) {
            return invalid("client_id is the application (client) id of the app registration, a GUID");
        }
        if self.client_secret.expose_secret().trim().is_empty() {
            return invalid(
                "client_secret is empty; give the value of a client secret of the app registration",
            );
        }
        if !(1..=LARGEST_PAGE).contains(&self.page_size) {
            return invalid(format!("page_size is {}; Graph takes 1 to {LARGEST_PAGE}", self.page_size));
        }
        if self.max_pages == 0 {
            return invalid("max_pages is 0; no listing could be read");
        }
        if self.resource_units_per_10_seconds < 10 {
            return invalid("resource_units_per_10_seconds is below 10; one request can cost 5");
        }
        for property in &self.omit_properties {
            if ["id", "accountEnabled", "userPrincipalName"].contains(&property.as_str()) {
                return invalid(format!("omit_properties: `{property}` cannot be left out"));
            }
            if !USER_PROPERTIES.contains(&property.as_str()) {
                let shown: String = property.chars().take(64).collect();
                let hint = nearest(&shown, &USER_PROPERTIES)
                    .map(|near| format!("; did you mean `{near}`?"))
                    .unwrap_or_default();
                return invalid(format!("omit_properties: `{shown}` is not among the properties read{hint}"));
            }
        }
        let authority = address("authority", self.authority.as_deref().unwrap_or(self.cloud.authority()))?;
        let mut base_url = address("base_url", self.base_url.as_deref().unwrap_or(self.cloud.base_url()))?;
        if let Some(root) = base_url.strip_suffix("/v1.0") {
            base_url.truncate(root.len());
        }
        if base_url.ends_with("/beta") {
            return invalid("base_url: only version v1.0 is supported; give the root without a version");
        }
        Ok(Settings { tenant, authority, base_url })
    }
}

impl fmt::Debug for GraphConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tenant_id,
            client_id,
            client_secret: _,
            cloud,
            authority,
            base_url,
            page_size,
            max_pages,
            read_deleted,
            omit_properties,
            resource_units_per_10_seconds,
        } = self;
        f.debug_struct("GraphConfig")
            .field("tenant_id", tenant_id)
            .field("client_id", client_id)
            .field("client_secret", &"<redacted>")
            .field("cloud", cloud)
            .field("authority", authority)
            .field("base_url", base_url)
            .field("page_size", page_size)
            .field("max_pages", max_pages)
            .field("read_deleted", read_deleted)
            .field("omit_properties", omit_properties)
            .field("resource_units_per_10_seconds", resource_units_per_10_seconds)
            .finish()
    }
}

/// What validation makes of the texts.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) tenant: Tenant,
    /// Without a trailing slash.
    pub(crate) authority: String,
    /// Without a version and a trailing slash.
    pub(crate) base_url: String,
}

/// The tenant as configured, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tenant {
    Id(String),
    Domain(String),
}

impl Tenant {
    fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_lowercase();
        if ["common", "organizations", "consumers"].contains(&text.as_str()) {
            return invalid(format!(
                "tenant_id is `{text}`, which names no tenant; give the tenant's GUID (Entra admin center, Overview)"
            ));
        }
        if is_guid(&text) {
            return Ok(Self::Id(text));
        }
        let domain = text.len() <= 253
            && text.contains('.')
            && text.split('.').all(|label| {
                !label.is_empty()
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            });
        if domain {
            return Ok(Self::Domain(text));
        }
        invalid("tenant_id is neither a GUID nor a domain name")
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Id(text) | Self::Domain(text) => text,
        }
    }
}

/// Whether a text is a GUID in its plain form, 8-4-4-4-12 hex digits.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// An address without credentials, query and trailing slash.
fn address(key: &str, text: &str) -> Result<String> {
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

fn invalid<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::ConfigInvalid, OPERATION, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    fn config() -> GraphConfig {
        GraphConfig::new(ID, ID, SecretString::from("canary-secret"))
    }

    /// The refusal of a configuration changed in one way.
    fn refused(change: impl FnOnce(&mut GraphConfig)) -> String {
        let mut config = config();
        change(&mut config);
        let error = config.validate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        error.to_string()
    }

    #[test]
    fn a_tenant_must_be_one_tenant() {
        for name in ["common", "Organizations", " consumers "] {
            assert!(refused(|c| c.tenant_id = name.into()).contains("names no tenant"), "{name}");
        }
        for name in ["", "contoso", "a..b", "contoso.com/x", "contoso.com?x", "https://contoso.com"] {
            assert!(refused(|c| c.tenant_id = name.into()).contains("neither a GUID nor a domain"), "{name}");
        }
        let mut by_domain = config();
        by_domain.tenant_id = "Contoso.OnMicrosoft.com".into();
        assert_eq!(by_domain.validate().unwrap().tenant, Tenant::Domain("contoso.onmicrosoft.com".into()));
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for url in
            ["http://graph.example.com", "ftp://localhost", "http://10.0.0.1", "http://127.0.0.1.example.com"]
        {
            assert!(refused(|c| c.base_url = Some(url.into())).contains("loopback only"), "{url}");
            assert!(refused(|c| c.authority = Some(url.into())).contains("authority"), "{url}");
        }
        for url in ["http://127.0.0.1:8080/", "http://[::1]:80/graph", "http://localhost/graph/v1.0/"] {
            let mut local = config();
            local.base_url = Some(url.into());
            let base = local.validate().unwrap().base_url;
            assert!(!base.ends_with('/') && !base.ends_with("v1.0"), "{base}");
        }
        assert!(
            refused(|c| c.base_url = Some("https://u:p@graph.example.com".into())).contains("credentials")
        );
        assert!(refused(|c| c.base_url = Some("https://graph.microsoft.com/beta".into())).contains("v1.0"));
    }

    #[test]
    fn each_cloud_has_its_own_addresses() {
        let mut seen = BTreeSet::new();
        for cloud in [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China] {
            let mut config = config();
            config.cloud = cloud;
            let settings = config.validate().unwrap();
            assert!(settings.authority.starts_with("https://login."));
            assert!(seen.insert(settings.base_url));
        }
    }

    #[test]
    fn numbers_and_properties_out_of_bounds_are_refused() {
        assert!(refused(|c| c.page_size = 0).contains("1 to 999"));
        assert!(refused(|c| c.page_size = 1000).contains("1 to 999"));
        assert!(refused(|c| c.max_pages = 0).contains("max_pages"));
        assert!(refused(|c| c.resource_units_per_10_seconds = 9).contains("resource_units_per_10_seconds"));
        assert!(refused(|c| c.client_id = "my app".into()).contains("client_id"));
        assert!(refused(|c| c.client_secret = SecretString::from(" ")).contains("client_secret"));
        assert!(
            refused(|c| c.omit_properties = ["accountEnabled".to_owned()].into())
                .contains("cannot be left out")
        );
        assert!(
            refused(|c| c.omit_properties = ["employeetype".to_owned()].into())
                .contains("mean `employeeType`")
        );
    }

    #[test]
    fn an_unknown_key_is_refused_and_debug_hides_the_secret() {
        let text = format!(
            "tenant_id = \"{ID}\"\nclient_id = \"{ID}\"\nclient_secret = \"canary-secret\"\npagesize = 5"
        );
        let error = toml::from_str::<GraphConfig>(&text).unwrap_err().to_string();
        assert!(error.contains("unknown field `pagesize`"), "{error}");
        let shown = format!("{:?}", config());
        assert!(shown.contains(ID) && !shown.contains("canary"), "{shown}");
    }
}
