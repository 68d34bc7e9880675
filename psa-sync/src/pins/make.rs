//! Making a PIN of the operating system's random source.

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Digits of a PIN: a million of them, and a caller has five tries.
pub(super) const DIGITS: usize = 6;

/// A PIN of [`DIGITS`] digits, each as likely as every other, but for those that people try first.
///
/// # Errors
/// Where the machine has no random source.
pub(super) fn make() -> Result<SecretString, getrandom::Error> {
    loop {
        let mut pin = Zeroizing::new(String::with_capacity(DIGITS));
        while pin.len() < DIGITS {
            let mut byte = Zeroizing::new([0u8; 1]);
            getrandom::fill(byte.as_mut())?;
            // 250 is the largest multiple of ten in a byte; what is above would favour small digits.
            let [byte] = *byte;
            if byte < 250 {
                pin.push(char::from(b'0' + byte % 10));
            }
        }
        if !is_guessed_first(pin.as_bytes()) {
            return Ok(SecretString::from(pin.as_str()));
        }
    }
}

/// `111111`, `123456`, `654321` and their like.
fn is_guessed_first(digits: &[u8]) -> bool {
    let steps = || {
        digits.windows(2).map(|pair| match pair {
            [a, b] => i16::from(*b) - i16::from(*a),
            _ => 0,
        })
    };
    [0, 1, -1].into_iter().any(|step| steps().all(|each| each == step))
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;
    use std::collections::BTreeSet;

    #[test]
    fn pins_are_digits_and_differ() {
        let mut seen = BTreeSet::new();
        let mut digits = [0u32; 10];
        for _ in 0..2_000 {
            let pin = make().unwrap();
            let text = pin.expose_secret();
            assert!(text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()), "no PIN");
            text.bytes().for_each(|b| digits[usize::from(b - b'0')] += 1);
            seen.insert(text.to_owned());
        }
        assert!(seen.len() > 1_980, "{} of 2000 differ", seen.len());
        // 1,200 of each are expected, with a standard deviation of 33.
        assert!(digits.iter().all(|count| (1_000..1_400).contains(count)), "{digits:?}");
    }

    #[test]
    fn what_people_try_first_is_never_made() {
        for guessed in ["000000", "999999", "123456", "456789", "654321"] {
            assert!(is_guessed_first(guessed.as_bytes()), "{guessed}");
        }
        assert!(!is_guessed_first(b"121212") && !is_guessed_first(b"123457"));
    }
}
