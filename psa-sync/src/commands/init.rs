//! `psa-sync init`: a configuration to begin with.

use crate::{
    adapters,
    cli::InitArgs,
    context::Context,
    exit::{Exit, Failure},
    files::write_new,
};

/// Everything that is the same for every adapter.
const HEAD: &str = include_str!("../templates/head.toml");
/// What stands before and after the table of a directory.
const TENANT: &str = include_str!("../templates/tenant.toml");
const ROUTES: &str = include_str!("../templates/routes.toml");
const POLICY: &str = include_str!("../templates/policy.toml");

pub(crate) fn run(context: &mut Context, arguments: &InitArgs) -> Result<Exit, Failure> {
    let text = template(&arguments.psa, &arguments.directory)?;
    let path = &context.global.config;
    write_new(path, &text).map_err(|error| {
        let failure = Failure::usage(format!("cannot write {}: {error}", path.display()));
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Failure::new(Exit::Usage, format!("{} is there already", path.display()))
                .with_hint("it is never overwritten; name another file with --config")
        } else {
            failure
        }
    })?;
    let said = format!(
        "wrote {}\nFill in what is marked TODO, then run `psa-sync check`, then `psa-sync plan`.",
        path.display()
    );
    context.tell(&said);
    Ok(Exit::Done)
}

/// The whole file.
pub(crate) fn template(psa: &str, directory: &str) -> Result<String, Failure> {
    let psa = adapters::psa(psa).map_err(|e| Failure::usage(format!("--psa: {e}")))?;
    let directory =
        adapters::directory(directory).map_err(|e| Failure::usage(format!("--directory: {e}")))?;
    Ok([HEAD, psa.template, "\n", TENANT, directory.template, ROUTES, "\n", POLICY].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;
    use sync_core::policy::PolicyDocument;

    /// The template with every suggestion taken: `#key = value` becomes `key = value`.
    fn uncommented(text: &str) -> toml::Table {
        let is_key = |line: &str| {
            let name: String = line
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '_')
                .collect();
            !name.is_empty() && line.get(name.len()..).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let lines = text.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if is_key(rest) => rest,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n").parse().unwrap()
    }

    #[test]
    fn the_policy_of_the_template_is_the_default_and_complete() {
        let table: toml::Table = template("connectwise", "graph").unwrap().parse().unwrap();
        let policy = table["policy"].as_table().unwrap();
        let read = PolicyDocument::deserialize(toml::Value::Table(policy.clone())).unwrap();
        assert_eq!(read, PolicyDocument::defaults());
        let all = toml::Table::try_from(PolicyDocument::defaults()).unwrap();
        for (section, keys) in all {
            let Some(keys) = keys.as_table() else { continue };
            for key in keys.keys() {
                assert!(policy[&section].get(key).is_some(), "policy.{section}.{key} is not in the template");
            }
        }
    }

    #[test]
    fn every_key_of_every_adapter_is_in_its_template_and_no_other() {
        for adapter in adapters::PSAS {
            let table = uncommented(adapter.template);
            keys_are_all(table["psa"].as_table().unwrap(), adapter.shape.validate);
        }
        for adapter in adapters::DIRECTORIES {
            let table = uncommented(&[TENANT, adapter.template].concat());
            let tenant = table["tenants"][0].clone();
            keys_are_all(tenant["directory"].as_table().unwrap(), adapter.shape.validate);
        }
    }

    fn keys_are_all(table: &toml::Table, validate: fn(toml::Value) -> Result<(), toml::de::Error>) {
        let mut asked = toml::Table::new();
        asked.insert("no_such_key".into(), true.into());
        let answer = validate(toml::Value::Table(asked)).unwrap_err();
        let known: Vec<&str> = answer.message().split('`').skip(3).step_by(2).collect();
        let mut written: Vec<&str> = table.keys().map(String::as_str).filter(|key| *key != "kind").collect();
        written.sort_unstable();
        let mut expected = known.clone();
        expected.sort_unstable();
        assert_eq!(written, expected);
    }
}
