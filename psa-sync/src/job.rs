//! One tenant with everything that planning and applying need, live or from a folder of files.

use crate::{
    adapters::{self, ConnectedPsa},
    config::{self, Config, Named, TenantConfig},
    context::Context,
    exit::{Exit, Failure},
    native::NativePairs,
    offline::OfflineFolder,
    pins::{FilePins, PinKey, PinWriter, veil, writes_pins},
    reviews::FileReviews,
    run_mark::{Restored, RunMark},
    sealed::{CompanyPlaces, connect_directory},
    taking::{refuse_beside, take},
    vault::vault_failure,
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use sync_core::{
    Directory, Psa,
    memory::MemoryStore,
    model::{CompanyId, TenantName},
    notes::CompanyNotes,
    plan::Plan,
    policy::{Policy, Tenant},
    quantity::Agreements,
    store::{Hold, LinkStore, PinStore, ReviewStore, RunId, StateStore, Unshared},
};
use tokio::sync::OnceCell;

/// The file with the key of support PINs, unless the configuration names another one.
pub(crate) const PIN_KEY: &str = "psa-sync.pin-key";

/// A folder of files is one person's.
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
    Live {
        config: Box<Config>,
        psa: Arc<dyn Psa>,
        agreements: Option<Arc<dyn Agreements>>,
        notes: Option<Arc<dyn CompanyNotes>>,
        pairs: Option<Arc<dyn NativePairs>>,
        /// Opened by the first tenant that needs it.
        store: OnceCell<Arc<dyn StateStore>>,
    },
    /// A folder of files.
    Offline(Box<OfflineFolder>),
}

impl Source {
    /// Reads the configuration or the folder. Sends nothing.
    pub(crate) fn open(context: &mut Context) -> Result<Self, Failure> {
        if let Some(folder) = &context.global.offline {
            let folder = OfflineFolder::load(folder).map_err(|e| Failure::from_error(Exit::Usage, &e))?;
            for remark in folder.remarks() {
                context.tell(&format!("note: {remark}"));
            }
            return Ok(Self::Offline(Box::new(folder)));
        }
        let config = config::load(&context.global.config, &context.environment)?;
        let ConnectedPsa { psa, agreements, notes, pairs } =
            adapters::connect_psa(&config.psa, &context.environment, &config.folder)?;
        let psa = context.progress.psa(psa);
        Ok(Self::Live { psa, agreements, notes, pairs, config: Box::new(config), store: OnceCell::new() })
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

    /// The tenants that a run is about, of those the ones that have a company where one is named.
    pub(crate) fn tenants_with(
        &self,
        name: Option<&str>,
        company: Option<&str>,
    ) -> Result<Vec<TenantName>, Failure> {
        let tenants = self.tenants(name)?;
        let Some(company) = company else { return Ok(tenants) };
        let companies = |name: &TenantName| match self {
            Self::Live { config, .. } => {
                let tenant = config.tenants.iter().map(|chosen| &chosen.tenant).find(|t| t.name == *name);
                tenant.map(Tenant::companies).unwrap_or_default()
            }
            Self::Offline(folder) => folder.tenant().companies(),
        };
        let wanted = CompanyId::new(company);
        let (having, others): (Vec<_>, Vec<_>) =
            tenants.into_iter().partition(|name| companies(name).contains(&wanted));
        if having.is_empty() {
            let known: BTreeSet<CompanyId> = others.iter().flat_map(companies).collect();
            let known: Vec<&str> = known.iter().map(CompanyId::as_str).collect();
            return Err(Failure::usage(format!(
                "--company {company}: nobody of {} goes to that company; there is {}",
                others.iter().map(TenantName::as_str).collect::<Vec<_>>().join(", "),
                known.join(", ")
            )));
        }
        Ok(having)
    }

    /// The other tenants whose people go to a company of this one, disabled ones included.
    pub(crate) fn beside(&self, name: &TenantName) -> Vec<TenantName> {
        let Self::Live { config, .. } = self else { return Vec::new() };
        let all = || config.tenants.iter().map(|chosen| &chosen.tenant);
        let Some(ours) = all().find(|tenant| tenant.name == *name).map(Tenant::companies) else {
            return Vec::new();
        };
        let others = all().filter(|other| other.name != *name && !other.companies().is_disjoint(&ours));
        others.map(|other| other.name.clone()).collect()
    }

    /// How a tenant is taken to record an answer about it: by looking alone where the store is there, else as for a run,
    /// which makes the store and takes over what an earlier version kept.
    pub(crate) fn access_to_answer(&self) -> Access {
        match self {
            Self::Live { config, .. } if config.state.place.file().is_some_and(|file| !file.exists()) => {
                Access::Write
            }
            Self::Live { .. } | Self::Offline(_) => Access::Read,
        }
    }

    /// The pairs of the PSA's own contact sync.
    pub(crate) fn pairs(&self) -> Result<&dyn NativePairs, Failure> {
        let none = || {
            Failure::usage(format!(
                "--native-pairs: {} keeps no pairs of users and contacts that could be read",
                self.psa().name()
            ))
        };
        match self {
            Self::Live { pairs, .. } => pairs.as_deref().ok_or_else(none),
            Self::Offline(_) => Err(none()),
        }
    }

    /// The PSA that all tenants share.
    pub(crate) fn psa(&self) -> &dyn Psa {
        match self {
            Self::Live { psa, .. } => psa.as_ref(),
            Self::Offline(folder) => folder.psa(),
        }
    }

    /// Everything that one tenant needs, also one that is not enabled. Asks neither side anything.
    pub(crate) async fn job(
        &self,
        context: &Context,
        name: &TenantName,
        access: Access,
    ) -> Result<Job<'_>, Failure> {
        let (config, psa, notes, store) = match self {
            Self::Offline(folder) => {
                return Ok(Job {
                    tenant: folder.tenant(),
                    policy: folder.policy(),
                    named: folder.named(),
                    others: Vec::new(),
                    reviews: Arc::new(FileReviews::in_folder(folder.path())),
                    pins: Arc::new(FilePins::in_folder(folder.path())),
                    pin_key: folder.path().join(PIN_KEY),
                    mark: None,
                    restored: None,
                    held: Held::Offline(folder),
                });
            }
            Self::Live { config, psa, notes, store, agreements: _, pairs: _ } => (config, psa, notes, store),
        };
        let configured = config.tenants.iter().find(|configured| configured.tenant.name == *name);
        let Some(TenantConfig { directory, tenant, policy, named, .. }) = configured else {
            return Err(Failure::usage(format!("there is no tenant {name}")));
        };
        let places = CompanyPlaces::new(tenant, psa, notes.as_ref());
        let directory = connect_directory(directory, places, &context.environment, &config.folder)?;
        let file = config.state.place.file();
        let mark = file.as_deref().map(RunMark::beside);
        let gone = file.as_ref().is_some_and(|file| !file.exists());
        let store = match file {
            // Looking leaves nothing behind: what an earlier version kept is read where it is.
            Some(file) if access == Access::Read && gone => in_memory(config, &file)?,
            _ => {
                let open = || config::open_state(&config.state.place, &context.environment, &config.folder);
                Arc::clone(store.get_or_try_init(open).await?)
            }
        };
        let hold = match access {
            Access::Read => None,
            Access::Write => {
                let hold = take(&store, name, config.state.lease).await?;
                if let Err(failure) = refuse_beside(store.as_ref(), config, tenant, hold.run()).await {
                    hold.release().await?;
                    return Err(failure);
                }
                Some(Box::new(hold))
            }
        };
        if let (Some(hold), Some(file)) = (&hold, config.state.place.file())
            && let Some(folder) = file.parent()
            && sync_state::import_links(store.as_ref(), hold.run(), name, folder).await?
        {
            tracing::info!(tenant = %name, "links kept by an earlier version were taken over");
        }
        let reviews: Arc<dyn StateStore> = Arc::clone(&store);
        let pins: Arc<dyn StateStore> = Arc::clone(&store);
        let held = Held::Live {
            directory: context.progress.directory(directory),
            psa: veil(Arc::clone(psa), policy),
            store,
            hold,
            full_every: config.state.full_every,
            retention: config.state.retention,
        };
        // Contacts of every other tenant of this PSA, a disabled one included, are theirs.
        let all = config.tenants.iter().map(|t| &t.tenant.name);
        let others = all.filter(|other| *other != name).cloned().collect();
        let pin_key = config.pin_key.clone();
        let gone = gone && access == Access::Read;
        let restored = mark.as_ref().and_then(|mark| mark.behind(name, gone));
        Ok(Job { tenant, policy, named, others, reviews, pins, pin_key, mark, restored, held })
    }
}

/// One tenant with everything that planning and applying need.
pub(crate) struct Job<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) policy: &'a Policy,
    /// Where the configuration names companies and groups.
    pub(crate) named: &'a Named,
    others: Vec<TenantName>,
    reviews: Arc<dyn ReviewStore>,
    pins: Arc<dyn PinStore>,
    pin_key: PathBuf,
    mark: Option<RunMark>,
    restored: Option<Restored>,
    held: Held<'a>,
}

enum Held<'a> {
    Live {
        directory: Arc<dyn Directory>,
        psa: Arc<dyn Psa>,
        store: Arc<dyn StateStore>,
        hold: Option<Box<sync_state::Held>>,
        full_every: chrono::Duration,
        retention: chrono::Duration,
    },
    Offline(&'a OfflineFolder),
}

impl Job<'_> {
    /// What is not known of the tenant, where its state was put back from an older copy and no plan was applied since.
    pub(crate) const fn restored(&self) -> Option<&Restored> {
        self.restored.as_ref()
    }

    /// Whether runs are remembered in a database, and not in a folder of files.
    pub(crate) const fn is_live(&self) -> bool {
        matches!(self.held, Held::Live { .. })
    }

    /// Notes that a run begins to write; what the database says of it is on the disk.
    pub(crate) fn began(&self, run: RunId) {
        if let Some(mark) = &self.mark {
            mark.reached(run);
        }
    }

    /// Notes that a plan made from this state was applied.
    pub(crate) fn looked_at(&self) {
        if let (Some(mark), Some(_)) = (&self.mark, &self.restored) {
            mark.looked_at(&self.tenant.name);
        }
    }

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
            Held::Live { store, .. } => store.as_ref(),
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

    /// The file of that key where it is not there, so that no PIN can be verified.
    pub(crate) fn missing_pin_key(&self) -> Option<&Path> {
        (!self.pin_key.exists()).then_some(self.pin_key.as_path())
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
        match &self.held {
            Held::Live { hold: Some(hold), .. } => hold.as_ref(),
            // Whoever only looks is given nothing that would let a store record anything.
            Held::Live { hold: None, .. } | Held::Offline(_) => &ALONE,
        }
    }

    /// The store and the right to write to it, where this run has it.
    pub(crate) fn writable(&self) -> Option<(&dyn StateStore, &dyn Hold)> {
        match &self.held {
            Held::Live { store, hold: Some(hold), .. } => Some((store.as_ref(), hold.as_ref())),
            Held::Live { hold: None, .. } | Held::Offline(_) => None,
        }
    }

    /// After how long everything is read again.
    pub(crate) fn full_every(&self) -> chrono::Duration {
        match &self.held {
            Held::Live { full_every, .. } => *full_every,
            Held::Offline(_) => chrono::Duration::zero(),
        }
    }

    /// For how long the history of runs is kept.
    pub(crate) fn retention(&self) -> chrono::Duration {
        match &self.held {
            Held::Live { retention, .. } => *retention,
            Held::Offline(_) => chrono::Duration::MAX,
        }
    }

    /// Gives the tenant back.
    pub(crate) async fn release(self) {
        if let Held::Live { hold: Some(hold), .. } = self.held
            && let Err(error) = hold.release().await
        {
            tracing::warn!(%error, "the lease could not be given back; it runs out by itself");
        }
    }

    /// Makes what was applied last: rewrites the files of a folder; a live system needs nothing.
    pub(crate) fn keep(&self) -> Result<(), Failure> {
        match &self.held {
            Held::Live { .. } => Ok(()),
            Held::Offline(folder) => folder.write_back().map_err(|e| Failure::from_error(Exit::Failed, &e)),
        }
    }
}

/// Links that an earlier version kept in files, where there is no database yet.
fn in_memory(config: &Config, file: &Path) -> Result<Arc<dyn StateStore>, Failure> {
    let store = MemoryStore::new();
    if let Some(folder) = file.parent() {
        for tenant in &config.tenants {
            let name = &tenant.tenant.name;
            if let Some(links) = sync_state::earlier_links(name, folder)? {
                store.put(name.clone(), links);
            }
        }
    }
    Ok(Arc::new(store))
}
