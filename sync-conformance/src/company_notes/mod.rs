//! The cases over [`CompanyNotes`], one function each, and [`run_company_notes`], which runs them all.

mod refusing;
mod writing;

pub use refusing::{
    a_text_of_two_lines_is_rejected, notes_of_an_unknown_company_are_not_found,
    notes_without_the_capability_are_unsupported,
};
pub use writing::{
    a_note_is_of_one_company, a_note_is_put_and_reads_back, a_title_without_a_note_has_none,
    titles_that_begin_alike_are_apart,
};

use crate::{
    CompanyNotesGiven, Report,
    case::cases,
    outcome::{Outcome, done, skip},
};
use sync_core::notes::{CompanyNotes, NoteTitle};

cases!(
    dyn CompanyNotes,
    CompanyNotesGiven,
    [
        a_title_without_a_note_has_none,
        a_note_is_put_and_reads_back,
        titles_that_begin_alike_are_apart,
        a_note_is_of_one_company,
        a_text_of_two_lines_is_rejected,
        notes_of_an_unknown_company_are_not_found,
        notes_without_the_capability_are_unsupported,
    ]
);

/// Runs every case, one after the other.
pub async fn run_company_notes(notes: &dyn CompanyNotes, given: &CompanyNotesGiven) -> Report {
    run_cases(notes, notes.name(), given).await
}

fn claimed(given: &CompanyNotesGiven) -> Outcome {
    if given.supported { Ok(()) } else { skip("notes of companies are not claimed") }
}

fn title(text: &str) -> Outcome<NoteTitle> {
    done(NoteTitle::new(text), "name a note")
}
