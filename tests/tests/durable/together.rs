//! Two runs of one tenant at once, and one that sleeps past its lease.

use crate::{
    lab::{Lab, Pace},
    postgres::Server,
};
use sync_sandbox::Options;

/// How many times; `cargo xtask crash-test` sets the large number.
fn rounds() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the full test is asked for by this variable")]
    let asked = std::env::var("PSA_SYNC_TOGETHER_ROUNDS").ok();
    asked.map_or(8, |text| text.parse().unwrap())
}

fn two_at_once(lab: &Lab) {
    let patient = Pace { impatient: false, ..Pace::QUICK };
    assert!(lab.run(patient).starts_with("done"));
    lab.run(patient);
    let pace = Pace { impatient: true, ..Pace::QUICK };
    let mut refused = 0;
    for round in 0..rounds() {
        lab.join(round);
        let before = lab.contacts().len();
        let mut both = [lab.spawn(pace, None), lab.spawn(pace, None)];
        for run in &mut both {
            assert_eq!(run.line(), "ready");
        }
        both.iter_mut().for_each(|run| run.go());
        let said: Vec<String> = both.iter_mut().map(|run| run.line()).collect();
        for run in &mut both {
            run.child.wait().unwrap();
        }
        assert_eq!(lab.contacts().len(), before + 1, "exactly one writes: {said:?}");
        let created = said.iter().filter(|said| said.contains("changes 1 created 1")).count();
        assert_eq!(created, 1, "{said:?}");
        refused += said.iter().filter(|said| !said.starts_with("done")).count();
        assert!(
            said.iter().all(|s| s.starts_with("held by") || s == "lost the tenant" || s.starts_with("done")),
            "{said:?}"
        );
    }
    assert!(refused > 0, "they met at least once");
}

#[test]
fn of_two_runs_that_start_at_once_exactly_one_writes_on_sqlite() {
    two_at_once(&Lab::on_sqlite(Options::sized(40, 30)));
}

#[test]
fn of_two_runs_that_start_at_once_exactly_one_writes_on_postgresql() {
    let Some(server) = Server::start() else { return };
    two_at_once(&Lab::on_postgres(Options::sized(40, 30), server.url()));
}

fn sleeper_cannot_write(lab: &Lab) {
    assert!(lab.run(Pace::QUICK).starts_with("done"));
    lab.run(Pace::QUICK);
    lab.join(1);
    let short = Pace { lease_ms: 1_500, ..Pace::QUICK };
    // Its second step is right after the intent was recorded, and right before the create is sent.
    let mut sleeper = lab.spawn(short, Some(2));
    assert_eq!(sleeper.line(), "at 2");
    sleeper.signal("-STOP");
    let before = lab.contacts().len();
    // The lease runs out; this one takes over, sees that the create never arrived, and makes it.
    let said = lab.run(Pace { lease_ms: 8_000, ..Pace::QUICK });
    assert!(said.contains("created 1"), "{said}");
    assert_eq!(lab.contacts().len(), before + 1);
    let writes = lab.sandbox.calls().writes();
    sleeper.signal("-CONT");
    sleeper.go();
    let said = sleeper.line();
    sleeper.child.wait().unwrap();
    assert_eq!(lab.sandbox.calls().writes(), writes, "who slept past the lease sends nothing: {said}");
    assert_eq!(said, "lost the tenant");
    assert_eq!(lab.contacts().len(), before + 1);
}

#[test]
fn who_was_paused_past_the_lease_cannot_write_on_sqlite() {
    sleeper_cannot_write(&Lab::on_sqlite(Options::sized(40, 30)));
}

#[test]
fn who_was_paused_past_the_lease_cannot_write_on_postgresql() {
    let Some(server) = Server::start() else { return };
    sleeper_cannot_write(&Lab::on_postgres(Options::sized(40, 30), server.url()));
}
