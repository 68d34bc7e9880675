//! Which process holds a tenant, and whether it is certainly dead.
//!
//! A lease says only until when its holder may be alive. On the holder's own machine more can be known: a process that is
//! not there any more, or whose number another one has by now, writes nothing. Whatever cannot be proved is waited for.

use std::fmt;

/// A process, as it is recorded in the leases that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    machine: String,
    process: u32,
    /// By which it is told from every other process that ever was; `None` where the system does not say.
    identity: Option<Identity>,
}

/// What a process id needs to name one process: numbers are given again by the same machine, start again with every boot,
/// and mean something else in every container.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    boot: String,
    pid_namespace: u64,
    /// Moments are counted from another beginning in every namespace of this kind; 0 where there are none.
    time_namespace: u64,
    /// In ticks since the machine was started.
    started: u64,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, process, identity } = self;
        if machine.is_empty() {
            write!(f, "process {process}")?;
        } else {
            write!(f, "{machine}, process {process}")?;
        }
        let Some(Identity { boot, pid_namespace, time_namespace, started }) = identity else { return Ok(()) };
        write!(f, "{MARK}boot {boot}, namespaces {pid_namespace} and {time_namespace}, started {started})")
    }
}

/// Where the part begins that is not for people.
const MARK: &str = " (";

impl Holder {
    /// What was written by `Display` and names one process; `None` for everything else.
    fn read(text: &str) -> Option<Self> {
        let (plain, rest) = text.rsplit_once(MARK)?;
        let (machine, process) = plain.rsplit_once(", process ")?;
        let (boot, rest) = rest.strip_prefix("boot ")?.split_once(", namespaces ")?;
        let (namespaces, started) = rest.strip_suffix(')')?.split_once(", started ")?;
        let (pid_namespace, time_namespace) = namespaces.split_once(" and ")?;
        let identity = Identity {
            boot: boot.to_owned(),
            pid_namespace: pid_namespace.parse().ok()?,
            time_namespace: time_namespace.parse().ok()?,
            started: started.parse().ok()?,
        };
        let process = process.parse().ok()?;
        Some(Self { machine: machine.to_owned(), process, identity: Some(identity) })
    }
}

/// This process, for the leases that it takes.
pub(crate) fn this_process() -> String {
    ours().to_string()
}

fn ours() -> Holder {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let process = std::process::id();
    Holder { machine: machine.trim().to_owned(), process, identity: system::identity(process) }
}

/// Which start of this machine this is, as its clocks count; `None` where the system does not say.
pub(crate) fn boot() -> Option<String> {
    let identity = ours().identity?;
    Some(format!("{}/{}", identity.boot, identity.time_namespace))
}

/// The part of a holder that is for people: a machine and a process id.
#[must_use]
pub fn holder_for_people(holder: &str) -> &str {
    match Holder::read(holder) {
        Some(_) => holder.rsplit_once(MARK).map_or(holder, |(plain, _)| plain),
        None => holder,
    }
}

/// Whether a holder is certainly dead: a process of this machine, since it was started, in this process's container, that is
/// not there any more.
#[must_use]
pub fn holder_is_dead(holder: &str) -> bool {
    let (Some(theirs), ours) = (Holder::read(holder), ours()) else { return false };
    let (Some(of_theirs), Some(of_ours)) = (&theirs.identity, &ours.identity) else { return false };
    let same_place = !theirs.machine.is_empty()
        && theirs.machine == ours.machine
        && of_theirs.boot == of_ours.boot
        && of_theirs.pid_namespace == of_ours.pid_namespace
        && of_theirs.time_namespace == of_ours.time_namespace;
    same_place && system::is_gone(theirs.process, of_theirs.started)
}

#[cfg(target_os = "linux")]
mod system {
    use super::Identity;
    use rustix::{
        io::Errno,
        process::{Pid, test_kill_process},
    };
    use std::{fs, io::ErrorKind};

    pub(super) fn identity(process: u32) -> Option<Identity> {
        // What is mounted there may be the view of another container, in which numbers mean other processes.
        let own = fs::read_link("/proc/self").ok()?;
        if own.to_str()?.parse::<u32>().ok()? != process {
            return None;
        }
        Some(Identity {
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned(),
            pid_namespace: namespace("pid").ok()?,
            time_namespace: match namespace("time") {
                Ok(number) => number,
                Err(ErrorKind::NotFound) => 0,
                Err(_) => return None,
            },
            started: Stat::of(process)?.started,
        })
    }

    /// The number in `pid:[4026531836]`.
    fn namespace(kind: &str) -> Result<u64, ErrorKind> {
        let target = fs::read_link(format!("/proc/self/ns/{kind}")).map_err(|error| error.kind())?;
        let text = target.to_str().unwrap_or_default();
        let number = text.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
        number.and_then(|number| number.parse().ok()).ok_or(ErrorKind::InvalidData)
    }

    pub(super) fn is_gone(process: u32, started: u64) -> bool {
        let Some(pid) = i32::try_from(process).ok().and_then(Pid::from_raw) else { return false };
        // The kernel itself is asked first: a listing of processes may be kept from this user.
        if test_kill_process(pid) == Err(Errno::SRCH) {
            return true;
        }
        match Stat::of(process) {
            Some(stat) if stat.started != started => true,
            // What is left of a process whose parent has not looked at it yet, and no thread of it.
            Some(stat) => matches!(stat.state, 'Z' | 'X') && threads(process) <= 1,
            None => test_kill_process(pid) == Err(Errno::SRCH),
        }
    }

    fn threads(process: u32) -> usize {
        fs::read_dir(format!("/proc/{process}/task")).map_or(usize::MAX, Iterator::count)
    }

    /// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html (read on 2026-11-28).
    struct Stat {
        state: char,
        started: u64,
    }

    impl Stat {
        fn of(process: u32) -> Option<Self> {
            let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // The second field is the program's name, in which anything may stand.
            let (_, rest) = text.rsplit_once(')')?;
            let mut fields = rest.split_whitespace();
            let state = fields.next()?.chars().next()?;
            Some(Self { state, started: fields.nth(18)?.parse().ok()? })
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Identity;

    pub(super) fn identity(_: u32) -> Option<Identity> {
        None
    }

    pub(super) fn is_gone(_: u32, _: u64) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_is_read_as_it_was_written_and_nothing_else_is() {
        let identity = Identity { boot: "0f-1".into(), pid_namespace: 7, time_namespace: 0, started: 99 };
        let holder = Holder { machine: "web (1), process 3".into(), process: 42, identity: Some(identity) };
        assert_eq!(Holder::read(&holder.to_string()), Some(holder.clone()));
        assert_eq!(holder_for_people(&holder.to_string()), "web (1), process 3, process 42");
        let plain = Holder { identity: None, ..holder };
        assert_eq!(holder_for_people(&plain.to_string()), plain.to_string());
        for text in [
            "",
            "a test",
            "web, process 1",
            "web, process 1 (boot x)",
            "web, process -1 (boot x, namespaces 1 and 2, started 3)",
        ] {
            assert_eq!(Holder::read(text), None, "{text}");
            assert_eq!(holder_for_people(text), text);
            assert!(!holder_is_dead(text));
        }
        assert!(!holder_is_dead(&this_process()), "this one lives");
    }
}
