//! The configuration once it is checked.

use crate::{
    config::{Changes, Config, NestedGroups, Schema, Security, Source},
    dn, entry, tls, wire,
};
use rustls::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, net::IpAddr, sync::Arc, time::Duration};
use sync_core::{Error, ErrorKind, Result};

const OPERATION: &str = "configure LDAP";

/// The most entries of a page: what Active Directory gives at most (`MaxPageSize`).
const LARGEST_PAGE: u16 = 1_000;

/// Everything that can be told without the server.
pub(crate) struct Settings {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    /// `None` where the connection is plain.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) username: String,
    pub(crate) password: SecretString,
    pub(crate) base_dn: Option<String>,
    pub(crate) source: Source,
    pub(crate) nested_groups: NestedGroups,
    pub(crate) changes: Changes,
    pub(crate) read_deleted: bool,
    pub(crate) page_size: u16,
    pub(crate) max_pages: u32,
    pub(crate) patience: Duration,
    pub(crate) schema: Schema,
}

impl Settings {
    /// # Errors
    /// `ConfigInvalid`, naming the key and what it takes.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let host = host(&config.host)?;
        if config.port == Some(0) {
            return invalid("port is 0");
        }
        if config.username.trim().is_empty() {
            return invalid("username is empty; anonymous reading is not supported");
        }
        if config.password.expose_secret().trim().is_empty() {
            return invalid("password is empty; a server would take that for an anonymous sign-in");
        }
        let base_dn = config.base_dn.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if base_dn.is_some_and(|text| dn::key(text).is_none()) {
            return invalid("base_dn is no distinguished name (OU=Staff,DC=corp,DC=example,DC=com)");
        }
        if !(1..=LARGEST_PAGE).contains(&config.page_size) {
            return invalid(format!("page_size is {}; it takes 1 to {LARGEST_PAGE}", config.page_size));
        }
        if config.max_pages == 0 {
            return invalid("max_pages is 0; nothing could be read");
        }
        if !(1..=3_600).contains(&config.timeout_seconds) {
            return invalid("timeout_seconds takes 1 to 3600");
        }
        schema(&config.schema)?;
        let tls = match config.security {
            Security::Plain if is_loopback(&host) => None,
            Security::Plain => {
                return invalid(
                    "security = \"plain\" is for a host on loopback only; use ldaps or start_tls",
                );
            }
            Security::Ldaps | Security::StartTls => Some(tls::client(config.ca_pem.as_deref())?),
        };
        let default_port = if config.security == Security::Ldaps { 636 } else { 389 };
        Ok(Self {
            host,
            port: config.port.unwrap_or(default_port),
            security: config.security,
            tls,
            username: config.username.trim().to_owned(),
            password: config.password.clone(),
            base_dn: base_dn.map(str::to_owned),
            source: config.source,
            nested_groups: config.nested_groups,
            changes: config.changes,
            read_deleted: config.read_deleted,
            page_size: config.page_size,
            max_pages: config.max_pages,
            patience: Duration::from_secs(config.timeout_seconds),
            schema: config.schema.clone(),
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("base_dn", &self.base_dn)
            .finish_non_exhaustive()
    }
}

/// A host name or an IPv4 address, in lower case.
fn host(text: &str) -> Result<String> {
    let host = text.trim().trim_end_matches('.').to_ascii_lowercase();
    if host.contains("://") {
        return invalid("host is a name, not an address with a scheme: dc1.corp.example.com; see `security`");
    }
    if host.starts_with('[') || host.parse::<std::net::Ipv6Addr>().is_ok() {
        return invalid(
            "host is an IPv6 address, which the TLS layer here cannot check; give the server's name",
        );
    }
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        });
    if is_name { Ok(host) } else { invalid("host is no host name; the port is a key of its own") }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn schema(schema: &Schema) -> Result<()> {
    let Schema {
        person_class,
        id,
        attributes,
        alternate_emails,
        disabled,
        disabled_values: _,
        group_classes,
        group_members,
    } = schema;
    let required = [("schema.person_class", person_class), ("schema.id", id)];
    let optional = [("schema.alternate_emails", alternate_emails), ("schema.disabled", disabled)];
    let lists = group_classes
        .iter()
        .map(|name| ("schema.group_classes", name))
        .chain(group_members.iter().map(|name| ("schema.group_members", name)));
    let optional = optional.into_iter().filter(|(_, name)| !name.is_empty());
    for (key, name) in required.into_iter().chain(optional).chain(lists) {
        attribute_name(key, name)?;
    }
    for (attribute, name) in attributes {
        if attribute.open_name().is_some() {
            return invalid(format!(
                "schema.attributes: `{attribute}` is read under its own name without this"
            ));
        }
        if !name.is_empty() {
            attribute_name("schema.attributes", name)?;
        }
    }
    Ok(())
}

/// Refuses what is no attribute of LDAP, and what holds a secret.
pub(crate) fn attribute_name(key: &str, name: &str) -> Result<()> {
    let shown: String = name.chars().take(64).collect();
    if !entry::is_attribute_name(name) {
        return invalid(format!("{key}: `{shown}` is no name of an LDAP attribute"));
    }
    if wire::SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
        return invalid(format!("{key}: `{shown}` holds a secret and is never read"));
    }
    Ok(())
}

pub(crate) fn invalid<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::ConfigInvalid, OPERATION, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::model::Attribute;

    fn config() -> Config {
        Config::new("dc1.corp.example.com", "svc-sync", SecretString::from("canary-secret"))
    }

    /// The refusal of a configuration changed in one way.
    fn refused(change: impl FnOnce(&mut Config)) -> String {
        let mut config = config();
        change(&mut config);
        let error = config.validate().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(!error.to_string().contains("canary"));
        error.to_string()
    }

    #[test]
    fn an_empty_password_is_refused_before_anything_is_sent() {
        for password in ["", " "] {
            let told = refused(|c| c.password = SecretString::from(password));
            assert!(told.contains("anonymous"), "{told}");
        }
        assert!(refused(|c| c.username = " ".into()).contains("username"));
    }

    #[test]
    fn plain_is_for_loopback_only_and_only_where_it_is_asked_for() {
        for host in ["dc1.corp.example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com"] {
            assert!(
                refused(|c| {
                    c.host = host.into();
                    c.security = Security::Plain;
                })
                .contains("loopback only"),
                "{host}"
            );
        }
        for host in ["localhost", "127.0.0.1", "127.1.2.3"] {
            let mut local = config();
            local.host = host.into();
            assert!(Settings::new(&local).unwrap().tls.is_some(), "{host} is not plain unasked");
            local.security = Security::Plain;
            let settings = Settings::new(&local).unwrap();
            assert!(settings.tls.is_none() && settings.port == 389);
        }
    }

    #[test]
    fn a_host_is_a_name_and_nothing_else() {
        for host in ["", "ldaps://dc1", "dc1:636", "a b", "a..b", "dc1/x", "dc1?x"] {
            assert!(refused(|c| c.host = host.into()).contains("host"), "{host}");
        }
        for host in ["::1", "[::1]", "fe80::1"] {
            assert!(refused(|c| c.host = host.into()).contains("IPv6"), "{host}");
        }
        let mut dotted = config();
        dotted.host = " DC1.Corp.example.com. ".into();
        let settings = Settings::new(&dotted).unwrap();
        assert_eq!((settings.host.as_str(), settings.port), ("dc1.corp.example.com", 636));
    }

    #[test]
    fn numbers_and_names_out_of_bounds_are_refused() {
        assert!(refused(|c| c.page_size = 0).contains("1 to 1000"));
        assert!(refused(|c| c.page_size = 1001).contains("1 to 1000"));
        assert!(refused(|c| c.max_pages = 0).contains("max_pages"));
        assert!(refused(|c| c.timeout_seconds = 0).contains("timeout_seconds"));
        assert!(refused(|c| c.port = Some(0)).contains("port"));
        assert!(refused(|c| c.base_dn = Some("Staff".into())).contains("base_dn"));
        assert!(refused(|c| c.ca_pem = Some("no certificate".into())).contains("ca_pem"));
        assert!(refused(|c| c.schema.id = "entry UUID".into()).contains("schema.id"));
        assert!(refused(|c| c.schema.disabled = "a)(b".into()).contains("schema.disabled"));
        assert!(refused(|c| c.schema.group_members.push("*".into())).contains("schema.group_members"));
        assert!(
            refused(|c| {
                c.schema.attributes.insert(Attribute::Department, "userPassword".into());
            })
            .contains("secret")
        );
    }

    #[test]
    fn an_unknown_key_is_refused_and_debug_hides_who_signs_in() {
        let text = "host = \"dc1.example.com\"\nusername = \"canary\"\npassword = \"canary\"\npagesize = 5";
        let error = toml::from_str::<Config>(text).unwrap_err().to_string();
        assert!(error.contains("unknown field `pagesize`"), "{error}");
        let error = toml::from_str::<Config>(
            "host = \"a\"\nusername = \"u\"\npassword = \"p\"\nschema = { person_klass = \"x\" }",
        );
        assert!(error.unwrap_err().to_string().contains("person_klass"));
        let mut config = config();
        config.username = "canary".into();
        let shown = format!("{config:?} {:?}", Settings::new(&config).unwrap());
        assert!(shown.contains("dc1.corp.example.com") && !shown.contains("canary"), "{shown}");
    }
}
