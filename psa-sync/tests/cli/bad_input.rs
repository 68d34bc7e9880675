//! Each bad input ends in one clear error, with the right exit code, and nothing lost or half written.

use crate::common::World;
use serde_json::{Value, json};
use sync_sandbox::Options;

fn small() -> World {
    World::start(Options::sized(40, 32))
}

fn plan_file(world: &World) -> Value {
    serde_json::from_str(&std::fs::read_to_string(world.path("plan.json")).unwrap()).unwrap()
}

#[test]
fn a_configuration_that_cannot_be_meant() {
    let world = World::start(Options::sized(4, 2));
    let good = world.config();
    for (right, wrong, says) in [
        (
            "mobile_type",
            "mobil_type",
            &["line 8", "unknown key `mobil_type`", "did you mean `mobile_type`?"][..],
        ),
        ("contact_id_field", "contact_id_feild", &["line 16", "did you mean `contact_id_field`?"]),
        (
            "{ file = \"private-key\" }",
            "\"canary-secret\"",
            &["line 6", "`private_key` holds a secret in plain text", "env ="],
        ),
        (
            "client_secret = { file = \"client-secret\" }",
            "client_secret = \"canary-secret\"",
            &["line 13", "plain text"],
        ),
        ("[[tenants]]", "[[tenants]", &["line 10"]),
        ("private_key = { file = \"private-key\" }", "private_key = \"canary-secret", &["line 6"]),
        ("{ file = \"private-key\" }", "{ keyring = \"x\" }", &["`private_key`"]),
        ("{ file = \"private-key\" }", "{ env = \"NOT_SET\" }", &["environment variable NOT_SET is not set"]),
        ("{ file = \"private-key\" }", "{ file = \"not-there\" }", &["cannot read", "not-there"]),
    ] {
        assert!(good.contains(right), "{right}");
        world.write("psa-sync.toml", &good.replacen(right, wrong, 1));
        for arguments in [&["plan", "--out", "plan.json"][..], &["apply", "--auto"], &["check"]] {
            let ended = world.run(arguments).code(2).one_error(says);
            assert!(!ended.err.contains("canary") && !ended.out.contains("canary"), "{}", ended.err);
        }
        assert!(!world.path("plan.json").exists());
    }
    std::fs::remove_file(world.path("psa-sync.toml")).unwrap();
    world.run(&["plan"]).code(2).one_error(&["cannot read psa-sync.toml", "psa-sync init"]);
    world.is_untouched();
    assert_eq!(world.sandbox.calls().total, 0, "nobody was asked anything");
}

#[test]
fn wrong_credentials_say_which_and_what_to_do() {
    let world = World::start(Options::sized(4, 2));
    let tenant = world.sandbox.graph().tenant_id.clone();
    let wrong_tenant = world.config().replace(&tenant, "99999999-2222-4333-8444-555555555555");
    world.write("psa-sync.toml", &wrong_tenant);
    for arguments in [&["plan", "--out", "plan.json"][..], &["apply", "--auto"]] {
        world.run(arguments).code(1).one_error(&["Contoso", "the tenant was not found; check tenant_id"]);
    }
    world.write("psa-sync.toml", &world.config());
    world.write("private-key", "canary-private-key");
    for arguments in [&["plan", "--out", "plan.json"][..], &["apply", "--auto"]] {
        let ended = world.run(arguments).code(1).one_error(&["Contoso", "unauthenticated"]);
        assert!(!ended.err.contains("canary"), "{}", ended.err);
    }
    assert!(!world.path("plan.json").exists());
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[test]
fn a_company_that_does_not_exist_is_told_from_an_empty_one() {
    let world = small();
    for id in ["99999", "300"] {
        world.write("psa-sync.toml", &world.config().replace("\"100\"", &format!("\"{id}\"")));
        world.run(&["plan", "--out", "plan.json"]).code(2).one_error(&[
            "company",
            id,
            "does not exist",
            "company_id",
        ]);
    }
    assert!(!world.path("plan.json").exists());
    world.write("psa-sync.toml", &world.config().replace("\"100\"", "\"many\""));
    world.run(&["plan"]).code(2).one_error(&["company id is a number"]);
    world.is_untouched();
}

#[test]
fn a_plan_that_was_edited_is_not_applied() {
    let world = small();
    world.run(&["plan", "--out", "plan.json"]).code(3);
    let original = plan_file(&world);
    let create =
        original["decisions"].as_array().unwrap().iter().position(|d| d["change"]["action"] == "create");
    let edits: [(&str, Value); 5] = [
        ("/tenant", json!("Fabrikam")),
        ("/basis/link_generation", json!(7)),
        ("/id", json!(format!("sha256:{}", "0".repeat(64)))),
        ("/summary/create", json!(0)),
        (&format!("/decisions/{}/change/fields/0/after", create.unwrap()), json!("Mallory")),
    ];
    for (pointer, value) in edits {
        let mut edited = original.clone();
        *edited.pointer_mut(pointer).unwrap() = value;
        world.write("plan.json", &edited.to_string());
        world
            .run(&["apply", "plan.json"])
            .code(5)
            .one_error(&["changed after it was made", "psa-sync plan --out"]);
    }
    let mut newer = original.clone();
    newer["format_version"] = json!("2.0");
    for text in [newer.to_string(), "not json".to_owned(), String::new(), "{}".to_owned()] {
        world.write("plan.json", &text);
        world.run(&["apply", "plan.json"]).code(5).one_error(&["plan.json"]);
    }
    world.run(&["apply", "none.json"]).code(2).one_error(&["cannot read the plan none.json"]);
    world.is_untouched();
    // Another layout of the same content is the same plan.
    world.write("plan.json", &original.to_string());
    world.run(&["apply", "plan.json"]).code(3);
}

#[test]
fn a_plan_of_another_tenant_or_another_policy_is_not_applied() {
    let world = small();
    world.run(&["plan", "--out", "plan.json"]).code(3);
    world
        .run(&["apply", "plan.json", "--tenant", "Fabrikam"])
        .code(5)
        .one_error(&["for tenant Contoso, not for Fabrikam"]);
    world.write("psa-sync.toml", &world.config().replace("\"Contoso\"", "\"Fabrikam\""));
    world.run(&["apply", "plan.json"]).code(5).one_error(&["for tenant Contoso, not for Fabrikam"]);
    world.write("psa-sync.toml", &(world.config() + "[policy.lifecycle]\ngrace_reads = 5\n"));
    world
        .run(&["apply", "plan.json"])
        .code(5)
        .one_error(&["policy changed since the plan was made", "nothing was written"]);
    world.write("psa-sync.toml", &world.config());
    world
        .run(&["apply", "plan.json", "--as-of", "2099-01-01T00:00:00Z"])
        .code(5)
        .one_error(&["make a new plan"]);
    world.run(&["apply", "plan.json", "--allow", "too_many_creates=1"]).code(2).one_error(&["no such guard"]);
    world.run(&["apply", "plan.json", "--allow", "to_many_creates=1"]).code(2).one_error(&["did you mean"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
}

/// The contact and the user of the first planned update.
fn first_update(plan: &Value) -> (i64, String) {
    let mut updates =
        plan["decisions"].as_array().unwrap().iter().filter(|d| d["change"]["action"] == "update");
    let update = updates.next().unwrap();
    let contact = update["change"]["contact"].as_str().unwrap().parse().unwrap();
    (contact, update["user_principal_name"].as_str().unwrap().to_owned())
}

#[test]
fn a_contact_that_changed_after_planning_is_left_alone() {
    let world = small();
    world.run(&["plan", "--out", "plan.json"]).code(3);
    let plan = plan_file(&world);
    let (contact, user) = first_update(&plan);
    world.run(&["plan", "--out", "one.json", "--user", &user]);
    let edit = |record: &mut Value| record["title"] = json!("Edited Meanwhile");
    assert!(world.sandbox.connectwise_data().edit_contact(contact, edit));
    world.run(&["apply", "one.json"]).code(5).one_error(&[
        "1 change was left alone because its contact changed or appeared after planning; make a new plan",
    ]);
    assert_eq!(world.sandbox.calls().writes(), 0);
    let held = world.sandbox.connectwise_data().contact(contact).unwrap();
    assert_eq!(held["title"], "Edited Meanwhile");

    // Among others the edit costs only its own change.
    world.run(&["plan", "--out", "plan.json"]).code(3);
    let edit = |record: &mut Value| record["title"] = json!("Edited Again");
    assert!(world.sandbox.connectwise_data().edit_contact(contact, edit));
    let report =
        world.run(&["apply", "plan.json", "--format", "json"]).code(1).one_error(&["after planning"]).json();
    assert_eq!(report["statistics"]["stale"], 1);
    assert!(report["statistics"]["contacts_created"].as_u64().unwrap() > 0, "the others were written");
    assert_eq!(world.sandbox.connectwise_data().contact(contact).unwrap()["title"], "Edited Again");
}

/// A fault that does not pass ends the run, after some patience, before anything is written.
fn gives_up(fault: &str) {
    let world = World::start(Options::sized(12, 9).fault(fault.parse().unwrap()));
    let ended = world.run(&["apply", "--auto"]).code(1).one_error(&["Contoso"]);
    assert!(ended.err.contains("failed ("), "{}", ended.err);
    assert!(world.sandbox.faults_struck() > 1, "it was tried again before it was given up");
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[test]
fn answers_that_are_cut_off_or_no_json_end_the_run_before_it_writes() {
    // At the same time, because each waits between its attempts.
    std::thread::scope(|scope| {
        for side in ["connectwise:KIND[GET /company/contacts]*always", "graph:KIND[GET /users]*always"] {
            for kind in ["truncated-body", "html-502"] {
                scope.spawn(move || gives_up(&side.replace("KIND", kind)));
            }
        }
    });
}

#[test]
fn a_missing_permission_is_named() {
    // The vendor takes either permission, and names the lesser one.
    let lacks = |name: &str| format!("graph:missing-permission={name}").parse().unwrap();
    let options = Options::sized(12, 9).fault(lacks("User.Read.All")).fault(lacks("Directory.Read.All"));
    let world = World::start(options);
    world.run(&["plan"]).code(1).one_error(&["permission_denied", "User.Read.All"]);
    world.is_untouched();
}

#[test]
fn a_listing_that_ends_early_deactivates_nobody_and_says_so() {
    let fault = "graph:early-end[GET /users]@2".parse().unwrap();
    let world = World::start(Options::sized(40, 32).fault(fault));
    world.write(
        "psa-sync.toml",
        &world.config().replace("kind = \"graph\",", "kind = \"graph\", page_size = 10,"),
    );
    let ended = world.run(&["plan", "--format", "json"]).code(1).one_error(&["cut short", "plan again"]);
    let plan = ended.json();
    assert_eq!(plan["basis"]["users_complete"], false);
    assert_eq!(plan["summary"]["users_read"], 10);
}

#[test]
fn wrong_usage_ends_with_two() {
    let world = World::start(Options::sized(4, 2));
    for arguments in
        [&["plna"][..], &["plan", "--fromat", "json"], &["apply"], &[], &["plan", "--as-of", "today"]]
    {
        let ended = world.run(arguments).code(2);
        assert!(!ended.err.is_empty() && ended.out.is_empty(), "{arguments:?}");
    }
    world.run(&["--help"]).code(0);
    assert_eq!(world.sandbox.calls().total, 0);
}

#[test]
fn a_company_a_department_or_an_office_that_nobody_has_is_a_slip_and_no_success() {
    let world = World::start(Options::sized(20, 5));
    for command in [vec!["plan"], vec!["apply", "--auto"], vec!["explain", "x@contoso.example"]] {
        let company = [command.as_slice(), &["--company", "999"]].concat();
        world.run(&company).code(2).one_error(&["--company 999", "Contoso", "there is 100"]);
    }
    for command in [vec!["plan"], vec!["apply", "--auto"]] {
        let department = [command.as_slice(), &["--department", "Saless"]].concat();
        world.run(&department).code(1).one_error(&["--department `Saless`", "did you mean `Sales`?"]);
        let office = [command.as_slice(), &["--office", "Atlantis"]].concat();
        world.run(&office).code(1).one_error(&["--office `Atlantis`", "nobody in the directory"]);
    }
    assert_eq!(world.sandbox.calls().writes(), 0);
    let sales = world.run(&["plan", "--department", "sales", "--company", "100"]);
    assert!(sales.code == 0 || sales.code == 3, "{}", sales.err);
}

#[test]
fn what_an_adapter_says_against_a_setting_names_its_line() {
    let world = World::start(Options::sized(5, 5));
    let line = |config: &str, key: &str| 1 + config.lines().position(|line| line.contains(key)).unwrap();
    let config = world.config();
    let base_url = config.lines().find(|line| line.starts_with("base_url")).unwrap();
    world.write("psa-sync.toml", &config.replacen(base_url, "base_url = \"http://psa.fabrikam.example\"", 1));
    let place = format!("psa-sync.toml line {}:", line(&config, "base_url"));
    world.run(&["plan"]).code(2).one_error(&[&place, "base_url must start with https://"]);
    let tenant = line(&config, "directory =");
    let graph = &world.sandbox.graph().tenant_id;
    world.write(
        "psa-sync.toml",
        &config.replacen(&format!("tenant_id = \"{graph}\""), "tenant_id = \"zzz\"", 1),
    );
    let place = format!("psa-sync.toml line {tenant}:");
    world.run(&["plan"]).code(2).one_error(&[&place, "tenant_id is neither a GUID"]);
}
