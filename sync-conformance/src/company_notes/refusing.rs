//! What must be refused.

use super::{claimed, title};
use crate::{
    CaseResult, CompanyNotesGiven,
    outcome::{done, ensure, refused, skip, verdict},
};
use sync_core::{ErrorKind, notes::CompanyNotes};

/// A text of several lines is `Rejected`, and nothing is written.
pub async fn a_text_of_two_lines_is_rejected(
    notes: &dyn CompanyNotes,
    given: &CompanyNotesGiven,
) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let title = title("conformance lines")?;
        let result = notes.put_note(&given.company, &title, "one\ntwo").await;
        refused(result, &[ErrorKind::Rejected], "a text of two lines")?;
        let found = done(notes.note(&given.company, &title).await, "read a note")?;
        ensure(found.is_none(), || "it was refused, but written".to_owned())
    })
    .await
}

/// A company that exists nowhere is `NotFound`, for reading and for writing.
pub async fn notes_of_an_unknown_company_are_not_found(
    notes: &dyn CompanyNotes,
    given: &CompanyNotesGiven,
) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let title = title("conformance one")?;
        let read = notes.note(&given.unknown, &title).await;
        refused(read, &[ErrorKind::NotFound], "reading a note of no company")?;
        let written = notes.put_note(&given.unknown, &title, "text").await;
        refused(written, &[ErrorKind::NotFound], "putting a note on no company").map(drop)
    })
    .await
}

/// Where notes of companies are not claimed, reading and writing them is `Unsupported`.
pub async fn notes_without_the_capability_are_unsupported(
    notes: &dyn CompanyNotes,
    given: &CompanyNotesGiven,
) -> CaseResult {
    verdict(async {
        if given.supported {
            return skip("notes of companies are claimed");
        }
        let title = title("conformance one")?;
        let read = notes.note(&given.company, &title).await;
        refused(read, &[ErrorKind::Unsupported], "reading a note")?;
        let written = notes.put_note(&given.company, &title, "text").await;
        refused(written, &[ErrorKind::Unsupported], "putting a note").map(drop)
    })
    .await
}
