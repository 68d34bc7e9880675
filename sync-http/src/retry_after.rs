//! The `Retry-After` header in both of its forms (RFC 9110, section 10.2.3).

use crate::Headers;
use std::time::{Duration, SystemTime};

/// What the server asks to wait, from the moment of its answer.
///
/// A date is counted from the answer's own `Date`, so that a wrong clock on either side does not matter; from `wall` if
/// there is none. A date in the past is no wait; something unreadable is no answer.
pub(crate) fn parse(headers: &Headers, wall: SystemTime) -> Option<Duration> {
    let value = headers.get("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    if let Ok(seconds) = value.parse::<f64>() {
        // Not in the standard, but seen in the wild.
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from =
        headers.get("date").and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(wall);
    Some(until.duration_since(from).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use std::time::UNIX_EPOCH;

    fn wait(fields: &[(&'static str, &'static str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        // Tue, 15 Nov 1994 08:12:31 GMT
        parse(&Headers::new(map), UNIX_EPOCH + Duration::from_secs(784_887_151))
    }

    #[test]
    fn seconds_and_dates_are_understood_and_nonsense_is_no_answer() {
        let s = Duration::from_secs;
        let after = "Tue, 15 Nov 1994 08:12:41 GMT";
        assert_eq!(wait(&[("retry-after", "30")]), Some(s(30)));
        assert_eq!(wait(&[("retry-after", " 0 ")]), Some(s(0)));
        assert_eq!(wait(&[("retry-after", "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(wait(&[("retry-after", after)]), Some(s(10)));
        assert_eq!(wait(&[("retry-after", "Tue, 15 Nov 1994 08:00:00 GMT")]), Some(s(0)));
        for nonsense in ["", "-1", "soon", "NaN", "inf", "-0.5"] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn a_date_is_counted_from_the_servers_own_clock() {
        let date = ("date", "Tue, 15 Nov 1994 09:00:00 GMT");
        assert_eq!(
            wait(&[("retry-after", "Tue, 15 Nov 1994 09:00:07 GMT"), date]),
            Some(Duration::from_secs(7))
        );
    }
}
