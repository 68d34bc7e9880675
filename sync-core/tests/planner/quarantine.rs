//! Tenants whose runs failed again and again.

use crate::{
    applying::Lab,
    world::{World, now, user},
};
use chrono::Duration;
use sync_core::{
    apply::Statistics,
    policy::SyncMode,
    store::{
        EventKind, History, QuarantineStore, RunEnd, RunId, RunStart, end_quarantine, has_failed, watch,
    },
};

/// Runs a tenant once, with so many of its ten creates failing, and looks at how it does.
async fn run(lab: &mut Lab, failing: usize) -> (RunId, Option<EventKind>) {
    lab.now += Duration::hours(1);
    let tenant = lab.world.tenant.name.clone();
    let id = lab.links.hold().0;
    let plan = lab.plan().await;
    let mut report = lab.apply(&plan).await;
    report.statistics = Statistics::default();
    report.statistics.contacts_created = 10 - failing as u64;
    report.statistics.errors = failing as u64;
    let start = RunStart { at: lab.now, sync_mode: SyncMode::Full, undoes: None, plan: &plan };
    lab.links.begin(&tenant, id, &start).await.unwrap();
    let end = RunEnd { at: lab.now, interrupted: false, report: &report };
    lab.links.finish(&tenant, id, id, &end).await.unwrap();
    let event = watch(&lab.links, &tenant, id, lab.now).await.unwrap();
    (id, event.map(|event| event.kind))
}

fn lab() -> Lab {
    Lab::new(World::new().user(user("a", "a@contoso.com")))
}

#[tokio::test]
async fn three_failed_runs_in_a_row_tell_it_once_and_a_person_ends_it_once() {
    let mut lab = lab();
    let tenant = lab.world.tenant.name.clone();
    let mut runs = Vec::new();
    for failing in [5, 5] {
        let (id, event) = run(&mut lab, failing).await;
        runs.push(id);
        assert_eq!(event, None);
    }
    let (id, event) = run(&mut lab, 5).await;
    runs.push(id);
    assert_eq!(event, Some(EventKind::QuarantineBegan));
    let quarantine = lab.links.quarantine(&tenant).await.unwrap().unwrap();
    runs.reverse();
    assert_eq!(quarantine.runs, runs);
    assert_eq!(run(&mut lab, 9).await.1, None, "it is told once");
    let hold = lab.links.hold().0;
    let ended = end_quarantine(&lab.links, &tenant, hold, lab.now).await.unwrap();
    assert_eq!(ended.unwrap().kind, EventKind::QuarantineEnded);
    assert!(end_quarantine(&lab.links, &tenant, hold, lab.now).await.unwrap().is_none());
    assert!(lab.links.quarantine(&tenant).await.unwrap().is_none());
    // What was before a person looked at it counts no more.
    assert_eq!(run(&mut lab, 5).await.1, None);
    assert_eq!(run(&mut lab, 5).await.1, None);
    assert_eq!(run(&mut lab, 5).await.1, Some(EventKind::QuarantineBegan));
    let events = lab.links.events(&tenant, now()).await.unwrap();
    assert_eq!(events.len(), 3);
}

#[tokio::test]
async fn a_run_that_did_well_starts_the_count_anew_and_one_that_tried_nothing_does_not() {
    let mut lab = lab();
    for failing in [5, 5, 4, 5, 5] {
        assert_eq!(run(&mut lab, failing).await.1, None, "{failing} of 10");
    }
    let tenant = lab.world.tenant.name.clone();
    let plan = lab.plan().await;
    let mut report = lab.apply(&plan).await;
    report.statistics = Statistics::default();
    lab.now += Duration::hours(1);
    let id = lab.links.hold().0;
    let start = RunStart { at: lab.now, sync_mode: SyncMode::Full, undoes: None, plan: &plan };
    lab.links.begin(&tenant, id, &start).await.unwrap();
    let end = RunEnd { at: lab.now, interrupted: false, report: &report };
    lab.links.finish(&tenant, id, id, &end).await.unwrap();
    assert!(watch(&lab.links, &tenant, id, lab.now).await.unwrap().is_none());
    assert_eq!(run(&mut lab, 5).await.1, Some(EventKind::QuarantineBegan));
}

#[test]
fn exactly_forty_percent_is_borne() {
    let counts = |failed, done| {
        let mut counts = Statistics::default();
        counts.indeterminate = failed;
        counts.contacts_updated = done;
        has_failed(&counts)
    };
    assert_eq!(counts(4, 6), Some(false));
    assert_eq!(counts(41, 59), Some(true));
    assert_eq!(counts(1, 0), Some(true));
    assert_eq!(counts(0, 0), None);
}
