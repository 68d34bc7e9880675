//! The vault, as a person and as a configuration use it.

use crate::common::{Ended, World, command};
use std::{
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};
use sync_sandbox::Options;

/// Runs the binary with something on its standard input.
pub(crate) fn with_input(folder: &Path, arguments: &[&str], input: &str) -> Ended {
    let mut command = command(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that ends without reading closes the pipe, which is no fault of the test.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Ended {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

const SECRETS: &str = "[secrets]\nkey_file = \"vault.key\"\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("psa-sync.toml"), SECRETS).unwrap();
    folder
}

fn psa_sync(folder: &Path, arguments: &[&str]) -> Ended {
    with_input(folder, arguments, "")
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let folder = folder();
    for arguments in [&["secret", "set", "contoso", "hunter2"][..], &["pin", "verify", "ada", "hunter2"]] {
        let refused =
            psa_sync(folder.path(), arguments).code(2).one_error(&["not repeated", "standard input"]);
        assert!(!refused.err.contains("hunter2"), "{}", refused.err);
    }
    psa_sync(folder.path(), &["secret", "set", "contoso", "--company-nota"])
        .code(2)
        .one_error(&["--company-nota"]);
}

#[test]
fn a_secret_is_kept_listed_by_name_and_removed() {
    let folder = folder();
    let at = folder.path();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["there is no vault"]);
    with_input(at, &["secret", "set", "a"], "canary-value").code(2).one_error(&["vault.key"]);
    psa_sync(at, &["secret", "new-key"]).code(0);
    psa_sync(at, &["secret", "new-key"]).code(2).one_error(&["cannot be written"]);
    let set = with_input(at, &["secret", "set", "contoso.secret"], "canary-value\n").code(0);
    with_input(at, &["secret", "set", "b"], "other").code(0);
    let listed = psa_sync(at, &["secret", "list"]).code(0);
    assert_eq!(listed.out, "b\ncontoso.secret\n");
    for ended in [&set, &listed] {
        assert!(!ended.out.contains("canary") && !ended.err.contains("canary"), "{ended:?}");
    }
    for file in std::fs::read_dir(at).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"canary"), "a value lies open");
    }
    psa_sync(at, &["secret", "remove", "b"]).code(0);
    psa_sync(at, &["secret", "remove", "b"]).code(2).one_error(&["no secret of that name"]);
    assert_eq!(psa_sync(at, &["secret", "list"]).code(0).out, "contoso.secret\n");
    with_input(at, &["secret", "set", "../x"], "v").code(2).one_error(&["is called by"]);
    with_input(at, &["secret", "set", "empty"], "\n").code(2).one_error(&["is empty"]);
}

#[test]
fn a_wrong_key_and_an_edited_vault_are_told_and_the_vault_is_left_alone() {
    let folder = folder();
    let at = folder.path();
    psa_sync(at, &["secret", "new-key"]).code(0);
    with_input(at, &["secret", "set", "a"], "canary-value").code(0);
    let vault = at.join("psa-sync.vault");
    let before = std::fs::read_to_string(&vault).unwrap();
    std::fs::rename(at.join("vault.key"), at.join("right.key")).unwrap();
    psa_sync(at, &["secret", "new-key"]).code(2).one_error(&["would not open it"]);
    std::fs::write(
        at.join("psa-sync.toml"),
        "[secrets]\nkey_file = \"other.key\"\nvault = \"other.vault\"\n",
    )
    .unwrap();
    psa_sync(at, &["secret", "new-key"]).code(0);
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\nkey_file = \"other.key\"\n").unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["does not open"]);
    with_input(at, &["secret", "set", "b"], "v").code(2).one_error(&["does not open"]);
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\nkey_file = \"right.key\"\n").unwrap();
    assert_eq!(std::fs::read_to_string(&vault).unwrap(), before);
    let middle = before.find("\"sealed\": \"").unwrap() + 12;
    let mut edited = before.clone();
    let other = if &before[middle..=middle] == "A" { "B" } else { "A" };
    edited.replace_range(middle..=middle, other);
    std::fs::write(&vault, edited).unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["does not open", "changed since"]);
    std::fs::write(&vault, &before[..before.len() / 2]).unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["is no vault"]);
    std::fs::write(at.join("psa-sync.toml"), "").unwrap();
    std::fs::write(&vault, before).unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["no key to open the vault"]);
}

#[test]
fn a_configuration_takes_its_secrets_from_the_vault() {
    let world = World::start(Options::sized(12, 8));
    let config = world.config();
    let from_vault = config
        .replace("{ file = \"private-key\" }", "{ vault = \"connectwise.key\" }")
        .replace("{ file = \"client-secret\" }", "{ vault = \"contoso\" }");
    assert_ne!(from_vault, config);
    world.write("psa-sync.toml", &(from_vault + SECRETS));
    let at = world.folder.path();
    psa_sync(at, &["plan"]).code(2).one_error(&["vault.key"]);
    psa_sync(at, &["secret", "new-key"]).code(0);
    with_input(at, &["secret", "set", "connectwise.key"], &world.sandbox.connectwise().private_key).code(0);
    psa_sync(at, &["plan"]).code(2).one_error(&["tenant Contoso, directory", "no secret of that name"]);
    with_input(at, &["secret", "set", "contoso"], &world.sandbox.graph().client_secret).code(0);
    std::fs::remove_file(world.path("client-secret")).unwrap();
    std::fs::remove_file(world.path("private-key")).unwrap();
    let plan = psa_sync(at, &["plan", "--format", "json", "-vvv"]);
    assert!(plan.code == 0 || plan.code == 3, "{}", plan.err);
    let secret = &world.sandbox.graph().client_secret;
    assert!(!plan.err.contains(secret.as_str()) && !plan.out.contains(secret.as_str()));
}

#[test]
fn a_passphrase_comes_from_where_the_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\npassphrase = { file = \"words\" }\n").unwrap();
    std::fs::write(at.join("words"), "correct horse battery\n").unwrap();
    with_input(at, &["secret", "set", "a"], "canary-value").code(0);
    assert_eq!(psa_sync(at, &["secret", "list"]).code(0).out, "a\n");
    std::fs::write(at.join("words"), "correct horse batterie\n").unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["does not open"]);
    std::fs::write(at.join("words"), "short\n").unwrap();
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["too short"]);
}

#[test]
fn a_sealed_secret_that_does_not_fit_into_the_companys_field_is_refused_whole() {
    let world = World::start(Options::sized(12, 8));
    let config = world.config();
    let sealed = config.replace("{ file = \"client-secret\" }", "{ company_field = \"Tenant365Id\" }");
    world.write("psa-sync.toml", &(sealed + SECRETS));
    let at = world.folder.path();
    psa_sync(at, &["secret", "new-key"]).code(0);
    psa_sync(at, &["plan"]).code(2).one_error(&["no company of Contoso holds a secret"]);
    let secret = world.sandbox.graph().client_secret.clone();
    let arguments = ["secret", "set", "contoso", "--tenant", "Contoso", "--company-field", "Tenant365Id"];
    // A custom field of ConnectWise is taken to hold 100 characters, which a sealed secret is longer than: refused whole.
    let refused = with_input(at, &arguments, &secret).code(1).one_error(&["longer than the 100 characters"]);
    assert!(!refused.err.contains(&secret));
    assert!(!world.sandbox.state().to_string().contains("psa-sync-sealed:"), "nothing was written");
}

#[test]
fn a_vault_gets_another_key_and_keeps_its_secrets() {
    let folder = folder();
    let at = folder.path();
    psa_sync(at, &["secret", "rekey"]).code(2).one_error(&["there is no vault"]);
    psa_sync(at, &["secret", "new-key"]).code(0);
    with_input(at, &["secret", "set", "a"], "canary-value").code(0);
    let first = std::fs::read_to_string(at.join("psa-sync.vault")).unwrap();

    // To another key file, by the one that opens it.
    let told = psa_sync(at, &["secret", "rekey", "--key-file", "second.key"]).code(0);
    assert!(told.err.contains("second.key") && !told.err.contains("canary"), "{}", told.err);
    psa_sync(at, &["secret", "list"]).code(2).one_error(&["does not open"]);
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\nkey_file = \"second.key\"\n").unwrap();
    assert_eq!(psa_sync(at, &["secret", "list"]).code(0).out, "a\n");

    // Killed after the key was made and before the vault had it: the same command ends the work.
    std::fs::write(at.join("psa-sync.vault"), &first).unwrap();
    std::fs::write(at.join("psa-sync.toml"), SECRETS).unwrap();
    let kept = std::fs::read(at.join("second.key")).unwrap();
    psa_sync(at, &["secret", "rekey", "--key-file", "second.key"]).code(0);
    assert_eq!(std::fs::read(at.join("second.key")).unwrap(), kept, "a key is never overwritten");

    // Who has not the key changes nothing, and makes nothing.
    let second = std::fs::read_to_string(at.join("psa-sync.vault")).unwrap();
    psa_sync(at, &["secret", "rekey", "--key-file", "third.key"]).code(2).one_error(&["does not open"]);
    assert!(!at.join("third.key").exists());
    assert_eq!(std::fs::read_to_string(at.join("psa-sync.vault")).unwrap(), second);

    // To a passphrase.
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\nkey_file = \"second.key\"\n").unwrap();
    with_input(at, &["secret", "rekey"], "short\n").code(2).one_error(&["too short"]);
    with_input(at, &["secret", "rekey"], "correct horse battery\n").code(0);
    std::fs::write(at.join("words"), "correct horse battery\n").unwrap();
    std::fs::write(at.join("psa-sync.toml"), "[secrets]\npassphrase = { file = \"words\" }\n").unwrap();
    assert_eq!(psa_sync(at, &["secret", "list"]).code(0).out, "a\n");
}
