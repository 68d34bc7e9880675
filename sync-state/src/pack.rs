//! Documents as they lie in a column: JSON, packed.

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Serialize, de::DeserializeOwned};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use sync_core::{Error, ErrorKind, Result};

/// The most that a document unpacks to. A plan of a million people is a third of it.
const MOST: u64 = 2 * 1024 * 1024 * 1024;

pub(crate) fn pack(operation: &'static str, document: &impl Serialize) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::Other, operation, "a document could not be packed").with_source(error)
    };
    let mut out = BufWriter::new(ZlibEncoder::new(Vec::new(), Compression::fast()));
    serde_json::to_writer(&mut out, document).map_err(|error| failed(error.into()))?;
    out.flush().map_err(failed)?;
    let encoder = out.into_inner().map_err(|error| failed(error.into_error()))?;
    encoder.finish().map_err(failed)
}

pub(crate) fn unpack<T: DeserializeOwned>(operation: &'static str, what: &str, bytes: &[u8]) -> Result<T> {
    let reader = BufReader::new(ZlibDecoder::new(bytes).take(MOST));
    serde_json::from_reader(reader).map_err(|error| {
        let message = format!("{what} in the state database is not understood (column {})", error.column());
        Error::new(ErrorKind::UnexpectedResponse, operation, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_and_what_is_not_packed_is_an_error_without_content() {
        let packed = pack("test", &vec!["canary"; 100]).unwrap();
        assert!(packed.len() < 100);
        assert_eq!(unpack::<Vec<String>>("test", "a list", &packed).unwrap().len(), 100);
        let error = unpack::<Vec<String>>("test", "a list", b"canary").unwrap_err();
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}
