//! `kill -9` in the middle of writing, again and again.

use crate::common::{World, command, run};
use chrono::{DateTime, Duration, Utc};
use std::{collections::BTreeMap, process::Stdio, time::Instant};
use sync_sandbox::Options;

/// Kills the first runs after a while that differs from run to run, and lets the last ones finish.
const KILLS: u32 = 12;

#[test]
fn a_killed_run_leaves_no_duplicate_and_the_next_ones_finish_its_work() {
    let latency = std::time::Duration::from_millis(4);
    let world = World::start(Options::sized(400, 40).latency(latency));
    // Later by more than a create may stay unsettled, so that what a killed run left open counts.
    let mut now: DateTime<Utc> = Utc::now();
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
        child.kill().unwrap();
        child.wait().unwrap();
        world.bury();
        killed_while_writing += u32::from(running && world.sandbox.calls().writes() > before);
        now += Duration::minutes(20);
    }
    assert!(
        killed_while_writing > KILLS / 2,
        "{killed_while_writing} runs were killed in the middle of their writes"
    );
    // Writes of the last killed run may still arrive while the next one plans: that one leaves them alone and says so.
    for last in [false, false, true] {
        let moment = now.to_rfc3339();
        let ended = run(command(world.folder.path(), &["apply", "--auto", "--as-of", &moment]));
        assert!(!last || [0, 3].contains(&ended.code), "{}", ended.err);
        now += Duration::minutes(20);
    }
    let mut per_person: BTreeMap<String, u32> = BTreeMap::new();
    for contact in world.sandbox.connectwise_data().contacts() {
        let fields = contact["customFields"].as_array().cloned().unwrap_or_default();
        let id = fields.iter().find(|f| f["caption"] == "Office365Id").and_then(|f| f["value"].as_str());
        if let Some(id) = id {
            *per_person.entry(id.to_owned()).or_default() += 1;
        }
    }
    let doubled: Vec<_> = per_person.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    let moment = now.to_rfc3339();
    let plan = run(command(world.folder.path(), &["plan", "--format", "json", "--as-of", &moment])).json();
    for kind in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(plan["summary"][kind], 0, "{kind}");
    }
    // A create that was looked for in vain twice waits for a person: nobody is lost without a word.
    let held = plan["summary"]["hold"].as_u64().unwrap();
    assert!(per_person.len() as u64 + held > 200, "the work was done: {} and {held} held", per_person.len());
}
