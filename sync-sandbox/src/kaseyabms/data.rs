//! Everything the imitation holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::rng::Rng;

use super::contact::Contact;
use super::custom::{Field, Values};
use super::pace::Pace;
use super::reply::ApiError;

/// The number of the contacts' module. No public source says it, so clients must find it.
pub(crate) const CONTACTS: i64 = 14;
/// The number of the accounts' module.
pub(crate) const ACCOUNTS: i64 = 13;
/// The number of the tickets' module (seen live).
pub(crate) const TICKETS: i64 = 22;

/// How the server behaves; changed by the handle's switches.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) tenant: String,
    pub(crate) token_lifetime: Duration,
    pub(crate) refresh_lifetime: Duration,
    pub(crate) enforce_limits: bool,
    /// Names with a capital, as the document prints them.
    pub(crate) pascal_case: bool,
    /// Errors with a status of their own instead of 200.
    pub(crate) status_of_errors: bool,
    /// Contact summaries by id come in an envelope.
    pub(crate) enveloped_records: bool,
    /// A list without `Filter.IsActive` holds inactive records too.
    pub(crate) list_shows_inactive: bool,
    /// Every contact needs a telephone number.
    pub(crate) phone_required: bool,
    /// People sign in through an identity provider.
    pub(crate) single_sign_on: bool,
    /// The codes of add, update and delete among a contact's items.
    pub(crate) operations: [i64; 3],
    /// Dates carry no offset; this is how far the server's day is from UTC.
    pub(crate) offset: TimeDelta,
    /// Paths below `v2/` that the API employee's role does not allow.
    pub(crate) denied: BTreeSet<String>,
    /// The name of the product, which tells BMS from Pulseway.
    pub(crate) product: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: String::new(),
            password: String::new(),
            tenant: String::new(),
            token_lifetime: Duration::from_secs(3600),
            refresh_lifetime: Duration::from_secs(24 * 3600),
            enforce_limits: false,
            pascal_case: false,
            status_of_errors: false,
            enveloped_records: false,
            list_shows_inactive: false,
            phone_required: false,
            single_sign_on: false,
            operations: [0, 1, 2],
            offset: TimeDelta::zero(),
            denied: BTreeSet::new(),
            product: "BMS".to_owned(),
        }
    }
}

/// A pair of tokens.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) access_ends: DateTime<Utc>,
    pub(crate) refresh_ends: DateTime<Utc>,
}

/// A client of the service provider.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) active: bool,
    pub(crate) manager: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) locations: Vec<Location>,
}

/// A site of an account.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) main: bool,
}

/// Somebody who works for the service provider.
#[derive(Debug, Clone)]
pub(crate) struct Employee {
    pub(crate) id: i64,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) active: bool,
}

/// A contract of an account.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) ends: Option<DateTime<Utc>>,
}

/// A service in a contract.
#[derive(Debug, Clone)]
pub(crate) struct ContractService {
    pub(crate) id: i64,
    pub(crate) contract: i64,
    pub(crate) service: i64,
    pub(crate) units: i64,
    pub(crate) effective: DateTime<Utc>,
}

/// An error that the next call of a route answers.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) path: String,
    pub(crate) error: ApiError,
}

/// The database.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) settings: Settings,
    pub(crate) accounts: BTreeMap<i64, Account>,
    pub(crate) contacts: BTreeMap<i64, Contact>,
    pub(crate) employees: Vec<Employee>,
    pub(crate) fields: BTreeMap<i64, Vec<Field>>,
    /// Values by module and record.
    pub(crate) values: BTreeMap<(i64, i64), Values>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) contract_services: Vec<ContractService>,
    pub(crate) services: BTreeMap<i64, String>,
    pub(crate) tokens: Vec<Tokens>,
    pub(crate) sign_ins: u64,
    pub(crate) planned: VecDeque<Planned>,
    pub(crate) pace: Pace,
    /// The present; set before each request.
    pub(crate) now: DateTime<Utc>,
    rng: Rng,
    last_id: i64,
}

impl Data {
    /// A database whose new records get ids above `last_id`.
    pub(crate) fn new(settings: Settings, seed: u64, last_id: i64) -> Self {
        Self {
            settings,
            accounts: BTreeMap::new(),
            contacts: BTreeMap::new(),
            employees: Vec::new(),
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            contracts: Vec::new(),
            contract_services: Vec::new(),
            services: BTreeMap::new(),
            tokens: Vec::new(),
            sign_ins: 0,
            planned: VecDeque::new(),
            pace: Pace::default(),
            now: DateTime::UNIX_EPOCH,
            rng: Rng::new(seed, "kaseyabms-tokens"),
            last_id,
        }
    }

    /// A fresh id.
    pub(crate) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// A made-up token.
    pub(crate) fn token(&mut self) -> String {
        self.rng.word(40)
    }

    /// A moment as the service writes it: in its own time, without an offset.
    pub(crate) fn date(&self, moment: DateTime<Utc>) -> String {
        (moment + self.settings.offset).format("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// The account's location of that id.
    pub(crate) fn location(&self, account: i64, id: i64) -> Option<&Location> {
        self.accounts.get(&account)?.locations.iter().find(|location| location.id == id)
    }

    /// The name of an account.
    pub(crate) fn account_name(&self, id: i64) -> Option<&str> {
        self.accounts.get(&id).map(|account| account.name.as_str())
    }

    /// Drops a contact and what hangs on it.
    pub(crate) fn drop_contact(&mut self, id: i64) -> bool {
        self.values.remove(&(CONTACTS, id));
        self.contacts.remove(&id).is_some()
    }
}
