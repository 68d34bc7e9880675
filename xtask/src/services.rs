//! Servers that tests start themselves, and the Debian packages they come from.
//!
//! A crate whose tests start a real server adds one row to [`SERVICES`]: a name, the packages, and what must be there
//! once they are installed. `cargo xtask test` then sees to it before the tests run:
//!
//! * everything in `needs` is there: nothing is done;
//! * this process is root and there is apt-get: the packages are installed, without starting what they bring;
//! * otherwise the step says SKIPPED and what a person can do. In CI (`CI=true`) and with `--require-tools` that is an
//!   error, and an installation that fails always is.
//!
//! Tests look for the server on their own and say SKIPPED where it is missing, so that `cargo test` works anywhere. In
//! CI they fail instead. They never use a server that the operating system started: each test runs its own, on loopback,
//! and ends it by its process id.

use crate::{
    command::{command, run},
    steps::Steps,
    tools::is_installed,
};
use anyhow::{Context as _, Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A server that tests start, and where it comes from.
#[derive(Debug)]
pub(crate) struct Service {
    /// What it is, for the name of the step.
    pub(crate) name: &'static str,
    /// The packages for apt-get, without what they only recommend.
    pub(crate) packages: &'static [&'static str],
    /// What the tests need: a program's name, looked for where programs of the system are, or an absolute path in which
    /// `*` stands for one folder of any name (`/usr/lib/postgresql/*/bin/initdb`).
    pub(crate) needs: &'static [&'static str],
}

/// What the tests need beside a Rust toolchain. Add a row in the change whose test uses it.
pub(crate) const SERVICES: &[Service] = &[
    Service {
        name: "a Samba domain controller",
        // Without samba-ad-provision there is nothing to make a domain from, without the modules no database opens.
        packages: &[
            "samba",
            "samba-ad-dc",
            "samba-ad-provision",
            "winbind",
            "samba-dsdb-modules",
            "samba-vfs-modules",
        ],
        needs: &["samba", "samba-tool", "/usr/share/samba/setup/provision.ldif"],
    },
    Service {
        name: "an OpenLDAP server",
        packages: &["slapd", "ldap-utils"],
        needs: &["slapd", "slapadd", "ldapsearch", "/usr/lib/ldap/memberof.la"],
    },
    Service {
        name: "a PostgreSQL server",
        packages: &["postgresql"],
        needs: &["/usr/lib/postgresql/*/bin/initdb", "/usr/lib/postgresql/*/bin/postgres"],
    },
];

/// Sees to every service, each as a step of its own.
///
/// # Errors
/// Where an installation fails, and where one is not possible although CI or `--require-tools` asks for it.
pub(crate) fn provide(root: &Path, steps: &mut Steps, is_ci: bool) -> Result<()> {
    for service in SERVICES {
        let name = format!("needs {}", service.name);
        let mut unmet = None;
        steps.run(&name, |_| {
            unmet = provide_one(root, service)?;
            if let (Some(reason), true) = (&unmet, is_ci) {
                anyhow::bail!("{reason}; in CI these tests must run");
            }
            Ok(())
        })?;
        if let Some(reason) = unmet {
            steps.skip(&name, &reason)?;
        }
    }
    Ok(())
}

/// Why the service cannot be had; `None` where it is there.
fn provide_one(root: &Path, service: &Service) -> Result<Option<String>> {
    let apt = is_installed("apt-get", &["--version"]);
    match decide(service, &missing(service), apt, apt && is_root()) {
        Decision::Present => Ok(None),
        Decision::Unavailable(reason) => Ok(Some(reason)),
        Decision::Install => {
            install(root, service)?;
            let missing = missing(service);
            if missing.is_empty() {
                return Ok(None);
            }
            anyhow::bail!(
                "the packages of {} were installed, but {} is missing",
                service.name,
                missing.join(", ")
            )
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Present,
    Install,
    Unavailable(String),
}

fn decide(service: &Service, missing: &[&str], apt: bool, root: bool) -> Decision {
    let shown = missing.join(", ");
    if missing.is_empty() {
        Decision::Present
    } else if !apt {
        Decision::Unavailable(format!("{shown} is missing and there is no apt-get to install it"))
    } else if !root {
        let packages = service.packages.join(" ");
        Decision::Unavailable(format!("{shown} is missing (sudo apt-get install {packages})"))
    } else {
        Decision::Install
    }
}

fn missing(service: &Service) -> Vec<&'static str> {
    service.needs.iter().copied().filter(|needed| !is_there(needed)).collect()
}

/// Servers often lie in folders that are not on the path of ordinary users.
fn is_there(needed: &str) -> bool {
    if let Some(path) = needed.strip_prefix('/') {
        let parts: Vec<&str> = path.split('/').collect();
        return exists(Path::new("/"), &parts);
    }
    let on_path = is_installed("sh", &["-c", "command -v -- \"$0\"", needed]);
    on_path || ["/usr/sbin", "/sbin"].iter().any(|folder| Path::new(folder).join(needed).exists())
}

fn exists(folder: &Path, parts: &[&str]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return folder.exists() };
    if *first != "*" {
        return exists(&folder.join(first), rest);
    }
    fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| exists(&entry.path(), rest)))
}

fn install(root: &Path, service: &Service) -> Result<()> {
    let _quiet = NoServers::new(Path::new("/usr/sbin/policy-rc.d"))?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(service.packages);
    // A fresh machine has no package lists yet, so a first failure is answered with an update.
    if run(apt_get(root, &install)).is_err() {
        run(apt_get(root, &["update"]))?;
        run(apt_get(root, &install))?;
    }
    Ok(())
}

/// While it lives, Debian's packages start no server when they are installed: tests start their own, and a machine that
/// only ran tests must not listen on all its addresses afterwards.
#[derive(Debug)]
struct NoServers {
    written: Option<PathBuf>,
}

impl NoServers {
    /// Writes the policy, unless the machine has one already.
    fn new(policy: &Path) -> Result<Self> {
        let file = fs::OpenOptions::new().write(true).create_new(true).open(policy);
        let mut file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Self { written: None }),
            Err(error) => return Err(error).with_context(|| format!("cannot write {}", policy.display())),
        };
        let written = Self { written: Some(policy.to_owned()) };
        // 101 is "action forbidden by policy" to invoke-rc.d.
        io::Write::write_all(&mut file, b"#!/bin/sh\nexit 101\n")?;
        drop(file);
        run(command(Path::new("/"), "chmod", &["755", &policy.to_string_lossy()]))?;
        Ok(written)
    }
}

impl Drop for NoServers {
    fn drop(&mut self) {
        if let Some(policy) = &self.written {
            // Left behind it would keep servers from starting that someone installs later.
            if let Err(error) = fs::remove_file(policy) {
                eprintln!("cannot remove {}: {error}", policy.display());
            }
        }
    }
}

fn is_root() -> bool {
    command(Path::new("."), "id", &["-u"])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn apt_get(root: &Path, arguments: &[&str]) -> Command {
    let mut apt = command(root, "apt-get", arguments);
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: Service = Service {
        name: "a test server",
        packages: &["one", "two"],
        needs: &["cargo", "no-such-program-here"],
    };

    #[test]
    fn a_service_that_is_there_is_never_installed_again() {
        assert_eq!(decide(&SERVICE, &[], true, true), Decision::Present);
        assert_eq!(decide(&SERVICE, &[], false, false), Decision::Present);
    }

    #[test]
    fn only_root_with_apt_installs() {
        assert_eq!(decide(&SERVICE, &["x"], true, true), Decision::Install);
        let Decision::Unavailable(reason) = decide(&SERVICE, &["x"], true, false) else {
            panic!("a user without rights must not install")
        };
        assert!(reason.contains("apt-get install one two"), "{reason}");
        assert!(matches!(decide(&SERVICE, &["x"], false, false), Decision::Unavailable(_)));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(missing(&SERVICE), ["no-such-program-here"]);
    }

    #[test]
    fn a_star_stands_for_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("15/bin")).unwrap();
        fs::write(folder.path().join("15/bin/initdb"), "").unwrap();
        let there = |end: &str| is_there(&format!("{}{end}", folder.path().display()));
        assert!(there("/15/bin/initdb") && there("/*/bin/initdb"));
        assert!(!there("/*/bin/postgres") && !there("/*/initdb") && !there("/no/*"));
    }

    #[test]
    fn the_policy_is_there_meanwhile_and_an_older_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policy-rc.d");
        let quiet = NoServers::new(&policy).unwrap();
        assert!(is_installed("sh", &["-c", "\"$0\"; test $? = 101", &policy.to_string_lossy()]));
        let second = NoServers::new(&policy).unwrap();
        drop(second);
        assert!(policy.exists());
        drop(quiet);
        assert!(!policy.exists());
    }
}
