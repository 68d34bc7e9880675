//! Fingerprints: SHA-256 over a domain tag and length-prefixed parts.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

/// A SHA-256 digest in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Feeds parts to a digest so that no two sequences of parts give the same bytes.
#[derive(Clone)]
pub(crate) struct Fingerprinter {
    digest: Sha256,
    buffer: Vec<u8>,
}

/// Small parts are gathered to this size before they are digested.
const GATHER: usize = 4096;
/// Room for all that most digests are about, such as the fields of a contact.
const FEW: usize = 512;

impl Fingerprinter {
    /// Starts with a domain tag, such as `contact/v1`.
    pub(crate) fn new(domain: &str) -> Self {
        let mut new = Self { digest: Sha256::new(), buffer: Vec::with_capacity(FEW) };
        new.text(domain);
        new
    }

    pub(crate) fn text(&mut self, part: &str) {
        self.number(part.len() as u64);
        if part.len() > GATHER {
            self.flush();
            self.digest.update(part.as_bytes());
        } else {
            self.buffer.extend_from_slice(part.as_bytes());
            self.gathered();
        }
    }

    pub(crate) fn number(&mut self, part: u64) {
        self.bytes(&part.to_le_bytes());
    }

    /// Some bytes of a length that is known to whoever reads them.
    #[inline]
    pub(crate) fn bytes(&mut self, part: &[u8]) {
        self.buffer.extend_from_slice(part);
        self.gathered();
    }

    fn gathered(&mut self) {
        if self.buffer.len() >= GATHER {
            self.flush();
        }
    }

    /// The JSON of a typed value: declaration order, so its bytes are stable. Never give it a map of unknown order.
    pub(crate) fn json(&mut self, part: &impl Serialize) {
        // Serializing plain records to a string cannot fail; a failure would still be part of the digest.
        match serde_json::to_string(part) {
            Ok(text) => self.text(&text),
            Err(e) => self.text(&e.to_string()),
        }
    }

    fn flush(&mut self) {
        self.digest.update(&self.buffer);
        self.buffer.clear();
    }

    pub(crate) fn finish(mut self) -> Fingerprint {
        self.flush();
        let mut hex = String::with_capacity(64);
        for byte in self.digest.finalize() {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Fingerprint(hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> Fingerprint {
        let mut printer = Fingerprinter::new("test/v1");
        for part in parts {
            printer.text(part);
        }
        printer.finish()
    }

    #[test]
    fn where_one_part_ends_matters() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_eq!(of(&[]).as_str().len(), 64);
    }

    #[test]
    fn long_parts_count_in_full() {
        let long = "x".repeat(10_000);
        assert_ne!(of(&[&long, "a"]), of(&[&long, "b"]));
        assert_ne!(of(&[&long]), of(&[&long[1..]]));
    }
}
