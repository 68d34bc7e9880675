//! Writing agreement quantities, told as claims.

use crate::world::{COMPANY, World, now};
use chrono::Duration;
use sync_core::{
    AgreementsExt, ErrorKind,
    apply::ApplyError,
    memory::MemoryAgreements,
    model::{CompanyId, LineId, TenantName},
    policy::{Policy, QuantityCount, QuantityRule, RunInput},
    quantity::{
        QuantityContext, QuantityInput, QuantityLine, QuantityOptions, QuantityOutcome, QuantityOverride,
        QuantityPlan, QuantityReport, apply_quantities, quantities, quantity_report_to_text,
    },
};

fn line(id: &str, quantity: u64) -> QuantityLine {
    QuantityLine::new(LineId::new(id), CompanyId::new(COMPANY), Some(quantity))
}

/// Seven people, and rules that count them all for these lines.
fn world(lines: &[&str]) -> World {
    let rules: Vec<QuantityRule> = lines
        .iter()
        .map(|line| QuantityRule::new(format!("Rule {line}"), *line, QuantityCount::All))
        .collect();
    World::new().crowd(7).policy(|p| p.quantities.extend(rules))
}

async fn plan_of(world: &World, agreements: &MemoryAgreements) -> QuantityPlan {
    let companies = [CompanyId::new(COMPANY)].into();
    let (lines, complete) = agreements.all_lines(&companies).await.unwrap();
    world
        .with_input(|of| {
            let mut of = *of;
            of.psa = "memory";
            quantities(&QuantityInput { of, lines: &lines, lines_complete: complete.is_complete() })
        })
        .unwrap()
}

async fn applied(
    world: &World,
    agreements: &MemoryAgreements,
    plan: &QuantityPlan,
    change: impl FnOnce(&mut QuantityOptions),
) -> Result<QuantityReport, ApplyError> {
    let policy = Policy::new(world.policy.clone()).unwrap();
    let mut options = QuantityOptions::at(now());
    change(&mut options);
    let context =
        QuantityContext { tenant: &world.tenant, policy: &policy, run: &RunInput::default(), agreements };
    apply_quantities(plan, &context, &options).await
}

fn outcomes(report: &QuantityReport) -> Vec<QuantityOutcome> {
    report.lines.iter().map(|line| line.outcome.clone()).collect()
}

#[tokio::test]
async fn what_was_planned_is_set_and_the_next_plan_is_all_right() {
    let (world, agreements) = (world(&["A", "B"]), MemoryAgreements::new([line("A", 6), line("B", 7)]));
    let plan = plan_of(&world, &agreements).await;
    let report = applied(&world, &agreements, &plan, |_| {}).await.unwrap();
    assert_eq!(outcomes(&report), [QuantityOutcome::Set { from: 6, to: 7 }, QuantityOutcome::Unchanged]);
    assert_eq!(agreements.written(), [(LineId::new("A"), 7)]);
    assert!(report.success() && report.held() == 0);
    let again = plan_of(&world, &agreements).await;
    applied(&world, &agreements, &again, |_| {}).await.unwrap();
    assert_eq!(agreements.written().len(), 1, "nothing is written the second time");
}

#[tokio::test]
async fn a_quantity_that_moved_in_between_is_stale_and_the_rest_goes_on() {
    let (world, agreements) = (world(&["A", "B"]), MemoryAgreements::new([line("A", 6), line("B", 8)]));
    let plan = plan_of(&world, &agreements).await;
    agreements.put(line("A", 5));
    let report = applied(&world, &agreements, &plan, |_| {}).await.unwrap();
    assert_eq!(outcomes(&report), [QuantityOutcome::Stale, QuantityOutcome::Set { from: 8, to: 7 }]);
    assert_eq!((report.success(), report.held()), (true, 1));
}

#[tokio::test]
async fn a_lost_answer_is_said_and_not_sent_again() {
    let (world, agreements) = (world(&["A"]), MemoryAgreements::new([line("A", 6)]));
    let plan = plan_of(&world, &agreements).await;
    agreements.fail_next(ErrorKind::Indeterminate);
    let report = applied(&world, &agreements, &plan, |_| {}).await.unwrap();
    assert!(matches!(outcomes(&report)[..], [QuantityOutcome::Indeterminate { .. }]));
    assert!(!report.success() && agreements.written().is_empty());
}

#[tokio::test]
async fn a_refusal_that_meets_every_line_ends_the_run_and_one_that_does_not_goes_on() {
    let world = world(&["A", "B"]);
    for (kind, ends) in [
        (ErrorKind::Unauthenticated, true),
        (ErrorKind::PermissionDenied, true),
        (ErrorKind::RateLimited, true),
        (ErrorKind::Unavailable, true),
        (ErrorKind::Rejected, false),
    ] {
        let agreements = MemoryAgreements::new([line("A", 6), line("B", 6)]);
        let plan = plan_of(&world, &agreements).await;
        agreements.fail_next(kind);
        let report = applied(&world, &agreements, &plan, |_| {}).await.unwrap();
        let second = outcomes(&report).pop().unwrap();
        assert_eq!(second == QuantityOutcome::NotAttempted, ends, "{kind}");
        assert_eq!(agreements.written().len(), usize::from(!ends), "{kind}");
        assert!(!report.success());
    }
}

#[tokio::test]
async fn a_line_over_its_limit_passes_once_for_that_plan_and_that_many_units() {
    let (world, agreements) = (world(&["A"]), MemoryAgreements::new([line("A", 2)]));
    let plan = plan_of(&world, &agreements).await;
    let held = applied(&world, &agreements, &plan, |_| {}).await.unwrap();
    assert_eq!(outcomes(&held), [QuantityOutcome::Held]);
    let letting = |plan: &str, line: &str, units| {
        QuantityOverride::new(sync_core::model::PlanId::new(plan), LineId::new(line), units)
    };
    for (given, problem) in [
        (letting("sha256:other", "A", 5), "another plan"),
        (letting(plan.id.as_str(), "Z", 5), "no such line"),
        (letting(plan.id.as_str(), "A", 4), "would move by 5"),
    ] {
        let refused = applied(&world, &agreements, &plan, |o| o.overrides.push(given)).await.unwrap_err();
        assert!(refused.to_string().contains(problem), "{refused}");
    }
    assert!(agreements.written().is_empty());
    let given = letting(plan.id.as_str(), "A", 5);
    let report = applied(&world, &agreements, &plan, |o| o.overrides.push(given)).await.unwrap();
    assert_eq!(outcomes(&report), [QuantityOutcome::Set { from: 2, to: 7 }]);
}

#[tokio::test]
async fn an_override_that_does_not_fit_stops_the_run_before_its_first_write() {
    let (world, agreements) = (world(&["A", "B"]), MemoryAgreements::new([line("A", 6), line("B", 7)]));
    let plan = plan_of(&world, &agreements).await;
    // B is right and A within its limit: neither is held by one, and B comes last.
    agreements.put(line("B", 7).kept_by_psa(true));
    let held = plan_of(&world, &agreements).await;
    let given = QuantityOverride::new(held.id.clone(), LineId::new("B"), 9);
    let refused = applied(&world, &agreements, &held, |o| o.overrides.push(given)).await.unwrap_err();
    assert!(refused.to_string().contains("not held by a limit"), "{refused}");
    assert!(agreements.written().is_empty());
    assert!(applied(&world, &agreements, &plan, |_| {}).await.is_ok());
}

#[tokio::test]
async fn a_plan_that_does_not_fit_is_refused_whole() {
    let (mut world, agreements) = (world(&["A"]), MemoryAgreements::new([line("A", 6)]));
    let plan = plan_of(&world, &agreements).await;
    let old = applied(&world, &agreements, &plan, |o| o.now += Duration::hours(25)).await.unwrap_err();
    assert!(matches!(old, ApplyError::TooOld { .. }));
    let early = applied(&world, &agreements, &plan, |o| o.now -= Duration::hours(1)).await.unwrap_err();
    assert!(matches!(early, ApplyError::FromTheFuture { .. }));
    let mut edited = plan.clone();
    edited.psa = "other".into();
    let edited = applied(&world, &agreements, &edited, |_| {}).await.unwrap_err();
    assert!(matches!(edited, ApplyError::Document(_)));
    world.policy.quantities[0].minimum = 9;
    let moved = applied(&world, &agreements, &plan, |_| {}).await.unwrap_err();
    assert!(matches!(moved, ApplyError::BasisChanged { what: "policy" }));
    world.policy.quantities[0].minimum = 0;
    world.tenant.name = TenantName::new("Fabrikam");
    let other = applied(&world, &agreements, &plan, |_| {}).await.unwrap_err();
    assert!(matches!(other, ApplyError::OtherTenant { .. }));
    assert!(agreements.written().is_empty());
}

#[tokio::test]
async fn only_the_lines_of_the_companies_asked_for_are_read_and_the_report_reads_well() {
    let world = world(&["A"]);
    let agreements = MemoryAgreements::new([line("A", 6)]);
    let (lines, complete) = agreements.all_lines(&[CompanyId::new("elsewhere")].into()).await.unwrap();
    assert!(lines.is_empty() && complete.is_complete());
    let plan = plan_of(&world, &agreements).await;
    let text = quantity_report_to_text(&applied(&world, &agreements, &plan, |_| {}).await.unwrap());
    assert_eq!(text, "line A (Rule A): set from 6 to 7 units\n1 of 1 set\n");
}
