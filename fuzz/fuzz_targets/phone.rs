//! When two phone numbers are the same. Input: the country, the first number, the second one, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sync_core::plan::same_phone;

// The numbering plans are read once; that takes seconds with a sanitizer and is not what is timed here.
fuzz_target!(init: { let _ = same_phone("030 1234567", "+49 30 1234567", Some("DE")); }, |text: &str| {
    let mut lines = text.splitn(3, '\n');
    let region = lines.next().filter(|region| !region.is_empty());
    let (a, b) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    assert!(same_phone(a, a, region) && same_phone(b, b, region), "a number is itself");
    let same = same_phone(a, b, region);
    assert_eq!(same, same_phone(b, a, region), "either way round");
    // What is the same without a country is the same in each.
    if same_phone(a, b, None) {
        assert!(same);
    }
    // An extension is part of the number.
    if same && a.bytes().chain(b.bytes()).all(|c| c.is_ascii_digit()) && a.len() > 3 && b.len() > 3 {
        assert!(same_phone(&format!("{a} x12"), &format!("{b} ext. 12"), region));
        assert!(!same_phone(&format!("{a} x12"), &format!("{b} x13"), region));
    }
});
