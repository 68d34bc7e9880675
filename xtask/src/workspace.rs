//! What cargo knows about the workspace: its root, its packages, their dependencies and targets.

use crate::command::{command, output};
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// When a dependency is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// In the crate itself or its build script.
    Normal,
    /// In tests, examples and benches only.
    Dev,
}

/// One crate of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the workspace root, with `/`.
    pub(crate) folder: String,
    /// It may be published.
    pub(crate) published: bool,
    /// The manifest has a description.
    pub(crate) description: bool,
    /// The manifest has a licence expression.
    pub(crate) license: bool,
    /// How many keywords the manifest has.
    pub(crate) keywords: usize,
    /// Folders of the workspace crates that it depends on.
    pub(crate) uses: Vec<(String, Use)>,
    /// Names of its runnable examples.
    pub(crate) examples: Vec<String>,
}

/// The workspace root, asked of cargo so that a moved or copied checkout cannot be mixed up.
///
/// # Errors
/// When cargo finds no workspace from the current folder.
pub(crate) fn root() -> Result<PathBuf> {
    let locate = ["locate-project", "--workspace", "--message-format", "plain"];
    let manifest = output(command(Path::new("."), "cargo", &locate))?;
    let folder = Path::new(manifest.trim_end()).parent().context("the workspace manifest has no folder")?;
    Ok(folder.to_owned())
}

/// All crates of the workspace.
///
/// # Errors
/// When a manifest cannot be read.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    parse(&output(command(root, "cargo", &arguments))?)
}

fn parse(json: &str) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(json).context("cargo metadata wrote no JSON")?;
    let root = text(&metadata, "workspace_root").context("cargo metadata names no workspace root")?;
    rows(&metadata, "packages").map(|package| parse_package(package, root)).collect()
}

fn parse_package(package: &Value, root: &str) -> Result<Package> {
    let name = text(package, "name").context("a package without a name")?.to_owned();
    let manifest = text(package, "manifest_path").context("a package without a manifest")?;
    let folder = manifest.trim_end_matches("Cargo.toml");
    let uses = rows(package, "dependencies").filter_map(|dependency| {
        let folder = relative(text(dependency, "path")?, root)?;
        let how = if text(dependency, "kind") == Some("dev") { Use::Dev } else { Use::Normal };
        Some((folder, how))
    });
    let examples = rows(package, "targets")
        .filter(|target| rows(target, "kind").any(|kind| kind.as_str() == Some("example")))
        .filter_map(|target| text(target, "name").map(str::to_owned));
    Ok(Package {
        folder: relative(folder, root).with_context(|| format!("{name} lies outside the workspace"))?,
        // `publish` is null for "anywhere" and a list of registries otherwise; `publish = false` is the empty list.
        published: package.get("publish").is_none_or(|p| p.as_array().is_none_or(|a| !a.is_empty())),
        description: text(package, "description").is_some_and(|d| !d.trim().is_empty()),
        license: text(package, "license").is_some(),
        keywords: rows(package, "keywords").count(),
        uses: uses.collect(),
        examples: examples.collect(),
        name,
    })
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn rows<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn relative(path: &str, root: &str) -> Option<String> {
    let path = path.strip_prefix(root)?.replace('\\', "/");
    Some(path.trim_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_that_rules_look_at_are_read() {
        let json = r#"{"workspace_root":"/w","packages":[
            {"name":"a","manifest_path":"/w/a/Cargo.toml","publish":null,"description":"x","license":"MIT",
             "keywords":["k"],"targets":[{"kind":["example"],"name":"first"},{"kind":["lib"],"name":"a"}],
             "dependencies":[{"name":"b","path":"/w/b","kind":null},{"name":"c","path":"/w/c","kind":"dev"},
                             {"name":"serde","kind":null}]},
            {"name":"x","manifest_path":"/w/x/Cargo.toml","publish":[],"description":null,"license":null,
             "keywords":[],"targets":[],"dependencies":[]}]}"#;
        let packages = parse(json).unwrap();
        let [a, x] = packages.as_slice() else { panic!("two packages") };
        assert_eq!(
            (a.folder.as_str(), a.published, a.description, a.license, a.keywords),
            ("a", true, true, true, 1)
        );
        assert_eq!(a.uses, [("b".to_owned(), Use::Normal), ("c".to_owned(), Use::Dev)]);
        assert_eq!(a.examples, ["first"]);
        assert_eq!((x.published, x.description, x.license, x.keywords), (false, false, false, 0));
    }

    #[test]
    fn metadata_that_is_not_json_is_an_error() {
        assert!(parse("error: no").is_err());
        assert!(parse("{}").is_err());
    }
}
