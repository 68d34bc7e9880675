//! `psa-sync sandbox`: imitations of the vendors' APIs in the foreground, until Ctrl-C or SIGTERM.

use crate::{
    adapters,
    cli::{ReportFormat, SandboxArgs},
    context::Context,
    exit::{Exit, Failure},
    world,
};
use serde_json::json;
use std::{path::Path, time::Duration};
use sync_sandbox::{Fault, Options, Sandbox};

pub(crate) async fn run(context: &mut Context, arguments: SandboxArgs) -> Result<Exit, Failure> {
    let (format, limits) = (arguments.format, arguments.limits);
    let kind = arguments.psa.clone().unwrap_or_else(|| "connectwise".to_owned());
    let options = options(arguments)?;
    let failed = |what: &str, error: std::io::Error| Failure::new(Exit::Failed, format!("{what}: {error}"));
    let listen = options.listen;
    let sandbox = Sandbox::start(options).await.map_err(|error| {
        let exit = if error.kind() == std::io::ErrorKind::InvalidInput { Exit::Usage } else { Exit::Failed };
        Failure::new(exit, format!("the sandbox cannot listen on {listen}: {error}"))
    })?;
    // Asked for before the addresses are printed, so that a signal that comes at once ends it in order.
    let stop = stop_signal().map_err(|error| failed("cannot wait for signals", error))?;
    let folder = tempfile::Builder::new().prefix("psa-sync-sandbox-").tempdir();
    let folder = folder.map_err(|error| failed("cannot make a temporary folder", error))?;
    let config = world::write_config(folder.path(), &sandbox, &kind, limits)
        .map_err(|error| failed("cannot write the sandbox's configuration", error))?;
    context.print(&match format {
        ReportFormat::Json => as_json(&sandbox, &config),
        ReportFormat::Text => as_text(&sandbox, &config),
    })?;
    stop.await;
    sandbox.shutdown().await;
    folder.close().map_err(|error| failed("cannot remove the temporary folder", error))?;
    Ok(Exit::Done)
}

fn options(arguments: SandboxArgs) -> Result<Options, Failure> {
    let SandboxArgs { listen, seed, users, contacts, psa, latency, limits, faults, format: _ } = arguments;
    let mut options = Options::sized(users, contacts.unwrap_or(users * 4 / 5))
        .listen(listen)
        .seed(seed)
        .latency(Duration::from_millis(latency));
    if limits {
        options = options.enforce_limits();
    }
    if let Some(kind) = psa {
        adapters::psa(&kind).map_err(|error| Failure::usage(format!("--psa: {error}")))?;
        let vendors = world::vendors(&kind)
            .ok_or_else(|| Failure::usage(format!("--psa: the sandbox does not imitate `{kind}` yet")))?;
        options = options.vendors(&vendors);
    }
    if !faults.trim().is_empty() {
        let list = Fault::parse_list(&faults).map_err(|error| {
            Failure::usage(format!("--faults: {error} (at character {})", error.position))
        })?;
        for fault in list {
            options = options.fault(fault);
        }
    }
    Ok(options)
}

fn as_json(sandbox: &Sandbox, config: &Path) -> String {
    let (graph, autotask, connectwise) = (sandbox.graph(), sandbox.autotask(), sandbox.connectwise());
    let (kaseyabms, syncro) = (sandbox.kaseyabms(), sandbox.syncro());
    json!({
        "graph": {
            "base_url": graph.base_url, "authority": graph.authority, "tenant_id": graph.tenant_id,
            "client_id": graph.client_id, "client_secret": graph.client_secret,
        },
        "autotask": {
            "base_url": autotask.base_url, "username": autotask.username, "secret": autotask.secret,
            "integration_code": autotask.integration_code,
        },
        "connectwise": {
            "base_url": connectwise.base_url, "company": connectwise.company, "public_key": connectwise.public_key,
            "private_key": connectwise.private_key, "client_id": connectwise.client_id,
        },
        "kaseyabms": {
            "base_url": kaseyabms.base_url, "username": kaseyabms.username, "password": kaseyabms.password,
            "tenant": kaseyabms.tenant,
        },
        "syncro": { "base_url": syncro.base_url, "api_token": syncro.api_token },
        "admin": { "base_url": sandbox.admin_base_url() },
        "config": config,
    })
    .to_string()
}

fn as_text(sandbox: &Sandbox, config: &Path) -> String {
    let (graph, autotask, connectwise) = (sandbox.graph(), sandbox.autotask(), sandbox.connectwise());
    let (kaseyabms, syncro) = (sandbox.kaseyabms(), sandbox.syncro());
    format!(
        "Microsoft Graph  {}\n  tokens         {}\n  tenant         {}\nAutotask         {}\n\
         ConnectWise      {}\n  company        {}\nKaseya BMS       {}\n\
         Syncro           {}\nadmin            {} (calls, state, faults)\nconfiguration    {}\n\n\
         Try: psa-sync plan --config {}\nAll secrets are made up; they are in files beside the configuration.\n\
         Ctrl-C ends it and removes them.",
        graph.base_url,
        graph.authority,
        graph.tenant_id,
        autotask.base_url,
        connectwise.base_url,
        connectwise.company,
        kaseyabms.base_url,
        syncro.base_url,
        sandbox.admin_base_url(),
        config.display(),
        config.display(),
    )
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A terminal that is closed ends it as well, and must not leave its files behind.
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {},
            _ = terminate.recv() => {},
            _ = hangup.recv() => {},
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        // Without signals there is nothing to wait for but the process's end.
        let _ = tokio::signal::ctrl_c().await;
    })
}
