//! Which company each user belongs to, and what is said where routes take the same users.

use crate::world::{World, contact, user};
use std::collections::BTreeSet;
use sync_core::{
    model::{Attribute, Company, CompanyId, DirectoryGroup},
    plan::{Outcome, explain},
    policy::{Departed, Route, RouteCondition},
};

fn route(order: i64, when: &str, company: &str) -> Route {
    let when: RouteCondition = serde_json::from_str(when).unwrap();
    Route::new(order, when, CompanyId::new(company))
}

fn group(id: &str, name: &str, created: Option<&str>) -> DirectoryGroup {
    DirectoryGroup::new(id).named(name).created(created.map(|at| at.parse().unwrap()))
}

/// One user in both groups, and two routes of one order.
fn tied(groups: &[DirectoryGroup; 2]) -> World {
    let mut one = user("a", "a@contoso.com");
    one.groups = Some(BTreeSet::from(["g-1".to_owned(), "g-2".to_owned()]));
    let mut world = World::new().user(one);
    world.groups = groups.to_vec();
    world.tenant.routes = vec![route(1, r#"{"group":"G-1"}"#, "100"), route(1, r#"{"group":"G-2"}"#, "200")];
    world
}

fn company(world: &World) -> String {
    world.about("a").company.unwrap().to_string()
}

#[test]
fn a_tie_goes_to_the_older_group_then_to_the_lower_id_whatever_the_order_in_the_file() {
    let (old, new) = (Some("2020-01-01T00:00:00Z"), Some("2024-01-01T00:00:00Z"));
    for (first, second, winner) in
        [(old, new, "100"), (new, old, "200"), (old, old, "100"), (None, None, "100"), (None, old, "200")]
    {
        let mut world = tied(&[group("g-1", "Sales", first), group("g-2", "Lab", second)]);
        assert_eq!(company(&world), winner, "{first:?} {second:?}");
        world.tenant.routes.reverse();
        assert_eq!(company(&world), winner, "{first:?} {second:?} reversed");
    }
}

#[test]
fn of_one_order_a_route_with_a_group_comes_first_then_the_lower_company_id() {
    let mut world = tied(&[group("g-1", "A", None), group("g-2", "B", None)]);
    world.tenant.routes =
        vec![route(1, r#"{"department":"Sales"}"#, "100"), route(1, r#"{"group":"g-2"}"#, "200")];
    assert_eq!(company(&world), "200");
    world.tenant.routes =
        vec![route(1, r#"{"department":"Sales"}"#, "300"), route(1, r#"{"domain":"contoso.com"}"#, "200")];
    assert_eq!(company(&world), "200");
}

#[test]
fn a_tie_that_mattered_is_reported_with_both_groups_and_the_number_of_users() {
    let old = Some("2020-01-01T00:00:00Z");
    let world = tied(&[group("g-1", "Sales", None), group("g-2", "Lab", old)]);
    let warnings = world.plan().warnings;
    let ties: Vec<_> = warnings.iter().filter(|w| w.code == "RouteTie").collect();
    assert_eq!(ties.len(), 1);
    let text = &ties.first().unwrap().message;
    for part in [
        "route 1 (group Lab, G-2) to company 200",
        "group Sales",
        "1 user: a@contoso.com",
        "age of its group",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let told = world.with_input(|input| explain(input, "a")).unwrap().unwrap().to_string();
    assert!(told.contains("the other one wins"), "{told}");
}

#[test]
fn overlap_is_one_line_per_pair_with_a_count_and_at_most_three_names() {
    let mut world = World::new().crowd(5).user(user("x", "x@contoso.com").with(Attribute::Department, "Lab"));
    world.tenant.routes = vec![
        route(1, r#"{"department":"Sales"}"#, "100"),
        route(2, r#"{"domain":"contoso.com"}"#, "200"),
        route(3, r#"{"company_name":"Nobody"}"#, "300"),
    ];
    for one in &mut world.users {
        one.attributes.insert(Attribute::CompanyName, None);
    }
    let warnings = world.plan().warnings;
    let found: Vec<_> = warnings.iter().filter(|w| w.code == "RouteOverlap").collect();
    assert_eq!(found.len(), 1, "{warnings:?}");
    let text = &found.first().unwrap().message;
    assert!(text.contains("5 users: p00@contoso.com, p01@contoso.com, p02@contoso.com and others"), "{text}");
    // Two routes to one company are no contradiction.
    world.tenant.routes.get_mut(1).unwrap().company_id = CompanyId::new("100");
    assert!(world.plan().warnings.iter().all(|w| !w.code.starts_with("Route")));
}

#[test]
fn groups_that_were_not_read_guess_no_company_and_take_nobody_away() {
    let mut world = World::new().crowd(10).policy(|p| {
        p.lifecycle.out_of_scope = Departed::Deactivate;
        p.scope.groups = vec!["g-1".into()];
    });
    world.tenant.routes = vec![route(1, r#"{"group":"g-1"}"#, "100")];
    world.tenant.company = Some(CompanyId::new("900"));
    assert_eq!(world.verdict("p00"), "no_op:left_scope");
    let open = world.policy(|p| p.scope.groups.clear());
    assert_eq!(open.verdict("p00"), "no_op:unrouted", "not the tenant's own company");
}

#[test]
fn a_route_that_now_leads_elsewhere_holds_the_move_and_moves_nobody() {
    let mut world = World::new().crowd(3);
    world.tenant.company = None;
    world.tenant.routes = vec![route(1, r#"{"department":"Sales"}"#, "100")];
    assert_eq!(world.verdict("p00"), "no_op:in_sync");
    world.tenant.routes.insert(0, route(0, r#"{"domain":"contoso.com"}"#, "200"));
    for object in ["p00", "p01", "p02"] {
        assert_eq!(world.verdict(object), "hold:other_company");
        assert_eq!(world.about(object).company, Some(CompanyId::new("200")));
    }
    world.tenant.routes.clear();
    world.tenant.routes.push(route(0, r#"{"domain":"fabrikam.com"}"#, "200"));
    assert_eq!(world.verdict("p00"), "no_op:unrouted", "no route, no company, nothing happens");
}

#[test]
fn an_unknown_company_names_the_one_that_is_meant() {
    let mut world = World::new().user(user("a", "a@contoso.com"));
    world.companies = vec![
        Company::new(CompanyId::new("4711"), "Contoso Ltd"),
        Company::new(CompanyId::new("888888"), "Fabrikam"),
    ];
    for (wrong, meant) in [("contoso ltd", "4711, Contoso Ltd"), ("Fabrikan", "888888"), ("888889", "888888")]
    {
        world.tenant.company = Some(CompanyId::new(wrong));
        let said = world.try_plan().unwrap_err().to_string();
        assert!(said.contains("did you mean") && said.contains(meant), "{said}");
    }
}

#[test]
fn an_explanation_shows_every_rule_the_route_the_fields_and_the_limits() {
    let mut world = World::new().crowd(12).user(user("a", "a@contoso.com"));
    world = world
        .contact(
            contact("c", "a", "a@contoso.com")
                .with(sync_core::model::ContactField::Title, "Boss\u{202e}\u{1b}[31m"),
        )
        .link("a", "c");
    world.tenant.routes =
        vec![route(1, r#"{"department":"Lab"}"#, "900"), route(2, r#"{"department":"sales"}"#, "100")];
    let told = world.with_input(|input| explain(input, "a@contoso.com")).unwrap().unwrap();
    let text = told.to_string();
    for part in [
        "route 1 (department Lab) to company 900",
        "does not take this user",
        "takes this user",
        "skip_disabled_users [ok]",
        "user_types: member [ok]",
        "match by primary e-mail",
        "field title",
        "the contact holds \"Boss\\u{202e}\\u{1b}[31m\"; differs: would become \"Engineer\"",
        "limit too_many_updates for this run [ok]",
        "=>  update: fields differ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let decision = told.decision.unwrap();
    assert_eq!(decision, world.about("a"), "the plan's own decision");
}

#[test]
fn what_was_not_read_is_told_as_undecided_in_explanations_as_in_plans() {
    let world = World::new().crowd(2).policy(|p| p.scope.groups = vec!["g".into()]);
    let told = world.with_input(|input| explain(input, "p00")).unwrap().unwrap();
    let step = told.steps.iter().find(|step| step.title.starts_with("groups")).unwrap();
    assert_eq!(step.outcome, Outcome::Undecided);
    assert_eq!(step.title, "groups: group membership was not read");
}

#[test]
fn an_absent_users_contact_is_explained_with_the_time_that_is_left() {
    let world = World::new().crowd(10).contact(contact("c", "gone", "gone@contoso.com")).link_as(
        "gone",
        "c",
        |link| {
            link.missing_reads = 1;
            link.missing_since = Some(crate::world::now() - chrono::Duration::hours(20));
        },
    );
    for name in ["gone", "entra:contoso:gone", "gone@contoso.com"] {
        let told = world.with_input(|input| explain(input, name)).unwrap().unwrap();
        let text = told.to_string();
        for part in [
            "is not among the 10 users",
            "absent from 2 complete reads, 2 asked for",
            "4 h 0 min of 24 h left",
            "=>  no_op",
        ] {
            assert!(text.contains(part), "{name}, {part}: {text}");
        }
        assert_eq!(told.decision.unwrap(), world.about_contact("c"));
    }
    assert!(world.with_input(|input| explain(input, "nobody")).unwrap().is_none());
}
