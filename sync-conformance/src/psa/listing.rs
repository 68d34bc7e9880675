//! Listings: their end, and what they are restricted to.

use super::support::{capabilities, contacts, rows};
use crate::{
    CaseResult, PsaGiven,
    outcome::{Stop, done, ensure, verdict},
};
use chrono::TimeDelta;
use futures::StreamExt as _;
use std::collections::BTreeSet;
use sync_core::{
    ContactQuery, ErrorKind, Psa,
    model::{Contact, ContactId},
};

/// A listing of contacts gives rows and then exactly one end, and the vendor's own count agrees with the rows.
pub async fn contacts_listing_ends_once(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let query = given.query();
        let (contacts, end) = rows(psa.contacts(&query), "list the company's contacts").await?;
        let distinct: BTreeSet<&ContactId> = contacts.iter().map(|contact| &contact.id).collect();
        let agrees = end.reported_count.is_none_or(|count| count == distinct.len() as u64);
        ensure(agrees, || "the count at the end is not the number of different rows".to_owned())?;
        let all = ContactQuery::all();
        let (all, _) = rows(psa.contacts(&all), "list all contacts").await?;
        let all: BTreeSet<&ContactId> = all.iter().map(|contact| &contact.id).collect();
        ensure(distinct.is_subset(&all), || {
            "the listing of all contacts lacks contacts that the listing of one company has".to_owned()
        })
    })
    .await
}

/// A listing that is dropped after its first page leaves the adapter as it was.
pub async fn a_dropped_listing_harms_nothing(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let query = given.query();
        let before = contacts(psa, &query, "list the company's contacts").await?;
        for _ in 0..3 {
            let mut pages = psa.contacts(&query);
            if let Some(page) = pages.next().await {
                done(page, "list the first page")?;
            }
        }
        let after = contacts(psa, &query, "list again after a listing was dropped").await?;
        let ids = |contacts: &[Contact]| contacts.iter().map(|c| c.id.clone()).collect::<BTreeSet<_>>();
        ensure(ids(&before) == ids(&after), || "listings before and after a dropped one differ".to_owned())
    })
    .await
}

/// A query for companies gives all of their contacts and none of another company's.
pub async fn company_query_restricts(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let fresh = match given.fresh(psa, &claimed, false).await {
            Ok(contact) => Some(contact.id),
            Err(Stop::Skip(_)) => None,
            Err(stop) => return Err(stop),
        };
        let ours = contacts(psa, &given.query(), "list the company's contacts").await?;
        ensure(ours.iter().all(|contact| contact.company.as_ref() == Some(&given.company)), || {
            "the listing of one company holds a contact of another, or one without a company".to_owned()
        })?;
        ensure(fresh.is_none_or(|id| ours.iter().any(|contact| contact.id == id)), || {
            "the listing of its company lacks a contact that was just created".to_owned()
        })?;
        let unknown = ContactQuery::of_companies([given.unknown_company.clone()]);
        match contacts(psa, &unknown, "list the contacts of a company that does not exist").await {
            Ok(none) => ensure(none.is_empty(), || "a company that does not exist has contacts".to_owned())?,
            // Saying so is as good.
            Err(Stop::Fail(told)) if told.contains(ErrorKind::NotFound.as_str()) => {}
            Err(stop) => return Err(stop),
        }
        let Some(other) = &given.other_company else { return Ok(()) };
        let theirs = ContactQuery::of_companies([other.clone()]);
        let theirs = contacts(psa, &theirs, "list the other company's contacts").await?;
        let both = ContactQuery::of_companies([given.company.clone(), other.clone()]);
        let both = contacts(psa, &both, "list the contacts of both companies").await?;
        let ids = |lists: &[&[Contact]]| -> BTreeSet<ContactId> {
            lists.iter().flat_map(|list| list.iter().map(|contact| contact.id.clone())).collect()
        };
        ensure(ids(&[&ours]).is_disjoint(&ids(&[&theirs])), || "two companies share a contact".to_owned())?;
        ensure(ids(&[&both]) == ids(&[&ours, &theirs]), || {
            "a query for two companies does not give the contacts of both and only those".to_owned()
        })
    })
    .await
}

/// A query for changes gives at least what changed and not everything; where it is not claimed, it is refused or gives
/// everything, so that nothing is missed.
pub async fn modified_since_restricts(psa: &dyn Psa, given: &PsaGiven) -> CaseResult {
    verdict(async {
        let claimed = capabilities(psa).await?;
        let fresh = given.fresh(psa, &claimed, false).await?;
        let mut query = given.query();
        let listed = |contacts: &[Contact]| contacts.iter().any(|contact| contact.id == fresh.id);
        if claimed.modified_since {
            query.modified_since = given.now.checked_sub_signed(TimeDelta::hours(1));
            let changed = contacts(psa, &query, "list what changed in the last hour").await?;
            ensure(listed(&changed), || {
                "a contact that was just created is not among the changes".to_owned()
            })?;
            query.modified_since = given.now.checked_add_signed(TimeDelta::days(2));
            let changed = contacts(psa, &query, "list what will have changed in two days").await?;
            return ensure(!listed(&changed), || {
                "modified_since is claimed, but the query gives contacts that did not change since".to_owned()
            });
        }
        query.modified_since = given.now.checked_add_signed(TimeDelta::days(2));
        match contacts(psa, &query, "list changes").await {
            Ok(all) => ensure(listed(&all), || {
                "modified_since is not claimed, but contacts are left out by it".to_owned()
            }),
            Err(Stop::Fail(told)) if told.contains(ErrorKind::Unsupported.as_str()) => Ok(()),
            Err(stop) => Err(stop),
        }
    })
    .await
}
