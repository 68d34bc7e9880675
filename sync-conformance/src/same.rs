//! When two values are the same by a field's own rule.
//!
//! The samples of this suite are plain, so this is simpler than what a planner needs.

use std::borrow::Cow;
use sync_core::{
    capability::{Capabilities, Compare},
    model::{ContactField, FieldSet, FieldValue},
};

/// Whether two values of a field are the same under its [`Compare`] rule; blank is blank in any form, and the order of
/// a list does not count.
pub(crate) fn same_value(compare: Compare, a: &FieldValue, b: &FieldValue) -> bool {
    if a.is_blank() && b.is_blank() {
        return true;
    }
    match (a, b) {
        (FieldValue::Text(a), FieldValue::Text(b)) => key(compare, a) == key(compare, b),
        (FieldValue::List(a), FieldValue::List(b)) => sorted(a) == sorted(b),
        // A text field that holds what stands for a flag.
        (FieldValue::Flag(flag), FieldValue::Text(text))
        | (FieldValue::Text(text), FieldValue::Flag(flag)) => text.eq_ignore_ascii_case(&flag.to_string()),
        _ => a == b,
    }
}

fn key(compare: Compare, text: &str) -> Cow<'_, str> {
    match compare {
        Compare::IgnoreCase => Cow::Owned(text.trim().to_lowercase()),
        Compare::PhoneDigits => Cow::Owned(text.chars().filter(char::is_ascii_digit).collect()),
        // Some PSAs keep an ampersand as an entity; the planner reads both as one.
        Compare::Exact | _ => Cow::Owned(text.trim().replace("&amp;", "&")),
    }
}

fn sorted(items: &[String]) -> Vec<String> {
    let mut items: Vec<String> = items.iter().map(|item| item.trim().to_lowercase()).collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The first field among `fields` whose value is not the same in both sets; a missing one is not a blank one.
pub(crate) fn first_difference<'f>(
    capabilities: &Capabilities,
    fields: impl IntoIterator<Item = &'f ContactField>,
    before: &FieldSet,
    after: &FieldSet,
) -> Option<&'f ContactField> {
    fields.into_iter().find(|field| match (before.get(field), after.get(field)) {
        (None, None) => false,
        (Some(a), Some(b)) => !same_value(capabilities.rule(field).compare, a, b),
        (Some(_), None) | (None, Some(_)) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_by_its_rule_only() {
        let text = |t: &str| FieldValue::Text(t.into());
        assert!(same_value(Compare::PhoneDigits, &text("+1 206"), &text("1-206")));
        assert!(!same_value(Compare::Exact, &text("Ada"), &text("ada")));
        assert!(same_value(Compare::IgnoreCase, &text("Ada"), &text("ada")));
        assert!(same_value(Compare::Exact, &FieldValue::Empty, &FieldValue::List(vec![])));
        assert!(!same_value(Compare::Exact, &FieldValue::Empty, &text("x")));
        let list = |a: &str, b: &str| FieldValue::List(vec![a.into(), b.into()]);
        assert!(same_value(Compare::Exact, &list("a", "b"), &list("B", "a")));
        assert!(!same_value(Compare::Exact, &list("a", "b"), &list("a", "c")));
    }

    #[test]
    fn missing_is_not_blank() {
        let blank = FieldSet::from([(ContactField::Title, FieldValue::Empty)]);
        let title = [ContactField::Title];
        let all = Capabilities::everything();
        assert_eq!(first_difference(&all, &title, &blank, &FieldSet::new()), Some(&ContactField::Title));
        assert_eq!(first_difference(&all, &title, &blank, &blank), None);
    }
}
