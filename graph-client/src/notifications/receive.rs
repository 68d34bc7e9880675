//! What Graph posts: validations, notifications, lifecycle events.

use crate::{config::is_guid, wire};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use sync_core::{Error, ErrorKind, Hint, HintChange, Result, model::SourceAnchor};
use url::form_urlencoded;

/// What is known of a subscription, to tell its posts from anybody's.
#[derive(Clone)]
pub struct KnownSubscription {
    /// The tenant it is in: the GUID.
    pub tenant_id: String,
    /// The word that Graph repeats.
    pub client_state: SecretString,
}

/// Shows no secret.
impl fmt::Debug for KnownSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownSubscription").field("tenant_id", &self.tenant_id).finish_non_exhaustive()
    }
}

/// What one post came to. Answer 202 whatever it was, and within three seconds: slow answers make Graph drop notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// What changed, each once.
    pub hints: BTreeSet<Hint>,
    /// Subscriptions that need care, each once.
    pub lifecycle: BTreeSet<Lifecycle>,
    /// How many items were none of ours: an unknown subscription, another tenant, a wrong client state, another kind.
    pub ignored: usize,
}

/// A subscription that needs care.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Lifecycle {
    /// Which.
    pub subscription: String,
    /// The tenant it is in.
    pub tenant_id: String,
    /// What happened.
    pub event: LifecycleEvent,
}

/// What happened to a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// Renew it, with a new token: nothing is delivered until then.
    ReauthorizationRequired,
    /// It is gone: create another one and run a delta read.
    SubscriptionRemoved,
    /// Notifications were lost: run a delta read.
    Missed,
}

/// The body to answer a validation with, as `text/plain` and with status 200 within ten seconds: `query` is the query of
/// the address that was posted to. `None` where it is no validation.
///
/// The token comes back as it was sent and decoded, so it must never be answered as HTML.
#[must_use]
pub fn validation_answer(query: &str) -> Option<String> {
    let token = form_urlencoded::parse(query.trim_start_matches('?').as_bytes())
        .find(|(name, _)| name == "validationToken")?
        .1
        .into_owned();
    (!token.is_empty()).then_some(token)
}

/// Reads a post's body: what it says of subscriptions that are known, told by their client state in constant time.
///
/// # Errors
/// `UnexpectedResponse` where the body is no batch of notifications.
pub fn receive(body: &[u8], known: &BTreeMap<String, KnownSubscription>) -> Result<Received> {
    let batch: wire::Notifications = serde_json::from_slice(body).map_err(|_cause| {
        // The cause would quote the body.
        let message = "the body is no batch of notifications";
        Error::new(ErrorKind::UnexpectedResponse, "read notifications", message)
    })?;
    let mut received = Received::default();
    for item in &batch.value {
        let Some(tenant) = trusted(item, known) else {
            received.ignored += 1;
            continue;
        };
        if let Some(event) = item.lifecycle_event.as_deref().and_then(lifecycle) {
            let subscription = item.subscription_id.clone().unwrap_or_default();
            received.lifecycle.insert(Lifecycle { subscription, tenant_id: tenant.to_owned(), event });
        } else if let Some(hint) = hint(item, tenant) {
            received.hints.insert(hint);
        } else {
            received.ignored += 1;
        }
    }
    Ok(received)
}

/// The tenant of an item that is told by a known subscription.
fn trusted<'k>(item: &wire::Notification, known: &'k BTreeMap<String, KnownSubscription>) -> Option<&'k str> {
    let subscription = known.get(item.subscription_id.as_deref()?)?;
    let state = item.client_state.as_deref().unwrap_or_default();
    let same =
        verify_slices_are_equal(state.as_bytes(), subscription.client_state.expose_secret().as_bytes());
    let tenant = subscription.tenant_id.as_str();
    let here = item.tenant_id.as_deref().is_none_or(|id| id.eq_ignore_ascii_case(tenant));
    (same.is_ok() && here).then_some(tenant)
}

fn lifecycle(event: &str) -> Option<LifecycleEvent> {
    let is = |name: &str| event.eq_ignore_ascii_case(name);
    if is("reauthorizationRequired") {
        Some(LifecycleEvent::ReauthorizationRequired)
    } else if is("subscriptionRemoved") {
        Some(LifecycleEvent::SubscriptionRemoved)
    } else if is("missed") {
        Some(LifecycleEvent::Missed)
    } else {
        None
    }
}

/// `Users/<id>` or `Groups/<id>`, with anything after the id.
fn hint(item: &wire::Notification, tenant: &str) -> Option<Hint> {
    let resource = item.resource.as_deref()?;
    let mut parts = resource.trim_start_matches('/').split('/');
    let (kind, id) = (parts.next()?, parts.next()?);
    if !is_guid(id) {
        return None;
    }
    let id = id.to_ascii_lowercase();
    let change = match item.change_type.as_deref()?.to_ascii_lowercase().as_str() {
        "created" => HintChange::Created,
        "updated" => HintChange::Updated,
        "deleted" => HintChange::Deleted,
        _ => return None,
    };
    if kind.eq_ignore_ascii_case("users") {
        Some(Hint::User { anchor: SourceAnchor::entra(tenant, &id), change })
    } else if kind.eq_ignore_ascii_case("groups") {
        Some(Hint::Group { id, change })
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const TENANT: &str = "11111111-2222-4333-8444-555555555555";
    const USER: &str = "00000000-0000-4000-8000-000000000007";

    fn known() -> BTreeMap<String, KnownSubscription> {
        let ours =
            KnownSubscription { tenant_id: TENANT.into(), client_state: SecretString::from("canary-state") };
        assert!(!format!("{ours:?}").contains("canary"));
        [("sub-1".to_owned(), ours)].into()
    }

    fn item(change: &[(&str, Value)]) -> Value {
        let mut item = json!({
            "subscriptionId": "sub-1", "clientState": "canary-state", "changeType": "updated",
            "resource": format!("Users/{USER}"), "tenantId": TENANT,
            "resourceData": { "@odata.type": "#Microsoft.Graph.User", "id": USER },
        });
        for (name, value) in change {
            item[*name] = value.clone();
        }
        item
    }

    fn received(items: &[Value]) -> Received {
        receive(json!({ "value": items }).to_string().as_bytes(), &known()).unwrap()
    }

    #[test]
    fn a_validation_is_answered_with_its_token_decoded() {
        let query = "validationToken=Validation%3a+Testing+client+application+%3Cb%3E";
        assert_eq!(validation_answer(query).unwrap(), "Validation: Testing client application <b>");
        assert_eq!(validation_answer("?a=1&validationToken=x%2By").unwrap(), "x+y");
        for query in ["", "a=b", "validationToken="] {
            assert_eq!(validation_answer(query), None, "{query}");
        }
    }

    #[test]
    fn repeated_notifications_are_one_hint() {
        let group = item(&[("resource", json!(format!("groups/{USER}/members")))]);
        let purged = item(&[("changeType", json!("deleted"))]);
        let got = received(&[item(&[]), item(&[]), purged, group]);
        let anchor = SourceAnchor::entra(TENANT, USER);
        assert_eq!(
            got.hints,
            BTreeSet::from([
                Hint::User { anchor: anchor.clone(), change: HintChange::Updated },
                Hint::User { anchor, change: HintChange::Deleted },
                Hint::Group { id: USER.into(), change: HintChange::Updated },
            ])
        );
        assert_eq!(got.ignored, 0);
    }

    #[test]
    fn what_is_not_told_by_a_known_subscription_is_ignored() {
        let strangers = [
            item(&[("subscriptionId", json!("sub-2"))]),
            item(&[("clientState", json!("canary-statf"))]),
            item(&[("clientState", Value::Null)]),
            item(&[("tenantId", json!("99999999-2222-4333-8444-555555555555"))]),
            item(&[("resource", json!("Users/../groups"))]),
            item(&[("resource", json!("devices/00000000-0000-4000-8000-000000000007"))]),
            item(&[("changeType", json!("renamed"))]),
            json!({}),
        ];
        let got = received(&strangers);
        assert_eq!((got.hints.len(), got.lifecycle.len(), got.ignored), (0, 0, strangers.len()));
    }

    #[test]
    fn lifecycle_events_name_the_subscription_and_are_known_by_the_same_word() {
        let event = |name: &str| item(&[("lifecycleEvent", json!(name)), ("resource", Value::Null)]);
        let forged = item(&[("lifecycleEvent", json!("missed")), ("clientState", json!("x"))]);
        let got = received(&[
            event("reauthorizationRequired"),
            event("subscriptionRemoved"),
            event("missed"),
            forged,
        ]);
        let events: Vec<LifecycleEvent> = got.lifecycle.iter().map(|l| l.event).collect();
        assert_eq!(
            events,
            [
                LifecycleEvent::ReauthorizationRequired,
                LifecycleEvent::SubscriptionRemoved,
                LifecycleEvent::Missed
            ]
        );
        assert!(got.lifecycle.iter().all(|l| l.subscription == "sub-1" && l.tenant_id == TENANT));
        assert_eq!(got.ignored, 1);
    }

    #[test]
    fn a_body_of_another_kind_is_an_error_that_does_not_quote_it() {
        for body in ["<html>canary", "[]", "{\"value\":3}", ""] {
            let error = receive(body.as_bytes(), &known()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
}
