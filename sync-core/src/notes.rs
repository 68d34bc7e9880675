//! The seam to notes of companies. It is apart from [`Psa`](crate::Psa), because few PSAs have such notes, no plan looks
//! at them, and whoever writes contacts needs no right to them.

use crate::{
    error::{Error, ErrorKind, Result},
    model::CompanyId,
};
use async_trait::async_trait;
use std::fmt;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 100;

/// What marks a note as one of ours: one line that nobody writes by chance.
///
/// ASCII letters, digits, spaces, and `.`, `_`, `-`; 1 to 100 of them, no space at either end. Case counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoteTitle(String);

impl NoteTitle {
    /// Checks a title.
    ///
    /// # Errors
    /// `ConfigInvalid` for any other text.
    pub fn new(title: impl Into<String>) -> Result<Self> {
        let title = title.into();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b'_' | b'-');
        if title.is_empty()
            || title.len() > LONGEST_TITLE
            || title.trim() != title
            || !title.bytes().all(fits)
        {
            let message = "the title of a note is 1 to 100 ASCII letters, digits, spaces and `.`, `_`, `-`, without \
                           spaces at its ends";
            return Err(Error::new(ErrorKind::ConfigInvalid, "name note", message));
        }
        Ok(Self(title))
    }

    /// The title.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoteTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks what a note is to hold: one line of printable ASCII, not empty, without spaces at its ends. Adapters call this
/// before they send anything.
///
/// # Errors
/// `Rejected` for any other text.
pub fn check_text(text: &str, operation: &'static str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    if text.is_empty() || text.trim() != text || !text.bytes().all(fits) {
        let message = "a note holds one line of printable ASCII without spaces at its ends; nothing was sent";
        return Err(Error::new(ErrorKind::Rejected, operation, message));
    }
    Ok(())
}

/// Notes of companies, of which this program keeps at most one for each title.
///
/// Implementations translate and decide nothing. A note that does not carry the title is never written, and there is no
/// method that deletes one. A company's notes are read in pages and up to a bound; where there are more, the call fails
/// (`UnexpectedResponse`) and never takes a note for absent.
#[async_trait]
pub trait CompanyNotes: fmt::Debug + Send + Sync + 'static {
    /// The same name as the PSA's adapter has.
    fn name(&self) -> &str;

    /// What the one note with this title holds, without the title and without white space at its ends; `None` where no
    /// note of the company carries the title.
    ///
    /// # Errors
    /// `PreconditionFailed` (several notes carry the title; which of them counts is for a person to say), `NotFound` (no
    /// such company), `PermissionDenied`, `Unsupported` (this instance has no such notes; nothing was sent), and as for
    /// any read.
    async fn note(&self, company: &CompanyId, title: &NoteTitle) -> Result<Option<String>>;

    /// Makes the one note with this title hold this text: changes it where there is one, else adds one. Nothing is written
    /// where it holds the text already.
    ///
    /// Answers what the note holds when it is read again after the write. The caller compares: a PSA may cut a text or
    /// change it. A note is added at most once.
    ///
    /// # Errors
    /// As for [`CompanyNotes::note`], where nothing was written unless the several notes came with this write; `Rejected`
    /// (a text that [`check_text`] refuses, or one that the PSA refuses), `Indeterminate`, and as for any write.
    async fn put_note(&self, company: &CompanyId, title: &NoteTitle, text: &str) -> Result<String>;
}

const _: fn(&dyn CompanyNotes) = |_| {};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_no_vendor_reads_as_anything_else() {
        assert_eq!(
            NoteTitle::new("psa-sync secret contoso.ad_1").unwrap().as_str(),
            "psa-sync secret contoso.ad_1"
        );
        for wrong in ["", " a", "a ", "a\nb", "a]", "say \"hi\"", "50%", "ä", &"a".repeat(101)] {
            assert_eq!(NoteTitle::new(wrong).unwrap_err().kind(), ErrorKind::ConfigInvalid, "{wrong}");
        }
    }

    #[test]
    fn a_text_is_one_line_of_printable_ascii() {
        assert!(check_text("a+/=: b", "put").is_ok());
        for wrong in ["", " a", "a ", "a\nb", "a\tb", "ä"] {
            assert_eq!(check_text(wrong, "put").unwrap_err().kind(), ErrorKind::Rejected, "{wrong}");
        }
    }
}
