//! Whether a tenant's company and routes can be meant.

use super::{Policy, PolicyError, Route, RouteCondition, Tenant, fold};
use std::collections::BTreeMap;

impl Policy {
    /// Checks what a tenant asks for beside the policy.
    ///
    /// # Errors
    /// [`PolicyError`] for a tenant without a company, for a route that takes everybody, that compares with a blank text or
    /// names no company, and for one that can never take anybody because an earlier one takes all of its users.
    pub fn check_tenant(&self, tenant: &Tenant) -> Result<(), PolicyError> {
        let wrong = |key: String, problem: &str| Err(PolicyError::of_tenant(&tenant.name, key, problem));
        if tenant.company.is_none() && tenant.routes.is_empty() {
            return wrong("company_id".to_owned(), "is missing: a tenant needs `company_id` or routes");
        }
        for (index, route) in tenant.routes.iter().enumerate() {
            if route.when.is_empty() {
                let problem = "is empty; use `company_id` of the tenant for everybody else";
                return wrong(format!("routes[{index}].when"), problem);
            }
            if let Some((key, _)) = texts(&route.when).find(|(_, text)| text.trim().is_empty()) {
                return wrong(format!("routes[{index}].when.{key}"), "compares with a blank text");
            }
            if route.company_id.as_str().trim().is_empty() {
                return wrong(format!("routes[{index}].company_id"), "is blank");
            }
        }
        for (index, route) in tenant.routes.iter().enumerate() {
            if let Some((earlier, problem)) = hidden(&tenant.routes, index) {
                let problem = format!(
                    "{problem} routes[{earlier}] (order {}); give each person one company",
                    tenant.routes.get(earlier).map_or(route.order, |r| r.order)
                );
                return Err(PolicyError::of_tenant(&tenant.name, format!("routes[{index}].when"), problem));
            }
        }
        Ok(())
    }
}

/// The earlier route that takes everybody whom this one would take, and sends them elsewhere, as far as the conditions
/// alone show it.
fn hidden(routes: &[Route], index: usize) -> Option<(usize, &'static str)> {
    let route = routes.get(index)?;
    let own = conditions(&route.when);
    let same_result =
        |other: &Route| other.company_id == route.company_id && other.contact_types == route.contact_types;
    routes.iter().enumerate().filter(|(at, other)| *at != index && !same_result(other)).find_map(
        |(at, other)| {
            let theirs = conditions(&other.when);
            if theirs == own {
                // Named once, at the later of the two.
                return (at < index).then_some((at, "says the same as"));
            }
            let all = theirs.iter().all(|(key, text)| own.get(key) == Some(text));
            (all && other.order < route.order).then_some((at, "takes nobody, because everybody is taken by"))
        },
    )
}

/// The conditions of a route by key, in the form in which they are compared.
fn conditions(when: &RouteCondition) -> BTreeMap<&'static str, String> {
    let filter = when.filter.as_ref().map(|filter| ("filter", filter.to_string()));
    texts(when).map(|(key, text)| (key, fold(text))).chain(filter).collect()
}

fn texts(when: &RouteCondition) -> impl Iterator<Item = (&'static str, &str)> {
    // A filter cannot be blank: it was parsed.
    let RouteCondition { group, department, office_location, domain, company_name, filter: _ } = when;
    [
        ("group", group),
        ("department", department),
        ("office_location", office_location),
        ("domain", domain),
        ("company_name", company_name),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some((key, text.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{CompanyId, TenantName},
        policy::PolicyDocument,
    };

    fn check(routes: &[(i64, &str, &str)]) -> Result<(), String> {
        let mut tenant = Tenant::to_company(TenantName::new("Contoso"), "d", CompanyId::new("1"));
        tenant.routes = routes
            .iter()
            .map(|(order, when, company)| {
                Route::new(*order, serde_json::from_str(when).unwrap(), CompanyId::new(*company))
            })
            .collect();
        let policy = Policy::new(PolicyDocument::defaults()).unwrap();
        policy.check_tenant(&tenant).map_err(|error| error.to_string())
    }

    #[test]
    fn two_routes_that_say_the_same_lead_to_one_company_or_are_refused() {
        let (a, b) = (r#"{"group":"G-1","department":"Sales"}"#, r#"{"department":" SALES","group":"g-1"}"#);
        let refused = check(&[(1, a, "100"), (2, b, "200")]).unwrap_err();
        assert!(refused.contains("tenant Contoso: routes[1].when: says the same as routes[0]"), "{refused}");
        assert!(check(&[(1, a, "100"), (1, b, "200")]).unwrap_err().contains("says the same"));
        let (a, b) = (r#"{"filter":"city == \"Bonn\""}"#, r#"{"filter":"city == \"BONN\""}"#);
        assert!(check(&[(1, a, "100"), (2, b, "200")]).unwrap_err().contains("says the same"));
        check(&[(1, a, "100"), (2, b, "100")]).unwrap();
    }

    #[test]
    fn a_route_that_an_earlier_one_leaves_nobody_is_refused() {
        let (wide, narrow) = (r#"{"group":"g"}"#, r#"{"group":"G","city":"x"}"#);
        assert!(serde_json::from_str::<RouteCondition>(narrow).is_err(), "an unknown condition is refused");
        let narrow = r#"{"group":"G","department":"Lab"}"#;
        let refused = check(&[(2, narrow, "200"), (1, wide, "100")]).unwrap_err();
        assert!(
            refused.contains("routes[0].when: takes nobody") && refused.contains("routes[1]"),
            "{refused}"
        );
        check(&[(1, narrow, "200"), (2, wide, "100")]).unwrap();
        // Of one order the group's age decides, which is not known here.
        check(&[(1, narrow, "200"), (1, wide, "100")]).unwrap();
    }

    #[test]
    fn a_route_says_whom_it_takes_and_where_to() {
        assert!(check(&[(1, "{}", "100")]).unwrap_err().contains("routes[0].when: is empty"));
        assert!(
            check(&[(1, r#"{"domain":" "}"#, "100")])
                .unwrap_err()
                .contains("routes[0].when.domain: compares")
        );
        assert!(
            check(&[(1, r#"{"domain":"x"}"#, " ")]).unwrap_err().contains("routes[0].company_id: is blank")
        );
    }
}
