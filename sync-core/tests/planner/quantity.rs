//! Agreement quantities, told as claims.

use crate::world::{COMPANY, World, now, user};
use proptest::prelude::*;
use sync_core::{
    model::{Attribute, CompanyId, DirectoryUser, License, LineId, UserKind},
    plan::{DocumentError, PlanError, PlanInput},
    policy::{QuantityCount, QuantityRule, Route, RouteCondition},
    quantity::{
        HoldReason, QuantityChange, QuantityDecision, QuantityInput, QuantityLine, QuantityPlan, quantities,
        quantities_to_text,
    },
};

fn line(id: &str, quantity: u64) -> QuantityLine {
    line_of(COMPANY, id, quantity)
}

fn line_of(company: &str, id: &str, quantity: u64) -> QuantityLine {
    QuantityLine::new(LineId::new(id), CompanyId::new(company), Some(quantity))
}

fn rule(line: &str, count: QuantityCount) -> QuantityRule {
    QuantityRule::new(format!("Rule {line}"), line, count)
}

/// A world of `people` in one company, with one rule that counts them all for line `L`.
fn all(people: usize) -> World {
    World::new().crowd(people).policy(|p| p.quantities.push(rule("L", QuantityCount::All)))
}

fn with(world: &World, lines: &[QuantityLine], complete: bool) -> QuantityPlan {
    world.with_input(|of| quantities(&QuantityInput { of: *of, lines, lines_complete: complete })).unwrap()
}

fn of(world: &World, lines: &[QuantityLine]) -> QuantityPlan {
    with(world, lines, true)
}

/// The one decision of a plan of one rule.
fn only(world: &World, lines: &[QuantityLine]) -> QuantityDecision {
    let mut decisions = of(world, lines).decisions;
    assert_eq!(decisions.len(), 1);
    decisions.remove(0)
}

fn set(from: u64, to: u64) -> QuantityChange {
    serde_json::from_value(
        serde_json::json!({"action":"set","from":from,"to":to,"effective":now().date_naive()}),
    )
    .unwrap()
}

fn reason(decision: &QuantityDecision) -> HoldReason {
    let held =
        if let QuantityChange::Hold { reason, .. } = &decision.change { Some(reason.clone()) } else { None };
    held.unwrap()
}

/// How many users a line is held for, and what was not read of them.
fn unread(decision: &QuantityDecision) -> (u64, Vec<String>) {
    let held = if let HoldReason::Undecided { users, because, .. } = reason(decision) {
        Some((users, because))
    } else {
        None
    };
    held.unwrap()
}

fn counted(decision: &QuantityDecision) -> Vec<&str> {
    decision.counted.iter().map(|anchor| anchor.object_id()).collect()
}

/// The ids that one way of counting finds among some users.
fn counts(users: Vec<DirectoryUser>, count: QuantityCount) -> Vec<String> {
    let mut world = World::new().policy(|p| {
        p.scope.user_types.push(UserKind::Guest);
        p.quantities.push(rule("L", count));
    });
    world.users = users;
    counted(&only(&world, &[line("L", 2)])).into_iter().map(str::to_owned).collect()
}

fn changed(object: &str, change: impl FnOnce(&mut DirectoryUser)) -> DirectoryUser {
    let mut user = user(object, &format!("{object}@contoso.com"));
    change(&mut user);
    user
}

/// Takes whoever is in the department Support.
fn support() -> RouteCondition {
    let mut when = RouteCondition::default();
    when.department = Some("Support".into());
    when
}

// Who counts.

#[test]
fn the_managed_users_of_the_company_count() {
    let decision = only(&all(7), &[line("L", 6)]);
    assert_eq!(decision.change, set(6, 7));
    assert_eq!(counted(&decision), ["p00", "p01", "p02", "p03", "p04", "p05", "p06"]);
}

#[test]
fn a_quantity_that_is_right_is_left_alone() {
    let plan = of(&all(7), &[line("L", 7)]);
    assert!(matches!(plan.decisions[0].change, QuantityChange::NoOp { quantity: 7, .. }));
    assert_eq!((plan.held(), plan.guards.len(), plan.warnings.len()), (0, 0, 0));
}

#[test]
fn a_disabled_account_never_counts_even_where_its_contact_is_served() {
    let mut world = all(7).policy(|p| p.scope.skip_disabled_users = false);
    world.users[3].enabled = Some(false);
    assert_eq!(only(&world, &[line("L", 7)]).change, set(7, 6));
    world.run.skip_disabled_users = Some(false);
    assert_eq!(only(&world, &[line("L", 7)]).change, set(7, 6));
}

#[test]
fn an_account_of_which_nobody_knows_whether_it_is_enabled_counts_and_is_told() {
    let mut world = all(7);
    world.users[3].enabled = None;
    let plan = of(&world, &[line("L", 7)]);
    assert!(matches!(plan.decisions[0].change, QuantityChange::NoOp { quantity: 7, .. }));
    assert_eq!(plan.warnings[0].code, "EnabledNotRead");
}

#[test]
fn whom_the_scope_leaves_out_does_not_count() {
    let mut world = all(7).policy(|p| p.scope.exclude.push("p03@*".into()));
    world.users[5].kind = Some(UserKind::Guest);
    world.users[6].kind = Some(UserKind::Shared);
    assert_eq!(counted(&only(&world, &[line("L", 5)])), ["p00", "p01", "p02", "p04"]);
}

#[test]
fn licences_count_by_id_and_by_part_number_in_any_case() {
    let (mut sku, mut other) = (License::new("guid-1"), License::new("guid-2"));
    sku.part_number = Some("SPB".to_owned());
    other.part_number = Some("O".to_owned());
    let users = || {
        vec![
            changed("a", |u| u.licenses = Some(vec![other.clone(), sku.clone()])),
            changed("b", |u| u.licenses = Some(vec![other.clone()])),
            changed("c", |u| u.licenses = Some(Vec::new())),
        ]
    };
    assert_eq!(counts(users(), QuantityCount::License("spb".into())), ["a"]);
    assert_eq!(counts(users(), QuantityCount::License("GUID-1".into())), ["a"]);
    assert_eq!(counts(users(), QuantityCount::License("guid-2".into())), ["a", "b"]);
}

#[test]
fn members_of_a_group_count() {
    let users = vec![
        changed("a", |u| u.groups = Some(["g-1".to_owned()].into())),
        changed("b", |u| u.groups = Some(["g-2".to_owned()].into())),
    ];
    assert_eq!(counts(users, QuantityCount::Group(" G-1 ".into())), ["a"]);
}

#[test]
fn kinds_count_and_an_unknown_kind_is_a_member_as_in_the_scope() {
    let users = || {
        vec![
            changed("a", |u| u.kind = Some(UserKind::Guest)),
            changed("b", |u| u.kind = Some(UserKind::Member)),
            changed("c", |u| u.kind = None),
        ]
    };
    assert_eq!(counts(users(), QuantityCount::Kind(UserKind::Guest)), ["a"]);
    assert_eq!(counts(users(), QuantityCount::Kind(UserKind::Member)), ["b", "c"]);
}

#[test]
fn those_for_whom_a_filter_holds_count() {
    let users = vec![
        changed("a", |_| {}),
        changed("b", |u| {
            u.attributes.insert(Attribute::Department, Some("IT".into()));
        }),
    ];
    assert_eq!(counts(users, QuantityCount::Filter("department == \"it\"".parse().unwrap())), ["b"]);
}

#[test]
fn a_minimum_is_never_undercut_and_is_told() {
    let mut world = all(7);
    world.policy.quantities[0].minimum = 8;
    let plan = of(&world, &[line("L", 9)]);
    assert_eq!(plan.decisions[0].change, set(9, 8));
    assert_eq!(plan.warnings[0].code, "MinimumApplied");
    world.policy.quantities[0].minimum = 5;
    let plan = of(&world, &[line("L", 9)]);
    assert_eq!((plan.decisions[0].change.clone(), plan.warnings.len()), (set(9, 7), 0));
}

#[test]
fn each_company_counts_its_own_people_by_the_routes() {
    let mut world = all(7).policy(|p| p.quantities.push(rule("M", QuantityCount::All)));
    let when = support();
    world.tenant.routes.push(Route::new(1, when, CompanyId::new("200")));
    for user in &mut world.users[..2] {
        user.attributes.insert(Attribute::Department, Some("Support".into()));
    }
    let plan = of(&world, &[line_of("200", "M", 1), line("L", 5)]);
    let told: Vec<(&str, Vec<&str>)> = plan.decisions.iter().map(|d| (d.line.as_str(), counted(d))).collect();
    assert_eq!(told, [("L", vec!["p02", "p03", "p04", "p05", "p06"]), ("M", vec!["p00", "p01"])]);
}

// What holds a line.

#[test]
fn a_read_that_was_cut_short_changes_nothing() {
    let mut world = all(7);
    world.users_complete = false;
    let decision = only(&world, &[line("L", 6)]);
    assert_eq!(reason(&decision), HoldReason::SnapshotPartial);
    assert!(matches!(decision.change, QuantityChange::Hold { proposed: None, .. }));
    assert!(!of(&world, &[line("L", 6)]).basis.users_complete);
}

#[test]
fn a_read_far_smaller_than_the_last_one_changes_nothing() {
    let mut world = all(7);
    world.links.last_complete_users = Some(11);
    assert_eq!(reason(&only(&world, &[line("L", 6)])), HoldReason::SuspectSnapshot);
    world.links.last_complete_users = Some(10);
    assert_eq!(only(&world, &[line("L", 6)]).change, set(6, 7));
    let mut nobody = all(0);
    nobody.links.last_complete_users = None;
    assert_eq!(reason(&only(&nobody, &[line("L", 6)])), HoldReason::SuspectSnapshot);
}

#[test]
fn a_run_on_a_part_of_the_tenant_changes_nothing() {
    let mut of_run = all(7);
    of_run.run.department_filter.push("Sales".into());
    let mut of_company = all(7);
    of_company.run.company_id = Some(COMPANY.into());
    let of_policy = all(7).policy(|p| p.scope.user_principal_names.push("p01@contoso.com".into()));
    for world in [of_run, of_company, of_policy] {
        assert_eq!(reason(&only(&world, &[line("L", 6)])), HoldReason::TargetedRun);
    }
}

#[test]
fn lines_that_were_not_read_in_full_are_not_changed() {
    let plan = with(&all(7), &[line("L", 6)], false);
    assert_eq!(reason(&plan.decisions[0]), HoldReason::LinesIncomplete);
}

#[test]
fn a_line_that_is_missing_listed_twice_or_of_somebody_else_is_held() {
    let world = all(7);
    assert_eq!(reason(&only(&world, &[line("M", 6)])), HoldReason::LineMissing);
    assert_eq!(reason(&only(&world, &[line("L", 6), line("L", 7)])), HoldReason::LineTwice);
    let other = only(&world, &[line_of("999", "L", 6)]);
    assert!(matches!(reason(&other), HoldReason::OtherCompany { company, .. } if company.as_str() == "999"));
}

#[test]
fn a_line_that_the_psa_keeps_itself_is_held() {
    assert_eq!(reason(&only(&all(7), &[line("L", 6).kept_by_psa(true)])), HoldReason::Dynamic);
}

#[test]
fn a_line_is_held_from_the_day_after_its_last_one() {
    let world = all(7);
    let today = now().date_naive();
    assert_eq!(only(&world, &[line("L", 6).until(Some(today))]).change, set(6, 7));
    let ended = only(&world, &[line("L", 6).until(today.pred_opt())]);
    assert!(matches!(reason(&ended), HoldReason::Ended { .. }));
}

#[test]
fn a_quantity_that_cannot_be_read_is_held() {
    let mut unknown = line("L", 6);
    unknown.quantity = None;
    assert_eq!(reason(&only(&all(7), &[unknown])), HoldReason::QuantityUnknown);
}

#[test]
fn a_licence_or_group_that_was_not_read_of_one_who_could_count_holds_the_line() {
    for (count, what) in [
        (QuantityCount::License("SPB".into()), "licences were not read"),
        (QuantityCount::Group("g-1".into()), "group membership was not read"),
        (QuantityCount::Filter("city == \"Bonn\"".parse().unwrap()), "city was not read"),
    ] {
        let mut world = World::new().crowd(1).policy(|p| p.quantities.push(rule("L", count)));
        let decision = only(&world, &[line("L", 1)]);
        assert_eq!(unread(&decision), (1, vec![what.to_owned()]));
        assert_eq!(decision.undecided.len(), 1);
        // Of one who cannot count anyway nothing has to be read.
        world.users[0].enabled = Some(false);
        assert!(only(&world, &[line("L", 1)]).undecided.is_empty());
    }
}

#[test]
fn one_whom_the_scope_cannot_judge_holds_the_line_of_the_company_it_could_be() {
    let mut world = all(7).policy(|p| p.scope.filter = "city != \"Bonn\"".into());
    for user in &mut world.users {
        user.attributes.insert(Attribute::City, Some("Köln".into()));
    }
    world.users[2].attributes.remove(&Attribute::City);
    let decision = only(&world, &[line("L", 7)]);
    assert!(matches!(reason(&decision), HoldReason::Undecided { users: 1, .. }));
    assert_eq!(decision.undecided[0].object_id(), "p02");
    // Somebody in another company for certain holds nothing here.
    let mut routed = world.clone();
    let when = support();
    routed.tenant.routes.push(Route::new(1, when, CompanyId::new("200")));
    routed.users[2].attributes.insert(Attribute::Department, Some("Support".into()));
    assert_eq!(only(&routed, &[line("L", 7)]).change, set(7, 6));
    // Nor does one whom a later rule leaves out for certain.
    let mut unlicensed = world.policy(|p| p.scope.require_license = true);
    for user in &mut unlicensed.users {
        user.licenses = Some(vec![License::new("sku")]);
    }
    unlicensed.users[2].licenses = Some(Vec::new());
    assert_eq!(only(&unlicensed, &[line("L", 7)]).change, set(7, 6));
}

#[test]
fn a_licence_without_its_part_number_holds_a_line_that_counts_part_numbers() {
    const ID: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    let decision = |wanted: &str| {
        let count = QuantityCount::License(wanted.to_owned());
        let mut world = World::new().policy(|p| p.quantities.push(rule("L", count)));
        world.users = vec![changed("a", |u| u.licenses = Some(vec![License::new(ID)]))];
        only(&world, &[line("L", 1)])
    };
    let what = "the part number of a licence was not read".to_owned();
    assert_eq!(unread(&decision("SPB")), (1, vec![what]));
    assert_eq!(counted(&decision(ID)), ["a"]);
}

#[test]
fn one_whose_route_is_not_certain_holds_every_company() {
    let mut world = all(7).policy(|p| p.quantities.push(rule("M", QuantityCount::All)));
    let when = support();
    world.tenant.routes.push(Route::new(1, when, CompanyId::new("200")));
    world.users[2].attributes.remove(&Attribute::Department);
    let plan = of(&world, &[line("L", 7), line_of("200", "M", 1)]);
    for decision in &plan.decisions {
        assert_eq!(
            unread(decision).1,
            ["route 1 (department Support) to company 200: department was not read"]
        );
    }
}

#[test]
fn one_of_whom_neither_scope_nor_route_is_certain_holds_every_company() {
    let mut world = all(7).policy(|p| p.scope.filter = "department != \"IT\"".into());
    world.tenant.routes.push(Route::new(1, support(), CompanyId::new("200")));
    world.users[2].attributes.remove(&Attribute::Department);
    let decision = only(&world, &[line("L", 7)]);
    assert_eq!(unread(&decision), (1, vec!["filter: department was not read".to_owned()]));
}

#[test]
fn no_line_is_taken_to_nothing_unasked() {
    let mut world =
        all(7).policy(|p| p.quantities[0].count = QuantityCount::Filter("city is_blank".parse().unwrap()));
    for user in &mut world.users {
        user.attributes.insert(Attribute::City, Some("Köln".into()));
    }
    let decision = only(&world, &[line("L", 1)]);
    assert!(matches!(reason(&decision), HoldReason::ToZero { from: 1, .. }));
    assert!(matches!(decision.change, QuantityChange::Hold { proposed: Some(0), .. }));
    let plan = of(&world, &[line("L", 0)]);
    assert!(matches!(plan.decisions[0].change, QuantityChange::NoOp { quantity: 0, .. }));
    assert_eq!(plan.warnings[0].code, "NobodyCounted");
}

// The guards.

#[test]
fn a_line_may_move_by_two_units_or_a_fifth_and_no_further_up_or_down() {
    for (from, to, passes) in [
        (5, 7, true),
        (4, 7, false),
        (9, 7, true),
        (10, 7, false),
        (0, 2, true),
        (0, 3, false),
        (15, 12, true),
        (15, 11, false),
        (20, 24, true),
        (20, 25, false),
    ] {
        let plan = of(&all(to), &[line("L", from)]);
        let decision = &plan.decisions[0];
        if passes {
            assert_eq!(decision.change, set(from, to as u64), "{from} {to}");
        } else {
            assert!(matches!(reason(decision), HoldReason::TooManyUnits { .. }), "{from} {to}");
            assert_eq!(plan.guards[0].line, Some(LineId::new("L")));
        }
    }
}

/// Rules for the lines `a` to `e` that all count the same 12 people.
fn five_lines() -> World {
    World::new().crowd(12).policy(|p| {
        p.quantities = ["a", "b", "c", "d", "e"].map(|id| rule(id, QuantityCount::All)).to_vec();
    })
}

#[test]
fn all_lines_together_may_move_by_a_fifth_of_all_units_and_no_further() {
    // 5 lines of 10 are 50 units, of which 10 may move.
    let mut lines = ["a", "b", "c", "d", "e"].map(|id| line(id, 10)).to_vec();
    let plan = of(&five_lines(), &lines);
    assert_eq!((plan.held(), plan.guards.len()), (0, 0));
    // A sixth line of none adds nothing to the whole and 1 to what moves.
    lines.push(line("f", 0));
    let one = QuantityCount::Filter("surname == \"p00\"".parse().unwrap());
    let plan = of(&five_lines().policy(|p| p.quantities.push(rule("f", one))), &lines);
    assert_eq!(plan.held(), 6);
    assert!(
        plan.decisions
            .iter()
            .all(|d| matches!(reason(d), HoldReason::TooManyUnitsInRun { units: 11, of: 50, limit: 10, .. }))
    );
    assert!(matches!(plan.decisions[0].change, QuantityChange::Hold { proposed: Some(12), .. }));
    assert_eq!((plan.guards.len(), &plan.guards[0].line), (1, &None));
}

#[test]
fn one_wild_line_does_not_stop_the_others() {
    let mut lines = ["a", "b", "c", "d"].map(|id| line(id, 12)).to_vec();
    lines.push(line("e", 1000));
    lines[0].quantity = Some(11);
    let plan = of(&five_lines(), &lines);
    assert_eq!(plan.decisions[0].change, set(11, 12));
    assert!(matches!(reason(&plan.decisions[4]), HoldReason::TooManyUnits { units: 988, .. }));
    assert_eq!(plan.held(), 1);
}

// The document.

#[test]
fn a_plan_reads_back_and_an_edited_one_is_noticed() {
    let plan = showcase();
    let text = plan.to_json().unwrap();
    assert_eq!(QuantityPlan::from_json(&text).unwrap(), plan);
    let edited = text.replacen("\"to\": 12", "\"to\": 13", 1);
    assert_ne!(edited, text);
    assert_eq!(QuantityPlan::from_json(&edited).unwrap_err(), DocumentError::Edited);
    let without_one = text.replacen("\"entra:contoso:p00\",", "", 1);
    assert_eq!(QuantityPlan::from_json(&without_one).unwrap_err(), DocumentError::Edited);
    let newer = text.replacen("\"format_version\": \"1.0\"", "\"format_version\": \"2.0\"", 1);
    assert_eq!(QuantityPlan::from_json(&newer).unwrap_err(), DocumentError::Version("2.0".to_owned()));
    assert!(matches!(QuantityPlan::from_json("{}").unwrap_err(), DocumentError::NotAPlan(_)));
}

#[test]
fn a_contact_plan_is_no_quantity_plan() {
    let text = all(2).plan().to_json().unwrap();
    assert!(QuantityPlan::from_json(&text).is_err());
}

#[test]
fn other_rules_give_another_basis_and_no_rules_leave_it_as_it_was() {
    let basis = |world: &World| of(world, &[]).basis;
    let none = World::new().crowd(2);
    assert_ne!(
        basis(&none),
        basis(&none.clone().policy(|p| p.quantities.push(rule("L", QuantityCount::All))))
    );
    assert!(of(&none, &[]).decisions.is_empty());
}

#[test]
fn a_company_that_is_not_there_is_an_error() {
    let mut world = all(1);
    world.companies.push(sync_core::model::Company::new(CompanyId::new("7"), "Other"));
    let run = |of: &PlanInput<'_>| quantities(&QuantityInput { of: *of, lines: &[], lines_complete: true });
    assert!(matches!(world.with_input(run), Err(PlanError::Company { .. })));
}

/// One line of each kind, with text from outside that would move a cursor.
fn showcase() -> QuantityPlan {
    let mut world = five_lines().policy(|p| {
        p.quantities[1].minimum = 14;
        p.quantities[2].count = QuantityCount::License("SPB".into());
        p.quantities[4].count = QuantityCount::Filter("surname == \"nobody\"".parse().unwrap());
        p.quantities[0].name = "Managed workplace\u{1b}[2J".into();
    });
    world.users[0].enabled = None;
    let lines = [
        line("a", 11).of_product("Workplace\u{202e}"),
        line("b", 14),
        line("c", 12),
        line("d", 40),
        line("e", 1),
    ];
    of(&world, &lines)
}

#[test]
fn the_text_says_what_waits_first_and_lets_nothing_raw_through() {
    let plan = showcase();
    let text = quantities_to_text(&plan, false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    insta::assert_snapshot!("quantities", text.replace(plan.id.as_str(), "sha256:…"));
    let all = quantities_to_text(&plan, true);
    assert_eq!(all.matches("counted: entra:contoso:p00\n").count(), 3);
    assert_eq!(all.matches("not certain: entra:contoso:").count(), 12);
}

// Laws over random worlds.

/// Users with everything that counting looks at, read or not.
fn users() -> impl Strategy<Value = Vec<DirectoryUser>> {
    let one = (
        prop::option::of(any::<bool>()),
        prop::option::of(prop::sample::select(vec![UserKind::Member, UserKind::Guest, UserKind::Shared])),
        prop::option::of(prop::sample::select(vec!["Sales", "Support", ""])),
        prop::option::of(prop::collection::btree_set(prop::sample::select(vec!["g-1", "g-2"]), 0..3)),
        prop::option::of(prop::sample::subsequence(vec!["sku-1", "sku-2"], 0..3)),
    );
    prop::collection::vec(one, 0..12).prop_map(|rows| {
        let make = |(place, (enabled, kind, department, groups, licenses)): (usize, _)| {
            changed(&format!("u{place:02}"), |u| {
                let department: Option<&str> = department;
                let groups: Option<std::collections::BTreeSet<&str>> = groups;
                let licenses: Option<Vec<&str>> = licenses;
                (u.enabled, u.kind) = (enabled, kind);
                u.attributes.remove(&Attribute::Department);
                if let Some(department) = department {
                    *u = u.clone().with(Attribute::Department, department);
                }
                u.groups = groups.map(|g| g.into_iter().map(str::to_owned).collect());
                u.licenses = licenses.map(|l| l.into_iter().map(License::new).collect());
            })
        };
        rows.into_iter().enumerate().map(make).collect()
    })
}

fn worlds() -> impl Strategy<Value = (World, Vec<QuantityLine>)> {
    let lines = prop::collection::vec((0..9_u64, any::<bool>(), 0..8_u8), 6);
    (users(), lines, any::<bool>()).prop_map(|(users, rows, routed)| {
        let counts = [
            QuantityCount::All,
            QuantityCount::License("sku-1".into()),
            QuantityCount::Group("g-1".into()),
            QuantityCount::Kind(UserKind::Member),
            QuantityCount::Filter("department == \"Sales\"".parse().unwrap()),
            QuantityCount::All,
        ];
        let mut world = World::new();
        world.users = users;
        world.policy.quantities =
            counts.into_iter().enumerate().map(|(place, count)| rule(&format!("l{place}"), count)).collect();
        if routed {
            let when = support();
            world.tenant.routes.push(Route::new(1, when, CompanyId::new("200")));
        }
        let lines = rows.into_iter().enumerate().map(|(place, (quantity, second, oddity))| {
            let company = if second { "200" } else { COMPANY };
            line_of(company, &format!("l{place}"), quantity).kept_by_psa(oddity == 0)
        });
        (world, lines.collect())
    })
}

proptest! {
    #[test]
    fn order_never_changes_a_byte((mut world, mut lines) in worlds(), turn in 0..6_usize) {
        let before = of(&world, &lines).to_json().unwrap();
        world.users.reverse();
        lines.rotate_left(turn);
        prop_assert_eq!(of(&world, &lines).to_json().unwrap(), before);
    }

    #[test]
    fn the_order_of_rules_changes_no_decision((mut world, lines) in worlds(), turn in 0..6_usize) {
        let before = of(&world, &lines);
        world.policy.quantities.rotate_left(turn);
        let after = of(&world, &lines);
        prop_assert_eq!((after.decisions, after.guards, after.warnings), (before.decisions, before.guards, before.warnings));
    }

    #[test]
    fn a_partial_read_never_sets_anything((mut world, lines) in worlds(), lines_cut in any::<bool>()) {
        world.users_complete = lines_cut;
        let plan = with(&world, &lines, !lines_cut);
        let held = plan.decisions.iter().all(|d| matches!(d.change, QuantityChange::Hold { .. }));
        prop_assert!(held, "{plan:?}");
    }

    #[test]
    fn what_is_set_is_who_is_counted_within_the_limits((world, lines) in worlds()) {
        let plan = of(&world, &lines);
        let text = plan.to_json().unwrap();
        prop_assert_eq!(&QuantityPlan::from_json(&text).unwrap(), &plan);
        let mut moved = 0;
        for decision in &plan.decisions {
            let QuantityChange::Set { from, to, .. } = decision.change else { continue };
            prop_assert_eq!(to, decision.counted.len() as u64);
            prop_assert!(decision.undecided.is_empty() && to > 0);
            prop_assert!(from.abs_diff(to) <= 2.max(from / 5));
            moved += from.abs_diff(to);
        }
        let units: u64 = lines.iter().filter(|l| !l.dynamic).filter_map(|l| l.quantity).sum();
        prop_assert!(moved <= 2.max(units / 5));
    }

    #[test]
    fn whoever_counts_would_be_served_by_the_contact_plan((world, lines) in worlds()) {
        let quantity = of(&world, &lines);
        let contacts = world.plan();
        for decision in &quantity.decisions {
            for anchor in &decision.counted {
                let subject = sync_core::plan::Subject::User(anchor.clone());
                let theirs = contacts.decisions.iter().find(|d| d.subject == subject).unwrap();
                prop_assert_eq!(&theirs.company, &decision.company);
                let code = serde_json::to_value(&theirs.reason).unwrap()["code"].clone();
                prop_assert!(
                    !["excluded", "left_scope", "disabled", "license_lost", "unrouted"].contains(&code.as_str().unwrap()),
                    "{code}"
                );
            }
        }
    }
}
