//! `$filter`: the operators of the directory that can be imitated truthfully, with the rules on advanced queries.

mod parse;

use serde_json::Value;

use super::entity::Entity;
use super::error::Problem;

/// Values in one `in` without the advanced header.
const MAX_IN: usize = 15;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Ge,
    Le,
    Gt,
    Lt,
    StartsWith,
    EndsWith,
}

/// A parsed filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    /// A property against a literal.
    Compare(String, Op, Value),
    /// `property in ('a','b')`.
    In(String, Vec<Value>),
    /// `property/any(x:x/member op literal)`; the member is empty for collections of texts.
    Any(String, String, Op, Value),
    /// `property/$count op 0`.
    Count(String, Op, u64),
}

/// A filter whose properties and operators the type supports.
#[derive(Debug, Clone)]
pub(super) struct Filter {
    expr: Expr,
}

impl Filter {
    /// Reads a filter; `advanced` is whether the request has the header and `$count=true`.
    pub(super) fn read<E: Entity>(text: &str, advanced: bool) -> Result<Self, Problem> {
        let mut expr = parse::parse(text).map_err(|problem| {
            Problem::new(400, "BadRequest", format!("Invalid filter clause: {problem}"))
        })?;
        check::<E>(&mut expr, advanced)?;
        Ok(Self { expr })
    }

    /// Whether the object passes.
    pub(super) fn keeps<E: Entity>(&self, entity: &E) -> bool {
        holds(&self.expr, entity)
    }

    /// Whether it asks for licences: such a listing loses its page tokens unless the query is advanced (known to
    /// Microsoft as bug 1728776).
    pub(super) fn asks_for_licences(&self) -> bool {
        fn asks(expr: &Expr) -> bool {
            match expr {
                Expr::And(one, other) | Expr::Or(one, other) => asks(one) || asks(other),
                Expr::Not(one) => asks(one),
                Expr::Any(name, ..) | Expr::Count(name, ..) => name == "assignedLicenses",
                Expr::Compare(..) | Expr::In(..) => false,
            }
        }
        asks(&self.expr)
    }

    /// The ids of a filter of the form `id eq 'a' or id eq 'b'`, the only one that delta takes.
    pub(super) fn ids(&self) -> Option<Vec<String>> {
        fn gather(expr: &Expr, ids: &mut Vec<String>) -> bool {
            match expr {
                Expr::Or(one, other) => gather(one, ids) && gather(other, ids),
                Expr::Compare(name, Op::Eq, Value::String(id)) if name == "id" => {
                    ids.push(id.clone());
                    true
                }
                Expr::And(..)
                | Expr::Not(_)
                | Expr::Compare(..)
                | Expr::In(..)
                | Expr::Any(..)
                | Expr::Count(..) => false,
            }
        }
        let mut ids = Vec::new();
        gather(&self.expr, &mut ids).then_some(ids)
    }
}

/// Canonicalises property names and refuses what the directory refuses.
fn check<E: Entity>(expr: &mut Expr, advanced: bool) -> Result<(), Problem> {
    match expr {
        Expr::And(one, other) | Expr::Or(one, other) => {
            check::<E>(one, advanced)?;
            check::<E>(other, advanced)
        }
        Expr::Not(inner) => {
            check::<E>(inner, advanced)?;
            let name = match &**inner {
                Expr::Compare(name, ..) | Expr::In(name, _) | Expr::Any(name, ..) | Expr::Count(name, ..) => {
                    name
                }
                Expr::And(..) | Expr::Or(..) | Expr::Not(_) => return level::<E>('a', "", advanced),
            };
            // `not(startsWith(...))` and `not(... in ...)` are documented for properties whose plain `not` is not.
            let rule = match &**inner {
                Expr::Compare(_, Op::StartsWith | Op::EndsWith, _) | Expr::In(..) => 'a',
                Expr::Compare(..) | Expr::Any(..) | Expr::Count(..) => letter::<E>(name, 2),
                Expr::And(..) | Expr::Or(..) | Expr::Not(_) => '-',
            };
            level::<E>(rule, name, advanced)
        }
        Expr::Compare(name, op, value) => {
            canonical::<E>(name)?;
            let rule = match (&op, value.is_null()) {
                (Op::Eq | Op::Ne, true) => letter::<E>(name, 7),
                (Op::Eq, false) => letter::<E>(name, 0),
                (Op::Ne, false) => letter::<E>(name, 1),
                (Op::Ge | Op::Gt, _) => letter::<E>(name, 3),
                (Op::Le | Op::Lt, _) => letter::<E>(name, 4),
                (Op::StartsWith, _) => letter::<E>(name, 6),
                (Op::EndsWith, _) => ends_with(name),
            };
            level::<E>(rule, name, advanced)
        }
        Expr::In(name, values) => {
            canonical::<E>(name)?;
            if values.len() > MAX_IN && !advanced {
                let count = values.len();
                return Err(Problem::unsupported(format!(
                    "Too many child clauses specified in search filter expression containing 'OR' operators: \
                     {count}. Max allowed: {MAX_IN}."
                )));
            }
            level::<E>(letter::<E>(name, 5), name, advanced)
        }
        Expr::Any(name, _, op, _) => {
            canonical::<E>(name)?;
            let rule = match op {
                Op::Eq => letter::<E>(name, 0),
                Op::StartsWith => letter::<E>(name, 6),
                Op::EndsWith => ends_with(name),
                Op::Ge | Op::Gt | Op::Le | Op::Lt => letter::<E>(name, 3),
                Op::Ne => '-',
            };
            level::<E>(rule, name, advanced)
        }
        Expr::Count(name, op, number) => {
            canonical::<E>(name)?;
            let countable = matches!(name.as_str(), "assignedLicenses" | "otherMails" | "proxyAddresses");
            let rule = if countable && *number == 0 && matches!(op, Op::Eq | Op::Ne) { 'a' } else { '-' };
            level::<E>(rule, name, advanced)
        }
    }
}

fn canonical<E: Entity>(name: &mut String) -> Result<(), Problem> {
    let Some(known) = E::known(name) else {
        let message = format!(
            "Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.{}'.",
            E::TYPE
        );
        return Err(Problem::new(400, "BadRequest", message));
    };
    known.clone_into(name);
    Ok(())
}

fn letter<E: Entity>(name: &str, place: usize) -> char {
    E::filters(name).chars().nth(place).unwrap_or('-')
}

fn ends_with(name: &str) -> char {
    if matches!(name, "mail" | "otherMails" | "proxyAddresses" | "userPrincipalName") { 'a' } else { '-' }
}

fn level<E: Entity>(rule: char, name: &str, advanced: bool) -> Result<(), Problem> {
    match rule {
        'd' => Ok(()),
        'a' if advanced => Ok(()),
        _ => Err(Problem::unsupported(format!(
            "Unsupported or invalid query filter clause specified for property '{name}' of resource '{}'.",
            E::TYPE
        ))),
    }
}

fn holds<E: Entity>(expr: &Expr, entity: &E) -> bool {
    match expr {
        Expr::And(one, other) => holds(one, entity) && holds(other, entity),
        Expr::Or(one, other) => holds(one, entity) || holds(other, entity),
        Expr::Not(inner) => !holds(inner, entity),
        Expr::Compare(name, op, value) => {
            let held = entity.property(name);
            // A collection of texts compares by its members.
            let single = std::slice::from_ref(&held);
            held.as_array().map_or(single, Vec::as_slice).iter().any(|held| compare(held, *op, value))
        }
        Expr::In(name, values) => {
            let held = entity.property(name);
            values.iter().any(|value| compare(&held, Op::Eq, value))
        }
        Expr::Any(name, member, op, value) => {
            let held = entity.property(name);
            held.as_array().is_some_and(|items| {
                let of = |item| if member.is_empty() { Some(item) } else { Value::get(item, member) };
                items.iter().filter_map(of).any(|held| compare(held, *op, value))
            })
        }
        Expr::Count(name, op, number) => {
            let count = entity.property(name).as_array().map_or(0, Vec::len) as u64;
            (count == *number) == (*op == Op::Eq)
        }
    }
}

/// Texts compare without regard to case, as the directory does.
fn compare(held: &Value, op: Op, wanted: &Value) -> bool {
    let fold = |value: &Value| value.as_str().map(str::to_lowercase);
    let texts = fold(held).zip(fold(wanted));
    match op {
        Op::Eq | Op::Ne => {
            let same = texts.map_or_else(|| held == wanted, |(held, wanted)| held == wanted);
            same == (op == Op::Eq)
        }
        Op::Ge => texts.is_some_and(|(held, wanted)| held >= wanted),
        Op::Le => texts.is_some_and(|(held, wanted)| held <= wanted),
        Op::Gt => texts.is_some_and(|(held, wanted)| held > wanted),
        Op::Lt => texts.is_some_and(|(held, wanted)| held < wanted),
        Op::StartsWith => texts.is_some_and(|(held, wanted)| held.starts_with(&wanted)),
        Op::EndsWith => texts.is_some_and(|(held, wanted)| held.ends_with(&wanted)),
    }
}
