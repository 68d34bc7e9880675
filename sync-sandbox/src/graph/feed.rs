//! What subscriptions are told: which changes concern them, and what is held back until they are authorized again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::outbox::{Outbox, Post};
use super::store::{GroupChange, News, Store};
use super::subscriptions::moment;

/// Posts kept for being repeated; the oldest goes first.
const MAX_SENT: usize = 1_000;

/// What a subscription is about. Ids are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Watched {
    Users,
    User(String),
    Groups,
    Group(String),
    Members(String),
}

impl Watched {
    pub(super) fn read(resource: &str) -> Option<Self> {
        let path = resource.trim_matches('/').to_ascii_lowercase();
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts.as_slice() {
            ["users"] => Self::Users,
            ["users", id] => Self::User((*id).to_owned()),
            ["groups"] => Self::Groups,
            ["groups", id] => Self::Group((*id).to_owned()),
            ["groups", id, "members"] => Self::Members((*id).to_owned()),
            _ => return None,
        })
    }

    pub(super) const fn is_of_users(&self) -> bool {
        matches!(self, Self::Users | Self::User(_))
    }

    fn concerns(&self, change: &Announced) -> bool {
        match self {
            Self::Users => change.of_user,
            Self::User(id) => change.of_user && *id == change.id,
            Self::Groups => !change.of_user,
            Self::Group(id) => !change.of_user && *id == change.id,
            Self::Members(id) => !change.of_user && *id == change.id && !change.members.is_empty(),
        }
    }
}

/// A subscription.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) id: String,
    /// As it was asked for.
    pub(super) resource: String,
    pub(super) watched: Watched,
    pub(super) changes: Vec<&'static str>,
    pub(super) notification_url: String,
    pub(super) lifecycle_url: Option<String>,
    pub(super) client_state: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
    /// False from `reauthorizationRequired` until it is renewed.
    pub(super) authorized: bool,
}

/// One change.
struct Announced {
    of_user: bool,
    id: String,
    kind: &'static str,
    members: Vec<Value>,
}

/// The tenant's subscriptions, and how far they were told.
pub(super) struct Feed {
    tenant_id: String,
    outbox: Outbox,
    subscriptions: BTreeMap<String, Subscription>,
    users_seen: usize,
    groups_seen: usize,
    held: Vec<(String, Value)>,
    sent: Vec<Post>,
}

impl Feed {
    pub(super) fn new(tenant_id: &str, outbox: Outbox) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            outbox,
            subscriptions: BTreeMap::new(),
            users_seen: 0,
            groups_seen: 0,
            held: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// Those that have not expired.
    pub(super) fn alive(&mut self, now: DateTime<Utc>) -> Vec<Subscription> {
        self.subscriptions.retain(|_, subscription| subscription.expires_at > now);
        self.subscriptions.values().cloned().collect()
    }

    pub(super) fn add(&mut self, subscription: Subscription) {
        self.subscriptions.insert(subscription.id.clone(), subscription);
    }

    pub(super) fn end(&mut self, id: &str, now: DateTime<Utc>) -> bool {
        self.alive(now);
        self.subscriptions.remove(id).is_some()
    }

    /// Renews or authorizes one, and sends what was held back.
    pub(super) fn renew(
        &mut self,
        id: &str,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Option<Subscription> {
        self.alive(now);
        let subscription = self.subscriptions.get_mut(id)?;
        subscription.expires_at = until.unwrap_or(subscription.expires_at);
        subscription.authorized = true;
        let renewed = subscription.clone();
        let (ours, others) = std::mem::take(&mut self.held).into_iter().partition(|(held, _)| held == id);
        self.held = others;
        let ours: Vec<Value> = ours.into_iter().map(|(_, item)| item).collect();
        self.post(&renewed.notification_url, &ours);
        Some(renewed)
    }

    /// Tells of what changed since the last time.
    pub(super) fn announce(&mut self, store: &Store, now: DateTime<Utc>) {
        let changes = self.news(store);
        let mut posts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for subscription in self.alive(now) {
            let ours = changes.iter().filter(|change| {
                subscription.watched.concerns(change) && subscription.changes.contains(&change.kind)
            });
            for change in ours {
                let item = self.item(&subscription, change);
                if subscription.authorized {
                    posts.entry(subscription.notification_url.clone()).or_default().push(item);
                } else {
                    self.held.push((subscription.id.clone(), item));
                }
            }
        }
        for (url, items) in posts {
            self.post(&url, &items);
        }
    }

    fn news(&mut self, store: &Store) -> Vec<Announced> {
        let users = store.news(self.users_seen, store.revision()).into_iter().map(|(id, news)| Announced {
            of_user: true,
            id,
            kind: if news == News::Purged { "deleted" } else { "updated" },
            members: Vec::new(),
        });
        let mut all: Vec<Announced> = users.collect();
        let groups = store.group_news(self.groups_seen, store.group_revision());
        all.extend(groups.into_iter().map(|(id, changes)| Announced {
            of_user: false,
            id,
            kind: if changes.contains(&GroupChange::Went) { "deleted" } else { "updated" },
            members: changes.iter().filter_map(member).collect(),
        }));
        self.users_seen = store.revision();
        self.groups_seen = store.group_revision();
        all
    }

    fn item(&self, subscription: &Subscription, change: &Announced) -> Value {
        let (set, kind) = if change.of_user { ("Users", "User") } else { ("Groups", "Group") };
        let resource = format!("{set}/{}", change.id);
        let mut data = json!({
            "@odata.type": format!("#Microsoft.Graph.{kind}"), "@odata.id": resource, "id": change.id,
            "organizationId": self.tenant_id,
        });
        if !change.members.is_empty() {
            data["members@delta"] = json!(change.members);
        }
        json!({
            "subscriptionId": subscription.id, "clientState": subscription.client_state, "changeType": change.kind,
            "resource": resource, "tenantId": self.tenant_id, "resourceData": data,
            "subscriptionExpirationDateTime": moment(subscription.expires_at),
        })
    }

    /// Tells every subscription's lifecycle address. `reauthorizationRequired` holds back what comes until it is renewed;
    /// `subscriptionRemoved` ends them.
    pub(super) fn tell(&mut self, event: &str, now: DateTime<Utc>) {
        for subscription in self.alive(now) {
            if event == "reauthorizationRequired"
                && let Some(held) = self.subscriptions.get_mut(&subscription.id)
            {
                held.authorized = false;
            } else if event == "subscriptionRemoved" {
                self.subscriptions.remove(&subscription.id);
            }
            let Some(url) = &subscription.lifecycle_url else { continue };
            let item = json!({
                "lifecycleEvent": event, "subscriptionId": subscription.id, "resource": subscription.resource,
                "clientState": subscription.client_state, "tenantId": self.tenant_id,
                "subscriptionExpirationDateTime": moment(subscription.expires_at),
            });
            self.post(url, &[item]);
        }
    }

    /// Ends every subscription without a word.
    pub(super) fn forget(&mut self) {
        self.subscriptions.clear();
        self.held.clear();
    }

    /// Sends everything once more, the last first.
    pub(super) fn repeat(&self) {
        for post in self.sent.iter().rev() {
            self.outbox.send(post.clone());
        }
    }

    fn post(&mut self, url: &str, items: &[Value]) {
        if items.is_empty() {
            return;
        }
        let post = Post { url: url.to_owned(), body: json!({ "value": items }) };
        self.outbox.send(post.clone());
        if self.sent.len() >= MAX_SENT {
            self.sent.remove(0);
        }
        self.sent.push(post);
    }

    pub(super) fn state(&self) -> Value {
        let subscriptions = self.subscriptions.values().map(|subscription| {
            json!({
                "id": subscription.id, "resource": subscription.resource, "authorized": subscription.authorized,
                "expirationDateTime": moment(subscription.expires_at),
            })
        });
        json!({ "subscriptions": subscriptions.collect::<Vec<_>>(), "held": self.held.len() })
    }
}

fn member(change: &GroupChange) -> Option<Value> {
    match change {
        GroupChange::Joined(id) => Some(json!({ "id": id })),
        GroupChange::Left(id) => Some(json!({ "id": id, "@removed": "deleted" })),
        GroupChange::Appeared | GroupChange::Went => None,
    }
}
