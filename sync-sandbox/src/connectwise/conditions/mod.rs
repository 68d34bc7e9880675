//! The vendor's filter language: `conditions`, `childConditions` and `customFieldConditions`.
//!
//! Source: the Developer Guide's "Conditions" page as summarised from public copies, read 2026-11. Comparisons of text
//! ignore case, as the vendor's database collation does, and a missing value makes a comparison unknown, as SQL does.

mod eval;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use eval::{compare_values, field, one_of};
pub(crate) use parser::parse;

use chrono::{DateTime, Utc};

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    /// All of these.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// One comparison of a field, named by its path.
    Test(Vec<String>, Test),
}

/// What is asked of one field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `= != < <= > >=`.
    Compare(Comparison, Literal),
    /// `like` and `not like`; `*` and `%` stand for any text.
    Like { pattern: String, negated: bool },
    /// `contains` and `not contains`.
    Contains { text: String, negated: bool },
    /// `in` and `not in`.
    In { values: Vec<Literal>, negated: bool },
}

/// The six comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A literal value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    Flag(bool),
    Moment(DateTime<Utc>),
    Null,
}

/// Why a filter was refused. The text goes into the error body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConditionError(pub(crate) String);

impl Expr {
    /// Every path in the expression.
    pub(crate) fn paths(&self) -> Vec<&[String]> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
            Self::Test(path, _) => vec![path.as_slice()],
        }
    }

    /// Whether `in` occurs: the vendor takes it in `conditions` only.
    pub(crate) fn uses_in(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::uses_in),
            Self::Test(_, test) => matches!(test, Test::In { .. }),
        }
    }
}
