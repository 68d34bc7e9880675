//! A key that sorts like the text it is made of, as far as it reaches.

/// The first sixteen bytes, so that most comparisons need no text. Equal keys say nothing: compare the text.
pub(super) fn sort_key(text: &str) -> u128 {
    let mut key = [0u8; 16];
    for (slot, byte) in key.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    u128::from_be_bytes(key)
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
