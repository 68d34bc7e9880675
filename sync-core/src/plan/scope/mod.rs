//! Which users are managed: every rule in its order, tried in one place for the plan and for explanations alike.

mod told;

use super::input::PlanInput;
use crate::{
    model::{Attribute, CompanyId, License, UserKind},
    policy::{FoldedSet, Policy, RunInput, Truth, domain},
    snapshot::{ReadText, UserView},
};
use std::ops::ControlFlow;

/// Where a user stands before matching. Each state has consequences of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Managed.
    InScope,
    /// Left alone on purpose.
    Excluded(Rule),
    /// The account is disabled.
    Disabled,
    /// Outside the scope.
    OutOfScope(Rule),
    /// A rule asks for something that was not read: not served, and nothing is taken away.
    Undecided(Rule),
    /// No licence that counts.
    Unlicensed,
    /// A name is missing that the policy asks for.
    IncompleteName,
    /// No route takes the user.
    Unrouted,
    /// A person said to leave the user alone. The scope itself never says so.
    Ignored,
}

/// One rule of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// `scope.exclude_object_ids`.
    ExcludedIds,
    /// `scope.exclude`; the place of the glob that fits, where one does.
    Exclude(Option<u32>),
    /// `scope.user_principal_names`.
    PrincipalNames,
    /// The run's `user_principal_names`.
    RunPrincipalNames,
    /// The run's `department_filter`.
    RunDepartments,
    /// The run's `office_location_filter`.
    RunOffices,
    /// The run's `company_id`.
    RunCompany,
    /// `scope.skip_disabled_users`.
    Account,
    /// `scope.exclude_shared_mailboxes`.
    Mailbox(UserKind),
    /// `scope.user_types`.
    UserType(UserKind),
    /// `scope.departments`.
    Departments,
    /// `scope.office_locations`.
    Offices,
    /// `scope.domains`.
    Domains,
    /// `scope.groups`.
    Groups,
    /// `scope.filter`.
    Filter,
    /// `scope.require_license`.
    License,
    /// `scope.require_first_and_last_name`.
    Names,
    /// A route or the tenant's own company.
    Company,
}

/// What a rule says of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Passes,
    Stops,
    /// It depends on something that was not read, and that proves nothing.
    Unread,
}

impl Says {
    const fn of(passes: bool) -> Self {
        if passes { Self::Passes } else { Self::Stops }
    }
}

/// The scope rules of one plan.
pub(crate) struct Scope<'a> {
    policy: &'a Policy,
    run: &'a RunInput,
    run_departments: FoldedSet,
    run_offices: FoldedSet,
    run_principals: FoldedSet,
    skip_disabled: bool,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(input: &PlanInput<'a>) -> Self {
        let run = input.run;
        Self {
            policy: input.policy,
            run,
            run_departments: FoldedSet::new(&run.department_filter),
            run_offices: FoldedSet::new(&run.office_location_filter),
            run_principals: FoldedSet::new(&run.user_principal_names),
            skip_disabled: run
                .skip_disabled_users
                .unwrap_or(input.policy.document().scope.skip_disabled_users),
        }
    }

    /// Where a user stands: at the first rule that does not let the user pass.
    pub(crate) fn standing(&self, user: UserView<'_>, company: Option<&CompanyId>) -> Standing {
        let stopped = self.walk(user, company, |rule, says| match says {
            Says::Passes => ControlFlow::Continue(()),
            Says::Stops => ControlFlow::Break(rule.stops()),
            Says::Unread => ControlFlow::Break(rule.undecided()),
        });
        match stopped {
            ControlFlow::Continue(()) => Standing::InScope,
            ControlFlow::Break(standing) => standing,
        }
    }

    /// Whether some rule stops a user for certain, whatever other rules could not read. Where the company itself depends on
    /// something that was not read, having none stops nobody.
    pub(crate) fn surely_stops(
        &self,
        user: UserView<'_>,
        company: Option<&CompanyId>,
        company_unread: bool,
    ) -> bool {
        let stops = |rule, says| says == Says::Stops && !(company_unread && rule == Rule::Company);
        let stopped = self.walk(user, company, |rule, says| {
            if stops(rule, says) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        stopped.is_break()
    }

    /// Tries every rule in force, in order, until `visit` breaks. Exclusion comes first: what is left alone is left alone
    /// in every state. Allocates nothing.
    fn walk<B>(
        &self,
        user: UserView<'_>,
        company: Option<&CompanyId>,
        mut visit: impl FnMut(Rule, Says) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let policy = self.policy;
        let scope = &policy.document().scope;
        if !policy.exclude_object_ids.is_empty() {
            visit(Rule::ExcludedIds, Says::of(!policy.exclude_object_ids.contains(user.object_id())))?;
        }
        if !policy.exclude.is_empty() {
            let (rule, says) = self.exclude(user);
            visit(rule, says)?;
        }
        for (rule, names) in
            [(Rule::PrincipalNames, &policy.principal_names), (Rule::RunPrincipalNames, &self.run_principals)]
        {
            if !names.is_empty() {
                visit(rule, one_of(user, &Attribute::UserPrincipalName, names))?;
            }
        }
        if !self.run_departments.is_empty() {
            visit(Rule::RunDepartments, one_of(user, &Attribute::Department, &self.run_departments))?;
        }
        if !self.run_offices.is_empty() {
            visit(Rule::RunOffices, one_of(user, &Attribute::OfficeLocation, &self.run_offices))?;
        }
        if let Some(wanted) = &self.run.company_id {
            visit(Rule::RunCompany, Says::of(company.is_some_and(|company| company.as_str() == wanted)))?;
        }
        if self.skip_disabled {
            // An account of which the directory does not say counts as one that may sign in.
            visit(Rule::Account, Says::of(user.enabled() != Some(false)))?;
        }
        let kind = user.kind().unwrap_or(UserKind::Member);
        let mailbox = matches!(kind, UserKind::Shared | UserKind::Room | UserKind::Equipment);
        if mailbox && scope.exclude_shared_mailboxes {
            visit(Rule::Mailbox(kind), Says::Stops)?;
        } else if !mailbox {
            visit(Rule::UserType(kind), Says::of(scope.user_types.contains(&kind)))?;
        }
        if !policy.departments.is_empty() {
            visit(Rule::Departments, one_of(user, &Attribute::Department, &policy.departments))?;
        }
        if !policy.offices.is_empty() {
            visit(Rule::Offices, one_of(user, &Attribute::OfficeLocation, &policy.offices))?;
        }
        if !policy.domains.is_empty() {
            let says = domain(user).map_or(Says::Unread, |domain| Says::of(policy.domains.contains(&domain)));
            visit(Rule::Domains, says)?;
        }
        if !policy.groups.is_empty() {
            let member = user.groups().map(|mut groups| groups.any(|group| policy.groups.contains(group)));
            visit(Rule::Groups, member.map_or(Says::Unread, Says::of))?;
        }
        if let Some(filter) = &policy.filter {
            let says = match filter.test(user) {
                Truth::Yes => Says::Passes,
                Truth::No => Says::Stops,
                Truth::Unknown(_) => Says::Unread,
            };
            visit(Rule::Filter, says)?;
        }
        if scope.require_license {
            visit(Rule::License, self.licensed(user))?;
        }
        if scope.require_first_and_last_name {
            let names = [Attribute::GivenName, Attribute::Surname].map(|name| user.attribute(&name));
            let says = match (names.contains(&ReadText::Blank), names.contains(&ReadText::NotRead)) {
                (true, _) => Says::Stops,
                (false, true) => Says::Unread,
                (false, false) => Says::Passes,
            };
            visit(Rule::Names, says)?;
        }
        visit(Rule::Company, Says::of(company.is_some()))
    }

    /// Whether a glob fits the sign-in name or an address. Without any of them nobody knows.
    fn exclude(&self, user: UserView<'_>) -> (Rule, Says) {
        let name = user.principal_name();
        let fits =
            self.policy.exclude.iter().position(|glob| {
                glob.matches(name) || user.email_keys().any(|address| glob.matches(address))
            });
        if let Some(at) = fits {
            return (Rule::Exclude(u32::try_from(at).ok()), Says::Stops);
        }
        let unread = [Attribute::UserPrincipalName, Attribute::Mail]
            .iter()
            .all(|attribute| user.attribute(attribute) == ReadText::NotRead);
        (Rule::Exclude(None), if unread { Says::Unread } else { Says::Passes })
    }

    /// Whether a licence counts. Licences that were not read make nobody unlicensed, nor do those without a part number
    /// where the policy names part numbers.
    fn licensed(&self, user: UserView<'_>) -> Says {
        let Some(licenses) = user.licenses() else { return Says::Unread };
        let mut says = Says::Stops;
        for license in licenses {
            let required = if self.policy.required_skus.is_empty() {
                Says::Passes
            } else {
                is_named(&self.policy.required_skus, license)
            };
            match (is_named(&self.policy.ignore_skus, license), required) {
                (Says::Stops, Says::Passes) => return Says::Passes,
                (Says::Passes, _) | (_, Says::Stops) => {}
                (Says::Unread, _) | (_, Says::Unread) => says = Says::Unread,
            }
        }
        says
    }
}

/// Whether a list of ids and part numbers has a licence.
fn is_named(set: &FoldedSet, license: &License) -> Says {
    if set.contains(&license.sku_id) {
        return Says::Passes;
    }
    match &license.part_number {
        Some(part) => Says::of(set.contains(part)),
        None if set.iter().all(|entry| License::is_like_an_id(entry)) => Says::Stops,
        None => Says::Unread,
    }
}

impl Rule {
    /// The standing of a user whom the rule stops.
    const fn stops(self) -> Standing {
        match self {
            Self::ExcludedIds
            | Self::Exclude(_)
            | Self::PrincipalNames
            | Self::RunPrincipalNames
            | Self::RunDepartments
            | Self::RunOffices
            | Self::RunCompany => Standing::Excluded(self),
            Self::Account => Standing::Disabled,
            Self::Mailbox(_)
            | Self::UserType(_)
            | Self::Departments
            | Self::Offices
            | Self::Domains
            | Self::Groups
            | Self::Filter => Standing::OutOfScope(self),
            Self::License => Standing::Unlicensed,
            Self::Names => Standing::IncompleteName,
            Self::Company => Standing::Unrouted,
        }
    }

    /// The standing of a user of whom the rule asks something that was not read.
    const fn undecided(self) -> Standing {
        // Whom a targeted run would not find is none of its business.
        if self.is_of_the_run() { Standing::Excluded(self) } else { Standing::Undecided(self) }
    }

    /// Whether it narrows a run, instead of saying something about the person.
    pub(crate) const fn is_of_the_run(self) -> bool {
        matches!(
            self,
            Self::PrincipalNames
                | Self::RunPrincipalNames
                | Self::RunDepartments
                | Self::RunOffices
                | Self::RunCompany
        )
    }
}

fn one_of(user: UserView<'_>, attribute: &Attribute, wanted: &FoldedSet) -> Says {
    match user.attribute(attribute) {
        ReadText::NotRead => Says::Unread,
        ReadText::Blank => Says::Stops,
        ReadText::Text(text) => Says::of(wanted.contains(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_is_small() {
        assert!(size_of::<Standing>() <= 12, "{}", size_of::<Standing>());
    }
}
