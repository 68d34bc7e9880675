//! The decisions of a plan, packed.
//!
//! Nearly all decisions of a nearly all runs say "nothing to do". Each is kept, because what was looked at and left
//! alone must be visible, but as some bytes in a shared buffer instead of a structure with five allocations.

mod codes;
mod tests;
mod whole;

use super::{Change, Decision, Learned, LinkState, Reason, Subject};
use crate::{
    model::{CompanyId, ContactId, Fingerprinter, SourceAnchor},
    snapshot::{guid, push_guid},
};
use codes::{link_code, link_of, reason_code, reason_of};
use std::collections::BTreeMap;

/// A sorted list of [`Decision`]s.
#[derive(Clone, Default)]
pub struct Decisions {
    text: String,
    rows: Vec<Row>,
    /// The object id of each row whose [`Row::subject_len`] is [`GUID`]; as long as `rows` once there is one.
    guids: Vec<u128>,
    companies: Vec<CompanyId>,
    directories: Vec<String>,
    changes: Vec<(Change, Option<String>)>,
    /// What few decisions record beside their change, by their place in `rows`.
    learned: BTreeMap<u32, Learned>,
    reasons: Vec<Reason>,
}

/// One decision: lengths of the texts that follow each other from `text`, and small codes.
#[derive(Clone, Copy)]
struct Row {
    text: u32,
    change: u32,
    reason: u32,
    subject_len: u16,
    principal_len: u16,
    name_len: u16,
    contact_len: u16,
    company: u16,
    directory: u16,
}

/// The subject is a contact, not a user.
const CONTACT: u16 = u16::MAX;
const NO_COMPANY: u16 = u16::MAX;
/// The subject is a GUID, which takes sixteen bytes as a number and thirty-six as text.
const GUID: u16 = u16::MAX;
/// `change` and `reason` values with this bit are codes, not places in the side tables.
const CODE: u32 = 1 << 31;
const HAS_CONTACT: u32 = 1 << 8;
/// Bytes from which unused room is given back.
const WORTH_SHRINKING: usize = 1 << 20;

/// A decision by its borrowed parts, for a planner that has no reason to own them.
pub(crate) struct Parts<'a> {
    pub(crate) subject: SubjectParts<'a>,
    pub(crate) user_principal_name: &'a str,
    pub(crate) display_name: &'a str,
    /// Kept with changes only.
    pub(crate) immutable_id: Option<&'a str>,
    pub(crate) company: Option<&'a CompanyId>,
    pub(crate) change: ChangeParts<'a>,
    pub(crate) learned: Learned,
    pub(crate) reason: Reason,
}

pub(crate) enum SubjectParts<'a> {
    User {
        directory: &'a str,
        object: &'a str,
        /// The object id as a number, where it is a GUID.
        guid: Option<u128>,
    },
    Contact(&'a str),
}

pub(crate) enum ChangeParts<'a> {
    NoOp { contact: Option<&'a str>, link: LinkState },
    Other(Change),
}

impl Decisions {
    /// No decisions yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Every decision, unpacked one by one.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Decision> + '_ {
        self.rows.iter().enumerate().map(|(place, row)| self.unpack(place, row))
    }

    /// Every decision that is not a no-op.
    pub fn changes(&self) -> impl Iterator<Item = Decision> + '_ {
        let rows = self.rows.iter().enumerate().filter(|(_, row)| row.change & CODE == 0);
        rows.map(|(place, row)| self.unpack(place, row))
    }

    /// The decision about a subject.
    #[must_use]
    pub fn find(&self, subject: &Subject) -> Option<Decision> {
        // Few callers, and the order of subjects is not the order of their texts: a scan is simple and right.
        let mut rows = self.rows.iter().enumerate();
        rows.find(|(place, row)| self.subject(*place, row) == *subject)
            .map(|(place, row)| self.unpack(place, row))
    }

    /// Bytes held, capacity included, without what the few changes and reasons hold.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.text.capacity()
            + self.rows.capacity() * size_of::<Row>()
            + self.guids.capacity() * size_of::<u128>()
            + self.changes.capacity() * size_of::<(Change, Option<String>)>()
            + self.reasons.capacity() * size_of::<Reason>()
    }

    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            rows: Vec::with_capacity(rows),
            guids: Vec::with_capacity(rows),
            text: String::with_capacity(rows * 56),
            ..Self::default()
        }
    }

    /// Gives back room that was taken ahead, where it is worth a copy.
    pub(crate) fn shrink(&mut self) {
        if self.memory() < WORTH_SHRINKING {
            return;
        }
        self.text.shrink_to_fit();
        self.rows.shrink_to_fit();
        self.guids.shrink_to_fit();
        self.changes.shrink_to_fit();
        self.reasons.shrink_to_fit();
    }

    pub(crate) fn push(&mut self, parts: Parts<'_>) {
        let Parts {
            subject,
            user_principal_name,
            display_name,
            immutable_id,
            company,
            change,
            learned,
            reason,
        } = parts;
        if !learned.is_empty() {
            self.learned.insert(clamp32(self.rows.len()), learned);
        }
        let text = clamp32(self.text.len());
        let (subject_len, directory) = match subject {
            SubjectParts::User { directory, guid: Some(guid), object: _ } => {
                self.guids.resize(self.rows.len(), 0);
                self.guids.push(guid);
                (GUID, self.directory(directory))
            }
            SubjectParts::User { directory, guid: None, object } => {
                (push_text(&mut self.text, object), self.directory(directory))
            }
            SubjectParts::Contact(id) => (push_text(&mut self.text, id), CONTACT),
        };
        let principal_len = push_text(&mut self.text, user_principal_name);
        let name_len = push_text(&mut self.text, display_name);
        let company = company.map_or(NO_COMPANY, |c| self.company(c));
        let mut contact_len = 0;
        let change = match change {
            ChangeParts::NoOp { contact, link } => {
                let code = CODE | link_code(link);
                match contact {
                    None => code,
                    Some(contact) => {
                        contact_len = push_text(&mut self.text, contact);
                        code | HAS_CONTACT
                    }
                }
            }
            ChangeParts::Other(change) => {
                self.changes.push((change, immutable_id.map(str::to_owned)));
                clamp32(self.changes.len() - 1)
            }
        };
        let reason = reason_code(&reason).unwrap_or_else(|| {
            self.reasons.push(reason);
            clamp32(self.reasons.len() - 1)
        });
        self.rows.push(Row {
            text,
            change,
            reason,
            subject_len,
            principal_len,
            name_len,
            contact_len,
            company,
            directory,
        });
    }

    /// Appends an owned decision; the caller keeps the order.
    pub fn push_owned(&mut self, decision: &Decision) {
        let Decision {
            subject,
            user_principal_name,
            display_name,
            company,
            immutable_id,
            change,
            learned,
            reason,
        } = decision;
        let subject = match subject {
            Subject::User(anchor) => {
                let object = anchor.object_id();
                SubjectParts::User { directory: anchor.directory(), object, guid: guid(object) }
            }
            Subject::Contact(id) => SubjectParts::Contact(id.as_str()),
        };
        let change = if let Change::NoOp { contact, link } = change {
            ChangeParts::NoOp { contact: contact.as_ref().map(ContactId::as_str), link: *link }
        } else {
            ChangeParts::Other(change.clone())
        };
        self.push(Parts {
            subject,
            user_principal_name,
            display_name,
            immutable_id: immutable_id.as_deref(),
            company: company.as_ref(),
            change,
            learned: learned.clone(),
            reason: reason.clone(),
        });
    }

    /// Feeds every decision to a digest.
    ///
    /// The tables are filled in the order of the decisions, so equal decisions give equal tables and equal rows.
    pub(crate) fn digest_into(&self, printer: &mut Fingerprinter) {
        let Self { text, rows, guids, companies, directories, changes, learned, reasons } = self;
        printer.text(text);
        printer.number(guids.len() as u64);
        guids.iter().for_each(|guid| printer.bytes(&guid.to_le_bytes()));
        printer.json(&(companies, directories, changes, reasons));
        // Left out where there is nothing, so that documents from before keep their id.
        if !learned.is_empty() {
            printer.json(learned);
        }
        printer.number(rows.len() as u64);
        let mut place = (NO_COMPANY, CONTACT);
        for row in rows {
            let Row {
                text: _,
                change,
                reason,
                subject_len,
                principal_len,
                name_len,
                contact_len,
                company,
                directory,
            } = *row;
            // Changes and reasons in the side tables follow each other as their rows do, so a mark is enough for them.
            let code = |code: u32| if code & CODE == 0 { u8::MAX } else { (code & 0xff) as u8 };
            let contact = u8::from(change & HAS_CONTACT != 0);
            let same_place = u8::from(place == (company, directory));
            let [[a, b], [c, d], [e, f], [g, h]] =
                [subject_len, principal_len, name_len, contact_len].map(u16::to_le_bytes);
            printer.bytes(&[code(change), code(reason), contact, same_place, a, b, c, d, e, f, g, h]);
            if same_place == 0 {
                place = (company, directory);
                printer.number(u64::from(company) << 16 | u64::from(directory));
            }
        }
    }

    fn unpack(&self, place: usize, row: &Row) -> Decision {
        let Texts { principal, name, contact, .. } = self.texts(row);
        let (change, immutable_id) = if row.change & CODE == 0 {
            self.changes.get(row.change as usize).cloned().unzip()
        } else {
            let contact = (row.change & HAS_CONTACT != 0).then(|| ContactId::new(contact));
            (Some(Change::NoOp { contact, link: link_of(row.change) }), None)
        };
        let reason = if row.reason & CODE == 0 {
            self.reasons.get(row.reason as usize).cloned()
        } else {
            Some(reason_of(row.reason))
        };
        Decision {
            subject: self.subject(place, row),
            user_principal_name: principal.to_owned(),
            display_name: name.to_owned(),
            company: self.company_of(row).cloned(),
            immutable_id: immutable_id.flatten(),
            learned: self.learned.get(&clamp32(place)).cloned().unwrap_or_default(),
            change: change.unwrap_or(Change::NoOp { contact: None, link: LinkState::None }),
            reason: reason.unwrap_or(Reason::NoMatch),
        }
    }

    fn subject(&self, place: usize, row: &Row) -> Subject {
        let text = self.texts(row).subject;
        if row.directory == CONTACT {
            return Subject::Contact(ContactId::new(text));
        }
        let mut anchor = self.directory_of(row).to_owned();
        match self.guids.get(place).filter(|_| row.subject_len == GUID) {
            Some(guid) => push_guid(&mut anchor, *guid),
            None => anchor.push_str(text),
        }
        Subject::User(SourceAnchor::new(anchor))
    }

    fn texts(&self, row: &Row) -> Texts<'_> {
        let mut at = row.text as usize;
        let mut next = |len: u16| {
            let piece = self.text.get(at..at + usize::from(len)).unwrap_or("");
            at += usize::from(len);
            piece
        };
        Texts {
            subject: next(if row.subject_len == GUID { 0 } else { row.subject_len }),
            principal: next(row.principal_len),
            name: next(row.name_len),
            contact: next(row.contact_len),
        }
    }

    fn directory_of(&self, row: &Row) -> &str {
        self.directories.get(usize::from(row.directory)).map_or("", String::as_str)
    }

    fn company_of(&self, row: &Row) -> Option<&CompanyId> {
        self.companies.get(usize::from(row.company))
    }

    fn directory(&mut self, directory: &str) -> u16 {
        let place = self.directories.iter().rposition(|d| d == directory).unwrap_or_else(|| {
            self.directories.push(directory.to_owned());
            self.directories.len() - 1
        });
        u16::try_from(place).unwrap_or(CONTACT - 1)
    }

    fn company(&mut self, company: &CompanyId) -> u16 {
        let place = self.companies.iter().rposition(|c| c == company).unwrap_or_else(|| {
            self.companies.push(company.clone());
            self.companies.len() - 1
        });
        u16::try_from(place).unwrap_or(NO_COMPANY)
    }
}

struct Texts<'a> {
    subject: &'a str,
    principal: &'a str,
    name: &'a str,
    contact: &'a str,
}

/// Appends at most 65,534 bytes, cut at a character boundary, and answers how many.
fn push_text(buffer: &mut String, text: &str) -> u16 {
    let mut end = text.len().min(usize::from(GUID) - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    buffer.push_str(text.get(..end).unwrap_or(""));
    u16::try_from(end).unwrap_or(0)
}

fn clamp32(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX) & !CODE
}
