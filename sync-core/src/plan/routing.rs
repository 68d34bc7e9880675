//! Which company each user belongs to: the routes of one tenant in the order in which they are tried.

use super::input::PlanInput;
use crate::{
    model::{Attribute, CompanyId, DirectoryGroup},
    policy::{Operand, Route, RouteCondition, Tenant, Truth, domain, fold, is_folded},
    snapshot::{ReadText, UserSnapshot, UserView},
};
use std::fmt;

/// The routes of a tenant, ready for every user of a plan.
pub(crate) struct Routes<'a> {
    tenant: &'a Tenant,
    routes: Vec<Prepared<'a>>,
}

/// One route with its texts folded and its group described.
pub(crate) struct Prepared<'a> {
    pub(crate) route: &'a Route,
    /// Where it stands in the configuration, from 0.
    pub(crate) place: usize,
    pub(crate) group: Option<&'a DirectoryGroup>,
    group_id: Option<String>,
    department: Option<String>,
    office: Option<String>,
    domain: Option<String>,
    company_name: Option<String>,
}

/// What the routes say of a user.
#[derive(Clone, Copy)]
pub(crate) enum Routed<'r, 'a> {
    By(&'r Prepared<'a>),
    /// No route takes the user, who belongs to the tenant's own company where it has one.
    ByNone,
    /// This route asks for something that was not read; a later one would be a guess at the company.
    Undecided,
}

/// Whether one route takes a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes<'a> {
    Yes,
    No,
    /// It depends on something that was not read.
    Unread(Unread<'a>),
}

/// What was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread<'a> {
    Named(&'static str),
    Operand(&'a Operand),
}

impl fmt::Display for Unread<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Operand(operand) => operand.fmt(f),
        }
    }
}

impl<'a> Routes<'a> {
    pub(crate) fn new(input: &PlanInput<'a>) -> Self {
        Self::of_tenant(input.tenant, input.users)
    }

    /// Lowest order first. Of one order the route of the older group comes first, then that of the lower group id; routes
    /// without a group come after those with one, by company id; what is left is decided by the place in the file.
    fn of_tenant(tenant: &'a Tenant, users: &'a UserSnapshot) -> Self {
        let mut routes: Vec<Prepared<'a>> = tenant
            .routes
            .iter()
            .enumerate()
            .map(|(place, route)| {
                let RouteCondition { group, department, office_location, domain, company_name, filter: _ } =
                    &route.when;
                let folded = |text: &Option<String>| text.as_deref().map(fold);
                Prepared {
                    route,
                    place,
                    group: group.as_deref().and_then(|id| users.group(id)),
                    group_id: folded(group),
                    department: folded(department),
                    office: folded(office_location),
                    domain: folded(domain),
                    company_name: folded(company_name),
                }
            })
            .collect();
        routes.sort_by(|a, b| a.rank().cmp(&b.rank()));
        Self { tenant, routes }
    }

    /// The company of a user; `None` where no route takes the user and the tenant has no company of its own, and where
    /// that could not be decided.
    pub(crate) fn company(&self, user: UserView<'_>) -> Option<&'a CompanyId> {
        match self.routed(user) {
            Routed::By(route) => Some(&route.route.company_id),
            Routed::ByNone => self.tenant.company.as_ref(),
            Routed::Undecided => None,
        }
    }

    /// The first route that takes a user.
    pub(crate) fn routed(&self, user: UserView<'_>) -> Routed<'_, 'a> {
        for route in &self.routes {
            match route.takes(user) {
                Takes::Yes => return Routed::By(route),
                Takes::No => {}
                Takes::Unread(_) => return Routed::Undecided,
            }
        }
        Routed::ByNone
    }

    /// Every route in the order in which they are tried.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Prepared<'a>> + Clone {
        self.routes.iter()
    }
}

impl Prepared<'_> {
    fn rank(&self) -> impl Ord {
        let created = self.group.and_then(|group| group.created_at);
        (
            self.route.order,
            // `false` sorts first: routes with a group, then groups whose age is known.
            self.group_id.is_none(),
            created.is_none(),
            created,
            self.group_id.clone(),
            self.route.company_id.clone(),
            self.place,
        )
    }

    /// Whether every condition holds. One that does not decides, whatever else was not read. Allocates nothing.
    pub(crate) fn takes(&self, user: UserView<'_>) -> Takes<'_> {
        let mut unread = None;
        if let Some(id) = &self.group_id {
            match user.groups() {
                None => unread = Some(Unread::Named("group membership")),
                Some(mut groups) => {
                    if !groups.any(|group| is_folded(id, group)) {
                        return Takes::No;
                    }
                }
            }
        }
        for (wanted, attribute, name) in [
            (&self.department, Attribute::Department, "department"),
            (&self.office, Attribute::OfficeLocation, "office_location"),
            (&self.company_name, Attribute::CompanyName, "company_name"),
        ] {
            let Some(wanted) = wanted else { continue };
            match user.attribute(&attribute) {
                ReadText::NotRead => unread = unread.or(Some(Unread::Named(name))),
                ReadText::Text(text) if is_folded(wanted, text) => {}
                ReadText::Text(_) | ReadText::Blank => return Takes::No,
            }
        }
        if let Some(wanted) = &self.domain {
            match domain(user) {
                None => unread = unread.or(Some(Unread::Named("mail"))),
                Some(domain) if is_folded(wanted, &domain) => {}
                Some(_) => return Takes::No,
            }
        }
        if let Some(filter) = &self.route.when.filter {
            match filter.test(user) {
                Truth::Yes => {}
                Truth::No => return Takes::No,
                Truth::Unknown(what) => unread = unread.or(Some(Unread::Operand(what))),
            }
        }
        unread.map_or(Takes::Yes, Takes::Unread)
    }
}

/// `route 10 (group Sales) to company 101`.
impl fmt::Display for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RouteCondition { group, department, office_location, domain, company_name, filter } =
            &self.route.when;
        write!(f, "route {} (", self.route.order)?;
        let mut parts: Vec<String> = Vec::new();
        if let Some(id) = group {
            let name = self.group.and_then(|group| group.display_name.as_deref());
            parts.push(name.map_or_else(|| format!("group {id}"), |name| format!("group {name}, {id}")));
        }
        for (key, text) in [
            ("department", department),
            ("office_location", office_location),
            ("domain", domain),
            ("company_name", company_name),
        ] {
            parts.extend(text.as_ref().map(|text| format!("{key} {text}")));
        }
        parts.extend(filter.as_ref().map(|filter| format!("filter {filter}")));
        write!(f, "{}) to company {}", parts.join(", "), self.route.company_id)
    }
}
