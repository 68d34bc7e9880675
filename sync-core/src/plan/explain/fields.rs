//! Field by field: what the directory gives, what the contact holds, and what becomes of it.
//!
//! Whether a field is written is taken from the decision; only the words for why it is not are found here.

use super::{Outcome, Step, shown::value};
use crate::{
    capability::Access,
    model::FieldValue,
    plan::{Change, Decision, FieldChange, downgrade::Downgrades, planner::Planner, scope::Standing},
    policy::{Blank, Flow, Mapping},
    snapshot::{ContactView, ReadText, UserView},
};

pub(super) fn steps(
    planner: &Planner<'_>,
    at: usize,
    user: UserView<'_>,
    decision: Option<&Decision>,
) -> Vec<Step> {
    if planner.standings.get(at) != Some(&Standing::InScope) {
        return Vec::new();
    }
    let contact = planner
        .matches
        .pairings
        .get(at)
        .and_then(|pairing| pairing.paired())
        .and_then(|(contact, _)| planner.input.contacts.get(contact as usize));
    let written = decision.map_or(&[][..], |decision| changes(&decision.change));
    // What a create would write is what the source gives, fitted to the PSA.
    let given = planner.fields.initial(user, &[], &mut Downgrades::default()).fields;
    planner
        .input
        .policy
        .mappings
        .iter()
        .map(|mapping| one(planner, mapping, user, contact, written, &given))
        .collect()
}

/// The fields of a change, or of the change that a hold proposes.
fn changes(change: &Change) -> &[FieldChange] {
    if let Change::Hold { proposed: Some(proposed) } = change { proposed.fields() } else { change.fields() }
}

fn one(
    planner: &Planner<'_>,
    mapping: &Mapping,
    user: UserView<'_>,
    contact: Option<ContactView<'_>>,
    written: &[FieldChange],
    given: &[FieldChange],
) -> Step {
    let field = &mapping.field;
    let given = given.iter().find(|change| change.field == *field).map(|change| &change.after);
    let source = match mapping.source.attribute() {
        Some(attribute) => match user.attribute(attribute) {
            ReadText::NotRead => format!("{attribute} was not read"),
            ReadText::Blank => format!("{attribute} is blank"),
            ReadText::Text(text) => format!("{attribute} is \"{text}\""),
        },
        None => given.map_or_else(
            || "the source gives nothing".to_owned(),
            |given| format!("the source gives {}", value(given)),
        ),
    };
    let held = contact.map(|contact| contact.value(field));
    let holds = match &held {
        None => String::new(),
        Some(None) => "; the contact's value was not read".to_owned(),
        Some(Some(held)) => format!("; the contact holds {}", value(held)),
    };
    let result = match written.iter().find(|change| change.field == *field) {
        Some(change) if contact.is_some() => format!("differs: would become {}", value(&change.after)),
        Some(change) => format!("would be {}", value(&change.after)),
        None => left_alone(planner, mapping, user, held.as_ref().map(Option::as_ref), given),
    };
    Step::new(format!("field {field}"), Outcome::Noted, format!("{source}{holds}; {result}"))
}

/// Why a field is not written.
fn left_alone(
    planner: &Planner<'_>,
    mapping: &Mapping,
    user: UserView<'_>,
    held: Option<Option<&FieldValue>>,
    given: Option<&FieldValue>,
) -> String {
    let source = mapping.source.attribute().map(|attribute| user.attribute(attribute));
    let reason = if planner.input.capabilities.rule(&mapping.field).access < Access::ReadWrite {
        "left alone: the PSA cannot write it"
    } else if source == Some(ReadText::NotRead) {
        "left alone: what was not read changes nothing"
    } else {
        match held {
            None if given.is_some() => "left alone: nothing is created or updated",
            None => "left alone: there is nothing to write",
            Some(None) => "left alone: what the PSA does not show cannot be compared",
            Some(Some(_)) if mapping.flow == Flow::OnCreate => "left alone: flow = \"on_create\"",
            Some(Some(_)) if !planner.update_existing => "left alone: update_existing = false",
            Some(Some(held)) if source == Some(ReadText::Blank) && held.is_blank() => "same: both are blank",
            Some(Some(_)) if source == Some(ReadText::Blank) => match mapping.blank {
                Blank::Keep => "left alone: blank = \"keep\"",
                Blank::Clear => "left alone: the contact needs a value here",
                Blank::ClearIfOurs => {
                    "left alone: blank = \"clear_if_ours\", and this tool did not write it or it is needed"
                }
            },
            Some(Some(held)) if mapping.flow == Flow::IfEmpty && !held.is_blank() => {
                "left alone: flow = \"if_empty\""
            }
            Some(Some(held)) if given == Some(held) => "same",
            Some(Some(_)) if mapping.flow == Flow::OnSourceChange => {
                "left alone: flow = \"on_source_change\", and the directory said the same before, or was not asked before"
            }
            Some(Some(_)) if given.is_none() => "left alone: the source gives nothing that fits",
            Some(Some(_)) => "left alone: the same to the PSA, or not allowed to replace what is there",
        }
    };
    reason.to_owned()
}
