//! Looks at one thing after the other, so that a setup page can say all that is missing at once.

use crate::{client::States, config::Tenant, delta, directory::GraphDirectory, mailbox, query};
use sync_core::{CheckItem, CheckQuery, CheckStatus, Error, ErrorKind, Result};

/// Credentials, tenant, users, licences, and the groups that the query names.
///
/// # Errors
/// Where no token is to be had, and so nothing can be looked at.
pub(crate) async fn check(directory: &GraphDirectory, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let tenant_id = directory.credentials.tenant_id().await?;
    directory.credentials.token().await?;
    let mut items = vec![CheckItem::new(
        "credentials",
        CheckStatus::Ok,
        format!("{} was exchanged for a token of tenant {tenant_id}", directory.credentials.described()),
    )];
    items.push(organization(directory, tenant_id).await);
    items.push(users(directory).await);
    items.push(licences(directory).await);
    items.push(changes(directory).await);
    items.push(mailboxes(directory).await);
    for group in &query.groups {
        items.push(self::group(directory, group).await);
    }
    Ok(items)
}

async fn organization(directory: &GraphDirectory, tenant_id: &str) -> CheckItem {
    const SUBJECT: &str = "tenant";
    let organization = match directory.client.organization().await {
        Ok(organization) => organization,
        Err(error) => return found(SUBJECT, &error),
    };
    if !organization.id.eq_ignore_ascii_case(tenant_id) {
        return CheckItem::new(
            SUBJECT,
            CheckStatus::Failed,
            format!(
                "Graph answers for tenant {}, not for {tenant_id}; do not sync before tenant_id and base_url are right",
                if crate::config::is_guid(&organization.id) { &organization.id } else { "(unreadable)" }
            ),
        );
    }
    let name = organization.display_name.as_deref().unwrap_or("(no name)");
    let origin = match (organization.on_premises_sync_enabled, &organization.on_premises_last_sync_date_time)
    {
        (Some(true), Some(last)) => format!("synchronized from on-premises, last at {last}"),
        (Some(true), None) => "synchronized from on-premises".to_owned(),
        (Some(false) | None, _) => "cloud only".to_owned(),
    };
    let by_domain = match &directory.credentials.tenant() {
        Tenant::Domain(domain) => format!("; {domain} is tenant {tenant_id}"),
        Tenant::Id(_) => String::new(),
    };
    CheckItem::new(SUBJECT, CheckStatus::Ok, format!("{name}, {origin}{by_domain}"))
}

async fn users(directory: &GraphDirectory) -> CheckItem {
    const SUBJECT: &str = "read users";
    match directory.client.states().await {
        Ok(States::Some) => {
            CheckItem::new(SUBJECT, CheckStatus::Ok, "users and their account state can be read")
        }
        Ok(States::Nobody) => CheckItem::new(SUBJECT, CheckStatus::Warning, "Graph lists no user at all"),
        Ok(States::None) => CheckItem::new(
            SUBJECT,
            CheckStatus::Failed,
            "users come without their account state; grant the application permission User.Read.All",
        ),
        // Without users nothing works, whatever the reason.
        Err(error) => CheckItem::new(SUBJECT, CheckStatus::Failed, detail(&error)),
    }
}

async fn licences(directory: &GraphDirectory) -> CheckItem {
    const SUBJECT: &str = "read licences";
    match directory.client.skus().await {
        Ok(skus) => {
            CheckItem::new(SUBJECT, CheckStatus::Ok, format!("{} subscribed products are named", skus.len()))
        }
        Err(error) => found(SUBJECT, &error),
    }
}

async fn changes(directory: &GraphDirectory) -> CheckItem {
    const SUBJECT: &str = "read changes";
    let select = query::select(&directory.omit_properties, &[]);
    match delta::can_begin(directory, &select).await {
        Ok(()) => {
            CheckItem::new(SUBJECT, CheckStatus::Ok, "a later read costs one call where nothing changed")
        }
        Err(error) => found(SUBJECT, &error),
    }
}

async fn mailboxes(directory: &GraphDirectory) -> CheckItem {
    const SUBJECT: &str = "read mailbox kinds";
    if directory.mailboxes.is_none() {
        // Whoever excludes such mailboxes would believe that they are.
        let detail = "not asked for: shared, room and equipment mailboxes count as people while their accounts are enabled; set \
                      mailbox_kinds = true and grant MailboxSettings.Read";
        return CheckItem::new(SUBJECT, CheckStatus::Warning, detail);
    }
    match mailbox::probe(&directory.client).await {
        Ok(true) => CheckItem::new(
            SUBJECT,
            CheckStatus::Ok,
            "shared, room and equipment mailboxes are told from people",
        ),
        Ok(false) => CheckItem::new(SUBJECT, CheckStatus::Warning, "no user has an address to look at"),
        Err(error) => found(SUBJECT, &error),
    }
}

async fn group(directory: &GraphDirectory, group: &str) -> CheckItem {
    let shown: String = group.chars().take(64).collect();
    let subject = format!("group {shown}");
    if !crate::config::is_guid(group) {
        let detail = "not an object id (a GUID); names are not looked up";
        return CheckItem::new(subject, CheckStatus::Missing, detail);
    }
    match directory.client.group(group).await {
        Ok(_) => CheckItem::new(subject, CheckStatus::Ok, "the group is there"),
        Err(error) => found(subject, &error),
    }
}

/// A missing permission or object takes one feature away; anything else means that it could not be looked at.
fn found(subject: impl Into<String>, error: &Error) -> CheckItem {
    let taken_away = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound);
    let status = if taken_away { CheckStatus::Missing } else { CheckStatus::Failed };
    CheckItem::new(subject, status, detail(error))
}

fn detail(error: &Error) -> String {
    match error.request_id() {
        Some(id) => format!("{} [request {id}]", error.message()),
        None => error.message().to_owned(),
    }
}
