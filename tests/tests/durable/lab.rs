//! A sandbox in this process, and runs of its tenant in processes of their own.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};
use sync_core::{
    apply::{Resolution, resolve},
    model::TenantName,
    plan::Subject,
    store::{IntentState, Leases, StateStore},
};
use sync_sandbox::{Options, Sandbox, User};
use sync_state::{Held, PostgresStore, SqliteStore};
use tokio::runtime::Runtime;

pub(crate) const MARK: &str = "Office365Id";

pub(crate) struct Lab {
    pub(crate) sandbox: Sandbox,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) tenant: TenantName,
    state: String,
    folder: tempfile::TempDir,
    pub(crate) runtime: Runtime,
}

/// How a run is made.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) lease_ms: u64,
    pub(crate) timeout_ms: u64,
    pub(crate) lag_ms: u64,
    pub(crate) impatient: bool,
}

impl Pace {
    /// Short enough for many kills, and longer than anything takes on loopback.
    pub(crate) const QUICK: Self = Self { lease_ms: 8_000, timeout_ms: 60, lag_ms: 60, impatient: false };
}

impl Lab {
    pub(crate) fn on_sqlite(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state.sqlite").display().to_string();
        Self::start(options, folder, state)
    }

    pub(crate) fn on_postgres(options: Options, url: String) -> Self {
        Self::start(options, tempfile::tempdir().unwrap(), url)
    }

    fn start(options: Options, folder: tempfile::TempDir, state: String) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        let store: Arc<dyn StateStore> = if state.starts_with("postgres:") {
            Arc::new(runtime.block_on(PostgresStore::connect(&state)).unwrap())
        } else {
            Arc::new(runtime.block_on(SqliteStore::open(&state)).unwrap())
        };
        Self { sandbox, store, tenant: TenantName::new("Contoso"), state, folder, runtime }
    }

    /// What nobody else can say a person says: a create that was looked for in vain twice is to be made. Answers how many
    /// there were. Nothing else may wait for a person in this world: nobody has two contacts to choose from.
    pub(crate) fn a_person_answers(&self) -> usize {
        self.runtime.block_on(async {
            let leases: Arc<dyn StateStore> = Arc::clone(&self.store);
            let leases: Arc<dyn Leases> = leases;
            let hold = Held::take(leases, &self.tenant, Duration::from_secs(20)).await.unwrap().unwrap();
            let mut answered = 0;
            for intent in self.store.load(&self.tenant).await.unwrap().open {
                let Subject::User(user) = &intent.decision.subject else { panic!("only users have creates") };
                let nowhere = IntentState::Indeterminate { contacts: Vec::new() };
                assert_eq!((&intent.state, intent.attempt >= 2), (&nowhere, true), "{user}: {intent:?}");
                let (word, now) = (Resolution::CreateAnyway, chrono::Utc::now());
                assert!(resolve(self.store.as_ref(), &hold, &self.tenant, user, &word, now).await.unwrap());
                answered += 1;
            }
            hold.release().await.unwrap();
            answered
        })
    }

    fn world(&self, pace: Pace) -> PathBuf {
        let (graph, psa) = (self.sandbox.graph(), self.sandbox.connectwise());
        let Pace { lease_ms, timeout_ms, lag_ms, impatient } = pace;
        let world = json!({
            "state": self.state, "lease_ms": lease_ms, "timeout_ms": timeout_ms, "lag_ms": lag_ms, "impatient": impatient,
            "graph": [graph.tenant_id, graph.client_id, graph.client_secret, graph.authority, graph.base_url],
            "connectwise": [psa.base_url, psa.company, psa.public_key, psa.private_key, psa.client_id],
        });
        let path = self.folder.path().join("world.json");
        // Whole or not at all: another run may be reading it.
        let whole = self.folder.path().join("world.json.new");
        std::fs::write(&whole, world.to_string()).unwrap();
        std::fs::rename(&whole, &path).unwrap();
        path
    }

    /// Starts a run, which stops at a step where one is given.
    pub(crate) fn spawn(&self, pace: Pace, stop_at: Option<u64>) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crash-child"));
        command.arg(self.world(pace)).args(stop_at.map(|step| step.to_string()));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Run { child, lines }
    }

    /// One run from beginning to end, and what it said last.
    pub(crate) fn run(&self, pace: Pace) -> String {
        let mut run = self.spawn(pace, None);
        let said = run.line();
        run.child.wait().unwrap();
        said
    }

    /// A new member who has no contact yet.
    pub(crate) fn join(&self, number: u64) -> String {
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let address = format!("joins{number}@contoso.example");
        let mut user = User::new(&id, &address, &format!("Joins {number}"));
        (user.given_name, user.surname) = (Some("Joins".to_owned()), Some(format!("Number{number}")));
        user.proxy_addresses = vec![format!("SMTP:{address}")];
        (user.mail, user.mailbox_purpose) = (Some(address), Some("user".to_owned()));
        self.sandbox.add_user(user);
        id
    }

    /// Every contact as the PSA holds it, by id.
    pub(crate) fn contacts(&self) -> BTreeMap<i64, Value> {
        let all = self.sandbox.connectwise_data().contacts();
        all.into_iter().map(|contact| (contact["id"].as_i64().unwrap(), contact)).collect()
    }

    /// How many contacts carry each user's id.
    pub(crate) fn per_person(&self) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        for contact in self.contacts().values() {
            let fields = contact["customFields"].as_array().cloned().unwrap_or_default();
            let mark = fields.iter().find(|field| field["caption"] == MARK);
            if let Some(id) = mark.and_then(|field| field["value"].as_str()) {
                *counts.entry(id.to_owned()).or_default() += 1;
            }
        }
        counts
    }
}

/// A run in a process of its own.
pub(crate) struct Run {
    pub(crate) child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Run {
    /// The next line that it says; empty at its end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Lets it go on.
    pub(crate) fn go(&mut self) {
        let _ = self.child.stdin.as_mut().unwrap().write_all(b"go\n");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
