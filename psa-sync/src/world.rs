//! A configuration that points at a running sandbox, with its secrets in files beside it.

use crate::files::write_private;
use std::{
    io,
    path::{Path, PathBuf},
};
use sync_sandbox::{
    AutotaskAccess, ConnectWiseAccess, GraphAccess, KaseyaBmsAccess, Sandbox, SyncroAccess, Vendor,
};

/// The vendors that answer for a PSA of this kind; the directory always does.
pub(crate) fn vendors(psa: &str) -> Option<Vec<Vendor>> {
    let psa = match psa {
        "autotask" => Vendor::Autotask,
        "connectwise" => Vendor::ConnectWise,
        "kaseyabms" => Vendor::KaseyaBms,
        "syncro" => Vendor::Syncro,
        _ => return None,
    };
    Some(vec![Vendor::Login, Vendor::Graph, psa])
}

/// The part of a configuration that is about one PSA.
struct Place<'s> {
    /// The keys of `[psa]` but its kind.
    keys: String,
    /// The company that the tenant's people belong to.
    company: &'static str,
    /// The secrets by the names of their files.
    secrets: Vec<(&'static str, &'s str)>,
}

/// Writes `psa-sync.toml` for a PSA of this kind and its secrets into a folder, and answers the path of the first.
///
/// A sandbox without `limits` does not refuse fast callers, so the client need not hold back either.
pub(crate) fn write_config(folder: &Path, sandbox: &Sandbox, psa: &str, limits: bool) -> io::Result<PathBuf> {
    let GraphAccess { base_url, authority, tenant_id, client_id, client_secret, .. } = sandbox.graph();
    let graph = format!(
        "kind = \"graph\", tenant_id = \"{tenant_id}\", client_id = \"{client_id}\", \
         client_secret = {{ file = \"graph-client-secret\" }}, authority = \"{authority}\", base_url = \"{base_url}\""
    );
    let Place { keys, company, secrets } = match psa {
        "autotask" => autotask(sandbox, limits),
        "kaseyabms" => kaseyabms(sandbox, limits),
        "syncro" => syncro(sandbox, limits),
        _ => connectwise(sandbox, limits),
    };
    let text = format!(
        "# Points at a sandbox; gone when it ends.\n\
         [psa]\nkind = \"{psa}\"\n{keys}\n\
         [[tenants]]\nname = \"Contoso\"\ncompany_id = \"{company}\"\ndirectory = {{ {graph} }}\n\n\
         [policy.write_back]\ncontact_id_field = \"Office365Id\"\naccount_presence_field = \"IsOffice365\"\n"
    );
    write_private(&folder.join("graph-client-secret"), client_secret)?;
    for (file, secret) in secrets {
        write_private(&folder.join(file), secret)?;
    }
    let path = folder.join("psa-sync.toml");
    write_private(&path, &text)?;
    Ok(path)
}

/// For a client of a sandbox without limits, where the vendor's are by the minute.
const fn pace(limits: bool) -> &'static str {
    if limits { "" } else { "requests_per_minute = 1000000\n" }
}

fn autotask(sandbox: &Sandbox, limits: bool) -> Place<'_> {
    let AutotaskAccess { base_url, username, secret, integration_code, .. } = sandbox.autotask();
    let pace = if limits { "" } else { "budget_percent = 100\n" };
    let keys = format!(
        "base_url = \"{base_url}\"\nusername = \"{username}\"\nsecret = {{ file = \"autotask-secret\" }}\n\
         integration_code = {{ file = \"autotask-integration-code\" }}\n{pace}"
    );
    let secrets = vec![("autotask-secret", secret.as_str()), ("autotask-integration-code", integration_code)];
    Place { keys, company: "29762100", secrets }
}

fn connectwise(sandbox: &Sandbox, limits: bool) -> Place<'_> {
    let ConnectWiseAccess { base_url, company, public_key, private_key, client_id, .. } =
        sandbox.connectwise();
    let keys = format!(
        "base_url = \"{base_url}\"\ncompany = \"{company}\"\n\
         public_key = \"{public_key}\"\nprivate_key = {{ file = \"connectwise-private-key\" }}\n\
         client_id = {{ file = \"connectwise-client-id\" }}\nmobile_type = \"Mobile\"\n{}",
        pace(limits)
    );
    let secrets =
        vec![("connectwise-private-key", private_key.as_str()), ("connectwise-client-id", client_id)];
    Place { keys, company: "100", secrets }
}

fn kaseyabms(sandbox: &Sandbox, limits: bool) -> Place<'_> {
    let KaseyaBmsAccess { base_url, username, password, tenant, .. } = sandbox.kaseyabms();
    let pace = if limits { "" } else { "requests_per_hour = 1000000\n" };
    let keys = format!(
        "base_url = \"{base_url}\"\nusername = \"{username}\"\n\
         password = {{ file = \"kaseyabms-password\" }}\ntenant = \"{tenant}\"\n\
         mobile_type = 2\ncontact_module_id = 14\n{pace}"
    );
    Place { keys, company: "100", secrets: vec![("kaseyabms-password", password)] }
}

fn syncro(sandbox: &Sandbox, limits: bool) -> Place<'_> {
    let SyncroAccess { base_url, api_token, .. } = sandbox.syncro();
    let pace = pace(limits);
    let keys = format!("base_url = \"{base_url}\"\napi_token = {{ file = \"syncro-api-token\" }}\n{pace}");
    Place { keys, company: "100", secrets: vec![("syncro-api-token", api_token)] }
}
