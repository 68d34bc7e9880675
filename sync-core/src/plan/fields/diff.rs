//! How what a contact should hold differs from what it holds.

use super::{
    Desired, Fields, Prepared,
    email::default_domain_over_real,
    lists::key,
    shape::Quick,
    stored::{change, fitting},
};
use crate::{
    model::{ContactField, FieldValue},
    plan::{FieldChange, Learned, downgrade::Downgrades, learned::is_in_vain},
    policy::Flow,
    snapshot::{ContactView, ReadText, UserView},
    store::Link,
};
use std::collections::BTreeSet;

/// What would be written to a contact, and what would be recorded beside it.
#[derive(Default)]
pub(crate) struct Diff {
    /// Empty when it holds everything that it can be made to hold.
    pub(crate) fields: Vec<FieldChange>,
    pub(crate) learned: Learned,
    /// A field that differs and is not written any more, because it never read back as it was written.
    pub(crate) in_vain: Option<ContactField>,
}

/// What became of one field.
enum Found {
    /// It holds what it should.
    Same,
    /// The policy keeps what it holds.
    Kept,
    /// It cannot be made to hold what it should.
    LeftAlone,
    Differs(FieldChange),
}

impl Found {
    /// A change; none where the value cannot be written, and none that changes nothing.
    fn of(change: Option<FieldChange>) -> Self {
        match change {
            None => Self::LeftAlone,
            Some(change) if change.before == change.after => Self::Same,
            Some(change) => Self::Differs(change),
        }
    }
}

impl<'a> Fields<'a> {
    /// What would be written to a contact.
    pub(crate) fn diff(
        &self,
        user: UserView<'a>,
        contact: ContactView<'_>,
        link: Option<&Link>,
        downgrades: &mut Downgrades,
    ) -> Diff {
        let mut diff = Diff::default();
        let rewritten = link.map(|l| &l.rewritten).filter(|rewritten| !rewritten.is_empty());
        let settled =
            |field: &ContactField| rewritten.is_some_and(|r| r.contains_key(field)).then(|| field.clone());
        for (prepared, quick) in self.writable.iter().zip(&*self.quick(user, contact)) {
            if quick.is_held(user, contact) {
                if rewritten.is_some() {
                    diff.learned.settled.extend(settled(prepared.target));
                }
                continue;
            }
            if matches!(quick, Quick::Skip) || prepared.mapping.flow == Flow::OnCreate {
                continue;
            }
            let actual = prepared.field.map_or(ReadText::NotRead, |ordinal| contact.text_at(ordinal));
            if self.clashes_for(prepared, user) {
                continue;
            }
            let desired = self.desired(prepared, user);
            let mut source = None;
            if prepared.mapping.flow == Flow::OnSourceChange {
                let last = link.and_then(|l| l.last_source.get(prepared.target));
                if last.is_some_and(|last| is_as_seen(prepared, user, last, &desired)) {
                    continue;
                }
                source = seen(&desired);
                if last.is_none() {
                    // Nobody knows whether the contact's value is older or somebody's correction.
                    diff.learned.sources.extend(source.map(|s| (prepared.target.clone(), s)));
                    continue;
                }
            }
            match self.compare(prepared, user, contact, actual, desired, link, downgrades) {
                Found::LeftAlone => continue,
                Found::Same => diff.learned.settled.extend(settled(prepared.target)),
                Found::Kept => {}
                Found::Differs(change) => {
                    if link.is_some_and(|l| is_in_vain(l, &change.field, &change.after)) {
                        downgrades.in_vain(&change.field);
                        diff.in_vain.get_or_insert(change.field);
                        continue;
                    }
                    diff.fields.push(change);
                }
            }
            diff.learned.sources.extend(source.map(|s| (prepared.target.clone(), s)));
        }
        diff
    }

    #[expect(clippy::too_many_arguments, reason = "both sides of one field, and what is remembered of it")]
    fn compare(
        &self,
        prepared: &Prepared<'a>,
        user: UserView<'a>,
        contact: ContactView<'_>,
        actual: ReadText<'_>,
        desired: Desired<'a>,
        link: Option<&Link>,
        downgrades: &mut Downgrades,
    ) -> Found {
        match desired {
            Desired::NotRead => Found::LeftAlone,
            Desired::Blank if actual == ReadText::Blank => Found::Same,
            Desired::Blank => self.cleared(prepared, user, contact, link).map_or(Found::Kept, Found::Differs),
            Desired::Text(text) => {
                if prepared.mapping.flow == Flow::IfEmpty && actual.text().is_some() {
                    return Found::Kept;
                }
                // Held whole although the PSA is said to take less: nothing is cut down.
                if actual.text().is_some_and(|a| Self::same(prepared, user, a, &text)) {
                    return Found::Same;
                }
                let Some(text) = fitting(prepared, text, downgrades) else { return Found::LeftAlone };
                if actual.text().is_some_and(|a| Self::same(prepared, user, a, &text)) {
                    return Found::Same;
                }
                if *prepared.target == ContactField::Email && default_domain_over_real(&text, actual.text()) {
                    return Found::LeftAlone;
                }
                Found::of(change(prepared, contact, FieldValue::Text(text.into_owned()), downgrades))
            }
            Desired::List(items) => {
                if prepared.mapping.flow == Flow::IfEmpty && actual.text().is_some() {
                    return Found::Kept;
                }
                match self.merged(prepared, user, contact, &items, downgrades) {
                    Some(after) => Found::of(change(prepared, contact, after, downgrades)),
                    None => Found::Same,
                }
            }
        }
    }
}

/// What the directory says, as it is remembered; `None` where it was not read.
pub(super) fn seen(desired: &Desired<'_>) -> Option<FieldValue> {
    match desired {
        Desired::NotRead => None,
        Desired::Blank => Some(FieldValue::Empty),
        Desired::Text(text) => Some(FieldValue::Text((**text).to_owned())),
        Desired::List(items) => Some(FieldValue::List(items.iter().map(|i| (**i).to_owned()).collect())),
    }
}

/// Whether the directory says what it said last; what was not read says nothing new.
fn is_as_seen(prepared: &Prepared<'_>, user: UserView<'_>, last: &FieldValue, now: &Desired<'_>) -> bool {
    match (last, now) {
        (_, Desired::NotRead) => true,
        (FieldValue::Text(last), Desired::Text(now)) => Fields::same(prepared, user, last, now),
        (FieldValue::List(last), Desired::List(now)) => {
            let now: BTreeSet<String> = now.iter().map(|i| key(i)).collect();
            last.iter().map(|i| key(i)).collect::<BTreeSet<_>>() == now
        }
        (last, Desired::Blank) => last.is_blank(),
        (
            FieldValue::Empty
            | FieldValue::Text(_)
            | FieldValue::Flag(_)
            | FieldValue::List(_)
            | FieldValue::Generated { .. },
            _,
        ) => false,
    }
}
