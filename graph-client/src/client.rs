//! One function per Graph call. Wire types out, no decisions.

use crate::{
    error::{self, Call},
    query::Select,
    rows::FindNextLink,
    wire::{self, List},
};
use futures::stream::{BoxStream, StreamExt as _};
use serde::de::DeserializeOwned;
use sync_core::{Error, ErrorKind, Result};
use sync_http::{
    Feedback, Headers, HttpClient, Idempotency, Method, Next, PageLimits, PageStep, Request, Response,
    ResponseHook, Verdict, paginate,
};

/// Makes `$count` and casts work; Graph forgets it from page to page unless it is sent again, as [`Next::Link`] does
/// (advanced query capabilities, read 2026-08).
const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");

/// What the calls cost in resource units (throttling limits, identity and access, read 2026-08): a base of 1 to 5,
/// one less with `$select`, never below 1.
pub(crate) mod units {
    pub(crate) const PLAIN: u32 = 1;
    /// `/users` with `$select` and `$expand`.
    pub(super) const EXPANDED: u32 = 2;
    pub(super) const SKUS: u32 = 3;
    pub(super) const TRANSITIVE_MEMBERS: u32 = 4;
}

pub(crate) const LIST_USERS: Call = Call::new("list users", "User.Read.All");
pub(crate) const LIST_DELETED: Call = Call::new("list deleted users", "User.Read.All");
pub(crate) const LIST_MEMBERS: Call = Call::new("list group members", "GroupMember.Read.All");
pub(crate) const READ_CHANGES: Call = Call::new("list changed users", "User.Read.All");
pub(crate) const READ_GROUP_CHANGES: Call = Call::new("list changed groups", "GroupMember.Read.All");
const COUNT_USERS: Call = Call::new("count users", "User.Read.All");
const READ_GROUP: Call = Call::new("read group", "GroupMember.Read.All");
const LIST_SKUS: Call = Call::new("list licences", "LicenseAssignment.Read.All");
const READ_ORGANIZATION: Call = Call::new("read organization", "Organization.Read.All");

/// How many users are looked at where a few tell what holds for all.
const A_FEW: u16 = 20;

/// Whether accounts of users have a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum States {
    /// Some account has one: the permission for it is there.
    Some,
    /// None of a few has one.
    None,
    /// There are no users to look at.
    Nobody,
}

/// A kind of member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}

impl Kind {
    /// For people.
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
        }
    }
}

/// Graph v1.0 for one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: HttpClient,
    page_size: u16,
    limits: PageLimits,
}

impl Client {
    /// `http` has the versioned root (`…/v1.0`) as its base.
    pub(crate) fn new(http: HttpClient, page_size: u16, max_pages: u32) -> Self {
        Self { http, page_size, limits: PageLimits { max_pages } }
    }

    /// The clock that waits go by, and the rate limit that everything here shares.
    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// `GET /users`: pages of [`wire::User`], the first with `@odata.count`.
    ///
    /// An expanded listing cannot be counted in the same call (advanced query capabilities, read 2026-08).
    pub(crate) fn users(&self, select: &Select) -> BoxStream<'static, Result<PageStep>> {
        let request =
            get("users", &LIST_USERS).query("$select", &select.properties).query("$top", self.page_size);
        let request = match &select.expand {
            Some(expand) => request.query("$expand", expand).weight(units::EXPANDED),
            None => request.query("$count", "true").header(EVENTUAL.0, EVENTUAL.1),
        };
        self.pages(request, LIST_USERS)
    }

    /// `GET /users/$count`: how many users there are, for a listing that was not counted itself: one that is expanded cannot
    /// be, and a first page without rows may come without the number.
    pub(crate) async fn count_users(&self) -> Result<u64> {
        self.counted(get("users/$count", &COUNT_USERS), &COUNT_USERS).await
    }

    /// How many members of one kind a group has, nested ones included, for a listing that was not counted.
    pub(crate) async fn count_members(&self, group: &str, kind: Kind) -> Result<u64> {
        let call = LIST_MEMBERS.about(format!("group {group}"));
        let path = match kind {
            Kind::User => "groups/{}/transitiveMembers/microsoft.graph.user/$count",
            Kind::Group => "groups/{}/transitiveMembers/microsoft.graph.group/$count",
        };
        let request = get(path, &call)
            .segment(group)
            // Nothing is selected, which would take one off.
            .weight(units::TRANSITIVE_MEMBERS + 1);
        self.counted(request, &call).await
    }

    /// The number that a count answers, as text and not as JSON.
    async fn counted(&self, request: Request, call: &Call) -> Result<u64> {
        let response = self.send(request.header(EVENTUAL.0, EVENTUAL.1), call).await?;
        let text = std::str::from_utf8(response.body()).unwrap_or_default();
        text.trim_start_matches('\u{feff}')
            .trim()
            .parse()
            .map_err(|_unsaid| response.unreadable("the count is no number"))
    }

    /// `GET /users/delta?$deltatoken=latest`: no rows, and a link to what changes from now on.
    pub(crate) fn changes_from_now(&self, select: &Select) -> BoxStream<'static, Result<PageStep>> {
        let request = get("users/delta", &READ_CHANGES)
            .query("$select", &select.tracked)
            .query("$deltatoken", "latest");
        self.pages(request, READ_CHANGES)
    }

    /// `GET /groups/delta?$deltatoken=latest`, names and direct members of all groups. Whose changes count is sorted
    /// out later: a filter takes 50 ids, and a nested group may come and go.
    pub(crate) fn group_changes_from_now(&self) -> BoxStream<'static, Result<PageStep>> {
        let request = get("groups/delta", &READ_GROUP_CHANGES)
            .query("$select", "displayName,members")
            .query("$deltatoken", "latest");
        self.pages(request, READ_GROUP_CHANGES)
    }

    /// What changed since a delta link was given.
    pub(crate) fn changes_since(&self, link: &str, call: Call) -> BoxStream<'static, Result<PageStep>> {
        self.pages(Request::follow(Method::Get, link, Idempotency::Read, call.operation), call)
    }

    /// `GET /groups/{id}/transitiveMembers/{type}`: pages of [`wire::Object`], nested members included. The cast, which drops
    /// devices and the like, needs `$count` and the header (list group transitive members, read 2026-11).
    pub(crate) fn members(&self, group: &str, kind: Kind) -> BoxStream<'static, Result<PageStep>> {
        let path = match kind {
            Kind::User => "groups/{}/transitiveMembers/microsoft.graph.user",
            Kind::Group => "groups/{}/transitiveMembers/microsoft.graph.group",
        };
        let request = get(path, &LIST_MEMBERS)
            .segment(group)
            .query("$select", "id")
            .query("$top", self.page_size)
            .query("$count", "true")
            .header(EVENTUAL.0, EVENTUAL.1)
            .weight(units::TRANSITIVE_MEMBERS);
        self.pages(request, LIST_MEMBERS.about(format!("group {group}")))
    }

    /// `GET /directory/deletedItems/microsoft.graph.user`: pages of [`wire::Object`]. The cast is mandatory.
    pub(crate) fn deleted_users(&self) -> BoxStream<'static, Result<PageStep>> {
        let request = get("directory/deletedItems/microsoft.graph.user", &LIST_DELETED)
            .query("$select", "id")
            .query("$top", self.page_size);
        self.pages(request, LIST_DELETED)
    }

    /// `GET /subscribedSkus`; Graph sends all of them on one page.
    pub(crate) async fn skus(&self) -> Result<Vec<wire::Sku>> {
        let response = self.send(get("subscribedSkus", &LIST_SKUS).weight(units::SKUS), &LIST_SKUS).await?;
        Ok(response.json::<List<wire::Sku>>()?.value)
    }

    /// `GET /organization`: the tenant itself.
    pub(crate) async fn organization(&self) -> Result<wire::Organization> {
        let request = get("organization", &READ_ORGANIZATION)
            .query("$select", "id,displayName,onPremisesSyncEnabled,onPremisesLastSyncDateTime");
        let response = self.send(request, &READ_ORGANIZATION).await?;
        let rows = response.json::<List<wire::Organization>>()?.value;
        rows.into_iter().next().ok_or_else(|| response.unreadable("the answer holds no organization"))
    }

    /// `GET /users?$select=id,accountEnabled`: whether accounts have a state, by a few of them.
    pub(crate) async fn states(&self) -> Result<States> {
        let request = get("users", &LIST_USERS).query("$select", "id,accountEnabled").query("$top", A_FEW);
        let response = self.send(request, &LIST_USERS).await?;
        let page: List<wire::User<'_>> = response.json()?;
        let stated = page.value.iter().any(|user| user.account_enabled.value().is_some());
        Ok(match (stated, page.value.is_empty()) {
            (true, _) => States::Some,
            (false, true) => States::Nobody,
            (false, false) => States::None,
        })
    }

    /// `GET /users?$select=id,mail`: the ids of a few users with an address.
    pub(crate) async fn some_with_mail(&self) -> Result<Vec<String>> {
        let request = get("users", &LIST_USERS).query("$select", "id,mail").query("$top", 100);
        let response = self.send(request, &LIST_USERS).await?;
        let page: List<wire::User<'_>> = response.json()?;
        let with_mail = page.value.iter().filter(|user| user.mail.value().is_some());
        Ok(with_mail
            .map(|user| user.id.0.clone().into_owned())
            .filter(|id| crate::config::is_guid(id))
            .take(5)
            .collect())
    }

    /// `GET /groups/{id}`: its name and its age.
    pub(crate) async fn group(&self, id: &str) -> Result<wire::Group> {
        let call = READ_GROUP.about(format!("group {id}"));
        let request = get("groups/{}", &call).segment(id).query("$select", "id,displayName,createdDateTime");
        let response = self.send(request, &call).await?;
        response.json::<wire::Object<'_>>()?;
        response.json()
    }

    /// Every row of a small listing, over all its pages.
    pub(crate) async fn all<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&'static str, &str)],
        call: &Call,
    ) -> Result<Vec<T>> {
        let request =
            query.iter().fold(get(path, call), |request, (name, value)| request.query(*name, value));
        let mut pages = self.pages(request, call.clone());
        let mut rows = Vec::new();
        loop {
            match pages.next().await {
                Some(Ok(PageStep::Page(response))) => rows.extend(response.json::<List<T>>()?.value),
                Some(Ok(PageStep::End { .. } | _)) => return Ok(rows),
                Some(Err(error)) => return Err(error),
                None => {
                    let message = "the listing stopped without an end";
                    return Err(Error::new(ErrorKind::UnexpectedResponse, call.operation, message));
                }
            }
        }
    }

    pub(crate) async fn send(&self, request: Request, call: &Call) -> Result<Response> {
        error::success(call, self.http.send(request).await?)
    }

    fn pages(&self, first: Request, call: Call) -> BoxStream<'static, Result<PageStep>> {
        let next = move |response: &Response| {
            error::check(&call, response)?;
            // The rows are decoded once, by whoever wanted them.
            let mut link = None;
            match response.json_with(FindNextLink(&mut link)) {
                Err(error) if link.is_none() => Err(error),
                Ok(()) | Err(_) => Ok(link.map(Next::Link)),
            }
        };
        paginate(&self.http, first, next, self.limits)
    }
}

fn get(path: &str, call: &Call) -> Request {
    Request::new(Method::Get, path, Idempotency::Read, call.operation).weight(units::PLAIN)
}

/// What Graph's answers tell beyond their status.
#[derive(Debug)]
pub(crate) struct GraphHook {
    /// The resource units of ten seconds.
    pub(crate) units: u32,
}

impl ResponseHook for GraphHook {
    /// `x-ms-throttle-limit-percentage` comes above 0.8 of the tenant's own limit, and says how much of it is used
    /// (throttling guidance, read 2026-08). It has been seen to be missing from throttled tenants, so it only helps.
    fn feedback(&self, _: u16, headers: &Headers) -> Option<Feedback> {
        let used: f64 = headers.get("x-ms-throttle-limit-percentage")?.trim().parse().ok()?;
        let left = (1.0 - used).clamp(0.0, 1.0) * f64::from(self.units);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the units")]
        let remaining = left as u32;
        Some(Feedback { remaining, reset: None })
    }

    /// 501 is a final word on a property that cannot be listed, not a server in trouble.
    fn verdict(&self, status: u16, _: &Headers, _: &[u8]) -> Verdict {
        if status == 501 { Verdict::Final } else { Verdict::AsStatus }
    }
}
