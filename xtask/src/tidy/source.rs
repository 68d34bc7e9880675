//! Just enough of Rust's grammar to tell code from comments, literals and test modules.

use std::ops::Range;

/// What a stretch of source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything else.
    Code,
    /// A comment, doc comments included.
    Comment,
    /// A string or character literal with its quotes.
    Literal,
}

/// Splits source into stretches that together are the source.
pub(super) fn pieces(source: &str) -> Vec<(Kind, Range<usize>)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut code = 0;
    let mut at = 0;
    while at < bytes.len() {
        let Some((kind, end)) = piece_at(source, at) else {
            at += 1;
            continue;
        };
        if code < at {
            found.push((Kind::Code, code..at));
        }
        found.push((kind, at..end));
        code = end;
        at = end;
    }
    if code < at {
        found.push((Kind::Code, code..at));
    }
    found
}

/// The comment or literal that starts at a byte, and where it ends.
fn piece_at(source: &str, at: usize) -> Option<(Kind, usize)> {
    let bytes = source.as_bytes();
    let rest = bytes.get(at..)?;
    let after_identifier =
        at > 0 && bytes.get(at - 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii());
    match rest {
        [b'/', b'/', ..] => Some((Kind::Comment, at + find(rest, b"\n").unwrap_or(rest.len()))),
        [b'/', b'*', ..] => Some((Kind::Comment, at + block_comment(rest))),
        [b'"', ..] => Some((Kind::Literal, at + quoted(rest, b'"'))),
        [b'r', b'"' | b'#', ..] if !after_identifier => raw(rest, 1).map(|end| (Kind::Literal, at + end)),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !after_identifier => {
            raw(rest, 2).map(|end| (Kind::Literal, at + end))
        }
        [b'\'', b'\\', ..] => Some((Kind::Literal, at + quoted(rest, b'\''))),
        [b'\'', _, ..] => {
            // `'a'` is a character, `'a` a lifetime.
            let width = source.get(at + 1..)?.chars().next()?.len_utf8();
            (rest.get(1 + width) == Some(&b'\'')).then_some((Kind::Literal, at + width + 2))
        }
        _ => None,
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn block_comment(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match *byte {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn raw(bytes: &[u8], prefix: usize) -> Option<usize> {
    let hashes = bytes.iter().skip(prefix).take_while(|b| **b == b'#').count();
    let open = prefix + hashes;
    // `r#name` is an identifier.
    if bytes.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = bytes.get(open + 1..)?;
    Some(find(body, &close).map_or(bytes.len(), |end| open + 1 + end + close.len()))
}

/// The source with the given kinds blanked out; every other byte and every line keeps its place.
pub(super) fn blank(source: &str, kinds: &[Kind]) -> String {
    let ranges = pieces(source).into_iter().filter(|(kind, _)| kinds.contains(kind)).map(|(_, range)| range);
    blank_ranges(source, ranges)
}

fn blank_ranges(source: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut text = String::with_capacity(source.len());
    let mut at = 0;
    for range in ranges {
        text.push_str(source.get(at..range.start).unwrap_or_default());
        let blanked = source.get(range.clone()).unwrap_or_default();
        text.extend(blanked.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        at = range.end;
    }
    text.push_str(source.get(at..).unwrap_or_default());
    text
}

/// Where the modules marked `#[cfg(test)]` lie.
pub(super) fn test_modules(source: &str) -> Vec<Range<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let code = blank(source, &[Kind::Comment, Kind::Literal]);
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(start) = code.get(from..).and_then(|rest| rest.find(MARK)).map(|start| from + start) {
        from = start + MARK.len();
        let Some(rest) = code.get(from..) else { break };
        let Some(open) = rest.find(['{', ';']) else { break };
        let head = rest.get(..open).unwrap_or_default();
        let is_module = head.split_whitespace().any(|word| word == "mod");
        if is_module && rest.as_bytes().get(open) == Some(&b'{') {
            let end = from + open + braces(rest.get(open..).unwrap_or_default());
            found.push(start..end);
            from = end;
        }
    }
    found
}

fn braces(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The source with its test modules blanked out.
pub(super) fn without_tests(source: &str) -> String {
    blank_ranges(source, test_modules(source))
}

/// Lines with their numbers, counted from one.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(source: &str) -> Vec<(Kind, &str)> {
        pieces(source).into_iter().map(|(kind, range)| (kind, &source[range])).collect()
    }

    #[test]
    fn comments_and_literals_are_told_from_code() {
        use Kind::{Code, Comment, Literal};
        assert_eq!(
            parts("a(\"x // y\"); // z\nb"),
            [(Code, "a("), (Literal, "\"x // y\""), (Code, "); "), (Comment, "// z"), (Code, "\nb")]
        );
        assert_eq!(parts("/* a /* b */ c */d"), [(Comment, "/* a /* b */ c */"), (Code, "d")]);
        assert_eq!(parts(r##"r#"a"b"#;"##), [(Literal, r##"r#"a"b"#"##), (Code, ";")]);
        assert_eq!(parts("br\"a\\\"x"), [(Literal, "br\"a\\\""), (Code, "x")]);
        assert_eq!(parts("\"a\\\"b\"x"), [(Literal, "\"a\\\"b\""), (Code, "x")]);
    }

    #[test]
    fn lifetimes_raw_identifiers_and_characters_are_not_mixed_up() {
        use Kind::{Code, Literal};
        assert_eq!(parts("&'a str"), [(Code, "&'a str")]);
        assert_eq!(parts("r#type"), [(Code, "r#type")]);
        assert_eq!(
            parts("'\"' 'é' '\\''"),
            [(Literal, "'\"'"), (Code, " "), (Literal, "'é'"), (Code, " "), (Literal, "'\\''")]
        );
    }

    #[test]
    fn what_is_never_closed_ends_with_the_file() {
        for source in ["\"abc", "/* abc", "r#\"abc\"", "'\\", "\"\\"] {
            assert_eq!(pieces(source).last().unwrap().1.end, source.len(), "{source}");
        }
    }

    #[test]
    fn blanking_keeps_every_place() {
        let source = "a /* é\n */ b";
        let blanked = blank(source, &[Kind::Comment]);
        assert_eq!(blanked.len(), source.len());
        assert_eq!(blanked.lines().count(), 2);
        assert_eq!(blanked.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_test_module_ends_at_its_own_brace() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { \"}\"; }\n}\nfn c() {}\n";
        let rest = without_tests(source);
        assert!(rest.contains("fn a") && rest.contains("fn c") && !rest.contains("fn b"), "{rest}");
        assert_eq!(rest.lines().count(), source.lines().count());
    }

    #[test]
    fn other_items_marked_for_tests_and_modules_in_other_files_stay() {
        let source = "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nfn helper() {}\nfn kept() {}";
        assert!(test_modules(source).is_empty());
    }
}
