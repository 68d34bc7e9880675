//! The files of the project, read once.

use crate::command::{command, output};
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Paths relative to the root, with `/`, and their text; `None` for what is not text.
#[derive(Debug)]
pub(super) struct Tree(BTreeMap<String, Option<String>>);

impl Tree {
    /// Reads every file that git tracks or would track; without git, everything that is not a build output.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let paths = match output(command(root, "git", &list)) {
            Ok(listed) => listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect(),
            Err(_) => walk(root)?,
        };
        let mut files = BTreeMap::new();
        for path in paths {
            let full = root.join(&path);
            // A file may be deleted and still be in git's index.
            if full.is_file() {
                let bytes = fs::read(&full).with_context(|| format!("cannot read {path}"))?;
                files.insert(path, String::from_utf8(bytes).ok());
            }
        }
        Ok(Self(files))
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All paths, binary files included.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All text files.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// All Rust files.
    pub(super) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter(|(path, _)| path.ends_with(".rs"))
    }

    /// One text file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_deref()
    }

    /// Whether there is such a file, or a folder with a file in it.
    pub(super) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.contains_key(path) || self.0.keys().any(|file| file.starts_with(&folder))
    }

    /// A project in memory.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect())
    }
}

/// Whether a file is test code or test data by where it lies.
pub(super) fn is_test_path(path: &str) -> bool {
    let mut parts: Vec<&str> = path.split('/').collect();
    let file = parts.pop().unwrap_or_default();
    let stem = file.trim_end_matches(".rs");
    stem == "tests"
        || stem.ends_with("_tests")
        || parts.iter().any(|part| matches!(*part, "tests" | "benches" | "fixtures" | "snapshots"))
}

fn walk(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = entry.path();
            if kind.is_dir() && entry.file_name() != "target" && entry.file_name() != ".git" {
                open.push(path);
            } else if kind.is_file() {
                let relative = path.strip_prefix(root)?;
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_code_is_known_by_its_place() {
        for path in
            ["a/tests/b.rs", "tests/src/lib.rs", "a/benches/x.rs", "a/src/tests.rs", "a/src/plan_tests.rs"]
        {
            assert!(is_test_path(path), "{path}");
        }
        for path in ["a/src/test.rs", "a/src/contests.rs", "a/src/lib.rs", "latests/src/lib.rs"] {
            assert!(!is_test_path(path), "{path}");
        }
    }

    #[test]
    fn the_project_is_read_with_and_without_git() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let tree = Tree::read(here).unwrap();
        assert!(tree.text("src/tidy/tree.rs").is_some());
        let walked = walk(here).unwrap();
        assert!(walked.iter().any(|path| path == "src/tidy/tree.rs"));
        assert!(tree.paths().all(|path| walked.iter().any(|other| other == path)));
    }

    #[test]
    fn a_folder_is_there_when_a_file_is_in_it() {
        let tree = Tree::of(&[("docs/adr/0001-a.md", "")]);
        assert!(tree.has("docs/adr") && tree.has("docs/adr/") && tree.has("docs/adr/0001-a.md"));
        assert!(!tree.has("docs/ad"));
    }
}
