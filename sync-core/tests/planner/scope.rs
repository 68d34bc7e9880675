//! Who is managed, and which company each belongs to.

use crate::world::{World, contact, user};
use std::collections::BTreeSet;
use sync_core::{
    model::{Attribute, Company, CompanyId, DirectoryUser, License, UserKind},
    plan::{Outcome, Reason, explain},
    policy::{Departed, Route, RouteCondition},
};

#[test]
fn guests_mailboxes_and_software_agents_are_out_of_scope_by_default() {
    for kind in [UserKind::Guest, UserKind::Shared, UserKind::Room, UserKind::Equipment, UserKind::Agent] {
        let mut one = user("a", "a@contoso.com");
        one.kind = Some(kind);
        assert_eq!(World::new().user(one.clone()).verdict("a"), "no_op:left_scope", "{kind:?}");
        let open = World::new().user(one).policy(|p| {
            p.scope.user_types.push(kind);
            p.scope.exclude_shared_mailboxes = false;
        });
        assert_eq!(open.verdict("a"), "create:no_match", "{kind:?}");
    }
}

#[test]
fn a_kind_that_the_directory_does_not_say_counts_as_a_member() {
    let mut one = user("a", "a@contoso.com");
    one.kind = None;
    assert_eq!(World::new().user(one).verdict("a"), "create:no_match");
}

#[test]
fn people_are_not_mistaken_for_service_accounts() {
    let names = ["abbott", "talbot", "adminson", "botha"];
    let mut world =
        World::new().policy(|p| p.scope.exclude = vec!["svc-*@*".into(), "bot".into(), "admin".into()]);
    for name in names {
        world = world.user(user(name, &format!("{name}@contoso.com")));
    }
    for name in names {
        assert_eq!(world.verdict(name), "create:no_match");
    }
    assert_eq!(world.user(user("s", "SVC-backup@contoso.com")).verdict("s"), "no_op:excluded");
}

#[test]
fn an_alias_excludes_too() {
    let mut one = user("a", "a@contoso.com");
    one.alternate_emails = Some(vec!["svc-x@contoso.com".into()]);
    assert_eq!(
        World::new().policy(|p| p.scope.exclude = vec!["svc-*".into()]).user(one).verdict("a"),
        "no_op:excluded"
    );
}

#[test]
fn departments_offices_domains_and_groups_narrow_the_scope() {
    let world = || {
        let mut one = user("a", "a@contoso.com").with(Attribute::OfficeLocation, "Berlin");
        one.groups = Some(BTreeSet::from(["G-1".to_owned()]));
        World::new().user(one)
    };
    let set = |change: fn(&mut sync_core::policy::ScopePolicy)| {
        world().policy(|p| change(&mut p.scope)).verdict("a")
    };
    assert_eq!(set(|s| s.departments = vec!["SALES".into()]), "create:no_match");
    assert_eq!(set(|s| s.departments = vec!["Support".into()]), "no_op:left_scope");
    assert_eq!(set(|s| s.office_locations = vec![" berlin ".into()]), "create:no_match");
    assert_eq!(set(|s| s.office_locations = vec!["Paris".into()]), "no_op:left_scope");
    assert_eq!(set(|s| s.domains = vec!["Contoso.com".into()]), "create:no_match");
    assert_eq!(set(|s| s.domains = vec!["fabrikam.com".into()]), "no_op:left_scope");
    assert_eq!(set(|s| s.groups = vec!["g-1".into()]), "create:no_match");
    assert_eq!(set(|s| s.groups = vec!["g-2".into()]), "no_op:left_scope");
    assert_eq!(set(|s| s.exclude_object_ids = vec!["A".into()]), "no_op:excluded");
    assert_eq!(set(|s| s.require_first_and_last_name = true), "create:no_match");
}

const FILTER: &str = r#"department == "Sales" && city != "Berlin""#;

#[test]
fn a_filter_decides_who_is_in_scope() {
    let mut world = World::new().policy(|p| p.scope.filter = FILTER.to_owned());
    for (object, department, city) in [
        ("in", "SALES", "Bonn"),
        ("blank", "Sales", ""),
        ("berlin", "Sales", "berlin"),
        ("lab", "Lab", "Bonn"),
        ("none", "", "Bonn"),
    ] {
        world = world.user(
            user(object, &format!("{object}@contoso.com"))
                .with(Attribute::Department, department)
                .with(Attribute::City, city),
        );
    }
    assert_eq!(world.verdict("in"), "create:no_match");
    assert_eq!(world.verdict("blank"), "create:no_match");
    for out in ["berlin", "lab", "none"] {
        assert_eq!(world.verdict(out), "no_op:left_scope", "{out}");
        assert_eq!(world.about(out).reason, Reason::LeftScope { rule: "filter".to_owned() });
    }
}

#[test]
fn a_filter_asks_for_groups_and_accounts_too() {
    let mut one = user("a", "a@contoso.com");
    one.groups = Some(BTreeSet::from(["G-1".to_owned()]));
    let world = World::new().user(one).policy(|p| p.scope.filter = r#"in_group("g-1")"#.to_owned());
    assert_eq!(world.verdict("a"), "create:no_match");
    let other = world.policy(|p| p.scope.filter = r#"in_group("g-1") and !account_enabled"#.to_owned());
    assert_eq!(other.verdict("a"), "no_op:left_scope");
}

#[test]
fn what_a_filter_could_not_read_neither_creates_nor_deactivates() {
    let world = |user: DirectoryUser| {
        // Enough others in scope for the limits on deactivation.
        let mut world = World::new().crowd(30);
        for one in &mut world.users {
            one.attributes.insert(Attribute::City, Some("Bonn".to_owned()));
        }
        world.user(user).policy(|p| {
            p.scope.filter = FILTER.to_owned();
            p.lifecycle.out_of_scope = Departed::Deactivate;
        })
    };
    let unread = user("a", "a@contoso.com");
    let new = world(unread.clone());
    assert_eq!(new.verdict("a"), "no_op:left_scope");
    let rule = "filter: city was not read".to_owned();
    assert_eq!(new.about("a").reason, Reason::LeftScope { rule });
    let linked = |user| world(user).contact(contact("c", "a", "a@contoso.com")).link("a", "c");
    assert_eq!(linked(unread.clone()).verdict("a"), "no_op:left_scope");
    // The same pair goes where the filter does decide, although the city is still not read.
    let lab = unread.with(Attribute::Department, "Lab");
    assert_eq!(linked(lab).verdict("a"), "deactivate:left_scope");
}

#[test]
fn an_explanation_says_what_the_filter_said() {
    let told = |city: Option<&str>| {
        let one = user("a", "a@contoso.com");
        let one = match city {
            Some(city) => one.with(Attribute::City, city),
            None => one,
        };
        let world = World::new().user(one).policy(|p| p.scope.filter = FILTER.to_owned());
        let explanation = world.with_input(|input| explain(input, "a@contoso.com")).unwrap().unwrap();
        let steps = explanation.steps.iter().filter(|s| s.title.starts_with("filter"));
        steps.map(|s| (s.title.clone(), s.outcome)).collect::<Vec<_>>()
    };
    assert_eq!(told(Some("Bonn")), [("filter".to_owned(), Outcome::Passed)]);
    assert_eq!(told(Some("Berlin")), [("filter".to_owned(), Outcome::Stopped)]);
    assert_eq!(told(None), [("filter: city was not read".to_owned(), Outcome::Undecided)]);
}

#[test]
fn licences_count_as_the_policy_says_and_unread_ones_never_exclude() {
    let licensed = |skus: Option<&[&str]>| {
        let mut one = user("a", "a@contoso.com");
        one.licenses = skus.map(|s| {
            s.iter()
                .map(|sku| {
                    let mut license = License::new(&format!("id-{sku}"));
                    license.part_number = Some((*sku).to_owned());
                    license
                })
                .collect()
        });
        World::new().user(one).policy(|p| {
            p.scope.require_license = true;
            p.scope.ignore_skus = vec!["flow_free".into()];
        })
    };
    assert_eq!(licensed(Some(&["SPE_E3"])).verdict("a"), "create:no_match");
    assert_eq!(licensed(Some(&["FLOW_FREE"])).verdict("a"), "no_op:license_lost");
    assert_eq!(licensed(Some(&[])).verdict("a"), "no_op:license_lost");
    assert_eq!(licensed(None).verdict("a"), "no_op:left_scope");
    let required = licensed(Some(&["SPE_E3"])).policy(|p| p.scope.required_skus = vec!["ID-SPE_E5".into()]);
    assert_eq!(required.verdict("a"), "no_op:license_lost");
}

#[test]
fn a_licence_whose_part_number_was_not_read_makes_nobody_unlicensed() {
    const ID: &str = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    const OTHER: &str = "c7df2760-2c81-4ef7-b578-5b5392b571df";
    let world = |required: &str, ignored: &[&str]| {
        let mut one = user("a", "a@contoso.com");
        one.licenses = Some(vec![License::new(ID)]);
        World::new().user(one).policy(|p| {
            p.scope.require_license = true;
            p.scope.required_skus = vec![required.to_owned()];
            p.scope.ignore_skus = ignored.iter().map(|&sku| sku.to_owned()).collect();
        })
    };
    let unread = world("SPE_E3", &[]);
    assert_eq!(unread.verdict("a"), "no_op:left_scope", "a part number proves nothing about an id");
    assert!(unread.about("a").reason.to_string().contains("part number of a licence was not read"));
    assert_eq!(world(ID, &[]).verdict("a"), "create:no_match");
    assert_eq!(world(OTHER, &[]).verdict("a"), "no_op:license_lost", "an id needs no part number");
    assert_eq!(world(ID, &["FLOW_FREE"]).verdict("a"), "no_op:left_scope");
    assert_eq!(world(OTHER, &["FLOW_FREE"]).verdict("a"), "no_op:license_lost");
    assert_eq!(world("SPE_E3", &[ID]).verdict("a"), "no_op:license_lost", "ignored by its id");
}

#[test]
fn the_lowest_order_wins_and_nobody_falls_into_a_default_company() {
    let when = |department: &str| {
        let mut when = RouteCondition::default();
        when.department = Some(department.to_owned());
        when
    };
    let mut world = World::new()
        .user(user("a", "a@contoso.com"))
        .user(user("b", "b@contoso.com").with(Attribute::Department, "Lab"));
    world.tenant.company = None;
    let mut narrow = when("Sales");
    narrow.domain = Some("contoso.com".to_owned());
    world.tenant.routes = vec![
        Route::new(20, when("sales"), CompanyId::new("300")),
        Route::new(10, narrow, CompanyId::new("200")),
    ];
    assert_eq!(world.about("a").company, Some(CompanyId::new("200")));
    assert_eq!(world.verdict("b"), "no_op:unrouted");
}

#[test]
fn a_route_by_filter_takes_whom_it_fits_and_an_unread_attribute_guesses_no_company() {
    let mut when = RouteCondition::default();
    when.filter = Some(r#"city in ["Bonn", "Köln"]"#.parse().unwrap());
    let mut everybody_else = RouteCondition::default();
    everybody_else.department = Some("Sales".to_owned());
    let mut world = World::new()
        .user(user("bonn", "bonn@contoso.com").with(Attribute::City, "BONN"))
        .user(user("berlin", "berlin@contoso.com").with(Attribute::City, "Berlin"))
        .user(user("unread", "unread@contoso.com"));
    world.tenant.routes = vec![
        Route::new(1, when, CompanyId::new("200")),
        Route::new(2, everybody_else, CompanyId::new("300")),
    ];
    assert_eq!(world.about("bonn").company, Some(CompanyId::new("200")));
    assert_eq!(world.about("berlin").company, Some(CompanyId::new("300")));
    assert_eq!(world.verdict("unread"), "no_op:unrouted");
    assert_eq!(world.about("unread").company, None);
}

#[test]
fn a_route_is_read_with_its_filter_or_not_at_all() {
    let read = |filter: &str| {
        let text = format!(r#"{{"order":1,"when":{{"filter":"{filter}"}},"company_id":"200"}}"#);
        serde_json::from_str::<Route>(&text)
    };
    let route = read("city is_blank").unwrap();
    assert_eq!(serde_json::from_str::<Route>(&serde_json::to_string(&route).unwrap()).unwrap(), route);
    assert!(read("citi is_blank").unwrap_err().to_string().contains("did you mean `city`"));
    assert!(read(" ").unwrap_err().to_string().contains("at character 2"));
}

#[test]
fn a_company_that_does_not_exist_or_is_not_in_use_plans_nothing() {
    let mut world = World::new().user(user("a", "a@contoso.com"));
    world.companies = vec![Company::new(CompanyId::new("999"), "Other")];
    assert!(world.try_plan().unwrap_err().to_string().contains("100 does not exist"));
    let mut closed = Company::new(CompanyId::new("100"), "Contoso");
    closed.active = false;
    world.companies = vec![closed];
    assert!(world.try_plan().unwrap_err().to_string().contains("not in use"));
}

#[test]
fn what_was_not_read_puts_nobody_out_of_scope_for_good() {
    let world = |change: fn(&mut sync_core::policy::ScopePolicy)| {
        World::new().crowd(10).policy(|p| {
            change(&mut p.scope);
            p.lifecycle.out_of_scope = Departed::Deactivate;
        })
    };
    // Offices and groups were not read of anybody here; departments were.
    assert_eq!(world(|s| s.office_locations = vec!["Berlin".into()]).verdict("p00"), "no_op:left_scope");
    assert_eq!(world(|s| s.groups = vec!["g".into()]).verdict("p00"), "no_op:left_scope");
    assert_eq!(world(|s| s.departments = vec!["Support".into()]).verdict("p00"), "deactivate:left_scope");
}

#[test]
fn a_run_that_serves_nobody_says_so() {
    let codes = |world: &World| -> Vec<String> {
        world.plan().warnings.iter().map(|warning| warning.code.clone()).collect()
    };
    let served = World::new().user(user("a", "a@contoso.com")).user(user("b", "b@contoso.com"));
    assert!(!codes(&served).contains(&"NobodyInScope".to_owned()));
    let nobody = served.policy(|p| p.scope.departments = vec!["Nowhere".into()]);
    assert!(codes(&nobody).contains(&"NobodyInScope".to_owned()));
    assert!(nobody.warned("NobodyInScope")[0].starts_with("the policy does not serve any of the 2 users"));
    let mut narrowed = nobody.policy(|p| p.scope.departments.clear());
    narrowed.run.department_filter = vec!["Saels".into()];
    let said = narrowed.warned("NobodyInScope");
    assert!(
        said[0].starts_with("this run, narrowed as it is, does not serve any of the 2 users"),
        "{said:?}"
    );
    assert!(!codes(&World::new()).contains(&"NobodyInScope".to_owned()), "nobody was read");
}
