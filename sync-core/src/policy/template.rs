//! Texts made of attributes: `{given_name} {surname}`, `{mobile_phone|business_phone}`.
//!
//! Small and total: literal text and parts in braces; a part is the first of its attributes that is not blank. Text
//! between two parts is written only where something stands on both sides of it, so that a blank part leaves no comma
//! behind; text before the first part and after the last goes with that part. `{{` and `}}` are the braces themselves.

use crate::model::Attribute;

/// The longest template, in bytes.
const MAX_LENGTH: usize = 1_000;

/// A text made of attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// Each part with the literal text before it.
    parts: Vec<Part>,
    /// The literal text after the last part.
    tail: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    before: String,
    /// Never empty.
    choices: Vec<Attribute>,
}

/// What a template comes to for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateText {
    /// Something it needs was not read.
    NotRead,
    /// Every part is blank.
    Blank,
    /// This.
    Text(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong, with the character at fault (the first one is 1).
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("the text is longer than {MAX_LENGTH} bytes"));
        }
        let (mut parts, mut literal) = (Vec::new(), String::new());
        let mut chars = text.chars().zip(1usize..).peekable();
        while let Some((c, at)) = chars.next() {
            let doubled = chars.peek().is_some_and(|(next, _)| *next == c);
            match c {
                '{' | '}' if doubled => {
                    chars.next();
                    literal.push(c);
                }
                '}' => {
                    return Err(format!(
                        "at character {at}: this `}}` closes nothing; write `}}}}` for a brace"
                    ));
                }
                '{' => {
                    let mut names = String::new();
                    loop {
                        match chars.next() {
                            Some(('}', _)) => break,
                            Some(('{', inner)) => {
                                return Err(format!("at character {inner}: a part within a part"));
                            }
                            Some((c, _)) => names.push(c),
                            None => return Err(format!("at character {at}: this `{{` is never closed")),
                        }
                    }
                    parts.push(Part {
                        before: std::mem::take(&mut literal),
                        choices: choices(&names, at + 1)?,
                    });
                }
                _ => literal.push(c),
            }
        }
        if parts.is_empty() {
            return Err("names no attribute; a constant is written `= \"text\"`".to_owned());
        }
        Ok(Self { parts, tail: literal })
    }

    /// Every attribute it names.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.parts.iter().flat_map(|part| &part.choices)
    }

    /// The text for one user: `read` answers `None` for what was not read and `Some("")` for a blank.
    pub(crate) fn fill<'v>(&self, read: impl Fn(&Attribute) -> Option<&'v str>) -> TemplateText {
        let mut out = String::new();
        let mut last = "";
        for (number, part) in self.parts.iter().enumerate() {
            last = "";
            for choice in &part.choices {
                match read(choice) {
                    None => return TemplateText::NotRead,
                    Some("") => {}
                    Some(text) => {
                        last = text;
                        break;
                    }
                }
            }
            if last.is_empty() {
                continue;
            }
            if number == 0 || !out.is_empty() {
                out.push_str(&part.before);
            }
            out.push_str(last);
        }
        if out.is_empty() {
            return TemplateText::Blank;
        }
        if !last.is_empty() {
            out.push_str(&self.tail);
        }
        TemplateText::Text(out.trim().to_owned())
    }
}

/// The attributes of one part; `at` is the place of its first character.
fn choices(names: &str, at: usize) -> Result<Vec<Attribute>, String> {
    let mut at = at;
    let mut choices = Vec::new();
    for name in names.split('|') {
        let problem = |e: &dyn std::fmt::Display| format!("at character {at}: {e}");
        if name.trim().is_empty() {
            return Err(problem(&"an attribute is missing"));
        }
        choices.push(name.trim().parse().map_err(|e| problem(&e))?);
        at += name.chars().count() + 1;
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str) -> TemplateText {
        let known = [
            (Attribute::GivenName, "Ada"),
            (Attribute::Surname, "Lovelace"),
            (Attribute::City, "London"),
            (Attribute::Country, ""),
            (Attribute::MobilePhone, ""),
            (Attribute::BusinessPhone, "+1 555 0100"),
        ];
        let read = |wanted: &Attribute| known.iter().find(|(a, _)| a == wanted).map(|(_, text)| *text);
        Template::parse(template).unwrap().fill(read)
    }

    fn text(template: &str) -> String {
        match fill(template) {
            TemplateText::Text(text) => text,
            TemplateText::NotRead | TemplateText::Blank => panic!("no text"),
        }
    }

    #[test]
    fn parts_are_joined_and_the_first_that_is_not_blank_counts() {
        assert_eq!(text("{given_name} {surname}"), "Ada Lovelace");
        assert_eq!(text("{mobile_phone|business_phone}"), "+1 555 0100");
        assert_eq!(text("{{{surname}}}"), "{Lovelace}");
        assert_eq!(text("Mx { given_name }!"), "Mx Ada!");
    }

    #[test]
    fn a_blank_part_takes_the_text_beside_it_along() {
        assert_eq!(text("{city}, {country}"), "London");
        assert_eq!(text("{country}, {city}"), "London");
        assert_eq!(text("{city}, {country}, {surname}"), "London, Lovelace");
        assert_eq!(text("{city} (ext. {mobile_phone})"), "London");
        assert_eq!(text("Land {country}: {city}"), "London");
        assert_eq!(fill("Land {country}!"), TemplateText::Blank);
    }

    #[test]
    fn what_was_not_read_is_not_taken_for_blank() {
        assert_eq!(fill("{given_name} {department}"), TemplateText::NotRead);
        assert_eq!(fill("{department|city}"), TemplateText::NotRead);
        assert_eq!(text("{city|department}"), "London");
    }

    #[test]
    fn slips_are_named_with_their_place() {
        let slip = |template| Template::parse(template).unwrap_err();
        assert_eq!(
            slip("{given_name} {surnam}"),
            "at character 15: unknown user attribute `surnam`; did you mean `surname`?"
        );
        assert_eq!(slip("{city|}"), "at character 7: an attribute is missing");
        assert_eq!(slip("{city"), "at character 1: this `{` is never closed");
        assert_eq!(slip("{city}}"), "at character 7: this `}` closes nothing; write `}}` for a brace");
        assert_eq!(slip("{a{b}}"), "at character 3: a part within a part");
        assert!(slip("{{city}}").contains("names no attribute"));
        assert!(slip(&"x".repeat(2_000)).contains("longer"));
    }
}
