//! Real LDAP servers for tests, each on an address of its own on loopback, ended by the process id that started them.
//!
//! `cargo xtask test` installs what they need (xtask/src/services.rs). Where it is missing, a rig is `None` and the test
//! says SKIPPED; in CI that is a failure.

#![allow(dead_code, reason = "each test program uses a part of the rigs")]
#![allow(clippy::print_stderr, reason = "a test that does not run says so")]

pub mod pki;
pub mod process;
pub mod samba;
pub mod slapd;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Whether the programs are there. Says SKIPPED where they are not, and fails where CI must run everything.
pub fn are_there(rig: &str, programs: &[&str], as_root: bool) -> bool {
    let missing: Vec<&str> =
        programs.iter().copied().filter(|program| find_program(program).is_none()).collect();
    let reason = if !missing.is_empty() {
        format!("{} is not installed (cargo xtask test as root installs it)", missing.join(", "))
    } else if as_root && !is_root() {
        "it listens on ports that only root may open".to_owned()
    } else {
        return true;
    };
    #[expect(clippy::disallowed_methods, reason = "CI says so by this variable only")]
    let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(!ci, "{rig}: {reason}; in CI this must run");
    eprintln!("SKIPPED: {rig}: {reason}");
    false
}

/// Servers often lie in folders that are not on the path of ordinary users.
pub fn find_program(name: &str) -> Option<String> {
    ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        .iter()
        .map(|folder| format!("{folder}/{name}"))
        .find(|path| Path::new(path).exists())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// An address on loopback that no other test of this run has.
pub fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id().wrapping_mul(8).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    let part = |divisor: u32| u8::try_from(2 + number / divisor % 250).unwrap();
    Ipv4Addr::new(127, part(62_500), part(250), part(1))
}

/// A port that nobody listens on; nobody else uses the address.
pub fn free_port(address: Ipv4Addr) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until a server listens. There is nothing else to wait on: it is another process.
pub fn wait_for(address: SocketAddr, still_runs: &mut dyn FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
            return true;
        }
        if !still_runs() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}

/// Waits until nobody listens any more.
pub fn wait_until_gone(address: SocketAddr) {
    let start = Instant::now();
    while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(60), "{address} is still taken");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
