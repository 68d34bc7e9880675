//! When two phone numbers are the same.
//!
//! Digits and extension decide at once in nearly every case. Only where the digits differ and end alike is the numbering
//! plan asked (the `phonenumber` crate, Google's metadata): `030 1234567` in Germany is `+49 30 1234567`.

use phonenumber::country::Id;

/// The crate sees nothing longer: E.164 has 15 digits, and a prefix to dial abroad takes some more.
const MOST_DIGITS: usize = 20;
/// Two ways to write one number differ in what comes before the subscriber's number, never in its end.
const SAME_END: usize = 4;

/// Words and signs that begin an extension.
const EXTENSION_MARKS: [&str; 6] = ["extension", "ext.", "ext", "durchwahl", "x", "#"];

/// A number taken apart.
#[derive(PartialEq, Eq)]
struct Phone {
    /// Letters and digits in lower case, a leading `00` taken away; vanity letters and words count.
    number: String,
    extension: String,
}

/// Whether two texts are the same number with the same extension. `region` is the two-letter country in which a number
/// without a country code is dialled; it is asked for only where it matters.
pub(super) fn same_phone<'r>(a: &str, b: &str, region: impl FnOnce() -> Option<&'r str>) -> bool {
    let (a_abroad, a) = taken_apart(a);
    let (b_abroad, b) = taken_apart(b);
    if a == b {
        return true;
    }
    if a.extension != b.extension || !dialable(&a.number) || !dialable(&b.number) {
        return false;
    }
    let end =
        |number: &str| number.len().checked_sub(SAME_END).and_then(|at| number.get(at..)).map(str::to_owned);
    if end(&a.number).is_none() || end(&a.number) != end(&b.number) {
        return false;
    }
    let region = region().and_then(|code| code.to_ascii_uppercase().parse::<Id>().ok());
    match (e164(region, a_abroad, &a.number), e164(region, b_abroad, &b.number)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// The number, and whether it begins with `+` or `00`.
fn taken_apart(text: &str) -> (bool, Phone) {
    let lower = text.to_lowercase();
    let lower = lower.trim().strip_prefix("tel:").unwrap_or(&lower);
    let cut = EXTENSION_MARKS.iter().filter_map(|mark| lower.find(mark)).min();
    let (number, extension) = match cut {
        Some(at) if at > 0 => lower.split_at(at),
        _ => (lower, ""),
    };
    let plus = number.trim_start_matches(|c: char| c.is_whitespace() || c == '(').starts_with('+');
    let number: String = number.chars().filter(|c| c.is_alphanumeric()).collect();
    let extension = extension.chars().filter(char::is_ascii_digit).collect();
    match number.strip_prefix("00") {
        Some(rest) => (true, Phone { number: rest.to_owned(), extension }),
        None => (plus, Phone { number, extension }),
    }
}

fn dialable(number: &str) -> bool {
    number.len() <= MOST_DIGITS && number.bytes().all(|b| b.is_ascii_digit())
}

/// Country code, national number and its leading zeros. The crate is handed nothing but digits and one `+`.
fn e164(region: Option<Id>, abroad: bool, number: &str) -> Option<(u16, u64, u8)> {
    let text = if abroad { format!("+{number}") } else { number.to_owned() };
    let parsed = phonenumber::parse(region, text).ok()?;
    Some((parsed.code().value(), parsed.national().value(), parsed.national().zeros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(region: &str, a: &str, b: &str) -> bool {
        let ask = |a, b| same_phone(a, b, || Some(region).filter(|r| !r.is_empty()));
        assert_eq!(ask(a, b), ask(b, a), "{a} {b}");
        ask(a, b)
    }

    #[test]
    fn a_national_number_is_the_international_one_of_its_country() {
        for (region, a, b) in [
            ("DE", "030 1234567", "+49 30 1234567"),
            ("de", "(030) 123-4567", "0049 30 1234567"),
            ("DE", "+49 (0)30 1234567", "+49 30 1234567"),
            ("GB", "020 7946 0000", "+44 20 7946 0000"),
            ("IT", "06 1234567", "+39 06 1234567"),
            ("US", "(212) 555-0100", "+1 212 555 0100"),
            ("AR", "011 15 2345 6789", "+54 9 11 2345 6789"),
            ("DE", "030 1234567 ext. 12", "+49 30 1234567 x12"),
            ("DE", "tel:+49301234567", "030/1234567"),
        ] {
            assert!(same(region, a, b), "{region} {a} {b}");
        }
    }

    #[test]
    fn the_country_the_number_and_the_extension_all_count() {
        for (region, a, b) in [
            ("AT", "030 1234567", "+49 30 1234567"),
            ("", "030 1234567", "+49 30 1234567"),
            ("ZZ", "030 1234567", "+49 30 1234567"),
            ("DE", "030 1234568", "+49 30 1234567"),
            ("DE", "030 1234567 x12", "+49 30 1234567"),
            ("DE", "030 1234567 x12", "+49 30 1234567 x13"),
            ("IT", "6 1234567", "+39 06 1234567"),
            ("US", "555 0100", "+1 212 555 0100"),
            ("US", "1-800-FLOWERS", "1-800-FLOWERZ"),
            ("US", "n/a", "reception"),
        ] {
            assert!(!same(region, a, b), "{region} {a} {b}");
        }
    }

    #[test]
    fn hostile_text_is_compared_and_nothing_more() {
        let long = "9".repeat(100_000);
        let texts = [
            "",
            "+",
            "++++",
            "+0",
            "0",
            "00",
            "000000",
            "x",
            "#1",
            "+dwPAA;phone-context=AA",
            "tel:",
            "tel:+;ext=1",
            "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}",
            "+\u{202e}49 30 1234567",
            "\0\0\0\0",
            "12345678901234567890",
            "+99999999999999999999",
            "\u{1f4de}\u{1f4de}\u{1f4de}",
            "0xd2dc00a30027c9d5",
            &long,
        ];
        for a in texts {
            for b in texts {
                for region in ["", "DE", "US", "zz", "\u{df}", "DEU"] {
                    assert!(same(region, a, b) || a != b, "{a} is itself");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_every_text_is_itself(
            a in "[+0-9xX#;=a-z ()./-]{0,40}", b in "\\PC{0,24}", region in "[A-Za-z]{0,3}",
        ) {
            proptest::prop_assert!(same(&region, &a, &a) && same(&region, &b, &b));
            same(&region, &a, &b);
        }

        #[test]
        fn digits_alone_never_panic(a in "[+]?[0-9]{4,22}", b in "0{0,3}[0-9]{4,20}", at in 0..6usize) {
            let region = ["DE", "IT", "AR", "BR", "RU", "US"][at];
            // The same end, so that the numbering plan is asked.
            same(region, &format!("{a}4567"), &format!("{b}4567"));
        }
    }
}
