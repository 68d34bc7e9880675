//! One tenant with everything that planning and applying need, live or from a folder of files.

use crate::{
    adapters::{self, ConnectedPsa},
    config::{self, Config, Named, TenantConfig},
    context::Context,
    exit::Failure,
    offline::OfflineFolder,
    pins::{FilePins, PinKey, PinWriter, veil, writes_pins},
    reviews::FileReviews,
    sealed::connect_directory,
    vault::vault_failure,
};
use chrono::{DateTime, Utc};
use std::{path::PathBuf, sync::Arc};
use sync_core::{
    Directory, Psa,
    apply::{SettleOptions, Settled, settle},
    memory::MemoryStore,
    model::TenantName,
    plan::Plan,
    policy::{Policy, Tenant},
    quantity::Agreements,
    store::{Hold, LinkStore, PinStore, ReviewStore, RunId, Unshared},
};
use sync_state::{FileLinkStore, TenantLock};

/// The file with the key of support PINs, unless the configuration names another one.
pub(crate) const PIN_KEY: &str = "psa-sync.pin-key";

/// Runs of one tenant are kept apart by its lock.
static ALONE: Unshared = Unshared(RunId::new(0));

/// What a command wants to do with a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Look only: nothing is written, not even an empty folder.
    Read,
    /// Write: other runs of the tenant are kept away meanwhile.
    Write,
}

/// Where the tenants of a command come from.
pub(crate) enum Source {
    /// A configuration, and the PSA that all its tenants share.
    Live { config: Box<Config>, psa: Arc<dyn Psa>, agreements: Option<Arc<dyn Agreements>> },
    /// A folder of files.
    Offline(Box<OfflineFolder>),
}

impl Source {
    /// Reads the configuration or the folder. Sends nothing.
    pub(crate) fn open(context: &mut Context) -> Result<Self, Failure> {
        if let Some(folder) = &context.global.offline {
            let folder =
                OfflineFolder::load(folder).map_err(|e| Failure::from_error(crate::exit::Exit::Usage, &e))?;
            for remark in folder.remarks() {
                context.tell(&format!("note: {remark}"));
            }
            return Ok(Self::Offline(Box::new(folder)));
        }
        let config = config::load(&context.global.config, &context.environment)?;
        let ConnectedPsa { psa, agreements } =
            adapters::connect_psa(&config.psa, &context.environment, &config.folder)?;
        Ok(Self::Live { psa: context.progress.psa(psa), agreements, config: Box::new(config) })
    }

    /// The tenants that a run is about.
    pub(crate) fn tenants(&self, name: Option<&str>) -> Result<Vec<TenantName>, Failure> {
        match self {
            Self::Live { config, .. } => {
                Ok(config.chosen(name)?.into_iter().map(|t| t.tenant.name.clone()).collect())
            }
            Self::Offline(folder) => {
                let own = &folder.tenant().name;
                match name {
                    Some(name) if name != own.as_str() => {
                        Err(Failure::usage(format!("the folder is tenant {own}, not {name}")))
                    }
                    _ => Ok(vec![own.clone()]),
                }
            }
        }
    }

    /// The PSA that all tenants share.
    pub(crate) fn psa(&self) -> &dyn Psa {
        match self {
            Self::Live { psa, .. } => psa.as_ref(),
            Self::Offline(folder) => folder.psa(),
        }
    }

    /// Everything that one tenant needs. Sends nothing.
    pub(crate) fn job(
        &self,
        context: &Context,
        name: &TenantName,
        access: Access,
    ) -> Result<Job<'_>, Failure> {
        let (config, psa) = match self {
            Self::Offline(folder) => {
                return Ok(Job {
                    tenant: folder.tenant(),
                    policy: folder.policy(),
                    named: folder.named(),
                    others: Vec::new(),
                    reviews: Box::new(FileReviews::in_folder(folder.path())),
                    pins: Arc::new(FilePins::in_folder(folder.path())),
                    pin_key: folder.path().join(PIN_KEY),
                    held: Held::Offline(folder),
                });
            }
            Self::Live { config, psa, agreements: _ } => (config, psa),
        };
        let chosen = config.chosen(Some(name.as_str()))?;
        let Some(TenantConfig { directory, tenant, policy, named, .. }) = chosen.first() else {
            return Err(Failure::usage(format!("there is no tenant {name}")));
        };
        let directory = connect_directory(directory, tenant, psa, &context.environment, &config.folder)?;
        let (links, lock): (Arc<dyn LinkStore>, _) = if access == Access::Read && !config.state.exists() {
            (Arc::new(MemoryStore::new()), None)
        } else {
            let store = FileLinkStore::open(&config.state)?;
            let lock = if access == Access::Write { Some(store.lock_tenant(name)?) } else { None };
            (Arc::new(store), lock)
        };
        let held = Held::Live {
            directory: context.progress.directory(directory),
            psa: veil(Arc::clone(psa), policy),
            links,
            _lock: lock,
        };
        // Contacts of every other tenant of this PSA, a disabled one included, are theirs.
        let all = config.tenants.iter().map(|t| &t.tenant.name);
        let others = all.filter(|other| *other != name).cloned().collect();
        let reviews = Box::new(FileReviews::of_tenant(&config.state, name));
        let pins = Arc::new(FilePins::of_tenant(&config.state, name));
        let pin_key = config.pin_key.clone();
        Ok(Job { tenant, policy, named, others, reviews, pins, pin_key, held })
    }
}

/// One tenant with everything that planning and applying need.
pub(crate) struct Job<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) policy: &'a Policy,
    /// Where the configuration names companies and groups.
    pub(crate) named: &'a Named,
    others: Vec<TenantName>,
    reviews: Box<dyn ReviewStore>,
    pins: Arc<dyn PinStore>,
    pin_key: PathBuf,
    held: Held<'a>,
}

enum Held<'a> {
    Live {
        directory: Arc<dyn Directory>,
        psa: Arc<dyn Psa>,
        links: Arc<dyn LinkStore>,
        _lock: Option<TenantLock>,
    },
    Offline(&'a OfflineFolder),
}

impl Job<'_> {
    /// The other tenants of the same PSA.
    pub(crate) fn others(&self) -> &[TenantName] {
        &self.others
    }

    /// Where its users are.
    pub(crate) fn directory(&self) -> &dyn Directory {
        match &self.held {
            Held::Live { directory, .. } => directory.as_ref(),
            Held::Offline(folder) => folder.directory(),
        }
    }

    /// Where its contacts are.
    pub(crate) fn psa(&self) -> &dyn Psa {
        match &self.held {
            Held::Live { psa, .. } => psa.as_ref(),
            Held::Offline(folder) => folder.psa(),
        }
    }

    /// Where its links are.
    pub(crate) fn links(&self) -> &dyn LinkStore {
        match &self.held {
            Held::Live { links, .. } => links.as_ref(),
            Held::Offline(folder) => folder.links(),
        }
    }

    /// Where the answers of people are.
    pub(crate) fn reviews(&self) -> &dyn ReviewStore {
        self.reviews.as_ref()
    }

    /// What is kept of support PINs.
    pub(crate) fn pins(&self) -> Arc<dyn PinStore> {
        Arc::clone(&self.pins)
    }

    /// The key by which support PINs are recognised; made where there is none yet.
    pub(crate) fn pin_key(&self) -> Result<PinKey, Failure> {
        PinKey::open(&self.pin_key).map_err(|error| vault_failure(&error))
    }

    /// The PSA as the changes of a plan are written to it: with new support PINs where the plan asks for them.
    pub(crate) fn writing(&self, plan: &Plan, now: DateTime<Utc>) -> Result<Arc<dyn Psa>, Failure> {
        let psa = match &self.held {
            Held::Live { psa, .. } => Arc::clone(psa),
            Held::Offline(folder) => folder.shared_psa(),
        };
        if !writes_pins(plan) {
            return Ok(psa);
        }
        Ok(Arc::new(PinWriter::new(psa, self.pins(), self.pin_key()?, plan, now)))
    }

    /// The right to write.
    pub(crate) fn hold(&self) -> &dyn Hold {
        &ALONE
    }

    /// Makes what was applied last: rewrites the files of a folder; a live system needs nothing.
    pub(crate) fn keep(&self) -> Result<(), Failure> {
        match &self.held {
            Held::Live { .. } => Ok(()),
            Held::Offline(folder) => {
                folder.write_back().map_err(|e| Failure::from_error(crate::exit::Exit::Failed, &e))
            }
        }
    }
}

/// Looks up what an earlier run left open, before anything is planned.
pub(crate) async fn settle_open(job: &Job<'_>, now: DateTime<Utc>) -> Result<Settled, Failure> {
    let capabilities = job.psa().capabilities().await?;
    let options = SettleOptions {
        tenant: job.tenant,
        policy: job.policy,
        capabilities: &capabilities,
        psa: job.psa(),
        links: job.links(),
        hold: job.hold(),
        now,
        waited: std::time::Duration::ZERO,
    };
    Ok(settle(&options).await?)
}
