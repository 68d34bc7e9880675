//! One function per Graph call. Wire types out, no decisions.

use crate::{
    error::{self, Call},
    rows::FindNextLink,
    wire::{self, List},
};
use futures::stream::BoxStream;
use sync_core::Result;
use sync_http::{
    Headers, HttpClient, Idempotency, Method, Next, PageLimits, PageStep, Request, Response, ResponseHook,
    Verdict, paginate,
};

/// Makes `$count` and casts work; Graph forgets it from page to page unless it is sent again, as [`Next::Link`] does
/// (advanced query capabilities, read 2026-08).
const EVENTUAL: (&str, &str) = ("ConsistencyLevel", "eventual");

/// What the calls cost in resource units (throttling limits, identity and access, read 2026-08): a base of 1 to 5,
/// one less with `$select`, never below 1.
mod units {
    pub(super) const PLAIN: u32 = 1;
    pub(super) const SKUS: u32 = 3;
    pub(super) const TRANSITIVE_MEMBERS: u32 = 4;
}

pub(crate) const LIST_USERS: Call = Call::new("list users", "User.Read.All");
pub(crate) const LIST_DELETED: Call = Call::new("list deleted users", "User.Read.All");
pub(crate) const LIST_MEMBERS: Call = Call::new("list group members", "GroupMember.Read.All");
const READ_GROUP: Call = Call::new("read group", "GroupMember.Read.All");
const LIST_SKUS: Call = Call::new("list licences", "LicenseAssignment.Read.All");
const READ_ORGANIZATION: Call = Call::new("read organization", "Organization.Read.All");

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

    /// `GET /users`: pages of [`wire::User`], the first with `@odata.count`.
    pub(crate) fn users(&self, select: &str) -> BoxStream<'static, Result<PageStep>> {
        let request = get("users", &LIST_USERS)
            .query("$select", select)
            .query("$top", self.page_size)
            .query("$count", "true")
            .header(EVENTUAL.0, EVENTUAL.1);
        self.pages(request, LIST_USERS)
    }

    /// `GET /groups/{id}/transitiveMembers/microsoft.graph.user`: pages of [`wire::Object`], nested members included.
    ///
    /// The cast, which drops devices, groups and the like, needs `$count` and the header (list group transitive
    /// members, read 2026-11).
    pub(crate) fn group_users(&self, group: &str) -> BoxStream<'static, Result<PageStep>> {
        let request = get("groups/{}/transitiveMembers/microsoft.graph.user", &LIST_MEMBERS)
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

    /// `GET /users?$top=1`: the first user, where there is one. Its answer borrows, so `look` sees it in place.
    pub(crate) async fn first_user<T>(&self, look: impl FnOnce(Option<&wire::User<'_>>) -> T) -> Result<T> {
        let request = get("users", &LIST_USERS).query("$select", "id,accountEnabled").query("$top", 1);
        let response = self.send(request, &LIST_USERS).await?;
        let page: List<wire::User<'_>> = response.json()?;
        Ok(look(page.value.first()))
    }

    /// `GET /groups/{id}`: its name and its age.
    pub(crate) async fn group(&self, id: &str) -> Result<wire::Group> {
        let call = READ_GROUP.about(format!("group {id}"));
        let request = get("groups/{}", &call).segment(id).query("$select", "id,displayName,createdDateTime");
        let response = self.send(request, &call).await?;
        response.json::<wire::Object<'_>>()?;
        response.json()
    }

    async fn send(&self, request: Request, call: &Call) -> Result<Response> {
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

/// 501 is a final word on a property that cannot be listed, not a server in trouble.
#[derive(Debug)]
pub(crate) struct GraphHook;

impl ResponseHook for GraphHook {
    fn verdict(&self, status: u16, _: &Headers, _: &[u8]) -> Verdict {
        if status == 501 { Verdict::Final } else { Verdict::AsStatus }
    }
}
