//! Which adapters there are: the one place where a `kind` becomes one.

use crate::{
    config::{Section, Settings, Shape},
    environment::Environment,
    exit::Failure,
    native::NativePairs,
};
use serde::de::DeserializeOwned;
use std::{path::Path, sync::Arc};
use sync_core::{
    Directory, Psa, capability::Capabilities, model::nearest, notes::CompanyNotes, quantity::Agreements,
};
use toml::Value;

/// A PSA that can be chosen.
pub(crate) struct PsaAdapter {
    /// What its settings are.
    pub(crate) shape: Shape,
    /// What the vendor can do at best.
    pub(crate) ceiling: fn() -> Capabilities,
    /// Its table in a new configuration.
    pub(crate) template: &'static str,
    connect: fn(Settings) -> Result<ConnectedPsa, Failure>,
}

/// One PSA instance: its contacts, and its agreement lines where the adapter reads them.
#[derive(Debug)]
pub(crate) struct ConnectedPsa {
    pub(crate) psa: Arc<dyn Psa>,
    pub(crate) agreements: Option<Arc<dyn Agreements>>,
    /// The notes of its companies, where the adapter reads and writes them.
    pub(crate) notes: Option<Arc<dyn CompanyNotes>>,
    /// The pairs of the PSA's own contact sync, where it has one that tells them.
    pub(crate) pairs: Option<Arc<dyn NativePairs>>,
}

impl ConnectedPsa {
    /// An adapter of contacts and of agreement lines.
    fn with_agreements<A: Psa + Agreements>(adapter: A) -> Self {
        let adapter = Arc::new(adapter);
        let psa = Arc::<A>::clone(&adapter);
        Self { psa, agreements: Some(adapter), notes: None, pairs: None }
    }
}

/// A directory that can be chosen.
pub(crate) struct DirectoryAdapter {
    /// What its settings are.
    pub(crate) shape: Shape,
    /// The directory's own id as its settings give it; empty where they do not.
    pub(crate) id: fn(&Section) -> String,
    /// Its table in a new configuration.
    pub(crate) template: &'static str,
    connect: fn(Settings) -> Result<Arc<dyn Directory>, Failure>,
}

/// Every PSA that this version has.
pub(crate) const PSAS: [&PsaAdapter; 4] = [&AUTOTASK, &CONNECTWISE, &KASEYABMS, &SYNCRO];

/// Every directory that this version has.
#[cfg(test)]
pub(crate) const DIRECTORIES: [&DirectoryAdapter; 2] = [&GRAPH, &LDAP];

static AUTOTASK: PsaAdapter = PsaAdapter {
    shape: Shape {
        kind: "autotask",
        secrets: &["secret", "integration_code"],
        validate: validate::<psa_autotask::Config>,
    },
    ceiling: psa_autotask::ceiling,
    template: include_str!("templates/autotask.toml"),
    connect: |settings| {
        let config: psa_autotask::Config = settings.read()?;
        Ok(ConnectedPsa::with_agreements(config.connect()?))
    },
};

static CONNECTWISE: PsaAdapter = PsaAdapter {
    shape: Shape {
        kind: "connectwise",
        secrets: &["private_key", "client_id"],
        validate: validate::<psa_connectwise::Config>,
    },
    ceiling: psa_connectwise::ceiling,
    template: include_str!("templates/connectwise.toml"),
    connect: |settings| {
        let config: psa_connectwise::Config = settings.read()?;
        let adapter = Arc::new(config.connect()?);
        let psa = Arc::<psa_connectwise::ConnectWise>::clone(&adapter);
        let agreements = Arc::<psa_connectwise::ConnectWise>::clone(&adapter);
        let notes = Arc::<psa_connectwise::ConnectWise>::clone(&adapter);
        Ok(ConnectedPsa { psa, agreements: Some(agreements), notes: Some(notes), pairs: Some(adapter) })
    },
};

static KASEYABMS: PsaAdapter = PsaAdapter {
    shape: Shape { kind: "kaseyabms", secrets: &["password"], validate: validate::<psa_kaseyabms::Config> },
    ceiling: psa_kaseyabms::ceiling,
    template: include_str!("templates/kaseyabms.toml"),
    connect: |settings| {
        let config: psa_kaseyabms::Config = settings.read()?;
        Ok(ConnectedPsa::with_agreements(config.connect()?))
    },
};

static SYNCRO: PsaAdapter = PsaAdapter {
    shape: Shape { kind: "syncro", secrets: &["api_token"], validate: validate::<psa_syncro::Config> },
    ceiling: psa_syncro::ceiling,
    template: include_str!("templates/syncro.toml"),
    connect: |settings| {
        let config: psa_syncro::Config = settings.read()?;
        let syncro = Arc::new(config.connect()?);
        let (psa, agreements): (Arc<dyn Psa>, Arc<dyn Agreements>) = (Arc::clone(&syncro) as _, syncro);
        Ok(ConnectedPsa { psa, agreements: Some(agreements), notes: None, pairs: None })
    },
};

static GRAPH: DirectoryAdapter = DirectoryAdapter {
    shape: Shape {
        kind: "graph",
        secrets: &[
            "client_secret",
            "certificate",
            "certificate_key",
            "federated_token_request_token",
            "identity_header",
            "refresh_token",
        ],
        validate: validate::<graph_client::GraphConfig>,
    },
    // A tenant may also be given by one of its domains, which is no id to be written anywhere.
    id: |section| {
        let id = section.text("tenant_id").unwrap_or_default().trim().to_ascii_lowercase();
        if id.contains('.') { String::new() } else { id }
    },
    template: include_str!("templates/graph.toml"),
    connect: |settings| {
        let config: graph_client::GraphConfig = settings.read()?;
        Ok(Arc::new(config.connect()?))
    },
};

static LDAP: DirectoryAdapter = DirectoryAdapter {
    shape: Shape { kind: "ldap", secrets: &["password"], validate: validate::<ldap_client::Config> },
    // A domain's own id is on the server.
    id: |_| String::new(),
    template: include_str!("templates/ldap.toml"),
    connect: |settings| {
        let config: ldap_client::Config = settings.read()?;
        Ok(Arc::new(config.connect()?))
    },
};

/// The PSA of this kind, or what to say about it.
pub(crate) fn psa(kind: &str) -> Result<&'static PsaAdapter, String> {
    match kind {
        "autotask" => Ok(&AUTOTASK),
        "connectwise" => Ok(&CONNECTWISE),
        "kaseyabms" => Ok(&KASEYABMS),
        "syncro" => Ok(&SYNCRO),
        other => Err(unknown(other, &["connectwise", "autotask", "kaseyabms", "syncro"])),
    }
}

/// The directory of this kind, or what to say about it.
pub(crate) fn directory(kind: &str) -> Result<&'static DirectoryAdapter, String> {
    match kind {
        "graph" => Ok(&GRAPH),
        "ldap" => Ok(&LDAP),
        other => Err(unknown(other, &["graph", "ldap"])),
    }
}

/// Makes the PSA's adapter; sends nothing.
pub(crate) fn connect_psa(
    section: &Section,
    environment: &Environment,
    folder: &Path,
) -> Result<ConnectedPsa, Failure> {
    let adapter = psa(section.kind()).map_err(Failure::usage)?;
    (adapter.connect)(section.settings(environment, folder)?).map_err(|failure| section.locate(failure))
}

/// Makes the directory's adapter; sends nothing.
pub(crate) fn connect_directory(
    section: &Section,
    environment: &Environment,
    folder: &Path,
) -> Result<Arc<dyn Directory>, Failure> {
    let adapter = directory(section.kind()).map_err(Failure::usage)?;
    (adapter.connect)(section.settings(environment, folder)?).map_err(|failure| section.locate(failure))
}

/// Makes the client of a partner's own tenant, or of one of its customers; sends nothing.
pub(crate) fn connect_partner(
    section: &Section,
    customer: Option<&str>,
    environment: &Environment,
    folder: &Path,
) -> Result<graph_client::GraphDirectory, Failure> {
    let section = match customer {
        Some(tenant_id) => section.clone().with_tenant(tenant_id),
        None => section.clone(),
    };
    let config: graph_client::GraphConfig = section.settings(environment, folder)?.read()?;
    Ok(config.connect()?)
}

fn validate<T: DeserializeOwned>(value: Value) -> Result<(), toml::de::Error> {
    T::deserialize(value).map(drop)
}

fn unknown(kind: &str, known: &[&str]) -> String {
    match nearest(kind, known) {
        Some(near) => format!("unknown kind `{kind}`; did you mean `{near}`?"),
        None => format!("unknown kind `{kind}`; known: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_yet_is_said_plainly() {
        assert!(psa("connectwize").err().unwrap().contains("did you mean `connectwise`?"));
        assert!(directory("entra").err().unwrap().contains("graph"));
        assert!(directory("ldaps").err().unwrap().contains("did you mean `ldap`?"));
    }

    #[test]
    fn each_adapter_is_found_by_its_own_name() {
        for adapter in PSAS {
            assert_eq!(psa(adapter.shape.kind).unwrap().shape.kind, adapter.shape.kind);
        }
        for adapter in DIRECTORIES {
            assert_eq!(directory(adapter.shape.kind).unwrap().shape.kind, adapter.shape.kind);
        }
    }
}
