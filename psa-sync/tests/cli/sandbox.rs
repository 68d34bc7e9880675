//! The `sandbox` command as a script uses it.

use crate::common::{command, get, run};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Stdio},
};

/// Ends the process when a test fails half-way.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `psa-sync sandbox --format json` and reads its one line.
pub(crate) fn start(folder: &std::path::Path, arguments: &[&str]) -> (Running, serde_json::Value) {
    let mut all = vec!["sandbox", "--format", "json"];
    all.extend(arguments);
    // One that is killed leaves its files behind: they go with the folder of the test.
    let child = command(folder, &all).env("TMPDIR", folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    let mut line = String::new();
    let stdout = running.0.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (running, serde_json::from_str(&line).unwrap())
}

#[test]
fn one_line_of_json_says_everything_and_a_signal_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, places) = start(folder.path(), &["--users", "12", "--contacts", "9", "--seed", "7"]);
    for (vendor, keys) in [
        ("graph", &["base_url", "authority", "tenant_id", "client_id", "client_secret"][..]),
        ("autotask", &["base_url", "username", "secret", "integration_code"]),
        ("connectwise", &["base_url", "company", "public_key", "private_key", "client_id"]),
        ("kaseyabms", &["base_url", "username", "password", "tenant"]),
        ("syncro", &["base_url", "api_token"]),
        ("admin", &["base_url"]),
    ] {
        for key in keys {
            assert!(places[vendor][key].as_str().is_some_and(|v| !v.is_empty()), "{vendor}.{key}");
        }
    }
    let config = std::path::PathBuf::from(places["config"].as_str().unwrap());
    let text = std::fs::read_to_string(&config).unwrap();
    let secrets = [&places["graph"]["client_secret"], &places["connectwise"]["private_key"]];
    assert!(
        secrets.iter().all(|secret| !text.contains(secret.as_str().unwrap())),
        "secrets by reference only"
    );
    #[cfg(unix)]
    for file in std::fs::read_dir(config.parent().unwrap()).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    let planned =
        run(command(folder.path(), &["plan", "--format", "json", "--config", config.to_str().unwrap()]));
    assert_eq!(planned.json()["summary"]["contacts_read"], 9);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = runtime.block_on(get(&format!("{}/calls", places["admin"]["base_url"].as_str().unwrap())));
    assert!(calls["total"].as_u64().unwrap() > 5 && calls["writes"] == 0, "{calls}");
    #[cfg(unix)]
    {
        let pid = running.0.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert_eq!(running.0.wait().unwrap().code(), Some(0));
        assert!(!config.parent().unwrap().exists(), "the secrets are removed at the end");
        let mut rest = String::new();
        running.0.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_that_is_closed_ends_a_sandbox_without_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let (mut running, places) = start(folder.path(), &["--users", "3", "--contacts", "2"]);
    let config = std::path::PathBuf::from(places["config"].as_str().unwrap());
    let pid = running.0.id().to_string();
    assert!(
        config.exists()
            && std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success()
    );
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    assert!(!config.parent().unwrap().exists());
}

#[test]
fn the_configuration_of_a_sandbox_of_one_psa_points_at_that_one() {
    let folder = tempfile::tempdir().unwrap();
    for (psa, secrets) in [("autotask", &["secret", "integration_code"][..]), ("kaseyabms", &["password"])] {
        let (_running, places) = start(folder.path(), &["--users", "12", "--contacts", "9", "--psa", psa]);
        let config = places["config"].as_str().unwrap();
        let planned = run(command(folder.path(), &["plan", "--format", "json", "--config", config])).json();
        assert_eq!((&planned["psa"], &planned["summary"]["contacts_read"]), (&psa.into(), &9.into()));
        let checked = run(command(folder.path(), &["check", "--config", config])).code(0);
        assert!(checked.out.contains("credentials") && !checked.out.contains("missing"), "{}", checked.out);
        let text = std::fs::read_to_string(config).unwrap();
        let mut secrets = secrets.iter().map(|key| places[psa][key].as_str().unwrap());
        assert!(secrets.all(|secret| !text.contains(secret)), "secrets by reference only");
    }
}

#[test]
fn wrong_sandbox_options_end_with_one_error() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, says) in [
        (&["--listen", "0.0.0.0:0"][..], "loopback"),
        (&["--faults", "connectwise:nonsense"], "--faults"),
        (&["--psa", "kaseybms"], "did you mean `kaseyabms`?"),
    ] {
        let mut all = vec!["sandbox"];
        all.extend(arguments);
        run(command(folder.path(), &all)).code(2).one_error(&[says]);
    }
}
