//! What is told of plans that were refused or stopped in part, and of runs that were taken back.

use crate::common::{Ended, World, command};
use std::{
    process::Stdio,
    time::{Duration, Instant},
};
use sync_sandbox::Options;

fn done(ended: Ended) -> Ended {
    assert!([0, 3].contains(&ended.code), "{} {}", ended.out, ended.err);
    ended
}

/// The row of a run in the list.
fn listed(world: &World, run: &str) -> String {
    let list = world.run(&["report", "--list"]).code(0).out;
    list.lines().find(|line| line.starts_with(&format!("{run} "))).unwrap().to_owned()
}

#[test]
fn a_refused_plan_is_listed_as_not_written_and_its_report_says_why() {
    let world = World::start(Options::sized(20, 12));
    world.run(&["plan", "--out", "plan.json"]);
    done(world.run(&["apply", "plan.json"]));
    let twice = world.run(&["apply", "plan.json"]).code(5);
    twice.one_error(&["the link store changed", "run 1 applied this plan already", "report --run 1"]);
    assert!(listed(&world, "1").contains(" well "), "{}", listed(&world, "1"));
    assert!(listed(&world, "2").contains(" not written "), "{}", listed(&world, "2"));
    let report = world.run(&["report", "--run", "2"]).code(0).out;
    assert!(report.contains("StalePlan: the plan was refused, and nothing was written"), "{report}");
    let json = world.run(&["report", "--run", "2", "--format", "json"]).code(0).json();
    assert_eq!((&json["errors"][0]["code"], &json["statistics"]["errors"]), (&"StalePlan".into(), &0.into()));

    world.run(&["plan", "--out", "plan.json"]);
    world.write("psa-sync.toml", &(world.config() + "\n[policy.lifecycle]\ndisabled = \"hold\"\n"));
    let changed = world.run(&["apply", "plan.json"]).code(5);
    let changed = changed.one_error(&["the policy changed", "`psa-sync plan --out FILE`"]);
    assert!(!changed.err.contains("applied this plan"), "{}", changed.err);
}

/// A world in which one run created people and updated others.
fn ran() -> World {
    let world = World::start(Options::sized(30, 20));
    done(world.run(&["apply", "--auto"]));
    world
}

#[test]
fn an_undo_that_a_limit_stopped_in_part_says_how_the_rest_is_taken_back() {
    let world = ran();
    let undo = world.run(&["undo", "1", "--out", "back.json"]).code(3);
    assert!(undo.err.contains("the next run does again what the policy says"), "{}", undo.err);
    let stopped = world.run(&["apply", "back.json"]).code(3);
    assert!(stopped.err.contains("the next run does again"), "{}", stopped.err);
    assert!(
        stopped.out.contains("Stopped by a guard") && stopped.out.contains("6 updated"),
        "{}",
        stopped.out
    );
    assert!(!stopped.out.contains("let it pass with --allow"), "this plan is used up: {}", stopped.out);
    let way = "`psa-sync undo 1 --out FILE`";
    assert!(stopped.out.contains(way), "{}", stopped.out);
    world.run(&["apply", "back.json"]).code(5).one_error(&["run 2 applied this plan already", way]);
    assert!(world.run(&["report", "--run", "2"]).code(0).out.contains(way));
    world.run(&["undo", "1", "--out", "rest.json"]).code(3);
    let rest = world.run(&["apply", "rest.json", "--allow", "too_many_deactivations=8", "--format", "json"]);
    assert_eq!(rest.json()["statistics"]["contacts_deactivated"], 8, "{}", rest.err);
}

#[test]
fn a_plan_of_which_nothing_was_written_is_let_pass_as_it_is_and_another_one_is_made_anew() {
    let world = ran();
    world.run(&["undo", "1", "--out", "back.json"]).code(3);
    done(world.run(&["apply", "back.json"]));
    world.run(&["undo", "1", "--out", "rest.json"]).code(3);
    let refused = world.run(&["apply", "rest.json"]).code(4);
    assert!(refused.out.contains("let it pass with --allow too_many_deactivations=8"), "{}", refused.out);
    done(world.run(&["apply", "rest.json", "--allow", "too_many_deactivations=8"]));
}

#[test]
fn who_is_left_alone_by_name_is_not_written_again_after_an_undo() {
    let world = ran();
    let report = world.run(&["report", "--format", "json"]).code(0).json();
    let lines = report["updated_contacts"].as_array().unwrap().clone();
    let written = lines.iter().find(|line| line["status"] == "updated").unwrap();
    let (name, id) =
        (written["user_principal_name"].as_str().unwrap(), written["office365_id"].as_str().unwrap());
    world.run(&["undo", "1", "--out", "back.json"]).code(3);
    done(world.run(&["apply", "back.json"]));
    let planned = |world: &World| {
        let plan = world.run(&["plan", "--format", "json"]).json();
        let mut decisions = plan["decisions"].as_array().unwrap().iter();
        let theirs = decisions.find(|d| d["subject"]["user"].as_str().is_some_and(|user| user.ends_with(id)));
        theirs.unwrap()["change"]["action"].as_str().unwrap().to_owned()
    };
    assert_eq!(planned(&world), "update");
    let ignored = world.run(&["review", "ignore", name, "--note", "undone"]).code(0);
    assert!(ignored.err.contains("is answered with ignore; the next plan does so"), "{}", ignored.err);
    assert_eq!(planned(&world), "no_op");
    let answer = ignored.err.split_whitespace().nth(1).unwrap();
    world.run(&["review", "reopen", answer]).code(0);
    assert_eq!(planned(&world), "update");
    world.run(&["review", "ignore", "nobody@contoso.example"]).code(1).one_error(&["no question is called"]);
}

#[test]
fn a_killed_run_is_taken_back_without_another_run_that_goes_on_with_its_work() {
    let world = World::start(Options::sized(60, 20).latency(Duration::from_millis(40)));
    // What was under way is old enough to be looked up at once.
    let config =
        world.config().replacen("[[tenants]]", "settling_seconds = 0\ntimeout_seconds = 1\n\n[[tenants]]", 1);
    world.write("psa-sync.toml", &config);
    let mut command = command(world.folder.path(), &["apply", "--auto"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(20);
    while world.sandbox.calls().writes() < 12 && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    world.run(&["undo", "1"]).code(1).one_error(&["another run of tenant Contoso is under way"]);
    child.kill().unwrap();
    child.wait().unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    let writes = world.sandbox.calls().writes();
    let undo = world.run(&["undo", "1", "--out", "back.json", "--format", "json"]).code(3);
    assert!(undo.err.contains("an earlier run left writes open"), "{}", undo.err);
    assert!(undo.json()["summary"]["update"].as_u64().unwrap() > 0, "{}", undo.out);
    assert_eq!(world.sandbox.calls().writes(), writes, "looking up writes nothing");
    assert!(listed(&world, "1").contains(" killed "), "{}", listed(&world, "1"));
    let applied = world.run(&["apply", "back.json", "--allow", "too_many_deactivations=60"]);
    assert_ne!(applied.code, 5, "what was found out is in the plan: {}", applied.err);
}
