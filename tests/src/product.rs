//! The four PSAs over their imitations: how each is connected to, and what it costs there.

use std::{sync::Arc, time::Duration};
use sync_core::{Psa, model::CompanyId};
use sync_sandbox::{Sandbox, Vendor};

/// A PSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Autotask PSA.
    Autotask,
    /// ConnectWise PSA.
    ConnectWise,
    /// Kaseya BMS.
    KaseyaBms,
    /// Syncro MSP.
    Syncro,
}

/// How fast an adapter may go.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As fast as it can, with its default number of calls at once.
    Free,
    /// The adapter's own settings.
    Default,
    /// So many requests in the vendor's window, all of them, and so many at once.
    Of {
        /// Requests in one window.
        requests: u32,
        /// Requests at once.
        at_once: usize,
    },
}

impl Product {
    /// Every PSA.
    pub const ALL: [Self; 4] = [Self::Autotask, Self::ConnectWise, Self::KaseyaBms, Self::Syncro];

    /// As plans and reports name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Autotask => "autotask",
            Self::ConnectWise => "connectwise",
            Self::KaseyaBms => "kaseyabms",
            Self::Syncro => "syncro",
        }
    }

    /// As the sandbox names it.
    #[must_use]
    pub const fn vendor(self) -> Vendor {
        match self {
            Self::Autotask => Vendor::Autotask,
            Self::ConnectWise => Vendor::ConnectWise,
            Self::KaseyaBms => Vendor::KaseyaBms,
            Self::Syncro => Vendor::Syncro,
        }
    }

    /// The company of the sandbox's people.
    #[must_use]
    pub fn company(self) -> CompanyId {
        CompanyId::new(if self == Self::Autotask { "29762100" } else { "100" })
    }

    /// A second company of the same tenant.
    #[must_use]
    pub fn branch(self) -> CompanyId {
        CompanyId::new(if self == Self::Autotask { "29762101" } else { "101" })
    }

    /// Contacts on one page.
    #[must_use]
    pub const fn page_size(self) -> usize {
        match self {
            Self::Autotask => 500,
            Self::ConnectWise => 1_000,
            Self::KaseyaBms => 100,
            Self::Syncro => 50,
        }
    }

    /// The vendor's window: so many calls in so much time. That of BMS is for each endpoint.
    #[must_use]
    pub const fn window(self) -> (u64, Duration) {
        match self {
            Self::Autotask => (10_000, Duration::from_secs(3_600)),
            Self::ConnectWise => (1_000, Duration::from_secs(60)),
            Self::KaseyaBms => (1_500, Duration::from_secs(3_600)),
            Self::Syncro => (180, Duration::from_secs(60)),
        }
    }

    /// The adapter, connected to the sandbox.
    #[must_use]
    pub fn connect(self, sandbox: &Sandbox, pace: Pace) -> Arc<dyn Psa> {
        match self {
            Self::Autotask => autotask(sandbox, pace),
            Self::ConnectWise => connectwise(sandbox, pace),
            Self::KaseyaBms => kaseyabms(sandbox, pace),
            Self::Syncro => syncro(sandbox, pace),
        }
    }
}

const FREE: u32 = 1_000_000;

/// Sets what a pace says; the rest keeps the adapter's defaults.
fn set(pace: Pace, requests: &mut u32, at_once: &mut usize) {
    match pace {
        Pace::Free => *requests = FREE,
        Pace::Default => {}
        Pace::Of { requests: most, at_once: together } => (*requests, *at_once) = (most, together),
    }
}

fn autotask(sandbox: &Sandbox, pace: Pace) -> Arc<dyn Psa> {
    let access = sandbox.autotask();
    let secret = access.secret.clone().into();
    let mut config =
        psa_autotask::Config::new(access.username.clone(), secret, access.integration_code.clone().into());
    config.base_url.clone_from(&access.base_url);
    if !matches!(pace, Pace::Default) {
        config.budget_percent = 100;
    }
    set(pace, &mut config.requests_per_hour, &mut config.concurrency);
    Arc::new(config.connect().unwrap())
}

fn connectwise(sandbox: &Sandbox, pace: Pace) -> Arc<dyn Psa> {
    let access = sandbox.connectwise();
    let mut config = psa_connectwise::Config::new(
        access.base_url.clone(),
        access.company.clone(),
        access.public_key.clone(),
        access.private_key.clone().into(),
        access.client_id.clone().into(),
    );
    config.mobile_type = Some("Mobile".into());
    set(pace, &mut config.requests_per_minute, &mut config.concurrency);
    Arc::new(config.connect().unwrap())
}

fn kaseyabms(sandbox: &Sandbox, pace: Pace) -> Arc<dyn Psa> {
    let access = sandbox.kaseyabms();
    let mut config = psa_kaseyabms::Config::new(
        access.base_url.clone(),
        access.username.clone(),
        access.password.clone().into(),
        access.tenant.clone(),
    );
    config.mobile_type = Some(psa_kaseyabms::ItemType::Id(2));
    config.contact_module_id = Some(14);
    set(pace, &mut config.requests_per_hour, &mut config.concurrency);
    Arc::new(config.connect().unwrap())
}

fn syncro(sandbox: &Sandbox, pace: Pace) -> Arc<dyn Psa> {
    let access = sandbox.syncro();
    let mut config = psa_syncro::Config::new(access.base_url.clone(), access.api_token.clone().into());
    set(pace, &mut config.requests_per_minute, &mut config.concurrency);
    Arc::new(config.connect().unwrap())
}
