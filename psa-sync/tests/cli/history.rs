//! What past runs did, taking them back, one person's data, and what leaves the house.

use crate::common::{Ended, World};
use std::collections::BTreeSet;
use sync_sandbox::Options;

/// A sandbox in which one run was applied; its number.
fn ran() -> (World, String) {
    let world = World::start(Options::sized(20, 12));
    let applied = world.run(&["apply", "--auto", "--format", "json"]);
    assert!(applied.code == 0 || applied.code == 3, "{}", applied.err);
    assert!(applied.json()["statistics"]["contacts_created"].as_u64().unwrap() > 0, "{}", applied.out);
    let listed = world.run(&["report", "--list", "--format", "json"]).code(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    (world, listed[0]["run"].to_string())
}

fn done(ended: Ended) -> Ended {
    assert!(ended.code == 0 || ended.code == 3, "{} {}", ended.out, ended.err);
    ended
}

#[test]
fn the_report_of_a_past_run_is_shown_in_every_form() {
    let (world, run) = ran();
    let json = world.run(&["report", "--format", "json"]).code(0).json();
    let created = json["created_contacts"].as_array().unwrap().len();
    assert!(created > 0);
    let csv = world.run(&["report", "--run", &run, "--format", "csv"]).code(0).out;
    assert_eq!(csv.lines().filter(|line| line.starts_with("created,")).count(), created, "{csv}");
    let html = world.run(&["report", "--run", &run, "--format", "html"]).code(0).out;
    assert!(html.starts_with("<!doctype html>") && !html.contains("<script"), "{html}");
    let text = world.run(&["report"]).code(0).out;
    assert!(text.starts_with(&format!("run {run} of Contoso")), "{text}");
    world.run(&["report", "--run", "999"]).code(1).one_error(&["there is no run 999", "--list"]);
    world.run(&["report", "--run", "last"]).code(2).one_error(&["by its number"]);
    world.run(&["report", "--list", "--format", "csv"]).code(2);
}

#[test]
fn before_the_first_run_there_is_nothing_to_tell() {
    let world = World::start(Options::sized(3, 2));
    for arguments in [&["report"][..], &["undo", "1"], &["data", "export", "x"]] {
        world.run(arguments).code(1).one_error(&["there was no run yet"]);
    }
    world.is_untouched();
}

#[test]
fn a_run_is_taken_back_without_deleting_and_stays_so() {
    let (world, run) = ran();
    let back = done(world.run(&["undo", &run, "--out", "back.json", "--format", "json"])).json();
    let creates = back["summary"]["deactivate"].as_u64().unwrap();
    let report = world.run(&["report", "--format", "json"]).code(0).json();
    let made = report["created_contacts"].as_array().unwrap().len();
    assert_eq!((creates, &back["summary"]["hold"]), (made as u64, &0.into()), "nobody touched them: {back}");
    let mut apply =
        vec!["apply".to_owned(), "back.json".to_owned(), "--format".to_owned(), "json".to_owned()];
    for guard in back["guards"].as_array().unwrap() {
        apply.extend(["--allow".to_owned(), format!("{}={}", guard["guard"].as_str().unwrap(), creates)]);
    }
    apply.dedup();
    let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
    let undone = done(world.run(&apply)).json();
    assert_eq!(undone["statistics"]["contacts_deactivated"], back["summary"]["deactivate"], "{undone}");
    assert!(world.sandbox.calls().routes.iter().all(|route| route.method != "DELETE"));
    let again = done(world.run(&["undo", &run, "--format", "json"])).json();
    assert_eq!(again["summary"]["deactivate"], 0, "{again}");
    let next = world.run(&["plan", "--format", "json"]).json();
    assert_eq!(next["summary"]["reactivate"], 0, "reactivate = ours must not bring them back");
    world.run(&["undo", "999"]).code(1).one_error(&["there is no run 999"]);
}

#[test]
fn one_persons_data_is_shown_and_forgotten() {
    let (world, _) = ran();
    let report = world.run(&["report", "--format", "json"]).code(0).json();
    let line = &report["created_contacts"][0];
    let (id, name) = (line["office365_id"].as_str().unwrap(), line["user_principal_name"].as_str().unwrap());
    let data = world.run(&["data", "export", id]).code(0).json();
    assert_eq!(data[0]["data"]["links"].as_array().unwrap().len(), 1, "{data}");
    assert!(data.to_string().contains(name), "{data}");
    world.run(&["data", "forget", id]).code(2).one_error(&["--yes"]);
    world.run(&["data", "export", "nobody@contoso.example"]).code(1).one_error(&["nothing is kept"]);
    let gone = world.run(&["--yes", "data", "forget", id]).code(0).out;
    assert!(gone.starts_with("removed: 1 links"), "{gone}");
    let report = world.run(&["report", "--format", "json"]).code(0).out;
    assert!(!report.contains(name) && !report.contains(id), "{report}");
    world.run(&["data", "export", id]).code(1).one_error(&["nothing is kept"]);
    let pruned = world.run(&["data", "prune", "--as-of", "2030-01-01T00:00:00Z"]).code(0).out;
    assert!(pruned.contains("400 days: 1 runs"), "{pruned}");
    world.run(&["report"]).code(1).one_error(&["there was no run yet"]);
}

#[test]
fn old_history_ends_where_nothing_changes_any_more() {
    let (world, _) = ran();
    let runs = |world: &World| {
        let listed = world.run(&["report", "--list", "--format", "json"]).code(0).json();
        listed.as_array().unwrap().len()
    };
    done(world.run(&["apply", "--auto", "--full", "--as-of", "2027-06-01T00:00:00Z"]));
    assert_eq!(runs(&world), 1);
    let later = done(world.run(&[
        "apply",
        "--auto",
        "--full",
        "--as-of",
        "2030-01-01T00:00:00Z",
        "--format",
        "json",
    ]));
    assert_eq!(later.json()["statistics"]["contacts_updated"], 0, "{}", later.out);
    assert_eq!(runs(&world), 0);
}

/// How often a text is in the state folder, also in what no table shows any more.
fn left_on_disk(world: &World, text: &str) -> usize {
    let files = std::fs::read_dir(world.path("psa-sync-state")).unwrap();
    let bytes = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    bytes.map(|bytes| bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count()).sum()
}

#[test]
fn whoever_is_forgotten_is_not_in_free_pages_of_the_file_either() {
    let (world, _) = ran();
    let report = world.run(&["report", "--format", "json"]).code(0).json();
    let line = &report["created_contacts"][0];
    let (id, name) = (line["office365_id"].as_str().unwrap(), line["user_principal_name"].as_str().unwrap());
    assert!(left_on_disk(&world, id) > 0 && left_on_disk(&world, name) > 0);
    world.run(&["--yes", "data", "forget", id]).code(0);
    assert_eq!((left_on_disk(&world, id), left_on_disk(&world, name)), (0, 0));
}

#[test]
fn people_of_a_customer_who_left_can_be_shown_and_forgotten() {
    let (world, _) = ran();
    let report = world.run(&["report", "--format", "json"]).code(0).json();
    let line = &report["created_contacts"][0];
    let (id, name) = (line["office365_id"].as_str().unwrap(), line["user_principal_name"].as_str().unwrap());
    let disabled = world.config().replace("name = \"Contoso\"", "name = \"Contoso\"\nenabled = false");
    world.write("psa-sync.toml", &disabled);
    world.run(&["data", "export", name]).code(0);
    world.write("psa-sync.toml", &world.config().replace("name = \"Contoso\"", "name = \"Fabrikam\""));
    world.run(&["data", "--tenant", "Contosi", "export", name]).code(2).one_error(&["of: Contoso"]);
    let data = world.run(&["data", "--tenant", "Contoso", "export", name]).code(0).json();
    assert_eq!(data[0]["tenant"], "Contoso");
    world.run(&["--yes", "data", "forget", name]).code(0);
    world.run(&["data", "export", id]).code(1).one_error(&["nothing is kept"]);
}

#[test]
fn somebody_who_is_only_in_past_runs_is_found_and_forgotten() {
    let (world, _) = ran();
    let plan = world.run(&["plan", "--format", "json"]).json();
    let decisions = plan["decisions"].as_array().unwrap().iter();
    let mut unlinked =
        decisions.filter(|d| d["change"]["contact"].is_null() && d["subject"]["user"].is_string());
    let somebody = unlinked.next().unwrap();
    let name = somebody["user_principal_name"].as_str().unwrap();
    let id = somebody["subject"]["user"].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(world.sandbox.purge_user(id));
    done(world.run(&["apply", "--auto", "--full"]));
    for named in [name, id] {
        let data = world.run(&["data", "export", named]).code(0).json();
        assert_eq!(data[0]["data"]["runs"].as_array().unwrap().len(), 1, "{data}");
        assert!(data[0]["data"]["user"].is_null() && data[0]["data"]["links"].as_array().unwrap().is_empty());
    }
    let gone = world.run(&["--yes", "data", "forget", name]).code(0).out;
    assert!(gone.contains("taken out of 1 plans"), "{gone}");
    world.run(&["data", "export", name]).code(1).one_error(&["nothing is kept"]);
}

#[test]
fn a_support_bundle_names_nobody_and_nothing_of_the_customer() {
    let (world, _) = ran();
    let config = world.config()
        + "\n[policy.scope]\nexclude = [\"canary-person@*\"]\nfilter = 'department != \"canary-dep\"'\n";
    world.write("psa-sync.toml", &config);
    world.run(&["support-bundle", "--out", "bundle.json"]).code(0);
    let bundle = std::fs::read_to_string(world.path("bundle.json")).unwrap().to_lowercase();
    let told: serde_json::Value = serde_json::from_str(&bundle).unwrap();
    assert!(told["tenants"][0]["state"]["links"].as_u64().unwrap() > 0, "{bundle}");
    assert_eq!(told["tenants"][0]["state"]["runs"].as_array().unwrap().len(), 1);
    let mut canaries: BTreeSet<String> =
        ["canary", "contoso", "@", "127.0.0.1", "office365id"].map(str::to_owned).into();
    let (graph, connectwise) = (world.sandbox.graph(), world.sandbox.connectwise());
    for secret in [
        &graph.tenant_id,
        &graph.client_id,
        &graph.client_secret,
        &connectwise.company,
        &connectwise.public_key,
        &connectwise.private_key,
        &connectwise.client_id,
    ] {
        canaries.insert(secret.to_lowercase());
    }
    for user in world.sandbox.users() {
        canaries.extend([user.display_name.to_lowercase(), user.id.to_lowercase()]);
    }
    canaries.retain(|canary| !canary.is_empty());
    assert!(canaries.len() > 30, "{}", canaries.len());
    for canary in canaries {
        assert!(!bundle.contains(&canary), "{canary:?} is in:\n{bundle}");
    }
}

#[test]
fn three_failed_runs_put_a_tenant_into_quarantine_and_a_person_ends_it() {
    let mut options = Options::sized(20, 12);
    for fault in
        sync_sandbox::Fault::parse_list("connectwise:403[POST]*always,connectwise:403[PATCH]*always").unwrap()
    {
        options = options.fault(fault);
    }
    let world = World::start(options);
    let failed = |number: u32| {
        let ended = world.run(&["apply", "--auto"]).code(1);
        assert_eq!(ended.err.contains("only plans from now on"), number == 3, "run {number}: {}", ended.err);
    };
    (1..=3).for_each(failed);
    let writes = world.sandbox.calls().writes();
    let refused =
        world.run(&["apply", "--auto"]).code(4).one_error(&["quarantine", "psa-sync quarantine end Contoso"]);
    assert!(!refused.err.contains("only plans from now on"), "told once: {}", refused.err);
    assert_eq!(world.sandbox.calls().writes(), writes, "nothing is sent");
    assert!(world.run(&["quarantine"]).code(3).out.contains("Contoso only plans since"));
    world.run(&["plan"]);
    world.sandbox.clear_faults();
    let ended = world.run(&["quarantine", "end", "Contoso"]).code(0);
    assert!(ended.err.contains("applies again"), "{}", ended.err);
    world.run(&["quarantine"]).code(0);
    let applied = world.run(&["apply", "--auto"]);
    assert!(applied.code == 0 || applied.code == 3, "{}", applied.err);
    world.run(&["quarantine", "end", "Fabrikam"]).code(2).one_error(&["no tenant Fabrikam"]);
}
