//! Globs. Input: the pattern, then the text, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sync_core::policy::Glob;

/// A second, slow and obvious reading, by a table: `fits[t]` says whether the pattern so far takes the first `t`
/// characters.
fn fits(pattern: &str, text: &str) -> bool {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<_>>();
    let text = lower(text);
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for wanted in lower(pattern.trim()) {
        let mut next = vec![false; text.len() + 1];
        for t in 0..=text.len() {
            next[t] = match wanted {
                '*' => fits[t] || t > 0 && next[t - 1],
                '?' => t > 0 && fits[t - 1],
                c => t > 0 && fits[t - 1] && text[t - 1] == c,
            };
        }
        fits = next;
    }
    fits[text.len()]
}

fuzz_target!(|input: &str| {
    let (pattern, text) = input.split_once('\n').unwrap_or((input, input));
    let glob = Glob::new(pattern);
    let matches = glob.matches(text);
    assert!(Glob::new("*").matches(text));
    assert_eq!(matches, glob.matches(&text.to_ascii_uppercase()));
    assert_eq!(matches, Glob::new(&pattern.to_ascii_uppercase()).matches(text));
    assert_eq!(Glob::new(glob.as_str()), glob);
    if pattern.len() * text.len() <= 1 << 20 {
        assert_eq!(matches, fits(pattern, text));
    }
    if !pattern.contains(['*', '?']) {
        assert!(glob.matches(glob.as_str()));
    }
});
