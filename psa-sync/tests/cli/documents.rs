//! Real documents fit the schemas that `psa-sync schema` prints.

use crate::common::{World, command, run};
use serde_json::Value;
use sync_sandbox::Options;

/// Holds a value against the part of JSON Schema that our schemas use; the problems, with their places.
fn problems(schema: &Value, root: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        let target = root.pointer(target.trim_start_matches('#')).unwrap();
        return problems(target, root, value, at, found);
    }
    if let Some(kinds) = schema["oneOf"].as_array() {
        let fits = kinds.iter().filter(|kind| {
            let mut own = Vec::new();
            problems(kind, root, value, at, &mut own);
            own.is_empty()
        });
        if fits.count() != 1 {
            found.push(format!("{at}: not exactly one form fits {value}"));
        }
        return;
    }
    let is = |kind: &str| match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        "integer" => value.is_u64(),
        other => panic!("the test does not know the type {other}"),
    };
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind)) {
        found.push(format!("{at}: {value} is not {types:?}"));
    }
    if schema.get("const").is_some_and(|constant| constant != value)
        || schema["enum"].as_array().is_some_and(|known| !known.contains(value))
    {
        found.push(format!("{at}: {value} is none of the known values"));
    }
    if let Some(items) = value.as_array().filter(|_| schema.get("items").is_some()) {
        for (index, item) in items.iter().enumerate() {
            problems(&schema["items"], root, item, &format!("{at}/{index}"), found);
        }
    }
    let Some(object) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(required) {
            found.push(format!("{at}: {required} is missing"));
        }
    }
    for (key, value) in object {
        match schema["properties"].get(key) {
            Some(inner) => problems(inner, root, value, &format!("{at}/{key}"), found),
            None if schema.get("properties").is_some() => {
                found.push(format!("{at}: {key} is not in the schema"));
            }
            None => {}
        }
    }
}

fn check(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    problems(schema, schema, document, "", &mut found);
    found
}

#[test]
fn plans_and_reports_fit_their_schemas() {
    let world = World::start(Options::sized(40, 32));
    let schema = |name: &str| world.run(&["schema", name]).code(0).json();
    let plan = world.run(&["plan", "--out", "plan.json", "--format", "json"]).json();
    assert_eq!(check(&schema("plan"), &plan), Vec::<String>::new());
    let report = world.run(&["apply", "plan.json", "--format", "json"]).json();
    assert_eq!(check(&schema("report"), &report), Vec::<String>::new());
    // The validator finds what it is there to find.
    let mut wrong = plan;
    wrong["decisions"][0]["change"]["surprise"] = true.into();
    wrong["summary"].as_object_mut().unwrap().remove("hold");
    assert_eq!(check(&schema("plan"), &wrong).len(), 2);
}

#[test]
fn schemas_of_policy_and_configuration_know_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    for (document, known) in [("policy", "grace_reads"), ("config", "verified_domains")] {
        let schema = run(command(folder.path(), &["schema", document])).code(0);
        assert!(schema.json().is_object() && schema.out.contains(known), "{document}");
    }
    run(command(folder.path(), &["schema", "everything"])).code(2);
}

#[test]
fn the_published_tables_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let tables = run(command(folder.path(), &["capabilities", "--format", "markdown"])).code(0).out;
    let (features, abilities) = tables.trim_end().split_once("\n\n").unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (document, parts) in [("docs/capabilities.md", vec![features, abilities]), ("README.md", vec![features])] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        for part in parts {
            assert!(text.contains(part), "{document} is not fresh: run `cargo xtask tables`");
        }
    }
}
