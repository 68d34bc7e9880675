//! What several cases do.

use crate::{
    PsaGiven,
    outcome::{Outcome, Stop, done, fail, shown},
};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use sync_core::{
    ContactQuery, Page, PageEnd, Psa, Result,
    capability::Capabilities,
    model::{Contact, ContactField, ContactId, FieldSet, FieldValue},
};

/// A listing never has more pages than this.
const MOST_PAGES: usize = 1_000_000;

pub(super) async fn capabilities(psa: &dyn Psa) -> Outcome<Capabilities> {
    done(psa.capabilities().await, "ask for the capabilities")
}

/// Every row of a listing and its one end. Fails where it ends otherwise, or does not end with its end.
pub(super) async fn rows<T>(
    mut pages: BoxStream<'_, Result<Page<T>>>,
    what: &str,
) -> Outcome<(Vec<T>, PageEnd)> {
    let mut rows = Vec::new();
    let mut end = None;
    for _ in 0..MOST_PAGES {
        match pages.next().await {
            None => {
                let none = || Stop::Fail(format!("{what}: the listing stopped without `Page::End`"));
                return Ok((rows, end.ok_or_else(none)?));
            }
            Some(_) if end.is_some() => return fail(format!("{what}: something came after `Page::End`")),
            Some(Ok(Page::Items(items))) => rows.extend(items),
            Some(Ok(Page::End(last))) => end = Some(last),
            Some(Ok(_)) => return fail(format!("{what}: a page of a kind that this suite does not know")),
            Some(Err(error)) => return fail(format!("{what}: {}", shown(&error))),
        }
    }
    fail(format!("{what}: the listing has no end"))
}

pub(super) async fn contacts(psa: &dyn Psa, query: &ContactQuery, what: &str) -> Outcome<Vec<Contact>> {
    rows(psa.contacts(query), what).await.map(|(rows, _)| rows)
}

pub(super) async fn read(psa: &dyn Psa, id: &ContactId) -> Outcome<Contact> {
    done(psa.contact(id).await, "read a contact")
}

pub(super) async fn update(psa: &dyn Psa, id: &ContactId, fields: &FieldSet, what: &str) -> Outcome<Contact> {
    done(psa.update(id, fields, None).await, what)
}

pub(super) fn one(field: &ContactField, value: FieldValue) -> FieldSet {
    FieldSet::from([(field.clone(), value)])
}

/// Whether a contact that these fields would make is in the company: by its address, else by its last name.
pub(super) async fn left_a_trace(psa: &dyn Psa, given: &PsaGiven, fields: &FieldSet) -> Outcome<bool> {
    let marks = [ContactField::Email, ContactField::Username, ContactField::ExternalId];
    let Some(mark) = marks.iter().find(|mark| fields.get(mark).is_some_and(|value| !value.is_blank())) else {
        return Ok(false);
    };
    let listed = contacts(psa, &given.query(), "list the company's contacts").await?;
    let wanted = fields.get(mark).and_then(FieldValue::as_text).unwrap_or_default();
    Ok(listed.iter().any(|contact| {
        contact
            .fields
            .get(mark)
            .and_then(FieldValue::as_text)
            .is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    }))
}
