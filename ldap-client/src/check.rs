//! Looks at one thing after the other, so that a setup page can say all that is missing at once.

use crate::{
    changes::{self, Start},
    config::{Schema, Security, Source},
    connection::{Connection, Search},
    groups,
    map::Context,
    paging::Pages,
    people::People,
    schema::Layout,
    server::Server,
    settings::Settings,
    token::Mark,
};
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Error, ErrorKind, Result,
    model::{Attribute, DirectoryUser},
};

const OPERATION: &str = "look at users";

/// The connection, the server, people, what is read of them, changes, and the groups that the query names.
///
/// # Errors
/// Where the server cannot be reached or refuses the account, and so nothing can be looked at.
pub(crate) async fn check(settings: &Settings, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let mut connection = Connection::open(settings).await?;
    let mut items = vec![
        protection(settings),
        CheckItem::new("sign in", CheckStatus::Ok, "the server took the password"),
    ];
    let server = match Server::ask(&mut connection, settings).await {
        Ok(server) => server,
        Err(error) => return Ok(and(items, failed("server", &error))),
    };
    items.push(about(&server, settings));
    let layout = match Layout::ask(&mut connection, &server, settings, &BTreeSet::new()).await {
        Ok(layout) => layout,
        Err(error) => return Ok(and(items, failed("schema", &error))),
    };
    items.extend(changes(&mut connection, &server, settings).await);
    for group in &query.groups {
        let shown: String = group.chars().take(200).collect();
        let subject = format!("group {}", shown.replace('@', "(at)"));
        items.push(match groups::find(&mut connection, &server, &layout, group).await {
            Ok(_) => CheckItem::new(subject, CheckStatus::Ok, "the group is there"),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let detail = "there is no such group; give its objectGUID (entryUUID) or distinguished name";
                CheckItem::new(subject, CheckStatus::Missing, detail)
            }
            Err(error) => failed(subject, &error),
        });
    }
    // Last, for a sample leaves the connection in the middle of a listing.
    let people = people(&mut connection, &server, layout).await;
    items.extend(people);
    Ok(items)
}

fn and(mut items: Vec<CheckItem>, last: CheckItem) -> Vec<CheckItem> {
    items.push(last);
    items
}

fn failed(subject: impl Into<String>, error: &Error) -> CheckItem {
    CheckItem::new(subject, CheckStatus::Failed, error.message())
}

fn protection(settings: &Settings) -> CheckItem {
    let Settings { host, port, .. } = settings;
    let (status, how) = match settings.security {
        Security::Ldaps => (CheckStatus::Ok, "TLS, certificate verified"),
        Security::StartTls => (CheckStatus::Ok, "StartTLS, certificate verified"),
        Security::Plain => (CheckStatus::Warning, "not protected; on loopback only"),
    };
    CheckItem::new("connection", status, format!("{host}:{port}, {how}"))
}

fn about(server: &Server, settings: &Settings) -> CheckItem {
    const SUBJECT: &str = "server";
    if !server.has_pages() {
        let detail = "the server cannot answer in pages; a limit on the size of answers will end listings";
        return CheckItem::new(SUBJECT, CheckStatus::Warning, detail);
    }
    let place = server.anchors.trim_end_matches(':');
    if !server.is_active_directory {
        return CheckItem::new(SUBJECT, CheckStatus::Ok, format!("no Active Directory; directory {place}"));
    }
    if settings.schema == Schema::default() {
        return CheckItem::new(SUBJECT, CheckStatus::Ok, format!("Active Directory, directory {place}"));
    }
    let detail = "Active Directory: the keys under `schema` are not used, its schema is known";
    CheckItem::new(SUBJECT, CheckStatus::Warning, detail)
}

/// A page of people, and what is read of them.
async fn people(connection: &mut Connection, server: &Server, layout: Layout) -> Vec<CheckItem> {
    const SUBJECT: &str = "read users";
    let context = Context {
        anchors: server.anchors.clone(),
        layout,
        membership: None,
        now: server.now,
        operation: OPERATION,
    };
    let users = match sample(connection, server, &context).await {
        Ok(users) => users,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return vec![CheckItem::new(
                SUBJECT,
                CheckStatus::Failed,
                format!("base_dn: {}", error.message()),
            )];
        }
        Err(error) => return vec![failed(SUBJECT, &error)],
    };
    if users.is_empty() {
        let class = context.layout.other.as_ref().map(|schema| {
            format!(", whether people have the object class `{}` (schema.person_class)", schema.person_class)
        });
        let class = class.unwrap_or_default();
        let detail =
            format!("no person is found; check base_dn{class}, and whether the account may read there");
        return vec![CheckItem::new(SUBJECT, CheckStatus::Warning, detail)];
    }
    if users.iter().all(|user| user.enabled.is_none()) {
        let detail = "people come without their account state; let the account read userAccountControl";
        return vec![CheckItem::new(SUBJECT, CheckStatus::Failed, detail)];
    }
    let disabled = users.iter().filter(|user| user.enabled == Some(false)).count();
    let source = match context.layout.source {
        Source::Accounts => "",
        Source::AddressList => " of the address list",
    };
    let found = format!("the first page has {} people{source}, {disabled} of them disabled", users.len());
    vec![CheckItem::new(SUBJECT, CheckStatus::Ok, found), attributes(&users, &context.layout)]
}

async fn sample(
    connection: &mut Connection,
    server: &Server,
    context: &Context,
) -> Result<Vec<DirectoryUser>> {
    let mut search = Search::below(&server.base, context.layout.people(), &[]);
    search.attributes = context.layout.asked();
    let entries = Pages::new(OPERATION, server, search).next(connection).await?.unwrap_or_default();
    People::default().of(context, &entries)
}

/// Attributes that nobody in the sample has: empty, or hidden from the account, which LDAP does not tell apart.
fn attributes(users: &[DirectoryUser], layout: &Layout) -> CheckItem {
    const SUBJECT: &str = "read attributes";
    let has = |attribute: &Attribute| users.iter().any(|user| user.attribute(attribute).is_some());
    let mut blank: Vec<&str> = Vec::new();
    let mut unknown: Vec<&str> = Vec::new();
    for (attribute, name) in &layout.attributes {
        if !layout.knows(name) {
            unknown.push(name);
        } else if !has(attribute) {
            blank.push(name);
        }
    }
    let mut told = Vec::new();
    if !blank.is_empty() {
        told.push(format!(
            "nobody on the first page has {}: empty, or hidden from this account",
            blank.join(", ")
        ));
    }
    if !unknown.is_empty() {
        told.push(format!("the server does not know {}, which stays unread", unknown.join(", ")));
    }
    let no_addresses = !has(&Attribute::Mail);
    let status = if no_addresses { CheckStatus::Warning } else { CheckStatus::Ok };
    if told.is_empty() {
        told.push("every attribute is there".to_owned());
    }
    CheckItem::new(SUBJECT, status, told.join("; "))
}

async fn changes(connection: &mut Connection, server: &Server, settings: &Settings) -> Option<CheckItem> {
    const SUBJECT: &str = "read changes";
    Some(match changes::start(connection, server, settings).await {
        Ok(Start::Possible { mark: Mark::DirSync(_), .. }) => {
            CheckItem::new(SUBJECT, CheckStatus::Ok, "by DirSync, deletions included")
        }
        Ok(Start::Possible { mark: Mark::Usn(_), .. }) => {
            let detail = "by update sequence numbers of this domain controller, deletions included";
            CheckItem::new(SUBJECT, CheckStatus::Ok, detail)
        }
        Ok(Start::Impossible(why)) => {
            let detail = format!("{why}; every read is a whole one");
            CheckItem::new(SUBJECT, CheckStatus::Missing, detail)
        }
        Err(error) => failed(SUBJECT, &error),
    })
}
