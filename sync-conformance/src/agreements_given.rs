//! What the suite is given to test agreement lines with.

use chrono::{DateTime, NaiveDate, Utc};
use std::{collections::BTreeSet, time::SystemTime};
use sync_core::{
    capability::Access,
    model::{CompanyId, LineId},
};

/// What the suite needs to know of the agreement lines under test.
///
/// The suite sets the quantity of one line and puts it back: use a sandbox, or an agreement that nobody is billed for.
#[derive(Debug)]
pub struct AgreementsGiven {
    pub(crate) company: CompanyId,
    pub(crate) access: Access,
    pub(crate) line: LineId,
    pub(crate) dynamic: Option<LineId>,
    pub(crate) unknown: LineId,
    pub(crate) effective: NaiveDate,
    pub(crate) deviations: Vec<(String, String)>,
}

impl AgreementsGiven {
    /// A company, one of its lines whose quantity is known and kept by hand, and what `Capabilities::quantities` claims.
    #[must_use]
    pub fn new(company: CompanyId, line: LineId, access: Access) -> Self {
        Self {
            company,
            access,
            line,
            dynamic: None,
            unknown: LineId::new("999999999"),
            effective: DateTime::<Utc>::from(SystemTime::now()).date_naive(),
            deviations: Vec::new(),
        }
    }

    /// A line whose quantity the PSA keeps itself.
    #[must_use]
    pub fn dynamic(mut self, line: LineId) -> Self {
        self.dynamic = Some(line);
        self
    }

    /// A line id that exists nowhere, in the form that the vendor's have; `999999999` at first.
    #[must_use]
    pub fn unknown(mut self, line: LineId) -> Self {
        self.unknown = line;
        self
    }

    /// The day from which quantities are set; today (UTC) at first.
    #[must_use]
    pub const fn effective(mut self, day: NaiveDate) -> Self {
        self.effective = day;
        self
    }

    /// A case that is known to fail, and why (best with a link).
    #[must_use]
    pub fn deviation(mut self, case: impl Into<String>, why: impl Into<String>) -> Self {
        self.deviations.push((case.into(), why.into()));
        self
    }

    pub(crate) fn companies(&self) -> BTreeSet<CompanyId> {
        [self.company.clone()].into()
    }
}
