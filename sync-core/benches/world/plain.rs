//! The same people as plain structs of texts, matched in the same stages and compared by the same fields, without rules,
//! reasons or a plan that could be read again. What a planner costs on another machine can be judged beside it.

use super::Records;
use foldhash::fast::RandomState;
use hashbrown::HashMap;
use sync_core::model::{Attribute, ContactField, FieldValue};

const FIELDS: [(Attribute, ContactField); 8] = [
    (Attribute::GivenName, ContactField::FirstName),
    (Attribute::Surname, ContactField::LastName),
    (Attribute::Mail, ContactField::Email),
    (Attribute::JobTitle, ContactField::Title),
    (Attribute::Department, ContactField::Department),
    (Attribute::BusinessPhone, ContactField::PhoneBusiness),
    (Attribute::MobilePhone, ContactField::PhoneMobile),
    (Attribute::FaxNumber, ContactField::PhoneFax),
];

struct User {
    id: String,
    emails: Vec<String>,
    fields: [String; 8],
}

struct Contact {
    id: String,
    stored_id: String,
    emails: Vec<String>,
    fields: [String; 8],
}

pub struct Plain {
    users: Vec<User>,
    contacts: Vec<Contact>,
}

/// What is to be done: changes (contact, field, text), users without a contact, contacts without a user, and contacts
/// that more than one user could be.
#[derive(Default)]
pub struct Todo {
    pub changes: Vec<(String, u8, String)>,
    pub creates: Vec<String>,
    pub gone: Vec<String>,
    pub ambiguous: Vec<String>,
}

fn text(value: Option<&FieldValue>) -> String {
    if let Some(FieldValue::Text(text)) = value { text.clone() } else { String::new() }
}

impl Plain {
    pub fn of(records: &Records) -> Self {
        let users = records.users.iter().map(|user| {
            let value = |attribute: &Attribute| user.attributes.get(attribute).cloned().flatten();
            let emails =
                [value(&Attribute::Mail), value(&Attribute::UserPrincipalName)].into_iter().flatten();
            User {
                id: user.anchor.object_id().to_owned(),
                emails: emails.chain(user.alternate_emails.clone().into_iter().flatten()).collect(),
                fields: FIELDS.map(|(attribute, _)| value(&attribute).unwrap_or_default()),
            }
        });
        let stored = ContactField::Custom("Office365Id".into());
        let contacts = records.contacts.iter().map(|contact| Contact {
            id: contact.id.as_str().to_owned(),
            stored_id: text(contact.fields.get(&stored)),
            emails: vec![text(contact.fields.get(&ContactField::Email))],
            fields: FIELDS.map(|(_, field)| text(contact.fields.get(&field))),
        });
        Self { users: users.collect(), contacts: contacts.collect() }
    }

    /// By stored id first, then every address of the users left against those of the contacts left.
    pub fn reconcile(&self) -> Todo {
        let mut todo = Todo::default();
        let by_id: HashMap<&str, usize, RandomState> =
            self.users.iter().enumerate().map(|(place, user)| (user.id.as_str(), place)).collect();
        let mut user_of: Vec<Option<usize>> = self
            .contacts
            .iter()
            .map(|contact| by_id.get(contact.stored_id.to_ascii_lowercase().as_str()).copied())
            .collect();
        let mut linked = vec![false; self.users.len()];
        user_of.iter().flatten().for_each(|user| linked[*user] = true);
        let mut by_email: HashMap<String, Vec<usize>, RandomState> = HashMap::default();
        for (place, contact) in
            self.contacts.iter().enumerate().filter(|(place, _)| user_of[*place].is_none())
        {
            for email in contact.emails.iter().filter(|email| !email.is_empty()) {
                by_email.entry(email.to_lowercase()).or_default().push(place);
            }
        }
        let mut hits: Vec<Vec<usize>> = vec![Vec::new(); self.contacts.len()];
        let mut found: Vec<Vec<usize>> = vec![Vec::new(); self.users.len()];
        for (place, user) in self.users.iter().enumerate() {
            for email in &user.emails {
                for contact in by_email.get(&email.to_lowercase()).into_iter().flatten() {
                    if !hits[*contact].contains(&place) {
                        hits[*contact].push(place);
                        found[place].push(*contact);
                    }
                }
            }
        }
        for (place, users) in hits.iter().enumerate() {
            match users.as_slice() {
                [] => {}
                [one] if found[*one].len() == 1 && !linked[*one] => user_of[place] = Some(*one),
                _ => todo.ambiguous.push(self.contacts[place].id.clone()),
            }
        }
        user_of.iter().flatten().for_each(|user| linked[*user] = true);
        for (contact, user) in self.contacts.iter().zip(&user_of) {
            let Some(user) = user else {
                todo.gone.push(contact.id.clone());
                continue;
            };
            for (field, (wanted, held)) in (0u8..).zip(self.users[*user].fields.iter().zip(&contact.fields)) {
                if wanted != held && !wanted.eq_ignore_ascii_case(held) {
                    todo.changes.push((contact.id.clone(), field, wanted.clone()));
                }
            }
        }
        let new = self
            .users
            .iter()
            .zip(&linked)
            .zip(&found)
            .filter(|((_, linked), found)| !**linked && found.is_empty());
        todo.creates.extend(new.map(|((user, _), _)| user.id.clone()));
        todo
    }
}
