//! What an expression says of one user. Total: every tree gives an answer for every user.

use super::{Folded, Node, Operand, Test, Truth};
use crate::{
    model::{Attribute, email_domain, email_key},
    snapshot::{ReadText, UserView},
};
use std::borrow::Cow;

impl<'e> Truth<'e> {
    const fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    const fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown(what) => Self::Unknown(what),
        }
    }

    /// The first part that decides, else the first that is unknown, else the answer that no part contradicts.
    fn chain(parts: impl Iterator<Item = Self>, decides: Self) -> Self {
        let mut answer = decides.not();
        for part in parts {
            if part == decides {
                return part;
            }
            if let (Self::Unknown(_), Self::Yes | Self::No) = (part, answer) {
                answer = part;
            }
        }
        answer
    }
}

impl Node {
    pub(super) fn test<'e>(&'e self, user: UserView<'_>) -> Truth<'e> {
        match self {
            Self::Or(parts) => Truth::chain(parts.iter().map(|part| part.test(user)), Truth::Yes),
            Self::And(parts) => Truth::chain(parts.iter().map(|part| part.test(user)), Truth::No),
            Self::Not(part) => part.test(user).not(),
            Self::Flag(operand) => operand.flag(user).map_or(Truth::Unknown(operand), Truth::of),
            Self::Compare(operand, test) => {
                operand.text(user).map_or(Truth::Unknown(operand), |text| Truth::of(test.holds(&text)))
            }
        }
    }
}

impl Operand {
    /// The text, `""` where there is nothing; `None` where it was not read.
    fn text<'a>(&self, user: UserView<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::Attribute(attribute) => match user.attribute(attribute) {
                ReadText::NotRead => None,
                ReadText::Blank => Some(Cow::Borrowed("")),
                ReadText::Text(text) => Some(Cow::Borrowed(text)),
            },
            Self::Domain => domain(user),
            Self::AccountEnabled | Self::Group(_) => None,
        }
    }

    /// What was read of it, for explanations.
    pub(crate) fn shown(&self, user: UserView<'_>) -> String {
        let value = match self {
            Self::Attribute(_) | Self::Domain => self.text(user).map(|text| format!("\"{text}\"")),
            Self::AccountEnabled | Self::Group(_) => self.flag(user).map(|flag| flag.to_string()),
        };
        value.map_or_else(|| format!("{self} was not read"), |value| format!("{self} is {value}"))
    }

    /// Whether it is so; `None` where it was not read.
    fn flag(&self, user: UserView<'_>) -> Option<bool> {
        match self {
            Self::AccountEnabled => user.enabled(),
            Self::Group(id) => user.groups().map(|mut groups| groups.any(|group| group == id)),
            Self::Attribute(_) | Self::Domain => None,
        }
    }
}

/// The domain by which scope and routes go: of the primary address, or of the sign-in name where there is none; `""` where
/// neither has one, `None` where that was not read.
pub(crate) fn domain(user: UserView<'_>) -> Option<Cow<'_, str>> {
    if let Some(key) = user.primary_email_key() {
        return Some(Cow::Borrowed(email_domain(key).unwrap_or("")));
    }
    if user.attribute(&Attribute::Mail) == ReadText::NotRead {
        return None;
    }
    if let Some(key) = user.sign_in_key() {
        return Some(Cow::Borrowed(email_domain(key).unwrap_or("")));
    }
    match user.attribute(&Attribute::UserPrincipalName) {
        ReadText::NotRead => None,
        ReadText::Blank => Some(Cow::Borrowed("")),
        ReadText::Text(name) => {
            let key = email_key(name).unwrap_or_default();
            Some(Cow::Owned(email_domain(&key).unwrap_or("").to_owned()))
        }
    }
}

impl Test {
    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Equal(wanted) => wanted.is(text),
            Self::NotEqual(wanted) => !wanted.is(text),
            Self::OneOf(list) => list.iter().any(|wanted| wanted.is(text)),
            Self::Contains(wanted) => wanted.is_within(text),
            Self::StartsWith(wanted) => wanted.begins(text),
            Self::EndsWith(wanted) => wanted.ends(text),
            Self::Glob(glob) => glob.matches(text),
            Self::Blank => text.is_empty(),
        }
    }
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        Self(folded(text).collect())
    }

    fn is(&self, text: &str) -> bool {
        if text.is_ascii() {
            return self.0.eq_ignore_ascii_case(text);
        }
        folded(text).eq(self.0.chars())
    }

    fn begins(&self, text: &str) -> bool {
        begins(folded(text), &self.0)
    }

    fn ends(&self, text: &str) -> bool {
        let mut rest = folded(text).rev();
        self.0.chars().rev().all(|c| rest.next() == Some(c))
    }

    fn is_within(&self, text: &str) -> bool {
        let mut rest = folded(text);
        loop {
            if begins(rest.clone(), &self.0) {
                return true;
            }
            if rest.next().is_none() {
                return false;
            }
        }
    }
}

fn begins(mut text: impl Iterator<Item = char>, wanted: &str) -> bool {
    wanted.chars().all(|c| text.next() == Some(c))
}

/// A text in the form in which it is compared, without memory of its own. Sigma is one letter wherever it stands.
fn folded(text: &str) -> impl DoubleEndedIterator<Item = char> + Clone {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c })
}
