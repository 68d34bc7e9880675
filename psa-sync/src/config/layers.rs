//! Layers of configuration as TOML values; the later one wins, key by key.

use super::problem::{ConfigError, explain};
use crate::environment::Environment;
use serde::Deserialize as _;
use sync_core::{model::nearest, policy::PolicyDocument};
use toml::{Table, Value};

/// How the variables of the environment layer begin.
pub(crate) const PREFIX: &str = "PSA_SYNC__";

/// Lays `over` on `base`: tables key by key, mappings field by field, everything else as a whole.
pub(crate) fn lay(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay(below, above),
            (Some(Value::Array(below)), Value::Array(above)) if key == "mapping" => {
                lay_mappings(below, above);
            }
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A mapping of a later layer replaces the one of the same field; the others stay.
fn lay_mappings(below: &mut Vec<Value>, above: &[Value]) {
    let field = |value: &Value| value.get("field").and_then(Value::as_str).map(str::to_owned);
    below.retain(|old| !above.iter().any(|new| field(new).is_some() && field(new) == field(old)));
    below.extend(above.iter().cloned());
}

/// What the environment says: `PSA_SYNC__POLICY__LIFECYCLE__GRACE_READS=3`.
///
/// A value is read as TOML (`3`, `true`, `["member"]`) and, where it is none, as text. `policy` is what the file says of
/// it, on which each variable must fit.
pub(crate) fn environment(environment: &Environment, policy: &Table) -> Result<Table, ConfigError> {
    let mut layer = Table::new();
    for (name, value) in environment.beginning(PREFIX) {
        let variable = format!("environment variable {PREFIX}{name}");
        let path: Vec<String> = name.split("__").map(str::to_lowercase).collect();
        let one = nested(&path, parse(value)).ok_or_else(|| {
            ConfigError::new(&variable, "names no key; write SECTION__KEY after the prefix")
        })?;
        let section = path.first().map_or("", String::as_str);
        let known = ["policy", "psa", "state", "secrets"];
        if !known.contains(&section) {
            let hint = match nearest(section, &known) {
                Some(near) => format!("did you mean `{}`?", near.to_uppercase()),
                None => "PSA, POLICY, STATE and SECRETS can be set here".to_owned(),
            };
            return Err(ConfigError::new(&variable, format!("unknown section `{section}`; {hint}")));
        }
        if let Some(Value::Table(over)) = one.get("policy") {
            let mut merged = policy.clone();
            lay(&mut merged, over);
            read_policy(merged).map_err(|problem| ConfigError::new(&variable, problem))?;
        }
        lay(&mut layer, &one);
    }
    Ok(layer)
}

/// What the environment says of `[secrets]`, whatever else it says.
pub(super) fn secrets(environment: &Environment) -> Table {
    let mut layer = Table::new();
    for (name, value) in environment.beginning(PREFIX) {
        let path: Vec<String> = name.split("__").map(str::to_lowercase).collect();
        if path.first().is_some_and(|section| section == "secrets")
            && let Some(one) = nested(&path, parse(value))
        {
            lay(&mut layer, &one);
        }
    }
    layer
}

/// Reads a policy from merged layers; the problem is in words.
pub(crate) fn read_policy(merged: Table) -> Result<PolicyDocument, String> {
    PolicyDocument::deserialize(Value::Table(merged)).map_err(|error| explain(error.message()))
}

fn parse(value: &str) -> Value {
    let read = format!("v = {value}").parse::<Table>().ok();
    read.filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("v"))
        .unwrap_or_else(|| Value::String(value.to_owned()))
}

fn nested(path: &[String], value: Value) -> Option<Table> {
    if path.len() < 2 || path.iter().any(String::is_empty) {
        return None;
    }
    let (last, above) = path.split_last()?;
    let mut table = Table::new();
    table.insert(last.clone(), value);
    for key in above.iter().rev() {
        table = Table::from_iter([(key.clone(), Value::Table(table))]);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().unwrap()
    }

    fn env(pairs: &[(&str, &str)]) -> Environment {
        Environment::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn a_later_layer_wins_key_by_key() {
        let mut base =
            table("[lifecycle]\ngrace_reads = 2\ngrace_hours = 24\n[scope]\ndepartments = [\"a\"]");
        lay(&mut base, &table("[lifecycle]\ngrace_reads = 3\n[scope]\ndepartments = [\"b\"]"));
        assert_eq!(
            base,
            table("[lifecycle]\ngrace_reads = 3\ngrace_hours = 24\n[scope]\ndepartments = [\"b\"]")
        );
    }

    #[test]
    fn a_mapping_replaces_the_one_of_its_field_only() {
        let mut base = table(
            "[[mapping]]\nfield = \"title\"\nfrom = \"job_title\"\n[[mapping]]\nfield = \"note\"\nfrom = \"city\"",
        );
        lay(&mut base, &table("[[mapping]]\nfield = \"title\"\nfrom = \"employee_type\""));
        let merged = read_policy(base).unwrap();
        assert_eq!(merged.mapping.len(), 2);
        assert!(merged.mapping.iter().any(|m| m.from == "employee_type"));
    }

    #[test]
    fn the_environment_speaks_toml_and_text() {
        let layer = environment(
            &env(&[
                ("PSA_SYNC__POLICY__LIFECYCLE__GRACE_READS", "3"),
                ("PSA_SYNC__POLICY__SCOPE__USER_TYPES", "[\"member\", \"guest\"]"),
                ("PSA_SYNC__PSA__BASE_URL", "https://psa.contoso.example"),
                ("PSA_SYNC_OTHER", "1"),
                ("PATH", "/bin"),
            ]),
            &Table::new(),
        )
        .unwrap();
        assert_eq!(layer["policy"]["lifecycle"]["grace_reads"].as_integer(), Some(3));
        assert_eq!(layer["policy"]["scope"]["user_types"].as_array().map(Vec::len), Some(2));
        assert_eq!(layer["psa"]["base_url"].as_str(), Some("https://psa.contoso.example"));
        assert_eq!(layer.len(), 2);
    }

    #[test]
    fn a_variable_that_fits_nowhere_is_named() {
        for (name, value, says) in [
            ("PSA_SYNC__POLICY__LIFECYCLE__GRACE_RAEDS", "3", "did you mean `grace_reads`?"),
            ("PSA_SYNC__POLICY__LIFECYCLE__GRACE_READS", "often", "a text"),
            ("PSA_SYNC__POLCY__LIFECYCLE__GRACE_READS", "3", "did you mean `POLICY`?"),
            ("PSA_SYNC__TENANTS__0__NAME", "x", "unknown section `tenants`"),
            ("PSA_SYNC__POLICY", "x", "names no key"),
            ("PSA_SYNC__POLICY____X", "x", "names no key"),
        ] {
            let refused = environment(&env(&[(name, value)]), &Table::new()).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains(says), "{refused}");
        }
    }
}
