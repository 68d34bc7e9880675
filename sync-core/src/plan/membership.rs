//! To which company each user belongs for certain, and who might, by the scope and the routes of the plan itself.

use super::{
    input::PlanInput,
    planner::{Absence, absence},
    routing::{Routed, Routes, Takes},
    scope::{Scope, Standing},
};
use crate::{model::CompanyId, snapshot::UserView};

/// Where a user belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Membership<'a> {
    /// Managed, and of this company.
    Of(&'a CompanyId),
    /// Something was not read: perhaps of this company, of any where none is given, perhaps of none.
    Maybe(Option<&'a CompanyId>),
    /// Not managed, whatever was not read.
    None,
}

/// The scope and the routes of one plan.
pub(crate) struct Members<'a> {
    scope: Scope<'a>,
    routes: Routes<'a>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(input: &PlanInput<'a>) -> Self {
        Self { scope: Scope::new(input), routes: Routes::new(input) }
    }

    /// Where a user belongs.
    pub(crate) fn of(&self, user: UserView<'_>) -> Membership<'a> {
        let company = self.routes.company(user);
        let route_unread = matches!(self.routes.routed(user), Routed::Undecided);
        match (self.scope.standing(user, company), company) {
            (Standing::InScope, Some(company)) => Membership::Of(company),
            (Standing::Unrouted, _) if route_unread => Membership::Maybe(None),
            (Standing::Undecided(_), _) if !self.scope.surely_stops(user, company, route_unread) => {
                Membership::Maybe(company)
            }
            (
                Standing::InScope
                | Standing::Undecided(_)
                | Standing::Excluded(_)
                | Standing::Disabled
                | Standing::OutOfScope(_)
                | Standing::Unlicensed
                | Standing::IncompleteName
                | Standing::Unrouted
                | Standing::Ignored,
                _,
            ) => Membership::None,
        }
    }

    /// What would have to be read of a user to say where the user belongs, in words.
    pub(crate) fn unread(&self, user: UserView<'_>) -> String {
        let company = self.routes.company(user);
        if let Standing::Undecided(rule) = self.scope.standing(user, company) {
            return self.scope.unread(rule, user);
        }
        let route = self.routes.iter().find_map(|route| match route.takes(user) {
            Takes::Unread(what) => Some(format!("{route}: {what} was not read")),
            Takes::Yes | Takes::No => None,
        });
        route.unwrap_or_else(|| "something was not read".to_owned())
    }
}

/// Why a count over the users of a read would say less than the truth; nothing where it would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountsShort {
    /// The read was cut short.
    Partial,
    /// The read is empty, or far smaller than the last complete one.
    Suspect,
    /// The run or the policy names the people it is about.
    Targeted,
}

/// Whether everybody is there to be counted.
pub(crate) fn counts_short(input: &PlanInput<'_>) -> Option<CountsShort> {
    match absence(input) {
        Absence::Partial => Some(CountsShort::Partial),
        Absence::Suspect => Some(CountsShort::Suspect),
        Absence::Proven if input.run.is_targeted() || !input.policy.principal_names.is_empty() => {
            Some(CountsShort::Targeted)
        }
        Absence::Proven => None,
    }
}
