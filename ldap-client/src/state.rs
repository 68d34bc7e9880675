//! Moments in the forms in which LDAP and Windows write them, and what an account's flags say.

use crate::{entry::Entry, wire};
use chrono::{DateTime, NaiveDateTime, Utc};

/// From 1601, where Windows' count begins, to 1970, in seconds.
const WINDOWS_EPOCH: i64 = 11_644_473_600;
/// Windows counts in steps of 100 ns.
const STEPS_PER_SECOND: i64 = 10_000_000;

/// A `GeneralizedTime` (RFC 4517, 3.3.13) in UTC, as directories write it: `20261128113227.0Z`.
pub(crate) fn generalized_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim().strip_suffix('Z')?;
    let whole = text.split(['.', ',']).next()?;
    let moment = NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").ok()?;
    Some(moment.and_utc())
}

/// A moment as Windows counts it; for comparing in filters.
pub(crate) fn to_windows(moment: DateTime<Utc>) -> i128 {
    (i128::from(moment.timestamp()) + i128::from(WINDOWS_EPOCH)) * i128::from(STEPS_PER_SECOND)
}

/// Whether `accountExpires` lies in the past; 0 and the largest number mean never.
fn has_expired(expires: i64, now: DateTime<Utc>) -> bool {
    expires > 0 && expires != i64::MAX && i128::from(expires) <= to_windows(now)
}

/// Whether an account of Active Directory may sign in: not disabled, and not expired.
///
/// A locked account and an expired password are a matter of an hour, and say nothing about whether somebody left.
/// `None` where the account may not be looked at, which never counts as disabled.
pub(crate) fn is_enabled(entry: &Entry, now: DateTime<Utc>) -> Option<bool> {
    let flags = entry.integer(wire::ACCOUNT_CONTROL)?;
    let expired = entry.integer(wire::ACCOUNT_EXPIRES).is_some_and(|expires| has_expired(expires, now));
    Some(flags & wire::ACCOUNT_DISABLED == 0 && !expired)
}

/// Whether an account of Active Directory is one that no person has: of a machine, a trust, or the system.
pub(crate) fn is_no_person(entry: &Entry) -> bool {
    let flags = entry.integer(wire::ACCOUNT_CONTROL).unwrap_or_default();
    flags & wire::ACCOUNT_OF_A_MACHINE != 0
        || entry.flag(wire::CRITICAL) == Some(true)
        || entry.text(wire::ACCOUNT_NAME).is_some_and(|name| name.ends_with('$'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::tests::entry;

    fn at(text: &str) -> DateTime<Utc> {
        generalized_time(text).unwrap()
    }

    fn enabled(flags: &str, expires: &str) -> Option<bool> {
        let entry = entry(
            "CN=a",
            &[("userAccountControl", &[flags.as_bytes()]), ("accountExpires", &[expires.as_bytes()])],
        );
        is_enabled(&entry, at("20260101000000Z"))
    }

    #[test]
    fn a_flag_is_tested_and_not_the_whole_number() {
        for flags in ["512", "544", "66048", "8389120"] {
            assert_eq!(enabled(flags, "0"), Some(true), "{flags}");
        }
        for flags in ["514", "546", "66050", "66082"] {
            assert_eq!(enabled(flags, "0"), Some(false), "{flags}");
        }
        assert_eq!(enabled("", "0"), None);
        assert_eq!(is_enabled(&entry("CN=a", &[]), at("20260101000000Z")), None);
    }

    #[test]
    fn an_expired_account_is_not_enabled_and_never_is_never() {
        assert_eq!(enabled("512", "9223372036854775807"), Some(true));
        assert_eq!(enabled("512", "0"), Some(true));
        // 2025-12-31 and 2026-01-02.
        assert_eq!(to_windows(at("20251231000000.0Z")), 134_116_128_000_000_000);
        assert_eq!(enabled("512", "134116128000000000"), Some(false));
        assert_eq!(enabled("512", "134117856000000000"), Some(true));
        assert_eq!(enabled("512", "not a number"), Some(true));
    }

    #[test]
    fn machines_trusts_and_the_systems_own_accounts_are_no_persons() {
        let is = |name: &str, value: &str| is_no_person(&entry("CN=a", &[(name, &[value.as_bytes()])]));
        assert!(is("userAccountControl", "4096") && is("userAccountControl", "2080"));
        assert!(is("isCriticalSystemObject", "TRUE") && is("sAMAccountName", "PC1$"));
        assert!(!is("userAccountControl", "514") && !is("sAMAccountName", "a$b"));
        assert!(!is("isCriticalSystemObject", "FALSE"));
    }

    #[test]
    fn moments_in_other_forms_are_none() {
        for text in ["", "2026", "20261328113227Z", "20261128113227", "now"] {
            assert_eq!(generalized_time(text), None, "{text}");
        }
        assert!(generalized_time("20261128113227,5Z").is_some());
    }
}
