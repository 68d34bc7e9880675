//! Fault texts and counting.

use super::{Call, Fault, FaultKind, Faults, RetryAfter, Stage};
use crate::Vendor;

fn call<'a>(method: &'a str, route: &'a str) -> Call<'a> {
    Call { vendor: Vendor::Graph, method, route, path: route }
}

#[test]
fn every_text_form_is_read_and_written_back() {
    for text in [
        "503",
        "500@5",
        "connectwise:429@3",
        "graph:429-no-retry-after@2",
        "login:429-date=7s",
        "429=30s*always",
        "reset-after-commit",
        "slow-page=500ms@2",
        "truncated-body",
        "repeat-page@2*9",
        "early-end@2",
        "html-502",
        "graph:expired-page-token",
        "missing-permission=User.Read.All",
        "500[PATCH /contacts]@2*3",
        "500[GET]",
        "500[/users]",
        "lost-page-token",
        "expired-delta-token",
        "resync",
        "empty-page",
        "hollow-page",
        "reset",
    ] {
        assert_eq!(text.parse::<Fault>().map(|fault| fault.to_string()).as_deref(), Ok(text));
    }
    assert_eq!(Fault::parse_list("*:500@5").unwrap(), Fault::parse_list("500@5").unwrap());
    assert_eq!(
        "missing-permission:User.Read.All".parse::<Fault>().unwrap().to_string(),
        "missing-permission=User.Read.All"
    );
    assert_eq!(Fault::parse_list("  ").unwrap(), []);
    assert_eq!("429".parse::<FaultKind>().unwrap(), FaultKind::TooManyRequests(RetryAfter::Seconds(1)));
}

#[test]
fn a_bad_text_is_refused_with_the_place() {
    for (text, position) in [
        ("503,", 5),
        ("503, graph:nope", 12),
        ("grpah:503", 1),
        ("503@0", 5),
        ("503@x", 5),
        ("503*", 5),
        ("503*0", 5),
        ("500[PATCH", 5),
        ("500[]", 5),
        ("slow-page=fast", 11),
        ("early-end=1", 11),
        ("missing-permission", 1),
        ("429=soon", 5),
    ] {
        let error = Fault::parse_list(text).unwrap_err();
        assert_eq!(error.position, position, "{text}: {error}");
    }
}

#[test]
fn a_fault_strikes_from_the_nth_call_and_as_often_as_told() {
    let faults = Faults::default();
    faults.inject("503[GET /users]@2*2".parse().unwrap());
    let strikes = |method, route| !faults.strike(Stage::Arrival, &call(method, route)).is_empty();
    assert!(!strikes("GET", "/groups"));
    assert!(!strikes("GET", "/users"));
    assert!(!strikes("POST", "/users"));
    assert!(strikes("GET", "/users"));
    assert!(strikes("GET", "/users/{id}"));
    assert!(!strikes("GET", "/users"));
    assert_eq!(faults.struck(), 2);
}

#[test]
fn a_reset_after_commit_waits_for_a_write() {
    let faults = Faults::default();
    faults.inject("reset-after-commit".parse().unwrap());
    assert_eq!(faults.strike(Stage::Arrival, &call("GET", "/users")), []);
    assert_eq!(faults.strike(Stage::Arrival, &call("PATCH", "/users/{id}")), [FaultKind::ResetAfterCommit]);
}

#[test]
fn the_token_endpoint_is_hit_only_when_named() {
    let faults = Faults::default();
    faults.inject("503".parse().unwrap());
    let login = Call { vendor: Vendor::Login, ..call("POST", "/{tenant}/oauth2/v2.0/token") };
    assert_eq!(faults.strike(Stage::Arrival, &login), []);
    faults.inject("login:503".parse().unwrap());
    assert_eq!(faults.strike(Stage::Arrival, &login), [FaultKind::Status(503)]);
}
