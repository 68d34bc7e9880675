//! Routes that take the same users: found anew in every run, because people change.

use super::{
    Warning,
    planner::Planner,
    routing::{Prepared, Takes},
    scope::Standing,
};
use std::collections::BTreeMap;

/// At most this many users of one pair are named.
const NAMED: usize = 3;

/// At most this many pairs are told one by one.
const PAIRS: usize = 20;

/// What two routes have in common.
#[derive(Default)]
struct Shared<'a> {
    users: u64,
    /// Users of whom the first of the two decides the company.
    decided: u64,
    named: Vec<&'a str>,
}

/// One warning for each pair of routes to different companies that take the same users in scope.
///
/// Where both have one order, it was a tie, and the warning says by what it was broken.
pub(super) fn overlaps(planner: &Planner<'_>) -> Vec<Warning> {
    let routes: Vec<&Prepared<'_>> = planner.routes.iter().collect();
    let first = routes.first().map(|route| &route.route.company_id);
    if routes.iter().all(|route| Some(&route.route.company_id) == first) {
        return Vec::new();
    }
    let mut pairs: BTreeMap<(usize, usize), Shared<'_>> = BTreeMap::new();
    let mut taking = Vec::new();
    for (user, standing) in planner.input.users.iter().zip(&planner.standings) {
        if *standing != Standing::InScope {
            continue;
        }
        taking.clear();
        taking.extend(
            (0..routes.len())
                .filter(|at| routes.get(*at).is_some_and(|route| route.takes(user) == Takes::Yes)),
        );
        for (at, one) in taking.iter().enumerate() {
            for other in taking.iter().skip(at + 1) {
                let company = |place: &usize| routes.get(*place).map(|route| &route.route.company_id);
                if company(one) == company(other) {
                    continue;
                }
                let shared = pairs.entry((*one, *other)).or_default();
                shared.users += 1;
                shared.decided += u64::from(at == 0);
                if shared.named.len() < NAMED {
                    shared.named.push(user.principal_name());
                }
            }
        }
    }
    let mut warnings: Vec<Warning> = Vec::new();
    let more = pairs.len().saturating_sub(PAIRS);
    for ((one, other), shared) in pairs.into_iter().take(PAIRS) {
        let (Some(one), Some(other)) = (routes.get(one), routes.get(other)) else { continue };
        warnings.push(warning(one, other, &shared));
    }
    if more > 0 {
        warnings.push(Warning {
            code: "RouteOverlap".to_owned(),
            user_principal_name: None,
            message: format!("{more} more pairs of routes take the same users"),
        });
    }
    warnings
}

fn warning(one: &Prepared<'_>, other: &Prepared<'_>, shared: &Shared<'_>) -> Warning {
    let Shared { users, decided, named } = shared;
    let tie = one.route.order == other.route.order;
    let users_text = if *users == 1 { "1 user".to_owned() } else { format!("{users} users") };
    let why =
        if tie { format!("of one order: {}", broken_by(one, other)) } else { "the lower order".to_owned() };
    let outcome = match decided {
        0 => "an earlier route decides".to_owned(),
        _ => format!("the first one wins ({why})"),
    };
    let more = if *users > named.len() as u64 { " and others" } else { "" };
    Warning {
        code: if tie { "RouteTie" } else { "RouteOverlap" }.to_owned(),
        user_principal_name: None,
        message: format!("{one} and {other} both take {users_text}: {}{more}; {outcome}", named.join(", ")),
    }
}

/// By what a tie went to the first of two routes.
pub(super) fn broken_by(one: &Prepared<'_>, other: &Prepared<'_>) -> &'static str {
    let created = |route: &Prepared<'_>| route.group.and_then(|group| group.created_at);
    match (&one.route.when.group, &other.route.when.group) {
        (Some(_), None) => "a route with a group comes before one without",
        (Some(a), Some(b)) => match (created(one), created(other)) {
            (Some(a), Some(b)) if a < b => "its group is older",
            (Some(_), None) => "the age of its group is known",
            _ if !a.eq_ignore_ascii_case(b) => "its group has the lower id",
            _ => "its company has the lower id",
        },
        (None, _) => "its company has the lower id",
    }
}
