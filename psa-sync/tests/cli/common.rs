//! A sandbox in this process, a configuration that points at it, and the binary beside it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use sync_sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How one run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Exactly this exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Exactly one error, and it says this.
    #[track_caller]
    pub(crate) fn one_error(self, says: &[&str]) -> Self {
        assert_eq!(self.err.matches("error:").count(), 1, "{}", self.err);
        for text in says {
            assert!(self.err.contains(text), "{text:?} is not in: {}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

/// The binary without the caller's environment.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_psa-sync"));
    command.env_clear().current_dir(folder).args(arguments);
    command
}

/// Runs it to its end.
pub(crate) fn run(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ended {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A sandbox and a folder with a configuration.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) folder: TempDir,
    // Last, so that the sandbox is dropped while its runtime is still there.
    pub(crate) runtime: Runtime,
}

impl World {
    pub(crate) fn start(options: Options) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let world = Self { sandbox, folder: tempfile::tempdir().unwrap(), runtime };
        let (graph, connectwise) = (world.sandbox.graph(), world.sandbox.connectwise());
        world.write("client-secret", &graph.client_secret);
        world.write("private-key", &connectwise.private_key);
        world.write("client-id", &connectwise.client_id);
        world.write("psa-sync.toml", &world.config());
        world
    }

    /// The configuration as it should be.
    pub(crate) fn config(&self) -> String {
        let (graph, connectwise) = (self.sandbox.graph(), self.sandbox.connectwise());
        format!(
            r#"[psa]
kind = "connectwise"
base_url = "{}"
company = "{}"
public_key = "{}"
private_key = {{ file = "private-key" }}
client_id = {{ file = "client-id" }}
mobile_type = "Mobile"

[[tenants]]
name = "Contoso"
company_id = "100"
directory = {{ kind = "graph", tenant_id = "{}", client_id = "{}", client_secret = {{ file = "client-secret" }}, authority = "{}", base_url = "{}" }}

[policy.write_back]
contact_id_field = "Office365Id"
account_presence_field = "IsOffice365"
"#,
            connectwise.base_url,
            connectwise.company,
            connectwise.public_key,
            graph.tenant_id,
            graph.client_id,
            graph.authority,
            graph.base_url,
        )
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs the binary in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(command(self.folder.path(), arguments))
    }

    /// Nothing was written to the PSA, and nothing is remembered.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        assert_eq!(self.sandbox.calls().writes(), 0);
        assert!(!self.path("psa-sync-state").exists(), "a state folder was made");
    }
}

/// Gets a JSON document.
pub(crate) async fn get(url: &str) -> serde_json::Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let text = client.get(url).send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}
