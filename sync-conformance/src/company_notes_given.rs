//! What the suite is given to test notes of companies with.

use sync_core::model::CompanyId;

/// What the suite needs to know of the notes under test.
///
/// The suite leaves up to four notes on the company, whose titles begin with `conformance`, and writes them anew each
/// time: there is no delete.
#[derive(Debug)]
pub struct CompanyNotesGiven {
    pub(crate) company: CompanyId,
    pub(crate) supported: bool,
    pub(crate) other_company: Option<CompanyId>,
    pub(crate) unknown: CompanyId,
    pub(crate) deviations: Vec<(String, String)>,
}

impl CompanyNotesGiven {
    /// A company, and what `Capabilities::company_notes` claims.
    #[must_use]
    pub fn new(company: CompanyId, supported: bool) -> Self {
        let unknown = CompanyId::new("999999999");
        Self { company, supported, other_company: None, unknown, deviations: Vec::new() }
    }

    /// A second company, whose notes stay as they are.
    #[must_use]
    pub fn other_company(mut self, company: CompanyId) -> Self {
        self.other_company = Some(company);
        self
    }

    /// A company id that exists nowhere, in the form that the vendor's have; `999999999` at first.
    #[must_use]
    pub fn unknown(mut self, company: CompanyId) -> Self {
        self.unknown = company;
        self
    }

    /// A case that is known to fail, and why (best with a link).
    #[must_use]
    pub fn deviation(mut self, case: impl Into<String>, why: impl Into<String>) -> Self {
        self.deviations.push((case.into(), why.into()));
        self
    }
}
