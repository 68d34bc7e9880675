//! What a listing of companies tells.

use crate::model::Company;
use serde::{Deserialize, Serialize};

/// What a listing of companies tells beside names and custom fields. A company that has none shows none all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CompanyDetails {
    /// [`Company::website`](crate::model::Company::website).
    #[serde(default)]
    pub website: bool,
    /// [`Company::territory`](crate::model::Company::territory).
    #[serde(default)]
    pub territory: bool,
    /// [`Company::account_manager`](crate::model::Company::account_manager).
    #[serde(default)]
    pub account_manager: bool,
}

impl CompanyDetails {
    /// Nothing.
    pub const NONE: Self = Self { website: false, territory: false, account_manager: false };

    /// Everything.
    pub const ALL: Self = Self { website: true, territory: true, account_manager: true };

    /// Says whether websites are told.
    #[must_use]
    pub const fn website(mut self, told: bool) -> Self {
        self.website = told;
        self
    }

    /// Says whether territories are told.
    #[must_use]
    pub const fn territory(mut self, told: bool) -> Self {
        self.territory = told;
        self
    }

    /// Says whether account managers are told.
    #[must_use]
    pub const fn account_manager(mut self, told: bool) -> Self {
        self.account_manager = told;
        self
    }

    /// Takes away what is not told.
    pub fn hide(self, company: &mut Company) {
        for (told, text) in [
            (self.website, &mut company.website),
            (self.territory, &mut company.territory),
            (self.account_manager, &mut company.account_manager),
        ] {
            if !told {
                *text = None;
            }
        }
    }

    /// Whether nothing is told.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    pub(super) fn within(self, ceiling: Self) -> bool {
        self.website <= ceiling.website
            && self.territory <= ceiling.territory
            && self.account_manager <= ceiling.account_manager
    }
}
