//! Counting calls by vendor, method and route template.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::Vendor;

/// How often one route was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RouteCalls {
    /// The vendor's name: `login`, `graph`, `connectwise`, `kaseyabms`, `syncro`.
    pub vendor: &'static str,
    /// The HTTP method.
    pub method: String,
    /// The route template below the vendor's prefix, such as `/v1.0/users/{id}`.
    pub route: String,
    /// Calls that arrived, refused and faulted ones included.
    pub count: u64,
}

/// The calls counted so far: a copy taken at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Calls {
    /// One row for each vendor, method and route that was called, sorted.
    pub routes: Vec<RouteCalls>,
    /// All calls.
    pub total: u64,
    /// The calls that could change something: see [`Calls::writes`].
    pub writes: u64,
}

impl Calls {
    /// How often one route was called. `route` is a template, such as `/v1.0/users/{id}`.
    #[must_use]
    pub fn count(&self, vendor: Vendor, method: &str, route: &str) -> u64 {
        self.sum(|row| row.vendor == vendor.name() && row.method == method && row.route == route)
    }

    /// How often any route of a vendor was called.
    #[must_use]
    pub fn of(&self, vendor: Vendor) -> u64 {
        self.sum(|row| row.vendor == vendor.name())
    }

    /// Calls that could change something: every POST, PUT, PATCH and DELETE, except token requests, `$batch`
    /// envelopes (their inner writes are counted one by one) and searches by POST.
    #[must_use]
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    fn sum(&self, matches: impl Fn(&RouteCalls) -> bool) -> u64 {
        self.routes.iter().filter(|row| matches(row)).map(|row| row.count).sum()
    }
}

/// Whether a call could change something.
pub(crate) fn is_write(vendor: Vendor, method: &str, route: &str) -> bool {
    matches!(method, "POST" | "PUT" | "PATCH" | "DELETE")
        && vendor != Vendor::Login
        && !(vendor == Vendor::KaseyaBms && route.starts_with("/v2/security/"))
        && !route.ends_with("/$batch")
        && !route.ends_with("/search")
}

type Key = (Vendor, String, String);

/// The running count.
#[derive(Debug, Default)]
pub(crate) struct CallLog(Mutex<BTreeMap<Key, u64>>);

impl CallLog {
    /// Counts one call.
    pub(crate) fn record(&self, vendor: Vendor, method: &str, route: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((vendor, method.to_owned(), route.to_owned())).or_default() += 1;
    }

    /// Forgets everything counted so far.
    pub(crate) fn reset(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What was counted so far.
    pub(crate) fn snapshot(&self) -> Calls {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut calls = Calls::default();
        for ((vendor, method, route), count) in counts.iter() {
            calls.total += count;
            if is_write(*vendor, method, route) {
                calls.writes += count;
            }
            calls.routes.push(RouteCalls {
                vendor: vendor.name(),
                method: method.clone(),
                route: route.clone(),
                count: *count,
            });
        }
        calls
    }
}
