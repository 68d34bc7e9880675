//! Limits in the policy document.

use serde::{Deserialize, Serialize};

/// How much may change in one run (`[policy.limits]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LimitsPolicy {
    /// Deactivations, per company.
    pub deactivate: DeactivateLimit,
    /// Creates, over the run; not applied to a tenant's first run.
    pub create: CountPercent,
    /// Updates, over the run; 100 percent and more lets all of them pass, also those of contacts that are found anew.
    pub update: Percent,
    /// What to do when the PSA cannot do what the policy asks.
    pub on_unsupported: OnUnsupported,
}

impl Default for LimitsPolicy {
    fn default() -> Self {
        Self {
            deactivate: DeactivateLimit::Tiered(Tiered::Tiered),
            create: CountPercent { count: 5, percent: 30 },
            update: Percent { percent: 50 },
            on_unsupported: OnUnsupported::Downgrade,
        }
    }
}

/// The limit on deactivations: `"tiered"`, or numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum DeactivateLimit {
    /// By the number of linked contacts.
    Tiered(Tiered),
    /// The larger of a count and a percentage.
    Numbers(CountPercent),
}

/// The word `tiered`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tiered {
    /// By the number of linked contacts.
    Tiered,
}

/// A limit that is the larger of a count and a percentage of active linked contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CountPercent {
    /// At least this many are always allowed.
    pub count: u32,
    /// Percent of active linked contacts.
    pub percent: u32,
}

/// A limit as a percentage of active linked contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Percent {
    /// Percent of active linked contacts.
    pub percent: u32,
}

/// What to do when the PSA cannot do what the policy asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnUnsupported {
    /// Do less and say so.
    Downgrade,
    /// Refuse to plan.
    Fail,
}
