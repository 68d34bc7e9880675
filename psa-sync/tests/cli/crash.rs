//! `kill -9` in the middle of writing, again and again.

use crate::common::{World, command, run};
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use std::{collections::BTreeMap, process::Stdio, time::Instant};
use sync_sandbox::Options;

/// Kills the first runs after a while that differs from run to run, and lets the last ones finish.
const KILLS: u32 = 12;

fn world() -> World {
    World::start(Options::sized(400, 40).latency(std::time::Duration::from_millis(4)))
}

/// How many contacts carry each user's id.
fn per_person(world: &World) -> BTreeMap<String, u32> {
    let mut per_person = BTreeMap::new();
    for contact in world.sandbox.connectwise_data().contacts() {
        let fields = contact["customFields"].as_array().cloned().unwrap_or_default();
        let id = fields.iter().find(|f| f["caption"] == "Office365Id").and_then(|f| f["value"].as_str());
        if let Some(id) = id {
            *per_person.entry(id.to_owned()).or_default() += 1;
        }
    }
    per_person
}

/// Users whose decision is held, by the code of its reason.
fn held(plan: &Value) -> BTreeMap<String, Vec<String>> {
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for decision in plan["decisions"].as_array().unwrap() {
        if decision["change"]["action"] == "hold" {
            let code = decision["reason"]["code"].as_str().unwrap().to_owned();
            let user = decision["subject"]["user"].as_str().unwrap_or_default();
            held.entry(code).or_default().push(user.rsplit(':').next().unwrap().to_owned());
        }
    }
    held
}

#[test]
fn a_killed_run_leaves_no_duplicate_and_the_next_one_finishes_its_work() {
    // What the same work comes to where nobody is killed.
    let quiet = world();
    let mut now: DateTime<Utc> = Utc::now();
    quiet.run(&["apply", "--auto", "--as-of", &now.to_rfc3339()]).code(3);
    let wanted = per_person(&quiet);
    let plan = quiet.run(&["plan", "--format", "json", "--as-of", &now.to_rfc3339()]).json();
    let held_in_any_case = held(&plan);
    drop(quiet);

    let world = world();
    let mut killed_while_writing = 0;
    for round in 0..KILLS {
        let before = world.sandbox.calls().writes();
        let moment = now.to_rfc3339();
        let mut command = command(world.folder.path(), &["apply", "--auto", "--as-of", &moment]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The kill falls after a number of writes that differs from run to run, whatever the machine's speed.
        let enough = before + 1 + u64::from(round * 7 % 20);
        let patience = Instant::now() + std::time::Duration::from_secs(20);
        while world.sandbox.calls().writes() < enough
            && child.try_wait().unwrap().is_none()
            && Instant::now() < patience
        {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let running = child.try_wait().unwrap().is_none();
        // Nobody gives the tenant back: the next run takes it over at once, because this one is dead.
        child.kill().unwrap();
        child.wait().unwrap();
        killed_while_writing += u32::from(running && world.sandbox.calls().writes() > before);
        // Later by more than a create may stay unsettled, so that what a killed run left open counts.
        now += Duration::minutes(20);
    }
    assert!(
        killed_while_writing > KILLS / 2,
        "{killed_while_writing} runs were killed in the middle of their writes"
    );
    // What the last killed run had on its way arrives before the next one looks: a later arrival is another test.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let last = run(command(world.folder.path(), &["apply", "--auto", "--as-of", &now.to_rfc3339()]));
    assert_eq!(last.code, 3, "{}", last.err);

    now += Duration::minutes(20);
    let plan = run(command(world.folder.path(), &["plan", "--format", "json", "--as-of", &now.to_rfc3339()]));
    let plan = plan.json();
    for kind in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(plan["summary"][kind], 0, "one run finished all of it: {kind}");
    }
    let mut held = held(&plan);
    // A create that was looked for in vain twice waits for a person: nobody is lost without a word.
    let waiting = held.remove("indeterminate").unwrap_or_default();
    assert_eq!(held, held_in_any_case, "nobody else waits but who waits in any case");
    let there = per_person(&world);
    let doubled: Vec<_> = there.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    for user in wanted.keys() {
        let (made, waits) = (there.contains_key(user), waiting.contains(user));
        assert!(made != waits, "{user}: has a contact: {made}, waits for a person: {waits}");
    }
    assert_eq!(there.len() + waiting.len(), wanted.len(), "and nobody else got one");
}

#[test]
fn a_second_run_says_who_holds_the_tenant_and_one_that_was_interrupted_is_followed_at_once() {
    let world = World::start(Options::sized(60, 5).latency(std::time::Duration::from_millis(60)));
    let mut command = command(world.folder.path(), &["apply", "--auto"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + std::time::Duration::from_secs(20);
    while world.sandbox.calls().writes() == 0 && Instant::now() < patience {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let refused = world.run(&["apply", "--auto"]).code(1);
    let refused = refused
        .one_error(&["another run of tenant Contoso is under way", &format!("process {}", child.id())]);
    assert!(!refused.err.contains("(boot "), "what is not for people is not shown: {}", refused.err);
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    child.wait().unwrap();
    let later = (Utc::now() + Duration::hours(1)).to_rfc3339();
    let next = world.run(&["apply", "--auto", "--as-of", &later]);
    assert!([0, 3].contains(&next.code), "it does not wait for the lease: {}", next.err);
}
