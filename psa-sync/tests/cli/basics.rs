//! What works when everything is as it should be.

use crate::common::{World, command, run};
use serde_json::Value;
use sync_sandbox::Options;

#[test]
fn the_demo_ends_in_step() {
    let folder = tempfile::tempdir().unwrap();
    for psa in ["autotask", "connectwise", "kaseyabms", "syncro"] {
        let demo = run(command(folder.path(), &["demo", "--psa", psa])).code(0);
        assert!(demo.out.contains("Both sides are in step"), "{}", demo.out);
        assert!(demo.out.contains("Calls made"), "{}", demo.out);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the demo leaves nothing behind");
    }
    run(command(folder.path(), &["demo", "--psa", "kaseybms"]))
        .code(2)
        .one_error(&["did you mean `kaseyabms`?"]);
}

#[test]
fn init_writes_a_table_for_each_psa_and_names_the_secrets_it_wants() {
    let folder = tempfile::tempdir().unwrap();
    for (psa, secrets) in [
        ("autotask", &["AUTOTASK_SECRET is not set", "AUTOTASK_INTEGRATION_CODE is not set"][..]),
        ("kaseyabms", &["KASEYABMS_PASSWORD is not set"]),
    ] {
        let config = format!("{psa}.toml");
        run(command(folder.path(), &["init", "--psa", psa, "--config", &config])).code(0);
        run(command(folder.path(), &["check", "--config", &config])).code(2).one_error(secrets);
    }
}

#[test]
fn init_writes_a_configuration_that_check_understands_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    run(command(folder.path(), &["init"])).code(0);
    let path = folder.path().join("psa-sync.toml");
    let written = std::fs::read_to_string(&path).unwrap();
    run(command(folder.path(), &["init"])).code(2).one_error(&["never overwritten"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
    run(command(folder.path(), &["check"])).code(2).one_error(&[
        "[psa]",
        "environment variable CONNECTWISE_CLIENT_ID is not set",
        "CONTOSO_SECRET is not set",
        "CONNECTWISE_PRIVATE_KEY is not set",
    ]);
    run(command(folder.path(), &["init", "--psa", "kaseybms", "--config", "other.toml"]))
        .code(2)
        .one_error(&["did you mean `kaseyabms`?"]);
    assert!(!folder.path().join("other.toml").exists());
}

#[test]
fn check_says_what_works_and_fails_only_for_what_is_broken() {
    let world = World::start(Options::sized(12, 8));
    let good = world.run(&["check"]).code(0);
    for says in ["credentials", "read users", "company 100", "custom field Office365Id", "connectwise"] {
        assert!(good.out.contains(says), "{says}: {}", good.out);
    }
    world.write("psa-sync.toml", &world.config().replace("\"IsOffice365\"", "\"IsOfice365\""));
    let missing = world.run(&["check"]).code(0);
    assert!(
        missing.out.contains("missing") && missing.out.contains("did you mean `IsOffice365`?"),
        "{}",
        missing.out
    );
    world.write("psa-sync.toml", &world.config().replace("company_id = \"100\"", "company_id = \"99999\""));
    let broken = world.run(&["check"]).code(1);
    assert!(broken.out.contains("failed") && broken.out.contains("company 99999"), "{}", broken.out);
    world.is_untouched();
}

#[test]
fn a_saved_plan_is_applied_once_and_the_next_one_is_empty() {
    let world = World::start(Options::sized(40, 32));
    world.sandbox.reset_calls();
    let planned = world.run(&["plan", "--out", "plan.json", "--detailed-exitcode"]).code(10);
    assert!(planned.err.contains("psa-sync apply plan.json"), "{}", planned.err);
    world.is_untouched();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(world.path("plan.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let plan: Value =
        serde_json::from_str(&std::fs::read_to_string(world.path("plan.json")).unwrap()).unwrap();
    let planned = |key: &str| plan["summary"][key].as_u64().unwrap();
    assert!(
        planned("create") > 0 && planned("update") > 0 && planned("link") > 0 && planned("deactivate") > 0
    );
    let report = world.run(&["apply", "plan.json", "--format", "json"]).code(3).json();
    assert_eq!(report["success"], true);
    let done = |key: &str| report["statistics"][key].as_u64().unwrap();
    assert_eq!(done("contacts_created"), planned("create"));
    assert_eq!(done("contacts_updated"), planned("update"));
    assert_eq!(done("contacts_linked"), planned("link"));
    assert_eq!(done("contacts_deactivated"), planned("deactivate"));
    let writes = planned("create") + planned("update") + planned("deactivate");
    assert_eq!(world.sandbox.calls().writes(), writes, "one write call per written contact");

    let again = world.run(&["plan", "--format", "json"]).code(3).json();
    for kind in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(again["summary"][kind], 0, "{kind}");
    }
    assert_eq!(again["summary"]["hold"], plan["summary"]["hold"]);
    world.run(&["plan", "--detailed-exitcode"]).code(0);
    world.run(&["apply", "plan.json"]).code(5).one_error(&["link store changed", "nothing was written"]);
    assert_eq!(world.sandbox.calls().writes(), writes);
}

#[test]
fn run_inputs_narrow_a_plan_and_go_with_it() {
    let world = World::start(Options::sized(40, 32));
    let all = world.run(&["plan", "--format", "json"]).code(3).json();
    let created = |plan: &Value| {
        let decisions = plan["decisions"].as_array().unwrap().clone();
        let names = decisions.into_iter().filter(|d| d["change"]["action"] == "create");
        names.map(|d| d["user_principal_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let one = created(&all).remove(0);
    let narrow = world.run(&["plan", "--user", &one, "--out", "one.json", "--format", "json"]).code(0).json();
    assert_eq!(created(&narrow), [one.as_str()]);
    assert_eq!((&narrow["summary"]["update"], &narrow["summary"]["deactivate"]), (&0.into(), &0.into()));
    world
        .run(&["apply", "one.json", "--user", &one])
        .code(2)
        .one_error(&["carries what its run was asked for"]);
    let report = world.run(&["apply", "one.json", "--format", "json"]).code(0).json();
    assert_eq!(report["statistics"]["contacts_created"], 1);
    world
        .run(&["plan", "--user", "nobody@contoso.example"])
        .code(1)
        .one_error(&["1 of the 1 users named with --user"]);
    let kept = world.run(&["plan", "--update-existing=false", "--format", "json"]).json();
    assert_eq!(kept["summary"]["update"], 0);
}

#[test]
fn explain_tells_the_decision_about_one_user() {
    let world = World::start(Options::sized(40, 32));
    let plan = world.run(&["plan", "--format", "json"]).code(3).json();
    let held =
        plan["decisions"].as_array().unwrap().iter().find(|d| d["change"]["action"] == "hold").unwrap();
    let name = held["user_principal_name"].as_str().unwrap();
    let explained = world.run(&["explain", name]).code(0);
    assert!(explained.out.contains("match by") && explained.out.contains("=>  hold"), "{}", explained.out);
    world
        .run(&["explain", "nobody@contoso.example"])
        .code(1)
        .one_error(&["no user of Contoso is called that"]);
    world.is_untouched();
}

#[test]
fn capabilities_of_one_adapter_are_a_document_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let all = run(command(folder.path(), &["capabilities", "--format", "json"])).code(0).json();
    for (psa, ceiling) in [
        ("autotask", psa_autotask::ceiling()),
        ("connectwise", psa_connectwise::ceiling()),
        ("kaseyabms", psa_kaseyabms::ceiling()),
        ("syncro", psa_syncro::ceiling()),
    ] {
        let one =
            run(command(folder.path(), &["capabilities", "--format", "json", "--psa", psa])).code(0).json();
        assert_eq!(all[psa], one);
        let read: sync_core::capability::Capabilities = serde_json::from_value(one).unwrap();
        assert_eq!(read, ceiling);
    }
    for format in ["text", "markdown"] {
        let shown = run(command(folder.path(), &["capabilities", "--format", format])).code(0);
        assert!(shown.out.contains("first_name") && shown.out.contains("connectwise"), "{}", shown.out);
    }
}

#[test]
fn a_tenant_that_fails_does_not_stop_the_others() {
    let world = World::start(Options::sized(12, 8));
    let second = format!(
        "\n[[tenants]]\nname = \"Fabrikam\"\ncompany_id = \"250\"\ndirectory = {{ kind = \"graph\", tenant_id = \"{}\", client_id = \"{}\", client_secret = {{ env = \"NOT_SET\" }} }}\n",
        world.sandbox.graph().tenant_id,
        world.sandbox.graph().client_id,
    );
    let first = world.config().replace("[policy.write_back]", &format!("{second}\n[policy.write_back]"));
    world.write("psa-sync.toml", &first);
    let ended =
        world.run(&["plan", "--format", "json"]).code(2).one_error(&["Fabrikam", "NOT_SET is not set"]);
    assert_eq!(ended.json()["tenant"], "Contoso");
    world.run(&["plan", "--out", "plan.json"]).code(2).one_error(&["name one with --tenant"]);
    assert!(!world.path("plan.json").exists());
    world.run(&["plan", "--tenant", "Contoso", "--out", "plan.json"]);
    assert!(world.path("plan.json").exists());
    world.run(&["plan", "--tenant", "Contosso"]).code(2).one_error(&["did you mean Contoso?"]);
}

#[test]
fn the_environment_is_a_layer_of_the_configuration() {
    let world = World::start(Options::sized(40, 32));
    let mut quiet = command(world.folder.path(), &["plan", "--format", "json"]);
    quiet.env("PSA_SYNC__POLICY__LIFECYCLE__CREATE", "false");
    assert_eq!(run(quiet).json()["summary"]["create"], 0);
    let mut wrong = command(world.folder.path(), &["plan"]);
    wrong.env("PSA_SYNC__POLICY__LIFECYCLE__CREAT", "false");
    run(wrong).code(2).one_error(&["PSA_SYNC__POLICY__LIFECYCLE__CREAT", "did you mean `create`?"]);
}

#[test]
fn two_tenants_in_one_company_leave_each_others_contacts_alone() {
    let world = World::start(Options::sized(40, 32));
    let both = world.config();
    let directory = both.lines().find(|line| line.starts_with("directory")).unwrap();
    let second =
        format!("[[tenants]]\nname = \"Fabrikam\"\ncompany_id = \"100\"\n{directory}\n\n[policy.write_back]");
    world.write("psa-sync.toml", &both.replace("[policy.write_back]", &second));
    world.run(&["apply", "--auto", "--tenant", "Contoso"]).code(3);
    let before = world.sandbox.calls().writes();
    let plan = world.run(&["plan", "--tenant", "Fabrikam", "--format", "json"]).code(3).json();
    for kind in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(plan["summary"][kind], 0, "{kind}");
    }
    let foreign =
        plan["decisions"].as_array().unwrap().iter().filter(|d| d["reason"]["code"] == "foreign_owner");
    assert!(foreign.count() > 20, "most people have a contact of the other tenant");
    world.run(&["apply", "--auto", "--tenant", "Fabrikam"]).code(3);
    assert_eq!(world.sandbox.calls().writes(), before);
}

#[test]
fn apply_without_a_plan_names_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    run(command(folder.path(), &["apply"])).code(2).one_error(&["psa-sync plan --out FILE", "apply --auto"]);
}
