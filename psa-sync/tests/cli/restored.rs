//! A state database that was put back from an older copy, or is gone, beside a PSA that went on.

use crate::common::World;
use serde_json::Value;
use std::fs;
use sync_sandbox::Options;

const DATABASE: &str = "psa-sync-state/state.sqlite";

fn done(world: &World, arguments: &[&str]) -> Value {
    let ended = world.run(arguments);
    assert!([0, 3].contains(&ended.code), "{arguments:?}: {} {}", ended.out, ended.err);
    ended.json()
}

fn apply(world: &World, more: &[&str]) -> Value {
    done(world, &[&["apply", "--auto", "--format", "json"], more].concat())
}

/// The database and its log, which belong together.
type Copied = [Option<Vec<u8>>; 2];

fn files(world: &World) -> [std::path::PathBuf; 2] {
    [DATABASE, "psa-sync-state/state.sqlite-wal"].map(|file| world.path(file))
}

fn copied(world: &World) -> Copied {
    files(world).map(|file| fs::read(file).ok())
}

/// Takes away the database, and puts a copy in its place where there is one.
fn put_back(world: &World, copy: &Copied) {
    let _ = fs::remove_file(world.path("psa-sync-state/state.sqlite-shm"));
    for (file, copy) in files(world).iter().zip(copy) {
        let _ = fs::remove_file(file);
        if let Some(copy) = copy {
            fs::write(file, copy).unwrap();
        }
    }
}

/// Two people with a contact each, after the first run.
fn two_linked(world: &World) -> [(String, String); 2] {
    let report = apply(world, &[]);
    let lines = report["updated_contacts"].as_array().unwrap().iter();
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let mut all = lines.map(|line| (text(line, "user_principal_name"), text(line, "psa_contact_id")));
    [all.next().unwrap(), all.next().unwrap()]
}

/// What a technician sees of every contact.
fn shown(world: &World) -> Value {
    world.sandbox.state()["connectwise"]["contacts"].clone()
}

#[test]
fn what_was_put_right_after_the_copy_is_not_turned_back_by_it() {
    let world = World::start(Options::sized(30, 20));
    let [(ada, hers), (bea, theirs)] = two_linked(&world);
    let copy = copied(&world);
    world.run(&["review", "relink", &ada, "--contact", &theirs]).code(3);
    world.run(&["review", "relink", &bea, "--contact", &hers]).code(0);
    assert_eq!(apply(&world, &[])["statistics"]["contacts_updated"], 2);
    let before = shown(&world);
    put_back(&world, &copy);
    let refused = world.run(&["apply", "--auto"]).code(4).one_error(&[
        "ends with run 1",
        "run 2 was made",
        "nothing was written",
        "psa-sync review",
    ]);
    assert!(!refused.err.contains("warning"), "told once: {}", refused.err);
    let planned = world.run(&["plan", "--format", "json"]).code(3);
    assert!(planned.err.contains("warning: Contoso: the state database is older"), "{}", planned.err);
    let decisions = planned.json()["decisions"].as_array().unwrap().clone();
    let held = decisions.iter().filter(|decision| decision["reason"]["code"] == "claimed_twice");
    assert_eq!(held.count(), 2);
    let told = world.run(&["apply", "--auto", "--full", "--format", "json"]).code(3);
    assert!(
        told.err.contains("goes on all the same") && !told.err.contains("psa-sync review"),
        "{}",
        told.err
    );
    let report = told.json();
    assert_eq!(report["statistics"]["contacts_updated"], 0, "{report}");
    assert_eq!(shown(&world), before);
    // Looked at once: the warning is over, and runs go on.
    let planned = world.run(&["plan"]);
    assert!(!planned.err.contains("older"), "{}", planned.err);
    apply(&world, &[]);
}

#[test]
fn no_number_of_a_run_is_given_twice_and_a_lost_database_is_told() {
    let world = World::start(Options::sized(20, 12));
    apply(&world, &[]);
    let linked = done(&world, &["plan", "--format", "json"])["summary"]["no_op"].clone();
    put_back(&world, &[None, None]);
    for arguments in [&["report"][..], &["undo", "1"]] {
        world.run(arguments).code(1).one_error(&["does not exist, and run 1 was made"]);
    }
    let planned = world.run(&["plan"]);
    assert!(planned.err.contains("the state database is gone"), "{}", planned.err);
    assert!(!world.path(DATABASE).exists(), "planning leaves nothing behind");
    world.run(&["apply", "--auto"]).code(4).one_error(&["is gone", "nothing was written", "--full"]);
    let writes = world.sandbox.calls().writes();
    apply(&world, &["--full"]);
    assert_eq!(world.sandbox.calls().writes(), writes, "everybody is found again");
    assert_eq!(done(&world, &["plan", "--format", "json"])["summary"]["no_op"], linked);
    let runs = done(&world, &["report", "--list", "--format", "json"]);
    assert!(runs[0]["run"].as_u64().unwrap() > 1, "{runs}");
}

#[test]
fn a_first_run_says_that_contacts_hold_ids_of_its_people_already() {
    let world = World::start(Options::sized(20, 12));
    let note = "nothing is remembered of this tenant";
    assert!(world.run(&["plan"]).err.contains(note));
    apply(&world, &[]);
    assert!(!world.run(&["plan"]).err.contains(note));
    // The whole folder is gone, with the number of the last run.
    fs::remove_dir_all(world.path("psa-sync-state")).unwrap();
    let lost = world.run(&["apply", "--auto"]);
    assert!(lost.err.contains(note) && lost.err.contains("put a copy of it back"), "{}", lost.err);
}

#[test]
fn a_plan_that_was_saved_after_the_copy_was_put_back_is_a_persons_word() {
    let world = World::start(Options::sized(20, 12));
    apply(&world, &[]);
    let copy = copied(&world);
    let mut users = world.sandbox.users().into_iter().filter(|user| user.account_enabled);
    let mut promote = || {
        let user = users.next().unwrap();
        assert!(world.sandbox.edit_user(&user.id, |user| user.job_title = Some("Promoted".to_owned())));
    };
    (0..6).for_each(|_| promote());
    assert!(apply(&world, &[])["statistics"]["contacts_updated"].as_u64().unwrap() > 0);
    put_back(&world, &copy);
    (0..4).for_each(|_| promote());
    world.run(&["plan", "--out", "plan.json"]);
    let applied = world.run(&["apply", "plan.json"]);
    assert!([0, 3].contains(&applied.code) && applied.err.contains("older"), "{}", applied.err);
    apply(&world, &[]);
}
