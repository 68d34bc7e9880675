//! Agreement quantities of a live PSA: planned, looked at, and set only from the saved plan.

use crate::common::World;
use serde_json::Value;
use sync_sandbox::Options;

/// The addition of Contoso's agreement in the sandbox.
const ADDITION: i64 = 800;

fn quantity(world: &World) -> Value {
    world.sandbox.connectwise_data().addition(ADDITION).unwrap()["quantity"].clone()
}

#[test]
fn quantities_of_a_live_psa_are_set_from_the_saved_plan_only() {
    let world = World::start(Options::default());
    let rule = "\n[[policy.quantities]]\nname = \"Seats\"\nline = \"700/800\"\ncount = \"all\"\n";
    world.write("psa-sync.toml", &(world.config() + rule));
    let plan = world.run(&["plan", "--quantities", "--format", "json"]).code(3).json();
    let decision = &plan["decisions"][0];
    let wanted = decision["counted"].as_array().unwrap().len() as u64;
    assert!(wanted > 12, "far more people than the ten units it has: {plan}");
    assert_eq!(decision["change"]["reason"]["code"], "too_many_units");
    assert_eq!(quantity(&world), 10);

    world.run(&["plan", "--quantities", "--out", "q.json"]).code(3);
    world.run(&["apply", "q.json", "--quantities", "--yes"]).code(3);
    assert_eq!(quantity(&world), 10, "what a limit holds is left alone");
    let pass = format!("700/800={}", wanted - 10);
    world.run(&["apply", "q.json", "--quantities", "--allow-units", &pass, "--yes"]).code(0);
    assert_eq!(quantity(&world), wanted);
    world.run(&["apply", "q.json", "--quantities", "--allow-units", &pass, "--yes"]).code(3);
    assert_eq!(quantity(&world), wanted, "the same plan does nothing a second time");
    world.run(&["plan", "--quantities"]).code(0);
}
