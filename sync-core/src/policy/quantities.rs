//! What is counted for which agreement line (`[[policy.quantities]]`).

use super::{Expression, FoldedSet, PolicyError, ScopePolicy};
use crate::model::{Attribute, LineId, UserKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One `[[policy.quantities]]`: the agreement line it feeds, and which of the managed users of that line's company it
/// counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct QuantityRule {
    /// What people call it.
    pub name: String,
    /// The id of the agreement line in the PSA; each line is fed by one rule.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub line: LineId,
    /// Who counts, of the managed users that may sign in.
    pub count: QuantityCount,
    /// The least quantity that is ever set, in units: what the agreement bills anyway.
    #[serde(default)]
    pub minimum: u64,
}

impl QuantityRule {
    /// A rule without a minimum.
    pub fn new(name: impl Into<String>, line: impl Into<String>, count: QuantityCount) -> Self {
        Self { name: name.into(), line: LineId::new(line), count, minimum: 0 }
    }
}

/// Who counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum QuantityCount {
    /// Everybody.
    All,
    /// Whoever has this licence, by SKU id or part number.
    License(String),
    /// Members of this group (by id), nested ones included.
    Group(String),
    /// Users of this kind. One of whom the directory does not say counts as a member, as in the scope.
    Kind(#[cfg_attr(feature = "schema", schemars(with = "String"))] UserKind),
    /// Users for whom this holds.
    Filter(#[cfg_attr(feature = "schema", schemars(with = "String"))] Expression),
}

/// Refuses rules that could not mean what they say.
pub(super) fn check(rules: &[QuantityRule], scope: &ScopePolicy) -> Result<(), PolicyError> {
    let mut lines = BTreeSet::new();
    for (place, rule) in rules.iter().enumerate() {
        let refuse =
            |key: &str, problem: String| Err(PolicyError::new(format!("quantities[{place}].{key}"), problem));
        for (key, text) in [("name", rule.name.as_str()), ("line", rule.line.as_str())] {
            if text.trim().is_empty() {
                return refuse(key, "is blank".to_owned());
            }
        }
        if !lines.insert(rule.line.as_str().trim()) {
            return refuse("line", "is fed by another rule already; a line has one quantity".to_owned());
        }
        match &rule.count {
            QuantityCount::All | QuantityCount::Filter(_) => {}
            QuantityCount::License(text) | QuantityCount::Group(text) => {
                if text.trim().is_empty() {
                    return refuse("count", "is blank".to_owned());
                }
            }
            QuantityCount::Kind(kind) => {
                let mailbox = matches!(kind, UserKind::Shared | UserKind::Room | UserKind::Equipment);
                let (left_out, key) = if mailbox {
                    (scope.exclude_shared_mailboxes, "scope.exclude_shared_mailboxes")
                } else {
                    (!scope.user_types.contains(kind), "scope.user_types")
                };
                if left_out {
                    let kind = kind.as_str();
                    return refuse("count", format!("counts `{kind}`, whom `{key}` leaves out of the scope"));
                }
            }
        }
    }
    Ok(())
}

/// The groups that rules name, folded.
pub(super) fn groups(rules: &[QuantityRule]) -> impl Iterator<Item = String> {
    rules.iter().flat_map(|rule| match &rule.count {
        QuantityCount::Group(id) => FoldedSet::new([id]).iter().cloned().collect(),
        QuantityCount::Filter(filter) => filter.groups().map(str::to_owned).collect(),
        QuantityCount::All | QuantityCount::License(_) | QuantityCount::Kind(_) => Vec::new(),
    })
}

/// The attributes outside the neutral set that filters of rules use.
pub(super) fn extensions(rules: &[QuantityRule]) -> impl Iterator<Item = &Attribute> {
    rules
        .iter()
        .filter_map(|rule| match &rule.count {
            QuantityCount::Filter(filter) => Some(filter.extensions()),
            QuantityCount::All
            | QuantityCount::License(_)
            | QuantityCount::Group(_)
            | QuantityCount::Kind(_) => None,
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{CompanyId, TenantName},
        policy::{Policy, PolicyDocument, Tenant},
    };

    fn document(rules: Vec<QuantityRule>) -> PolicyDocument {
        let mut document = PolicyDocument::defaults();
        document.quantities = rules;
        document
    }

    fn refused(rules: Vec<QuantityRule>) -> String {
        Policy::new(document(rules)).unwrap_err().to_string()
    }

    fn rule(line: &str, count: QuantityCount) -> QuantityRule {
        QuantityRule::new("Seats", line, count)
    }

    #[test]
    fn two_rules_on_one_line_are_refused() {
        let problem = refused(vec![rule("7", QuantityCount::All), rule(" 7 ", QuantityCount::All)]);
        assert_eq!(
            problem,
            "policy.quantities[1].line: is fed by another rule already; a line has one quantity"
        );
    }

    #[test]
    fn a_rule_that_counts_whom_the_scope_leaves_out_is_refused() {
        let guests = vec![rule("7", QuantityCount::Kind(UserKind::Guest))];
        assert!(
            refused(guests.clone()).contains("quantities[0].count: counts `guest`, whom `scope.user_types`")
        );
        assert!(
            refused(vec![rule("7", QuantityCount::Kind(UserKind::Room))])
                .contains("exclude_shared_mailboxes")
        );
        let mut with_guests = document(guests);
        with_guests.scope.user_types.push(UserKind::Guest);
        assert!(Policy::new(with_guests).is_ok());
    }

    #[test]
    fn blank_names_are_refused() {
        for blank in [
            QuantityRule::new(" ", "7", QuantityCount::All),
            QuantityRule::new("Seats", "", QuantityCount::All),
            rule("7", QuantityCount::License(" ".into())),
            rule("7", QuantityCount::Group(String::new())),
        ] {
            assert!(refused(vec![blank]).ends_with("is blank"));
        }
    }

    #[test]
    fn what_rules_look_at_is_asked_for() {
        let filter = "extension:site == \"A\" and in_group(\"G-2\")".parse().unwrap();
        let rules =
            vec![rule("1", QuantityCount::Group(" G-1 ".into())), rule("2", QuantityCount::Filter(filter))];
        let policy = Policy::new(document(rules)).unwrap();
        let tenant = Tenant::to_company(TenantName::new("t"), "d", CompanyId::new("1"));
        assert_eq!(policy.groups_needed(&tenant), BTreeSet::from(["g-1".to_owned(), "g-2".to_owned()]));
        let site = Attribute::Extension("site".to_owned());
        assert_eq!(policy.extensions_needed(&tenant), BTreeSet::from([site]));
    }

    #[test]
    fn a_policy_without_rules_is_written_as_before() {
        let text = serde_json::to_string(&PolicyDocument::defaults()).unwrap();
        assert!(!text.contains("quantities"), "{text}");
    }

    #[test]
    fn a_rule_is_read_as_documented_and_a_slip_is_refused() {
        let read = |count: &str| {
            serde_json::from_str::<QuantityRule>(&format!(r#"{{"name":"Seats","line":"7","count":{count}}}"#))
        };
        assert_eq!(read("\"all\"").unwrap().count, QuantityCount::All);
        let license = QuantityCount::License("SPB".to_owned());
        assert_eq!(read(r#"{"license":"SPB"}"#).unwrap().count, license);
        assert_eq!(read(r#"{"kind":"guest"}"#).unwrap().count, QuantityCount::Kind(UserKind::Guest));
        assert!(
            read(r#"{"filter":"departmen == \"Sales\""}"#).unwrap_err().to_string().contains("department")
        );
        assert!(read("\"everybody\"").is_err());
        assert!(
            serde_json::from_str::<QuantityRule>(r#"{"name":"a","line":"1","count":"all","min":1}"#).is_err()
        );
    }
}
