//! Where a read of changes goes on, and what it depends on.

use crate::error::is_token;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use sync_core::{Error, ErrorKind, Result, model::DeltaToken};

/// The form of the token; another form is not understood.
const VERSION: u8 = 1;

/// Graph keeps what a delta token of a directory object needs for seven days (delta query overview, read 2026-08); half
/// a day is kept from that, so that a round that takes long does not die on the way.
const OLDEST: Duration = Duration::from_secs((6 * 24 + 12) * 3600);

/// Everything that a later read needs. What it was read with is in it: another tenant, cloud, `$select` or set of groups
/// means that the base it would be folded into is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resume {
    version: u8,
    pub(crate) basis: Basis,
    /// Unix time of the read it came from, in seconds.
    at: u64,
    /// The delta link of users.
    pub(crate) users: String,
    /// The delta link of groups and the groups it is about, where groups were asked for.
    pub(crate) groups: Option<Watch>,
    /// Users of whom two answers contradicted each other in any property, to be looked at again; `true` where the directory had said
    /// that the user was deleted.
    pub(crate) unsure: BTreeMap<String, bool>,
}

/// What the base was read with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Basis {
    pub(crate) tenant: String,
    /// The Graph root: the cloud.
    pub(crate) root: String,
    /// `$select` as it is tracked.
    pub(crate) select: String,
    /// The groups asked for, in lower case.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) mailbox_kinds: bool,
}

/// The groups whose changes mean that membership must be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watch {
    pub(crate) link: String,
    /// The groups asked for and every group nested in them, in lower case.
    pub(crate) ids: BTreeSet<String>,
    /// The last read found members otherwise than the changes had told: one of them lagged, so they are read once more.
    #[serde(default)]
    pub(crate) again: bool,
}

impl Resume {
    pub(crate) fn new(basis: Basis, now: SystemTime, users: String, groups: Option<Watch>) -> Self {
        Self { version: VERSION, basis, at: seconds(now), users, groups, unsure: BTreeMap::new() }
    }

    /// As the caller keeps it.
    pub(crate) fn token(&self) -> DeltaToken {
        // Text, numbers and maps of text always serialize.
        DeltaToken::new(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default()))
    }

    /// What a token says, if it can be gone on from.
    ///
    /// # Errors
    /// `DeltaExpired` that says why not.
    pub(crate) fn read(token: &DeltaToken, basis: &Basis, now: SystemTime) -> Result<Self> {
        let read = URL_SAFE_NO_PAD.decode(token.expose()).ok();
        let read: Option<Self> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some(resume) = read.filter(|resume| resume.version == VERSION) else {
            return Err(expired("the delta token is none of this version"));
        };
        if resume.basis != *basis {
            let why = match &resume.basis {
                old if old.tenant != basis.tenant => "another tenant",
                old if old.root != basis.root => "another cloud",
                old if old.select != basis.select => "other properties",
                old if old.groups != basis.groups => "other groups",
                _ => "other settings",
            };
            return Err(expired(format!("the delta token is of a read with {why}")));
        }
        if seconds(now).saturating_sub(resume.at) > OLDEST.as_secs() {
            return Err(expired("the delta token is older than six and a half days"));
        }
        if resume.unsure.keys().any(|id| !is_token(id)) {
            return Err(expired("the delta token is damaged"));
        }
        Ok(resume)
    }
}

/// Nothing can be gone on from.
pub(crate) fn expired(why: impl std::fmt::Display) -> Error {
    let message = format!("{why}; read everything again");
    Error::new(ErrorKind::DeltaExpired, crate::client::READ_CHANGES.operation, message)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basis() -> Basis {
        Basis {
            tenant: "t".into(),
            root: "https://graph.example.com".into(),
            select: "id,mail".into(),
            groups: BTreeSet::from(["g".to_owned()]),
            mailbox_kinds: false,
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    #[test]
    fn a_token_goes_on_only_with_what_it_was_read_with() {
        let token = Resume::new(basis(), at(0), "link".into(), None).token();
        assert_eq!(Resume::read(&token, &basis(), at(60)).unwrap().users, "link");
        type Change = (&'static str, fn(&mut Basis));
        let changes: [Change; 5] = [
            ("another tenant", |b| b.tenant = "u".into()),
            ("another cloud", |b| b.root = "https://graph.example.org".into()),
            ("other properties", |b| b.select = "id".into()),
            ("other groups", |b| b.groups.clear()),
            ("other settings", |b| b.mailbox_kinds = true),
        ];
        for (says, change) in changes {
            let mut other = basis();
            change(&mut other);
            let error = Resume::read(&token, &other, at(60)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DeltaExpired);
            assert!(error.message().contains(says), "{error}");
        }
    }

    #[test]
    fn a_token_that_is_too_old_or_none_is_not_sent_anywhere() {
        let token = Resume::new(basis(), at(0), "link".into(), None).token();
        assert!(Resume::read(&token, &basis(), at(6 * 86_400)).is_ok());
        assert!(Resume::read(&token, &basis(), at(7 * 86_400)).is_err());
        for text in ["", "canary", "e30", "https://graph.example.com/v1.0/users/delta?$deltatoken=x"] {
            let error = Resume::read(&DeltaToken::new(text), &basis(), at(0)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DeltaExpired);
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
