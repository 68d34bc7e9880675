//! Limits on how much one run may change.

use super::{Action, migrate::fewest_relinks};
use crate::{
    model::CompanyId,
    policy::{CountPercent, DeactivateLimit, LimitsPolicy},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A limit that was passed. It stops the kind of change it is about, unless it is overridden for this plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "guard", deny_unknown_fields)]
#[non_exhaustive]
pub enum Guard {
    /// Deactivations in one company, or over the whole run where no company is named.
    TooManyDeactivations {
        /// The company; `None` for the limit over the run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        company: Option<CompanyId>,
        /// How many are planned.
        planned: u64,
        /// Of how many active linked contacts.
        of: u64,
        /// How many would have been allowed.
        limit: u64,
    },
    /// Creates over the run.
    TooManyCreates {
        /// How many are planned.
        planned: u64,
        /// Beside how many active linked contacts.
        of: u64,
        /// How many would have been allowed.
        limit: u64,
    },
    /// Updates over the run.
    TooManyUpdates {
        /// How many are planned.
        planned: u64,
        /// Of how many active linked contacts.
        of: u64,
        /// How many would have been allowed.
        limit: u64,
    },
    /// Links moved from another tenant: too few found their person for it to be the same people.
    TooFewRelinks {
        /// How many active contacts found their person.
        planned: u64,
        /// Of how many that the other tenant left.
        of: u64,
        /// How many would have been enough.
        limit: u64,
    },
}

impl Guard {
    /// The name used in overrides.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooManyDeactivations { .. } => "too_many_deactivations",
            Self::TooManyCreates { .. } => "too_many_creates",
            Self::TooManyUpdates { .. } => "too_many_updates",
            Self::TooFewRelinks { .. } => "too_few_relinks",
        }
    }

    /// The setting that the limit comes from; `None` for a limit that stands in no setting.
    #[must_use]
    pub const fn setting(&self) -> Option<&'static str> {
        match self {
            Self::TooManyDeactivations { company: Some(_), .. } => Some("policy.limits.deactivate"),
            Self::TooManyCreates { .. } => Some("policy.limits.create"),
            Self::TooManyUpdates { .. } => Some("policy.limits.update"),
            Self::TooManyDeactivations { company: None, .. } | Self::TooFewRelinks { .. } => None,
        }
    }

    /// How many changes are planned.
    #[must_use]
    pub const fn planned(&self) -> u64 {
        match self {
            Self::TooManyDeactivations { planned, .. }
            | Self::TooManyCreates { planned, .. }
            | Self::TooManyUpdates { planned, .. }
            | Self::TooFewRelinks { planned, .. } => *planned,
        }
    }

    /// The company it is about; `None` for a limit over the run.
    #[must_use]
    pub const fn company(&self) -> Option<&CompanyId> {
        match self {
            Self::TooManyDeactivations { company, .. } => company.as_ref(),
            Self::TooManyCreates { .. } | Self::TooManyUpdates { .. } | Self::TooFewRelinks { .. } => None,
        }
    }

    /// Whether it stops this kind of change in this company.
    #[must_use]
    pub fn stops(&self, action: Action, company: Option<&CompanyId>) -> bool {
        match self {
            Self::TooManyDeactivations { company: limited, .. } => {
                action == Action::Deactivate && (limited.is_none() || limited.as_ref() == company)
            }
            Self::TooManyCreates { .. } => action == Action::Create,
            Self::TooManyUpdates { .. } => action == Action::Update,
            Self::TooFewRelinks { .. } => action == Action::Link,
        }
    }
}

/// A limit in force, passed or not, so that a report can always say which it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectiveLimit {
    /// The guard's name.
    pub guard: String,
    /// The company; `None` for a limit over the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// How many are planned.
    pub planned: u64,
    /// Active linked contacts before the run.
    pub of: u64,
    /// How many are allowed.
    pub limit: u64,
}

/// How many deactivations are allowed where `of` contacts were active and linked before the run.
///
/// Tiered, because percentages made for big directories fail customers of 5 to 50 people: under 10 contacts 2; under
/// 100 the larger of 2 and 20 %; under 1,000 10 %; from there 5 %. Never all of them where there is more than one.
#[must_use]
pub fn deactivation_limit(limit: DeactivateLimit, of: u64) -> u64 {
    let allowed = match limit {
        DeactivateLimit::Tiered(_) => match of {
            0..10 => 2,
            10..100 => (of * 20 / 100).max(2),
            100..1000 => of * 10 / 100,
            _ => of * 5 / 100,
        },
        DeactivateLimit::Numbers(CountPercent { count, percent }) => {
            u64::from(count).max(of * u64::from(percent) / 100)
        }
    };
    if of > 1 { allowed.min(of - 1) } else { allowed }
}

/// Over the whole run: 500, or 20 % of all active linked contacts, whichever is less, but not less than one company's tier.
#[must_use]
pub fn run_deactivation_limit(limit: DeactivateLimit, of: u64) -> u64 {
    (of * 20 / 100).max(deactivation_limit(limit, of.min(99))).min(500)
}

/// Under this many, a percentage of creates or updates says nothing.
const FLOOR: u64 = 5;

/// What a plan would change, and how many contacts it is measured against.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By company, contacts without one together: planned deactivations and active linked contacts.
    pub(super) companies: BTreeMap<Option<CompanyId>, (u64, u64)>,
    pub(super) creates: u64,
    pub(super) updates: u64,
    /// The tenant had links before.
    pub(super) linked_before: bool,
    /// In a migration: active contacts that found their person, and all that the old tenant left.
    pub(super) relinks: Option<(u64, u64)>,
}

impl Tally {
    /// The limits in force and those passed.
    pub(super) fn judge(&self, limits: &LimitsPolicy) -> (Vec<EffectiveLimit>, Vec<Guard>) {
        let (mut in_force, mut passed) = (Vec::new(), Vec::new());
        let (mut planned_all, mut of_all) = (0, 0);
        for (company, (planned, of)) in &self.companies {
            (planned_all, of_all) = (planned_all + planned, of_all + of);
            // Contacts without a company are held to the limit over the run.
            let Some(company) = company else { continue };
            let limit = deactivation_limit(limits.deactivate, *of);
            let guard = Guard::TooManyDeactivations {
                company: Some(company.clone()),
                planned: *planned,
                of: *of,
                limit,
            };
            note(&mut in_force, &mut passed, guard, Some(company), *planned, *of, limit);
        }
        let limit = run_deactivation_limit(limits.deactivate, of_all);
        let guard = Guard::TooManyDeactivations { company: None, planned: planned_all, of: of_all, limit };
        note(&mut in_force, &mut passed, guard, None, planned_all, of_all, limit);
        if self.linked_before {
            let CountPercent { count, percent } = limits.create;
            let limit = u64::from(count).max(of_all * u64::from(percent) / 100);
            let guard = Guard::TooManyCreates { planned: self.creates, of: of_all, limit };
            note(&mut in_force, &mut passed, guard, None, self.creates, of_all, limit);
            let percent = limits.update.percent;
            let limit = FLOOR.max(of_all * u64::from(percent) / 100);
            // More may be found anew than are linked: whoever says all of them means those too.
            let limit = if percent < 100 { limit } else { limit.max(self.updates) };
            let guard = Guard::TooManyUpdates { planned: self.updates, of: of_all, limit };
            note(&mut in_force, &mut passed, guard, None, self.updates, of_all, limit);
        }
        if let Some((planned, of)) = self.relinks {
            let limit = fewest_relinks(of);
            let guard = Guard::TooFewRelinks { planned, of, limit };
            in_force.push(EffectiveLimit {
                guard: guard.name().to_owned(),
                company: None,
                planned,
                of,
                limit,
            });
            // Where nothing is moved there is nothing to stop.
            if (1..limit).contains(&planned) {
                passed.push(guard);
            }
        }
        (in_force, passed)
    }
}

fn note(
    in_force: &mut Vec<EffectiveLimit>,
    passed: &mut Vec<Guard>,
    guard: Guard,
    company: Option<&CompanyId>,
    planned: u64,
    of: u64,
    limit: u64,
) {
    in_force.push(EffectiveLimit {
        guard: guard.name().to_owned(),
        company: company.cloned(),
        planned,
        of,
        limit,
    });
    if planned > limit {
        passed.push(guard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Tiered;

    const TIERED: DeactivateLimit = DeactivateLimit::Tiered(Tiered::Tiered);

    #[test]
    fn the_tiers_are_those_of_the_contract() {
        for (of, limit) in [
            (0, 2),
            (1, 2),
            (2, 1),
            (3, 2),
            (9, 2),
            (10, 2),
            (12, 2),
            (15, 3),
            (99, 19),
            (100, 10),
            (999, 99),
            (1000, 50),
            (20_000, 1000),
        ] {
            assert_eq!(deactivation_limit(TIERED, of), limit, "{of}");
        }
    }

    #[test]
    fn an_update_limit_of_a_hundred_percent_lets_everything_pass() {
        let stopped = |percent| {
            let limits =
                LimitsPolicy { update: crate::policy::Percent { percent }, ..LimitsPolicy::default() };
            let companies = BTreeMap::from([(None, (0, 10))]);
            Tally { companies, updates: 30, linked_before: true, ..Tally::default() }.judge(&limits).1
        };
        assert_eq!(stopped(100), []);
        assert_eq!(stopped(99), [Guard::TooManyUpdates { planned: 30, of: 10, limit: 9 }]);
    }

    #[test]
    fn all_of_more_than_one_is_never_allowed() {
        let generous = DeactivateLimit::Numbers(CountPercent { count: 1000, percent: 100 });
        for of in 2..200 {
            assert!(deactivation_limit(generous, of) < of && deactivation_limit(TIERED, of) < of);
        }
    }

    #[test]
    fn a_run_never_deactivates_more_than_five_hundred_or_a_fifth() {
        assert_eq!(run_deactivation_limit(TIERED, 100_000), 500);
        assert_eq!(run_deactivation_limit(TIERED, 1_000), 200);
        assert_eq!(run_deactivation_limit(TIERED, 5), 2);
    }

    #[test]
    fn one_company_over_its_limit_does_not_stop_another() {
        let mut tally = Tally { linked_before: true, ..Tally::default() };
        tally.companies.insert(Some(CompanyId::new("1")), (9, 20));
        tally.companies.insert(Some(CompanyId::new("2")), (1, 200));
        let (in_force, passed) = tally.judge(&LimitsPolicy::default());
        assert_eq!(passed.len(), 1);
        assert!(passed[0].stops(Action::Deactivate, Some(&CompanyId::new("1"))));
        assert!(!passed[0].stops(Action::Deactivate, Some(&CompanyId::new("2"))));
        assert_eq!(in_force.len(), 5);
    }
}
