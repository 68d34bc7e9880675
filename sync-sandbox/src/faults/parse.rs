//! Reading the text form of faults.

use std::time::Duration;

use super::kind::KNOWN;
use super::{Fault, FaultKind, RetryAfter};
use crate::Vendor;

/// A fault text that was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault text, character {position}: {problem}")]
#[non_exhaustive]
pub struct FaultParseError {
    /// Where the part begins, in characters from 1.
    pub position: usize,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

fn error(offset: usize, problem: impl Into<String>) -> FaultParseError {
    FaultParseError { position: offset + 1, problem: problem.into() }
}

/// Reads a comma-separated list.
pub(super) fn list(text: &str) -> Result<Vec<Fault>, FaultParseError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut offset = 0;
    let mut faults = Vec::new();
    for part in text.split(',') {
        faults.push(one(part, offset)?);
        offset += part.chars().count() + 1;
    }
    Ok(faults)
}

/// Reads one fault that begins `offset` characters into the whole text.
pub(super) fn one(text: &str, offset: usize) -> Result<Fault, FaultParseError> {
    let offset = offset + text.chars().take_while(|c| c.is_whitespace()).count();
    let text = text.trim();
    if text.is_empty() {
        return Err(error(offset, "a fault is missing here"));
    }
    let at = |rest: &str| offset + text.chars().count() - rest.chars().count();
    let (vendor, rest) = vendor(text, offset)?;
    let (rest, times) = times(rest, at)?;
    let (rest, nth) = nth(rest, offset, text)?;
    let (rest, filter) = filter(rest, offset, text)?;
    let kind = kind(rest, position_of(text, rest, offset))?;
    let mut fault = Fault::new(kind);
    fault.vendor = vendor;
    if let Some(nth) = nth {
        fault.nth = nth;
    }
    if let Some(times) = times {
        fault.times = times;
    }
    if let Some((method, route)) = filter {
        fault.method = method;
        fault.route = route;
    }
    Ok(fault)
}

/// Where `part`, a subslice of `text`, begins; `text` begins at `offset`.
fn position_of(text: &str, part: &str, offset: usize) -> usize {
    let bytes = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    offset + text.get(..bytes).map_or(0, |before| before.chars().count())
}

fn vendor(text: &str, offset: usize) -> Result<(Option<Vendor>, &str), FaultParseError> {
    let Some((name, rest)) = text.split_once(':') else { return Ok((None, text)) };
    match (name, Vendor::named(name)) {
        ("*", _) => Ok((None, rest)),
        (_, Some(vendor)) => Ok((Some(vendor), rest)),
        // `missing-permission:NAME` reads better than `=` to many; both are taken.
        ("missing-permission", None) => Ok((None, text)),
        (_, None) => {
            let known: Vec<_> = Vendor::ALL.iter().map(|vendor| vendor.name()).collect();
            Err(error(offset, format!("unknown vendor `{name}`; known are *, {}", known.join(", "))))
        }
    }
}

type Times = Option<Option<u32>>;

fn times(text: &str, at: impl Fn(&str) -> usize) -> Result<(&str, Times), FaultParseError> {
    let Some((rest, count)) = text.rsplit_once('*') else { return Ok((text, None)) };
    if count == "always" {
        return Ok((rest, Some(None)));
    }
    match count.parse::<u32>() {
        Ok(count) if count > 0 => Ok((rest, Some(Some(count)))),
        _ => Err(error(at(count), "after `*` comes how often, a number from 1, or `always`")),
    }
}

fn nth<'t>(rest: &'t str, offset: usize, text: &str) -> Result<(&'t str, Option<u32>), FaultParseError> {
    let Some((rest, nth)) = rest.rsplit_once('@') else { return Ok((rest, None)) };
    match nth.parse::<u32>() {
        Ok(n) if n > 0 => Ok((rest, Some(n))),
        _ => Err(error(position_of(text, nth, offset), "after `@` comes which call, a number from 1")),
    }
}

type Filter = Option<(Option<String>, Option<String>)>;

fn filter<'t>(rest: &'t str, offset: usize, text: &str) -> Result<(&'t str, Filter), FaultParseError> {
    let Some((kind, inside)) = rest.split_once('[') else { return Ok((rest, None)) };
    let begins = position_of(text, inside, offset);
    let Some(inside) = inside.strip_suffix(']') else {
        return Err(error(begins, "`[` needs a closing `]` before `@` and `*`"));
    };
    let (method, route) = match inside.split_once(' ') {
        Some((method, route)) => (method, route.trim()),
        None if inside.starts_with('/') => ("", inside),
        None => (inside, ""),
    };
    if !method.is_empty() && !method.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(error(begins, format!("`{method}` is not an HTTP method")));
    }
    if method.is_empty() && route.is_empty() {
        return Err(error(begins, "between `[` and `]` come a method, a part of a route, or both"));
    }
    if !route.is_empty() && !route.starts_with('/') {
        return Err(error(begins, "a part of a route starts with `/`"));
    }
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Ok((kind, Some((some(&method.to_ascii_uppercase()), some(route)))))
}

/// Reads a kind that begins `offset` characters into the whole text.
pub(super) fn kind(text: &str, offset: usize) -> Result<FaultKind, FaultParseError> {
    let separator = if text.starts_with("missing-permission:") { ':' } else { '=' };
    let (name, value) = match text.split_once(separator) {
        Some((name, value)) => (name, Some((value, offset + name.chars().count() + 1))),
        None => (text, None),
    };
    let plain = |kind: FaultKind| match value {
        None => Ok(kind),
        Some((_, at)) => Err(error(at, format!("`{name}` takes no value"))),
    };
    match name {
        "429" => seconds(value, 1).map(|s| FaultKind::TooManyRequests(RetryAfter::Seconds(s))),
        "429-date" => seconds(value, 1).map(|s| FaultKind::TooManyRequests(RetryAfter::Date(s))),
        "429-no-retry-after" => plain(FaultKind::TooManyRequests(RetryAfter::Missing)),
        "401" => plain(FaultKind::Status(401)),
        "403" => plain(FaultKind::Status(403)),
        "500" => plain(FaultKind::Status(500)),
        "502" => plain(FaultKind::Status(502)),
        "503" => plain(FaultKind::Status(503)),
        "504" => plain(FaultKind::Status(504)),
        "html-502" => plain(FaultKind::HtmlBadGateway),
        "reset" => plain(FaultKind::Reset),
        "reset-after-commit" => plain(FaultKind::ResetAfterCommit),
        "truncated-body" => plain(FaultKind::TruncatedBody),
        "slow-page" => duration(value, Duration::from_millis(500)).map(FaultKind::SlowPage),
        "repeat-page" => plain(FaultKind::RepeatPage),
        "early-end" => plain(FaultKind::EarlyEnd),
        "empty-page" => plain(FaultKind::EmptyPage),
        "hollow-page" => plain(FaultKind::HollowPage),
        "expired-page-token" => plain(FaultKind::ExpiredPageToken),
        "lost-page-token" => plain(FaultKind::LostPageToken),
        "scrambled-delta" => plain(FaultKind::ScrambledDelta),
        "partial-delta" => plain(FaultKind::PartialDelta),
        "claims-challenge" => plain(FaultKind::ClaimsChallenge),
        "aadsts" => match value.map(|(text, at)| (text.parse(), at)) {
            Some((Ok(code), _)) => Ok(FaultKind::Aadsts(code)),
            Some((Err(_), at)) => Err(error(at, "after `aadsts=` comes a number, such as 7000222")),
            None => Err(error(offset, "`aadsts` needs a number, such as `aadsts=7000222`")),
        },
        "expired-delta-token" => plain(FaultKind::ExpiredDeltaToken),
        "resync" => plain(FaultKind::Resync),
        "missing-permission" => match value {
            Some((permission, _)) if !permission.is_empty() => {
                Ok(FaultKind::MissingPermission(permission.to_owned()))
            }
            _ => Err(error(
                offset,
                "`missing-permission` needs a name, such as missing-permission=User.Read.All",
            )),
        },
        _ => Err(error(offset, format!("unknown fault `{name}`; known are {KNOWN}"))),
    }
}

fn seconds(value: Option<(&str, usize)>, default: u64) -> Result<u64, FaultParseError> {
    duration(value, Duration::from_secs(default)).map(|wait| wait.as_secs())
}

fn duration(value: Option<(&str, usize)>, default: Duration) -> Result<Duration, FaultParseError> {
    let Some((text, at)) = value else { return Ok(default) };
    let parsed = match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s').unwrap_or(text).parse().ok().map(Duration::from_secs),
    };
    parsed.ok_or_else(|| error(at, format!("`{text}` is not a time such as 500ms or 2s")))
}
