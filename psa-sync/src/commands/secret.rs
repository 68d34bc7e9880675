//! `psa-sync secret`: keeping secrets encrypted. Values come from a question or from standard input, never from the
//! command line, and are never shown.

mod in_company;

use crate::{
    cli::{SecretAction, SecretArgs},
    config::vault_of,
    context::Context,
    exit::{Exit, Failure},
    vault::{
        VaultError, VaultHandle, VaultKey, change, change_key, check_name, make_key_file, vault_failure,
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{io::Read as _, path::Path};
use sync_core::model::TenantName;
use zeroize::Zeroizing;

/// The most that is read from standard input, in bytes.
const LONGEST: u64 = 64 * 1024 + 2;

pub(crate) async fn run(context: &mut Context, arguments: SecretArgs) -> Result<Exit, Failure> {
    let vault = vault_of(&context.global.config, &context.environment)?;
    match arguments.action {
        SecretAction::Set { name, company_field: Some(field), tenant: Some(tenant), .. } => {
            check_name(&name).map_err(|error| vault_failure(&error))?;
            in_company::set_field(context, &vault, field, &TenantName::new(tenant)).await
        }
        SecretAction::Set { name, company_note: Some(note), tenant: Some(tenant), .. } => {
            for name in [&name, &note] {
                check_name(name).map_err(|error| vault_failure(&error))?;
            }
            in_company::set_note(context, &vault, note, &TenantName::new(tenant)).await
        }
        SecretAction::Set { name, .. } => set(context, &vault, &name),
        SecretAction::List => list(context, &vault),
        SecretAction::Remove { name } => remove(context, &vault, &name),
        SecretAction::NewKey => new_key(context, &vault),
        SecretAction::Rekey { key_file } => rekey(context, &vault, key_file.as_deref()),
    }
}

fn set(context: &mut Context, vault: &VaultHandle, name: &str) -> Result<Exit, Failure> {
    check_name(name).map_err(|error| vault_failure(&error))?;
    let key = key(context, vault, !vault.path().exists())?;
    let value = value(context, name)?;
    let replaced = change(vault.path(), &key, |list| list.set(name, value)).map_err(|e| vault_failure(&e))?;
    let what = if replaced { "replaced" } else { "kept" };
    context.tell(&format!("{name} is {what}; {{ vault = \"{name}\" }} stands for it in the configuration"));
    Ok(Exit::Done)
}

fn list(context: &mut Context, vault: &VaultHandle) -> Result<Exit, Failure> {
    if !vault.path().exists() {
        return Err(vault_failure(&VaultError::Missing(vault.path().to_owned())));
    }
    let key = key(context, vault, false)?;
    let names: Vec<String> = vault.read(&key)?.names().map(str::to_owned).collect();
    if names.is_empty() {
        context.tell("the vault is empty");
    }
    for name in names {
        context.print(&name)?;
    }
    Ok(Exit::Done)
}

fn remove(context: &mut Context, vault: &VaultHandle, name: &str) -> Result<Exit, Failure> {
    if !vault.path().exists() {
        return Err(vault_failure(&VaultError::Missing(vault.path().to_owned())));
    }
    let key = key(context, vault, false)?;
    change(vault.path(), &key, |list| list.remove(name)).map_err(|e| vault_failure(&e))?;
    context.tell(&format!("{name} is removed"));
    Ok(Exit::Done)
}

fn new_key(context: &mut Context, vault: &VaultHandle) -> Result<Exit, Failure> {
    let Some(path) = vault.key_file() else {
        return Err(Failure::usage("`[secrets] key_file = \"PATH\"` says where the key file is to be made"));
    };
    if vault.path().exists() && !path.exists() {
        return Err(Failure::usage(format!(
            "there is a vault at {} already, and a new key would not open it; restore its key, or move it away",
            vault.path().display()
        )));
    }
    make_key_file(&path).map_err(|error| vault_failure(&error))?;
    context
        .tell(&format!("made {}; keep a copy elsewhere: without it nobody opens the vault", path.display()));
    Ok(Exit::Done)
}

/// The new key is on the disk before the vault has it, so that whoever is killed has a vault that one of both opens.
fn rekey(context: &mut Context, vault: &VaultHandle, key_file: Option<&Path>) -> Result<Exit, Failure> {
    if !vault.path().exists() {
        return Err(vault_failure(&VaultError::Missing(vault.path().to_owned())));
    }
    let of_vault = |error: VaultError| vault_failure(&error);
    let old = key(context, vault, false)?;
    vault.read(&old)?;
    let (new, whence) = match key_file {
        Some(path) => {
            if !path.exists() {
                make_key_file(path).map_err(of_vault)?;
            }
            let whence = format!("`[secrets] key_file` must name {} now", path.display());
            (VaultKey::read_file(path).map_err(of_vault)?, whence)
        }
        None => {
            let words = match ask(context, "New passphrase of the vault")? {
                Some(words) => twice(context, words)?,
                None => from_standard_input()?,
            };
            let whence = "`[secrets]` must say where the new passphrase is, and name no key file".to_owned();
            (VaultKey::passphrase(words).map_err(of_vault)?, whence)
        }
    };
    change_key(vault.path(), &old, &new).map_err(of_vault)?;
    context.tell(&format!(
        "the vault has its new key; {whence}. Copies of the vault still open with the old key, and so do secrets kept in \
         companies: set those anew with `secret set --company-field` or `--company-note`"
    ));
    Ok(Exit::Done)
}

/// The key of the vault, asked for where nothing else gives it; twice where it will be the key of a new vault.
fn key(context: &mut Context, vault: &VaultHandle, new: bool) -> Result<VaultKey, Failure> {
    if let Some(key) = vault.key(&context.environment)? {
        return Ok(key);
    }
    let none = || vault_failure(&VaultError::NoneGiven);
    let words = ask(context, "Passphrase of the vault")?.ok_or_else(none)?;
    let words = if new { twice(context, words)? } else { words };
    VaultKey::passphrase(words).map_err(|error| vault_failure(&error))
}

/// A passphrase that was given once more in the same way.
fn twice(context: &mut Context, words: SecretString) -> Result<SecretString, Failure> {
    let again = ask(context, "The same once more")?.ok_or_else(|| vault_failure(&VaultError::NoneGiven))?;
    if again.expose_secret() != words.expose_secret() {
        return Err(Failure::usage("the two passphrases differ; nothing was written"));
    }
    Ok(words)
}

/// The value of a secret: asked for at a terminal, read from standard input elsewhere.
fn value(context: &mut Context, name: &str) -> Result<SecretString, Failure> {
    if let Some(value) = ask(context, &format!("Value of {name}"))? {
        return not_blank(value);
    }
    from_standard_input()
}

fn from_standard_input() -> Result<SecretString, Failure> {
    let cannot =
        |error: std::io::Error| Failure::new(Exit::Failed, format!("cannot read standard input: {error}"));
    // As much room as can be needed, so that no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or(0)));
    std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes).map_err(cannot)?;
    let text = std::str::from_utf8(&bytes).map_err(|_cause| Failure::usage("the secret is no text"))?;
    not_blank(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

fn not_blank(value: SecretString) -> Result<SecretString, Failure> {
    if value.expose_secret().trim().is_empty() {
        return Err(Failure::usage("the secret is empty; nothing was written"));
    }
    Ok(value)
}

pub(super) fn ask(context: &mut Context, question: &str) -> Result<Option<SecretString>, Failure> {
    context.progress.quiet();
    let answer = context.console.ask_secret(question);
    answer.map_err(|error| Failure::new(Exit::Failed, format!("cannot read the answer: {error}")))
}
