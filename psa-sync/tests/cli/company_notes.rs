//! Directory secrets that lie sealed in a note of the tenant's company.

use crate::{common::World, secrets::with_input};
use serde_json::Value;
use sync_sandbox::Options;

const SECRETS: &str = "\n[secrets]\nkey_file = \"vault.key\"\n";
const MARK: &str = "[psa-sync secret contoso]";

/// A world whose directory takes its secret from a note, and its key file.
fn world() -> World {
    let world = World::start(Options::sized(12, 8));
    let config = world.config();
    let sealed = config.replace("{ file = \"client-secret\" }", "{ company_note = \"contoso\" }");
    assert_ne!(sealed, config);
    world.write("psa-sync.toml", &(sealed + SECRETS));
    std::fs::remove_file(world.path("client-secret")).unwrap();
    world.run(&["secret", "new-key"]).code(0);
    world
}

fn set(world: &World, secret: &str) -> crate::common::Ended {
    let arguments = ["secret", "set", "contoso", "--tenant", "Contoso", "--company-note", "contoso"];
    with_input(world.folder.path(), &arguments, secret)
}

fn secret(world: &World) -> String {
    world.sandbox.graph().client_secret.clone()
}

fn notes(world: &World) -> Vec<Value> {
    world.sandbox.connectwise_data().company_notes(100)
}

/// The one note of ours: its id and its text.
fn ours(world: &World) -> (i64, String) {
    let ours: Vec<Value> =
        notes(world).into_iter().filter(|note| note["text"].as_str().unwrap().starts_with(MARK)).collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    (ours[0]["id"].as_i64().unwrap(), ours[0]["text"].as_str().unwrap().to_owned())
}

#[test]
fn a_directory_is_read_with_a_secret_that_lies_sealed_in_a_note_and_other_notes_stay_as_they_are() {
    let world = world();
    world.sandbox.connectwise_data().add_company_note(100, "psa-sync secret contoso: ask Tess");
    let technicians = notes(&world);
    world.run(&["plan"]).code(2).one_error(&["no company of Contoso holds a secret", "--company-note"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
    let secret = secret(&world);
    let told = set(&world, &secret).code(0);
    let (first, text) = ours(&world);
    assert!(text.contains("psa-sync-sealed:f1:"), "{text}");
    let plan = world.run(&["plan", "--format", "json", "-vvv"]);
    assert!(plan.code == 0 || plan.code == 3, "{}", plan.err);
    for shown in [&told.out, &told.err, &plan.out, &plan.err, &world.sandbox.state().to_string()] {
        assert!(!shown.contains(&secret), "the secret lies open");
    }
    for shown in [&told.out, &told.err, &plan.out, &plan.err] {
        assert!(!shown.contains("psa-sync-sealed:"), "what is sealed is shown");
    }
    set(&world, "another-secret").code(0);
    let (second, replaced) = ours(&world);
    assert_eq!(second, first, "the note is changed in place");
    assert_ne!(replaced, text);
    assert_eq!(notes(&world)[..1], technicians);
    assert_eq!(notes(&world).len(), 2);
}

#[test]
fn an_edited_a_cut_and_a_copied_note_do_not_open() {
    let world = world();
    set(&world, &secret(&world)).code(0);
    let (id, text) = ours(&world);
    let inside = world.sandbox.connectwise_data();
    let middle = text.len() - 20;
    let mut edited = text.clone();
    edited.replace_range(middle..=middle, if &text[middle..=middle] == "A" { "B" } else { "A" });
    for wrong in [edited.as_str(), &text[..middle], MARK, &format!("{text} (checked, Tess)")] {
        assert!(inside.edit_company_note(id, |note| note["text"] = wrong.into()));
        world.run(&["plan"]).code(2).one_error(&["the company's note contoso holds does not open"]);
    }
    // A line break that became a space is no edit.
    assert!(inside.edit_company_note(id, |note| note["text"] = text.replace('\n', " ").into()));
    let plan = world.run(&["plan"]);
    assert!(plan.code == 0 || plan.code == 3, "{}", plan.err);

    // The same note at another tenant's company, with the same name and the same key.
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    let of_contoso = config.split_once("[[tenants]]").unwrap().1.split_once("[policy").unwrap().0;
    let fabrikam =
        of_contoso.replace("Contoso", "Fabrikam").replace("company_id = \"100\"", "company_id = \"250\"");
    world.write("psa-sync.toml", &format!("{config}\n[[tenants]]{fabrikam}"));
    inside.add_company_note(250, &text);
    world.run(&["plan", "--tenant", "Fabrikam"]).code(2).one_error(&["does not open", "for another tenant"]);
}

#[test]
fn a_note_that_the_psa_cuts_is_refused_and_does_not_open() {
    let world = world();
    world.sandbox.connectwise_data().cut_company_notes(Some(100));
    let secret = secret(&world);
    let refused = set(&world, &secret).code(1).one_error(&["does not hold what was written"]);
    assert!(!refused.err.contains(&secret) && !refused.err.contains("psa-sync-sealed:"), "{}", refused.err);
    world.run(&["plan"]).code(2).one_error(&["does not open"]);
    // Where it fits, the same note is set right.
    world.sandbox.connectwise_data().cut_company_notes(None);
    set(&world, &secret).code(0);
    ours(&world);
    let plan = world.run(&["plan"]);
    assert!(plan.code == 0 || plan.code == 3, "{}", plan.err);
}

#[test]
fn two_notes_of_one_title_are_refused_for_reading_and_for_writing() {
    let world = world();
    set(&world, &secret(&world)).code(0);
    let (_, text) = ours(&world);
    let copy = world.sandbox.connectwise_data().add_company_note(100, &text);
    let before = notes(&world);
    world.run(&["plan"]).code(1).one_error(&["several notes of the company carry the title"]);
    set(&world, "another-secret").code(1).one_error(&["several notes of the company carry the title"]);
    assert_eq!(notes(&world), before, "nothing was written");

    // Two companies of one tenant are no better.
    assert!(world.sandbox.connectwise_data().delete_company_note(copy));
    world.sandbox.connectwise_data().add_company_note(250, &text);
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    let route = "\n[[tenants.routes]]\ncompany_id = \"250\"\norder = 1\nwhen = { department = \"Sales\" }\n\n[policy.write_back]";
    world.write("psa-sync.toml", &config.replacen("\n[policy.write_back]", route, 1));
    world.run(&["plan"]).code(1).one_error(&["companies 100 and 250 both have a note"]);
    set(&world, "another-secret").code(1).one_error(&["companies 100 and 250 both have a note"]);
}

#[test]
fn a_note_that_the_vendor_refuses_or_the_role_may_not_see_is_told_and_the_secret_is_not() {
    let world = world();
    world.sandbox.connectwise_data().deny("company/companies/100/notes");
    let secret = secret(&world);
    let refused = set(&world, &secret).code(1).one_error(&["permission"]);
    assert!(!refused.err.contains(&secret));
    let plan = world.run(&["plan"]).code(1).one_error(&["permission"]);
    assert!(!plan.err.contains("no company of Contoso holds"), "what may not be seen is not absent");
}

#[test]
fn a_psa_without_notes_of_companies_says_so() {
    let world = world();
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    let access = world.sandbox.syncro();
    world.write("token", &access.api_token);
    let psa = format!(
        "[psa]\nkind = \"syncro\"\nbase_url = \"{}\"\napi_token = {{ file = \"token\" }}\n\n[[tenants]]",
        access.base_url
    );
    let (_, tenants) = config.split_once("[[tenants]]").unwrap();
    world.write("psa-sync.toml", &(psa + tenants));
    set(&world, "canary").code(2).one_error(&["syncro has no notes of companies"]);
    world.run(&["plan"]).code(2).one_error(&["syncro has no notes of companies"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[test]
fn a_note_is_named_like_a_secret_and_takes_a_tenant_and_no_field_beside_it() {
    let world = world();
    let at = world.folder.path();
    let set =
        |more: &[&str]| with_input(at, &[&["secret", "set", "contoso"], more].concat(), "canary").code(2);
    set(&["--company-note", "contoso"]).one_error(&["--tenant"]);
    set(&["--tenant", "Contoso"]).one_error(&["--company-field"]);
    set(&["--tenant", "Contoso", "--company-note", "a b"]).one_error(&["is called by"]);
    set(&["--tenant", "Contoso", "--company-note", "a", "--company-field", "b"])
        .one_error(&["cannot be used with"]);
    let config = std::fs::read_to_string(world.path("psa-sync.toml")).unwrap();
    world.write(
        "psa-sync.toml",
        &config.replace("{ file = \"private-key\" }", "{ company_note = \"contoso\" }"),
    );
    world.run(&["plan"]).code(2).one_error(&["is for directories"]);
}
