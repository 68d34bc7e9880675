//! First and last name out of a display name, for people of whom the directory has only that.
//!
//! Careful rather than complete: a text that may not be a person's name gives nothing, and a lone word is a first name.

use super::{Fields, Prepared};
use crate::{
    model::{Attribute, ContactField},
    policy::Source,
    snapshot::{ReadText, UserView},
};

/// A display name longer than this is no name.
const LONGEST: usize = 128;

/// Words that begin a family name, as written in the middle of a name.
const PARTICLES: [&str; 36] = [
    "van", "von", "vom", "der", "den", "de", "het", "'t", "ter", "ten", "te", "zu", "zum", "zur", "af", "av",
    "del", "della", "dello", "degli", "di", "da", "dal", "das", "do", "dos", "du", "des", "la", "le", "lo",
    "al", "el", "bin", "ibn", "ben",
];
/// Words that stand before a name.
const TITLES: [&str; 12] =
    ["dr", "dr.", "prof", "prof.", "mr", "mr.", "mrs", "mrs.", "ms", "ms.", "herr", "frau"];
/// Words that stand after a name, also behind a comma.
const SUFFIXES: [&str; 14] =
    ["jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md", "m.d.", "mba", "cpa", "esq."];
/// Words of accounts that are nobody's own.
const SERVICE: [&str; 40] = [
    "account",
    "accounting",
    "accounts",
    "admin",
    "administrator",
    "backup",
    "calendar",
    "conference",
    "do-not-reply",
    "donotreply",
    "fax",
    "frontdesk",
    "helpdesk",
    "info",
    "invoices",
    "kiosk",
    "mailbox",
    "meeting",
    "no-reply",
    "noreply",
    "office",
    "postmaster",
    "printer",
    "reception",
    "room",
    "scan",
    "scanner",
    "service",
    "services",
    "shared",
    "support",
    "svc",
    "sync",
    "system",
    "team",
    "test",
    "training",
    "user",
    "webmaster",
    "warehouse",
];

impl<'a> Fields<'a> {
    /// The name for a field whose own attribute is blank; `None` where the policy does not want it, or nothing fits.
    pub(super) fn name_from_display_name(
        &self,
        prepared: &Prepared<'_>,
        user: UserView<'a>,
    ) -> Option<String> {
        if !self.names_from_display_name {
            return None;
        }
        let (given, surname) = (user.attribute(&Attribute::GivenName), user.attribute(&Attribute::Surname));
        let source = prepared.mapping.source.attribute();
        let is = |field, attribute| *prepared.target == field && source == Some(&attribute);
        if is(ContactField::FirstName, Attribute::GivenName) && given == ReadText::Blank {
            first_name(user.display_name(), surname.text())
        } else if is(ContactField::LastName, Attribute::Surname) && surname == ReadText::Blank {
            last_name(user.display_name(), given.text())
        } else if prepared.mapping.source == Source::FullName
            && given == ReadText::Blank
            && surname == ReadText::Blank
        {
            cleaned(user.display_name())
        } else {
            None
        }
    }
}

/// The first name in a display name, for somebody whose last name may be known.
fn first_name(display: &str, last: Option<&str>) -> Option<String> {
    let display = cleaned(display)?;
    if let Some(last) = last {
        let rest = strip_end(&display, last).or_else(|| strip_start(&display, last));
        return rest.map(|rest| rest.trim_matches([',', ' ']).to_owned()).filter(|rest| !rest.is_empty());
    }
    Some(parts(&display)?.0)
}

/// The last name in a display name, for somebody whose first name may be known.
fn last_name(display: &str, first: Option<&str>) -> Option<String> {
    let display = cleaned(display)?;
    if let Some(first) = first {
        let rest = strip_start(&display, first).or_else(|| strip_end(&display, first));
        if let Some(rest) = rest {
            return Some(rest.trim_matches([',', ' ']).to_owned()).filter(|rest| !rest.is_empty());
        }
    }
    parts(&display)?.1
}

/// First and, where there is one, last name.
fn parts(name: &str) -> Option<(String, Option<String>)> {
    if let Some((last, first)) = name.split_once(',') {
        let (last, first) = (last.trim(), first.trim());
        if SUFFIXES.contains(&first.to_lowercase().as_str()) {
            return parts(last);
        }
        let one = !first.is_empty() && !last.is_empty() && !first.contains(',');
        return one.then(|| (first.to_owned(), Some(last.to_owned())));
    }
    let words: Vec<&str> = name.split(' ').collect();
    let (first, rest) = words.split_first()?;
    if rest.is_empty() {
        return Some(((*first).to_owned(), None));
    }
    // "Jan van der Berg": the family name begins at the first particle. A particle ends no name.
    let is_particle = |at: usize| {
        let (word, next) = (words.get(at), words.get(at + 1));
        let known =
            |word: Option<&&str>| word.is_some_and(|w| PARTICLES.contains(&w.to_lowercase().as_str()));
        let small = word.is_some_and(|w| w.chars().next().is_some_and(|c| c.is_lowercase() || c == '\''));
        // Written with a capital it may be a name of its own, unless another one follows.
        next.is_some() && known(word) && (small || (known(next) && at + 2 < words.len()))
    };
    let suffix =
        words.len() > 2 && words.last().is_some_and(|w| SUFFIXES.contains(&w.to_lowercase().as_str()));
    let usual = words.len() - 1 - usize::from(suffix);
    let cut = (1..words.len()).find(|at| is_particle(*at)).unwrap_or(usual).max(1);
    let (first, last) = words.split_at_checked(cut)?;
    Some((first.join(" "), Some(last.join(" "))))
}

/// The display name without brackets, titles and double spaces; `None` where it may not be a person's name.
fn cleaned(display: &str) -> Option<String> {
    if display.len() > LONGEST {
        return None;
    }
    let mut name = String::with_capacity(display.len());
    let mut depth = 0u32;
    for c in display.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    let mut words: Vec<&str> = name.split_whitespace().collect();
    while words.len() > 1 && words.first().is_some_and(|w| TITLES.contains(&w.to_lowercase().as_str())) {
        words.remove(0);
    }
    let odd = |c: char| {
        !(c.is_alphabetic() || is_mark(c) || matches!(c, '\'' | '\u{2019}' | '-' | '.' | ',' | '`'))
    };
    let is_service = |word: &str| SERVICE.contains(&word.trim_matches([',', '.']).to_lowercase().as_str());
    let service = |word: &&str| is_service(word) || word.split('-').any(is_service);
    let no_name = words.is_empty()
        || words.iter().any(|w| w.chars().any(odd) || !w.chars().any(char::is_alphabetic))
        || words.iter().any(service);
    (!no_name && depth == 0).then(|| words.join(" "))
}

/// Marks that combine with a letter; part of a name in a decomposed Unicode form and in many scripts.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn strip_start<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let start = start.trim();
    let rest = text.get(start.len()..)?;
    let head = text.get(..start.len())?;
    (head.to_lowercase() == start.to_lowercase() && (rest.is_empty() || rest.starts_with([' ', ','])))
        .then_some(rest)
}

fn strip_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let end = end.trim();
    let at = text.len().checked_sub(end.len())?;
    let (rest, tail) = (text.get(..at)?, text.get(at..)?);
    (tail.to_lowercase() == end.to_lowercase() && (rest.is_empty() || rest.ends_with([' ', ','])))
        .then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(display: &str) -> (String, String) {
        (first_name(display, None).unwrap_or_default(), last_name(display, None).unwrap_or_default())
    }

    fn check(display: &str, first: &str, last: &str) {
        assert_eq!(both(display), (first.to_owned(), last.to_owned()), "{display}");
    }

    #[test]
    fn a_display_name_is_taken_apart_by_careful_rules() {
        check("Ada Lovelace", "Ada", "Lovelace");
        check("Lovelace, Ada", "Ada", "Lovelace");
        check("  Ada   King  Lovelace ", "Ada King", "Lovelace");
        check("Jan van der Berg", "Jan", "van der Berg");
        check("Jan Van Der Berg", "Jan", "Van Der Berg");
        check("van der Berg, Jan", "Jan", "van der Berg");
        check("Le Van Minh", "Le Van", "Minh");
        check("Ludwig von Beethoven", "Ludwig", "von Beethoven");
        check("Ada Lovelace (Contoso)", "Ada", "Lovelace");
        check("Ada Lovelace [Extern] (Contoso)", "Ada", "Lovelace");
        check("Dr. Ada Lovelace", "Ada", "Lovelace");
        check("John Smith Jr.", "John", "Smith Jr.");
        check("John Smith, Jr.", "John", "Smith");
        check("Sin\u{e9}ad O\u{2019}Connor", "Sin\u{e9}ad", "O\u{2019}Connor");
        check("Jo\u{308}rg M\u{fc}ller-L\u{fc}denscheidt", "Jo\u{308}rg", "M\u{fc}ller-L\u{fc}denscheidt");
        check("Ada de", "Ada", "de");
    }

    #[test]
    fn a_lone_word_is_a_first_name_and_nothing_is_made_up() {
        check("Ada", "Ada", "");
        check("\u{5c71}\u{7530}\u{592a}\u{90ce}", "\u{5c71}\u{7530}\u{592a}\u{90ce}", "");
        check("", "", "");
        check("-", "", "");
        check("Dr.", "Dr.", "");
    }

    #[test]
    fn what_may_be_no_person_is_not_touched() {
        for display in [
            "Conference Room 3",
            "Scanner",
            "Accounts Payable",
            "svc-backup",
            "Helpdesk",
            "ada@contoso.com",
            "Ada | Contoso",
            "Ada - Contoso",
            "Contoso/Ada",
            "Ada_Lovelace",
            "Team Sales",
            "a, b, c",
            ", Ada",
            "Ada (Contoso",
            "Ada) Contoso",
        ] {
            check(display, "", "");
        }
        let long = "Ada ".repeat(1_000_000);
        check(&long, "", "");
        check("Ada\u{202e} Lovelace", "", "");
        check("Ada\0 Lovelace", "", "");
    }

    #[test]
    fn people_called_like_services_stay_people() {
        check("Tess Abbott", "Tess", "Abbott");
        check("Serviceman Adminson", "Serviceman", "Adminson");
        check("Roomi Botha", "Roomi", "Botha");
    }

    #[test]
    fn the_name_that_is_known_says_where_the_other_begins() {
        assert_eq!(last_name("Maria Anna Schmidt", Some("Maria Anna")).as_deref(), Some("Schmidt"));
        assert_eq!(
            last_name("Garc\u{ed}a M\u{e1}rquez, Gabriel", Some("gabriel")).as_deref(),
            Some("Garc\u{ed}a M\u{e1}rquez")
        );
        assert_eq!(last_name("Robert Smith", Some("Bob")).as_deref(), Some("Smith"));
        assert_eq!(last_name("Ada", Some("Ada")), None);
        assert_eq!(
            first_name("Gabriel Garc\u{ed}a M\u{e1}rquez", Some("Garc\u{ed}a M\u{e1}rquez")).as_deref(),
            Some("Gabriel")
        );
        assert_eq!(first_name("Robert Smith", Some("Jones")), None);
        assert_eq!(first_name("Smith", Some("Smith")), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_no_name_is_blank(display in "\\PC{0,40}", known in "\\PC{0,12}") {
            for name in [
                first_name(&display, None), last_name(&display, None),
                first_name(&display, Some(&known)), last_name(&display, Some(&known)),
            ].into_iter().flatten() {
                proptest::prop_assert!(!name.trim().is_empty() && name != "-");
            }
        }
    }
}
