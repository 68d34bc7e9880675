//! A configuration that points at a running sandbox, with its secrets in files beside it.

use crate::files::write_private;
use std::{
    io,
    path::{Path, PathBuf},
};
use sync_sandbox::{ConnectWiseAccess, GraphAccess, Sandbox, Vendor};

/// The vendors that answer for a PSA of this kind; the directory always does.
pub(crate) fn vendors(psa: &str) -> Option<Vec<Vendor>> {
    let psa = match psa {
        "connectwise" => Vendor::ConnectWise,
        _ => return None,
    };
    Some(vec![Vendor::Login, Vendor::Graph, psa])
}

/// Writes `psa-sync.toml` and its secrets into a folder, and answers the path of the first.
///
/// A sandbox without `limits` does not refuse fast callers, so the client need not hold back either.
pub(crate) fn write_config(folder: &Path, sandbox: &Sandbox, limits: bool) -> io::Result<PathBuf> {
    let pace = if limits { "" } else { "requests_per_minute = 1000000\n" };
    let GraphAccess { base_url, authority, tenant_id, client_id, client_secret, .. } = sandbox.graph();
    let graph = format!(
        "kind = \"graph\", tenant_id = \"{tenant_id}\", client_id = \"{client_id}\", \
         client_secret = {{ file = \"graph-client-secret\" }}, authority = \"{authority}\", base_url = \"{base_url}\""
    );
    let ConnectWiseAccess { base_url, company, public_key, private_key, client_id, .. } =
        sandbox.connectwise();
    let text = format!(
        "# Points at a sandbox; gone when it ends.\n\
         [psa]\nkind = \"connectwise\"\nbase_url = \"{base_url}\"\ncompany = \"{company}\"\n\
         public_key = \"{public_key}\"\nprivate_key = {{ file = \"connectwise-private-key\" }}\n\
         client_id = {{ file = \"connectwise-client-id\" }}\nmobile_type = \"Mobile\"\n{pace}\n\
         [[tenants]]\nname = \"Contoso\"\ncompany_id = \"100\"\ndirectory = {{ {graph} }}\n\n\
         [policy.write_back]\ncontact_id_field = \"Office365Id\"\naccount_presence_field = \"IsOffice365\"\n"
    );
    write_private(&folder.join("graph-client-secret"), client_secret)?;
    write_private(&folder.join("connectwise-private-key"), private_key)?;
    write_private(&folder.join("connectwise-client-id"), client_id)?;
    let path = folder.join("psa-sync.toml");
    write_private(&path, &text)?;
    Ok(path)
}
