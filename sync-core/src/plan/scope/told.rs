//! The rules of the scope in words: for reasons, and rule by rule for explanations.

use super::{Rule, Says, Scope};
use crate::{
    model::{Attribute, CompanyId},
    policy::{FoldedSet, Truth, domain},
    snapshot::{ReadText, UserView},
};
use std::ops::ControlFlow;

/// One rule, what it says of a user, and what it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) rule: String,
    pub(crate) says: Says,
    pub(crate) saw: String,
}

impl Scope<'_> {
    /// Every rule in force with what it says of a user, in the order in which they are tried.
    pub(crate) fn trace(&self, user: UserView<'_>, company: Option<&CompanyId>) -> Vec<Told> {
        let mut told = Vec::new();
        let all: ControlFlow<()> = self.walk(user, company, |rule, says| {
            let rule_text = match says {
                Says::Passes | Says::Stops => self.name(rule),
                Says::Unread => self.unread(rule, user),
            };
            told.push(Told { rule: rule_text, says, saw: self.saw(rule, user, company) });
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue(), "nothing stops a trace");
        told
    }

    /// The rule as reasons name it: by its key, with the part that fits where there are several.
    pub(crate) fn name(&self, rule: Rule) -> String {
        match rule {
            Rule::ExcludedIds => "exclude_object_ids".to_owned(),
            Rule::Exclude(at) => at
                .and_then(|at| self.policy.exclude.get(at as usize))
                .map_or_else(|| "exclude".to_owned(), |glob| format!("exclude {}", glob.as_str())),
            Rule::PrincipalNames | Rule::RunPrincipalNames => "user_principal_names".to_owned(),
            Rule::RunDepartments => "department_filter".to_owned(),
            Rule::RunOffices => "office_location_filter".to_owned(),
            Rule::RunCompany => "company_id".to_owned(),
            Rule::Account => "skip_disabled_users".to_owned(),
            Rule::Mailbox(kind) => format!("exclude_shared_mailboxes: {}", kind.as_str()),
            Rule::UserType(kind) => format!("user_types: {}", kind.as_str()),
            Rule::Departments => "departments".to_owned(),
            Rule::Offices => "office_locations".to_owned(),
            Rule::Domains => "domains".to_owned(),
            Rule::Groups => "groups".to_owned(),
            Rule::Filter => "filter".to_owned(),
            Rule::License => "require_license".to_owned(),
            Rule::Names => "require_first_and_last_name".to_owned(),
            Rule::Company => "company".to_owned(),
        }
    }

    /// The rule, and what it would have to know of the user.
    pub(crate) fn unread(&self, rule: Rule, user: UserView<'_>) -> String {
        let what = match rule {
            Rule::Filter => match self.policy.filter.as_ref().map(|filter| filter.test(user)) {
                Some(Truth::Unknown(what)) => what.to_string(),
                Some(Truth::Yes | Truth::No) | None => "something".to_owned(),
            },
            Rule::PrincipalNames | Rule::RunPrincipalNames | Rule::Exclude(_) => {
                "user_principal_name".to_owned()
            }
            Rule::RunDepartments | Rule::Departments => "department".to_owned(),
            Rule::RunOffices | Rule::Offices => "office_location".to_owned(),
            Rule::Domains => "mail".to_owned(),
            Rule::Groups => "group membership".to_owned(),
            Rule::License if user.licenses().is_some() => "part number of a licence".to_owned(),
            Rule::License => "licence list".to_owned(),
            Rule::Names => "name".to_owned(),
            Rule::Account => "account state".to_owned(),
            Rule::ExcludedIds | Rule::RunCompany | Rule::Mailbox(_) | Rule::UserType(_) | Rule::Company => {
                "something".to_owned()
            }
        };
        format!("{}: {what} was not read", self.name(rule))
    }

    /// What the rule looked at, and what it wants.
    fn saw(&self, rule: Rule, user: UserView<'_>, company: Option<&CompanyId>) -> String {
        let policy = self.policy;
        let has = |attribute: Attribute| match user.attribute(&attribute) {
            ReadText::NotRead => format!("{attribute} was not read"),
            ReadText::Blank => format!("{attribute} is blank"),
            ReadText::Text(text) => format!("{attribute} is \"{text}\""),
        };
        let wants = |saw: String, set: &FoldedSet| format!("{saw}; wanted: {}", few(set.iter()));
        match rule {
            Rule::ExcludedIds => format!("object id is {}", user.object_id()),
            Rule::Exclude(_) => {
                let addresses = few(user.email_keys());
                format!(
                    "{}; addresses: {addresses}; patterns: {}",
                    has(Attribute::UserPrincipalName),
                    policy.exclude.len()
                )
            }
            Rule::PrincipalNames => wants(has(Attribute::UserPrincipalName), &policy.principal_names),
            Rule::RunPrincipalNames => wants(has(Attribute::UserPrincipalName), &self.run_principals),
            Rule::RunDepartments => wants(has(Attribute::Department), &self.run_departments),
            Rule::RunOffices => wants(has(Attribute::OfficeLocation), &self.run_offices),
            Rule::RunCompany => format!(
                "the user belongs to {}; wanted: {}",
                company.map_or("no company", CompanyId::as_str),
                self.run.company_id.as_deref().unwrap_or_default()
            ),
            Rule::Account => match user.enabled() {
                Some(true) => "the account is enabled".to_owned(),
                Some(false) => "the account is disabled".to_owned(),
                None => "the directory does not say, which never counts as disabled".to_owned(),
            },
            Rule::Mailbox(_) => "shared, room and equipment mailboxes are no people".to_owned(),
            Rule::UserType(_) => {
                let wanted = policy.document().scope.user_types.iter().map(|kind| kind.as_str());
                let said = if user.kind().is_none() {
                    "the directory does not say, which counts as member; "
                } else {
                    ""
                };
                format!("{said}wanted: {}", few(wanted))
            }
            Rule::Departments => wants(has(Attribute::Department), &policy.departments),
            Rule::Offices => wants(has(Attribute::OfficeLocation), &policy.offices),
            Rule::Domains => wants(
                domain(user).map_or_else(|| has(Attribute::Mail), |domain| format!("domain is \"{domain}\"")),
                &policy.domains,
            ),
            Rule::Groups => wants(
                user.groups().map_or_else(
                    || "group membership was not read".to_owned(),
                    |groups| format!("member of: {}", few(groups)),
                ),
                &policy.groups,
            ),
            Rule::Filter => self.policy.filter.as_ref().map_or_else(String::new, |filter| {
                let operands = filter.operands();
                let seen = operands.iter().map(|operand| operand.shown(user));
                format!("{filter}; {}", few(seen))
            }),
            Rule::License => user.licenses().map_or_else(
                || "licences were not read".to_owned(),
                |licenses| {
                    let names = licenses.map(|l| l.part_number.as_deref().unwrap_or(&l.sku_id));
                    format!("licences: {}", few(names))
                },
            ),
            Rule::Names => format!("{}; {}", has(Attribute::GivenName), has(Attribute::Surname)),
            Rule::Company => company.map_or_else(
                || "no route takes the user, and the tenant has no company of its own".to_owned(),
                |company| format!("company {company}"),
            ),
        }
    }
}

/// Some texts side by side, at most eight of them.
fn few<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut shown = String::new();
    let mut more = 0usize;
    for (place, text) in texts.into_iter().enumerate() {
        if place >= 8 {
            more += 1;
            continue;
        }
        if place > 0 {
            shown.push_str(", ");
        }
        shown.push_str(text.as_ref());
    }
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown,
        (false, more) => format!("{shown} and {more} more"),
    }
}
