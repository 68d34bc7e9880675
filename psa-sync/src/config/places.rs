//! Where the keys of a tenant stand, for errors that are found after the file was read.

use super::{
    layers::PREFIX,
    lines::{Found, Lines, Step, parts},
};
use std::collections::BTreeMap;
use sync_core::policy::{Operand, Policy, PolicyError, QuantityCount, Tenant};
use toml::{Table, Value};

/// Where the tables of a tenant begin: its own keys and its policies, the one that wins first.
pub(crate) struct Origin<'a> {
    /// The table of the tenant's own keys.
    pub(crate) tenant: Vec<Step<'a>>,
    /// The tables of its policy.
    pub(crate) policies: Vec<Vec<Step<'a>>>,
    /// What the environment says of the policy.
    pub(crate) environment: Option<&'a Table>,
}

impl Origin<'_> {
    /// The place of the key that an error is about. `merged` is the policy of all layers.
    pub(crate) fn place(&self, lines: &Lines<'_>, merged: &Table, error: &PolicyError) -> Option<String> {
        let of_policy = self.environment.filter(|_| !error.is_of_tenant());
        let variable = of_policy.and_then(|table| variable(table, error.key()));
        variable.or_else(|| self.find(lines, merged, error).map(|found| found.place))
    }

    /// Where in the file the key stands that an error is about.
    pub(crate) fn find(&self, lines: &Lines<'_>, merged: &Table, error: &PolicyError) -> Option<Found> {
        let key = error.key();
        if error.is_of_tenant() {
            return lines.seek(&self.tenant, key);
        }
        let mapped = mapped_field(merged, key);
        let mut found: Vec<Found> = self
            .policies
            .iter()
            .filter_map(|base| match &mapped {
                // A mapping of one layer stands elsewhere among those of all layers.
                Some((field, rest)) => {
                    lines.seek(base, &format!("mapping[{}]{rest}", lines.mapping(base, field)?))
                }
                None => lines.seek(base, key),
            })
            .collect();
        let first = found.iter().position(|found| found.whole).unwrap_or(0);
        (!found.is_empty()).then(|| found.swap_remove(first))
    }
}

/// The variable that says something of a key.
fn variable(table: &Table, key: &str) -> Option<String> {
    let mut value = Some(Value::Table(table.clone()));
    let mut name = format!("environment variable {PREFIX}POLICY");
    for step in parts(key) {
        match (step, value) {
            (Step::Key(key), Some(Value::Table(table))) => {
                value = Some(table.get(key)?.clone());
                name.push_str("__");
                name.push_str(&key.to_uppercase());
            }
            // A list is set as a whole.
            (Step::At(_) | Step::Key(_), _) => value = None,
        }
    }
    Some(name)
}

/// For a key such as `mapping[2].from`: the field of that mapping, and `.from`.
fn mapped_field(merged: &Table, key: &str) -> Option<(String, String)> {
    let (index, rest) = key.strip_prefix("mapping[")?.split_once(']')?;
    let entry = merged.get("mapping")?.get(index.parse::<usize>().ok()?)?;
    Some((entry.get("field")?.as_str()?.to_owned(), rest.to_owned()))
}

/// Where a tenant names companies and groups, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    companies: BTreeMap<String, String>,
    groups: BTreeMap<String, String>,
}

impl Named {
    /// Looks them up.
    pub(crate) fn new(lines: &Lines<'_>, origin: &Origin<'_>, tenant: &Tenant, policy: &Policy) -> Self {
        let mut named = Self::default();
        let at =
            |key: &str| lines.seek(&origin.tenant, key).filter(|found| found.whole).map(|found| found.place);
        for (index, route) in tenant.routes.iter().enumerate() {
            let company = at(&format!("routes[{index}].company_id"));
            named.companies.extend(company.map(|place| (route.company_id.to_string(), place)));
            let groups = route.when.filter.iter().flat_map(|filter| filter.operands());
            let groups = groups.filter_map(|operand| {
                if let Operand::Group(id) = operand { Some((id.as_str(), "filter")) } else { None }
            });
            for (group, key) in route.when.group.iter().map(|group| (group.as_str(), "group")).chain(groups) {
                let place = at(&format!("routes[{index}].when.{key}"));
                named.groups.extend(place.map(|place| (group.to_lowercase(), place)));
            }
        }
        let company = tenant.company.as_ref().zip(at("company_id"));
        named.companies.extend(company.map(|(id, place)| (id.to_string(), place)));
        for group in policy.groups_needed(tenant) {
            let scope = &policy.document().scope;
            let listed = scope.groups.iter().any(|have| have.trim().eq_ignore_ascii_case(&group));
            let counted = policy.document().quantities.iter().position(
                |rule| matches!(&rule.count, QuantityCount::Group(id) if id.trim().eq_ignore_ascii_case(&group)),
            );
            let key = match (listed, counted) {
                (true, _) => "scope.groups".to_owned(),
                (false, Some(place)) => format!("quantities[{place}].count"),
                (false, None) => "scope.filter".to_owned(),
            };
            let found =
                origin.policies.iter().filter_map(|base| lines.seek(base, &key)).find(|found| found.whole);
            if let Some(found) = found {
                named.groups.entry(group).or_insert(found.place);
            }
        }
        named
    }

    /// Where a company is named.
    pub(crate) fn company(&self, id: &str) -> Option<&str> {
        self.companies.get(id).map(String::as_str)
    }

    /// Where the group is named of whose id a message speaks.
    pub(crate) fn group_in(&self, message: &str) -> Option<&str> {
        let message = message.to_lowercase();
        self.groups.iter().find(|(id, _)| message.contains(id.as_str())).map(|(_, place)| place.as_str())
    }
}
