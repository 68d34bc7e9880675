//! The `Link` header (RFC 8288), as far as paging needs it.

/// The target of the first entry whose `rel` contains `relation`.
pub(crate) fn find<'a>(header: &'a str, relation: &str) -> Option<&'a str> {
    let mut rest = header;
    loop {
        let open = rest.find('<')?;
        let after = rest.get(open + 1..)?;
        let close = after.find('>')?;
        let target = after.get(..close)?;
        let parameters = after.get(close + 1..)?;
        let end = entry_end(parameters);
        if has_relation(parameters.get(..end)?, relation) && !target.is_empty() {
            return Some(target);
        }
        rest = parameters.get(end..)?;
    }
}

/// Where this entry's parameters end: at the first comma outside quotes.
fn entry_end(parameters: &str) -> usize {
    let mut quoted = false;
    for (at, c) in parameters.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    parameters.len()
}

fn has_relation(parameters: &str, relation: &str) -> bool {
    parameters.split(';').any(|parameter| {
        parameter.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_ascii_whitespace()
                    .any(|r| r.eq_ignore_ascii_case(relation))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_next_entry_is_found_among_others() {
        let header = r#"<https://a.example/x?p=2,3&q=1>; rel="next", <https://a.example/x?p=9>; rel="last""#;
        assert_eq!(find(header, "next"), Some("https://a.example/x?p=2,3&q=1"));
        assert_eq!(find(header, "last"), Some("https://a.example/x?p=9"));
        assert_eq!(find(header, "prev"), None);
    }

    #[test]
    fn an_empty_or_broken_header_has_no_next() {
        for header in
            ["", " ", "<", "<x", "<>; rel=next", "<x>", "<x>; rel", "rel=next", "<a>; title=\"rel=next\""]
        {
            assert_eq!(find(header, "next"), None, "{header}");
        }
    }

    #[test]
    fn relation_types_may_be_a_list_without_quotes_or_in_capitals() {
        assert_eq!(find("<x>; rel=NEXT", "next"), Some("x"));
        assert_eq!(find("<x>; title=\"a,b\"; rel=\"last next\"", "next"), Some("x"));
    }
}
