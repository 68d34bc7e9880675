//! Does a record satisfy an expression?

use std::cmp::Ordering;

use serde_json::Value;

use super::lexer::parse_moment;
use super::{Comparison, ConditionError, Expr, Literal, Test};

/// The fields of `_info` that may be named without it.
const INFO_FIELDS: [&str; 4] = ["lastUpdated", "updatedBy", "dateEntered", "enteredBy"];

/// Whether `name` is one of `names`, ignoring case; also the short names of `_info`.
pub(crate) fn one_of(names: &[&str], name: &str) -> bool {
    names.iter().chain(&INFO_FIELDS).any(|known| known.eq_ignore_ascii_case(name))
}

/// Finds a field by its path. Names ignore case; `lastUpdated` and its like are found in `_info`.
pub(crate) fn field<'a>(record: &'a Value, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let mut found = child(record, first);
    if found.is_none() && INFO_FIELDS.iter().any(|known| known.eq_ignore_ascii_case(first)) {
        found = child(record.get("_info")?, first);
    }
    rest.iter().try_fold(found?, |value, name| child(value, name)).filter(|value| !value.is_null())
}

fn child<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let object = value.as_object()?;
    let ignoring_case =
        || object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    object.get(name).or_else(ignoring_case)
}

/// Orders two values as the vendor's database would: nothing first, then numbers, then text without case.
pub(crate) fn compare_values(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            _ => folded(left).cmp(&folded(right)),
        },
    }
}

fn folded(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}

impl Expr {
    /// Whether the record satisfies the expression. Unknown counts as no.
    ///
    /// # Errors
    ///
    /// When a literal's type does not fit the field.
    pub(crate) fn accepts(&self, record: &Value) -> Result<bool, ConditionError> {
        Ok(self.truth(record)? == Some(true))
    }

    fn truth(&self, record: &Value) -> Result<Option<bool>, ConditionError> {
        match self {
            Self::All(parts) => fold(parts, record, false),
            Self::Any(parts) => fold(parts, record, true),
            Self::Test(path, test) => test.truth(field(record, path), path),
        }
    }
}

/// Three-valued AND (`decisive` false) or OR (`decisive` true).
fn fold(parts: &[Expr], record: &Value, decisive: bool) -> Result<Option<bool>, ConditionError> {
    let mut unknown = false;
    for part in parts {
        match part.truth(record)? {
            Some(value) if value == decisive => return Ok(Some(decisive)),
            Some(_) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(!decisive) })
}

impl Test {
    fn truth(&self, value: Option<&Value>, path: &[String]) -> Result<Option<bool>, ConditionError> {
        match self {
            Self::Compare(comparison, Literal::Null) => match comparison {
                Comparison::Equal => Ok(Some(value.is_none())),
                Comparison::NotEqual => Ok(Some(value.is_some())),
                Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual => {
                    Err(ConditionError("null can be compared by = and != only.".to_owned()))
                }
            },
            Self::Compare(comparison, literal) => {
                let Some(value) = value else { return Ok(None) };
                Ok(Some(holds(*comparison, order(value, literal, path)?)))
            }
            Self::Like { pattern, negated } => text(value, path, |text| like(pattern, text) != *negated),
            Self::Contains { text: part, negated } => {
                let part = part.to_lowercase();
                text(value, path, |text| text.to_lowercase().contains(&part) != *negated)
            }
            Self::In { values, negated } => {
                let Some(value) = value else { return Ok(None) };
                let mut found = false;
                for literal in values {
                    found |= order(value, literal, path)? == Ordering::Equal;
                }
                Ok(Some(found != *negated))
            }
        }
    }
}

const fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn order(value: &Value, literal: &Literal, path: &[String]) -> Result<Ordering, ConditionError> {
    let found = match literal {
        // Dates are compared with dates: a quoted one is refused.
        Literal::Text(_) if is_date(path) => None,
        Literal::Text(text) => value.as_str().map(|value| value.to_lowercase().cmp(&text.to_lowercase())),
        Literal::Number(number) => value.as_f64().map(|value| value.total_cmp(number)),
        Literal::Flag(flag) => value.as_bool().map(|value| value.cmp(flag)),
        Literal::Moment(moment) => value.as_str().and_then(parse_moment).map(|value| value.cmp(moment)),
        Literal::Null => None,
    };
    found.ok_or_else(|| {
        ConditionError(format!("The value has the wrong type for the field '{}'.", path.join("/")))
    })
}

fn is_date(path: &[String]) -> bool {
    let name = path.last().map(String::as_str).unwrap_or_default();
    ["lastUpdated", "dateEntered"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn text(
    value: Option<&Value>,
    path: &[String],
    test: impl Fn(&str) -> bool,
) -> Result<Option<bool>, ConditionError> {
    let Some(value) = value else { return Ok(None) };
    let text = value
        .as_str()
        .ok_or_else(|| ConditionError(format!("The field '{}' is not a text field.", path.join("/"))))?;
    Ok(Some(test(text)))
}

/// One element of a `like` pattern.
enum Glob {
    AnyText,
    OneOf(Vec<char>),
    Exactly(char),
}

fn like(pattern: &str, text: &str) -> bool {
    let globs = globs(&pattern.to_lowercase());
    let text: Vec<char> = text.to_lowercase().chars().collect();
    // Iterative matching with one backtracking point: linear memory, no recursion on outside data.
    let (mut at, mut with, mut retry) = (0, 0, None);
    while let Some(&c) = text.get(at) {
        let fits = match globs.get(with) {
            Some(Glob::AnyText) => {
                retry = Some((at, with));
                with += 1;
                continue;
            }
            Some(Glob::OneOf(set)) => set.contains(&c),
            Some(Glob::Exactly(wanted)) => *wanted == c,
            None => false,
        };
        if fits {
            at += 1;
            with += 1;
        } else if let Some((from, star)) = retry {
            at = from + 1;
            with = star + 1;
            retry = Some((from + 1, star));
        } else {
            return false;
        }
    }
    globs.get(with..).unwrap_or_default().iter().all(|glob| matches!(glob, Glob::AnyText))
}

fn globs(pattern: &str) -> Vec<Glob> {
    let mut globs = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let set = after.find(']').filter(|end| c == '[' && *end > 0);
        if let Some(end) = set {
            globs.push(Glob::OneOf(after.get(..end).unwrap_or_default().chars().collect()));
            rest = after.get(end + 1..).unwrap_or_default();
        } else {
            globs.push(if matches!(c, '*' | '%') { Glob::AnyText } else { Glob::Exactly(c) });
            rest = after;
        }
    }
    globs
}
