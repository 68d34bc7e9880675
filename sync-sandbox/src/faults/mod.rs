//! Faults on request: what goes wrong, on which call, how often.

mod kind;
mod parse;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::Vendor;

pub(crate) use kind::Stage;
pub use kind::{FaultKind, RetryAfter};
pub use parse::FaultParseError;

/// One armed fault: a kind, the calls it concerns, and when it strikes.
///
/// The text form, which [`Display`](fmt::Display) writes and [`FromStr`](std::str::FromStr) reads:
///
/// ```text
/// list  = fault { "," fault }
/// fault = [ vendor ":" ] kind [ "[" [ method ] [ " " ] [ route ] "]" ] [ "@" n ] [ "*" ( count | "always" ) ]
/// vendor = "*" | "login" | "graph" | "connectwise" | "kaseyabms" | "syncro"
///                                         without one: every vendor's API, the token endpoint not
/// route  = part of a route template or path, starting with "/"
/// ```
///
/// It strikes at the `n`-th call that it concerns (first by default) and at the `count - 1` following ones (none by
/// default). Counting starts when it is armed.
///
/// ```
/// use sync_sandbox::Fault;
///
/// let faults = Fault::parse_list("connectwise:429@3, graph:503[GET /users]@2*4, reset-after-commit")?;
/// assert_eq!(faults.len(), 3);
/// assert_eq!(faults[1].to_string(), "graph:503[GET /users]@2*4");
/// assert!("graph:nonsense".parse::<Fault>().is_err());
/// # Ok::<(), sync_sandbox::FaultParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    vendor: Option<Vendor>,
    kind: FaultKind,
    method: Option<String>,
    route: Option<String>,
    nth: u32,
    times: Option<u32>,
}

impl Fault {
    /// A fault that strikes once, at the first call it concerns, of any vendor. Kinds that describe a lasting state
    /// (such as a missing permission) last.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        let times = if kind.lasts() { None } else { Some(1) };
        Self { vendor: None, kind, method: None, route: None, nth: 1, times }
    }

    /// Concerns only this vendor.
    #[must_use]
    pub const fn vendor(mut self, vendor: Vendor) -> Self {
        self.vendor = Some(vendor);
        self
    }

    /// Concerns only this HTTP method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Concerns only calls whose route template or path contains this text.
    #[must_use]
    pub fn route(mut self, part: &str) -> Self {
        self.route = Some(part.to_owned());
        self
    }

    /// Strikes first at the `n`-th call, counted from 1.
    #[must_use]
    pub const fn nth(mut self, n: u32) -> Self {
        self.nth = if n == 0 { 1 } else { n };
        self
    }

    /// Strikes at this many calls in a row.
    #[must_use]
    pub const fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// Strikes at every call from the `n`-th on.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> &FaultKind {
        &self.kind
    }

    /// Reads a comma-separated list. An empty text is an empty list.
    ///
    /// # Errors
    ///
    /// Says at which character which part was not understood.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, FaultParseError> {
        parse::list(text)
    }

    fn concerns(&self, call: &Call<'_>) -> bool {
        let vendor = match self.vendor {
            Some(vendor) => vendor == call.vendor,
            None => call.vendor != Vendor::Login,
        };
        let method = match &self.method {
            Some(method) => method == call.method,
            None => !self.kind.writes_only() || crate::calls::is_write(call.vendor, call.method, call.route),
        };
        let part = |part: &String| call.route.contains(part.as_str()) || call.path.contains(part.as_str());
        vendor && method && self.route.as_ref().is_none_or(part)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { vendor, kind, method, route, nth, times } = self;
        if let Some(vendor) = vendor {
            write!(out, "{vendor}:")?;
        }
        write!(out, "{kind}")?;
        match (method, route) {
            (Some(method), Some(route)) => write!(out, "[{method} {route}]")?,
            (Some(only), None) | (None, Some(only)) => write!(out, "[{only}]")?,
            (None, None) => {}
        }
        if *nth != 1 {
            write!(out, "@{nth}")?;
        }
        match times {
            None if kind.lasts() => Ok(()),
            None => out.write_str("*always"),
            Some(1) if !kind.lasts() => Ok(()),
            Some(count) => write!(out, "*{count}"),
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = FaultParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::one(text, 0)
    }
}

/// The call that a fault may concern.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) vendor: Vendor,
    pub(crate) method: &'a str,
    /// Route template.
    pub(crate) route: &'a str,
    /// Path below the vendor's prefix.
    pub(crate) path: &'a str,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u32,
    struck: u32,
}

/// The armed faults of one sandbox.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

impl Faults {
    /// Arms a fault; its count starts now.
    pub(crate) fn inject(&self, fault: Fault) {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        armed.push(Armed { fault, seen: 0, struck: 0 });
    }

    /// Disarms everything.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts one call at one stage and returns the kinds that strike it, in the order of arming.
    pub(crate) fn strike(&self, stage: Stage, call: &Call<'_>) -> Vec<FaultKind> {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = Vec::new();
        for one in armed.iter_mut().filter(|one| one.fault.kind.stage() == stage && one.fault.concerns(call))
        {
            one.seen = one.seen.saturating_add(1);
            let past = one.seen.checked_sub(one.fault.nth);
            if past.is_some_and(|past| one.fault.times.is_none_or(|times| past < times)) {
                one.struck = one.struck.saturating_add(1);
                struck.push(one.fault.kind.clone());
            }
        }
        struck
    }

    /// Whether a fault of that stage is armed for the vendor, spent or not. Counts nothing.
    pub(crate) fn watches(&self, stage: Stage, vendor: Vendor) -> bool {
        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        armed
            .iter()
            .any(|one| one.fault.kind.stage() == stage && one.fault.vendor.is_none_or(|v| v == vendor))
    }

    /// Each armed fault with how many calls it saw and struck.
    pub(crate) fn report(&self) -> Value {
        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = armed.iter().map(|one| {
            let Armed { fault, seen, struck } = one;
            json!({ "fault": fault.to_string(), "seen": seen, "struck": struck })
        });
        Value::Array(rows.collect())
    }

    /// How many calls all faults have struck.
    pub(crate) fn struck(&self) -> u64 {
        let armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        armed.iter().map(|one| u64::from(one.struck)).sum()
    }
}

#[cfg(test)]
mod tests;
