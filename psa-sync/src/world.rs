//! A configuration that points at a running sandbox, with its secrets in files beside it.

use crate::files::write_private;
use std::{
    io,
    path::{Path, PathBuf},
};
use sync_sandbox::{ConnectWiseAccess, GraphAccess, KaseyaBmsAccess, Sandbox, SyncroAccess, Vendor};

/// The vendors that answer for a PSA of this kind; the directory always does.
pub(crate) fn vendors(psa: &str) -> Option<Vec<Vendor>> {
    let psa = match psa {
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
    /// The secrets by the names of their files.
    secrets: Vec<(&'static str, &'s str)>,
}

/// Writes `psa-sync.toml` for a PSA of this kind and its secrets into a folder, and answers the path of the first.
///
/// A sandbox without `limits` does not refuse fast callers, so the client need not hold back either.
pub(crate) fn write_config(folder: &Path, sandbox: &Sandbox, psa: &str, limits: bool) -> io::Result<PathBuf> {
    let pace = match psa {
        _ if limits => "",
        "kaseyabms" => "requests_per_hour = 1000000\n",
        _ => "requests_per_minute = 1000000\n",
    };
    let GraphAccess { base_url, authority, tenant_id, client_id, client_secret, .. } = sandbox.graph();
    let graph = format!(
        "kind = \"graph\", tenant_id = \"{tenant_id}\", client_id = \"{client_id}\", \
         client_secret = {{ file = \"graph-client-secret\" }}, authority = \"{authority}\", base_url = \"{base_url}\""
    );
    let Place { keys, secrets } = match psa {
        "kaseyabms" => kaseyabms(sandbox),
        "syncro" => syncro(sandbox),
        _ => connectwise(sandbox),
    };
    let text = format!(
        "# Points at a sandbox; gone when it ends.\n\
         [psa]\nkind = \"{psa}\"\n{keys}{pace}\n\
         [[tenants]]\nname = \"Contoso\"\ncompany_id = \"100\"\ndirectory = {{ {graph} }}\n\n\
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

fn connectwise(sandbox: &Sandbox) -> Place<'_> {
    let ConnectWiseAccess { base_url, company, public_key, private_key, client_id, .. } =
        sandbox.connectwise();
    let keys = format!(
        "base_url = \"{base_url}\"\ncompany = \"{company}\"\n\
         public_key = \"{public_key}\"\nprivate_key = {{ file = \"connectwise-private-key\" }}\n\
         client_id = {{ file = \"connectwise-client-id\" }}\nmobile_type = \"Mobile\"\n"
    );
    let secrets =
        vec![("connectwise-private-key", private_key.as_str()), ("connectwise-client-id", client_id)];
    Place { keys, secrets }
}

fn kaseyabms(sandbox: &Sandbox) -> Place<'_> {
    let KaseyaBmsAccess { base_url, username, password, tenant, .. } = sandbox.kaseyabms();
    let keys = format!(
        "base_url = \"{base_url}\"\nusername = \"{username}\"\n\
         password = {{ file = \"kaseyabms-password\" }}\ntenant = \"{tenant}\"\n\
         mobile_type = 2\ncontact_module_id = 14\n"
    );
    Place { keys, secrets: vec![("kaseyabms-password", password)] }
}

fn syncro(sandbox: &Sandbox) -> Place<'_> {
    let SyncroAccess { base_url, api_token, .. } = sandbox.syncro();
    let keys = format!("base_url = \"{base_url}\"\napi_token = {{ file = \"syncro-api-token\" }}\n");
    Place { keys, secrets: vec![("syncro-api-token", api_token)] }
}
