//! What was read of a user, and what routes, scope and matching rules say.

use super::{Outcome, Step};
use crate::{
    model::{CompanyId, UserKind},
    plan::{
        PlanInput,
        matching::{Owner, candidates as found_by},
        overlap::broken_by,
        planner::Planner,
        routing::{Prepared, Routed, Takes},
        scope::Says,
    },
    policy::MatchRule,
    snapshot::{ContactView, UserView},
};

pub(super) fn read(input: &PlanInput<'_>, user: UserView<'_>) -> Step {
    let complete = if input.users.completeness().is_complete() { "complete" } else { "incomplete" };
    let kind = user.kind().map_or("not said, counts as member", UserKind::as_str);
    let addresses = user.email_keys().collect::<Vec<_>>().join(", ");
    Step::new(
        format!("read: {} of {}, the read is {complete}", user.object_id(), count(input.users.len())),
        Outcome::Noted,
        format!("kind: {kind}; addresses: {}", if addresses.is_empty() { "none" } else { &addresses }),
    )
}

fn count(users: usize) -> String {
    format!("{users} {}", if users == 1 { "user" } else { "users" })
}

/// At most this many routes that do not take the user are told one by one.
const NOT_TAKING: usize = 20;

/// Every route in the order in which they are tried: which take the user, and which of them wins by what.
pub(super) fn routes(planner: &Planner<'_>, user: UserView<'_>) -> Vec<Step> {
    let winner = match planner.routes.routed(user) {
        Routed::By(route) => Some(route),
        Routed::ByNone | Routed::Undecided => None,
    };
    let mut steps = Vec::new();
    let (mut decided, mut silent) = (false, 0usize);
    for (tried, route) in planner.routes.iter().enumerate() {
        let (outcome, detail) = match route.takes(user) {
            Takes::No if tried >= NOT_TAKING => {
                silent += 1;
                continue;
            }
            Takes::No => (Outcome::Noted, "does not take this user".to_owned()),
            Takes::Unread(what) if decided => (Outcome::Noted, format!("comes later; {what} was not read")),
            Takes::Unread(what) => {
                decided = true;
                let detail =
                    format!("{what} was not read, and a later route would be a guess at the company");
                (Outcome::Undecided, detail)
            }
            Takes::Yes if decided => (Outcome::Noted, later(winner, route)),
            Takes::Yes => {
                decided = true;
                (Outcome::Passed, "takes this user".to_owned())
            }
        };
        steps.push(Step::new(route.to_string(), outcome, detail));
    }
    if silent > 0 {
        steps.push(Step::new(format!("{silent} more routes"), Outcome::Noted, "do not take this user"));
    }
    steps
}

fn later(winner: Option<&Prepared<'_>>, route: &Prepared<'_>) -> String {
    match winner {
        Some(winner) if winner.route.order == route.route.order => {
            format!(
                "takes this user as well, of the same order; the other one wins: {}",
                broken_by(winner, route)
            )
        }
        Some(_) | None => "takes this user as well, but comes later".to_owned(),
    }
}

pub(super) fn scope(planner: &Planner<'_>, user: UserView<'_>, company: Option<&CompanyId>) -> Vec<Step> {
    let told = planner.scope.trace(user, company).into_iter();
    told.map(|told| {
        let outcome = match told.says {
            Says::Passes => Outcome::Passed,
            Says::Stops => Outcome::Stopped,
            Says::Unread => Outcome::Undecided,
        };
        Step::new(told.rule, outcome, told.saw)
    })
    .collect()
}

pub(super) fn candidates(planner: &Planner<'_>, user: UserView<'_>, rule: MatchRule) -> Step {
    let found = found_by(&planner.input, user, rule);
    let describe = |contact: &u32| {
        let view = planner.input.contacts.get(*contact as usize)?;
        let owner = match planner.matches.owners.get(*contact as usize) {
            Some(Owner::User(owner)) => {
                planner.input.users.get(*owner as usize).map_or_else(String::new, |owner| {
                    if owner.anchor() == user.anchor() {
                        ", taken by this user".to_owned()
                    } else {
                        format!(", taken by {}", owner.anchor())
                    }
                })
            }
            Some(Owner::Absent) => ", linked to somebody who is not in the read".to_owned(),
            Some(Owner::LetGo) => ", linked to somebody who is gone from another tenant".to_owned(),
            Some(Owner::Contested) => ", claimed by several users".to_owned(),
            Some(Owner::Elsewhere) => ", kept by another tenant or tool".to_owned(),
            Some(Owner::Free) | None => String::new(),
        };
        Some(format!("{}{owner}", contact_text(view)))
    };
    let contacts: Vec<String> = found.iter().filter_map(describe).collect();
    let detail = if contacts.is_empty() { "nothing".to_owned() } else { contacts.join("; ") };
    Step::new(format!("match by {rule}"), Outcome::Noted, detail)
}

/// `contact 42 (company 100, active)`.
pub(super) fn contact_text(contact: ContactView<'_>) -> String {
    let company = contact.company().map_or("none", |c| c.as_str());
    let active = match contact.active() {
        Some(true) => "active",
        Some(false) => "inactive",
        None => "active status unknown",
    };
    format!("contact {} (company {company}, {active})", contact.id())
}
