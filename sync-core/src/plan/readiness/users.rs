//! What is wrong on the directory side.

use super::{Case, FindingKind, Findings, person};
use crate::{
    model::{Attribute, ContactField, email_key},
    plan::{planner::Absence, scope::Standing, warnings::shrunken},
    snapshot::{Completeness, ReadText, UserView},
};
use std::collections::BTreeMap;

pub(super) fn find(planner: &super::Planner<'_>, findings: &mut Findings<'_, '_>) {
    read(planner, findings);
    let phones = planner.managed.contains(&ContactField::PhoneBusiness)
        || planner.managed.contains(&ContactField::PhoneMobile);
    let mut addresses: BTreeMap<String, Vec<UserView<'_>>> = BTreeMap::new();
    for ((user, standing), company) in
        planner.input.users.iter().zip(&planner.standings).zip(&planner.companies)
    {
        let company = *company;
        match standing {
            Standing::Unrouted => findings.user(FindingKind::Unrouted, user, None),
            Standing::IncompleteName => findings.user(FindingKind::UserWithoutName, user, company),
            Standing::Undecided(rule) => {
                let value = Some(planner.scope.unread(*rule, user));
                let case =
                    Case { users: vec![person(user)], company: company.cloned(), value, ..Case::default() };
                findings.note(FindingKind::Undecided, case);
            }
            Standing::InScope
            | Standing::Excluded(_)
            | Standing::Disabled
            | Standing::OutOfScope(_)
            | Standing::Unlicensed
            | Standing::Ignored => {}
        }
        if *standing != Standing::InScope {
            continue;
        }
        let blank = |attribute| user.attribute(&attribute) == ReadText::Blank;
        if blank(Attribute::GivenName) || blank(Attribute::Surname) {
            findings.user(FindingKind::UserWithoutName, user, company);
        }
        if phones && blank(Attribute::BusinessPhone) && blank(Attribute::MobilePhone) {
            findings.user(FindingKind::UserWithoutPhone, user, company);
        }
        if user.has_bad_address() {
            findings.user(FindingKind::UserBadAddress, user, company);
        }
        match user.main_email().and_then(email_key) {
            Some(key) => addresses.entry(key).or_default().push(user),
            None => findings.user(FindingKind::UserWithoutAddress, user, company),
        }
    }
    for (address, users) in addresses.into_iter().filter(|(_, users)| users.len() > 1) {
        let users = users.into_iter().map(person).collect();
        findings.note(FindingKind::UsersSameAddress, Case { users, value: Some(address), ..Case::default() });
    }
}

/// What is wrong with the read as a whole.
fn read(planner: &super::Planner<'_>, findings: &mut Findings<'_, '_>) {
    let users = planner.input.users;
    let not_whole = match (planner.absence, users.completeness()) {
        (Absence::Proven, _) => None,
        (Absence::Partial, Completeness::Partial { because }) => Some(because.clone()),
        (Absence::Partial | Absence::Suspect, _) => Some(shrunken(planner)),
    };
    if not_whole.is_some() {
        findings.note(FindingKind::DirectoryNotWhole, Case { value: not_whole, ..Case::default() });
    }
    if !users.is_empty() && !planner.standings.contains(&Standing::InScope) {
        let number = users.len();
        let value = Some(format!("{number} {} read", if number == 1 { "user" } else { "users" }));
        findings.note(FindingKind::NobodyInScope, Case { value, ..Case::default() });
    }
}
