//! A running imitation, and what is asked of it.

use futures::StreamExt as _;
use psa_autotask::{Autotask, Config};
use serde_json::Value;
use std::collections::BTreeSet;
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue},
};
use sync_sandbox::{Options, Sandbox, Vendor};

pub(crate) const QUERY: &str = "/atservicesrest/v1.0/contacts/query";
pub(crate) const COUNT: &str = "/atservicesrest/v1.0/contacts/query/count";
pub(crate) const CONTACT: &str = "/atservicesrest/v1.0/contacts/{id}";
pub(crate) const CONTACTS: &str = "/atservicesrest/v1.0/companies/{parent}/contacts";
pub(crate) const ZONE: &str = "/atservicesrest/v1.0/zoneinformation";
pub(crate) const THRESHOLD: &str = "/atservicesrest/v1.0/thresholdinformation";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// A company of this many contacts.
    pub(crate) async fn of(contacts: usize) -> Self {
        Self::with(Options::sized(contacts + contacts / 10 + 20, contacts)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options).await.unwrap() }
    }

    pub(crate) fn config(&self) -> Config {
        let access = self.sandbox.autotask();
        let secret = access.secret.clone().into();
        let mut config = Config::new(access.username.clone(), secret, access.integration_code.clone().into());
        config.base_url.clone_from(&access.base_url);
        config.budget_percent = 100;
        config
    }

    pub(crate) fn psa(&self) -> Autotask {
        self.config().connect().unwrap()
    }

    /// An adapter that has looked up what it needs; the calls are counted from here.
    pub(crate) async fn warm(&self) -> Autotask {
        let psa = self.psa();
        psa.capabilities().await.unwrap();
        self.sandbox.reset_calls();
        psa
    }

    pub(crate) fn data(&self) -> &sync_sandbox::Autotask {
        self.sandbox.autotask_data()
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(text.parse().unwrap());
    }

    pub(crate) fn calls(&self, method: &str, route: &str) -> u64 {
        self.sandbox.calls().count(Vendor::Autotask, method, route)
    }

    /// Every call but those that ask how much of the threshold is used.
    pub(crate) fn all_calls(&self) -> u64 {
        self.sandbox.calls().of(Vendor::Autotask) - self.calls("GET", THRESHOLD)
    }

    /// A contact as the vendor holds it.
    pub(crate) fn record(&self, id: &ContactId) -> Value {
        self.data().contact(number(id)).unwrap()
    }

    /// How many contacts have this address.
    pub(crate) fn having(&self, address: &str) -> usize {
        self.data().contacts().iter().filter(|contact| contact["emailAddress"] == address).count()
    }

    /// Some contact of the company with an address.
    pub(crate) fn somebody(&self) -> ContactId {
        let contacts = self.data().contacts();
        let ours = |record: &&Value| {
            record["companyID"] == 29_762_100
                && record["primaryContact"] != true
                && record["emailAddress"].is_string()
        };
        ContactId::new(contacts.iter().find(ours).unwrap()["id"].to_string())
    }
}

pub(crate) fn number(id: &ContactId) -> i64 {
    id.as_str().parse().unwrap()
}

pub(crate) fn company() -> CompanyId {
    CompanyId::new("29762100")
}

pub(crate) fn ours() -> ContactQuery {
    let mut query = ContactQuery::of_companies([company()]);
    query.custom_fields.insert("Office365Id".to_owned());
    query
}

pub(crate) fn fields(pairs: &[(&str, &str)]) -> FieldSet {
    pairs.iter().map(|(name, text)| (name.parse().unwrap(), FieldValue::from(*text))).collect()
}

pub(crate) fn new_person(address: &str) -> FieldSet {
    fields(&[
        ("first_name", "Nina"),
        ("last_name", "Newcomer"),
        ("email", address),
        ("phone_mobile", "+1 206 555 0155"),
        ("custom:Office365Id", "id-of-nina"),
    ])
}

pub(crate) fn text<'a>(contact: &'a Contact, field: &ContactField) -> &'a str {
    contact.fields.get(field).and_then(FieldValue::as_text).unwrap_or_default()
}

/// What a listing gave: the ids, whether it said that this was all, the vendor's count, and its error.
pub(crate) struct Read {
    pub(crate) ids: Vec<ContactId>,
    pub(crate) ended: bool,
    pub(crate) count: Option<u64>,
    pub(crate) error: Option<Error>,
}

impl Read {
    pub(crate) fn distinct(&self) -> usize {
        self.ids.iter().collect::<BTreeSet<_>>().len()
    }
}

pub(crate) async fn read(psa: &Autotask) -> Read {
    let query = ours();
    let mut pages = psa.contacts(&query);
    let mut read = Read { ids: Vec::new(), ended: false, count: None, error: None };
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(contacts)) => read.ids.extend(contacts.into_iter().map(|contact| contact.id)),
            Ok(Page::End(end)) => (read.ended, read.count) = (true, end.reported_count),
            Ok(_) => panic!("a page of an unknown kind"),
            Err(error) => read.error = Some(error),
        }
    }
    read
}
