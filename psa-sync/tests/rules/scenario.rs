//! What a scenario folder says about itself, and the command lines it is made of.

use psa_sync::{Console, Environment};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// The moment of a step that names none.
const AS_OF: &str = "2026-03-02T12:00:00Z";

/// `scenario.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What happened to somebody, and what must happen in its place.
    why: String,
    step: Vec<Step>,
}

/// One command line. `DIR` in it stands for a folder of its own, where a plan can be saved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// What is new in this step.
    #[serde(default)]
    note: String,
    /// A folder in the scenario's whose files replace the ones before the command runs.
    #[serde(default)]
    files: String,
    /// As many people in step, with contacts and links, are added to the files first.
    #[serde(default)]
    crowd: usize,
    /// So many of them have a disabled account.
    #[serde(default)]
    leavers: usize,
    run: String,
    #[serde(default = "as_of")]
    as_of: String,
    exit: u8,
    /// Files to be shown after it.
    #[serde(default)]
    show: Vec<String>,
}

fn as_of() -> String {
    AS_OF.to_owned()
}

/// Where the scenarios are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules/scenarios")
}

/// The names of all scenarios, in order.
pub(crate) fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Runs every step of a scenario on a copy of its folder, and answers what a person would have seen.
pub(crate) fn told(name: &str) -> String {
    let original = folder().join(name);
    let text = fs::read_to_string(original.join("scenario.toml")).unwrap_or_else(|e| panic!("{name}: {e}"));
    let scenario: Scenario = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let (copy, plans) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    copy_files(&original, copy.path());
    let mut told = format!("{}\n", scenario.why.trim());
    for step in &scenario.step {
        if !step.files.is_empty() {
            copy_files(&original.join(&step.files), copy.path());
        }
        add_crowd(copy.path(), step.crowd, step.leavers);
        let before = content(copy.path());
        let words = step.run.replace("DIR", plans.path().to_str().unwrap());
        let (exit, out, err) = psa_sync(copy.path(), &step.as_of, &words);
        if !step.run.starts_with("apply") {
            assert!(before == content(copy.path()), "{name}: `{}` wrote to the folder", step.run);
        }
        told.push_str(&format!("\n$ psa-sync {} --as-of {}\n", step.run, step.as_of));
        if !step.note.is_empty() {
            told.push_str(&format!("# {}\n", step.note.trim()));
        }
        told.push_str(&format!("\n{out}"));
        told.extend(err.lines().map(|line| format!("stderr: {line}\n")));
        told.push_str(&format!("exit code {exit}\n"));
        for file in &step.show {
            let text = fs::read_to_string(copy.path().join(file)).unwrap();
            told.push_str(&format!("\n{file}:\n{}\n", text.trim_end()));
        }
        assert_eq!(exit, step.exit, "{name}, `{}`:\n{told}", step.run);
    }
    let told =
        told.replace(copy.path().to_str().unwrap(), "FOLDER").replace(plans.path().to_str().unwrap(), "DIR");
    without_digests(&told)
}

/// A digest says nothing to a reader, and every new policy key changes it.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("sha256:\u{2026}");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    out
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.unwrap().path();
        let known = path.extension().is_some_and(|e| e == "json" || e == "toml");
        if path.is_file() && known && path.file_name().unwrap() != "scenario.toml" {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// People beside the ones that the scenario is about, so that percentages have something to be of.
fn add_crowd(folder: &Path, people: usize, leavers: usize) {
    for (file, list, row) in [
        ("users.json", "/value", user as fn(usize, bool) -> serde_json::Value),
        ("contacts.json", "/contacts", contact),
        ("links.json", "/links", link),
    ] {
        if people == 0 {
            continue;
        }
        let path = folder.join(file);
        let mut json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let rows = json.pointer_mut(list).unwrap().as_array_mut().unwrap();
        rows.extend((0..people).map(|n| row(n, n >= leavers)));
        fs::write(&path, json.to_string()).unwrap();
    }
}

fn address(n: usize) -> String {
    format!("crowd{n}@contoso.example.com")
}

fn user(n: usize, enabled: bool) -> serde_json::Value {
    serde_json::json!({
        "id": format!("c0000000-0000-4000-8000-{n:012}"), "userPrincipalName": address(n), "mail": address(n),
        "displayName": format!("Crowd {n}"), "givenName": "Crowd", "surname": n.to_string(), "accountEnabled": enabled,
    })
}

fn contact(n: usize, _enabled: bool) -> serde_json::Value {
    serde_json::json!({
        "id": format!("c{n}"), "company_id": "100", "first_name": "Crowd", "last_name": n.to_string(),
        "email": address(n), "active": true,
    })
}

fn link(n: usize, _enabled: bool) -> serde_json::Value {
    serde_json::json!({
        "source_id": format!("entra:11111111-2222-4333-8444-555555555555:c0000000-0000-4000-8000-{n:012}"),
        "contact_id": format!("c{n}"), "first_linked_at": "2025-06-01T08:00:00Z",
        "last_seen_at": "2026-03-01T12:00:00Z",
    })
}

/// Runs one command line in this process: the exit code, stdout and stderr.
fn psa_sync(folder: &Path, as_of: &str, words: &str) -> (u8, String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let mut arguments: Vec<OsString> = vec!["psa-sync".into()];
    arguments.extend(words.split_whitespace().map(OsString::from));
    arguments.extend(["--offline".into(), folder.into(), "--as-of".into(), as_of.into()]);
    let console = Console::of(out.clone(), err.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let exit = runtime.block_on(psa_sync::run(arguments, Environment::default(), console));
    (exit.code(), out.text(), err.text())
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
