//! Sort keys, and places and counts in small integers.

/// A key that sorts like the text it is made of: the first sixteen bytes, so that most comparisons need no text. Equal keys say nothing: compare the text.
pub(super) fn sort_key(text: &str) -> u128 {
    let mut key = [0u8; 16];
    for (slot, byte) in key.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    u128::from_be_bytes(key)
}

/// Truncation cannot happen below 4 GiB of text, which the builders check when they finish.
pub(super) fn place32(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

pub(super) fn count16(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_never_contradict_the_text() {
        let texts = ["", "a", "aa", "b", "0f", "\u{e9}", "abcdefghijklmnop", "abcdefghijklmnopq", "Z"];
        for a in texts {
            for b in texts {
                let by_key = sort_key(a).cmp(&sort_key(b));
                assert!(by_key == a.cmp(b) || by_key.is_eq(), "{a} {b}");
            }
        }
    }
}
