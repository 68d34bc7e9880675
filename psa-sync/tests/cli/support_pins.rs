//! Support PINs from the plan to the telephone.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::{common::World, secrets::with_input};
use std::collections::BTreeSet;
use sync_sandbox::Options;

fn world() -> World {
    let world = World::start(Options::sized(12, 8));
    let config = world.config() + "support_pin_field = \"SupportPIN\"\n";
    world.write("psa-sync.toml", &config);
    world
}

/// Every PIN in the PSA, with the object id of its person.
fn pins(world: &World) -> Vec<(String, String)> {
    let state = world.sandbox.state();
    let mut found = Vec::new();
    collect(&state, &mut found);
    found
}

/// Looks for contacts anywhere in what the sandbox holds: they are what has custom fields of both names.
fn collect(value: &serde_json::Value, found: &mut Vec<(String, String)>) {
    if let Some(fields) = value["customFields"].as_array() {
        let field = |name: &str| {
            let field = fields.iter().find(|field| field["caption"] == name)?;
            field["value"].as_str().map(str::to_owned)
        };
        if let (Some(id), Some(pin)) = (field("Office365Id"), field("SupportPIN")) {
            found.push((id, pin));
        }
    }
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        serde_json::Value::Object(entries) => entries.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[test]
fn a_pin_is_written_verified_and_renewed_and_shown_nowhere() {
    let world = world();
    let at = world.folder.path();
    let plan = world.run(&["plan", "--format", "json"]);
    assert!(plan.out.contains(r#""generated": "support_pin""#), "{}", plan.out);
    let applied = world.run(&["apply", "--auto", "-vvv", "--format", "json"]);
    assert!(applied.code == 0 || applied.code == 3, "{}", applied.err);
    let made = pins(&world);
    assert!(made.len() >= 5, "{} PINs: {}", made.len(), world.sandbox.state());
    let different: BTreeSet<&String> = made.iter().map(|(_, pin)| pin).collect();
    assert_eq!(different.len(), made.len(), "no two people of a tenant have the same");
    let after = world.run(&["plan", "--format", "json", "-vvv"]);
    assert!(!after.out.contains("support_pin"), "{}", after.out);
    for (_, pin) in &made {
        assert_eq!(pin.len(), 6);
        for text in [&applied.out, &applied.err, &after.out, &after.err] {
            let digits: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
            assert!(!digits.contains(&pin.as_str()), "a PIN is in an output");
        }
    }
    let (user, pin) = &made[0];
    assert_eq!(with_input(at, &["pin", "verify", user], &format!("{pin}\n")).code(0).out, "right\n");
    let wrong = with_input(at, &["pin", "verify", user], &made[1].1).code(1);
    assert!(wrong.out == "wrong\n" && wrong.err.contains("4 tries"), "{wrong:?}");
    with_input(at, &["pin", "verify", "nobody"], pin).code(1).one_error(&["no user with a support PIN"]);
    world.run(&["pin", "rotate", user]).code(0);
    assert_eq!(with_input(at, &["pin", "verify", user], pin).code(1).out, "none\n");
    let renewed = world.run(&["apply", "--auto"]);
    assert!(renewed.code == 0 || renewed.code == 3, "{}", renewed.err);
    let now = pins(&world);
    let new = &now.iter().find(|(id, _)| id == user).unwrap().1;
    assert_ne!(new, pin);
    assert_eq!(with_input(at, &["pin", "verify", user], new).code(0).out, "right\n");
    assert_eq!(
        now.iter().filter(|(id, pin)| made.contains(&(id.clone(), pin.clone()))).count(),
        made.len() - 1
    );
}

#[test]
fn too_many_wrong_tries_block_the_right_one() {
    let world = world();
    let at = world.folder.path();
    world.run(&["apply", "--auto"]);
    let made = pins(&world);
    let (user, pin) = &made[0];
    let wrong = if pin == "102938" { "102939" } else { "102938" };
    for _ in 0..5 {
        with_input(at, &["pin", "verify", user], wrong).code(1);
    }
    let blocked = with_input(at, &["pin", "verify", user], pin).code(1);
    assert_eq!(blocked.out, "blocked\n");
}

#[test]
fn a_missing_key_is_told_with_the_way_out_and_no_other_one_is_made() {
    let world = world();
    let at = world.folder.path();
    world.run(&["apply", "--auto"]);
    let made = pins(&world);
    let (user, pin) = &made[0];
    std::fs::rename(world.path("psa-sync.pin-key"), world.path("kept")).unwrap();
    with_input(at, &["pin", "verify", user], pin)
        .code(2)
        .one_error(&["key of support PINs is missing", "pin rotate"]);
    assert!(!world.path("psa-sync.pin-key").exists());
    std::fs::rename(world.path("kept"), world.path("psa-sync.pin-key")).unwrap();
    assert_eq!(with_input(at, &["pin", "verify", user], pin).code(0).out, "right\n");
}
