//! Ids in the forms in which Windows stores them.

/// A GUID as text. The first three fields are stored with their last byte first (MS-DTYP 2.3.4.2).
pub(crate) fn to_text(bytes: &[u8]) -> Option<String> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (place, from) in order.into_iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            text.push('-');
        }
        let byte = bytes.get(from)?;
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16)?);
        }
    }
    Some(text)
}

/// The bytes that Windows stores for a GUID in text, with or without braces.
pub(crate) fn from_text(text: &str) -> Option<[u8; 16]> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let dashes = |at: usize| [8, 13, 18, 23].contains(&at);
    if text.len() != 36 || !text.bytes().enumerate().all(|(at, b)| (b == b'-') == dashes(at)) {
        return None;
    }
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let mut bytes: [u8; 16] = digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |all, half| all << 4 | half))
        .collect::<Vec<u8>>()
        .try_into()
        .ok()?;
    for range in [0..4, 4..6, 6..8] {
        bytes.get_mut(range)?.reverse();
    }
    Some(bytes)
}

/// A security id (MS-DTYP 2.4.2): everything but its last number, and that number.
pub(crate) fn split_sid(sid: &[u8]) -> Option<(&[u8], u32)> {
    let (head, last) = sid.split_last_chunk::<4>()?;
    (head.len() >= 8).then_some((head.get(2..)?, u32::from_le_bytes(*last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_three_fields_are_turned_around() {
        let stored =
            [0x2e, 0x6e, 0xfb, 0xc8, 0x42, 0xee, 0x57, 0x42, 0xa2, 0xa6, 0x88, 0x0c, 0x02, 0xb6, 0xf7, 0x34];
        assert_eq!(to_text(&stored).as_deref(), Some("c8fb6e2e-ee42-4257-a2a6-880c02b6f734"));
        assert_eq!(from_text("{C8FB6E2E-ee42-4257-a2a6-880c02b6f734}"), Some(stored));
    }

    #[test]
    fn what_is_no_guid_is_none() {
        assert_eq!(to_text(&[0; 15]), None);
        for text in
            ["", "c8fb6e2e", "c8fb6e2e-ee42-4257-a2a6-880c02b6f73g", "c8fb6e2eee424257a2a6880c02b6f734----"]
        {
            assert_eq!(from_text(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_number_of_a_security_id_is_the_account() {
        let sid = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 0, 0];
        assert_eq!(split_sid(&sid), Some((&sid[2..12], 0x201)));
        assert_eq!(split_sid(&[1, 1]), None);
        assert_eq!(split_sid(&[]), None);
    }

    proptest! {
        #[test]
        fn text_and_bytes_are_the_same_id(bytes in any::<[u8; 16]>()) {
            prop_assert_eq!(from_text(&to_text(&bytes).unwrap()), Some(bytes));
        }
    }
}
