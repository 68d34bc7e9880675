//! The tenants behind one app: this one, and the customers of a partner, each with its own directory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::feed::{Feed, Subscription};
use super::login::AccessToken;
use super::store::Store;
use super::{Customer, Graph, User, router};
use crate::rng::Rng;

/// What a tenant says of itself.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) name: String,
    /// Its verified domains, the default one first.
    pub(super) domains: Vec<String>,
}

impl Profile {
    pub(super) fn new<D: Into<String>>(name: &str, domains: impl IntoIterator<Item = D>) -> Self {
        Self { name: name.to_owned(), domains: domains.into_iter().map(Into::into).collect() }
    }
}

/// Takes a request with a token for a customer's tenant to that tenant.
pub(super) async fn pass_on(State(graph): State<Arc<Graph>>, request: Request, next: Next) -> Response {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    let tenant = token.and_then(|token| graph.seal().open::<AccessToken>("access", token));
    let there = tenant.and_then(|token| graph.tenant(&token.tenant));
    let Some(there) = there else { return next.run(request).await };
    // Without what the routing so far left with it.
    let (parts, body) = request.into_parts();
    let mut fresh = Request::new(body);
    *fresh.method_mut() = parts.method;
    *fresh.uri_mut() = parts.uri;
    *fresh.headers_mut() = parts.headers;
    router(there).oneshot(fresh).await.unwrap_or_else(|never| match never {})
}

impl Graph {
    fn held(&self) -> MutexGuard<'_, BTreeMap<String, (Customer, Arc<Self>)>> {
        self.customers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The customers, by their ids.
    pub(super) fn customers(&self) -> Vec<Customer> {
        self.held().values().map(|(customer, _)| customer.clone()).collect()
    }

    /// The customer with that id or domain.
    pub(super) fn customer(&self, key: &str) -> Option<Customer> {
        let is = |customer: &Customer| {
            std::iter::once(&customer.tenant_id)
                .chain(&customer.domains)
                .any(|own| own.eq_ignore_ascii_case(key))
        };
        self.customers().into_iter().find(is)
    }

    /// A customer's directory.
    fn tenant(&self, id: &str) -> Option<Arc<Self>> {
        self.held().get(id).map(|(_, graph)| Arc::clone(graph))
    }

    pub(crate) fn add_customer(&self, customer: Customer) {
        let mut access = self.access.clone();
        access.tenant_id.clone_from(&customer.tenant_id);
        let graph = Self {
            shared: Arc::clone(&self.shared),
            seal: self.seal,
            lifetimes: self.lifetimes,
            store: Mutex::new(Store::default()),
            profile: Profile::new(&customer.name, customer.domains.clone()),
            feed: Mutex::new(Feed::new(&customer.tenant_id, self.outbox.clone())),
            outbox: self.outbox.clone(),
            customers: Mutex::default(),
            directory_role: AtomicBool::new(false),
            epoch: Arc::clone(&self.epoch),
            sign_ins: AtomicU64::new(0),
            newer_than: AtomicI64::new(0),
            registration: Mutex::default(),
            requests: AtomicU64::new(Rng::new(0, &customer.tenant_id).next()),
            access,
        };
        self.held().insert(customer.tenant_id.clone(), (customer, Arc::new(graph)));
    }

    pub(crate) fn consent(&self, tenant_id: &str) -> bool {
        let mut held = self.held();
        let Some((customer, _)) = held.get_mut(&tenant_id.to_ascii_lowercase()) else { return false };
        customer.consented = true;
        true
    }

    pub(crate) fn add_customer_user(&self, tenant_id: &str, user: User) -> bool {
        let Some(graph) = self.tenant(&tenant_id.to_ascii_lowercase()) else { return false };
        graph.add_user(user);
        true
    }

    pub(crate) fn grant_directory_role(&self) {
        self.directory_role.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_directory_role(&self) -> bool {
        self.directory_role.load(Ordering::Relaxed)
    }

    pub(crate) fn identity_header(&self) -> String {
        self.seal.close("identity-header", &self.access.client_id)
    }

    pub(crate) fn deliveries(&self) -> Vec<Value> {
        self.outbox.outcomes()
    }

    pub(crate) fn repeat_notifications(&self) {
        self.feed().repeat();
    }

    pub(crate) fn send_lifecycle(&self, event: &str) {
        self.feed().tell(event, self.shared.clock.now());
    }

    pub(crate) fn forget_subscriptions(&self) {
        self.feed().forget();
    }

    /// Begins to tell a subscription of what changes from now on.
    pub(super) fn subscribe(&self, subscription: Subscription) {
        let store = self.store();
        let mut feed = self.feed();
        // What nobody was there to hear of is not told later.
        feed.announce(&store, self.shared.clock.now());
        feed.add(subscription);
    }

    pub(super) fn renew(&self, id: &str, until: Option<DateTime<Utc>>) -> Option<Subscription> {
        self.feed().renew(id, until, self.shared.clock.now())
    }

    pub(super) fn customers_state(&self) -> Value {
        let customers = self.customers().into_iter().map(|customer| {
            json!({
                "tenantId": customer.tenant_id, "displayName": customer.name, "domains": customer.domains,
                "contract": customer.contract, "relationships": customer.relationships.len(),
                "consented": customer.consented,
            })
        });
        customers.collect()
    }
}
