//! Where an incremental read goes on, as text that the caller keeps.

use crate::{config::Source, settings::Settings};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sync_core::{Error, ErrorKind, Result, UserQuery, model::DeltaToken};

/// The form of the text; another one is not read.
const FORM: u32 = 1;

/// How long a deletion can be seen at least: 60 days in old forests (`tombstoneLifetime`), less a good margin.
const LIFETIME: TimeDelta = TimeDelta::days(50);

/// A place in a server's changes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mark {
    /// The cookie of `DirSync`, in base64.
    DirSync(String),
    /// The last change seen.
    Usn(i64),
}

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DirSync(_) => "DirSync(<redacted>)",
            Self::Usn(_) => "Usn(<redacted>)",
        })
    }
}

impl Mark {
    pub(crate) fn dir_sync(cookie: &[u8]) -> Self {
        Self::DirSync(STANDARD.encode(cookie))
    }

    /// The cookie; `None` where it is none.
    pub(crate) fn cookie(text: &str) -> Option<Vec<u8>> {
        STANDARD.decode(text).ok()
    }
}

/// A mark with everything that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    form: u32,
    pub(crate) mark: Mark,
    /// The server's clock at the mark.
    pub(crate) at: DateTime<Utc>,
    /// What the anchors of this directory begin with.
    anchors: String,
    /// The domain controller, and the life of its database: changes are counted anew after a restore.
    host: String,
    invocation: String,
    /// What was read: a different question has a different answer before the mark, too.
    query: String,
}

impl Token {
    pub(crate) fn new(mark: Mark, from: &Origin<'_>, at: DateTime<Utc>) -> Self {
        Self {
            form: FORM,
            mark,
            at,
            anchors: from.anchors.to_owned(),
            host: from.host.to_owned(),
            invocation: from.invocation.to_owned(),
            query: from.query.clone(),
        }
    }

    /// The text to keep.
    ///
    /// # Errors
    /// None in practice: there is nothing in it that JSON cannot hold.
    pub(crate) fn encode(&self) -> Result<DeltaToken> {
        let text = serde_json::to_string(self).map_err(|source| {
            Error::new(ErrorKind::Other, "keep where changes go on", "the place cannot be written down")
                .with_source(source)
        })?;
        Ok(DeltaToken::new(text))
    }

    /// Reads what was kept, and refuses it where it no longer fits.
    ///
    /// # Errors
    /// `DeltaExpired`: everything must be read again.
    pub(crate) fn decode(text: &DeltaToken, from: &Origin<'_>, now: DateTime<Utc>) -> Result<Self> {
        let token: Self = serde_json::from_str(text.expose())
            .map_err(|_unreadable| expired("it is none of this adapter's"))?;
        let Self { form, mark: _, at, anchors, host, invocation, query } = &token;
        let stale = if *form != FORM {
            Some("it was made by another version")
        } else if anchors != from.anchors {
            Some("it is of another directory")
        } else if host != from.host || invocation != from.invocation {
            Some("it is of another domain controller, or of this one before it was restored")
        } else if *query != from.query {
            Some("something else is read than then")
        } else if now - *at > LIFETIME {
            Some("deletions since then may be forgotten")
        } else {
            None
        };
        stale.map_or(Ok(token), |why| Err(expired(why)))
    }
}

/// What a token is made for.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    pub(crate) anchors: &'a str,
    pub(crate) host: &'a str,
    pub(crate) invocation: &'a str,
    pub(crate) query: String,
}

/// What of a question decides about its answer.
pub(crate) fn question(settings: &Settings, base: &str, query: &UserQuery) -> String {
    let extensions: Vec<String> = query.extensions.iter().map(ToString::to_string).collect();
    let groups: Vec<&str> = query.groups.iter().map(String::as_str).collect();
    let source = match settings.source {
        Source::Accounts => "accounts",
        Source::AddressList => "address_list",
    };
    [base, source, &extensions.join(","), &groups.join("|")].join("\n")
}

/// The answer to a token that is of no use any more.
pub(crate) fn expired(why: &str) -> Error {
    let message = format!("changes cannot be told from the place that was kept: {why}; read everything");
    Error::new(ErrorKind::DeltaExpired, "list changes", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin<'static> {
        Origin { anchors: "ad:x:", host: "dc1", invocation: "i", query: "q".to_owned() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn what_was_kept_is_read_again_and_does_not_show_itself() {
        let token = Token::new(Mark::dir_sync(b"\xff\x00cookie"), &origin(), at(0));
        let kept = token.encode().unwrap();
        assert_eq!(Token::decode(&kept, &origin(), at(60)).unwrap(), token);
        let Mark::DirSync(text) = &token.mark else { panic!("another mark") };
        assert_eq!(Mark::cookie(text).unwrap(), b"\xff\x00cookie");
        assert!(!format!("{token:?}").contains(text.as_str()));
    }

    #[test]
    fn a_token_of_anything_else_is_expired() {
        let kept = Token::new(Mark::Usn(7), &origin(), at(0)).encode().unwrap();
        let refused = |from: Origin<'_>, now| Token::decode(&kept, &from, now).unwrap_err();
        for other in [
            Origin { anchors: "ad:y:", ..origin() },
            Origin { host: "dc2", ..origin() },
            Origin { invocation: "restored", ..origin() },
            Origin { query: "r".to_owned(), ..origin() },
        ] {
            assert_eq!(refused(other, at(1)).kind(), ErrorKind::DeltaExpired);
        }
        assert!(refused(origin(), at(51 * 86_400)).message().contains("forgotten"));
        for text in ["", "{}", "not JSON", "{\"form\":2}"] {
            let error = Token::decode(&DeltaToken::new(text), &origin(), at(1)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::DeltaExpired);
        }
    }
}
