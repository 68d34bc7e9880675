//! What a question depended on when it was asked.

use crate::{
    model::{CompanyId, ContactId, SourceAnchor},
    plan::{Action, Change, Reason},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a question is about, without anything that changes from day to day: no values, no fingerprints, no dates.
///
/// Two questions of one topic are the same question where their situations are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Situation {
    /// The code of the reason for which the decision is held.
    pub code: String,
    /// What would be done, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Action>,
    /// The contacts involved, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
    /// The users involved, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<SourceAnchor>,
    /// The companies involved, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub companies: Vec<CompanyId>,
    /// The setting, field or owner that speaks, where one does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
}

impl Situation {
    /// The situation of a held decision.
    #[must_use]
    pub fn of(reason: &Reason, proposed: Option<&Change>) -> Self {
        let mut contacts: Vec<ContactId> = proposed.and_then(Change::contact).cloned().into_iter().collect();
        let (mut users, mut companies, mut rule) = (Vec::new(), Vec::new(), String::new());
        match reason {
            Reason::Ambiguous { contacts: found }
            | Reason::SameName { contacts: found }
            | Reason::Indeterminate { contacts: found } => {
                contacts.extend(found.iter().cloned());
            }
            Reason::ClaimedTwice { users: claiming, contacts: found }
            | Reason::RelinkDecision { contacts: found, users: claiming } => {
                contacts.extend(found.iter().cloned());
                users.extend(claiming.iter().cloned());
            }
            Reason::SourceDuplicate { users: same } => users.extend(same.iter().cloned()),
            Reason::OtherCompany { contacts: found, companies: theirs } => {
                contacts.extend(found.iter().cloned());
                companies.extend(theirs.iter().cloned());
            }
            Reason::Relink { from } => users.push(from.clone()),
            Reason::LeftScope { rule: by } | Reason::Excluded { rule: by } | Reason::Policy { rule: by } => {
                rule.clone_from(by);
            }
            Reason::ForeignOwner { owner } => rule.clone_from(owner),
            Reason::RequiredField { field }
            | Reason::Unsupported { needs: field }
            | Reason::NonConverging { field } => rule = field.to_string(),
            Reason::InSync { .. }
            | Reason::FieldsDiffer { .. }
            | Reason::NoMatch
            | Reason::Matched { .. }
            | Reason::Disabled
            | Reason::Deleted
            | Reason::Missing
            | Reason::Grace
            | Reason::LicenseLost
            | Reason::Returned
            | Reason::NoEmail
            | Reason::IncompleteName
            | Reason::Unrouted
            | Reason::SnapshotPartial
            | Reason::SuspectSnapshot
            | Reason::Protected
            | Reason::Reviewed { .. }
            | Reason::Undone { .. } => {}
        }
        contacts.sort();
        contacts.dedup();
        users.sort();
        users.dedup();
        companies.sort();
        companies.dedup();
        let proposed = proposed.map(Change::action);
        Self { code: reason.code().to_owned(), proposed, contacts, users, companies, rule }
    }

    /// The situation of an answer that nobody asked for: the contact of a user who is named, in spite of the users whom it is
    /// linked to. They are held to it in the same plan: each of them has to be given another contact, or to be gone.
    #[must_use]
    pub fn unasked(mut holders: Vec<SourceAnchor>) -> Self {
        holders.sort();
        holders.dedup();
        Self { users: holders, ..Self::of(&Reason::NoMatch, None) }
    }

    /// Whether a held decision asked for the answer.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.code != Reason::NoMatch.code()
    }

    /// What is asked: the code, and what would be done. One answer stands for each topic of a subject.
    #[must_use]
    pub fn topic(&self) -> String {
        match self.proposed {
            Some(action) => format!("{}:{}", self.code, action.as_str()),
            None => self.code.clone(),
        }
    }

    /// What differs now, in words.
    #[must_use]
    pub fn difference(&self, now: &Self) -> String {
        let mut told = Vec::new();
        let mut tell = |what: &str, then: String, now: String| {
            if then != now {
                told.push(format!("{what} {now}, and not {then} any more"));
            }
        };
        tell("it is about contacts", list(&self.contacts), list(&now.contacts));
        tell("it is about users", list(&self.users), list(&now.users));
        tell("the companies are", list(&self.companies), list(&now.companies));
        let quoted = |rule: &str| if rule.is_empty() { "none".to_owned() } else { rule.to_owned() };
        tell("what speaks is", quoted(&self.rule), quoted(&now.rule));
        if told.is_empty() { "it is another question now".to_owned() } else { told.join("; ") }
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    if items.is_empty() {
        return "none".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
