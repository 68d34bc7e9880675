//! The number of calls of a whole sync, counted by the sandbox.

use crate::{
    common::{Ended, command, get, run},
    sandbox::start,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// Calls by vendor, method and route.
fn calls(admin: &str, runtime: &tokio::runtime::Runtime) -> (BTreeMap<String, u64>, u64) {
    let calls: Value = runtime.block_on(get(&format!("{admin}/calls")));
    let rows = calls["routes"].as_array().unwrap().iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        (format!("{} {} {}", text("vendor"), text("method"), text("route")), row["count"].as_u64().unwrap())
    });
    (rows.collect(), calls["writes"].as_u64().unwrap())
}

fn reset(admin: &str, runtime: &tokio::runtime::Runtime) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    runtime.block_on(client.post(format!("{admin}/reset-calls")).send()).unwrap();
}

/// What a sync without changes asks: the directory once, and the PSA nothing.
fn quiet() -> BTreeMap<String, u64> {
    [("login POST /{tenant}/oauth2/v2.0/token", 1), ("graph GET /v1.0/users/delta", 1)]
        .map(|(route, count)| (route.to_owned(), count))
        .into()
}

/// However many people there are, a sync without changes costs the same.
fn asks_the_directory_once_and_nothing_else(psa: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (users, contacts) in [("50", "48"), ("2500", "2400")] {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["--psa", psa, "--users", users, "--contacts", contacts];
        let (_running, places) = start(folder.path(), &arguments);
        let admin = places["admin"]["base_url"].as_str().unwrap();
        let config = places["config"].as_str().unwrap();
        let apply = || {
            let arguments = ["--config", config, "apply", "--auto", "--format", "json"];
            run(command(folder.path(), &arguments)).json()
        };
        let first = apply();
        assert!(first["statistics"]["contacts_updated"].as_u64().unwrap() > 0, "{users} users: {first}");
        for again in 0..2 {
            reset(admin, &runtime);
            assert_eq!(apply()["success"], true, "{users} users, {again}");
            assert_eq!(calls(admin, &runtime), (quiet(), 0), "{users} users, {again}");
        }
    }
}

#[test]
fn a_sync_without_changes_asks_connectwise_nothing_whatever_the_size() {
    asks_the_directory_once_and_nothing_else("connectwise");
}

#[test]
fn a_sync_without_changes_asks_autotask_nothing_whatever_the_size() {
    asks_the_directory_once_and_nothing_else("autotask");
}

#[test]
fn a_sync_without_changes_asks_kaseya_bms_nothing_whatever_the_size() {
    asks_the_directory_once_and_nothing_else("kaseyabms");
}

#[test]
fn a_sync_without_changes_asks_syncro_nothing_whatever_the_size() {
    asks_the_directory_once_and_nothing_else("syncro");
}

#[test]
fn a_full_sync_makes_exactly_the_calls_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, places) = start(folder.path(), &["--users", "2500", "--contacts", "2400"]);
    let (admin, config) = (places["admin"]["base_url"].as_str().unwrap(), places["config"].as_str().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reset = || reset(admin, &runtime);
    let psa_sync = |arguments: &[&str]| -> Ended {
        let mut all = vec!["--config", config];
        all.extend(arguments);
        run(command(folder.path(), &all))
    };
    // codebase + lookups + ceil(2400 / 1000); 1 token + ceil(2500 / 999) + 1 for the products.
    let expected: BTreeMap<String, u64> = [
        ("login POST /{tenant}/oauth2/v2.0/token", 1),
        ("graph GET /v1.0/users", 3),
        ("graph GET /v1.0/users/delta", 1),
        ("graph GET /v1.0/subscribedSkus", 1),
        ("connectwise GET /login/companyinfo/{company}", 1),
        ("connectwise GET /{codebase}/apis/3.0/company/communicationTypes", 1),
        ("connectwise GET /{codebase}/apis/3.0/system/userDefinedFields", 1),
        ("connectwise GET /{codebase}/apis/3.0/company/contacts", 3),
    ]
    .map(|(route, count)| (route.to_owned(), count))
    .into();

    let first = psa_sync(&["plan", "--format", "json"]).code(3).json();
    assert_eq!(calls(admin, &runtime), (expected.clone(), 0));
    let summary = |plan: &Value, key: &str| plan["summary"][key].as_u64().unwrap();
    assert_eq!((summary(&first, "users_read"), summary(&first, "contacts_read")), (2500, 2400));

    reset();
    let applied = psa_sync(&["apply", "--auto", "--format", "json"]);
    assert!([0, 3].contains(&applied.code), "{}", applied.err);
    let report = applied.json();
    let done = |key: &str| report["statistics"][key].as_u64().unwrap();
    assert_eq!((done("errors"), done("stale"), done("indeterminate"), done("not_attempted")), (0, 0, 0, 0));
    let written = done("contacts_created") + done("contacts_updated") + done("contacts_deactivated");
    assert!(written > 100, "{written}");
    assert_eq!(calls(admin, &runtime).1, written, "one write call per written contact");

    reset();
    let second = psa_sync(&["plan", "--format", "json"]).json();
    for kind in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(summary(&second, kind), 0, "{kind}");
    }
    let contacts = summary(&second, "contacts_read");
    assert_eq!(contacts, 2400 + done("contacts_created"));
    let mut expected = expected;
    expected.insert(
        "connectwise GET /{codebase}/apis/3.0/company/contacts".to_owned(),
        contacts.div_ceil(1000) + u64::from(contacts % 1000 == 0),
    );
    assert_eq!(calls(admin, &runtime), (expected.clone(), 0));

    reset();
    let report = psa_sync(&["apply", "--auto", "--format", "json"]).json();
    assert_eq!(report["success"], true);
    assert_eq!(calls(admin, &runtime), (quiet(), 0));
}
