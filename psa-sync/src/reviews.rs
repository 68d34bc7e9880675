//! Answers in a file of their own: `reviews.json`, beside `links.json` in an offline folder.

use crate::files::write_private;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};
use sync_core::{
    Error, ErrorKind, Result,
    model::{ReviewId, TenantName},
    review::{Review, answered_meanwhile},
    store::ReviewStore,
};

/// The name of the file in an offline folder.
pub(crate) const REVIEWS: &str = "reviews.json";

const READ: &str = "read reviews";
const WRITE: &str = "write reviews";

/// The document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format_version: String,
    #[serde(default)]
    reviews: Vec<Review>,
}

const FORMAT_VERSION: &str = "1.0";

/// One tenant's answers in one file.
#[derive(Debug)]
pub(crate) struct FileReviews(PathBuf);

impl FileReviews {
    /// The answers in a folder of one tenant; nothing is made there until something is answered.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.join(REVIEWS))
    }

    fn read(&self) -> Result<Vec<Review>> {
        let path = self.0.display();
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => {
                let message = format!("{path} cannot be read");
                return Err(Error::new(ErrorKind::Unavailable, READ, message).with_source(error));
            }
        };
        let not_understood = |what: String| {
            let message = format!("{path} is not understood ({what}); it was left as it is");
            Error::new(ErrorKind::UnexpectedResponse, READ, message)
        };
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| not_understood(format!("line {}, column {}", error.line(), error.column())))?;
        if document.format_version.split('.').next() != FORMAT_VERSION.split('.').next() {
            return Err(not_understood("it was written by another version".to_owned()));
        }
        Ok(document.reviews)
    }

    fn write(&self, mut reviews: Vec<Review>) -> Result<()> {
        reviews.sort_by(|a, b| a.id.cmp(&b.id));
        let document = Document { format_version: FORMAT_VERSION.to_owned(), reviews };
        let text = serde_json::to_string_pretty(&document).map_err(|error| {
            Error::new(ErrorKind::Other, WRITE, "cannot be written as JSON").with_source(error)
        })?;
        write_private(&self.0, &(text + "\n")).map_err(|source| {
            let message = format!("{} cannot be written", self.0.display());
            Error::new(ErrorKind::Unavailable, WRITE, message).with_source(source)
        })
    }

    fn lock(&self) -> Result<File> {
        let mut beside = self.0.as_os_str().to_owned();
        beside.push(".lock");
        let failed = |error: std::io::Error| {
            let message = format!("{} cannot be locked", self.0.display());
            Error::new(ErrorKind::Unavailable, WRITE, message).with_source(error)
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(PathBuf::from(beside))
            .map_err(failed)?;
        // Held for one read and one write of a small file.
        file.lock().map_err(failed)?;
        Ok(file)
    }
}

/// A file holds one tenant, so its name makes no difference.
#[async_trait]
impl ReviewStore for FileReviews {
    async fn reviews(&self, _tenant: &TenantName) -> Result<Vec<Review>> {
        self.read()
    }

    async fn answer(&self, _tenant: &TenantName, review: &Review, instead_of: Option<&Review>) -> Result<()> {
        let _lock = self.lock()?;
        let mut reviews = self.read()?;
        if reviews.iter().find(|known| known.id == review.id) != instead_of {
            return Err(answered_meanwhile(&review.id));
        }
        reviews.retain(|known| known.id != review.id);
        reviews.push(review.clone());
        self.write(reviews)
    }

    async fn take_back(&self, _tenant: &TenantName, id: &ReviewId) -> Result<bool> {
        let _lock = self.lock()?;
        let mut reviews = self.read()?;
        let before = reviews.len();
        reviews.retain(|known| known.id != *id);
        if reviews.len() == before {
            return Ok(false);
        }
        self.write(reviews).map(|()| true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::{
        model::ContactId,
        plan::{Reason, Subject},
        review::{Answer, Situation},
    };

    #[tokio::test]
    async fn answers_are_kept_for_their_owner_and_only_the_first_of_two_writers_wins() {
        let folder = tempfile::tempdir().unwrap();
        let store = FileReviews::in_folder(folder.path());
        let tenant = TenantName::new("t");
        assert!(store.reviews(&tenant).await.unwrap().is_empty() && !folder.path().join(REVIEWS).exists());
        let asked = Situation::of(&Reason::Protected, None);
        let subject = Subject::Contact(ContactId::new("7"));
        let review =
            Review::new(&tenant, subject, asked, Answer::Reject, "2026-01-06T10:30:00Z".parse().unwrap());
        store.answer(&tenant, &review, None).await.unwrap();
        assert_eq!(store.reviews(&tenant).await.unwrap(), std::slice::from_ref(&review));
        let late = store.answer(&tenant, &review, None).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::PreconditionFailed);
        assert!(store.take_back(&tenant, &review.id).await.unwrap());
        assert!(!store.take_back(&tenant, &review.id).await.unwrap());
        std::fs::write(folder.path().join(REVIEWS), "{\"reviews\": 7}").unwrap();
        let broken = store.reviews(&tenant).await.unwrap_err();
        assert!(broken.to_string().contains("line 1"), "{broken}");
    }
}
