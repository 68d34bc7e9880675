//! Where what is remembered between runs is kept.

use super::{problem::ConfigError, secret::SecretRef};
use crate::{environment::Environment, exit::Failure, run_mark::RunMark};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use toml::{Table, Value};

/// The name of the file in the state folder.
const FILE: &str = "state.sqlite";

/// How long a run whose death cannot be proved keeps its tenant: three times the longest that a request may take by default
/// (Autotask's 120 s), so that a request fits into what is left of the lease right before it is renewed.
const LEASE_SECONDS: u64 = 360;

/// For how many days the history is kept: a year and a month, so that a yearly review finds the last one.
const RETENTION_DAYS: i64 = 400;

/// After how long everything is read again.
const FULL_EVERY_HOURS: i64 = 24;

/// `[state]`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateConfig {
    /// The database.
    pub(crate) place: StatePlace,
    /// How long a run holds its tenant without a sign of life.
    pub(crate) lease: Duration,
    /// After how long an incremental run reads everything again.
    pub(crate) full_every: chrono::Duration,
    /// For how long the history of runs is kept.
    pub(crate) retention: chrono::Duration,
}

/// Which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StatePlace {
    /// A SQLite file in this folder.
    Folder(PathBuf),
    /// PostgreSQL at an address without a password.
    Address(String),
    /// PostgreSQL at an address that is a secret.
    Secret(SecretRef),
}

impl StatePlace {
    /// The SQLite file, where it is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Folder(folder) => Some(folder.join(FILE)),
            Self::Address(_) | Self::Secret(_) => None,
        }
    }

    /// The address of PostgreSQL, where it is that.
    pub(crate) fn address(
        &self,
        environment: &Environment,
        folder: &Path,
    ) -> Result<Option<SecretString>, Failure> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Address(address) => Ok(Some(SecretString::from(address.as_str()))),
            Self::Secret(secret) => secret.resolve("[state]", "url", environment, folder, None).map(Some),
        }
    }
}

/// Reads the `state` of both layers, of which the first wins key by key. Kinds of values were checked before.
pub(super) fn read(file: &str, layers: [&Table; 2], folder: &Path) -> Result<StateConfig, ConfigError> {
    let states: Vec<&Value> = layers.iter().filter_map(|layer| layer.get("state")).collect();
    let key = |key: &str| states.iter().find_map(|state| state.get(key));
    let whole = states.iter().find_map(|state| state.as_str());
    let place = match (whole, key("url"), key("dir").and_then(Value::as_str)) {
        (Some(address), ..) => StatePlace::Address(address.to_owned()),
        (None, Some(Value::String(address)), None) => StatePlace::Address(address.clone()),
        (None, Some(secret), None) => StatePlace::Secret(SecretRef::read("[state]", "url", secret)?),
        (None, Some(_), Some(_)) => {
            return Err(ConfigError::new(file, "[state]: `dir` and `url` are two places; give one of them"));
        }
        (None, None, dir) => StatePlace::Folder(folder.join(dir.unwrap_or("psa-sync-state"))),
    };
    if let StatePlace::Address(address) = &place {
        check_address(file, address)?;
    }
    let number = |name| key(name).and_then(Value::as_integer);
    let lease = number("lease_seconds").and_then(|n| u64::try_from(n).ok()).unwrap_or(LEASE_SECONDS);
    let hours = number("full_every_hours").unwrap_or(FULL_EVERY_HOURS);
    if lease == 0 || !(0..=24 * 7).contains(&hours) {
        let message = "[state]: `lease_seconds` is above zero, and `full_every_hours` at most 168: directories forget \
                       after a week what changed";
        return Err(ConfigError::new(file, message));
    }
    let days = number("retention_days").unwrap_or(RETENTION_DAYS);
    if !(1..=36_500).contains(&days) {
        return Err(ConfigError::new(file, "[state]: `retention_days` is from 1 to 36500"));
    }
    Ok(StateConfig {
        place,
        lease: Duration::from_secs(lease),
        full_every: chrono::Duration::hours(hours),
        retention: chrono::Duration::days(days),
    })
}

/// An address with a password in it is a secret in plain text.
fn check_address(file: &str, address: &str) -> Result<(), ConfigError> {
    let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    let Some(rest) = rest else {
        let message = "`state` is \"postgres://USER@HOST/DATABASE\", or a table: [state] with `dir` or `url`";
        return Err(ConfigError::new(file, message));
    };
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    if password || rest.contains("password=") {
        let message = "the address of the state database holds a password, which is refused: write `[state]` with \
                       `url = { env = \"NAME\" }` and put the whole address there. Replace the password itself too, \
                       since it has been in a file";
        return Err(ConfigError::new(file, message));
    }
    Ok(())
}

/// Opens the database.
pub(crate) async fn open(
    place: &StatePlace,
    environment: &Environment,
    folder: &Path,
) -> Result<std::sync::Arc<dyn sync_core::store::StateStore>, Failure> {
    if let Some(address) = place.address(environment, folder)? {
        return Ok(std::sync::Arc::new(sync_state::PostgresStore::connect(address.expose_secret()).await?));
    }
    let file = place.file().unwrap_or_else(|| folder.join(FILE));
    let store = sync_state::SqliteStore::open(&file).await?;
    RunMark::beside(&file).level(&store).await?;
    Ok(std::sync::Arc::new(store))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<StateConfig, String> {
        let table: Table = text.parse().unwrap();
        read("psa-sync.toml", [&Table::new(), &table], Path::new("/etc/x")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_database_is_a_file_unless_an_address_is_given() {
        let file = |text| read_text(text).unwrap().place.file();
        assert_eq!(file(""), Some("/etc/x/psa-sync-state/state.sqlite".into()));
        assert_eq!(file("[state]\ndir = \"/var/s\""), Some("/var/s/state.sqlite".into()));
        let state = read_text("state = \"postgres://sync@db.contoso.example/sync\"").unwrap();
        assert_eq!(state.place, StatePlace::Address("postgres://sync@db.contoso.example/sync".into()));
        let state = read_text("[state]\nurl = { env = \"STATE\" }\nfull_every_hours = 6").unwrap();
        assert_eq!(state.place, StatePlace::Secret(SecretRef::Env("STATE".into())));
        assert_eq!(state.full_every, chrono::Duration::hours(6));
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for text in [
            "state = \"postgres://sync:canary@db/sync\"",
            "state = \"postgres://db/sync?user=x&password=canary\"",
            "[state]\nurl = \"postgresql://sync:canary@db/sync\"",
        ] {
            let refused = read_text(text).unwrap_err();
            assert!(refused.contains("holds a password") && !refused.contains("canary"), "{refused}");
        }
        assert!(read_text("state = \"mysql://db\"").unwrap_err().contains("postgres://"));
        assert!(
            read_text("[state]\ndir = \"a\"\nurl = \"postgres://b\"").unwrap_err().contains("two places")
        );
        assert!(read_text("[state]\nfull_every_hours = 200").unwrap_err().contains("at most 168"));
    }
}
