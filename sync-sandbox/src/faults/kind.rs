//! The kinds of faults and their names.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::FaultParseError;

/// The `Retry-After` of a made-up 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// The header is missing.
    Missing,
    /// That many seconds.
    Seconds(u64),
    /// An HTTP date that many seconds ahead.
    Date(u64),
}

/// What goes wrong. The name of each in fault texts is given first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// `429` (one second), `429=5s`, `429-no-retry-after`, `429-date=2s`: throttled, in the vendor's own shape; nothing
    /// is done.
    TooManyRequests(RetryAfter),
    /// `401` `403` `500` `502` `503` `504`: refused in the vendor's own shape; nothing is done.
    Status(u16),
    /// `html-502`: a proxy's HTML page; nothing is done.
    HtmlBadGateway,
    /// `reset`: the connection is closed without an answer; nothing is done.
    Reset,
    /// `reset-after-commit`: the write is done, then the connection is closed without an answer. Counts writes only,
    /// unless a method is named.
    ResetAfterCommit,
    /// `truncated-body`: the answer ends after half of the announced bytes.
    TruncatedBody,
    /// `slow-page=500ms`: a page of a listing comes late. This and the next three count pages only.
    SlowPage(Duration),
    /// `repeat-page`: the previous page of that listing is served again.
    RepeatPage,
    /// `early-end`: the page has no next link although the listing is longer.
    EarlyEnd,
    /// `empty-page`: the page is empty and has no next link.
    EmptyPage,
    /// `hollow-page`: Graph serves an empty page whose next link leads to the rows. Counts Graph's listings only, delta
    /// not.
    HollowPage,
    /// `expired-page-token`: Graph answers a page token with `Directory_ExpiredPageToken`. This and the next count
    /// requests with a page token.
    ExpiredPageToken,
    /// `lost-page-token`: Graph answers a page token with `DirectoryPageTokenNotFoundException`.
    LostPageToken,
    /// `expired-delta-token`: Graph answers a delta token with `syncStateNotFound`. This and the next count requests
    /// with a delta token.
    ExpiredDeltaToken,
    /// `resync`: Graph answers a delta token with 410 `resyncRequired` and a `Location`.
    Resync,
    /// `scrambled-delta`: a page of a delta round is served backwards, each row twice, and users that were edited once
    /// more as they were before, last. This and the next count pages of delta rounds.
    ScrambledDelta,
    /// `partial-delta`: a page of a delta round shows the id and every other property only.
    PartialDelta,
    /// `claims-challenge`: Graph refuses the tokens issued so far with 401 and asks for new ones by a claim, if their
    /// client said that it understands that. Counts requests with such tokens.
    ClaimsChallenge,
    /// `login:aadsts=7000222`: the token endpoint refuses with that code. Counts token requests.
    Aadsts(u32),
    /// `missing-permission=User.Read.All`: the app lacks that Graph permission from now on.
    MissingPermission(String),
}

/// When in a call's life a fault is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the vendor's own code runs.
    Arrival,
    /// After it answered with a page of a listing.
    Page,
    /// In Graph, before a page of a listing is cut.
    Cut,
    /// In Graph, when a page token is used.
    PageToken,
    /// In Graph, when a delta token is used.
    DeltaToken,
    /// In Graph, when a page of a delta round is shown.
    DeltaRows,
    /// In Graph, when an access token of a capable client is looked at.
    Token,
    /// At the token endpoint, before a token is issued.
    SignIn,
    /// In Graph, when permissions are checked.
    Permission,
}

/// The names, as shown to somebody who misspelt one.
pub(super) const KNOWN: &str = "429, 429=5s, 429-no-retry-after, 429-date=2s, 401, 403, 500, 502, 503, 504, html-502, \
     reset, reset-after-commit, truncated-body, slow-page=500ms, repeat-page, early-end, empty-page, \
     hollow-page, expired-page-token, lost-page-token, expired-delta-token, resync, scrambled-delta, \
     partial-delta, claims-challenge, aadsts=7000222, missing-permission=NAME";

impl FaultKind {
    pub(crate) const fn stage(&self) -> Stage {
        match self {
            Self::TooManyRequests(_)
            | Self::Status(_)
            | Self::HtmlBadGateway
            | Self::Reset
            | Self::ResetAfterCommit
            | Self::TruncatedBody => Stage::Arrival,
            Self::SlowPage(_) | Self::RepeatPage | Self::EarlyEnd | Self::EmptyPage => Stage::Page,
            Self::HollowPage => Stage::Cut,
            Self::ExpiredPageToken | Self::LostPageToken => Stage::PageToken,
            Self::ExpiredDeltaToken | Self::Resync => Stage::DeltaToken,
            Self::ScrambledDelta | Self::PartialDelta => Stage::DeltaRows,
            Self::ClaimsChallenge => Stage::Token,
            Self::Aadsts(_) => Stage::SignIn,
            Self::MissingPermission(_) => Stage::Permission,
        }
    }

    /// Whether it describes a state rather than an event.
    pub(super) const fn lasts(&self) -> bool {
        matches!(self, Self::MissingPermission(_))
    }

    /// Whether it concerns writes only, unless told otherwise.
    pub(super) const fn writes_only(&self) -> bool {
        matches!(self, Self::ResetAfterCommit)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRequests(RetryAfter::Missing) => out.write_str("429-no-retry-after"),
            Self::TooManyRequests(RetryAfter::Seconds(1)) => out.write_str("429"),
            Self::TooManyRequests(RetryAfter::Seconds(seconds)) => write!(out, "429={seconds}s"),
            Self::TooManyRequests(RetryAfter::Date(seconds)) => write!(out, "429-date={seconds}s"),
            Self::Status(status) => write!(out, "{status}"),
            Self::HtmlBadGateway => out.write_str("html-502"),
            Self::Reset => out.write_str("reset"),
            Self::ResetAfterCommit => out.write_str("reset-after-commit"),
            Self::TruncatedBody => out.write_str("truncated-body"),
            Self::SlowPage(wait) => write!(out, "slow-page={}ms", wait.as_millis()),
            Self::RepeatPage => out.write_str("repeat-page"),
            Self::EarlyEnd => out.write_str("early-end"),
            Self::EmptyPage => out.write_str("empty-page"),
            Self::HollowPage => out.write_str("hollow-page"),
            Self::ExpiredPageToken => out.write_str("expired-page-token"),
            Self::LostPageToken => out.write_str("lost-page-token"),
            Self::ExpiredDeltaToken => out.write_str("expired-delta-token"),
            Self::Resync => out.write_str("resync"),
            Self::ScrambledDelta => out.write_str("scrambled-delta"),
            Self::PartialDelta => out.write_str("partial-delta"),
            Self::ClaimsChallenge => out.write_str("claims-challenge"),
            Self::Aadsts(code) => write!(out, "aadsts={code}"),
            Self::MissingPermission(name) => write!(out, "missing-permission={name}"),
        }
    }
}

impl FromStr for FaultKind {
    type Err = FaultParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        super::parse::kind(text, 0)
    }
}
