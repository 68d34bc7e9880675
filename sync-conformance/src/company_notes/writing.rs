//! Reading and writing notes.

use super::{claimed, title};
use crate::{
    CaseResult, CompanyNotesGiven,
    outcome::{Outcome, done, ensure, skip, verdict},
};
use sync_core::{
    model::CompanyId,
    notes::{CompanyNotes, NoteTitle},
};

async fn read(notes: &dyn CompanyNotes, company: &CompanyId, title: &NoteTitle) -> Outcome<Option<String>> {
    done(notes.note(company, title).await, "read a note")
}

async fn put(notes: &dyn CompanyNotes, company: &CompanyId, title: &NoteTitle, text: &str) -> Outcome {
    let stored = done(notes.put_note(company, title, text).await, "put a note")?;
    ensure(stored == text, || "the answer does not hold what was put".to_owned())?;
    let now = read(notes, company, title).await?;
    ensure(now.as_deref() == Some(text), || "a note does not read back as it was put".to_owned())
}

/// A title that no note carries has none.
pub async fn a_title_without_a_note_has_none(
    notes: &dyn CompanyNotes,
    given: &CompanyNotesGiven,
) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let found = read(notes, &given.company, &title("conformance nothing")?).await?;
        ensure(found.is_none(), || "a note is read that nobody wrote".to_owned())
    })
    .await
}

/// What is put reads back exactly, a long text too; a second one takes the place of the first.
pub async fn a_note_is_put_and_reads_back(notes: &dyn CompanyNotes, given: &CompanyNotesGiven) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let title = title("conformance one")?;
        let long = "Sealed-0123456789+/=:".repeat(50);
        for text in ["first", long.as_str(), "second [conformance one] x", "second [conformance one] x"] {
            put(notes, &given.company, &title, text).await?;
        }
        Ok(())
    })
    .await
}

/// A title that is the beginning of another one names another note.
pub async fn titles_that_begin_alike_are_apart(
    notes: &dyn CompanyNotes,
    given: &CompanyNotesGiven,
) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let (longer, shorter) = (title("conformance two more")?, title("conformance two")?);
        put(notes, &given.company, &longer, "of the longer").await?;
        put(notes, &given.company, &shorter, "of the shorter").await?;
        let kept = read(notes, &given.company, &longer).await?;
        ensure(kept.as_deref() == Some("of the longer"), || {
            "a write under one title changed the note of another".to_owned()
        })
    })
    .await
}

/// A note that is put on one company is none of another.
pub async fn a_note_is_of_one_company(notes: &dyn CompanyNotes, given: &CompanyNotesGiven) -> CaseResult {
    verdict(async {
        claimed(given)?;
        let Some(other) = &given.other_company else { return skip("no second company was given") };
        let title = title("conformance one")?;
        let before = read(notes, other, &title).await?;
        put(notes, &given.company, &title, "of the first company").await?;
        let after = read(notes, other, &title).await?;
        ensure(before == after, || "a write to one company is read at another".to_owned())
    })
    .await
}
