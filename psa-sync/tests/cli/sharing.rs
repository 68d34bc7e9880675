//! Two tenants whose people go to the same company.

use crate::common::World;
use sync_core::{model::TenantName, store::Leases as _};
use sync_sandbox::Options;
use sync_state::SqliteStore;

/// A second tenant beside the first, in the same company.
fn world() -> World {
    let world = World::start(Options::sized(12, 9));
    let config = world.config();
    let (before, after) = config.split_once("[policy.write_back]").unwrap();
    let second = before.split_once("[[tenants]]").unwrap().1.replace("\"Contoso\"", "\"Fabrikam\"");
    world.write("psa-sync.toml", &format!("{before}[[tenants]]{second}[policy.write_back]{after}"));
    world
}

fn contacts(world: &World) -> usize {
    world.sandbox.state()["connectwise"]["contacts"].as_array().unwrap().len()
}

#[test]
fn tenants_that_share_a_company_are_not_written_at_the_same_time() {
    let world = world();
    let (contoso, fabrikam) = (TenantName::new("Contoso"), TenantName::new("Fabrikam"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(world.path("psa-sync-state/state.sqlite")).await.unwrap();
        let minute = std::time::Duration::from_secs(60);
        let sync_core::store::Acquired::Ours(first) =
            store.acquire(&fabrikam, "elsewhere", minute).await.unwrap()
        else {
            panic!("nobody has it yet");
        };
        let refused = world.run(&["apply", "--auto", "--tenant", "Contoso"]).code(1);
        refused.one_error(&[
            "tenant Fabrikam is under way",
            "company 100",
            "nothing was written",
            "wait for it",
        ]);
        assert_eq!(world.sandbox.calls().writes(), 0);
        assert!(store.lease(&contoso).await.unwrap().is_none(), "the refused one holds nothing");
        store.release(&fabrikam, first.run).await.unwrap();
    });
    let applied = world.run(&["apply", "--auto", "--tenant", "Contoso"]);
    assert!(applied.code == 0 || applied.code == 3, "{}", applied.err);
    let before = contacts(&world);
    world.run(&["apply", "--auto", "--tenant", "Fabrikam"]);
    assert_eq!(contacts(&world), before, "the second one finds what the first one made");
}

#[test]
fn a_saved_plan_does_not_link_a_contact_that_another_tenant_has_by_now() {
    let world = world();
    world.run(&["plan", "--tenant", "Fabrikam", "--out", "plan.json"]);
    world.run(&["apply", "--auto", "--tenant", "Contoso"]);
    let writes = world.sandbox.calls().writes();
    world
        .run(&["apply", "plan.json"])
        .code(5)
        .one_error(&["is linked to a user of tenant Contoso by now", "make a new plan"]);
    assert_eq!(world.sandbox.calls().writes(), writes);
}
