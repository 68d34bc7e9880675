//! Starting, steering and stopping a sandbox.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::graph::{self, Graph};
use crate::limits::Limits;
use crate::people::people;
use crate::server::{App, Mount, serve};
use crate::shared::Shared;
use crate::{
    Autotask, AutotaskAccess, Calls, ConnectWise, ConnectWiseAccess, Customer, Fault, GraphAccess, KaseyaBms,
    KaseyaBmsAccess, Options, Syncro, SyncroAccess, User, Vendor,
};
use crate::{admin, autotask, connectwise, kaseyabms, layer, syncro};

/// Running imitations of vendor APIs on one loopback port. They stop with [`shutdown`](Self::shutdown) or when this is
/// dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    graph: Arc<Graph>,
    graph_access: GraphAccess,
    autotask: AutotaskAccess,
    autotask_data: Autotask,
    connectwise: ConnectWiseAccess,
    connectwise_data: ConnectWise,
    kaseyabms: KaseyaBmsAccess,
    kaseyabms_data: KaseyaBms,
    syncro: SyncroAccess,
    syncro_data: Syncro,
    admin_base_url: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Sandbox {
    /// Makes the world of `options` and serves it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) when the address is not loopback: the imitations have made-up
    /// secrets and an open admin route. Otherwise whatever binding the port fails with.
    pub async fn start(options: Options) -> io::Result<Self> {
        if !options.listen.ip().is_loopback() {
            let problem =
                format!("the sandbox listens on loopback addresses only, not on {}", options.listen.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let listener = TcpListener::bind(options.listen).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let limits = Limits::new(options.limits, options.users);
        let shared = Arc::new(Shared::new(origin.clone(), options.latency, limits));
        for fault in &options.faults {
            shared.faults.inject(fault.clone());
        }
        let world = people(options.seed, options.users, options.contacts);
        let graph = Arc::new(Graph::new(Arc::clone(&shared), &world, &options));
        let (autotask_router, autotask_data) = autotask::router(Arc::clone(&shared), &world, &options);
        let (connectwise_router, connectwise_data) =
            connectwise::router(Arc::clone(&shared), &world, &options);
        let (kaseyabms_router, kaseyabms_data) = kaseyabms::router(Arc::clone(&shared), &world, &options);
        let (syncro_router, syncro_data) = syncro::router(Arc::clone(&shared), &world, &options);
        let admin = admin::router(Arc::clone(&shared));
        let mut app = vec![Mount { prefix: admin::PREFIX, router: admin, folds_paths: false }];
        for vendor in Vendor::ALL {
            let wanted = if vendor == Vendor::Login { Vendor::Graph } else { vendor };
            if !options.vendors.contains(&wanted) {
                continue;
            }
            let router = match vendor {
                Vendor::Login => graph::login_router(Arc::clone(&graph)),
                Vendor::Graph => graph::router(Arc::clone(&graph)),
                Vendor::Autotask => autotask_router.clone(),
                Vendor::ConnectWise => connectwise_router.clone(),
                Vendor::KaseyaBms => kaseyabms_router.clone(),
                Vendor::Syncro => syncro_router.clone(),
            };
            let router = layer::wrap(router, vendor, Arc::clone(&shared));
            app.push(Mount { prefix: vendor.prefix(), router, folds_paths: vendor.folds_paths() });
        }
        report(&shared, &graph);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::new(App(app)), stopped));
        Ok(Self {
            graph_access: graph.access().clone(),
            autotask: autotask::access(&origin, options.seed),
            autotask_data,
            connectwise: connectwise::access(&origin, options.seed),
            connectwise_data,
            kaseyabms: kaseyabms::access(&origin, options.seed),
            kaseyabms_data,
            syncro: syncro::access(&origin, options.seed),
            syncro_data,
            admin_base_url: format!("{origin}{}", admin::PREFIX),
            shared,
            graph,
            stop: Some(stop),
            task,
        })
    }

    /// Closes the port and every open connection, and waits until that is done.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        // The task ends by itself; an error would mean that it was aborted, which is as good.
        let _ = (&mut self.task).await;
    }

    /// Where Microsoft Graph and its token endpoint are, and the app's made-up secret.
    #[must_use]
    pub const fn graph(&self) -> &GraphAccess {
        &self.graph_access
    }

    /// Where Autotask is, and the API user's made-up keys.
    #[must_use]
    pub const fn autotask(&self) -> &AutotaskAccess {
        &self.autotask
    }

    /// What Autotask holds, to be changed past its API: the technician's edits and the vendor's switches.
    #[must_use]
    pub const fn autotask_data(&self) -> &Autotask {
        &self.autotask_data
    }

    /// Where ConnectWise is, and the API member's made-up keys.
    #[must_use]
    pub const fn connectwise(&self) -> &ConnectWiseAccess {
        &self.connectwise
    }

    /// What ConnectWise holds, to be changed past its API: the technician's edits and the vendor's switches.
    #[must_use]
    pub const fn connectwise_data(&self) -> &ConnectWise {
        &self.connectwise_data
    }

    /// Where Kaseya BMS is, and the API employee's made-up credentials.
    #[must_use]
    pub const fn kaseyabms(&self) -> &KaseyaBmsAccess {
        &self.kaseyabms
    }

    /// What Kaseya BMS holds, to be changed past its API: the technician's edits and the vendor's switches.
    #[must_use]
    pub const fn kaseyabms_data(&self) -> &KaseyaBms {
        &self.kaseyabms_data
    }

    /// Where Syncro is, and a made-up API token.
    #[must_use]
    pub const fn syncro(&self) -> &SyncroAccess {
        &self.syncro
    }

    /// What Syncro holds, to be changed past its API: the technician's edits and the vendor's switches.
    #[must_use]
    pub const fn syncro_data(&self) -> &Syncro {
        &self.syncro_data
    }

    /// Prefix of the admin routes: `/calls`, `/state`, `/faults`, `/reset-calls`, `/advance-clock`.
    #[must_use]
    pub fn admin_base_url(&self) -> &str {
        &self.admin_base_url
    }

    /// The calls counted since the start or the last [`reset_calls`](Self::reset_calls).
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.shared.calls.snapshot()
    }

    /// Forgets the calls counted so far.
    pub fn reset_calls(&self) {
        self.shared.calls.reset();
    }

    /// Everything the sandbox holds, by vendor, as `GET /admin/state` shows it.
    #[must_use]
    pub fn state(&self) -> Value {
        self.shared.state()
    }

    /// Arms a fault; its count starts now.
    pub fn inject(&self, fault: Fault) {
        self.shared.faults.inject(fault);
    }

    /// Disarms every fault.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// How many calls faults have struck.
    #[must_use]
    pub fn faults_struck(&self) -> u64 {
        self.shared.faults.struck()
    }

    /// Another integration with the same PSA makes this many calls now, to every endpoint that was called so far where the
    /// vendor counts by endpoint. What is over an enforced limit is refused to it as well.
    pub fn other_integration(&self, vendor: Vendor, calls: u64) {
        if vendor == Vendor::KaseyaBms {
            self.kaseyabms_data().other_integration(calls);
        }
        for _ in 0..calls {
            let _ = self.shared.limits.admit(vendor, 1, self.shared.clock.ahead());
        }
    }

    /// How many calls were refused for the rate, other integrations' included.
    #[must_use]
    pub fn refused(&self, vendor: Vendor) -> u64 {
        let by_endpoint =
            if vendor == Vendor::KaseyaBms { self.kaseyabms_data().worst_window().1 } else { 0 };
        self.shared.limits.refused(vendor) + by_endpoint
    }

    /// The most requests (ConnectWise and Syncro, 60 seconds; Autotask, one hour) or resource units (Graph, 10 seconds)
    /// that arrived in any rolling window, refused ones included.
    #[must_use]
    pub fn worst_window(&self, vendor: Vendor) -> u64 {
        self.shared.limits.worst(vendor)
    }

    /// Moves the sandbox's clock forward, so that tokens expire.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// Makes every access token issued so far invalid.
    pub fn revoke_tokens(&self) {
        self.graph.revoke_tokens();
    }

    /// Ends every person's sign-in: refresh tokens issued so far buy nothing more.
    pub fn revoke_sign_ins(&self) {
        self.graph.revoke_sign_ins();
    }

    /// A refresh token, as a person's sign-in leaves one.
    #[must_use]
    pub fn refresh_token(&self) -> String {
        self.graph.refresh_token()
    }

    /// Registers a certificate (PEM) with the app: assertions signed with its RSA key stand in for the secret. False
    /// when it is none.
    #[must_use]
    pub fn register_certificate(&self, pem: &str) -> bool {
        self.graph.register_certificate(pem)
    }

    /// Lets tokens of another issuer stand in for the secret, as a federated identity credential does: those that say
    /// this issuer, subject and audience and are signed with the certificate's RSA key. False when it is none.
    #[must_use]
    pub fn trust_issuer(&self, issuer: &str, subject: &str, audience: &str, certificate_pem: &str) -> bool {
        self.graph.trust(issuer, subject, audience, certificate_pem)
    }

    /// Lets the imitated person enter a device code and consent, or decline. False when there is no such open code.
    #[must_use]
    pub fn decide_device_code(&self, user_code: &str, approved: bool) -> bool {
        self.graph.decide_device_code(user_code, approved)
    }

    /// The customers that the tenant, as a partner, can list. Each has a directory of its own; replaces one of that id.
    pub fn add_customer(&self, customer: Customer) {
        self.graph.add_customer(customer);
    }

    /// Lets a customer's administrator consent to the app. False when there is no such customer.
    #[must_use]
    pub fn consent(&self, tenant_id: &str) -> bool {
        self.graph.consent(tenant_id)
    }

    /// Adds a user to a customer's directory. False when there is no such customer.
    #[must_use]
    pub fn add_customer_user(&self, tenant_id: &str, user: User) -> bool {
        self.graph.add_customer_user(tenant_id, user)
    }

    /// Gives the app the directory role that writing administrators' sensitive properties takes.
    pub fn grant_directory_role(&self) {
        self.graph.grant_directory_role();
    }

    /// What App Service would put into `IDENTITY_HEADER`; `IDENTITY_ENDPOINT` is `{authority}/msi/token`, and the metadata
    /// service is at `{authority}/metadata/identity/oauth2/token`.
    #[must_use]
    pub fn identity_header(&self) -> String {
        self.graph.identity_header()
    }

    /// What became of the notifications so far: address, body, last status, attempts. Delivery is in the background.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Value> {
        self.graph.deliveries()
    }

    /// Delivers every notification once more, the last first: duplicates out of order, as happens.
    pub fn repeat_notifications(&self) {
        self.graph.repeat_notifications();
    }

    /// Sends a lifecycle event (`reauthorizationRequired`, `subscriptionRemoved`, `missed`) for each subscription. The first
    /// holds notifications back until the subscription is renewed, the second ends it.
    pub fn send_lifecycle(&self, event: &str) {
        self.graph.send_lifecycle(event);
    }

    /// Ends every subscription without a word, as Graph may for users and groups.
    pub fn forget_subscriptions(&self) {
        self.graph.forget_subscriptions();
    }

    /// The directory's groups: id and name, sorted by id.
    #[must_use]
    pub fn groups(&self) -> Vec<(String, String)> {
        self.graph.groups()
    }

    /// Adds a security group without members, or replaces one of that id.
    pub fn add_group(&self, id: &str, display_name: &str) {
        self.graph.edit_groups(|store| store.add_group(id, display_name));
    }

    /// Makes a user or a group a direct member of a group. False when it is one or there is no such group.
    #[must_use]
    pub fn add_member(&self, group: &str, member: &str) -> bool {
        self.graph.edit_groups(|store| store.join(group, member))
    }

    /// Ends a direct membership. False when there is none.
    #[must_use]
    pub fn remove_member(&self, group: &str, member: &str) -> bool {
        self.graph.edit_groups(|store| store.leave(group, member))
    }

    /// Deletes a group for good. False when there is none of that id.
    #[must_use]
    pub fn delete_group(&self, group: &str) -> bool {
        self.graph.edit_groups(|store| store.delete_group(group))
    }

    /// The directory's users, soft-deleted ones not included, sorted by id.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.graph.users()
    }

    /// Adds a directory user. An existing user of that id is replaced.
    pub fn add_user(&self, user: User) {
        self.graph.add_user(user);
    }

    /// Changes a directory user; its id stays. False when there is none of that id. `edit` runs while the directory is
    /// locked: it must not use the sandbox.
    #[must_use]
    pub fn edit_user(&self, id: &str, edit: impl FnOnce(&mut User)) -> bool {
        self.graph.edit_user(id, edit)
    }

    /// Blocks a directory user's sign-in. False when there is none of that id.
    #[must_use]
    pub fn disable_user(&self, id: &str) -> bool {
        self.graph.edit_user(id, |user| user.account_enabled = false)
    }

    /// Soft-deletes a directory user: it moves to the deleted items under a mangled name. False when there is none.
    #[must_use]
    pub fn delete_user(&self, id: &str) -> bool {
        self.graph.delete_user(id)
    }

    /// Restores a soft-deleted user. False when there is none of that id.
    #[must_use]
    pub fn restore_user(&self, id: &str) -> bool {
        self.graph.restore_user(id)
    }

    /// Removes a user for good, soft-deleted before or not. False when there is none of that id.
    #[must_use]
    pub fn purge_user(&self, id: &str) -> bool {
        self.graph.purge_user(id)
    }
}

fn report(shared: &Arc<Shared>, graph: &Arc<Graph>) {
    let held = Arc::clone(graph);
    shared.report_state("graph", Arc::new(move || held.state()));
    let weak = Arc::downgrade(shared);
    let faults = move || weak.upgrade().map_or(Value::Null, |shared| shared.faults.report());
    shared.report_state("faults", Arc::new(faults));
    let weak = Arc::downgrade(shared);
    let limits = move || weak.upgrade().map_or(Value::Null, |shared| shared.limits.report());
    shared.report_state("limits", Arc::new(limits));
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.forget_reporters();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sandbox").field("admin_base_url", &self.admin_base_url).finish_non_exhaustive()
    }
}
