//! Reading a folder, and writing it back.

use super::{
    OfflineAgreements, OfflineDirectory, OfflineError, OfflineLinks, OfflinePsa, agreements,
    companies::Companies,
    contacts::Contacts,
    json::Source,
    policy,
    psa::{State, highest_new},
    users,
};
use crate::{config::Named, files::write_private};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use sync_core::{
    capability::Capabilities,
    policy::{Policy, Tenant},
    store::LinkSet,
};
use sync_state::{decode_links, encode_links};

/// A folder of files, read and checked.
#[derive(Debug)]
pub struct OfflineFolder {
    folder: PathBuf,
    tenant: Tenant,
    policy: Policy,
    named: Named,
    directory: OfflineDirectory,
    psa: Arc<OfflinePsa>,
    links: OfflineLinks,
    /// `links.json` as it was read; `None` where there was none.
    links_read: Option<String>,
    remarks: Vec<String>,
}

impl OfflineFolder {
    /// Reads and checks every file of the folder.
    ///
    /// # Errors
    /// [`OfflineError`] naming the first file that is missing or wrong.
    pub fn load(folder: &Path) -> Result<Self, OfflineError> {
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(OfflineError::new(folder, "is no folder")),
            Err(error) => return Err(OfflineError::new(folder, "cannot be opened").with_source(error)),
        }
        let mut remarks = Vec::new();
        let (tenant, policy, named) = policy::read(folder)?;
        let directory = users::read(folder, &tenant, &policy, &named)?;
        let companies = Companies::read(folder)?;
        let contacts = Contacts::read(folder, &mut remarks)?;
        let (links, links_read) = links(folder)?;
        // A number that a remembered link names is taken, even where its contact is gone.
        let ids = contacts.rows.keys().chain(links.links.values().map(|link| &link.contact_id));
        let next = highest_new(ids).saturating_add(1);
        let psa = Arc::new(OfflinePsa::new(capabilities(folder)?, State { companies, contacts, next }));
        Ok(Self {
            folder: folder.to_owned(),
            tenant,
            policy,
            named,
            directory,
            psa,
            links: OfflineLinks::new(links),
            links_read,
            remarks,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The tenant, named by its directory's id; `offline` where `policy.toml` gives none.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where `policy.toml` names companies and groups.
    pub(crate) const fn named(&self) -> &Named {
        &self.named
    }

    /// The users.
    #[must_use]
    pub const fn directory(&self) -> &OfflineDirectory {
        &self.directory
    }

    /// The companies and contacts.
    #[must_use]
    pub fn psa(&self) -> &OfflinePsa {
        &self.psa
    }

    /// The companies and contacts, for whoever keeps them longer.
    pub(crate) fn shared_psa(&self) -> Arc<OfflinePsa> {
        Arc::clone(&self.psa)
    }

    /// The links.
    #[must_use]
    pub const fn links(&self) -> &OfflineLinks {
        &self.links
    }

    /// The agreement lines. Read when asked for, since only quantities need them.
    ///
    /// # Errors
    /// [`OfflineError`] where `agreements.json` is missing or wrong.
    pub fn agreements(&self) -> Result<OfflineAgreements, OfflineError> {
        agreements::read(&self.folder)
    }

    /// What is odd about the files without being wrong, for people.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Writes contacts, companies where they changed, and links back, each file all or nothing.
    ///
    /// Contacts come first: a created contact without a link is matched by its address the next time, while a link
    /// without its contact would be wrong.
    ///
    /// # Errors
    /// [`OfflineError`] naming the file that could not be written, or that somebody else changed since it was read;
    /// nothing is written in the second case.
    pub fn write_back(&self) -> Result<(), OfflineError> {
        let mut files: Vec<(PathBuf, Option<&str>, String)> = Vec::new();
        let state = self.psa.lock();
        for (source, text) in [state.contacts.rewritten(), state.companies.rewritten()].into_iter().flatten()
        {
            files.push((source.path.clone(), Some(&source.text), text));
        }
        let links = encode_links(&self.links.now());
        if self.links.changed() {
            files.push((self.folder.join(LINKS), self.links_read.as_deref(), links));
        }
        for (path, read, _) in &files {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let now = Source::read(&self.folder, name)?.map(|source| source.text);
            if now.as_deref() != *read {
                let problem =
                    "was changed by somebody else since it was read; nothing was written, plan again";
                return Err(OfflineError::new(path, problem));
            }
        }
        for (path, _, text) in &files {
            write_private(path, text)
                .map_err(|error| OfflineError::new(path, "cannot be written").with_source(error))?;
        }
        Ok(())
    }
}

const LINKS: &str = "links.json";

fn links(folder: &Path) -> Result<(LinkSet, Option<String>), OfflineError> {
    let Some(source) = Source::read(folder, LINKS)? else { return Ok((LinkSet::new(), None)) };
    let links =
        decode_links(&source.text).map_err(|error| OfflineError::new(&source.path, error.message()))?;
    Ok((links, Some(source.text)))
}

fn capabilities(folder: &Path) -> Result<Capabilities, OfflineError> {
    let Some(source) = Source::read(folder, "capabilities.json")? else {
        return Ok(Capabilities::everything());
    };
    // Looked at as an object first, because the decoder would take a list for the fields in their order.
    source.object()?;
    source.decode_text(&source.text, HINT)
}

/// Before what is wrong with capabilities.
const HINT: &str = "take the output of `psa-sync capabilities --psa KIND --format json`";
