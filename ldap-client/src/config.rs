//! What is needed to reach one LDAP server, as it stands in a configuration.

use crate::{directory::LdapDirectory, settings::Settings};
use secrecy::SecretString;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};
use sync_core::{Result, model::Attribute};

/// How the connection is protected. There is no way to accept a certificate that does not verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Security {
    /// TLS from the first byte, port 636 unless said otherwise.
    #[default]
    Ldaps,
    /// A plain connection that is switched to TLS before anything else is said, port 389 unless said otherwise.
    StartTls,
    /// No protection: passwords and people's data can be read on the way. Only to a host on loopback.
    Plain,
}

/// Who counts as a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Every account of a person.
    #[default]
    Accounts,
    /// Those whom Exchange's global address list shows: with an address, and not hidden from address lists. Active
    /// Directory with Exchange's schema only. Whoever is hidden later is absent from then on.
    AddressList,
}

/// How members of groups in groups are found in Active Directory. Other servers are always walked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NestedGroups {
    /// The server follows the chain of memberships; where that is too much for it, groups are walked.
    #[default]
    Auto,
    /// Each group's members are read, group by group.
    Walk,
}

/// How changes since the last read are found in Active Directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Changes {
    /// By `DirSync` where the account may, else by update sequence numbers.
    #[default]
    Auto,
    /// By the `DirSync` control.
    DirSync,
    /// By update sequence numbers of the one domain controller.
    Usn,
    /// Not at all: every read is a whole one.
    Off,
}

/// The configuration of one LDAP directory. Read with serde, never written; `Debug` shows no secret.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The server's name (`dc1.corp.example.com`), as its certificate says it. One named domain controller, rather than
    /// the domain's name: changes are counted by each controller on its own.
    pub host: String,
    /// The port, in place of 636 (`ldaps`) or 389.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// The certificate authorities to trust, as PEM text, in place of the operating system's.
    #[serde(default)]
    pub ca_pem: Option<String>,
    /// Whom to sign in as: a user principal name, `DOMAIN\user`, or a distinguished name.
    pub username: String,
    /// The password. An empty one is refused here, because servers take it for an anonymous sign-in (RFC 4513, 5.1.2).
    pub password: SecretString,
    /// Where people are searched for, with everything below; default the domain, or the server's only naming context.
    #[serde(default)]
    pub base_dn: Option<String>,
    /// Who counts as a user.
    #[serde(default)]
    pub source: Source,
    /// How groups in groups are resolved.
    #[serde(default)]
    pub nested_groups: NestedGroups,
    /// How changes are found.
    #[serde(default)]
    pub changes: Changes,
    /// Also list deleted users in a whole read, where the account may see them (Active Directory only).
    #[serde(default)]
    pub read_deleted: bool,
    /// Entries per page, 1 to 1,000 (Active Directory's `MaxPageSize`).
    #[serde(default = "default_page_size")]
    pub page_size: u16,
    /// The most pages one search may have before it is given up as endless.
    #[serde(default = "default_max_pages")]
    pub max_pages: u32,
    /// The longest wait for the next piece of an answer, in seconds, 1 to 3,600.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
    /// How a server other than Active Directory holds people and groups; not used with Active Directory.
    #[serde(default)]
    pub schema: Schema,
}

const fn default_page_size() -> u16 {
    500
}

const fn default_max_pages() -> u32 {
    10_000
}

const fn default_timeout_seconds() -> u64 {
    120
}

impl Config {
    /// Ldaps with every default.
    pub fn new(host: impl Into<String>, username: impl Into<String>, password: SecretString) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: Security::default(),
            ca_pem: None,
            username: username.into(),
            password,
            base_dn: None,
            source: Source::default(),
            nested_groups: NestedGroups::default(),
            changes: Changes::default(),
            read_deleted: false,
            page_size: default_page_size(),
            max_pages: default_max_pages(),
            timeout_seconds: default_timeout_seconds(),
            schema: Schema::default(),
        }
    }

    /// Says whether everything is right that can be told without the server.
    ///
    /// # Errors
    /// `ConfigInvalid`, naming the key and what it takes.
    pub fn validate(&self) -> Result<()> {
        Settings::new(self).map(drop)
    }

    /// Validates and makes the directory. Sends nothing: [`check`](sync_core::Directory::check) does.
    ///
    /// # Errors
    /// As [`Config::validate`].
    pub fn connect(self) -> Result<LdapDirectory> {
        Ok(LdapDirectory::new(Settings::new(&self)?))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            security,
            ca_pem,
            username: _,
            password: _,
            base_dn,
            source,
            nested_groups,
            changes,
            read_deleted,
            page_size,
            max_pages,
            timeout_seconds,
            schema,
        } = self;
        f.debug_struct("Config")
            .field("host", host)
            .field("port", port)
            .field("security", security)
            .field("ca_pem", &ca_pem.as_ref().map(String::len))
            .field("username", &"<redacted>")
            .field("password", &"<redacted>")
            .field("base_dn", base_dn)
            .field("source", source)
            .field("nested_groups", nested_groups)
            .field("changes", changes)
            .field("read_deleted", read_deleted)
            .field("page_size", page_size)
            .field("max_pages", max_pages)
            .field("timeout_seconds", timeout_seconds)
            .field("schema", schema)
            .finish()
    }
}

/// How a server other than Active Directory holds people and groups. The defaults fit `inetOrgPerson`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Schema {
    /// The object class of people.
    pub person_class: String,
    /// The attribute that identifies an entry for ever (`entryUUID`, `nsUniqueId`, `ipaUniqueID`).
    pub id: String,
    /// The attribute behind each neutral attribute (`department = "ou"`), in place of the default or beside them; an
    /// empty text leaves the neutral attribute unread.
    pub attributes: BTreeMap<Attribute, String>,
    /// The attribute with every further address; empty: the further values of the mail attribute.
    pub alternate_emails: String,
    /// The attribute that tells that an account is disabled (`nsAccountLock`); empty: accounts cannot be disabled.
    pub disabled: String,
    /// The values of it that mean disabled, without regard to case; empty: any value does.
    pub disabled_values: Vec<String>,
    /// The object classes of groups.
    pub group_classes: Vec<String>,
    /// The attributes of a group that hold its members' distinguished names.
    pub group_members: Vec<String>,
}

impl Default for Schema {
    fn default() -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            person_class: "inetOrgPerson".to_owned(),
            id: "entryUUID".to_owned(),
            attributes: BTreeMap::new(),
            alternate_emails: String::new(),
            disabled: String::new(),
            disabled_values: Vec::new(),
            group_classes: texts(&["groupOfNames", "groupOfUniqueNames"]),
            group_members: texts(&["member", "uniqueMember"]),
        }
    }
}
