//! What is kept of PINs, and who needs one.

use crate::files::write_private;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};
use sync_core::{
    Error, ErrorKind, Result,
    model::{ContactField, SourceAnchor, TenantName},
    policy::Policy,
    store::{Link, LinkSet, PinRecord, PinStore},
};

/// Takes from the links what they remember of PINs that are not recorded as written, so that a plan makes new ones: the
/// link says that the contact has a PIN, the record which.
///
/// # Errors
/// As for [`PinStore::pins`].
pub(crate) async fn due(
    links: LinkSet,
    policy: &Policy,
    tenant: &TenantName,
    pins: &dyn PinStore,
) -> Result<LinkSet> {
    let fields: &[ContactField] = policy.pin_fields();
    let has = |link: &Link| fields.iter().any(|field| link.last_written.contains_key(field));
    if fields.is_empty() || !links.links.values().any(has) {
        return Ok(links);
    }
    let known: BTreeMap<SourceAnchor, PinRecord> = pins.pins(tenant).await?.into_iter().collect();
    let mut links = links;
    let forget = |link: &Link| {
        let mut link = link.clone();
        fields.iter().for_each(|field| {
            link.last_written.remove(field);
        });
        (link.source_id.clone(), Some(link))
    };
    let due = links.links.values().filter(|link| has(link));
    let due = due.filter(|link| !known.get(&link.source_id).is_some_and(|record| record.written));
    let changes: BTreeMap<SourceAnchor, Option<Link>> = due.map(forget).collect();
    links.links = links.links.changed(changes);
    Ok(links)
}

/// PINs of one tenant in a file beside the others of an offline folder.
#[derive(Debug)]
pub(crate) struct FilePins(PathBuf);

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    pins: BTreeMap<SourceAnchor, PinRecord>,
}

impl FilePins {
    /// The name of the file.
    const NAME: &'static str = "support_pins.json";

    /// The PINs in a folder of one tenant; nothing is made there until one is recorded.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.join(Self::NAME))
    }

    fn read(&self) -> Result<Document> {
        let failed =
            |kind, what: &str| Error::new(kind, "read support PINs", format!("{} {what}", self.0.display()));
        match std::fs::read_to_string(&self.0) {
            Ok(text) => serde_json::from_str(&text).map_err(|_cause| {
                failed(ErrorKind::UnexpectedResponse, "is not understood; it was left as it is")
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Document::default()),
            Err(error) => Err(failed(ErrorKind::Unavailable, "cannot be read").with_source(error)),
        }
    }

    fn change<T>(&self, edit: impl FnOnce(&mut Document) -> T) -> Result<T> {
        let failed = |error: std::io::Error| {
            let message = format!("{} cannot be written", self.0.display());
            Error::new(ErrorKind::Unavailable, "write support PINs", message).with_source(error)
        };
        let _lock = self.lock().map_err(failed)?;
        let mut document = self.read()?;
        let answer = edit(&mut document);
        let text = serde_json::to_string_pretty(&document).map_err(|error| {
            Error::new(ErrorKind::Other, "write support PINs", "no JSON").with_source(error)
        })?;
        write_private(&self.0, &(text + "\n")).map_err(failed)?;
        Ok(answer)
    }

    fn lock(&self) -> std::io::Result<File> {
        let mut beside = self.0.as_os_str().to_owned();
        beside.push(".lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(PathBuf::from(beside))?;
        file.lock()?;
        Ok(file)
    }
}

/// A folder holds one tenant, so its name makes no difference.
#[async_trait]
impl PinStore for FilePins {
    async fn pins(&self, _tenant: &TenantName) -> Result<Vec<(SourceAnchor, PinRecord)>> {
        Ok(self.read()?.pins.into_iter().collect())
    }

    async fn pin_by_lookup(
        &self,
        _tenant: &TenantName,
        lookup: &str,
    ) -> Result<Option<(SourceAnchor, PinRecord)>> {
        Ok(self.read()?.pins.into_iter().find(|(_, record)| record.lookup == lookup))
    }

    async fn set_pin(&self, _tenant: &TenantName, user: &SourceAnchor, pin: &PinRecord) -> Result<bool> {
        self.change(|document| {
            let taken =
                document.pins.iter().any(|(other, known)| other != user && known.lookup == pin.lookup);
            if !taken {
                document.pins.insert(user.clone(), pin.clone());
            }
            !taken
        })
    }

    async fn remove_pin(&self, _tenant: &TenantName, user: &SourceAnchor) -> Result<bool> {
        self.change(|document| document.pins.remove(user).is_some())
    }
}
