//! Whole runs against Syncro.

use crate::common::World;
use sync_sandbox::{Options, Vendor};

/// A world whose PSA is Syncro; `more` is added to the configuration.
fn world(more: &str) -> World {
    let world = World::start(Options::sized(40, 32));
    let text = world.config();
    let (_, tenants) = text.split_once("[[tenants]]").unwrap();
    let access = world.sandbox.syncro();
    world.write("token", &access.api_token);
    let psa = format!(
        "[psa]\nkind = \"syncro\"\nbase_url = \"{}\"\napi_token = {{ file = \"token\" }}\nrequests_per_minute = 1000000\n\n",
        access.base_url
    );
    world.write("psa-sync.toml", &format!("{psa}[[tenants]]{tenants}{more}"));
    world
}

#[test]
fn a_run_brings_both_sides_in_step_and_deletes_nobody() {
    let world = world("");
    let before = world.sandbox.syncro_data().contacts().len() as u64;
    let planned = world.run(&["plan", "--format", "json", "--out", "plan.json"]).json();
    let summary = &planned["summary"];
    let count = |action: &str| summary[action].as_u64().unwrap();
    assert!(count("create") > 0 && count("update") > 0 && count("deactivate") > 0, "{summary}");
    assert!(
        planned["decisions"].to_string().contains("\"field\":\"name\""),
        "names are written in one piece"
    );
    let applied = world.run(&["apply", "plan.json", "--format", "json"]);
    let report = applied.json();
    assert_eq!(report["success"], true, "{report}");
    assert_eq!(report["statistics"]["contacts_created"], count("create"));

    let after = world.sandbox.syncro_data().contacts();
    assert_eq!(after.len() as u64, before + count("create"));
    let left = after.iter().filter(|record| record["properties"]["M365Status"] == "Left").count() as u64;
    assert!(left >= count("deactivate"), "{left}");
    assert!(
        after.iter().any(|record| record["properties"]["Sync365 Link"].is_string()),
        "foreign data is kept"
    );
    world.sandbox.reset_calls();
    let again = world.run(&["plan", "--format", "json"]).json();
    for action in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(again["summary"][action], 0, "{action}: {}", again["summary"]);
    }
    assert_eq!((world.sandbox.calls().writes(), world.sandbox.calls().of(Vendor::ConnectWise)), (0, 0));
}

#[test]
fn a_check_says_what_is_there() {
    let world = world("");
    let check = world.run(&["check"]);
    for says in [
        "credentials",
        "read contacts",
        "custom field Office365Id",
        "custom field M365Status",
        "another contact sync",
    ] {
        assert!(check.out.contains(says), "{says}: {}{}", check.out, check.err);
    }
    world.is_untouched();
}

#[test]
fn quantities_of_recurring_invoices_are_planned_and_those_that_syncro_counts_are_held() {
    let rule = |line: &str| {
        format!("\n[[policy.quantities]]\nname = \"Line {line}\"\nline = \"{line}\"\ncount = \"all\"\n")
    };
    let world = world(&format!("{}{}", rule("700/7001"), rule("700/7002")));
    let planned = world.run(&["plan", "--quantities", "--format", "json"]).json();
    let of = |line: &str| {
        let decisions = planned["decisions"].as_array().unwrap();
        decisions.iter().find(|decision| decision["line"] == line).unwrap().to_string()
    };
    assert!(of("700/7002").contains("\"dynamic\""), "{planned}");
    assert!(of("700/7001").contains("10"), "{planned}");
    world.is_untouched();
}
