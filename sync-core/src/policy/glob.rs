//! Globs: `*` is any run of characters, `?` any one; the whole string must fit, without regard to case.

/// A glob, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    source: String,
    pattern: Vec<char>,
}

impl Glob {
    /// Takes any text as a glob.
    #[must_use]
    pub fn new(source: &str) -> Self {
        let pattern = source.trim().chars().flat_map(char::to_lowercase).collect();
        Self { source: source.trim().to_owned(), pattern }
    }

    /// The text it was made of.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the whole text fits. Takes at most pattern times text steps and no memory.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars().flat_map(char::to_lowercase);
        let mut p = 0;
        // After the last star: the place in the pattern, and the text from where it was tried last.
        let mut star = None;
        loop {
            let before = rest.clone();
            let Some(c) = rest.next() else { break };
            match self.pattern.get(p) {
                Some('*') => {
                    p += 1;
                    rest = before.clone();
                    star = Some((p, before));
                }
                Some('?') => p += 1,
                Some(wanted) if *wanted == c => p += 1,
                _ => {
                    let Some((at, from)) = &mut star else { return false };
                    from.next();
                    (p, rest) = (*at, from.clone());
                }
            }
        }
        self.pattern.get(p..).is_some_and(|rest| rest.iter().all(|c| *c == '*'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_string_must_fit() {
        let service = Glob::new("svc-*@*");
        assert!(service.matches("SVC-backup@contoso.com"));
        assert!(!service.matches("ada.svc-x@contoso.com"));
        for person in
            ["abbott@contoso.com", "talbot@contoso.com", "botha@contoso.com", "adminson@contoso.com"]
        {
            assert!(!Glob::new("bot").matches(person) && !Glob::new("admin").matches(person));
        }
    }

    #[test]
    fn stars_and_question_marks() {
        for (glob, text, fits) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*@test.contoso.com", "x@test.contoso.com", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("\u{dc}ber*", "\u{fc}berall", true),
        ] {
            assert_eq!(Glob::new(glob).matches(text), fits, "{glob} {text}");
        }
    }

    #[test]
    fn a_hostile_glob_ends_soon() {
        let glob = Glob::new(&"*a".repeat(50));
        assert!(!glob.matches(&"a".repeat(49)));
        assert!(!glob.matches(&format!("{}b", "a".repeat(5_000))));
    }
}
