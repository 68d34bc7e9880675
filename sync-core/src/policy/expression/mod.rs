//! Expressions over users, such as `department == "Sales" && city != "Berlin"`: the language of `scope.filter`
//! and of `when.filter` of routes.
//!
//! Small and total on purpose: no loops, no functions of one's own, nothing that can fail once it is parsed.
//!
//! | written | holds when |
//! |---|---|
//! | `city == "Bonn"`, `city != "Bonn"` | the whole text is (is not) this |
//! | `city in ["Bonn", "Berlin"]` | the whole text is one of these |
//! | `job_title contains "chef"`, `starts_with`, `ends_with` | a part, the beginning or the end is this |
//! | `email glob "*@contoso.com"` | the whole text fits; `*` is any run of characters, `?` any one |
//! | `city is_blank` | there is nothing |
//! | `account_enabled`, `account_enabled == false` | the account may (may not) sign in |
//! | `in_group("ID")` | the user belongs to the group, nested ones included |
//! | `!a` or `not a`, `a && b` or `a and b`, `a \|\| b` or `a or b`, `( … )` | as usual; `!` binds closest, `\|\|` last |
//!
//! Names are those of [`Attribute`] (`extension:NAME`, or `extension:"any name"`), `email` for `mail`, and `domain`: the
//! domain of the address, or of the sign-in name where there is none. Texts stand in double quotes, `\"` and `\\` are a
//! quote and a backslash. Case never matters, and neither do blanks around a whole text.
//!
//! A blank attribute is the text `""` and no error. An attribute that **was not read** makes its comparison unknown,
//! and unknown spreads as in Kleene's logic: `false && unknown` is false, `true || unknown` is true, else it stays
//! [`Truth::Unknown`]. An unknown filter neither lets a user in nor sends anybody away: see [`Truth`].

mod display;
mod evaluate;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use evaluate::domain;

use super::Glob;
use crate::{model::Attribute, snapshot::UserView};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// The longest expression, in bytes.
pub(crate) const MAX_LENGTH: usize = 64 * 1024;
/// The longest text in quotes, in characters; comparing takes at most this times the attribute's length in steps.
pub(crate) const MAX_TEXT: usize = 1024;
/// How deep parentheses and negations may be nested.
pub(crate) const MAX_DEPTH: usize = 64;

/// An expression over a user, parsed and ready.
///
/// ```
/// use sync_core::policy::Expression;
/// let expression: Expression = r#"department == "Sales" and not city in ["Berlin", "Bonn"]"#.parse()?;
/// assert_eq!(expression.to_string(), r#"department == "sales" && !city in ["berlin", "bonn"]"#);
/// # Ok::<(), sync_core::policy::ExpressionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Expression {
    root: Node,
}

/// What an expression says of one user.
///
/// Unknown is not a soft "no". The planner leaves such a user alone as out of scope, names what was not read, and takes
/// nothing away from the contact, whatever `lifecycle.out_of_scope` says: what was not read proves nothing. In a route,
/// unknown ends the search: the user is unrouted rather than in the company of a later route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Truth<'e> {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It depends on this, which was not read.
    Unknown(&'e Operand),
}

/// What an expression can ask a user for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Operand {
    /// An attribute.
    Attribute(Attribute),
    /// The domain of the address, or of the sign-in name where there is none.
    Domain,
    /// Whether the account may sign in.
    AccountEnabled,
    /// Membership of the group with this id.
    Group(String),
}

/// Why a text is no expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {column}: {problem}")]
pub struct ExpressionError {
    column: usize,
    problem: String,
}

impl ExpressionError {
    fn new(column: usize, problem: impl Into<String>) -> Self {
        Self { column, problem: problem.into() }
    }

    /// The character at fault, counted from 1; one past the end where something is missing.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    /// Something that is true or false by itself.
    Flag(Operand),
    /// A text and what is asked of it.
    Compare(Operand, Test),
}

/// What is asked of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equal(Folded),
    NotEqual(Folded),
    OneOf(Vec<Folded>),
    Contains(Folded),
    StartsWith(Folded),
    EndsWith(Folded),
    Glob(Glob),
    Blank,
}

/// A text in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Folded(String);

impl Expression {
    /// Evaluates the expression. Never fails; at most one allocation for `domain` and for each `glob`.
    #[must_use]
    pub fn test<'e>(&'e self, user: UserView<'_>) -> Truth<'e> {
        self.root.test(user)
    }

    /// Everything the expression asks for.
    #[must_use]
    pub fn operands(&self) -> BTreeSet<&Operand> {
        let mut operands = BTreeSet::new();
        self.root.operands(&mut operands);
        operands
    }

    /// The attributes outside the neutral set that must be read for it.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = &Attribute> {
        self.operands().into_iter().filter_map(|operand| match operand {
            Operand::Attribute(attribute) => attribute.open_name().map(|_| attribute),
            Operand::Domain | Operand::AccountEnabled | Operand::Group(_) => None,
        })
    }

    /// The groups whose members must be read for it.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &str> {
        self.operands().into_iter().filter_map(|operand| match operand {
            Operand::Group(id) => Some(id.as_str()),
            Operand::Attribute(_) | Operand::Domain | Operand::AccountEnabled => None,
        })
    }
}

impl Node {
    fn operands<'e>(&'e self, into: &mut BTreeSet<&'e Operand>) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.operands(into)),
            Self::Not(part) => part.operands(into),
            Self::Flag(operand) | Self::Compare(operand, _) => {
                into.insert(operand);
            }
        }
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    /// Parses an expression of at most 64 KiB, nested at most 64 deep.
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        parser::parse(text).map(|root| Self { root })
    }
}

impl TryFrom<String> for Expression {
    type Error = ExpressionError;
    fn try_from(text: String) -> Result<Self, ExpressionError> {
        text.parse()
    }
}

impl From<Expression> for String {
    fn from(expression: Expression) -> Self {
        expression.to_string()
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
