//! A running imitation, and what is asked of it.

use futures::StreamExt as _;
use psa_connectwise::{Config, ConnectWise};
use serde_json::Value;
use std::collections::BTreeSet;
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue},
};
use sync_sandbox::{Options, Sandbox, Vendor};

pub(crate) const CONTACTS: &str = "/{codebase}/apis/3.0/company/contacts";
pub(crate) const CONTACT: &str = "/{codebase}/apis/3.0/company/contacts/{id}";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// A company 100 of this many contacts.
    pub(crate) async fn of(contacts: usize) -> Self {
        Self {
            sandbox: Sandbox::start(Options::sized(contacts + contacts / 10 + 20, contacts)).await.unwrap(),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let access = self.sandbox.connectwise();
        let mut config = Config::new(
            access.base_url.clone(),
            access.company.clone(),
            access.public_key.clone(),
            access.private_key.clone().into(),
            access.client_id.clone().into(),
        );
        config.mobile_type = Some("Mobile".into());
        config.requests_per_minute = 1_000_000;
        config
    }

    pub(crate) fn psa(&self) -> ConnectWise {
        self.config().connect().unwrap()
    }

    /// An adapter that has looked up what it needs; the calls are counted from here.
    pub(crate) async fn warm(&self) -> ConnectWise {
        let psa = self.psa();
        psa.capabilities().await.unwrap();
        self.sandbox.reset_calls();
        psa
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(text.parse().unwrap());
    }

    /// How often a route below the code base was called.
    pub(crate) fn calls(&self, method: &str, route: &str) -> u64 {
        self.sandbox.calls().count(Vendor::ConnectWise, method, route)
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.sandbox.calls().of(Vendor::ConnectWise)
    }

    /// A contact as the vendor holds it.
    pub(crate) fn record(&self, id: &ContactId) -> Value {
        self.sandbox.connectwise_data().contact(number(id)).unwrap()
    }

    /// How many contacts have this address.
    pub(crate) fn having(&self, address: &str) -> usize {
        let has = |record: &&Value| record["communicationItems"].to_string().contains(address);
        self.sandbox.connectwise_data().contacts().iter().filter(has).count()
    }

    /// Some contact of the company with an address.
    pub(crate) fn somebody(&self) -> ContactId {
        let contacts = self.sandbox.connectwise_data().contacts();
        let ours = |record: &&Value| {
            record["company"]["id"] == 100
                && record["defaultFlag"] != true
                && record["communicationItems"].to_string().contains('@')
        };
        ContactId::new(contacts.iter().find(ours).unwrap()["id"].to_string())
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

pub(crate) fn new_person(address: &str) -> FieldSet {
    fields(&[
        ("first_name", "Nina"),
        ("last_name", "Newcomer"),
        ("email", address),
        ("phone_mobile", "+1 206 555 0155"),
    ])
}

pub(crate) fn text<'a>(contact: &'a Contact, field: &ContactField) -> &'a str {
    contact.fields.get(field).and_then(FieldValue::as_text).unwrap_or_default()
}

/// What a listing gave: the ids, whether it said that this was all, and its error.
pub(crate) struct Read {
    pub(crate) ids: Vec<ContactId>,
    pub(crate) ended: bool,
    pub(crate) error: Option<Error>,
}

impl Read {
    pub(crate) fn distinct(&self) -> usize {
        self.ids.iter().collect::<BTreeSet<_>>().len()
    }
}

pub(crate) async fn read(psa: &ConnectWise) -> Read {
    let query = ours();
    let mut pages = psa.contacts(&query);
    let mut read = Read { ids: Vec::new(), ended: false, error: None };
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(contacts)) => read.ids.extend(contacts.into_iter().map(|contact| contact.id)),
            Ok(Page::End(_)) => read.ended = true,
            Ok(_) => panic!("a page of an unknown kind"),
            Err(error) => read.error = Some(error),
        }
    }
    read
}

/// Everything of a record that an update of these parts must not touch.
pub(crate) fn without(mut record: Value, parts: &[&str]) -> Value {
    for pointer in parts {
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(parent) = record.pointer_mut(parent).and_then(Value::as_object_mut)
        {
            parent.remove(name);
        }
    }
    record
}
