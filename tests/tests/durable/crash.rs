//! `kill -9` at every step of the journal and at random instants, with faults on.

use crate::lab::{Lab, Pace};
use std::{collections::BTreeSet, time::Duration};
use sync_core::model::ContactId;
use sync_sandbox::Options;

/// How many kills; `cargo xtask crash-test` sets the large number.
fn kills() -> u64 {
    #[allow(clippy::disallowed_methods, reason = "the full test is asked for by this variable")]
    let asked = std::env::var("PSA_SYNC_CRASH_KILLS").ok();
    asked.map_or(60, |text| text.parse().unwrap())
}

/// A generator of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

const FAULTS: [&str; 5] = [
    "connectwise:reset-after-commit[POST]@2",
    "connectwise:500[POST]@3",
    "connectwise:429=0s[POST]@2",
    "connectwise:truncated-body[POST]@1",
    "connectwise:reset[PATCH]@1",
];

#[test]
fn a_run_killed_anywhere_leaves_no_duplicate_no_lost_update_and_no_write_without_its_plan() {
    let lab = Lab::on_sqlite(Options::sized(240, 60));
    let before = lab.contacts();
    let mut numbers = Numbers(7);
    let (mut killed, mut joined, mut step) = (0, 0, 1);
    while killed < kills() {
        if killed % 3 == 0 {
            let fault = FAULTS[usize::try_from(numbers.next(FAULTS.len() as u64)).unwrap()];
            lab.sandbox.inject(fault.parse().unwrap());
        }
        // Every second kill falls on the next step of the journal, the others on a random instant.
        let at_step = killed % 2 == 0;
        let mut run = lab.spawn(Pace::QUICK, at_step.then_some(step));
        if at_step {
            let said = run.line();
            step = if said == format!("at {step}") { step % 97 + 1 } else { 1 };
        } else {
            std::thread::sleep(Duration::from_millis(40 + numbers.next(400)));
        }
        // The next run takes over at once, because this one is provably dead.
        run.kill();
        killed += 1;
        // There is always something left to write.
        for _ in 0..4 {
            joined += 1;
            lab.join(joined);
        }
    }
    lab.sandbox.clear_faults();
    // The first run settles what the last kill left and does all the work that is left, but for creates that were looked
    // for in vain twice: those wait for a person, who lets them be made. The second one makes them, the third finds nothing.
    let first = lab.run(Pace::QUICK);
    let answered = lab.a_person_answers();
    let second = lab.run(Pace::QUICK);
    assert_eq!(lab.a_person_answers(), 0, "nothing more is asked: {first}, {second}");
    let third = lab.run(Pace::QUICK);
    assert!(
        third.contains("changes 0 created 0 open 0"),
        "everything is in step: {first}, {second}, {third}"
    );
    println!("{killed} kills, {joined} joined, {answered} creates waited for a person; {first}; {second}");
    let people = lab.per_person();
    let doubled: Vec<_> = people.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
    assert!(u64::try_from(people.len()).unwrap() > 150 + joined, "nobody is missing: {}", people.len());
    check_records(&lab, &before);
}

/// The records against what the sandbox holds: every contact that is new or other than it was is named by an intent whose
/// plan contains it; reports add up, and the creates they count are the contacts there are.
fn check_records(lab: &Lab, before: &std::collections::BTreeMap<i64, serde_json::Value>) {
    lab.runtime.block_on(async {
        let runs = lab.store.runs(Some(&lab.tenant), None, 100_000).await.unwrap();
        let (mut written, mut created) = (BTreeSet::new(), 0);
        for record in &runs {
            let plan = lab.store.plan(record.run).await.unwrap().unwrap();
            plan.verify().unwrap();
            for intent in lab.store.intents(record.run).await.unwrap() {
                let planned = plan.decisions.iter().nth(intent.place as usize);
                assert_eq!(planned.as_ref(), Some(&intent.decision), "run {}", record.run);
                written.extend(intent.contact().cloned());
                assert!(!intent.state.is_open(), "run {}: {:?}", record.run, intent.state);
            }
            let report = lab.store.report(record.run).await.unwrap().unwrap();
            let s = report.statistics;
            let applied = s.contacts_created
                + s.contacts_updated
                + s.contacts_linked
                + s.contacts_deactivated
                + s.contacts_reactivated;
            let others = s.contacts_skipped + s.held + s.stale + s.indeterminate + s.not_attempted + s.errors;
            assert_eq!(s.decisions, applied + others, "run {}: {s:?}", record.run);
            created += s.contacts_created;
        }
        let now = lab.contacts();
        let new = now.keys().filter(|id| !before.contains_key(id)).count();
        for (id, contact) in &now {
            if before.get(id) != Some(contact) {
                let id = ContactId::new(id.to_string());
                assert!(written.contains(&id), "contact {id} was written by no intent");
            }
        }
        let open = lab.store.load(&lab.tenant).await.unwrap().open;
        assert!(open.is_empty());
        // A create of which a killed run learned nothing is counted by its own report once it was adopted, or by no
        // report where the next plan found it first and linked it.
        assert!(created <= new as u64, "{created} counted, {new} there");
        let done: usize = {
            let mut done = 0;
            for record in &runs {
                let intents = lab.store.intents(record.run).await.unwrap();
                done += intents.iter().filter(|i| i.is_create() && i.state.as_str() == "done").count();
            }
            done
        };
        assert_eq!(done, new, "every contact that is new was made by exactly one create");
    });
}
