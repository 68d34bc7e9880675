//! The memory lines keep the promises of `Agreements`, and lines that break one are noticed.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use async_trait::async_trait;
use chrono::NaiveDate;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::collections::BTreeSet;
use sync_conformance::{AgreementsGiven, CaseResult, Report, run_agreements};
use sync_core::{
    Error, ErrorKind, Page, Result,
    capability::Access,
    memory::MemoryAgreements,
    model::{CompanyId, LineId},
    quantity::{Agreements, QuantityLine},
};

fn line(id: &str, company: &str, quantity: u64) -> QuantityLine {
    QuantityLine::new(LineId::new(id), CompanyId::new(company), Some(quantity))
}

fn memory() -> MemoryAgreements {
    MemoryAgreements::new([line("1", "100", 10), line("2", "100", 4).kept_by_psa(true), line("3", "250", 7)])
}

fn given(access: Access) -> AgreementsGiven {
    AgreementsGiven::new(CompanyId::new("100"), LineId::new("1"), access).dynamic(LineId::new("2"))
}

#[tokio::test]
async fn lines_in_memory_keep_every_promise() {
    let report = run_agreements(&memory(), &given(Access::ReadWrite)).await.into_result().unwrap();
    assert_eq!((report.passed(), report.skipped()), (8, 1), "{report}");
}

/// One way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    NoEnd,
    AllCompanies,
    Twice,
    WritesWhatIsStale,
    WritesDynamic,
    AnswersWithoutWriting,
    UnknownIsStale,
    WritesWithoutAccess,
}

#[derive(Debug)]
struct Broken(MemoryAgreements, Break);

#[async_trait]
impl Agreements for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        let all = stream::once(async move {
            let every = ["100", "250"].map(CompanyId::new).into();
            let asked = if self.1 == Break::AllCompanies { &every } else { companies };
            let mut pages: Vec<_> = self.0.lines(asked).collect().await;
            match self.1 {
                Break::NoEnd => pages.retain(|page| !matches!(page, Ok(Page::End(_)))),
                Break::Twice => pages.insert(0, Ok(Page::Items(vec![line("1", "100", 10)]))),
                _ => {}
            }
            stream::iter(pages)
        });
        all.flatten().boxed()
    }

    async fn set_quantity(&self, id: &LineId, from: u64, to: u64, day: NaiveDate) -> Result<QuantityLine> {
        let result = self.0.set_quantity(id, from, to, day).await;
        match (self.1, result) {
            (Break::AnswersWithoutWriting, Ok(stored)) => {
                self.0.put(line(id.as_str(), "100", from));
                Ok(stored)
            }
            (Break::WritesWhatIsStale, Err(_)) if id.as_str() == "1" => {
                self.0.put(line("1", "100", to));
                Ok(line("1", "100", to))
            }
            (Break::WritesDynamic, Err(error)) if id.as_str() == "2" => {
                self.0.put(line("2", "100", to).kept_by_psa(true));
                Err(error)
            }
            (Break::UnknownIsStale, Err(error)) if error.kind() == ErrorKind::NotFound => {
                Err(Error::new(ErrorKind::PreconditionFailed, "set quantity", "moved"))
            }
            (_, result) => result,
        }
    }
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.rows.iter().filter(|row| matches!(row.result, CaseResult::Failed(_))).map(|row| row.case).collect()
}

#[tokio::test]
async fn each_broken_promise_is_noticed() {
    for (way, case) in [
        (Break::NoEnd, "lines_listing_ends_once"),
        (Break::AllCompanies, "no_companies_have_no_lines"),
        (Break::AllCompanies, "lines_are_of_the_companies_asked_for"),
        (Break::Twice, "line_ids_are_distinct"),
        (Break::WritesWhatIsStale, "a_stale_quantity_is_refused"),
        (Break::WritesDynamic, "lines_kept_by_the_psa_are_not_set"),
        (Break::AnswersWithoutWriting, "a_quantity_is_set_and_reads_back"),
        (Break::UnknownIsStale, "an_unknown_line_is_not_found"),
    ] {
        let report = run_agreements(&Broken(memory(), way), &given(Access::ReadWrite)).await;
        assert!(failed(&report).contains(&case), "{way:?}: {report}");
    }
    let report = run_agreements(&Broken(memory(), Break::WritesWithoutAccess), &given(Access::Read)).await;
    assert_eq!(failed(&report), ["setting_without_access_is_unsupported"], "{report}");
}
