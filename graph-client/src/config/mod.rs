//! What is needed to reach one tenant, and its validation.

mod address;
mod cloud;
mod sign_in;
mod tenant;

pub(crate) use address::address;
pub use cloud::Cloud;
pub(crate) use tenant::{Tenant, is_guid};

use crate::{
    auth::{Platform, SignIn, TokenStore},
    directory::{self, GraphDirectory},
    wire::USER_PROPERTIES,
};
use address::address;
use secrecy::SecretString;
use serde::Deserialize;
use std::{collections::BTreeSet, fmt, path::PathBuf, sync::Arc};
use sync_core::{Error, ErrorKind, Result, model::nearest};
use sync_http::{Clock, TokioClock};

const OPERATION: &str = "configure graph";

/// The most that `$top` takes on `/users` (list users, Microsoft Graph v1.0, read 2026-08).
const LARGEST_PAGE: u16 = 999;

/// The configuration of one tenant. Read with serde, never written; `Debug` shows no secret.
///
/// One way to sign in is given: a secret, a certificate, a federated token, a managed identity, or the refresh token of
/// a person's sign-in (beside which an application that keeps a secret gives its credential too).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GraphConfig {
    /// The tenant: its GUID, or one of its verified domains (one more call finds the GUID then).
    pub tenant_id: String,
    /// The application (client) id of the app registration, a GUID. Not needed with `managed_identity`.
    #[serde(default)]
    pub client_id: String,
    /// The value (not the id) of a client secret of the app registration.
    #[serde(default)]
    pub client_secret: Option<SecretString>,
    /// A certificate of the app registration, PEM; its private key (RSA, PKCS#8 or PKCS#1, without a passphrase) may
    /// stand in the same text.
    #[serde(default)]
    pub certificate: Option<SecretString>,
    /// The private key, where it does not stand beside the certificate.
    #[serde(default)]
    pub certificate_key: Option<SecretString>,
    /// A file with another party's token that the application trusts (`AZURE_FEDERATED_TOKEN_FILE`); read anew for
    /// every exchange.
    #[serde(default)]
    pub federated_token_file: Option<PathBuf>,
    /// An address that gives such a token, as GitHub Actions names it in `ACTIONS_ID_TOKEN_REQUEST_URL`.
    #[serde(default)]
    pub federated_token_url: Option<String>,
    /// What that address asks for (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
    #[serde(default)]
    pub federated_token_request_token: Option<SecretString>,
    /// A managed identity that the application trusts: `system`, or the client id of a user-assigned one.
    #[serde(default)]
    pub federated_managed_identity: Option<String>,
    /// The managed identity that reads Graph itself, in its own tenant only: `system`, or the client id of a
    /// user-assigned one.
    #[serde(default)]
    pub managed_identity: Option<String>,
    /// The endpoint of managed identities where the environment gives one (`IDENTITY_ENDPOINT`: App Service, Functions,
    /// Container Apps); a virtual machine's own otherwise.
    #[serde(default)]
    pub identity_endpoint: Option<String>,
    /// What that endpoint asks for (`IDENTITY_HEADER`).
    #[serde(default)]
    pub identity_header: Option<SecretString>,
    /// The refresh token of a person's sign-in. The newer ones that replace it are kept in memory only.
    #[serde(default)]
    pub refresh_token: Option<SecretString>,
    /// The file that the refresh token of a person's sign-in is kept in, and written to when it changes.
    #[serde(default)]
    pub refresh_token_file: Option<PathBuf>,
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
    /// Also ask of every mailbox whether it is a shared, room or equipment mailbox (permission `MailboxSettings.Read`):
    /// one call for 20 mailboxes, repeated after a week at most.
    #[serde(default)]
    pub mailbox_kinds: bool,
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
    /// The global cloud with every default, by client secret.
    pub fn new(
        tenant_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: SecretString,
    ) -> Self {
        Self { client_secret: Some(client_secret), ..Self::without_credential(tenant_id, client_id) }
    }

    /// The global cloud with every default, without a way to sign in, which is to be added.
    pub fn without_credential(tenant_id: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            client_id: client_id.into(),
            client_secret: None,
            certificate: None,
            certificate_key: None,
            federated_token_file: None,
            federated_token_url: None,
            federated_token_request_token: None,
            federated_managed_identity: None,
            managed_identity: None,
            identity_endpoint: None,
            identity_header: None,
            refresh_token: None,
            refresh_token_file: None,
            cloud: Cloud::default(),
            authority: None,
            base_url: None,
            page_size: default_page_size(),
            max_pages: default_max_pages(),
            read_deleted: false,
            mailbox_kinds: false,
            omit_properties: BTreeSet::new(),
            resource_units_per_10_seconds: default_units(),
        }
    }

    /// Validates and makes the directory. Sends nothing: [`check`](sync_core::Directory::check) does.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the key and what it takes.
    pub fn connect(self) -> Result<GraphDirectory> {
        GraphDirectory::new(self, None, &clock())
    }

    /// As [`connect`](Self::connect), acting for a person whose refresh token `store` keeps, in place of the places
    /// that the configuration names.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub fn connect_for_person(self, store: Arc<dyn TokenStore>) -> Result<GraphDirectory> {
        GraphDirectory::new(self, Some(store), &clock())
    }

    /// What signs a person in to this tenant. Sends nothing.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the key and what it takes. A public client needs no credential here.
    pub fn sign_in(&self) -> Result<SignIn> {
        self.sign_in_with_clock(&clock())
    }

    pub(crate) fn sign_in_with_clock(&self, clock: &Arc<dyn Clock>) -> Result<SignIn> {
        if !is_guid(self.client_id.trim()) {
            return invalid("client_id is the application (client) id of the app registration, a GUID");
        }
        let settings = self.settings()?;
        let credential = self.credential(&settings, clock)?;
        let Settings { tenant, authority, base_url, .. } = settings;
        let http = directory::common(&authority, clock).build()?;
        Ok(SignIn::new(Platform::new(http, authority, tenant, &self.client_id), credential, &base_url))
    }

    /// Everything that can be told without a call.
    ///
    /// `for_person`: somebody else keeps the refresh token of a person's sign-in.
    pub(crate) fn validate(&self, for_person: bool) -> Result<Settings> {
        self.settings()?;
        self.validate_sign_in(for_person)?;
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
        self.settings()
    }

    /// The tenant and the addresses.
    fn settings(&self) -> Result<Settings> {
        let tenant = Tenant::parse(&self.tenant_id)?;
        let authority = address("authority", self.authority.as_deref().unwrap_or(self.cloud.authority()))?;
        let mut base_url = address("base_url", self.base_url.as_deref().unwrap_or(self.cloud.base_url()))?;
        if let Some(root) = base_url.strip_suffix("/v1.0") {
            base_url.truncate(root.len());
        }
        if base_url.ends_with("/beta") {
            return invalid("base_url: only version v1.0 is supported; give the root without a version");
        }
        Ok(Settings { tenant, authority, base_url, exchange_audience: self.cloud.exchange_audience() })
    }
}

impl fmt::Debug for GraphConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tenant_id,
            client_id,
            client_secret,
            certificate,
            certificate_key,
            federated_token_file,
            federated_token_url,
            federated_token_request_token,
            federated_managed_identity,
            managed_identity,
            identity_endpoint,
            identity_header,
            refresh_token,
            refresh_token_file,
            cloud,
            authority,
            base_url,
            page_size,
            max_pages,
            read_deleted,
            mailbox_kinds,
            omit_properties,
            resource_units_per_10_seconds,
        } = self;
        let shown = |secret: &Option<SecretString>| secret.as_ref().map(|_| "<redacted>");
        f.debug_struct("GraphConfig")
            .field("tenant_id", tenant_id)
            .field("client_id", client_id)
            .field("client_secret", &shown(client_secret))
            .field("certificate", &shown(certificate))
            .field("certificate_key", &shown(certificate_key))
            .field("federated_token_file", federated_token_file)
            .field("federated_token_url", &federated_token_url.as_ref().map(|_| "<not shown>"))
            .field("federated_token_request_token", &shown(federated_token_request_token))
            .field("federated_managed_identity", federated_managed_identity)
            .field("managed_identity", managed_identity)
            .field("identity_endpoint", identity_endpoint)
            .field("identity_header", &shown(identity_header))
            .field("refresh_token", &shown(refresh_token))
            .field("refresh_token_file", refresh_token_file)
            .field("cloud", cloud)
            .field("authority", authority)
            .field("base_url", base_url)
            .field("page_size", page_size)
            .field("max_pages", max_pages)
            .field("read_deleted", read_deleted)
            .field("mailbox_kinds", mailbox_kinds)
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
    /// The audience of tokens that stand in for the application's credential.
    pub(crate) exchange_audience: &'static str,
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::new())
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
        let error = config.validate(false).unwrap_err();
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
        assert_eq!(
            by_domain.validate(false).unwrap().tenant,
            Tenant::Domain("contoso.onmicrosoft.com".into())
        );
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
            let base = local.validate(false).unwrap().base_url;
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
            let settings = config.validate(false).unwrap();
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
