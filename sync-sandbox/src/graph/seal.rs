//! Opaque tokens: access, page and delta tokens are sealed values that only this sandbox can have made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rng::Rng;

/// Makes and opens tokens. The checksum is no cryptography: it catches truncated and invented tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seal(u64);

impl Seal {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Rng::new(seed, "seal").next())
    }

    /// The token for a value.
    pub(crate) fn close<T: Serialize>(self, kind: &str, value: &T) -> String {
        let body = serde_json::to_vec(value).unwrap_or_default();
        let mut bytes = self.sum(kind, &body).to_be_bytes().to_vec();
        bytes.extend(body);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The value of a token of that kind, if it is whole.
    pub(crate) fn open<T: DeserializeOwned>(self, kind: &str, token: &str) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (sum, body) = bytes.split_first_chunk::<8>()?;
        if u64::from_be_bytes(*sum) != self.sum(kind, body) {
            return None;
        }
        serde_json::from_slice(body).ok()
    }

    fn sum(self, kind: &str, body: &[u8]) -> u64 {
        let seed = kind
            .bytes()
            .chain(body.iter().copied())
            .fold(self.0, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(29));
        Rng::new(seed, "sum").next()
    }
}
