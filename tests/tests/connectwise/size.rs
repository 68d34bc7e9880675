//! The main job at its size: what it calls, and that it comes to rest.

use crate::world::World;
use chrono::TimeDelta;
use sync_core::plan::Action;
use sync_sandbox::{Calls, Vendor};

const PATCH: &str = "/{codebase}/apis/3.0/company/contacts/{id}";
const CONTACTS: &str = "/{codebase}/apis/3.0/company/contacts";

/// Everything that reading both sides once takes: a token, a place to read changes from later, three pages of users, the
/// products; the code base, two look-ups, three pages of contacts.
fn assert_one_read_of_both(calls: &Calls) {
    assert_eq!(calls.of(Vendor::Login), 1);
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/users"), 3);
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/subscribedSkus"), 1);
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/users/delta"), 1);
    assert_eq!(calls.of(Vendor::Graph), 5, "{calls:?}");
    assert_eq!(calls.count(Vendor::ConnectWise, "GET", "/login/companyinfo/{company}"), 1);
    assert_eq!(calls.count(Vendor::ConnectWise, "GET", CONTACTS), 3);
    assert_eq!(calls.of(Vendor::ConnectWise), 6, "{calls:?}");
    assert_eq!(calls.writes(), 0);
}

#[tokio::test]
async fn two_and_a_half_thousand_users_come_to_rest_in_one_run_with_one_write_per_change() {
    let mut world = World::of(2_500, 2_400).await;
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    assert_one_read_of_both(&world.sandbox.calls());
    let summary = plan.summary;
    assert_eq!((summary.users_read, summary.contacts_read), (2_500, 2_400));
    assert!(summary.create > 20 && summary.update > 100 && summary.deactivate > 0, "{summary:?}");
    assert!(plan.guards.is_empty(), "{:?}", plan.guards);

    world.sandbox.reset_calls();
    let report = world.apply(&connected, &plan).await;
    let (calls, done) = (world.sandbox.calls(), report.statistics);
    assert_eq!((done.errors, done.stale, done.indeterminate, done.not_attempted), (0, 0, 0, 0));
    assert_eq!(done.contacts_created, summary.create);
    assert_eq!(done.contacts_updated, summary.update);
    assert_eq!(
        calls.count(Vendor::ConnectWise, "POST", CONTACTS),
        summary.create,
        "one call per created contact"
    );
    let patched = summary.update + summary.deactivate + summary.reactivate;
    assert_eq!(calls.count(Vendor::ConnectWise, "PATCH", PATCH), patched, "one write per changed contact");
    assert_eq!(calls.writes(), summary.create + patched);
    assert_eq!(
        calls.count(Vendor::ConnectWise, "GET", CONTACTS),
        3,
        "the contacts are listed once before writing"
    );
    assert_eq!(
        calls.of(Vendor::Graph) + calls.of(Vendor::Login),
        0,
        "applying asks nothing of the directory"
    );

    world.pass(TimeDelta::hours(1));
    world.sandbox.reset_calls();
    let connected = world.connect();
    let again = world.plan(&connected).await;
    assert_eq!(again.summary.changes(), 0, "{:?}", again.summary);
    assert_eq!(again.summary.hold, summary.hold);
    let kinds = |action| again.decisions.iter().filter(|d| d.change.action() == action).count() as u64;
    let decided = again.decisions.len() as u64;
    assert_eq!(kinds(Action::NoOp) + kinds(Action::Hold), decided);
    let report = world.apply(&connected, &again).await;
    assert_one_read_of_both(&world.sandbox.calls());
    assert_eq!(report.statistics.contacts_skipped + report.statistics.held, decided);
    world.settles().await;
}
