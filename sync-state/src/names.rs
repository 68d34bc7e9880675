//! File names of tenants: different for different tenants, and safe wherever files can be.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use sync_core::model::TenantName;

/// Longest spelled-out part of a name; with the digest and an ending it stays under the 255 bytes that file systems take.
const LONGEST: usize = 120;

/// The file name of a tenant without its ending.
///
/// Small ASCII letters, digits and `-` stand for themselves, every other byte is `_` and two hex digits. So names that
/// differ by case only stay apart where the file system does not tell case, and no name is a path, a hidden file or a
/// device (`con`). Of a long name the beginning is kept and its SHA-256 added after `~`, which stands for nothing else.
pub(crate) fn stem(tenant: &TenantName) -> String {
    let mut stem = String::from("tenant-");
    for byte in tenant.as_str().bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' {
            stem.push(char::from(byte));
        } else {
            hex(&mut stem, "_", byte);
        }
    }
    if stem.len() > LONGEST {
        stem.truncate(LONGEST);
        stem.push('~');
        for byte in Sha256::digest(tenant.as_str().as_bytes()) {
            hex(&mut stem, "", byte);
        }
    }
    stem
}

fn hex(out: &mut String, before: &str, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{before}{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn different_tenants_have_different_safe_names_whatever_the_case() {
        let long = "x".repeat(5_000);
        let longer = "x".repeat(5_001);
        let names = [
            "", "A/B", "a/b", "A_2fB", "_", "_5f", "..", ".", "con", "CON", "nul.json", "\u{c4}", "A\u{308}",
            "\u{e4}", "a b", "a\0b", "a\nb", "~", "C:\\x", " ", &long, &longer,
        ];
        let stems: BTreeSet<String> =
            names.iter().map(|n| stem(&TenantName::new(*n)).to_lowercase()).collect();
        assert_eq!(stems.len(), names.len());
        for stem in stems {
            assert!(stem.starts_with("tenant-") && stem.len() < 200, "{stem}");
            assert!(
                stem.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~')),
                "{stem}"
            );
        }
    }
}
