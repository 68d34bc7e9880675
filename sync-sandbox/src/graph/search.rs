//! `$search`: quoted `property:text` clauses joined by AND and OR.

use super::entity::Entity;
use super::error::Problem;

/// A parsed search: any of the groups, and within a group all of the clauses.
#[derive(Debug, Clone)]
pub(super) struct Search(Vec<Vec<(&'static str, String)>>);

impl Search {
    /// Reads a search such as `"displayName:ann" OR "mail:ann"`.
    pub(super) fn read<E: Entity>(text: &str, eventual: bool) -> Result<Self, Problem> {
        if !eventual {
            return Err(Problem::unsupported(
                "Request with $search query parameter only works through MSGraph with a special request header: \
                 'ConsistencyLevel: eventual'",
            ));
        }
        let mut groups = vec![Vec::new()];
        for (number, part) in text.split('"').enumerate() {
            if number % 2 == 0 {
                match part.trim() {
                    "" | "AND" => {}
                    "OR" => groups.push(Vec::new()),
                    _ => return Err(malformed()),
                }
                continue;
            }
            let (name, wanted) = part.split_once(':').ok_or_else(malformed)?;
            let name = E::known(name).filter(|name| E::searches(name)).ok_or_else(|| {
                Problem::unsupported(format!("$search is not supported for property '{name}'."))
            })?;
            if let Some(group) = groups.last_mut() {
                group.push((name, wanted.to_lowercase()));
            }
        }
        // An odd number of quotes, or nothing between two operators.
        if text.matches('"').count() % 2 == 1 || groups.iter().any(Vec::is_empty) {
            return Err(malformed());
        }
        Ok(Self(groups))
    }

    /// Whether the object is found: the text begins a word of the property.
    pub(super) fn finds<E: Entity>(&self, entity: &E) -> bool {
        self.0.iter().any(|group| group.iter().all(|(name, wanted)| begins_a_word(entity, name, wanted)))
    }
}

fn begins_a_word<E: Entity>(entity: &E, name: &str, wanted: &str) -> bool {
    let held = entity.property(name);
    let held = held.as_str().unwrap_or_default().to_lowercase();
    let starts = |at: usize| {
        held.get(..at).and_then(|before| before.chars().last()).is_none_or(|c| !c.is_alphanumeric())
    };
    held.match_indices(wanted).any(|(at, _)| starts(at))
}

fn malformed() -> Problem {
    Problem::new(400, "BadRequest", "Syntax error: the $search clause is not of the form \"property:text\".")
}
