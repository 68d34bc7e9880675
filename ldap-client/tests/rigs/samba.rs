//! A Samba domain controller: the semantics of Active Directory.
//!
//! A domain is made once and kept as a template beside the build; each test runs a copy of its own, which takes about
//! a second.

use super::{
    are_there, find_program, own_address, pki::Pki, process::Process, run, wait_for, wait_until_gone,
};
use ldap_client::{Config, Security};
use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash as _, Hasher as _},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

pub const DOMAIN: &str = "DC=corp,DC=example,DC=com";
pub const ADMINISTRATOR: &str = "Administrator@corp.example.com";
pub const ADMINISTRATOR_PASSWORD: &str = "Canary-Adm1n-Passw0rd";
/// An account without any rights of its own.
pub const READER: &str = "svc-sync@corp.example.com";
pub const READER_PASSWORD: &str = "Canary-Reader-Passw0rd1";

/// What is in the domain; a change makes another template.
const PROVISION: &str = include_str!("provision.py");
/// What is in a crowded one beside it.
const CROWD: &str = include_str!("crowd.py");

/// What an administrator does so that an account sees deletions.
const GRANT: &str = include_str!("grant.py");

/// What an administrator does who hides the state of one account.
const NARROW: &str = include_str!("narrow.py");

/// A running domain controller.
#[derive(Debug)]
pub struct Samba {
    process: Process,
    pub address: Ipv4Addr,
    pub pki: Pki,
    folder: TempDir,
}

impl Samba {
    /// Starts one; `None` where there is none to start.
    pub fn start() -> Option<Self> {
        Self::copy_of(template, &[])
    }

    /// Starts one with 1,600 people more, and a group of them.
    pub fn start_crowded() -> Option<Self> {
        Self::copy_of(crowded, &[])
    }

    /// Starts one whose [`READER`] may see deleted objects, and has no other right.
    pub fn start_granted() -> Option<Self> {
        Self::copy_of(granted, &[])
    }

    /// Starts one in which nobody may read the state of one account, alice's.
    pub fn start_narrowed() -> Option<Self> {
        Self::copy_of(narrowed, &[])
    }

    /// Starts one with further lines in its configuration.
    pub fn start_with(lines: &[&str]) -> Option<Self> {
        Self::copy_of(template, lines)
    }

    fn copy_of(original: fn() -> PathBuf, lines: &[&str]) -> Option<Self> {
        if !are_there("Samba", &["samba", "samba-tool", "python3", "ldapmodify"], true) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("dc");
        copy(&original(), &here);
        let address = own_address();
        let pki = Pki::write(&here.join("pki"), &["dc1.corp.example.com", &address.to_string()]);
        let configuration = configure(&here, &address.to_string(), lines);
        let process = Process::start(&mut command(&configuration));
        let mut samba = Self { process, address, pki, folder };
        samba.wait();
        Some(samba)
    }

    fn wait(&mut self) {
        let Self { process, address, .. } = self;
        let there = wait_for((*address, 636).into(), &mut || process.still_runs());
        assert!(there, "samba does not start");
    }

    /// Ends it and starts it again.
    pub fn restart(&mut self) {
        self.process.end();
        // Its children end a moment later, and would still take connections.
        wait_until_gone((self.address, 636).into());
        self.process = Process::start(&mut command(&self.folder.path().join("dc/smb-ldap.conf")));
        self.wait();
    }

    /// The administrator, who sees deleted objects.
    pub fn config(&self) -> Config {
        self.signed_in(ADMINISTRATOR, ADMINISTRATOR_PASSWORD)
    }

    /// An account without any rights of its own.
    pub fn reader(&self) -> Config {
        self.signed_in(READER, READER_PASSWORD)
    }

    fn signed_in(&self, username: &str, password: &str) -> Config {
        let mut config = Config::new(self.address.to_string(), username, password.to_owned().into());
        config.ca_pem = Some(self.pki.ca_pem.clone());
        config.security = Security::Ldaps;
        config
    }

    /// Changes that an administrator makes, as LDIF.
    pub fn modify(&self, ldif: &str) {
        let file = self.folder.path().join("change.ldif");
        fs::write(&file, ldif).unwrap();
        let mut modify = Command::new(find_program("ldapmodify").unwrap());
        modify.env("LDAPTLS_CACERT", self.folder.path().join("dc/pki/ca.pem"));
        modify.args(["-x", "-D", ADMINISTRATOR, "-w", ADMINISTRATOR_PASSWORD]);
        modify.arg("-H").arg(format!("ldaps://{}", self.address)).arg("-f").arg(file);
        run(&mut modify);
    }

    /// What another client reads, as LDIF: a second opinion.
    pub fn search(&self, arguments: &[&str]) -> String {
        let mut search = Command::new(find_program("ldapsearch").unwrap());
        search.env("LDAPTLS_CACERT", self.folder.path().join("dc/pki/ca.pem"));
        search.args(["-x", "-LLL", "-o", "ldif-wrap=no", "-D", ADMINISTRATOR, "-w", ADMINISTRATOR_PASSWORD]);
        search.arg("-H").arg(format!("ldaps://{}", self.address)).args(["-b", DOMAIN]).args(arguments);
        let output = search.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn command(configuration: &Path) -> Command {
    let mut command = Command::new(find_program("samba").unwrap());
    command.args(["--foreground", "--no-process-group"]).arg("--configfile").arg(configuration);
    command
}

/// Debian's own Python comes first, whatever else is on the path.
fn tool() -> Command {
    let mut tool = Command::new(find_program("samba-tool").unwrap());
    tool.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    tool
}

/// Writes the configuration of a controller that answers LDAP only, on one address only.
fn configure(folder: &Path, address: &str, lines: &[&str]) -> PathBuf {
    let here = folder.display();
    let further = lines.join("\n");
    let text = format!(
        "[global]
netbios name = DC1
realm = CORP.EXAMPLE.COM
workgroup = CORP
server role = active directory domain controller
server services = ldap
interfaces = {address}/8
bind interfaces only = yes
private dir = {here}/private
state directory = {here}/state
lock directory = {here}
cache directory = {here}/cache
pid directory = {here}
ncalrpc dir = {here}/ncalrpc
log file = {here}/log.samba
logging = file
tls certfile = {here}/pki/server.pem
tls keyfile = {here}/pki/server.key
tls cafile = {here}/pki/ca.pem
dsdb:schema update allowed = yes
idmap_ldb:use rfc2307 = yes
{further}
"
    );
    let file = folder.join("smb-ldap.conf");
    fs::write(&file, text).unwrap();
    file
}

/// The folder of a domain that is made, once for all tests.
fn template() -> PathBuf {
    once("samba", &[PROVISION], make)
}

/// The same with a crowd in it.
fn crowded() -> PathBuf {
    once("crowded", &[PROVISION, CROWD], |folder| {
        copy(&template(), folder);
        fill(folder, "crowd.py", CROWD);
    })
}

/// The same with the right to see deleted objects.
fn granted() -> PathBuf {
    once("granted", &[PROVISION, GRANT], |folder| {
        copy(&template(), folder);
        fill(folder, "grant.py", GRANT);
    })
}

/// The same with one account whose state is hidden.
fn narrowed() -> PathBuf {
    once("narrowed", &[PROVISION, NARROW], |folder| {
        copy(&template(), folder);
        fill(folder, "narrow.py", NARROW);
    })
}

/// A folder that is made once, whole or not at all, whichever of many test programs comes first.
fn once(name: &str, from: &[&str], make: impl FnOnce(&Path)) -> PathBuf {
    let mut hash = DefaultHasher::new();
    from.hash(&mut hash);
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{:016x}", hash.finish()));
    let lock = fs::File::create(place.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !place.exists() {
        let making = place.with_extension("making");
        let _ = fs::remove_dir_all(&making);
        make(&making);
        fs::rename(&making, &place).unwrap();
    }
    place
}

fn make(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let mut provision = tool();
    provision
        .args(["domain", "provision", "--use-rfc2307", "--realm=CORP.EXAMPLE.COM", "--domain=CORP"])
        .args(["--server-role=dc", "--dns-backend=NONE", "--host-name=dc1", "--host-ip=127.0.0.1"])
        .args(["--option=interfaces=lo", "--option=bind interfaces only=yes"])
        .arg(format!("--adminpass={ADMINISTRATOR_PASSWORD}"))
        .arg(format!("--targetdir={}", folder.display()));
    run(&mut provision);
    fill(folder, "provision.py", PROVISION);
}

/// Runs a script over a domain that is not running.
fn fill(folder: &Path, name: &str, script: &str) {
    let file = folder.join(name);
    fs::write(&file, script).unwrap();
    let configuration = configure(folder, "127.0.0.1", &[]);
    run(Command::new("/usr/bin/python3").arg(file).arg(configuration).arg(READER_PASSWORD));
}

fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to));
}
