//! Whose mailbox is no person's: asked for each mailbox by itself, because Graph's listing does not tell.
//!
//! `GET /users/{id}/mailboxSettings/userPurpose` (user purpose, Microsoft Graph v1.0, read 2026-08), 20 in a call.

use crate::{
    batch::Item,
    client::{Client, units},
    directory::GraphDirectory,
    error::Call,
    wire::User,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sync_core::{Result, model::UserKind};

pub(crate) const READ_PURPOSE: Call = Call::new("read mailbox kinds", "MailboxSettings.Read");

/// How long an answer is taken for true. A mailbox that is made a shared one changes nothing else that can be seen.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// What mailboxes were found to be for, and when. Kept as long as the directory is.
#[derive(Debug, Default)]
pub(crate) struct Mailboxes(Mutex<HashMap<String, (Option<UserKind>, Duration)>>);

impl Mailboxes {
    fn known(&self) -> MutexGuard<'_, HashMap<String, (Option<UserKind>, Duration)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of these users, those whose mailbox is no person's, by id in lower case; empty where that is not asked for.
///
/// Without the permission nobody is told apart, and the log says so. An outage is an error, because somebody would be
/// taken for a person by it.
///
/// # Errors
/// As for any call, but for a missing permission.
pub(crate) async fn kinds(
    directory: &GraphDirectory,
    users: &[User<'_>],
) -> Result<HashMap<String, UserKind>> {
    let Some(mailboxes) = &directory.mailboxes else { return Ok(HashMap::new()) };
    let with_mail: Vec<String> = users
        .iter()
        .filter(|user| user.mail.value().is_some_and(|mail| !mail.trim().is_empty()))
        .map(|user| user.id.to_ascii_lowercase())
        .collect();
    let client = &directory.client;
    let now = client.http().clock().now();
    let unknown: Vec<String> = {
        let known = mailboxes.known();
        let fresh = |id: &String| known.get(id).is_some_and(|(_, at)| now.saturating_sub(*at) < KEPT);
        with_mail.iter().filter(|id| !fresh(id)).cloned().collect()
    };
    if !unknown.is_empty() {
        let found = ask(client, &unknown).await?;
        let mut known = mailboxes.known();
        known.extend(found.into_iter().map(|(id, kind)| (id, (kind, now))));
    }
    let known = mailboxes.known();
    Ok(with_mail.into_iter().filter_map(|id| known.get(&id)?.0.map(|kind| (id, kind))).collect())
}

/// What these mailboxes are for; those of which Graph does not say (held on-premises, not there yet) are left out.
async fn ask(client: &Client, ids: &[String]) -> Result<Vec<(String, Option<UserKind>)>> {
    let items: Vec<Item> = ids
        .iter()
        .map(|id| Item { url: format!("/users/{id}/mailboxSettings/userPurpose"), weight: units::PLAIN })
        .collect();
    let answers = client.batch(&READ_PURPOSE, &items).await?;
    if answers.iter().all(|answer| answer.status == 403) {
        tracing::warn!(
            "shared, room and equipment mailboxes are not told from people: grant {}",
            READ_PURPOSE.permission
        );
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(answers.len());
    for (id, answer) in ids.iter().zip(&answers) {
        match answer.status {
            200 => found.push((id.clone(), kind(answer.body.get("value").and_then(|value| value.as_str())))),
            // No mailbox that can be asked: none at all, or one that is held on-premises.
            403 | 404 => {}
            _ => {
                if let Some(error) = answer.error(&READ_PURPOSE) {
                    return Err(error);
                }
            }
        }
    }
    Ok(found)
}

/// Graph's word for what a mailbox is for; `user`, `linked` and `others` say nothing of interest.
fn kind(purpose: Option<&str>) -> Option<UserKind> {
    match purpose?.to_ascii_lowercase().as_str() {
        "shared" => Some(UserKind::Shared),
        "room" => Some(UserKind::Room),
        "equipment" => Some(UserKind::Equipment),
        _ => None,
    }
}

/// Whether mailboxes can be asked, by looking at one that has an address.
///
/// # Errors
/// `PermissionDenied`, and as for any call.
pub(crate) async fn probe(client: &Client) -> Result<bool> {
    let ids = client.some_with_mail().await?;
    if ids.is_empty() {
        return Ok(false);
    }
    let items: Vec<Item> = ids
        .iter()
        .map(|id| Item { url: format!("/users/{id}/mailboxSettings/userPurpose"), weight: units::PLAIN })
        .collect();
    let answers = client.batch(&READ_PURPOSE, &items).await?;
    if answers.iter().any(|answer| matches!(answer.status, 200 | 404)) {
        return Ok(true);
    }
    answers.iter().find_map(|answer| answer.error(&READ_PURPOSE)).map_or(Ok(true), Err)
}
