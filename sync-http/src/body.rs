//! Reading a body with a bound.

use bytes::{Bytes, BytesMut};

/// Why a body could not be read whole.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// More than the limit; the rest was not read.
    TooLarge,
    /// It broke off, took too long, or did not decompress.
    Broken(reqwest::Error),
}

/// Reads up to `limit` bytes, counted after decompression, so that a small answer cannot unpack into a large one. Halves of
/// characters in JSON are replaced.
pub(crate) async fn read(mut response: reqwest::Response, limit: usize) -> Result<Bytes, BodyFault> {
    let announced = response.content_length();
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(BodyFault::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| BodyFault::Broken(e.without_url()))? {
        if chunk.len() > limit.saturating_sub(body.len()) {
            return Err(BodyFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    crate::surrogates::mend(&mut body);
    Ok(body.freeze())
}
