//! How the configuration says to sign in: exactly one way of several.

use super::{GraphConfig, OPERATION, Settings, invalid, is_guid};
use crate::auth::{
    ClientCertificate, ClientSecret, Credential, Federated, FileTokenStore, Grant, IdentityHook, METADATA,
    ManagedIdentity, MemoryTokenStore, TokenStore,
};
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use sync_core::{Error, ErrorKind, Result};
use sync_http::Clock;
use url::{Host, Url};

/// The ways to prove what the application is, or to be a machine's identity.
const WAYS: &str = "client_secret, certificate, federated_token_file, federated_token_url, \
                    federated_managed_identity or managed_identity";

impl GraphConfig {
    /// Everything about signing in that can be told without a call.
    pub(super) fn validate_sign_in(&self, for_person: bool) -> Result<()> {
        let Self {
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
            ..
        } = self;
        let ways = [
            client_secret.is_some(),
            certificate.is_some(),
            federated_token_file.is_some(),
            federated_token_url.is_some(),
            federated_managed_identity.is_some(),
            managed_identity.is_some(),
        ];
        let ways = ways.into_iter().filter(|given| *given).count();
        let delegated = for_person || refresh_token.is_some() || refresh_token_file.is_some();
        if ways > 1 {
            return invalid(format!("more than one credential is given; give one of {WAYS}"));
        }
        if ways == 0 && !delegated {
            return invalid(format!(
                "no credential is given; give one of {WAYS}, or refresh_token_file for a person's sign-in"
            ));
        }
        if managed_identity.is_some() && delegated {
            return invalid("managed_identity is no person's sign-in; leave refresh_token out");
        }
        for (name, value, of, there) in [
            ("certificate_key", certificate_key.is_some(), "certificate", certificate.is_some()),
            (
                "federated_token_request_token",
                federated_token_request_token.is_some(),
                "federated_token_url",
                federated_token_url.is_some(),
            ),
            (
                "identity_endpoint or identity_header",
                identity_endpoint.is_some() || identity_header.is_some(),
                "managed_identity or federated_managed_identity",
                managed_identity.is_some() || federated_managed_identity.is_some(),
            ),
        ] {
            if value && !there {
                return invalid(format!("{name} goes with {of} only"));
            }
        }
        if identity_header.is_some() != identity_endpoint.is_some() {
            return invalid(
                "identity_endpoint and identity_header go together (IDENTITY_ENDPOINT, IDENTITY_HEADER)",
            );
        }
        if federated_token_url.is_some() && federated_token_request_token.is_none() {
            return invalid("federated_token_url needs federated_token_request_token");
        }
        for (name, secret) in [
            ("client_secret", client_secret),
            ("certificate", certificate),
            ("certificate_key", certificate_key),
            ("federated_token_request_token", federated_token_request_token),
            ("identity_header", identity_header),
            ("refresh_token", refresh_token),
        ] {
            if secret.as_ref().is_some_and(|secret| secret.expose_secret().trim().is_empty()) {
                return invalid(format!("{name} is empty"));
            }
        }
        for (name, identity) in [
            ("managed_identity", managed_identity),
            ("federated_managed_identity", federated_managed_identity),
        ] {
            if identity
                .as_ref()
                .is_some_and(|text| !text.eq_ignore_ascii_case("system") && !is_guid(text.trim()))
            {
                return invalid(format!(
                    "{name} is `system` for the machine's own identity, or the client id of another, a GUID"
                ));
            }
        }
        if managed_identity.is_none() && !is_guid(self.client_id.trim()) {
            return invalid("client_id is the application (client) id of the app registration, a GUID");
        }
        Ok(())
    }

    /// How tokens are had. `store` keeps the refresh token of a person's sign-in in place of the configured places.
    ///
    /// # Errors
    /// `ConfigInvalid` for a certificate that cannot be used or an address that is none.
    pub(crate) fn grant(
        &self,
        settings: &Settings,
        store: Option<Arc<dyn TokenStore>>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Grant> {
        if let Some(identity) = &self.managed_identity {
            return Ok(Grant::Identity(self.identity(identity, clock)?));
        }
        let credential = self.credential(settings, clock)?;
        let configured: Option<Arc<dyn TokenStore>> = match (&self.refresh_token_file, &self.refresh_token) {
            (Some(path), _) => Some(Arc::new(FileTokenStore::new(path))),
            (None, Some(token)) => Some(Arc::new(MemoryTokenStore::new(token.clone()))),
            (None, None) => None,
        };
        match (store.or(configured), credential) {
            (Some(store), credential) => Ok(Grant::Delegated { credential, store }),
            (None, Some(credential)) => Ok(Grant::Application(credential)),
            (None, None) => invalid(format!("no credential is given; give one of {WAYS}")),
        }
    }

    /// What proves the application's identity; none for a public client.
    pub(crate) fn credential(
        &self,
        settings: &Settings,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Credential>> {
        let audience = settings.exchange_audience;
        Ok(Some(if let Some(secret) = &self.client_secret {
            Credential::Secret(ClientSecret(secret.clone()))
        } else if let Some(certificate) = &self.certificate {
            let certificate = ClientCertificate::from_pem(certificate, self.certificate_key.as_ref())?;
            Credential::Certificate(Box::new(certificate))
        } else if let Some(path) = &self.federated_token_file {
            Credential::Federated(Box::new(Federated::File(path.clone())))
        } else if let (Some(url), Some(token)) =
            (&self.federated_token_url, &self.federated_token_request_token)
        {
            let url = whole_address("federated_token_url", url)?;
            let http = near(&url, clock).build()?;
            Credential::Federated(Box::new(Federated::Address { http, url, token: token.clone(), audience }))
        } else if let Some(identity) = &self.federated_managed_identity {
            let identity = self.identity(identity, clock)?;
            Credential::Federated(Box::new(Federated::Identity { identity, audience }))
        } else {
            return Ok(None);
        }))
    }

    fn identity(&self, identity: &str, clock: &Arc<dyn Clock>) -> Result<ManagedIdentity> {
        let client_id =
            Some(identity.trim()).filter(|id| !id.eq_ignore_ascii_case("system")).map(str::to_owned);
        let endpoint =
            whole_address("identity_endpoint", self.identity_endpoint.as_deref().unwrap_or(METADATA))?;
        let local = match endpoint.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_link_local(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if endpoint.scheme() != "https" && !local {
            return invalid(
                "identity_endpoint must be https:// (http:// for loopback and link-local addresses only)",
            );
        }
        let http = near(&endpoint, clock).link_local_http().hook(Arc::new(IdentityHook)).build()?;
        Ok(ManagedIdentity::new(http, endpoint, self.identity_header.clone(), client_id))
    }
}

/// A client for the origin of an address.
fn near(url: &Url, clock: &Arc<dyn Clock>) -> sync_http::ClientBuilder {
    crate::directory::common(&url.origin().ascii_serialization(), clock)
}

/// An address that may hold a query of its own.
fn whole_address(key: &str, text: &str) -> Result<Url> {
    Url::parse(text.trim()).ok().filter(Url::has_host).ok_or_else(|| {
        Error::new(ErrorKind::ConfigInvalid, OPERATION, format!("{key} is not an address (https://…)"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cloud;
    use secrecy::SecretString;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    fn secret() -> Option<SecretString> {
        Some(SecretString::from("canary"))
    }

    fn refused(change: impl FnOnce(&mut GraphConfig)) -> String {
        let mut config = GraphConfig::without_credential(ID, ID);
        change(&mut config);
        let error = config.connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        error.to_string()
    }

    #[test]
    fn exactly_one_credential_is_taken() {
        assert!(refused(|_| {}).contains("no credential is given"));
        let both = refused(|c| {
            c.client_secret = secret();
            c.federated_token_file = Some("token".into());
        });
        assert!(both.contains("more than one credential"), "{both}");
        let mut person = GraphConfig::without_credential(ID, ID);
        person.refresh_token = secret();
        person.client_secret = secret();
        assert!(person.connect().is_ok(), "a confidential application for a person");
        let mut machine = GraphConfig::without_credential(ID, "");
        machine.managed_identity = Some("system".into());
        assert!(machine.clone().connect().is_ok(), "a machine needs no application");
        machine.refresh_token = secret();
        assert!(machine.connect().is_err());
    }

    #[test]
    fn parts_go_with_what_they_are_parts_of() {
        assert!(
            refused(|c| {
                c.client_secret = secret();
                c.certificate_key = secret();
            })
            .contains("certificate_key goes with")
        );
        assert!(
            refused(|c| {
                c.client_secret = secret();
                c.identity_header = secret();
            })
            .contains("identity_endpoint")
        );
        assert!(
            refused(|c| c.federated_token_url = Some("https://a.example".into())).contains("request_token")
        );
        assert!(
            refused(|c| {
                c.managed_identity = Some("system".into());
                c.identity_header = secret();
            })
            .contains("go together")
        );
        assert!(refused(|c| c.managed_identity = Some("me".into())).contains("`system`"));
        assert!(
            refused(|c| {
                c.client_secret = secret();
                c.client_id = "my app".into();
            })
            .contains("client_id")
        );
        assert!(
            refused(|c| c.client_secret = Some(SecretString::from(" "))).contains("client_secret is empty")
        );
        assert!(refused(|c| c.certificate = secret()).contains("certificate"));
    }

    #[test]
    fn plain_http_to_an_identity_is_for_the_machine_itself_only() {
        let at = |url: &str| {
            let url = url.to_owned();
            move |c: &mut GraphConfig| {
                c.managed_identity = Some("system".into());
                c.identity_endpoint = Some(url);
                c.identity_header = secret();
            }
        };
        for url in ["http://10.0.0.4/msi", "http://identity.example.com/msi"] {
            assert!(refused(at(url)).contains("link-local"), "{url}");
        }
        for url in [
            "http://127.0.0.1:41056/msi/token",
            "http://169.254.129.3:8081/msi/token",
            "http://localhost:42356/msi/token",
        ] {
            let mut config = GraphConfig::without_credential(ID, "");
            at(url)(&mut config);
            assert!(config.connect().is_ok(), "{url}");
        }
        // Graph itself and the authority are never spoken to that way.
        let link_local = refused(|c| {
            c.client_secret = secret();
            c.base_url = Some("http://169.254.169.254".into());
        });
        assert!(link_local.contains("loopback only"), "{link_local}");
    }

    #[test]
    fn each_cloud_has_its_own_audience_for_exchanges() {
        let all = [Cloud::Global, Cloud::UsGov, Cloud::China].map(Cloud::exchange_audience);
        assert!(all.iter().all(|name| name.starts_with("api://AzureADTokenExchange")));
        assert!(all[0] != all[1] && all[1] != all[2]);
    }
}
