//! Writing a user's own details back to Entra: phones, title and the like, for self-service.
//!
//! The only write to a directory there is. It is no part of [`Directory`](sync_core::Directory), which reads only: who offers
//! self-service calls it for one person at a time, and the next run takes the change into the PSA.
//! Facts: update user, Microsoft Graph v1.0 (read 2026-11).

use crate::{
    GraphDirectory,
    config::is_guid,
    error::{self, Answer, Call, Codes},
    wire,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result,
    model::{Attribute, SourceAnchor},
};
use sync_http::{Idempotency, Method, Request};

const OPERATION: &str = "update user";

/// The permission that suffices where nothing but phone numbers is written.
const PHONES: &str = "User-Phone.ReadWrite.All";
/// The permission for the rest.
const ALL: &str = "User.ReadWrite.All";

/// What may be written: the attribute, Graph's property and its longest text in characters.
///
/// Sign-in name, addresses, account state and ids are not offered: they are identity, and a slip locks people out.
const WRITABLE: [(Attribute, &str, usize); 14] = [
    (Attribute::DisplayName, "displayName", 256),
    (Attribute::GivenName, "givenName", 64),
    (Attribute::Surname, "surname", 64),
    (Attribute::JobTitle, "jobTitle", 128),
    (Attribute::Department, "department", 64),
    (Attribute::CompanyName, "companyName", 64),
    (Attribute::OfficeLocation, "officeLocation", 128),
    (Attribute::BusinessPhone, "businessPhones", 64),
    (Attribute::MobilePhone, "mobilePhone", 64),
    (Attribute::StreetAddress, "streetAddress", 1024),
    (Attribute::City, "city", 128),
    (Attribute::State, "state", 128),
    (Attribute::PostalCode, "postalCode", 40),
    (Attribute::Country, "country", 128),
];

impl GraphDirectory {
    /// Writes these attributes of one user, and no others; `None` or a blank text empties one. Two calls: one looks whether
    /// the user is kept on-premises, one writes.
    ///
    /// Reads lag behind by seconds to minutes, so take what was written for true and do not read it back at once. The PSA
    /// gets it with the next run; a run of that user alone (`user_principal_names`) is the quickest.
    ///
    /// # Errors
    /// `Unsupported`, and nothing is written: an attribute that is not offered, or a user who is synchronized from
    /// on-premises, where Active Directory is the place to change it. `Rejected`: a text that is too long, or a name that would
    /// be emptied. `PermissionDenied` naming the permission: phone numbers alone need less than the rest, and those of
    /// administrators need a directory role too. `NotFound`, and as for any call.
    pub async fn update_user(
        &self,
        user: &SourceAnchor,
        changes: &BTreeMap<Attribute, Option<String>>,
    ) -> Result<()> {
        let body = body(changes)?;
        if body.is_empty() {
            return Ok(());
        }
        let id = self.own(user).await?;
        let only_phones =
            changes.keys().all(|a| matches!(a, Attribute::BusinessPhone | Attribute::MobilePhone));
        let call = Call::new(OPERATION, if only_phones { PHONES } else { ALL }).about(format!("user {id}"));
        let read = Request::new(Method::Get, "users/{}", Idempotency::Read, OPERATION)
            .segment(&id)
            .query("$select", "id,onPremisesSyncEnabled");
        let response = self.client.send(read, &call).await?;
        if response.json::<wire::Mastered>()?.on_premises_sync_enabled == Some(true) {
            return Err(on_premises(&id));
        }
        let write = Request::new(Method::Patch, "users/{}", Idempotency::SetToValue, OPERATION)
            .segment(&id)
            .json(&Value::Object(body));
        let response = self.client.http().send(write).await?;
        if response.is_success() {
            return Ok(());
        }
        Err(refusal(&call, &id, &(&response).into(), changes))
    }

    /// The object id of a user of this tenant.
    async fn own(&self, user: &SourceAnchor) -> Result<String> {
        let tenant = self.credentials.tenant_id().await?;
        let id = user.object_id();
        if *user != SourceAnchor::entra(tenant, id) || !is_guid(id) {
            let message = format!("{user} is no user of tenant {tenant}; nothing was written");
            return Err(Error::new(ErrorKind::NotFound, OPERATION, message));
        }
        Ok(id.to_owned())
    }
}

/// The body of the PATCH.
fn body(changes: &BTreeMap<Attribute, Option<String>>) -> Result<Map<String, Value>> {
    let mut body = Map::new();
    for (attribute, value) in changes {
        let refuse = |kind, what: &str| {
            Err(Error::new(kind, OPERATION, format!("{attribute} {what}; nothing was written")))
        };
        let Some((_, property, longest)) = WRITABLE.iter().find(|(known, ..)| known == attribute) else {
            return refuse(ErrorKind::Unsupported, "is not written back");
        };
        let text = value.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.chars().nth(*longest).is_some()) {
            return refuse(ErrorKind::Rejected, &format!("takes at most {longest} characters"));
        }
        if text.is_some_and(|text| text.chars().any(char::is_control)) {
            return refuse(ErrorKind::Rejected, "holds a control character");
        }
        let value = match (attribute, text) {
            // A list that takes one number (user resource type, read 2026-11).
            (Attribute::BusinessPhone, text) => json!(text.into_iter().collect::<Vec<_>>()),
            (Attribute::DisplayName, None) => return refuse(ErrorKind::Rejected, "cannot be emptied"),
            (_, Some(text)) => text.into(),
            (_, None) => Value::Null,
        };
        body.insert((*property).to_owned(), value);
    }
    Ok(body)
}

fn on_premises(id: &str) -> Error {
    let message = format!(
        "user {id} is synchronized from on-premises, where these details are kept: change them in Active Directory; \
         nothing was written"
    );
    Error::new(ErrorKind::Unsupported, OPERATION, message)
}

/// What a refused PATCH means.
fn refusal(
    call: &Call,
    id: &str,
    answer: &Answer<'_>,
    changes: &BTreeMap<Attribute, Option<String>>,
) -> Error {
    let codes = Codes::of(answer.body);
    let phones = changes.keys().any(|a| matches!(a, Attribute::BusinessPhone | Attribute::MobilePhone));
    if answer.status == 403 && codes.has("Authorization_RequestDenied") {
        let administrators = if phones {
            " Phone numbers of administrators need a directory role of the application as well (Privileged Authentication \
             Administrator)."
        } else {
            ""
        };
        let message = format!(
            "user {id}: Graph answered 403 Authorization_RequestDenied; grant {} with an administrator's consent.{administrators} \
             Users in a restricted management unit are changed by its own administrators only. Nothing was written",
            call.permission
        );
        return Error::new(ErrorKind::PermissionDenied, OPERATION, message);
    }
    if answer.status == 400 {
        // The look before the write may have missed it: the index lags.
        let message = format!(
            "user {id}: Graph answered 400; the user may be synchronized from on-premises, or a value is not accepted. \
             Nothing was written"
        );
        return Error::new(ErrorKind::Rejected, OPERATION, message);
    }
    error::refusal(call, answer)
}
