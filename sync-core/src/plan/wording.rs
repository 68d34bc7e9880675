//! The one wording of reasons, downgrades, guards and warnings, used by every page that people read.

use super::{Action, Change, Decision, Guard, Instead, Reason, Subject, Wanted, matching::MOST_NAMED};
use crate::{model::ContactField, policy::MatchRule};
use std::fmt;

impl fmt::Display for MatchRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "remembered link",
            Self::StoredId => "object id stored on the contact",
            Self::ImmutableId => "immutable id",
            Self::PrimaryEmail => "primary e-mail",
            Self::AlternateEmail => "another e-mail of the user",
            Self::PsaAlternateEmail => "another e-mail of the contact",
        })
    }
}

/// Ids side by side, at most five of them.
fn ids<T: fmt::Display>(items: &[T]) -> String {
    let mut text = items.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if items.len() > 5 {
        // A decision does not name more than so many, however many there are.
        let least = if items.len() < MOST_NAMED { "" } else { "at least " };
        text.push_str(&format!(" and {least}{} more", items.len() - 5));
    }
    text
}

impl Decision {
    /// Whether it was held because an earlier write, other than a create, is not settled.
    fn waits_for_a_write(&self) -> bool {
        let Change::Hold { proposed: Some(proposed) } = &self.change else { return false };
        proposed.action() != Action::Create && proposed.contact().is_some()
    }

    /// The reason in words, told more exactly than [`Reason`] alone can where it depends on what it was decided about.
    #[must_use]
    pub fn because(&self) -> String {
        match (&self.reason, &self.subject) {
            (Reason::Grace, _) if self.waits_for_a_write() => {
                return "waiting: an earlier write to this contact is unsettled".to_owned();
            }
            (Reason::Grace, Subject::Contact(_)) => {
                return "absent, but not yet in enough reads and for long enough".to_owned();
            }
            (Reason::Grace, Subject::User(_)) => {
                return "waiting: an earlier create is unsettled, and the contact may be there soon"
                    .to_owned();
            }
            _ => {}
        }
        match (&self.reason, &self.change) {
            // Held where the PSA protects the contact; left alone where somebody marked it.
            (Reason::Protected, Change::NoOp { .. }) => {
                "the contact is marked to be kept active (keep_active_field)".to_owned()
            }
            (Reason::Ambiguous { contacts }, Change::Hold { proposed: Some(proposed) }) => {
                match (proposed.as_ref(), contacts.as_slice()) {
                    (
                        Change::Update { contact, fields, .. } | Change::Reactivate { contact, fields, .. },
                        [own, others @ ..],
                    ) if own == contact
                        && !others.is_empty()
                        && fields.iter().any(|field| field.field == ContactField::Email) =>
                    {
                        format!("the new address is already on contact {}", ids(others))
                    }
                    _ => self.reason.to_string(),
                }
            }
            _ => self.reason.to_string(),
        }
    }
}

/// `9 active linked contacts`.
pub(super) fn linked_contacts(number: u64) -> String {
    format!("{number} active linked {}", if number == 1 { "contact" } else { "contacts" })
}

/// What a key of the policy means for the person at hand.
fn by_policy(rule: &str) -> &'static str {
    match rule {
        "create" => "the policy creates no contacts",
        "reactivate" => "the contact is inactive, and the policy does not make it active again",
        "verified_domains_only" => "the contact's address is in none of the tenant's own domains",
        _ if rule.starts_with("excluded_contact_types: ") => "contacts of this type stay active",
        // The planner names the key that speaks; a sentence of its own is earned by those that people meet.
        _ => "by policy",
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InSync { rule } => write!(f, "already in step (found by {rule})"),
            Self::FieldsDiffer { rule } => write!(f, "fields differ (found by {rule})"),
            Self::NoMatch => f.write_str("no contact fits"),
            Self::Matched { rule } => write!(f, "found by {rule}"),
            Self::Ambiguous { contacts } => write!(f, "several contacts fit: {}", ids(contacts)),
            Self::SameName { contacts } => {
                write!(
                    f,
                    "no address fits, but contact {} has the same name: the same person?",
                    ids(contacts)
                )
            }
            Self::ClaimedTwice { users, contacts } => {
                write!(f, "contact {} is claimed by several users: {}", ids(contacts), ids(users))
            }
            Self::SourceDuplicate { users } => write!(f, "several users have this address: {}", ids(users)),
            Self::OtherCompany { contacts, companies } if companies.is_empty() => {
                write!(
                    f,
                    "was linked to contact {}, which is gone from the company: deleted or moved?",
                    ids(contacts)
                )
            }
            Self::OtherCompany { contacts, companies } => {
                write!(
                    f,
                    "the person's contact ({}) is in another company ({})",
                    ids(contacts),
                    ids(companies)
                )
            }
            Self::Relink { from } => write!(f, "the same person under a new object id (was {from})"),
            Self::RelinkDecision { contacts, users } => write!(
                f,
                "contact {} of somebody who is not in the read ({}) has the address or the whole name: the same person?",
                ids(contacts),
                ids(users)
            ),
            Self::Disabled => f.write_str("the account is disabled"),
            Self::Deleted => f.write_str("the directory says the user was deleted"),
            Self::Missing => f.write_str("absent from enough complete reads"),
            Self::Grace => {
                f.write_str("waiting: absent, but not yet for long enough, or an earlier create is unsettled")
            }
            Self::LeftScope { rule } => write!(f, "out of scope ({rule})"),
            Self::Excluded { rule } => write!(f, "excluded ({rule})"),
            Self::LicenseLost => f.write_str("no licence that counts"),
            Self::Returned => f.write_str("the person is back"),
            Self::NoEmail => f.write_str("no usable e-mail address"),
            Self::IncompleteName => f.write_str("first or last name is missing"),
            Self::Unrouted => f.write_str("no route takes this user"),
            Self::SnapshotPartial => {
                f.write_str("the directory read was cut short, so absence proves nothing")
            }
            Self::SuspectSnapshot => f.write_str(
                "the directory read is empty or far smaller than the last complete one, so absence proves nothing",
            ),
            Self::Protected => f.write_str("the contact is protected"),
            Self::ForeignOwner { owner } => write!(f, "another tool owns the contact ({owner})"),
            Self::RequiredField { field } => {
                write!(f, "the PSA requires {field}, which the user does not have")
            }
            Self::Unsupported { needs } => write!(f, "the PSA cannot write {needs}"),
            Self::Policy { rule } => write!(f, "{} ({rule})", by_policy(rule)),
            Self::Reviewed { review, answer, at } => {
                f.write_str("decided by a person")?;
                if let (Some(review), Some(at)) = (review, at) {
                    write!(f, " ({answer}, {}, review {review})", at.format("%Y-%m-%d"))?;
                }
                Ok(())
            }
            Self::Undone { run } => write!(f, "taken back (run {run})"),
            Self::Indeterminate { contacts } if contacts.is_empty() => f.write_str(
                "an earlier create was looked for twice and not found: create it anyway, or say which contact it is",
            ),
            Self::Indeterminate { contacts } => {
                write!(f, "an earlier create may have made any of these contacts: {}", ids(contacts))
            }
            Self::NonConverging { field } => {
                write!(f, "{field} reads back differently from what was written")
            }
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WriteField { field } => write!(f, "write {field}"),
            Self::WholeValue { field } => write!(f, "write the whole of {field}"),
            Self::Deactivate => f.write_str("deactivate"),
            Self::Reactivate => f.write_str("reactivate"),
            Self::MatchAlternateEmails => f.write_str("match on other e-mails of the contact"),
            Self::StoreAnchor => f.write_str("store the object id on the contact"),
            Self::EveryAlternateEmail => f.write_str("write every alternate e-mail"),
        }
    }
}

impl fmt::Display for Instead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FieldLeftAlone => "the field is left alone",
            Self::ValueShortened => "the value is shortened",
            Self::HeldForReview => "held for a person",
            Self::MatchOnPrimaryOnly => "compared with the primary e-mail only",
            Self::AnchorInLinkStore => "kept in the link store",
            Self::FreeSlotsFilled => "free slots are filled, nothing is pushed out",
        })
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyDeactivations { company, planned, of, limit } => {
                let place =
                    company.as_ref().map_or_else(|| "this run".to_owned(), |c| format!("company {c}"));
                write!(
                    f,
                    "too many deactivations: {planned} of {} in {place}, limit {limit}",
                    linked_contacts(*of)
                )
            }
            Self::TooManyCreates { planned, of, limit } => {
                write!(f, "too many creates: {planned} beside {}, limit {limit}", linked_contacts(*of))
            }
            Self::TooFewRelinks { planned, of, limit } => write!(
                f,
                "too few relinks: {planned} of {of} active contacts of the other tenant found their person, \
                 {limit} would be enough"
            ),
            Self::TooManyUpdates { planned, of, limit } => {
                write!(f, "too many updates: {planned} of {}, limit {limit}", linked_contacts(*of))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_the_policy_is_told_with_what_it_means() {
        let text = |rule: &str| Reason::Policy { rule: rule.to_owned() }.to_string();
        assert_eq!(
            text("verified_domains_only"),
            "the contact's address is in none of the tenant's own domains (verified_domains_only)"
        );
        assert_eq!(
            text("excluded_contact_types: Approver"),
            "contacts of this type stay active (excluded_contact_types: Approver)"
        );
        assert_eq!(text("keep_active_field cannot be read"), "by policy (keep_active_field cannot be read)");
    }

    fn told(subject: Subject, change: Change, reason: Reason) -> String {
        let decision = Decision {
            subject,
            user_principal_name: String::new(),
            display_name: String::new(),
            company: None,
            immutable_id: None,
            change,
            learned: super::super::Learned::default(),
            reason,
        };
        decision.because()
    }

    #[test]
    fn waiting_says_whether_somebody_is_absent_or_a_create_is_unsettled() {
        let contact = Subject::Contact(crate::model::ContactId::new("7"));
        let user = Subject::User(crate::model::SourceAnchor::new("entra:t:a"));
        let hold = || Change::Hold { proposed: None };
        let absent = told(contact, hold(), Reason::Grace);
        let unsettled = told(user, hold(), Reason::Grace);
        assert!(absent.contains("absent") && !absent.contains("create"), "{absent}");
        assert!(unsettled.contains("earlier create") && !unsettled.contains("absent"), "{unsettled}");
    }

    #[test]
    fn one_contact_is_one_contact() {
        assert_eq!(linked_contacts(1), "1 active linked contact");
        assert_eq!(linked_contacts(2), "2 active linked contacts");
    }
}
