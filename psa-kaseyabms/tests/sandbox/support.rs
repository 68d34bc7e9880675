//! A running imitation, and what is asked of it.

use futures::StreamExt as _;
use psa_kaseyabms::{Config, ItemType, KaseyaBms};
use serde_json::Value;
use std::collections::BTreeSet;
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue},
};
use sync_sandbox::{KaseyaBms as Data, Options, Sandbox, Vendor};

pub(crate) const CONTACTS: &str = "/v2/crm/contacts/summary";
pub(crate) const CONTACT: &str = "/v2/crm/contacts/{id}";
pub(crate) const EMAILS: &str = "/v2/crm/contacts/{id}/emails";
pub(crate) const PHONES: &str = "/v2/crm/contacts/{id}/phones";
pub(crate) const VALUES: &str = "/v2/system/customfields/{module}/{record}";
pub(crate) const VALUE: &str = "/v2/system/customfields/data/{module}/{record}/{field}";

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    /// A company 100 of this many contacts.
    pub(crate) async fn of(contacts: usize) -> Self {
        Self::with(Options::sized(contacts + contacts / 10 + 20, contacts)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { sandbox: Sandbox::start(options).await.unwrap() }
    }

    pub(crate) fn data(&self) -> &Data {
        self.sandbox.kaseyabms_data()
    }

    pub(crate) fn config(&self) -> Config {
        let access = self.sandbox.kaseyabms();
        let mut config = Config::new(
            access.base_url.clone(),
            access.username.clone(),
            access.password.clone().into(),
            access.tenant.clone(),
        );
        config.mobile_type = Some(ItemType::Id(2));
        config.contact_module_id = Some(14);
        config.requests_per_hour = 1_000_000;
        config
    }

    pub(crate) fn psa(&self) -> KaseyaBms {
        self.config().connect().unwrap()
    }

    /// An adapter that has looked up what it needs; the calls are counted from here.
    pub(crate) async fn warm(&self) -> KaseyaBms {
        let psa = self.psa();
        psa.capabilities().await.unwrap();
        self.sandbox.reset_calls();
        psa
    }

    pub(crate) fn fault(&self, text: &str) {
        self.sandbox.inject(text.parse().unwrap());
    }

    pub(crate) fn calls(&self, method: &str, route: &str) -> u64 {
        self.sandbox.calls().count(Vendor::KaseyaBms, method, route)
    }

    pub(crate) fn all_calls(&self) -> u64 {
        self.sandbox.calls().of(Vendor::KaseyaBms)
    }

    /// A contact as the vendor holds it.
    pub(crate) fn record(&self, id: &ContactId) -> Value {
        self.data().contact(number(id)).unwrap()
    }

    /// How many contacts have this address.
    pub(crate) fn having(&self, address: &str) -> usize {
        let has = |record: &&Value| record["Emails"].to_string().contains(address);
        self.data().contacts().iter().filter(has).count()
    }

    /// Some active contact of the company with an address and no special part.
    pub(crate) fn somebody(&self) -> ContactId {
        let ours = |record: &&Value| {
            record["AccountId"] == 100
                && record["IsPoc"] == false
                && record["IsActive"] == true
                && record["HasClientPortalAccess"] == false
                && record["Emails"].as_array().is_some_and(|emails| emails.len() == 1)
        };
        ContactId::new(self.data().contacts().iter().find(ours).unwrap()["Id"].to_string())
    }
}

pub(crate) fn number(id: &ContactId) -> i64 {
    id.as_str().parse().unwrap()
}

pub(crate) fn company() -> CompanyId {
    CompanyId::new("100")
}

/// The company's contacts without custom values.
pub(crate) fn plain() -> ContactQuery {
    ContactQuery::of_companies([company()])
}

/// The company's contacts with their stored id.
pub(crate) fn ours() -> ContactQuery {
    let mut query = plain();
    query.custom_fields.insert("Office365Id".to_owned());
    query
}

pub(crate) fn fields(pairs: &[(&str, &str)]) -> FieldSet {
    pairs.iter().map(|(name, text)| (name.parse().unwrap(), FieldValue::from(*text))).collect()
}

pub(crate) fn flag(active: bool) -> FieldSet {
    [(ContactField::Active, FieldValue::Flag(active))].into()
}

pub(crate) fn new_person(address: &str) -> FieldSet {
    fields(&[
        ("first_name", "Nina"),
        ("last_name", "Newcomer"),
        ("title", "Engineer"),
        ("email", address),
        ("phone_mobile", "+1 206 555 0155"),
        ("custom:Office365Id", "id-1"),
    ])
}

pub(crate) fn value<'a>(contact: &'a Contact, name: &str) -> Option<&'a FieldValue> {
    contact.fields.get(&name.parse().unwrap())
}

/// What a listing gave: the rows, whether it said that this was all, and its error.
pub(crate) struct Read {
    pub(crate) contacts: Vec<Contact>,
    pub(crate) ended: bool,
    pub(crate) error: Option<Error>,
}

impl Read {
    pub(crate) fn distinct(&self) -> usize {
        self.contacts.iter().map(|contact| &contact.id).collect::<BTreeSet<_>>().len()
    }
}

pub(crate) async fn read(psa: &KaseyaBms, query: &ContactQuery) -> Read {
    let mut pages = psa.contacts(query);
    let mut read = Read { contacts: Vec::new(), ended: false, error: None };
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(contacts)) => read.contacts.extend(contacts),
            Ok(Page::End(_)) => read.ended = true,
            Ok(_) => panic!("a page of an unknown kind"),
            Err(error) => read.error = Some(error),
        }
    }
    read
}
