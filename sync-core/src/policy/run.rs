//! What one run is asked for.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How one run differs from the standing policy: command line flags, an HTTP body, or a struct, one type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RunInput {
    /// Whether everything is read again; a tenant's first run is full whatever is asked.
    pub sync_mode: SyncMode,
    /// Only this company.
    pub company_id: Option<String>,
    /// Only these departments.
    pub department_filter: Vec<String>,
    /// Only these office locations.
    pub office_location_filter: Vec<String>,
    /// Only these sign-in names.
    pub user_principal_names: BTreeSet<String>,
    /// Overrides `scope.skip_disabled_users`.
    pub skip_disabled_users: Option<bool>,
    /// Overrides `matching.update_existing`.
    pub update_existing: Option<bool>,
    /// Moves the links that this tenant of the directory left (its id, or the beginning of the anchors) to the users
    /// that were read, and does nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate_from: Option<String>,
    /// Plans and reports, writes nothing.
    pub dry_run: bool,
}

impl RunInput {
    /// Whether this run looks at a part of the tenant only; everyone else is left alone.
    #[must_use]
    pub fn is_targeted(&self) -> bool {
        !(self.user_principal_names.is_empty()
            && self.department_filter.is_empty()
            && self.office_location_filter.is_empty()
            && self.company_id.is_none())
    }
}

/// Whether a run reads everything or changes only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// Everything.
    Full,
    /// Changes since the last run where both sides can tell, else everything.
    #[default]
    Incremental,
}
