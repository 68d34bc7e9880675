//! Microsoft Graph v1.0: users, delta, groups, licences, and the token endpoint that goes with it.

mod assertion;
mod batch;
mod customers;
mod delta;
mod delta_groups;
mod entity;
mod error;
mod feed;
mod filter;
mod group;
mod groups;
mod identity;
mod login;
mod outbox;
mod page;
mod patch;
mod person;
mod photos;
mod query;
mod routes;
mod seal;
mod search;
mod store;
mod subscriptions;
mod tenant;
mod tenants;
mod user;
mod users;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use chrono::TimeDelta;
use serde_json::Value;

pub use customers::{Customer, Relationship};
pub(crate) use login::{refusal as login_refusal, router as login_router};
pub(crate) use routes::{Caller, resource_units, router};
pub use user::User;

use crate::people::{COMPANY, DOMAIN, INITIAL_DOMAIN, Person};
use crate::rng::Rng;
use crate::shared::Shared;
use crate::{Options, Vendor};
use assertion::{Registration, TrustedIssuer};
use feed::Feed;
use outbox::Outbox;
use seal::Seal;
use store::Store;
use tenants::Profile;

/// Where the Graph imitation and its token endpoint are, and the app registration's made-up secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GraphAccess {
    /// The Graph root: `{base_url}/v1.0/users` lists users, `{base_url}/.default` is the scope.
    pub base_url: String,
    /// The identity platform: `{authority}/{tenant_id}/oauth2/v2.0/token` issues tokens.
    pub authority: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
}

impl fmt::Debug for GraphAccess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("GraphAccess")
            .field("base_url", &self.base_url)
            .field("authority", &self.authority)
            .field("tenant_id", &self.tenant_id)
            .finish_non_exhaustive()
    }
}

/// How long tokens live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetimes {
    access: Duration,
    page_token: Duration,
    delta_token: Duration,
    /// How long an address may take to answer a validation.
    validation: Duration,
}

/// One imitated tenant.
pub(crate) struct Graph {
    shared: Arc<Shared>,
    access: GraphAccess,
    seal: Seal,
    lifetimes: Lifetimes,
    store: Mutex<Store>,
    /// What it says of itself.
    profile: Profile,
    feed: Mutex<Feed>,
    outbox: Outbox,
    /// The customers of a partner, by their ids, each with its own directory.
    customers: Mutex<BTreeMap<String, (Customer, Arc<Self>)>>,
    /// The app holds a directory role, as writing administrators' details takes.
    directory_role: AtomicBool,
    /// Access tokens of an earlier epoch are revoked, in every tenant.
    epoch: Arc<AtomicU64>,
    /// Refresh tokens of an earlier epoch are revoked.
    sign_ins: AtomicU64,
    /// Capable clients need a token with at least this `nbf` claim; 0 at first.
    newer_than: AtomicI64,
    /// Certificates, trusted issuers and device codes.
    registration: Mutex<Registration>,
    requests: AtomicU64,
}

impl Graph {
    /// The tenant of a seeded world.
    ///
    /// Must be called within a runtime, which delivers the notifications.
    pub(crate) fn new(shared: Arc<Shared>, people: &[Person], options: &Options) -> Self {
        let mut rng = Rng::new(options.seed, "graph-access");
        let access = GraphAccess {
            base_url: format!("{}{}", shared.origin, Vendor::Graph.prefix()),
            authority: format!("{}{}", shared.origin, Vendor::Login.prefix()),
            tenant_id: rng.uuid(),
            client_id: rng.uuid(),
            client_secret: format!("{}~{}", rng.word(6), rng.word(33)),
        };
        let store = Store::seeded(people, shared.clock.now(), &mut Rng::new(options.seed, "groups"));
        let (outbox, posts) = Outbox::new();
        drop(tokio::spawn(outbox.clone().work(posts)));
        Self {
            seal: Seal::new(options.seed),
            lifetimes: Lifetimes {
                access: options.token_lifetime,
                page_token: options.page_token_lifetime,
                delta_token: options.delta_token_lifetime,
                validation: options.validation_patience,
            },
            store: Mutex::new(store),
            profile: Profile::new(COMPANY, [DOMAIN, INITIAL_DOMAIN]),
            feed: Mutex::new(Feed::new(&access.tenant_id, outbox.clone())),
            outbox,
            customers: Mutex::default(),
            directory_role: AtomicBool::new(false),
            epoch: Arc::default(),
            sign_ins: AtomicU64::new(0),
            newer_than: AtomicI64::new(0),
            registration: Mutex::default(),
            requests: AtomicU64::new(0),
            shared,
            access,
        }
    }

    pub(crate) const fn access(&self) -> &GraphAccess {
        &self.access
    }

    pub(crate) fn revoke_tokens(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends every person's sign-in.
    pub(crate) fn revoke_sign_ins(&self) {
        self.sign_ins.fetch_add(1, Ordering::Relaxed);
    }

    /// Capable clients are asked for tokens newer than any before.
    fn ask_for_newer_tokens(&self) {
        let now = self.shared.clock.now().timestamp();
        let newer = |before: i64| Some(now.max(before.saturating_add(1)));
        // Always some, so this always succeeds.
        let _ = self.newer_than.fetch_update(Ordering::Relaxed, Ordering::Relaxed, newer);
    }

    pub(crate) fn register_certificate(&self, pem: &str) -> bool {
        self.registration().register(pem)
    }

    pub(crate) fn trust(&self, issuer: &str, subject: &str, audience: &str, pem: &str) -> bool {
        let issuer = TrustedIssuer::new(issuer, subject, audience, pem);
        let known = issuer.is_some();
        self.registration().issuers.extend(issuer);
        known
    }

    pub(crate) fn decide_device_code(&self, user_code: &str, approved: bool) -> bool {
        self.registration().decide(user_code, approved)
    }

    pub(crate) fn refresh_token(&self) -> String {
        person::refresh_token(self)
    }

    pub(crate) fn groups(&self) -> Vec<(String, String)> {
        self.store().groups().values().map(|group| (group.id.clone(), group.display_name.clone())).collect()
    }

    /// Changes groups past the API.
    pub(crate) fn edit_groups<T>(&self, edit: impl FnOnce(&mut Store) -> T) -> T {
        self.change(edit)
    }

    pub(crate) fn users(&self) -> Vec<User> {
        self.store().users().cloned().collect()
    }

    pub(crate) fn add_user(&self, user: User) {
        self.change(|store| store.add(user));
    }

    pub(crate) fn edit_user(&self, id: &str, edit: impl FnOnce(&mut User)) -> bool {
        self.change(|store| store.edit(id, edit))
    }

    pub(crate) fn delete_user(&self, id: &str) -> bool {
        let now = self.shared.clock.now_text();
        self.change(|store| store.delete(id, &now))
    }

    pub(crate) fn restore_user(&self, id: &str) -> bool {
        self.change(|store| store.restore(id))
    }

    pub(crate) fn purge_user(&self, id: &str) -> bool {
        self.change(|store| store.purge(id))
    }

    /// Changes the directory and tells the subscriptions.
    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.store();
        let answer = change(&mut store);
        self.feed().announce(&store, self.shared.clock.now());
        answer
    }

    /// Everything held, for `GET /admin/state`.
    pub(crate) fn state(&self) -> Value {
        let mut state = self.store().state();
        state["feed"] = self.feed().state();
        state["customers"] = self.customers_state();
        state
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registration(&self) -> MutexGuard<'_, Registration> {
        self.registration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shared(&self) -> &Shared {
        &self.shared
    }

    fn base(&self) -> &str {
        &self.access.base_url
    }

    const fn seal(&self) -> Seal {
        self.seal
    }

    const fn lifetimes(&self) -> Lifetimes {
        self.lifetimes
    }

    /// Whether something made at that Unix time has outlived `lifetime`.
    fn is_past(&self, made_at: i64, lifetime: Duration) -> bool {
        let age = self.shared.clock.now().timestamp().saturating_sub(made_at);
        TimeDelta::from_std(lifetime).is_ok_and(|lifetime| age >= lifetime.num_seconds())
    }

    /// A fresh id for a request.
    fn request_id(&self) -> String {
        Rng::new(self.requests.fetch_add(1, Ordering::Relaxed), "request-id").uuid()
    }
}

/// What Graph's front end answers without looking at the request.
pub(crate) fn refusal(status: StatusCode, shared: &Shared) -> Response {
    let id = Rng::new(shared.calls.snapshot().total, "refusal").uuid();
    let mut response = error::of_status(status).response(&id, &id, &shared.clock.now_text());
    if status == StatusCode::TOO_MANY_REQUESTS {
        let information = HeaderValue::from_static("ResourceUnitLimitExceeded");
        response.headers_mut().insert("x-ms-throttle-information", information);
    }
    response
}
