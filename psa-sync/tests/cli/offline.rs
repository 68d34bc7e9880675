//! The same commands over a folder of files.

use crate::common::{Ended, command, run};
use std::path::Path;

/// A copy of a folder that is in the repository.
fn folder() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/offline/published-shapes");
    for file in std::fs::read_dir(original).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

fn psa_sync(folder: &Path, arguments: &[&str]) -> Ended {
    let mut all = vec!["--offline", ".", "--as-of", "2026-03-01T12:00:00Z"];
    all.extend(arguments);
    run(command(folder, &all))
}

#[test]
fn a_folder_is_planned_applied_and_then_in_step() {
    let folder = folder();
    let before = std::fs::read_to_string(folder.path().join("contacts.json")).unwrap();
    let plan = psa_sync(folder.path(), &["plan", "--out", "plan.json", "--format", "json"]).code(0).json();
    assert_eq!(plan["as_of"], "2026-03-01T12:00:00Z");
    assert!(plan["summary"]["create"].as_u64().unwrap() > 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("contacts.json")).unwrap(), before);
    let report = psa_sync(folder.path(), &["apply", "plan.json", "--format", "json"]).code(0).json();
    assert_eq!(report["statistics"]["contacts_created"], plan["summary"]["create"]);
    assert_ne!(std::fs::read_to_string(folder.path().join("contacts.json")).unwrap(), before);
    psa_sync(folder.path(), &["plan", "--detailed-exitcode"]).code(0);
    psa_sync(folder.path(), &["apply", "plan.json"]).code(5).one_error(&["nothing was written"]);
    psa_sync(folder.path(), &["check"]).code(0);
}

#[test]
fn a_folder_that_cannot_be_read_is_wrong_usage() {
    let folder = folder();
    std::fs::write(folder.path().join("contacts.json"), "{\"contacts\": [").unwrap();
    psa_sync(folder.path(), &["plan"]).code(2).one_error(&["contacts.json"]);
    psa_sync(folder.path(), &["plan", "--tenant", "Fabrikam"]).code(2);
    std::fs::remove_file(folder.path().join("users.json")).unwrap();
    psa_sync(folder.path(), &["plan"]).code(2).one_error(&["users.json"]);
}

#[test]
fn quantities_are_planned_from_a_folder_and_set_when_the_saved_plan_is_applied() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let rules = "\n[[quantities]]\nname = \"Seats\"\nline = \"L1\"\ncount = \"all\"\n\n\
                 [[quantities]]\nname = \"Members\"\nline = \"L2\"\ncount = { kind = \"member\" }\n";
    let policy = std::fs::read_to_string(path("policy.toml")).unwrap() + rules;
    std::fs::write(path("policy.toml"), policy).unwrap();
    psa_sync(folder.path(), &["plan", "--quantities"]).code(2).one_error(&["agreements.json", "is missing"]);
    let lines = |first: u64, dynamic: bool| {
        let text = format!(
            r#"{{"lines":[{{"id":"L2","company_id":"100","quantity":{first},"dynamic":{dynamic}}},
                {{"id":"L1","company_id":"100","product":"Workplace","quantity":{first}}}]}}"#
        );
        std::fs::write(path("agreements.json"), text).unwrap();
    };
    lines(0, true);
    let seen = psa_sync(folder.path(), &["plan", "--quantities", "--format", "json"]).code(3).json();
    assert_eq!(seen["decisions"][1]["change"]["reason"]["code"], "dynamic");
    let counted = seen["decisions"][0]["counted"].as_array().unwrap().len() as u64;
    assert!(counted > 2, "{seen}");
    lines(counted, false);
    let text = psa_sync(folder.path(), &["plan", "--quantities", "--all"]).code(0).out;
    assert!(text.contains("0 to set, 0 held, 2 right already. Nothing was written."), "{text}");
    lines(counted - 1, false);
    let seen = psa_sync(folder.path(), &["plan", "--quantities", "--format", "json"]).code(0).json();
    assert_eq!(seen["decisions"][0]["change"]["action"], "set");
    assert_eq!(seen["decisions"][0]["change"]["effective"], "2026-03-01");
    let shown = psa_sync(folder.path(), &["plan", "--quantities", "--out", "q.json"]).code(0).out;
    assert!(shown.contains("2 to set"), "{shown}");
    psa_sync(folder.path(), &["plan", "--quantities", "--department", "Sales"]).code(3);
    psa_sync(folder.path(), &["plan", "--quantities", "--format", "markdown"]).code(2);
    psa_sync(folder.path(), &["plan", "--quantities", "--readiness"]).code(2);
    // The lines are what they were.
    assert!(std::fs::read_to_string(path("agreements.json")).unwrap().contains(&format!("{}", counted - 1)));
    // A plan of quantities is applied as what it is, or not at all.
    psa_sync(folder.path(), &["apply", "q.json"]).code(5).one_error(&["apply FILE --quantities"]);
    psa_sync(folder.path(), &["apply", "q.json", "--quantities", "--allow-units", "L9=3"])
        .code(2)
        .one_error(&["line L9: the plan has no such line"]);
    psa_sync(folder.path(), &["apply", "q.json", "--quantities", "--allow-units", "L1"]).code(2);
    let done = psa_sync(folder.path(), &["apply", "q.json", "--quantities"]).code(0).out;
    assert!(done.contains(&format!("set from {} to {counted} units", counted - 1)), "{done}");
    assert!(done.contains("2 of 2 set"), "{done}");
    psa_sync(folder.path(), &["apply", "q.json", "--quantities"]).code(3);
    let again = psa_sync(folder.path(), &["plan", "--quantities"]).code(0).out;
    assert!(again.contains("2 right already"), "{again}");
}

#[test]
fn readiness_says_what_to_mend_with_exit_code_3_and_writes_nothing() {
    let folder = folder();
    let contacts = folder.path().join("contacts.json");
    let twins = r#"{"contacts":[
        {"id":"1","company_id":"100","first_name":"Ann","last_name":"Lee","email":"ann@contoso.example.com","active":true},
        {"id":"2","company_id":"100","first_name":"Ann","last_name":"Lee","email":"ANN@contoso.example.com","active":false}]}"#;
    std::fs::write(&contacts, twins).unwrap();
    let report = psa_sync(folder.path(), &["plan", "--readiness", "--format", "json"]).code(3).json();
    let found = report["findings"].as_array().unwrap();
    let duplicates = found.iter().find(|finding| finding["kind"] == "duplicate_address").unwrap();
    assert_eq!(duplicates["cases"][0]["keep"]["contact"], "1");
    assert!(psa_sync(folder.path(), &["plan", "--readiness"]).code(3).out.contains("Not ready"));
    psa_sync(folder.path(), &["plan", "--readiness", "--format", "markdown", "--out", "report.md"]).code(3);
    assert!(std::fs::read_to_string(folder.path().join("report.md")).unwrap().starts_with("# "));
    assert_eq!(std::fs::read_to_string(&contacts).unwrap(), twins);
    psa_sync(folder.path(), &["plan", "--readiness", "--detailed-exitcode"]).code(2);
}

#[test]
fn a_folder_in_order_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("policy.toml", "company_id = \"100\"");
    write("companies.json", r#"{"companies":[{"id":"100","name":"Contoso"}]}"#);
    write("contacts.json", r#"{"contacts":[]}"#);
    write(
        "users.json",
        r#"{"value":[{"id":"u1","userPrincipalName":"ann@contoso.example.com","mail":"ann@contoso.example.com",
            "givenName":"Ann","surname":"Lee","userType":"Member","accountEnabled":true,
            "businessPhones":["+1 555 0100"],"proxyAddresses":[]}]}"#,
    );
    assert!(psa_sync(folder.path(), &["plan", "--readiness"]).code(0).out.contains("Ready"));
}

#[test]
fn links_of_an_old_tenant_are_moved_and_nothing_is_written_to_contacts() {
    const NEW: &str = "22222222-3333-4444-8555-666666666666";
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    psa_sync(folder.path(), &["apply", "--auto"]).code(0);
    let old = "11111111-2222-4333-8444-555555555555";
    let linked = read("links.json").matches(&format!("\"entra:{old}:")).count();
    assert!(linked > 0);
    std::fs::write(path("policy.toml"), read("policy.toml").replace(old, NEW)).unwrap();
    psa_sync(folder.path(), &["plan", "--migrate-tenant", "northwind"]).code(2).one_error(&["northwind"]);
    psa_sync(folder.path(), &["plan", "--migrate-tenant", old, "--user", "a@contoso.example.com"]).code(2);
    let arguments = ["plan", "--migrate-tenant", old, "--out", "plan.json", "--format", "json"];
    // One of six contacts has nobody in the new tenant.
    let plan = psa_sync(folder.path(), &arguments).code(3).json();
    assert_eq!(plan["guards"][0]["guard"], "too_few_relinks");
    let moved = &plan["summary"]["link"];
    assert!(moved.as_u64().unwrap() > 0, "{plan}");
    for other in ["create", "update", "deactivate", "reactivate"] {
        assert_eq!(plan["summary"][other], 0, "{other}");
    }
    let contacts = read("contacts.json");
    let companies = read("companies.json");
    assert!(companies.contains(old));
    psa_sync(folder.path(), &["apply", "plan.json"]).code(4).one_error(&["5 of 6"]);
    assert_eq!(read("companies.json"), companies);
    let apply = ["apply", "plan.json", "--allow", "too_few_relinks=5", "--format", "json"];
    let report = psa_sync(folder.path(), &apply).code(0).json();
    assert_eq!(&report["statistics"]["contacts_linked"], moved);
    assert!(read("companies.json").contains(NEW) && !read("companies.json").contains(old));
    assert_eq!(read("contacts.json"), contacts);
    assert!(read("links.json").contains(&format!("\"entra:{NEW}:")));
    let after = psa_sync(folder.path(), &["plan", "--format", "json"]).code(0).json();
    for change in ["create", "update", "link", "deactivate", "reactivate"] {
        assert_eq!(after["summary"][change], 0, "{change}");
    }
}

/// The files of the folder cannot grow: a disk without room.
#[cfg(target_os = "linux")]
#[test]
fn no_report_says_that_something_was_done_that_could_not_be_kept() {
    let folder = folder();
    let before = std::fs::read_to_string(folder.path().join("contacts.json")).unwrap();
    let binary = env!("CARGO_BIN_EXE_psa-sync");
    let script = format!(
        "trap '' 25; ulimit -f 0; exec '{binary}' --offline . --as-of 2026-03-01T12:00:00Z apply --auto --format json"
    );
    let mut shell = std::process::Command::new("/bin/sh");
    shell.env_clear().current_dir(folder.path()).args(["-c", &script]);
    let ended = run(shell).code(1).one_error(&["cannot be written"]);
    assert!(ended.out.is_empty(), "{}", ended.out);
    assert_eq!(std::fs::read_to_string(folder.path().join("contacts.json")).unwrap(), before);
}
