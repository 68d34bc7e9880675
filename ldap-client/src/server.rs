//! What a server says about itself before anything is asked of it: the root DSE (RFC 4512, 5.1).

use crate::{
    connection::{Connection, Search},
    dn,
    entry::Entry,
    error::unexpected,
    filter, guid,
    settings::Settings,
    state, wire,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use sync_core::{Error, ErrorKind, Result};

const OPERATION: &str = "read what the LDAP server says of itself";

/// One server, and what of it is read.
#[derive(Debug)]
pub(crate) struct Server {
    /// It is a domain controller of Active Directory. No rule of Active Directory's is used on any other: an unknown
    /// matching rule finds nobody there, without an error.
    pub(crate) is_active_directory: bool,
    /// Where people are searched for.
    pub(crate) base: String,
    /// The naming context that the base lies in: where groups are searched for, and changes.
    pub(crate) root: String,
    /// What anchors begin with, with the last colon: `ad:corp.example.com:`.
    pub(crate) anchors: String,
    /// The moment of the answer by the server's clock, where it tells it; this machine's otherwise.
    pub(crate) now: DateTime<Utc>,
    /// Where the schema is described.
    pub(crate) schema: Option<String>,
    /// The controller's own name, its entry and its count of changes.
    pub(crate) controller: Controller,
    pub(crate) page_size: u16,
    pub(crate) max_pages: u32,
    controls: BTreeSet<String>,
}

/// Which domain controller it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controller {
    pub(crate) host: String,
    pub(crate) entry: Option<String>,
    /// `highestCommittedUSN`: the last change it has seen.
    pub(crate) last_change: Option<i64>,
}

impl Server {
    /// Asks the server.
    ///
    /// # Errors
    /// `ConfigInvalid` where the base must be given, and as for any search.
    pub(crate) async fn ask(connection: &mut Connection, settings: &Settings) -> Result<Self> {
        let search = Search::entry("", filter::anything(), &wire::ROOT_DSE);
        let answer = connection.search(&search).await.map_err(|failure| failure.into_error(OPERATION))?;
        let Some(root_dse) = answer.entries.into_iter().next() else {
            return Err(unexpected(OPERATION, "the server says nothing of itself (no root DSE)"));
        };
        Self::read(&root_dse, settings)
    }

    fn read(root_dse: &Entry, settings: &Settings) -> Result<Self> {
        let has = |name: &str, value: &str| root_dse.texts(name).any(|text| text.trim() == value);
        let is_active_directory = has("supportedCapabilities", wire::CAPABILITY_ACTIVE_DIRECTORY);
        let contexts: Vec<&str> = root_dse.texts("namingContexts").filter(|text| !text.is_empty()).collect();
        let base = match (&settings.base_dn, root_dse.text("defaultNamingContext"), contexts.as_slice()) {
            (Some(configured), ..) => configured.clone(),
            (None, Some(domain), _) => domain.to_owned(),
            (None, None, [only]) => (*only).to_owned(),
            (None, None, _) => {
                let message = "the server holds several naming contexts or names none; set base_dn";
                return Err(Error::new(ErrorKind::ConfigInvalid, OPERATION, message));
            }
        };
        let root = root_of(&base, &contexts);
        let anchors = anchors(is_active_directory, &root);
        let schema = if is_active_directory { "schemaNamingContext" } else { "subschemaSubentry" };
        Ok(Self {
            is_active_directory,
            anchors,
            now: root_dse
                .text("currentTime")
                .and_then(state::generalized_time)
                .unwrap_or_else(|| std::time::SystemTime::now().into()),
            schema: root_dse.text(schema).map(str::to_owned),
            controller: Controller {
                host: root_dse.text("dnsHostName").unwrap_or_default().to_ascii_lowercase(),
                entry: root_dse.text("dsServiceName").map(str::to_owned),
                last_change: root_dse.integer("highestCommittedUSN"),
            },
            page_size: settings.page_size,
            max_pages: settings.max_pages,
            controls: root_dse.texts("supportedControl").map(|text| text.trim().to_owned()).collect(),
            base,
            root,
        })
    }

    /// Whether the server gives answers in pages.
    pub(crate) fn has_pages(&self) -> bool {
        self.controls.contains(wire::CONTROL_PAGED)
    }

    /// Whether it knows a control.
    pub(crate) fn knows(&self, control: &str) -> bool {
        self.controls.contains(control)
    }

    /// Whether an entry lies where people are searched for.
    pub(crate) fn is_within_base(&self, dn: &str) -> bool {
        match (dn::key(dn), dn::key(&self.base)) {
            (Some(dn), Some(base)) => dn::is_at_or_below(&dn, &base),
            (None, _) | (_, None) => false,
        }
    }

    /// The domain's part of security ids; `None` where it cannot be read.
    ///
    /// # Errors
    /// As for any search.
    pub(crate) async fn domain_sid(&self, connection: &mut Connection) -> Result<Option<Vec<u8>>> {
        let search = Search::entry(&self.root, filter::anything(), &[wire::OBJECT_SID]);
        let answer = connection.search(&search).await.map_err(|failure| failure.into_error(OPERATION))?;
        // The domain's own id is what precedes the last number of those in it: all of it but the count of numbers.
        let sid = answer
            .entries
            .first()
            .and_then(|entry| entry.bytes(wire::OBJECT_SID))
            .and_then(|sid| sid.get(2..));
        Ok(sid.map(<[u8]>::to_vec))
    }

    /// The id that a domain controller's count of changes belongs to; another one after it was restored.
    ///
    /// # Errors
    /// As for any search; an account that may not read it is `None`.
    pub(crate) async fn invocation(&self, connection: &mut Connection) -> Result<Option<String>> {
        let Some(entry) = &self.controller.entry else { return Ok(None) };
        let search = Search::entry(entry, filter::anything(), &[wire::INVOCATION_ID]);
        match connection.search(&search).await {
            Ok(answer) => Ok(answer
                .entries
                .first()
                .and_then(|entry| entry.bytes(wire::INVOCATION_ID))
                .and_then(guid::to_text)),
            Err(failure) if failure.code().is_some() => Ok(None),
            Err(failure) => Err(failure.into_error(OPERATION)),
        }
    }
}

/// The naming context that holds a name, as the server spells it; the name itself where none does.
fn root_of(base: &str, contexts: &[&str]) -> String {
    let key = dn::key(base).unwrap_or_default();
    contexts
        .iter()
        .filter_map(|context| Some((dn::key(context)?, *context)))
        .filter(|(context, _)| dn::is_at_or_below(&key, context))
        .max_by_key(|(context, _)| context.len())
        .map_or_else(|| base.to_owned(), |(_, context)| context.to_owned())
}

/// `ad:<domain>:`; other servers' ids begin with `ldap:`. Neither holds a colon or an `@` of its own.
fn anchors(is_active_directory: bool, root: &str) -> String {
    let place = dn::domain(root).unwrap_or_else(|| {
        let key = dn::key(root).unwrap_or_default();
        key.chars().map(|c| if matches!(c, ':' | '@') || c.is_whitespace() { '_' } else { c }).collect()
    });
    format!("{}:{place}:", if is_active_directory { "ad" } else { "ldap" })
}

#[cfg(test)]
impl Server {
    /// A server that says little of itself.
    pub(crate) fn for_tests(is_active_directory: bool, controller: Controller) -> Self {
        Self {
            is_active_directory,
            base: "DC=x".to_owned(),
            root: "DC=x".to_owned(),
            anchors: if is_active_directory { "ad:x:" } else { "ldap:x:" }.to_owned(),
            now: DateTime::UNIX_EPOCH,
            schema: None,
            controller,
            page_size: 100,
            max_pages: 100,
            controls: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, entry::tests::entry};
    use secrecy::SecretString;

    fn settings(base_dn: Option<&str>) -> Settings {
        let mut config = Config::new("dc1.example.com", "u", SecretString::from("p"));
        config.base_dn = base_dn.map(str::to_owned);
        Settings::new(&config).unwrap()
    }

    #[test]
    fn active_directory_is_known_by_its_capability_alone() {
        let contexts: &[&[u8]] =
            &[b"CN=Configuration,DC=corp,DC=example,DC=com", b"DC=Corp,DC=example,DC=com"];
        let dse = entry(
            "",
            &[
                ("supportedCapabilities", &[b"1.2.840.113556.1.4.800"]),
                ("defaultNamingContext", &[b"DC=Corp,DC=example,DC=com"]),
                ("namingContexts", contexts),
                ("currentTime", &[b"20261128113227.0Z"]),
                ("supportedControl", &[wire::CONTROL_PAGED.as_bytes()]),
            ],
        );
        let server = Server::read(&dse, &settings(None)).unwrap();
        assert!(server.is_active_directory && server.has_pages());
        assert_eq!(server.anchors, "ad:corp.example.com:");
        assert_eq!(server.now.to_rfc3339(), "2026-11-28T11:32:27+00:00");
        assert!(!server.knows(wire::CONTROL_DIR_SYNC));

        let server = Server::read(&dse, &settings(Some("ou=staff,dc=corp,dc=example,dc=com"))).unwrap();
        assert_eq!(server.root, "DC=Corp,DC=example,DC=com");
        assert!(server.is_within_base("CN=a,OU=Staff,DC=corp,DC=example,DC=com"));
        assert!(!server.is_within_base("CN=a,OU=Other,DC=corp,DC=example,DC=com"));

        // AD LDS is another product: it has no domain and no accounts.
        let lds = entry(
            "",
            &[("supportedCapabilities", &[b"1.2.840.113556.1.4.1851"]), ("namingContexts", &[b"o=Contoso"])],
        );
        let server = Server::read(&lds, &settings(None)).unwrap();
        assert!(!server.is_active_directory);
        assert_eq!(server.anchors, "ldap:o=contoso:");
    }

    #[test]
    fn without_one_naming_context_the_base_must_be_given() {
        let dse = entry("", &[("namingContexts", &[b"o=a", b"o=b"])]);
        let error = Server::read(&dse, &settings(None)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        let server = Server::read(&dse, &settings(Some("ou=x,o=b"))).unwrap();
        assert_eq!((server.root.as_str(), server.anchors.as_str()), ("o=b", "ldap:o=b:"));
    }
}
