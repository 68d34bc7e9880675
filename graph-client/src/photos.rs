//! Photos of users, 20 in a call. A directory listing holds none; whoever wants them asks for them by user.

use crate::{
    batch::{Answer, Item},
    client::units,
    directory::GraphDirectory,
    error::Call,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::fmt;
use sync_core::{Error, ErrorKind, Result, model::SourceAnchor};

const READ_PHOTO: Call = Call::new("read photos", "ProfilePhoto.Read.All");

/// How large a photo is wanted; where there is none of that size Graph gives a smaller one (get profile photo, read
/// 2026-08).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhotoSize {
    /// The largest there is.
    #[default]
    Largest,
    /// 48 by 48 pixels.
    Square48,
    /// 64 by 64 pixels.
    Square64,
    /// 96 by 96 pixels.
    Square96,
    /// 120 by 120 pixels.
    Square120,
    /// 240 by 240 pixels.
    Square240,
    /// 360 by 360 pixels.
    Square360,
    /// 432 by 432 pixels.
    Square432,
    /// 504 by 504 pixels.
    Square504,
    /// 648 by 648 pixels.
    Square648,
}

impl PhotoSize {
    fn path(self) -> &'static str {
        match self {
            Self::Largest => "photo/$value",
            Self::Square48 => "photos/48x48/$value",
            Self::Square64 => "photos/64x64/$value",
            Self::Square96 => "photos/96x96/$value",
            Self::Square120 => "photos/120x120/$value",
            Self::Square240 => "photos/240x240/$value",
            Self::Square360 => "photos/360x360/$value",
            Self::Square432 => "photos/432x432/$value",
            Self::Square504 => "photos/504x504/$value",
            Self::Square648 => "photos/648x648/$value",
        }
    }
}

/// A photo.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Photo {
    /// The picture itself.
    pub bytes: Vec<u8>,
    /// What it is, such as `image/jpeg`.
    pub content_type: Option<String>,
    /// Changes with the picture; the same as in [`PhotoTag`].
    pub etag: Option<String>,
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Photo")
            .field("bytes", &self.bytes.len())
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// What is known of a photo without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PhotoTag {
    /// Changes with the picture.
    pub etag: String,
    /// What it is, such as `image/jpeg`.
    pub content_type: Option<String>,
    /// Pixels.
    pub width: Option<u64>,
    /// Pixels.
    pub height: Option<u64>,
}

/// The answer for one user.
#[derive(Debug)]
#[non_exhaustive]
pub enum PhotoAnswer<T> {
    /// The user has one.
    Found(T),
    /// The user has none, or no mailbox that could hold one.
    None,
    /// It could not be read; nothing may be concluded.
    Failed(Error),
}

impl GraphDirectory {
    /// The photos of these users, in their order. One that cannot be read does not keep the others from being read.
    ///
    /// # Errors
    /// `PermissionDenied` where none may be read; `Rejected` for an anchor that is none of a user; and as for any call.
    pub async fn photos(&self, users: &[SourceAnchor], size: PhotoSize) -> Result<Vec<PhotoAnswer<Photo>>> {
        self.each(users, size.path(), photo).await
    }

    /// What is known of the photos of these users without their bytes, in their order: whoever compares the tag with
    /// the one kept fetches only what changed. Photos raise no change of the user.
    ///
    /// # Errors
    /// As for [`photos`](Self::photos).
    pub async fn photo_tags(&self, users: &[SourceAnchor]) -> Result<Vec<PhotoAnswer<PhotoTag>>> {
        self.each(users, "photo", tag).await
    }

    async fn each<T>(
        &self,
        users: &[SourceAnchor],
        path: &str,
        read: fn(&Answer) -> Option<Option<T>>,
    ) -> Result<Vec<PhotoAnswer<T>>> {
        let mut items = Vec::with_capacity(users.len());
        for user in users {
            let id = user.object_id();
            if !crate::config::is_guid(id) {
                let message = "a photo was asked for by an anchor that is no user of this directory";
                return Err(Error::new(ErrorKind::Rejected, READ_PHOTO.operation, message));
            }
            items.push(Item { url: format!("/users/{id}/{path}"), weight: units::PLAIN });
        }
        let answers = self.client.batch(&READ_PHOTO, &items).await?;
        if let Some(first) = answers.first().filter(|_| answers.iter().all(|answer| answer.status == 403)) {
            return first.error(&READ_PHOTO).map_or(Ok(Vec::new()), Err);
        }
        let answered = answers.iter().map(|answer| match (answer.status, answer.error(&READ_PHOTO)) {
            (404, _) => PhotoAnswer::None,
            (_, Some(error)) => PhotoAnswer::Failed(error),
            (_, None) => match read(answer) {
                Some(Some(found)) => PhotoAnswer::Found(found),
                Some(None) => PhotoAnswer::None,
                None => {
                    let message = "Graph's answer holds no photo";
                    let error = Error::new(ErrorKind::UnexpectedResponse, READ_PHOTO.operation, message);
                    PhotoAnswer::Failed(error)
                }
            },
        });
        Ok(answered.collect())
    }
}

/// In a batch the bytes come as base64 text.
fn photo(answer: &Answer) -> Option<Option<Photo>> {
    let bytes = STANDARD.decode(answer.body.as_str()?).ok()?;
    if bytes.is_empty() {
        return Some(None);
    }
    let text = |name: &str| answer.header(name).map(str::to_owned);
    Some(Some(Photo { bytes, content_type: text("content-type"), etag: text("etag") }))
}

/// Some services answer a picture of one pixel without a tag in place of a 404.
fn tag(answer: &Answer) -> Option<Option<PhotoTag>> {
    let body = answer.body.as_object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let Some(etag) = text("@odata.mediaEtag") else { return Some(None) };
    Some(Some(PhotoTag {
        etag: etag.to_owned(),
        content_type: text("@odata.mediaContentType").map(str::to_owned),
        width: number("width"),
        height: number("height"),
    }))
}
