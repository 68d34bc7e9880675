//! Guards through the command line: what they stop, and how a person lets one pass.

use crate::common::World;
use sync_sandbox::Options;

/// A synced world in which so many people's accounts are disabled at once that it cannot be meant, how many, and the
/// object id of somebody who stays.
fn too_many_leavers() -> (World, u64, String) {
    let world = World::start(Options::sized(40, 32));
    world.run(&["apply", "--auto"]).code(3);
    let plan = world.run(&["plan", "--format", "json"]).json();
    let decisions = plan["decisions"].as_array().unwrap().iter();
    let mut in_sync = decisions
        .filter(|decision| decision["reason"]["code"] == "in_sync")
        .map(|decision| decision["subject"]["user"].as_str().unwrap().rsplit(':').next().unwrap().to_owned());
    let mut leavers = 0;
    for id in in_sync.by_ref().take(12) {
        assert!(world.sandbox.disable_user(&id));
        leavers += 1;
    }
    let stays = in_sync.next().unwrap();
    assert_eq!(leavers, 12);
    world.sandbox.reset_calls();
    (world, leavers, stays)
}

#[test]
fn a_guard_stops_its_kind_of_change_and_is_let_pass_for_one_plan_only() {
    let (world, leavers, _) = too_many_leavers();
    let plan = world.run(&["plan", "--out", "plan.json", "--format", "json"]).code(3).json();
    assert_eq!(plan["summary"]["deactivate"], leavers);
    assert!(plan["guards"].as_array().unwrap().iter().any(|g| g["guard"] == "too_many_deactivations"));

    world
        .run(&["apply", "plan.json", "--allow", "too_many_deactivations=11"])
        .code(4)
        .one_error(&["stopped by a guard"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
    // Nothing was written and nothing recorded, so the plan is as good as before.
    let allowed = ["apply", "plan.json", "--allow", "too_many_deactivations=12", "--format", "json"];
    let report = world.run(&allowed).code(3).json();
    assert_eq!(report["statistics"]["contacts_deactivated"], leavers);
    assert_eq!(world.sandbox.calls().writes(), leavers);
    world.run(&allowed).code(5).one_error(&["make a new plan"]);
}

#[test]
fn strict_guards_stop_the_whole_plan_and_without_them_the_rest_goes_on() {
    let (world, _, stays) = too_many_leavers();
    assert!(world.sandbox.edit_user(&stays, |user| user.job_title = Some("Promoted".to_owned())));
    world.run(&["plan", "--out", "plan.json"]).code(3);
    world
        .run(&["apply", "plan.json", "--strict-guards"])
        .code(4)
        .one_error(&["stopped by a guard", "--allow"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
    let report = world.run(&["apply", "plan.json", "--format", "json"]).code(3).json();
    assert_eq!(report["statistics"]["contacts_deactivated"], 0);
    assert_eq!(report["statistics"]["contacts_updated"], 1);
    assert!(report["statistics"]["held"].as_u64().unwrap() >= 12);
}
