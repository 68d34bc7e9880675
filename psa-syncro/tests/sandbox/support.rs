//! A running imitation, and what is asked of it.

use futures::StreamExt as _;
use psa_syncro::{Config, Syncro};
use serde_json::Value;
use std::collections::BTreeSet;
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue},
};
use sync_sandbox::{Options, Sandbox, Syncro as Data, Vendor};

pub(crate) const CONTACTS: &str = "/api/v1/contacts";
pub(crate) const CONTACT: &str = "/api/v1/contacts/{id}";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// A company 100 of this many contacts.
    pub(crate) async fn of(contacts: usize) -> Self {
        Self::with(Options::sized(contacts + contacts / 10 + 20, contacts)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options.vendors(&[Vendor::Syncro])).await.unwrap() }
    }

    pub(crate) fn config(&self) -> Config {
        let access = self.sandbox.syncro();
        let mut config = Config::new(access.base_url.clone(), access.api_token.clone().into());
        config.requests_per_minute = 1_000_000;
        config
    }

    pub(crate) fn psa(&self) -> Syncro {
        self.config().connect().unwrap()
    }

    pub(crate) fn data(&self) -> &Data {
        self.sandbox.syncro_data()
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(text.parse().unwrap());
    }

    /// How often a route was called.
    pub(crate) fn calls(&self, method: &str, route: &str) -> u64 {
        self.sandbox.calls().count(Vendor::Syncro, method, route)
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.sandbox.calls().of(Vendor::Syncro)
    }

    pub(crate) fn writes(&self) -> u64 {
        self.sandbox.calls().writes()
    }

    /// A contact as the vendor holds it.
    pub(crate) fn record(&self, id: &ContactId) -> Value {
        self.data().contact(number(id)).unwrap()
    }

    /// How many contacts have this address.
    pub(crate) fn having(&self, address: &str) -> usize {
        self.data().contacts().iter().filter(|record| record["email"] == address).count()
    }

    /// The contacts of the company, as the vendor holds them.
    pub(crate) fn ours(&self) -> Vec<Value> {
        self.data().contacts().into_iter().filter(|record| record["customer_id"] == 100).collect()
    }

    /// Some contact of the company with an address and a title.
    pub(crate) fn somebody(&self) -> ContactId {
        let fits = |record: &&Value| record["email"].is_string() && record["properties"]["title"].is_string();
        ContactId::new(self.ours().iter().find(fits).unwrap()["id"].to_string())
    }
}

pub(crate) fn number(id: &ContactId) -> i64 {
    id.as_str().parse().unwrap()
}

pub(crate) fn company() -> CompanyId {
    CompanyId::new("100")
}

pub(crate) fn ours() -> ContactQuery {
    let mut query = ContactQuery::of_companies([company()]);
    query.custom_fields.insert("Office365Id".to_owned());
    query
}

pub(crate) fn fields(pairs: &[(&str, &str)]) -> FieldSet {
    pairs.iter().map(|(name, text)| (name.parse().unwrap(), FieldValue::from(*text))).collect()
}

pub(crate) fn active(active: bool) -> FieldSet {
    [(ContactField::Active, FieldValue::Flag(active))].into()
}

pub(crate) fn new_person(address: &str) -> FieldSet {
    fields(&[("name", "Nina Newcomer"), ("email", address), ("phone_mobile", "+1 206 555 0155")])
}

pub(crate) fn text<'a>(contact: &'a Contact, field: &ContactField) -> &'a str {
    contact.fields.get(field).and_then(FieldValue::as_text).unwrap_or_default()
}

/// What a listing gave: the rows, whether it said that this was all and how many, and its error.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) contacts: Vec<Contact>,
    pub(crate) ended: bool,
    pub(crate) reported: Option<u64>,
    pub(crate) error: Option<Error>,
}

impl Read {
    pub(crate) fn ids(&self) -> BTreeSet<ContactId> {
        self.contacts.iter().map(|contact| contact.id.clone()).collect()
    }

    /// Whether nothing is missing and nothing is there twice.
    pub(crate) fn is_whole(&self, contacts: usize) -> bool {
        self.ended
            && self.error.is_none()
            && (self.contacts.len(), self.ids().len()) == (contacts, contacts)
            && self.reported == Some(contacts as u64)
    }
}

pub(crate) async fn read(psa: &Syncro, query: &ContactQuery) -> Read {
    read_and(psa, query, |_| {}).await
}

/// Reads, and does something after each page.
pub(crate) async fn read_and(psa: &Syncro, query: &ContactQuery, mut after: impl FnMut(usize)) -> Read {
    let mut pages = psa.contacts(query);
    let (mut read, mut page) = (Read::default(), 0);
    while let Some(step) = pages.next().await {
        match step {
            Ok(Page::Items(contacts)) => read.contacts.extend(contacts),
            Ok(Page::End(end)) => (read.ended, read.reported) = (true, end.reported_count),
            Ok(_) => panic!("a page of an unknown kind"),
            Err(error) => read.error = Some(error),
        }
        page += 1;
        after(page);
    }
    read
}
