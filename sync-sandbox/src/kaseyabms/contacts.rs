//! Reading contacts.

use serde_json::Value;

use super::call::Call;
use super::contact::{Contact, Item};
use super::data::Data;
use super::lists::{among, holds, is_wanted, page, within};
use super::reply::{Answer, ApiError, Reply};

/// `GET /v2/crm/contacts/summary`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let account = call.number("Filter.AccountId")?;
    let mut rows = Vec::new();
    for contact in data.contacts.values() {
        let any = |filter: &str, items: &[Item]| {
            call.param(&format!("Filter.{filter}")).is_none()
                || items.iter().any(|item| holds(call, filter, Some(&item.value)))
        };
        let wanted = account.is_none_or(|account| account == contact.account)
            && holds(call, "AccountName", data.account_name(contact.account))
            && holds(call, "FirstName", Some(&contact.first_name))
            && holds(call, "LastName", Some(&contact.last_name))
            && any("Email", &contact.emails)
            && any("Phone", &contact.phones)
            && within(data, call, "CreatedOn", contact.created)?
            && within(data, call, "ModifiedOn", contact.modified)?
            && is_wanted(data, call, contact.active)?;
        if wanted {
            rows.push(contact.summary(data));
        }
    }
    page(call, rows, true)
}

/// `GET /v2/crm/contacts/summary/{id}`: by the document a record without an envelope.
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    let record = find(data, call.id(0)?)?.summary(data);
    Ok(if data.settings.enveloped_records { Answer::Result(record) } else { Answer::Bare(record) })
}

/// `GET /v2/crm/contacts/search`: one address each, and no count of all.
pub(crate) fn search(data: &mut Data, call: &Call) -> Reply {
    let (poc, portal) = (call.flag("Filter.IsPoc")?, call.flag("Filter.HasClientPortalAccess")?);
    let mut rows = Vec::new();
    for contact in data.contacts.values() {
        let wanted = among(call, "Ids", contact.id)
            && among(call, "AccountIds", contact.account)
            && among(call, "LocationId", contact.location.unwrap_or(0))
            && holds(call, "AccountName", data.account_name(contact.account))
            && holds(call, "FirstName", Some(&contact.first_name))
            && holds(call, "LastName", Some(&contact.last_name))
            && holds(call, "JobTitle", contact.job_title.as_deref())
            && holds(call, "EmailAddress", Contact::main(&contact.emails))
            && poc.is_none_or(|poc| poc == contact.primary)
            && portal.is_none_or(|portal| portal == contact.portal)
            && is_wanted(data, call, contact.active)?;
        if wanted {
            rows.push(contact.found(data));
        }
    }
    page(call, rows, false)
}

/// `GET /v2/crm/accounts/{accountId}/contacts/lookup`
pub(crate) fn lookup(data: &mut Data, call: &Call) -> Reply {
    let account = call.id(0)?;
    if !data.accounts.contains_key(&account) {
        return Err(ApiError::not_found("Account"));
    }
    let ours = data.contacts.values().filter(|contact| contact.account == account && contact.active);
    let rows = ours
        .map(|contact| contact.looked_up(data))
        .filter(|row| holds(call, "Name", row.get("Name").and_then(Value::as_str)))
        .filter(|row| among(call, "LocationId", row.get("LocationId").and_then(Value::as_i64).unwrap_or(0)));
    page(call, rows.collect(), false)
}

/// `GET /v2/crm/accounts/{accountId}/contacts/{contactId}/summaryinfo`
pub(crate) fn info(data: &mut Data, call: &Call) -> Reply {
    let contact = find(data, call.id(1)?)?;
    if contact.account != call.id(0)? {
        return Err(ApiError::not_found("Contact"));
    }
    Ok(Answer::Result(contact.info(data)))
}

/// The contact of that id.
pub(crate) fn find(data: &Data, id: i64) -> Result<&Contact, ApiError> {
    data.contacts.get(&id).ok_or_else(|| ApiError::not_found("Contact"))
}
