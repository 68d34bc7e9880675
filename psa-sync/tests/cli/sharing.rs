//! Two tenants whose people go to the same company.

use crate::common::World;
use serde_json::Value;
use sync_core::{model::TenantName, store::Leases as _};
use sync_sandbox::{Fault, FaultKind, Options, Vendor};
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

/// Whom a plan of one tenant is about, of one action and one reason.
fn planned(world: &World, tenant: &str, action: &str, code: &str) -> Vec<String> {
    let plan = world.run(&["plan", "--tenant", tenant, "--format", "json"]).json();
    let decisions = plan["decisions"].as_array().unwrap().iter();
    let found = decisions.filter(|d| d["change"]["action"] == action && d["reason"]["code"] == code);
    found.map(|d: &Value| d["user_principal_name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn somebody_whom_another_tenant_may_be_creating_is_not_created_here_as_well() {
    let world = world();
    // The vendor takes longer than anybody waits; no run of this test does.
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    world
        .write("psa-sync.toml", &config.replacen("[[tenants]]", "settling_seconds = 3600\n\n[[tenants]]", 1));
    for user in planned(&world, "Contoso", "create", "no_match") {
        world.run(&["plan", "--tenant", "Contoso", "--user", &user, "--out", &format!("{user}.json")]);
    }
    let reset = Fault::new(FaultKind::Reset).vendor(Vendor::ConnectWise).method("POST").route("contacts");
    world.sandbox.inject(reset);
    let first = world.run(&["apply", "--auto", "--tenant", "Fabrikam"]).code(1);
    assert!(first.out.contains("unknown") || first.err.contains("unknown"), "{}", first.out);
    let [user] = <[String; 1]>::try_from(planned(&world, "Fabrikam", "hold", "grace")).unwrap();
    // A plan that was saved before is refused, a new one holds that person and nobody else.
    let before = world.sandbox.calls().writes();
    world.run(&["apply", &format!("{user}.json")]).code(5).one_error(&["on its way", "make a new plan"]);
    assert_eq!(planned(&world, "Contoso", "hold", "grace"), [user]);
    let second = world.run(&["apply", "--auto", "--tenant", "Contoso"]).code(3);
    assert!(
        second.err.contains("Fabrikam: 1 writes of an earlier run may still be on their way"),
        "{}",
        second.err
    );
    assert_eq!(world.sandbox.calls().writes(), before, "everybody else is there already");
    // Later the request is certainly lost: the other tenant's create is looked up by this tenant's run, which may create now.
    let people = contacts(&world);
    let later = (chrono::Utc::now() + chrono::Duration::hours(2)).to_rfc3339();
    let third = world.run(&["apply", "--auto", "--tenant", "Contoso", "--as-of", &later]);
    assert!(
        third.err.contains("Fabrikam: an earlier run left writes open; 0 were done, 1 were not"),
        "{}",
        third.err
    );
    assert_eq!(contacts(&world), people + 1);
    world.run(&["apply", "--auto", "--tenant", "Fabrikam", "--as-of", &later]);
    assert_eq!(contacts(&world), people + 1, "nobody is made twice");
}

#[test]
fn a_saved_plan_makes_no_second_contact_for_a_person_whom_another_tenant_has_under_another_address() {
    let world = world();
    // Nothing on the contact tells whose it is: only the immutable id does.
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    world.write("psa-sync.toml", config.split_once("[policy.write_back]").unwrap().0);
    let name = planned(&world, "Fabrikam", "create", "no_match").into_iter().next().unwrap();
    let user = world.sandbox.users().into_iter().find(|user| user.user_principal_name == name).unwrap();
    let edit = |address: &str| {
        let address = address.to_owned();
        assert!(world.sandbox.edit_user(&user.id, move |user| {
            user.on_premises_immutable_id = Some("q5RUZ28V/069tsywRDIccw==".to_owned());
            user.user_principal_name.clone_from(&address);
            user.mail = Some(address);
            user.other_mails = Vec::new();
            user.proxy_addresses = Vec::new();
        }));
    };
    // One person, whom the two directories know by different addresses.
    edit("first@contoso.example");
    world.run(&["plan", "--tenant", "Fabrikam", "--user", "first@contoso.example", "--out", "plan.json"]);
    edit("second@contoso.example");
    world.run(&["apply", "--auto", "--tenant", "Contoso"]);
    let before = contacts(&world);
    world.run(&["apply", "plan.json"]).code(5).one_error(&[
        "linked to a user of tenant Contoso by now",
        "same immutable id",
        "nothing was written",
        "make a new plan",
    ]);
    assert_eq!(contacts(&world), before);
}

#[test]
fn the_contact_of_somebody_who_is_gone_from_another_tenant_is_asked_about_and_a_new_one_is_made_where_a_person_says_so()
 {
    let world = world();
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    world.write("psa-sync.toml", config.split_once("[policy.write_back]").unwrap().0);
    let name = planned(&world, "Contoso", "create", "no_match").into_iter().next().unwrap();
    let user = world.sandbox.users().into_iter().find(|user| user.user_principal_name == name).unwrap();
    let enabled = |on: bool| {
        assert!(world.sandbox.edit_user(&user.id, move |user| {
            user.on_premises_immutable_id = Some("q5RUZ28V/069tsywRDIccw==".to_owned());
            user.account_enabled = on;
        }));
    };
    enabled(true);
    world.run(&["apply", "--auto", "--tenant", "Contoso"]);
    enabled(false);
    world.run(&["apply", "--auto", "--tenant", "Contoso"]);
    enabled(true);
    let before = contacts(&world);
    let listed = world.run(&["review", "--tenant", "Fabrikam", "--format", "json"]).code(3).json();
    let questions = listed[0]["questions"].as_array().unwrap().iter();
    let asked: Vec<&Value> = questions.filter(|q| q["user_principal_name"] == name.as_str()).collect();
    let [question] = asked.as_slice() else { panic!("one question: {asked:?}") };
    assert_eq!(question["asked"]["code"], "relink_decision", "{question}");
    world.run(&["review", "create", question["id"].as_str().unwrap()]).code(0);
    world.run(&["plan", "--tenant", "Fabrikam", "--user", &name, "--out", "plan.json"]);
    world.run(&["apply", "plan.json"]).code(0);
    assert_eq!(contacts(&world), before + 1);
}
