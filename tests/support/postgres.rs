//! A private PostgreSQL server in a temporary folder, on a socket of its own; it ends when this is dropped.
//!
//! Where the server's programs are not installed, tests say SKIPPED and why. `cargo xtask test` installs them.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) struct Server {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Server {
    /// Starts a server; `None`, and the reason on stderr, where that cannot be.
    #[allow(clippy::print_stderr, clippy::disallowed_methods, reason = "a test that cannot run says so")]
    pub(crate) fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(server) => Some(server),
            Err(reason) => {
                let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
                assert!(!in_ci, "no PostgreSQL server: {reason}; in CI these tests must run");
                eprintln!("SKIPPED: no PostgreSQL server: {reason}");
                None
            }
        }
    }

    fn try_start() -> Result<Self, String> {
        let programs = programs().ok_or("initdb and postgres are not installed (Debian: postgresql)")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let data = folder.path().join("data");
        if is_root() {
            // The server refuses to run as root.
            let user = Command::new("chown").arg("postgres").arg(folder.path()).status();
            if !user.is_ok_and(|status| status.success()) {
                return Err("running as root, and there is no user `postgres` to run the server as".into());
            }
        }
        let mut initdb = as_ordinary_user(&programs.join("initdb"));
        initdb.args(["--auth=trust", "--username=tester", "--encoding=UTF8", "--no-sync", "-D"]).arg(&data);
        let made = initdb.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err("initdb failed".into());
        }
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let port = listener.local_addr().map_err(|error| error.to_string())?.port();
        drop(listener);
        let child = serve(&programs, folder.path(), port)?;
        let mut server = Self { folder, port, child };
        server.wait(&programs)?;
        Ok(server)
    }

    fn wait(&mut self, programs: &Path) -> Result<(), String> {
        let patience = Instant::now() + Duration::from_secs(30);
        while !self.answers(programs) {
            if Instant::now() > patience || self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err("the server did not start".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts it again, on what it had written.
    #[allow(
        dead_code,
        clippy::unwrap_used,
        reason = "not every suite needs it; a test that cannot set up fails"
    )]
    pub(crate) fn restart(&mut self) {
        let programs = programs().unwrap();
        self.child = serve(&programs, self.folder.path(), self.port).unwrap();
        self.wait(&programs).unwrap();
    }

    fn answers(&self, programs: &Path) -> bool {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        ready.status().is_ok_and(|status| status.success())
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://tester@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends the server at once, as a machine that fails.
    #[allow(dead_code, reason = "not every suite needs it")]
    pub(crate) fn kill(&mut self) {
        self.signal("-QUIT");
        let _ = self.child.wait();
    }

    fn signal(&self, signal: &str) {
        // The first line of this file is the server's process id; the child may be a program that changed the user.
        let pid = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args([signal, pid]).status();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("-QUIT");
        let _ = self.child.wait();
    }
}

fn serve(programs: &Path, folder: &Path, port: u16) -> Result<Child, String> {
    let mut postgres = as_ordinary_user(&programs.join("postgres"));
    postgres.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    postgres.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    let child = postgres.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.map_err(|error| error.to_string())
}

fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|version| version.path().join("bin")).collect();
    found.retain(|folder| folder.join("initdb").exists());
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn as_ordinary_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(program);
    command
}
