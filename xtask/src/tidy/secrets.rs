//! No fixture, document or test holds something that looks like a real key.

use super::{Finding, source::numbered, tree::Tree};

/// Words that make a long random-looking run on the same line suspicious.
const WORDS: [&str; 5] = ["secret", "token", "key", "password", "authorization"];
/// Shorter runs are too often ordinary ids.
const LONG: usize = 24;
/// Within encoded credentials a key stands alone, so shorter ones count.
const LONG_INSIDE: usize = 12;

/// Finds private keys anywhere, and long tokens beside a word that says what they are.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    // The lock file is full of checksums and holds nothing that people write.
    let files = tree.texts().filter(|(path, _)| *path != "Cargo.lock");
    let mut found = Vec::new();
    for (path, text) in files {
        for (line, content) in numbered(text) {
            if let Some(what) = suspicious(content) {
                found.push(Finding::new(
                    path,
                    line,
                    format!("looks like {what}; make it up so that people see it"),
                ));
            }
        }
    }
    found
}

fn suspicious(line: &str) -> Option<&'static str> {
    if line.contains("-----BEGIN") && line.contains(concat!("PRIVATE", " KEY-----")) {
        return Some("a private key (tests make their own)");
    }
    let lower = line.to_lowercase();
    let beside_a_word = WORDS.iter().any(|word| lower.contains(word));
    for (start, run) in runs(line, LONG) {
        if run.starts_with("eyJ") && run.len() > 30 {
            return Some("a signed token");
        }
        // A digest says so in front, and is no secret.
        let digest = line.get(..start).is_some_and(|before| before.ends_with("sha256:"));
        // Encoded words (`Basic` credentials, say) are judged as what they say, and more strictly.
        let random = match decoded_text(run) {
            Some(text) => runs(&text, LONG_INSIDE).iter().any(|(_, run)| looks_random(run)),
            None => looks_random(run),
        };
        if beside_a_word && !digest && random {
            return Some("a real key");
        }
    }
    None
}

/// Stretches of the characters that base64 and hexadecimal keys are made of.
fn runs(line: &str, long: usize) -> Vec<(usize, &str)> {
    let in_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '=');
    let mut found = Vec::new();
    let mut at = 0;
    for run in line.split(|c: char| !in_run(c)) {
        if run.len() >= long {
            found.push((at, run));
        }
        // Whatever split the runs is one character, which may take several bytes.
        at += run.len();
        at += line.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    found
}

/// What a run says if it is base64 of printable text; a random key never is.
fn decoded_text(run: &str) -> Option<String> {
    let mut text = String::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in run.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            let byte = u8::try_from(bits >> count & 0xFF).ok()?;
            if !(byte.is_ascii_graphic() || byte == b' ') {
                return None;
            }
            text.push(char::from(byte));
        }
    }
    Some(text)
}

/// Letters and digits in an irregular order: names are words, made-up ids repeat themselves.
fn looks_random(run: &str) -> bool {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let upper = run.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = run.bytes().filter(u8::is_ascii_lowercase).count();
    let hex = run.bytes().all(|b| b.is_ascii_hexdigit());
    let mut distinct: Vec<u8> = run.bytes().collect();
    distinct.sort_unstable();
    distinct.dedup();
    digits >= 3 && upper + lower >= 3 && (hex || (upper >= 3 && lower >= 3)) && distinct.len() >= 10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(line: &str) -> bool {
        !check(&Tree::of(&[("a/fixtures/a.json", line)])).is_empty()
    }

    #[test]
    fn keys_and_signed_tokens_are_found() {
        assert!(finds(
            concat!("client_secret = \"kJ8Q~9xWm3", "PzR7tLv2Nc5YbH1sDf6Ga4\"").replace('~', "").as_str()
        ));
        assert!(finds(concat!("\"api_token\": \"9f86d081884c7d65", "9a2feaa0c55ad015\"")));
        assert!(finds(concat!("let x = \"eyJhbGciOiJSUzI1NiIs", "InR5cCI6IkpXVCJ9\";")));
        assert!(finds(concat!("-----BEGIN RSA PRIVATE", " KEY-----")));
    }

    #[test]
    fn made_up_values_ids_and_digests_pass() {
        for line in [
            "client_secret = \"canary-secret-that-must-never-be-shown\"",
            "let key = \"00000000000000000000000000000001\";",
            "the plan id is what the key names: sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081",
            "fn a_token_is_fetched_once_for_many_callers_and_kept() {}",
            "\"id\": \"6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0\", \"key\": 1",
        ] {
            assert!(!finds(line), "{line}");
        }
    }

    #[test]
    fn encoded_credentials_are_judged_by_what_they_say() {
        // "contoso+canary-public:canary-private"
        assert!(!finds("authorization: Basic Y29udG9zbytjYW5hcnktcHVibGljOmNhbmFyeS1wcml2YXRl"));
        // "acme+Kx93mQz8Lp2VbT4c:Qw93kdLs8YpZ0aRt"
        assert!(finds(concat!(
            "authorization: Basic YWNtZStLeDkzbVF6OExw",
            "MlZiVDRjOlF3OTNrZExzOFlwWjBhUnQ="
        )));
    }

    #[test]
    fn a_long_run_without_a_telling_word_passes() {
        assert!(!finds("checksum 9f86d081884c7d659a2feaa0c55ad015"));
    }
}
