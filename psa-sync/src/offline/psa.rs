//! The companies and contacts of a folder.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{collections::BTreeMap, fmt};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Error, ErrorKind, Page, Psa, Result,
    capability::Capabilities,
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};

/// `companies.json` and `contacts.json` as a [`Psa`], in memory until the folder is written back.
pub struct OfflinePsa {
    capabilities: Capabilities,
}

impl OfflinePsa {
    pub(super) fn new(capabilities: Capabilities) -> Self {
        Self { capabilities }
    }
}

impl fmt::Debug for OfflinePsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflinePsa").finish_non_exhaustive()
    }
}

#[async_trait]
impl Psa for OfflinePsa {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        Ok(self.capabilities.clone())
    }

    async fn check(&self, _query: &CheckQuery) -> Result<Vec<CheckItem>> {
        Ok(Vec::new())
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        stream::empty().boxed()
    }

    fn contacts<'a>(&'a self, _query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        stream::empty().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        Err(Error::new(ErrorKind::NotFound, "read contact", format!("there is no {id}")))
    }

    async fn create(&self, company: &CompanyId, _fields: &FieldSet, _key: &str) -> Result<Contact> {
        Err(Error::new(ErrorKind::NotFound, "create contact", format!("there is no {company}")))
    }

    async fn update(
        &self,
        id: &ContactId,
        _fields: &FieldSet,
        _expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        Err(Error::new(ErrorKind::NotFound, "update contact", format!("there is no {id}")))
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        _custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        Err(Error::new(ErrorKind::NotFound, "update company", format!("there is no {id}")))
    }
}
