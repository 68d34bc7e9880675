//! Tokens of the filter language.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::{Comparison, ConditionError, Literal};

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    And,
    Or,
    Not,
    In,
    Like,
    Contains,
    Compare(Comparison),
    Literal(Literal),
    /// A field path, split at the slashes.
    Path(Vec<String>),
}

/// Splits a filter into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut rest = text.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '"' => quoted(rest)?,
            '[' => moment(rest)?,
            '=' | '!' | '<' | '>' => comparison(rest)?,
            _ => word(rest, first)?,
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

fn quoted(rest: &str) -> Result<(Token, usize), ConditionError> {
    let body = rest.get(1..).unwrap_or_default();
    let end = body.find('"').ok_or_else(|| ConditionError("A string is not closed.".to_owned()))?;
    let text = body.get(..end).unwrap_or_default().to_owned();
    Ok((Token::Literal(Literal::Text(text)), end + 2))
}

fn moment(rest: &str) -> Result<(Token, usize), ConditionError> {
    let end = rest.find(']').ok_or_else(|| ConditionError("A date is not closed.".to_owned()))?;
    let inner = rest.get(1..end).unwrap_or_default().trim();
    let value = parse_moment(inner)
        .ok_or_else(|| ConditionError(format!("String '{inner}' was not recognized as a valid DateTime.")))?;
    Ok((Token::Literal(Literal::Moment(value)), end + 1))
}

/// A UTC time with or without `Z`, or a date. Offsets other than `Z` are refused.
pub(super) fn parse_moment(text: &str) -> Option<DateTime<Utc>> {
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    NaiveDateTime::parse_from_str(bare, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()
        .or_else(|| NaiveDate::parse_from_str(bare, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .map(|time| time.and_utc())
}

fn comparison(rest: &str) -> Result<(Token, usize), ConditionError> {
    const TABLE: [(&str, Comparison); 6] = [
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("=", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    TABLE
        .iter()
        .find(|(text, _)| rest.starts_with(text))
        .map(|(text, comparison)| (Token::Compare(*comparison), text.len()))
        .ok_or_else(|| ConditionError("An operator is not known.".to_owned()))
}

fn word(rest: &str, first: char) -> Result<(Token, usize), ConditionError> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | '+');
    let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
    let word = rest.get(..length).unwrap_or_default();
    if word.is_empty() {
        return Err(ConditionError(format!("Unexpected character '{first}'.")));
    }
    let token = match word.to_ascii_lowercase().as_str() {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "in" => Token::In,
        "like" => Token::Like,
        "contains" => Token::Contains,
        "true" => Token::Literal(Literal::Flag(true)),
        "false" => Token::Literal(Literal::Flag(false)),
        "null" => Token::Literal(Literal::Null),
        _ if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') => number(word)?,
        _ => path(word)?,
    };
    Ok((token, length))
}

fn number(word: &str) -> Result<Token, ConditionError> {
    let value = word.parse::<f64>().ok().filter(|value| value.is_finite());
    let value = value.ok_or_else(|| ConditionError(format!("'{word}' is not a number.")))?;
    Ok(Token::Literal(Literal::Number(value)))
}

fn path(word: &str) -> Result<Token, ConditionError> {
    let segments: Vec<String> = word.split('/').map(str::to_owned).collect();
    let valid = |segment: &String| {
        !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if segments.iter().all(valid) {
        Ok(Token::Path(segments))
    } else {
        Err(ConditionError(format!("'{word}' is not a field name.")))
    }
}
