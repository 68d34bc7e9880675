//! Finding a person by what people know the person by.

use crate::{exit::Failure, job::Job};
use chrono::{DateTime, Utc};
use sync_core::{
    DirectoryExt as _, UserQuery,
    model::{SourceAnchor, email_key},
    snapshot::{UserSnapshot, UserView},
};

/// The user of a sign-in name, an address, an object id or an anchor: of the links where an id is given, else of the
/// directory, which is read for it.
pub(crate) async fn find_user(
    job: &Job<'_>,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<SourceAnchor>, Failure> {
    let name = name.trim();
    let links = job.links().load(&job.tenant.name).await?;
    let linked = links.links.keys().find(|anchor| is_id(anchor, name)).cloned();
    if linked.is_some() {
        return Ok(linked);
    }
    let users = job.directory().snapshot(&UserQuery::all(), now).await?;
    Ok(by_name(&users, name).map(UserView::anchor))
}

/// Whether a text is the anchor or its object id.
pub(crate) fn is_id(anchor: &SourceAnchor, text: &str) -> bool {
    anchor.as_str().eq_ignore_ascii_case(text) || anchor.object_id().eq_ignore_ascii_case(text)
}

pub(crate) fn by_name<'a>(users: &'a UserSnapshot, name: &str) -> Option<UserView<'a>> {
    let is =
        |user: &UserView<'a>| user.principal_name().eq_ignore_ascii_case(name) || is_id(&user.anchor(), name);
    users.iter().find(is).or_else(|| {
        let key = email_key(name)?;
        users.iter().find(|user| user.email_keys().any(|known| known == key))
    })
}
