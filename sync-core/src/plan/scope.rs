//! Which users are managed, and which company each belongs to.

use super::input::PlanInput;
use crate::{
    model::{Attribute, CompanyId, UserKind, email_domain, email_key},
    policy::{Operand, Policy, Route, RouteCondition, RunInput, Tenant, Truth, fold},
    snapshot::{ReadText, UserView},
};
use std::collections::BTreeSet;

/// Where a user stands before matching. Eight states, each with consequences of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Managed.
    InScope,
    /// Left alone on purpose; nothing happens to the contact.
    Excluded(String),
    /// The account is disabled.
    Disabled,
    /// Outside the scope.
    OutOfScope(String),
    /// The filter asks for something that was not read: not served, and nothing happens to the contact.
    Undecided(String),
    /// No licence that counts.
    Unlicensed,
    /// A name is missing that the policy asks for.
    IncompleteName,
    /// No route takes the user.
    Unrouted,
}

/// The scope rules of one plan.
pub(crate) struct Scope<'a> {
    policy: &'a Policy,
    run: &'a RunInput,
    run_departments: BTreeSet<String>,
    run_offices: BTreeSet<String>,
    run_principals: BTreeSet<String>,
    skip_disabled: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(input: &PlanInput<'a>) -> Self {
        let run = input.run;
        let folded = |texts: &[String]| texts.iter().map(|t| fold(t)).filter(|t| !t.is_empty()).collect();
        Self {
            policy: input.policy,
            run,
            run_departments: folded(&run.department_filter),
            run_offices: folded(&run.office_location_filter),
            run_principals: run.user_principal_names.iter().map(|t| fold(t)).collect(),
            skip_disabled: run
                .skip_disabled_users
                .unwrap_or(input.policy.document().scope.skip_disabled_users),
        }
    }

    /// Where a user stands. Exclusion comes first: what is left alone is left alone in every state.
    pub(crate) fn standing(&self, user: UserView<'_>, company: Option<&CompanyId>) -> Standing {
        if let Some(rule) = self.excluded(user, company) {
            return Standing::Excluded(rule);
        }
        if self.skip_disabled && user.enabled() == Some(false) {
            return Standing::Disabled;
        }
        if let Some(rule) = self.outside(user) {
            // What was not read decides nothing about anybody.
            return match unread_for(user, &rule) {
                Some(what) => Standing::Undecided(format!("{rule}: {what} was not read")),
                None => Standing::OutOfScope(rule),
            };
        }
        match self.filtered(user) {
            Truth::Yes => {}
            Truth::No => return Standing::OutOfScope("filter".to_owned()),
            Truth::Unknown(what) => return Standing::Undecided(unread(what)),
        }
        let scope = &self.policy.document().scope;
        if scope.require_license && !self.licensed(user) {
            return Standing::Unlicensed;
        }
        if scope.require_first_and_last_name
            && (is_blank(user, &Attribute::GivenName) || is_blank(user, &Attribute::Surname))
        {
            return Standing::IncompleteName;
        }
        if company.is_none() { Standing::Unrouted } else { Standing::InScope }
    }

    /// Every rule that says something about a user, in the order in which they are tried, with what it says.
    pub(crate) fn trace(&self, user: UserView<'_>, company: Option<&CompanyId>) -> Vec<(String, bool)> {
        let mut trace = Vec::new();
        let mut say = |rule: String, passes: bool| trace.push((rule, passes));
        match self.excluded(user, company) {
            Some(rule) => say(format!("not excluded: {rule}"), false),
            None => say("not excluded".to_owned(), true),
        }
        let enabled = user
            .enabled()
            .map_or("unknown, which never counts as disabled", |e| if e { "yes" } else { "no" });
        say(format!("account enabled: {enabled}"), !self.skip_disabled || user.enabled() != Some(false));
        match self.outside(user) {
            Some(rule) => say(format!("in scope: {rule}"), false),
            None => say("in scope".to_owned(), true),
        }
        if self.policy.filter.is_some() {
            match self.filtered(user) {
                Truth::Yes => say("filter".to_owned(), true),
                Truth::No => say("filter".to_owned(), false),
                Truth::Unknown(what) => say(unread(what), false),
            }
        }
        if self.policy.document().scope.require_license {
            say("has a licence that counts".to_owned(), self.licensed(user));
        }
        let route = company.map_or_else(|| "none".to_owned(), ToString::to_string);
        say(format!("company: {route}"), company.is_some());
        trace
    }

    fn excluded(&self, user: UserView<'_>, company: Option<&CompanyId>) -> Option<String> {
        let policy = self.policy;
        if !policy.exclude_object_ids.is_empty()
            && policy.exclude_object_ids.contains(&fold(user.object_id()))
        {
            return Some("exclude_object_ids".to_owned());
        }
        for glob in &policy.exclude {
            let mut addresses = user.email_keys();
            if glob.matches(user.principal_name()) || addresses.any(|address| glob.matches(address)) {
                return Some(format!("exclude {}", glob.as_str()));
            }
        }
        let principals = [&policy.principal_names, &self.run_principals];
        if principals.iter().any(|p| !p.is_empty() && !p.contains(&fold(user.principal_name()))) {
            return Some("user_principal_names".to_owned());
        }
        if !self.run_departments.is_empty() && !one_of(user, &Attribute::Department, &self.run_departments) {
            return Some("department_filter".to_owned());
        }
        if !self.run_offices.is_empty() && !one_of(user, &Attribute::OfficeLocation, &self.run_offices) {
            return Some("office_location_filter".to_owned());
        }
        match (&self.run.company_id, company) {
            (Some(wanted), Some(company)) if company.as_str() != wanted => Some("company_id".to_owned()),
            (Some(_), None) => Some("company_id".to_owned()),
            _ => None,
        }
    }

    fn outside(&self, user: UserView<'_>) -> Option<String> {
        let policy = self.policy;
        let scope = &policy.document().scope;
        let kind = user.kind().unwrap_or(UserKind::Member);
        let mailbox = matches!(kind, UserKind::Shared | UserKind::Room | UserKind::Equipment);
        if mailbox && scope.exclude_shared_mailboxes {
            return Some(format!("exclude_shared_mailboxes: {}", kind.as_str()));
        }
        if !mailbox && !scope.user_types.contains(&kind) {
            return Some(format!("user_types: {}", kind.as_str()));
        }
        if !policy.departments.is_empty() && !one_of(user, &Attribute::Department, &policy.departments) {
            return Some("departments".to_owned());
        }
        if !policy.offices.is_empty() && !one_of(user, &Attribute::OfficeLocation, &policy.offices) {
            return Some("office_locations".to_owned());
        }
        if !policy.domains.is_empty() && !user_domain(user).is_some_and(|d| policy.domains.contains(&d)) {
            return Some("domains".to_owned());
        }
        if !policy.groups.is_empty()
            && !user.groups().is_some_and(|mut gs| gs.any(|g| policy.groups.contains(g)))
        {
            return Some("groups".to_owned());
        }
        None
    }

    /// What the filter says. Without one everybody passes.
    fn filtered(&self, user: UserView<'_>) -> Truth<'a> {
        self.policy.filter.as_ref().map_or(Truth::Yes, |filter| filter.test(user))
    }

    /// Whether a licence counts. Licences that were not read never make a person unlicensed.
    fn licensed(&self, user: UserView<'_>) -> bool {
        let Some(mut licenses) = user.licenses() else { return true };
        let policy = self.policy;
        let named = |set: &BTreeSet<String>, license: &crate::model::License| {
            set.contains(&license.sku_id)
                || license.part_number.as_ref().is_some_and(|p| set.contains(&fold(p)))
        };
        licenses.any(|license| {
            !named(&policy.ignore_skus, license)
                && (policy.required_skus.is_empty() || named(&policy.required_skus, license))
        })
    }
}

/// The company of a user: the first route by `order` that takes it, else the tenant's own.
///
/// Of two routes with the same order the one written first wins. `None` also where a filter of a route could not be
/// decided.
pub(crate) fn company_of<'a>(
    tenant: &'a Tenant,
    routes: &[&'a Route],
    user: UserView<'_>,
) -> Option<&'a CompanyId> {
    match first(routes.iter().copied(), user) {
        Routed::By(route) => Some(&route.company_id),
        Routed::ByNone => tenant.company.as_ref(),
        Routed::Undecided => None,
    }
}

/// The route that takes a user, if one does.
pub(crate) fn route_of<'a>(tenant: &'a Tenant, user: UserView<'_>) -> Option<&'a Route> {
    match first(ordered_routes(tenant).into_iter(), user) {
        Routed::By(route) => Some(route),
        Routed::ByNone | Routed::Undecided => None,
    }
}

/// What the routes say of a user.
enum Routed<'a> {
    By(&'a Route),
    ByNone,
    /// A filter asks for something that was not read; a later route would be a guess at the company.
    Undecided,
}

fn first<'a>(routes: impl Iterator<Item = &'a Route>, user: UserView<'_>) -> Routed<'a> {
    for route in routes.filter(|route| takes(&route.when, user)) {
        match route.when.filter.as_ref().map_or(Truth::Yes, |filter| filter.test(user)) {
            Truth::Yes => return Routed::By(route),
            Truth::No => {}
            Truth::Unknown(_) => return Routed::Undecided,
        }
    }
    Routed::ByNone
}

/// A tenant's routes in the order in which they are tried.
pub(crate) fn ordered_routes(tenant: &Tenant) -> Vec<&Route> {
    let mut routes: Vec<&Route> = tenant.routes.iter().collect();
    routes.sort_by_key(|route| route.order);
    routes
}

/// Whether every condition but the filter holds.
fn takes(when: &RouteCondition, user: UserView<'_>) -> bool {
    let RouteCondition { group, department, office_location, domain, company_name, filter: _ } = when;
    let equal = |wanted: &Option<String>, attribute: &Attribute| {
        wanted.as_ref().is_none_or(|w| user.attribute(attribute).text().is_some_and(|t| fold(t) == fold(w)))
    };
    group
        .as_ref()
        .is_none_or(|g| user.groups().is_some_and(|mut gs| gs.any(|have| have == g.to_ascii_lowercase())))
        && equal(department, &Attribute::Department)
        && equal(office_location, &Attribute::OfficeLocation)
        && equal(company_name, &Attribute::CompanyName)
        && domain.as_ref().is_none_or(|d| user_domain(user).is_some_and(|have| have == fold(d)))
}

/// The domain of the primary address, or of the sign-in name where there is none.
pub(crate) fn user_domain(user: UserView<'_>) -> Option<String> {
    match user.primary_email_key() {
        Some(key) => email_domain(key).map(str::to_owned),
        None => email_domain(&email_key(user.principal_name())?).map(str::to_owned),
    }
}

/// The rule by which an undecided user is left alone.
fn unread(what: &Operand) -> String {
    format!("filter: {what} was not read")
}

fn is_blank(user: UserView<'_>, attribute: &Attribute) -> bool {
    user.attribute(attribute) == ReadText::Blank
}

/// What a scope rule would have to know of a user and does not.
fn unread_for(user: UserView<'_>, rule: &str) -> Option<&'static str> {
    let unread = |attribute| user.attribute(&attribute) == ReadText::NotRead;
    match rule {
        "departments" => unread(Attribute::Department).then_some("department"),
        "office_locations" => unread(Attribute::OfficeLocation).then_some("office_location"),
        "domains" => (unread(Attribute::Mail) && unread(Attribute::UserPrincipalName)).then_some("mail"),
        "groups" => user.groups().is_none().then_some("group membership"),
        _ => None,
    }
}

fn one_of(user: UserView<'_>, attribute: &Attribute, wanted: &BTreeSet<String>) -> bool {
    user.attribute(attribute).text().is_some_and(|text| wanted.contains(&fold(text)))
}
