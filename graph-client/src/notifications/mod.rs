//! Change notifications: subscriptions to users and groups, and what Graph posts to the address they name.
//!
//! A notification is a hint to run a delta read, no more: they come late, twice, out of order or not at all. So the schedule
//! stays, and a subscription only makes the next run come sooner.
//! Facts: change notifications overview, subscription resource type, lifecycle events (read 2026-11).

mod receive;

pub use receive::{KnownSubscription, Lifecycle, LifecycleEvent, Received, receive, validation_answer};

use crate::{
    GraphDirectory,
    error::{self, Call, Codes},
    wire,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::fmt;
use sync_core::{Error, ErrorKind, Result};
use sync_http::{Idempotency, Method, Request, Response};

/// The longest a subscription to directory objects lasts: 41,760 minutes.
pub const LONGEST: TimeDelta = TimeDelta::minutes(41_760);

/// The longest client state, in characters.
const LONGEST_STATE: usize = 128;

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Watched {
    /// Every user. A new user and a soft-deleted one are announced as updated, and only a purged one as deleted.
    Users,
    /// Every group, and who joins or leaves it.
    Groups,
}

impl Watched {
    const fn resource(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }

    const fn permission(self) -> &'static str {
        match self {
            Self::Users => "User.Read.All",
            Self::Groups => "GroupMember.Read.All",
        }
    }
}

/// Where Graph posts to, and the word by which its posts are known.
#[derive(Clone)]
pub struct Target {
    /// The address of notifications; `https://` and reachable by Graph.
    pub notification_url: String,
    /// The address of lifecycle events; may be the same. It cannot be added later.
    pub lifecycle_url: String,
    /// A random word of at most 128 characters that Graph repeats in each post.
    pub client_state: SecretString,
}

/// Shows no secret.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { notification_url, lifecycle_url, client_state: _ } = self;
        f.debug_struct("Target")
            .field("notification_url", notification_url)
            .field("lifecycle_url", lifecycle_url)
            .finish_non_exhaustive()
    }
}

/// A subscription as Graph holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id, to renew and end it, and to know its posts by.
    pub id: String,
    /// What is watched, in Graph's words (`users`).
    pub resource: String,
    /// When it ends unless it is renewed.
    pub expires_at: DateTime<Utc>,
    /// Where its notifications go.
    pub notification_url: Option<String>,
}

impl GraphDirectory {
    /// Creates a subscription. Graph posts a validation to both addresses before this returns, so whoever answers there
    /// must not wait for it ([`validation_answer`]).
    ///
    /// Each call makes another subscription: list [`subscriptions`](Self::subscriptions) first. `until` beyond [`LONGEST`]
    /// from `now` is cut to it; Graph raises less than 45 minutes to 45.
    ///
    /// # Errors
    /// `ConfigInvalid` for addresses that are not `https://` (or loopback) and for a client state that is empty or too long;
    /// `PermissionDenied`, also where a quota is used up (100 for an application and tenant); `Rejected` where the
    /// addresses do not answer the validation; `Indeterminate`: list before trying again.
    pub async fn subscribe(
        &self,
        watched: Watched,
        target: &Target,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Subscription> {
        let call = Call::new("create subscription", watched.permission());
        target.check(call.operation)?;
        let body = json!({
            "changeType": "updated,deleted",
            "resource": watched.resource(),
            "notificationUrl": target.notification_url,
            "lifecycleNotificationUrl": target.lifecycle_url,
            "expirationDateTime": moment(until.min(now + LONGEST)),
            "clientState": target.client_state.expose_secret(),
        });
        let create = Idempotency::Create { rate_limit_rejects_before_acting: true };
        let request = Request::new(Method::Post, "subscriptions", create, call.operation).json(&body);
        let response = self.client.http().send(request).await?;
        if response.status() >= 500 {
            let message =
                "it is not known whether there is a subscription now; list them before trying again";
            return Err(response.error(ErrorKind::Indeterminate, message));
        }
        if !response.is_success() {
            return Err(refused(&call, &response));
        }
        Ok(response.json::<wire::Subscription>()?.into())
    }

    /// Renews a subscription, which also authorises it again.
    ///
    /// # Errors
    /// `NotFound` where it has ended: create another one and run a delta read. As for any call.
    pub async fn renew(&self, id: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Subscription> {
        let call = Call::new("renew subscription", "User.Read.All").about(format!("subscription {id}"));
        let request =
            Request::new(Method::Patch, "subscriptions/{}", Idempotency::SetToValue, call.operation)
                .segment(id)
                .json(&json!({ "expirationDateTime": moment(until.min(now + LONGEST)) }));
        let response = self.client.http().send(request).await?;
        if response.status() == 404 {
            let message =
                format!("subscription {id} has ended; create another one and read the changes since");
            return Err(response.error(ErrorKind::NotFound, message));
        }
        let response = error::success(&call, response)?;
        Ok(response.json::<wire::Subscription>()?.into())
    }

    /// Ends a subscription; one that has ended is a success.
    ///
    /// # Errors
    /// As for any call.
    pub async fn unsubscribe(&self, id: &str) -> Result<()> {
        let call = Call::new("end subscription", "User.Read.All").about(format!("subscription {id}"));
        let request =
            Request::new(Method::Delete, "subscriptions/{}", Idempotency::SetToValue, call.operation)
                .segment(id);
        match self.client.send(request, &call).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// This application's subscriptions in the tenant. Look regularly: for users and groups Graph need not say that one
    /// was removed.
    ///
    /// # Errors
    /// As for any read.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>> {
        let call = Call::new("list subscriptions", "User.Read.All");
        let rows: Vec<wire::Subscription> = self.client.all("subscriptions", &[], &call).await?;
        Ok(rows.into_iter().map(Subscription::from).collect())
    }
}

/// What a refused subscription means.
fn refused(call: &Call, response: &Response) -> Error {
    let codes = Codes::of(response.body());
    let (kind, message) = match response.status() {
        400 => (
            ErrorKind::Rejected,
            "Graph made no subscription; most often one of the addresses did not answer its validation in ten seconds, with \
             status 200 and the decoded token as text/plain. It must be reachable from the internet by https",
        ),
        // A missing permission has a code of its own.
        403 if !codes.has("Authorization_RequestDenied") && !codes.has("Authorization_IdentityNotFound") => (
            ErrorKind::PermissionDenied,
            "Graph makes no more subscriptions: 100 for an application in a tenant are the limit. List them and end those \
             that are not needed; reading their kind of object takes its permission too",
        ),
        _ => {
            return error::check(call, response)
                .err()
                .unwrap_or_else(|| response.unreadable("not a refusal"));
        }
    };
    response.error(kind, message)
}

impl Target {
    fn check(&self, operation: &'static str) -> Result<()> {
        let invalid = |message: &str| Err(Error::new(ErrorKind::ConfigInvalid, operation, message));
        for url in [&self.notification_url, &self.lifecycle_url] {
            if crate::config::address("notification address", url).is_err() && !url.starts_with("https://") {
                return invalid(
                    "the addresses of notifications must be https:// (http:// for loopback only)",
                );
            }
        }
        let length = self.client_state.expose_secret().chars().count();
        if length == 0 || length > LONGEST_STATE {
            return invalid("the client state must have 1 to 128 characters");
        }
        Ok(())
    }
}

impl From<wire::Subscription> for Subscription {
    fn from(row: wire::Subscription) -> Self {
        let wire::Subscription { id, resource, expiration_date_time, notification_url } = row;
        Self { id, resource, expires_at: expiration_date_time, notification_url }
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
