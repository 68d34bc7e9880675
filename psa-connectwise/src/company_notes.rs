//! Notes of companies: at most one for each title, whose text begins with the title in square brackets.
//!
//! All notes of the company are read and looked through here, for a search on the server that missed ours would let it
//! be added once more.

use crate::{
    adapter::ConnectWise,
    client::company_id,
    listing::{Listing, pages},
    wire,
};
use async_trait::async_trait;
use futures::stream::TryStreamExt as _;
use sync_core::{
    Error, ErrorKind, Result,
    model::CompanyId,
    notes::{CompanyNotes, NoteTitle, check_text},
};

/// How many notes of one company are looked through.
const MOST: usize = 10_000;

const READ: &str = "read company note";
const PUT: &str = "put company note";

/// A note of ours.
struct Held {
    id: i64,
    text: String,
}

#[async_trait]
impl CompanyNotes for ConnectWise {
    fn name(&self) -> &'static str {
        "connectwise"
    }

    async fn note(&self, company: &CompanyId, title: &NoteTitle) -> Result<Option<String>> {
        let held = self.held(company_id(company, READ)?, title, READ).await?;
        Ok(held.map(|held| held.text))
    }

    async fn put_note(&self, company: &CompanyId, title: &NoteTitle, text: &str) -> Result<String> {
        check_text(text, PUT)?;
        let company = company_id(company, PUT)?;
        let written = format!("[{title}]\n{text}");
        match self.held(company, title, PUT).await? {
            Some(held) if held.text == text => return Ok(held.text),
            Some(held) => self.client.update_company_note(company, held.id, &written).await?,
            None => self.client.add_company_note(company, &written).await?,
        }
        let stored = self.held(company, title, PUT).await?;
        stored.map(|held| held.text).ok_or_else(|| {
            let message = "the note was written, but no note of the company carries its title now";
            Error::new(ErrorKind::UnexpectedResponse, PUT, message)
        })
    }
}

impl ConnectWise {
    /// The one note of a company with this title.
    async fn held(&self, company: i64, title: &NoteTitle, operation: &'static str) -> Result<Option<Held>> {
        let listing = Listing {
            path: "/company/companies/{}/notes",
            of: Some(company),
            operation,
            fields: Some("id,text"),
            conditions: None,
        };
        let mut listed = pages::<wire::Note>(&self.client, [listing]);
        let (mut read, mut found) = (0, None);
        while let Some(Some(notes)) = listed.try_next().await? {
            read += notes.len();
            if read > MOST {
                let message = format!("the company has more than {MOST} notes, too many to look through");
                return Err(Error::new(ErrorKind::UnexpectedResponse, operation, message));
            }
            for note in notes {
                let Some(text) = note.text.as_deref().and_then(|text| held_text(text, title)) else {
                    continue;
                };
                let held = Held { id: note.id, text: text.to_owned() };
                if found.replace(held).is_some() {
                    let message =
                        "several notes of the company carry the title; delete all but the right one";
                    return Err(Error::new(ErrorKind::PreconditionFailed, operation, message));
                }
            }
        }
        Ok(found)
    }
}

/// What a note with this title holds. The server may turn the line break into a space, so any white space ends the title.
fn held_text<'a>(note: &'a str, title: &NoteTitle) -> Option<&'a str> {
    let rest = note.trim_start().strip_prefix('[')?.strip_prefix(title.as_str())?.strip_prefix(']')?;
    Some(rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_ours_where_it_begins_with_the_whole_title() {
        let title = NoteTitle::new("psa-sync secret ad").unwrap();
        for note in ["[psa-sync secret ad]\nx y", "  [psa-sync secret ad] x y\r\n", "[psa-sync secret ad]x y"]
        {
            assert_eq!(held_text(note, &title), Some("x y"), "{note}");
        }
        assert_eq!(held_text("[psa-sync secret ad]", &title), Some(""));
        for note in [
            "",
            "psa-sync secret ad x",
            "see [psa-sync secret ad] x",
            "[psa-sync secret ad2] x",
            "[PSA-sync secret ad] x",
        ] {
            assert_eq!(held_text(note, &title), None, "{note}");
        }
    }
}
