//! Questions and answers as people read them.

use super::LONGEST;
use crate::gather::Gathered;
use sync_core::{
    model::{ContactField, ContactId, TenantName},
    plan::{Warning, render::visible},
    review::{Answer, Question, Reviews},
};

pub(super) fn text(
    name: &TenantName,
    gathered: &Gathered,
    questions: &[Question],
    disregarded: &[Warning],
) -> String {
    let mut text = format!("{}: {} held\n", visible(name.as_str(), LONGEST), questions.len());
    for question in questions {
        let who = match (question.display_name.as_str(), question.user_principal_name.as_str()) {
            ("", "") => format!("{:?}", question.subject),
            ("", name) | (name, "") => name.to_owned(),
            (display, principal) => format!("{display} ({principal})"),
        };
        text.push_str(&format!("\n{}  {}\n", question.id, visible(&who, LONGEST)));
        text.push_str(&format!("  {}\n", visible(&question.because, LONGEST)));
        if let Some(again) = &question.again {
            text.push_str(&format!("  asked again: {}\n", visible(again, LONGEST)));
        }
        for contact in &question.asked.contacts {
            text.push_str(&format!("  contact {}\n", candidate(gathered, contact)));
        }
        if let Some(proposed) = &question.proposed {
            let contact = proposed.contact().map(|id| format!(" contact {id}")).unwrap_or_default();
            text.push_str(&format!("  would {}{contact}\n", proposed.action().as_str()));
            for field in proposed.fields() {
                let shown = |value| visible(&crate::render::value_text(value), LONGEST);
                text.push_str(&format!(
                    "    {}: {} -> {}\n",
                    visible(&field.field.to_string(), LONGEST),
                    shown(&field.before),
                    shown(&field.after)
                ));
            }
        }
        text.push_str(&format!("  answers: {}\n", question.answers.join(", ")));
    }
    for warning in disregarded {
        let who = warning.user_principal_name.as_deref().unwrap_or_default();
        text.push_str(&format!("\nnot carried out, {}\n", visible(who, LONGEST)));
        text.push_str(&format!("  {}\n", visible(&warning.message, LONGEST)));
    }
    text
}

/// A contact by id, name, address and state.
fn candidate(gathered: &Gathered, id: &ContactId) -> String {
    let Some(contact) = gathered.contact(id) else { return format!("{id} (not read)") };
    let field = |field: &ContactField| contact.text(field).text().unwrap_or("").to_owned();
    let name = format!("{} {}", field(&ContactField::FirstName), field(&ContactField::LastName));
    let company = contact.company().map_or("none", |company| company.as_str());
    let active = if contact.active() == Some(false) { ", inactive" } else { "" };
    let about = format!("{} <{}>", name.trim(), field(&ContactField::Email));
    format!("{id}: {} (company {company}{active})", visible(&about, LONGEST))
}

pub(super) fn answers_text(name: &TenantName, reviews: &Reviews) -> String {
    let mut text = format!("{}: {} answered\n", visible(name.as_str(), LONGEST), reviews.len());
    for review in reviews.iter() {
        let contact = match &review.answer {
            Answer::Pin { contact } => format!(" contact {contact}"),
            Answer::Accept | Answer::Reject | Answer::Ignore | Answer::Create | _ => String::new(),
        };
        let note = if review.note.is_empty() { String::new() } else { format!(": {}", review.note) };
        let spent = if review.spent_at.is_some() { " (done)" } else { "" };
        let line = format!(
            "{}  {}{contact}  {}  {}{spent}{note}",
            review.id,
            review.answer.as_str(),
            review.asked.code,
            review.at.format("%Y-%m-%d %H:%M UTC"),
        );
        text.push_str(&format!("{}\n", visible(&line, LONGEST)));
    }
    text
}
