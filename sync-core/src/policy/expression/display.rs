//! Expressions as text, with as few parentheses as the reading allows. What is shown parses to the same expression.

use super::{Folded, Node, Operand, Test, lexer::is_extension_word};
use std::fmt::{Display, Formatter, Result, Write};

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Or(parts) => joined(f, parts, " || ", |part| matches!(part, Self::Or(_))),
            Self::And(parts) => joined(f, parts, " && ", |part| matches!(part, Self::Or(_) | Self::And(_))),
            Self::Not(part) => {
                f.write_str("!")?;
                wrapped(f, part, matches!(**part, Self::Or(_) | Self::And(_)))
            }
            Self::Flag(operand) => operand.fmt(f),
            Self::Compare(operand, test) => write!(f, "{operand} {test}"),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Node], between: &str, wrap: fn(&Node) -> bool) -> Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(between)?;
        }
        wrapped(f, part, wrap(part))?;
    }
    Ok(())
}

fn wrapped(f: &mut Formatter<'_>, part: &Node, wrap: bool) -> Result {
    if wrap { write!(f, "({part})") } else { part.fmt(f) }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Attribute(attribute) => match attribute.open_name() {
                Some(name) if !name.chars().all(is_extension_word) => {
                    f.write_str("extension:")?;
                    quoted(f, name)
                }
                _ => attribute.fmt(f),
            },
            Self::Domain => f.write_str("domain"),
            Self::AccountEnabled => f.write_str("account_enabled"),
            Self::Group(id) => {
                f.write_str("in_group(")?;
                quoted(f, id)?;
                f.write_str(")")
            }
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Equal(text) => write!(f, "== {text}"),
            Self::NotEqual(text) => write!(f, "!= {text}"),
            Self::OneOf(list) => {
                f.write_str("in [")?;
                for (place, text) in list.iter().enumerate() {
                    if place > 0 {
                        f.write_str(", ")?;
                    }
                    text.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Contains(text) => write!(f, "contains {text}"),
            Self::StartsWith(text) => write!(f, "starts_with {text}"),
            Self::EndsWith(text) => write!(f, "ends_with {text}"),
            Self::Glob(glob) => {
                f.write_str("glob ")?;
                quoted(f, glob.as_str())
            }
            Self::Blank => f.write_str("is_blank"),
        }
    }
}

impl Display for Folded {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        quoted(f, &self.0)
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
