//! A configuration that points at a running sandbox, with its secrets in files beside it.

use crate::files::write_private;
use std::{
    io,
    path::{Path, PathBuf},
};
use sync_sandbox::{AutotaskAccess, ConnectWiseAccess, GraphAccess, Sandbox, Vendor};

/// The PSA that a sandbox's configuration points at where none is named.
pub(crate) const DEFAULT_PSA: &str = "connectwise";

/// The vendors that answer for a PSA of this kind; the directory always does.
pub(crate) fn vendors(psa: &str) -> Option<Vec<Vendor>> {
    let psa = match psa {
        "autotask" => Vendor::Autotask,
        "connectwise" => Vendor::ConnectWise,
        _ => return None,
    };
    Some(vec![Vendor::Login, Vendor::Graph, psa])
}

/// A PSA of the sandbox: its table, and what is said of it elsewhere.
struct PsaSide<'a> {
    /// The lines of `[psa]`, with secrets by file.
    table: String,
    /// The company that holds the tenant's contacts.
    company: &'static str,
    /// Secrets by the names of their files.
    secrets: Vec<(&'static str, &'a str)>,
    /// The lines of `[policy.write_back]`.
    write_back: &'static str,
}

const WRITE_BACK: &str = "contact_id_field = \"Office365Id\"\naccount_presence_field = \"IsOffice365\"\n";

/// Writes `psa-sync.toml` and its secrets into a folder, and answers the path of the first. Another kind than those that
/// [`vendors`] knows is taken for the default one.
///
/// A sandbox without `limits` does not refuse fast callers, so the client need not hold back either.
pub(crate) fn write_config(folder: &Path, sandbox: &Sandbox, psa: &str, limits: bool) -> io::Result<PathBuf> {
    let PsaSide { table, company, secrets, write_back } = match psa {
        "autotask" => autotask(sandbox.autotask(), limits),
        _ => connectwise(sandbox.connectwise(), limits),
    };
    let GraphAccess { base_url, authority, tenant_id, client_id, client_secret, .. } = sandbox.graph();
    let graph = format!(
        "kind = \"graph\", tenant_id = \"{tenant_id}\", client_id = \"{client_id}\", \
         client_secret = {{ file = \"graph-client-secret\" }}, authority = \"{authority}\", base_url = \"{base_url}\""
    );
    let text = format!(
        "# Points at a sandbox; gone when it ends.\n\
         [psa]\n{table}\n\
         [[tenants]]\nname = \"Contoso\"\ncompany_id = \"{company}\"\ndirectory = {{ {graph} }}\n\n\
         [policy.write_back]\n{write_back}"
    );
    write_private(&folder.join("graph-client-secret"), client_secret)?;
    for (file, secret) in secrets {
        write_private(&folder.join(file), secret)?;
    }
    let path = folder.join("psa-sync.toml");
    write_private(&path, &text)?;
    Ok(path)
}

fn autotask(access: &AutotaskAccess, limits: bool) -> PsaSide<'_> {
    let AutotaskAccess { base_url, username, secret, integration_code, .. } = access;
    let pace = if limits { "" } else { "budget_percent = 100\n" };
    PsaSide {
        table: format!(
            "kind = \"autotask\"\nbase_url = \"{base_url}\"\nusername = \"{username}\"\n\
             secret = {{ file = \"autotask-secret\" }}\n\
             integration_code = {{ file = \"autotask-integration-code\" }}\n{pace}"
        ),
        company: "29762100",
        secrets: vec![("autotask-secret", secret), ("autotask-integration-code", integration_code)],
        write_back: WRITE_BACK,
    }
}

fn connectwise(access: &ConnectWiseAccess, limits: bool) -> PsaSide<'_> {
    let ConnectWiseAccess { base_url, company, public_key, private_key, client_id, .. } = access;
    let pace = if limits { "" } else { "requests_per_minute = 1000000\n" };
    PsaSide {
        table: format!(
            "kind = \"connectwise\"\nbase_url = \"{base_url}\"\ncompany = \"{company}\"\n\
             public_key = \"{public_key}\"\nprivate_key = {{ file = \"connectwise-private-key\" }}\n\
             client_id = {{ file = \"connectwise-client-id\" }}\nmobile_type = \"Mobile\"\n{pace}"
        ),
        company: "100",
        secrets: vec![("connectwise-private-key", private_key), ("connectwise-client-id", client_id)],
        write_back: WRITE_BACK,
    }
}
