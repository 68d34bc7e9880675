//! What a connection to Kaseya BMS or Pulseway PSA needs, and how it is checked.

use crate::adapter::KaseyaBms;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::fmt;
use sync_core::{Error, ErrorKind, Result};
use url::Url;

const OPERATION: &str = "configure Kaseya BMS";

/// How to reach one Kaseya BMS or Pulseway PSA tenant. Read from configuration, never written to it; `Debug` hides the
/// credentials.
///
/// Use an employee of the type "Api Employee", who needs no licence and is asked for no second factor. Its role needs the
/// special feature "Has API Access", accounts (view), contacts (view and modify), and, to recognise colleagues, employees
/// (view).
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// The API server: `https://api.bms.kaseya.com`, `https://api.bmsemea.kaseya.com`, `https://api.bmsapac.kaseya.com`, or
    /// Pulseway's `https://api.psa.pulseway.com`.
    ///
    /// A bare host is understood, as are the hosts of the web client (`bms.kaseya.com`) and a path that ends with `/v2`.
    pub base_url: String,
    /// The user name of the API employee.
    pub username: String,
    /// Its password.
    pub password: SecretString,
    /// The company name, as "My Settings" shows it; it may hold spaces.
    pub tenant: String,
    /// The type of e-mail addresses that are added, by number or name; default the one most used.
    #[serde(default)]
    pub email_type: Option<ItemType>,
    /// The type of the business phone, by number or name; default the one most used for default numbers.
    #[serde(default)]
    pub phone_type: Option<ItemType>,
    /// The type of the mobile phone. Without it there is no mobile phone: names differ by tenant.
    #[serde(default)]
    pub mobile_type: Option<ItemType>,
    /// The type of the fax number. Without it there is none.
    #[serde(default)]
    pub fax_type: Option<ItemType>,
    /// The number of the contacts' module among custom fields, where it must not be looked for.
    #[serde(default)]
    pub contact_module_id: Option<u32>,
    /// The number of the accounts' module among custom fields, where it must not be looked for.
    #[serde(default)]
    pub account_module_id: Option<u32>,
    /// Names of custom fields by which the contacts' module is found. With none, and no `contact_module_id`, contacts have
    /// no custom fields.
    #[serde(default = "default_contact_fields")]
    pub probe_contact_fields: Vec<String>,
    /// Names of custom fields by which the accounts' module is found.
    #[serde(default = "default_account_fields")]
    pub probe_account_fields: Vec<String>,
    /// Whether custom fields of companies are read and written. Reading costs one call for each company.
    #[serde(default)]
    pub company_custom_fields: bool,
    /// The codes by which BMS tells apart what is done to an address or a number.
    #[serde(default)]
    pub item_operations: ItemOperations,
    /// Whether a new contact needs a business phone; what lacks one is then held instead of refused by BMS.
    #[serde(default)]
    pub phone_required: bool,
    /// Whether an address that an employee has is refused; default true.
    #[serde(default = "default_true")]
    pub check_employees: bool,
    /// The most requests to one endpoint in any hour; default 1,470 of the 1,500 that are allowed.
    #[serde(default = "default_requests_per_hour")]
    pub requests_per_hour: u32,
    /// The most requests to one endpoint at once; default 4.
    #[serde(default = "default_concurrency")]
    pub concurrency: usize,
    /// How long a call waits in all while others use up the limit of its endpoint, before it ends as `RateLimited`; default
    /// 70, because BMS counts by the hour and does not say how long to wait.
    #[serde(default = "default_longest_wait_minutes")]
    pub longest_wait_minutes: u64,
    /// Further certificate authorities to trust, as PEM text.
    #[serde(default)]
    pub extra_ca_pem: Option<String>,
    /// The most one attempt of a request may take, in seconds; default 60.
    #[serde(default = "default_timeout_seconds")]
    pub timeout_seconds: u64,
}

/// A type of e-mail addresses or telephone numbers: by its number, or by its name as contacts show it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ItemType {
    /// The number.
    Id(i64),
    /// The name.
    Name(String),
}

/// The codes of what is done to an address or a number. The vendor's document gives the numbers 0 to 2 without names; the
/// default is the order in which its answers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemOperations {
    /// Adding one.
    pub add: i64,
    /// Changing one.
    pub update: i64,
    /// Removing one.
    pub delete: i64,
}

impl Default for ItemOperations {
    fn default() -> Self {
        Self { add: 0, update: 1, delete: 2 }
    }
}

/// The names that another vendor's sync asks for (CloudRadial, read 2026-11), and so the likeliest to be there.
fn default_contact_fields() -> Vec<String> {
    ["Office365Id", "IsOffice365", "SupportPIN", "TypeMapping"].map(str::to_owned).into()
}

fn default_account_fields() -> Vec<String> {
    vec!["Tenant365Id".to_owned()]
}

const fn default_true() -> bool {
    true
}

const fn default_requests_per_hour() -> u32 {
    1_470
}

const fn default_concurrency() -> usize {
    4
}

const fn default_longest_wait_minutes() -> u64 {
    70
}

const fn default_timeout_seconds() -> u64 {
    60
}

impl Config {
    /// What must be said; the rest has its defaults.
    pub fn new(
        base_url: impl Into<String>,
        username: impl Into<String>,
        password: SecretString,
        tenant: impl Into<String>,
    ) -> Self {
        Self {
            base_url: base_url.into(),
            username: username.into(),
            password,
            tenant: tenant.into(),
            email_type: None,
            phone_type: None,
            mobile_type: None,
            fax_type: None,
            contact_module_id: None,
            account_module_id: None,
            probe_contact_fields: default_contact_fields(),
            probe_account_fields: default_account_fields(),
            company_custom_fields: false,
            item_operations: ItemOperations::default(),
            phone_required: false,
            check_employees: true,
            requests_per_hour: default_requests_per_hour(),
            concurrency: default_concurrency(),
            longest_wait_minutes: default_longest_wait_minutes(),
            extra_ca_pem: None,
            timeout_seconds: default_timeout_seconds(),
        }
    }

    /// Checks the values and makes the adapter. Sends nothing; it signs in with the first request.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] that names the key and says what is wrong, never a secret.
    pub fn connect(self) -> Result<KaseyaBms> {
        KaseyaBms::new(self, None)
    }

    /// The root that requests go below: `https://host[:port]` and perhaps the path of a proxy, without a slash at the end
    /// and without `/v2`.
    pub(crate) fn root(&self) -> Result<String> {
        let text = sync_http::checked_server(OPERATION, "base_url", &self.base_url)?;
        let mut url = Url::parse(&text).map_err(|e| invalid("base_url is not a URL").with_source(e))?;
        if let Some(host) = url.host_str().and_then(api_host) {
            url.set_host(Some(&host)).map_err(|e| invalid("base_url names no usable host").with_source(e))?;
        }
        let is_version = |segment: &&str| segment.eq_ignore_ascii_case("v2");
        let segments = url.path_segments().into_iter().flatten().filter(|s| !s.is_empty());
        let path: String = segments.take_while(|s| !is_version(s)).map(|s| format!("/{s}")).collect();
        Ok(format!("{}{path}", url.origin().ascii_serialization()))
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let password = self.password.expose_secret();
        for (key, text) in
            [("username", self.username.as_str()), ("password", password), ("tenant", self.tenant.as_str())]
        {
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                return Err(invalid(format!("{key} is empty or holds a line break")));
            }
        }
        let ItemOperations { add, update, delete } = self.item_operations;
        if add == update || update == delete || add == delete {
            return Err(invalid("item_operations needs three different codes"));
        }
        if self.requests_per_hour == 0 || self.concurrency == 0 || self.timeout_seconds == 0 {
            return Err(invalid("requests_per_hour, concurrency and timeout_seconds must be above zero"));
        }
        Ok(())
    }
}

/// The API host for a host of the web client, which people copy from their browser or from "My Settings".
fn api_host(host: &str) -> Option<String> {
    let known = ["bms.kaseya.com", "bmsemea.kaseya.com", "bmsapac.kaseya.com", "psa.pulseway.com"];
    known.contains(&host).then(|| format!("api.{host}"))
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.root().unwrap_or_else(|_| "<invalid>".to_owned()))
            .field("username", &"<redacted>")
            .field("password", &"<redacted>")
            .field("contact_module_id", &self.contact_module_id)
            .field("account_module_id", &self.account_module_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(base_url: &str) -> Config {
        Config::new(base_url, "canary-user", "canary-password".into(), "Contoso MSP")
    }

    #[test]
    fn every_way_to_write_the_server_leads_to_the_api_host() {
        for (given, root) in [
            ("api.bms.kaseya.com", "https://api.bms.kaseya.com"),
            ("https://api.bmsemea.kaseya.com/v2/", "https://api.bmsemea.kaseya.com"),
            ("https://BMS.kaseya.com", "https://api.bms.kaseya.com"),
            ("psa.pulseway.com", "https://api.psa.pulseway.com"),
            ("https://api.psa.pulseway.com/V2", "https://api.psa.pulseway.com"),
            ("http://127.0.0.1:9000/kaseyabms", "http://127.0.0.1:9000/kaseyabms"),
            ("http://127.0.0.1:9000/proxy/v2/crm", "http://127.0.0.1:9000/proxy"),
        ] {
            assert_eq!(config(given).root().unwrap(), root, "{given}");
        }
    }

    #[test]
    fn a_server_that_would_see_the_password_in_clear_is_refused() {
        for given in
            ["http://api.bms.kaseya.com", "https://user:pass@x.example", "ftp://x.example", "https://", ""]
        {
            assert_eq!(config(given).root().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{given}");
        }
    }

    #[test]
    fn debug_shows_no_credential() {
        let shown = format!("{:?}", config("api.bms.kaseya.com"));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("api.bms.kaseya.com"), "{shown}");
    }

    #[test]
    fn a_misspelt_key_fails_and_the_required_ones_suffice() {
        let toml = "base_url = \"api.bms.kaseya.com\"\nusername = \"u\"\npassword = \"p\"\ntenant = \"t\"\n";
        let read: Config = toml::from_str(toml).unwrap();
        assert_eq!((read.requests_per_hour, read.concurrency, read.check_employees), (1_470, 4, true));
        assert!(toml::from_str::<Config>(&format!("{toml}mobil_type = \"x\"\n")).is_err());
        let read: Config = toml::from_str(&format!("{toml}mobile_type = \"Cell\"\nfax_type = 3\n")).unwrap();
        assert_eq!(
            (read.mobile_type, read.fax_type),
            (Some(ItemType::Name("Cell".into())), Some(ItemType::Id(3)))
        );
    }

    #[test]
    fn values_that_cannot_work_are_refused() {
        let cases: [fn(&mut Config); 6] = [
            |c| c.username = " ".into(),
            |c| c.tenant = "Contoso\r\n".into(),
            |c| c.password = String::new().into(),
            |c| c.item_operations.add = 2,
            |c| c.requests_per_hour = 0,
            |c| c.concurrency = 0,
        ];
        for (i, spoil) in cases.iter().enumerate() {
            let mut config = config("api.bms.kaseya.com");
            assert!(config.validate().is_ok());
            spoil(&mut config);
            assert_eq!(config.validate().unwrap_err().kind(), ErrorKind::ConfigInvalid, "case {i}");
        }
    }
}
