//! The memory notes keep the promises of `CompanyNotes`, and notes that break one are noticed.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use async_trait::async_trait;
use sync_conformance::{CaseResult, CompanyNotesGiven, Report, run_company_notes};
use sync_core::{
    ErrorKind, Result,
    memory::MemoryCompanyNotes,
    model::CompanyId,
    notes::{CompanyNotes, NoteTitle},
};

fn company() -> CompanyId {
    CompanyId::new("100")
}

fn memory() -> MemoryCompanyNotes {
    MemoryCompanyNotes::new(["100", "250"].map(CompanyId::new))
}

fn given(supported: bool) -> CompanyNotesGiven {
    CompanyNotesGiven::new(company(), supported).other_company(CompanyId::new("250"))
}

#[tokio::test]
async fn notes_in_memory_keep_every_promise_with_and_without_the_capability() {
    let report = run_company_notes(&memory(), &given(true)).await.into_result().unwrap();
    assert_eq!((report.passed(), report.skipped()), (6, 1), "{report}");
    let none = MemoryCompanyNotes::unsupported();
    let report = run_company_notes(&none, &given(false)).await.into_result().unwrap();
    assert_eq!((report.passed(), report.skipped()), (1, 6), "{report}");
}

#[tokio::test]
async fn several_notes_of_one_title_are_told_and_none_of_them_is_written() {
    let notes = memory();
    let title = NoteTitle::new("one").unwrap();
    notes.add(company(), title.clone(), "a");
    notes.add(company(), title.clone(), "b");
    assert_eq!(notes.note(&company(), &title).await.unwrap_err().kind(), ErrorKind::PreconditionFailed);
    let refused = notes.put_note(&company(), &title, "c").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PreconditionFailed);
}

/// One way to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Break {
    Inventing,
    Cutting,
    Adding,
    TitlesByTheirBeginning,
    OneForAllCompanies,
    TakingEveryText,
    TakingEveryCompany,
}

#[derive(Debug)]
struct Broken(MemoryCompanyNotes, Break);

impl Broken {
    fn place(&self, company: &CompanyId, title: &NoteTitle) -> (CompanyId, NoteTitle) {
        let known = matches!(company.as_str(), "100" | "250");
        let company = match self.1 {
            Break::OneForAllCompanies if known => CompanyId::new("100"),
            Break::TakingEveryCompany if !known => CompanyId::new("100"),
            _ => company.clone(),
        };
        let beginning = title.as_str().get(..15).filter(|_| self.1 == Break::TitlesByTheirBeginning);
        (company, beginning.and_then(|t| NoteTitle::new(t).ok()).unwrap_or_else(|| title.clone()))
    }
}

#[async_trait]
impl CompanyNotes for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    async fn note(&self, company: &CompanyId, title: &NoteTitle) -> Result<Option<String>> {
        let (company, title) = self.place(company, title);
        let found = self.0.note(&company, &title).await?;
        Ok(if self.1 == Break::Inventing { found.or_else(|| Some(String::new())) } else { found })
    }

    async fn put_note(&self, company: &CompanyId, title: &NoteTitle, text: &str) -> Result<String> {
        let (company, title) = self.place(company, title);
        match self.1 {
            Break::Cutting => self.0.put_note(&company, &title, text.get(..100).unwrap_or(text)).await,
            Break::Adding => {
                self.0.add(company, title, text);
                Ok(text.to_owned())
            }
            Break::TakingEveryText if text.contains('\n') => {
                self.0.add(company, title, text);
                Ok(text.to_owned())
            }
            _ => self.0.put_note(&company, &title, text).await,
        }
    }
}

fn failed(report: &Report) -> Vec<&'static str> {
    report.rows.iter().filter(|row| matches!(row.result, CaseResult::Failed(_))).map(|row| row.case).collect()
}

#[tokio::test]
async fn each_broken_promise_is_noticed() {
    for (way, case) in [
        (Break::Inventing, "a_title_without_a_note_has_none"),
        (Break::Cutting, "a_note_is_put_and_reads_back"),
        (Break::Adding, "a_note_is_put_and_reads_back"),
        (Break::TitlesByTheirBeginning, "titles_that_begin_alike_are_apart"),
        (Break::OneForAllCompanies, "a_note_is_of_one_company"),
        (Break::TakingEveryText, "a_text_of_two_lines_is_rejected"),
        (Break::TakingEveryCompany, "notes_of_an_unknown_company_are_not_found"),
    ] {
        let report = run_company_notes(&Broken(memory(), way), &given(true)).await;
        assert!(failed(&report).contains(&case), "{way:?}: {report}");
    }
    let report = run_company_notes(&memory(), &given(false)).await;
    assert_eq!(failed(&report), ["notes_without_the_capability_are_unsupported"], "{report}");
}
