//! What Windows does and Samba does not, played by a server that answers as it is told to.

use crate::{
    fake::{Asked, Fake, Reply},
    support::{asking_for, read, since, try_read},
};
use ldap_client::{Changes, Config, NestedGroups, Security};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use sync_core::ErrorKind;

const DOMAIN: &str = "DC=corp,DC=example,DC=com";
const GROUP: &str = "CN=Big,DC=corp,DC=example,DC=com";

fn config(fake: &Fake) -> Config {
    let mut config = Config::new("127.0.0.1", "reader", "canary-password".to_owned().into());
    config.security = Security::Plain;
    config.port = Some(fake.port);
    config.nested_groups = NestedGroups::Walk;
    config.changes = Changes::Off;
    config
}

fn root_dse() -> Vec<Reply> {
    let values: &[&[u8]] = &[b"1.2.840.113556.1.4.319", b"1.2.840.113556.1.4.841", b"1.2.840.113556.1.4.417"];
    vec![
        Reply::with(
            "",
            &[
                ("supportedCapabilities", &[b"1.2.840.113556.1.4.800"]),
                ("defaultNamingContext", &[DOMAIN.as_bytes()]),
                ("namingContexts", &[DOMAIN.as_bytes()]),
                ("schemaNamingContext", &[b"CN=Schema"]),
                ("dsServiceName", &[b"CN=Settings"]),
                ("dnsHostName", &[b"dc1.corp.example.com"]),
                ("highestCommittedUSN", &[b"100"]),
                ("currentTime", &[b"20261128113227.0Z"]),
                ("supportedControl", values),
            ],
        ),
        Reply::done(0),
    ]
}

/// The last page, with these entries in it.
fn page(mut entries: Vec<Reply>) -> Vec<Reply> {
    entries.push(Reply::page(b""));
    entries
}

fn person(number: u8) -> Reply {
    let name = format!("p{number}");
    Reply::with(
        &format!("CN={name},{DOMAIN}"),
        &[
            ("objectGUID", &[&[number; 16]]),
            ("sAMAccountName", &[name.as_bytes()]),
            ("userAccountControl", &[b"512"]),
            ("objectClass", &[b"top", b"user"]),
        ],
    )
}

/// What every one of these servers says alike; `None` for what a test is about.
fn common(asked: &Asked) -> Option<Vec<Reply>> {
    Some(match asked.base.as_str() {
        "" => root_dse(),
        "CN=Schema" => page(vec![Reply::entry("CN=a", &[("lDAPDisplayName", "objectGUID")])]),
        "CN=Settings" => vec![Reply::with("CN=Settings", &[("invocationId", &[&[9; 16]])]), Reply::done(0)],
        DOMAIN if asked.attributes == ["objectSid"] => vec![Reply::with(DOMAIN, &[]), Reply::done(0)],
        base if base.starts_with("<WKGUID=") => {
            vec![Reply::entry("CN=Deleted Objects", &[("isDeleted", "TRUE")]), Reply::done(0)]
        }
        _ => return None,
    })
}

/// A group whose members come in pieces: empty under its name, with the first piece beside it.
async fn in_pieces(second: &'static str, third: &'static str) -> Fake {
    Fake::start(move |asked| {
        if let Some(reply) = common(&asked) {
            return reply;
        }
        let member = |number: u8| format!("CN=p{number},{DOMAIN}");
        let piece = |name: &str, numbers: [u8; 2]| {
            let members = numbers.map(member);
            let values: Vec<&[u8]> = members.iter().map(String::as_bytes).collect();
            vec![Reply::with(GROUP, &[("member", &[]), (name, &values)]), Reply::done(0)]
        };
        match asked.attributes.first().map(String::as_str) {
            Some("member;range=0-1499") => piece("member;range=0-1", [1, 2]),
            Some("member;range=2-*") => piece(second, [3, 4]),
            Some("member;range=4-*") => piece(third, [5, 6]),
            Some("1.1") => page(vec![Reply::with(GROUP, &[])]),
            _ if asked.base == GROUP => vec![Reply::entry(GROUP, &[("cn", "Big")]), Reply::done(0)],
            _ => page((1..=7).map(person).collect()),
        }
    })
    .await
}

#[tokio::test]
async fn members_that_come_in_pieces_are_put_together() {
    let fake = in_pieces("member;range=2-3", "member;range=4-*").await;
    let read = read(&config(&fake), &asking_for(&[GROUP], &[])).await;
    assert_eq!(read.members_of(GROUP), BTreeSet::from(["p1", "p2", "p3", "p4", "p5", "p6"]));
    assert_eq!(read.users.len(), 7);
}

#[tokio::test]
async fn pieces_that_do_not_fit_are_an_error_and_no_smaller_group() {
    for (second, third) in [
        ("member;range=2-1", "member;range=4-*"),
        ("member;range=2-2", "nothing"),
        ("member", "member;range=4-*"),
        ("member;range=2-3", "other;range=4-*"),
    ] {
        let fake = in_pieces(second, third).await;
        let directory = config(&fake).connect().unwrap();
        let broken = try_read(&directory, &asking_for(&[GROUP], &[])).await.unwrap_err();
        assert_eq!(
            (broken.error.kind(), broken.rows),
            (ErrorKind::UnexpectedResponse, 0),
            "{second} {third}"
        );
    }
}

#[tokio::test]
async fn a_chain_that_is_too_much_for_the_server_is_walked() {
    for code in [3, 11] {
        let fake = Fake::start(move |asked| {
            if asked.filter.contains("1.2.840.113556.1.4.1941") {
                return vec![Reply::done(code)];
            }
            if let Some(reply) = common(&asked) {
                return reply;
            }
            let members = format!("CN=p3,{DOMAIN}");
            match asked.attributes.first().map(String::as_str) {
                Some("member;range=0-1499") => {
                    vec![Reply::entry(GROUP, &[("member;range=0-*", &members)]), Reply::done(0)]
                }
                Some("1.1") => page(vec![Reply::with(GROUP, &[])]),
                _ if asked.base == GROUP => vec![Reply::entry(GROUP, &[("cn", "Big")]), Reply::done(0)],
                _ => page((1..=7).map(person).collect()),
            }
        })
        .await;
        let mut config = config(&fake);
        config.nested_groups = NestedGroups::Auto;
        let read = read(&config, &asking_for(&[GROUP], &[])).await;
        assert_eq!(read.members_of(GROUP), BTreeSet::from(["p3"]), "{code}");
    }
}

#[tokio::test]
async fn dir_sync_is_read_until_there_is_no_more() {
    let cookies = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&cookies);
    let fake = Fake::start(move |asked| {
        if let Some(reply) = common(&asked) {
            return reply;
        }
        let row = |number: u8| {
            Reply::with(
                &format!("CN=p{number},{DOMAIN}"),
                &[("objectGUID", &[&[number; 16]]), ("title", &[b"x"])],
            )
        };
        if let Some((_, value)) = asked.controls.iter().find(|(name, _)| name == "1.2.840.113556.1.4.841") {
            assert_eq!(asked.base, DOMAIN, "it is only taken at the root");
            let cookie = String::from_utf8_lossy(value.get(value.len() - 3..).unwrap()).into_owned();
            seen.lock().unwrap().push(cookie.clone());
            // The first mark takes two answers as well, without a row.
            return match cookie.as_str() {
                "c1a" => vec![Reply::dir_sync(false, b"c1b")],
                "c1b" => vec![row(1), row(2), Reply::dir_sync(true, b"c2a")],
                "c2a" => vec![row(3), Reply::dir_sync(true, b"c2b")],
                "c2b" => vec![Reply::dir_sync(false, b"c2c")],
                _ => vec![Reply::dir_sync(true, b"c1a")],
            };
        }
        if asked.filter.contains("accountExpires") {
            return page(Vec::new());
        }
        if asked.controls.iter().any(|(name, _)| name == "1.2.840.113556.1.4.417") {
            return page((1..=3).map(person).collect());
        }
        page((1..=7).map(person).collect())
    })
    .await;
    let mut config = config(&fake);
    config.changes = Changes::DirSync;
    let query = sync_core::UserQuery::all();
    let whole = read(&config, &query).await;
    assert_eq!(whole.users.len(), 7);
    assert_eq!(cookies.lock().unwrap().len(), 2, "until there was no more");
    let changes = read(&config, &since(&query, whole.end.resume)).await;
    assert_eq!(changes.users.len(), 3, "rows of every answer");
    let seen = cookies.lock().unwrap().clone();
    assert_eq!(seen.get(4..), Some(&["c1b", "c2a", "c2b"].map(str::to_owned)[..]), "{seen:?}");
}

#[tokio::test]
async fn where_dir_sync_is_refused_sequence_numbers_are_used_and_say_so() {
    let fake = Fake::start(|asked| {
        if let Some(reply) = common(&asked) {
            return reply;
        }
        if asked.controls.iter().any(|(name, _)| name == "1.2.840.113556.1.4.841") {
            return vec![Reply::done(50)];
        }
        page(vec![person(1)])
    })
    .await;
    let query = sync_core::UserQuery::all();
    let mut either = config(&fake);
    either.changes = Changes::Auto;
    let token = read(&either, &query).await.end.resume.unwrap();
    assert!(token.expose().contains("\"usn\":100"), "{}", token.expose());
    let mut only = config(&fake);
    only.changes = Changes::DirSync;
    assert!(read(&only, &query).await.end.resume.is_none());
    let items = crate::support::check(&either, &[]).await;
    assert!(crate::support::detail(&items, "read changes").contains("sequence numbers"));
}

#[tokio::test]
async fn people_without_an_account_state_are_a_missing_right_and_nobody_is_taken_for_disabled() {
    let fake = Fake::start(|asked| {
        common(&asked).unwrap_or_else(|| {
            let nobody = |number: u8| {
                Reply::with(&format!("CN=p{number},{DOMAIN}"), &[("objectGUID", &[&[number; 16]])])
            };
            page((1..=3).map(nobody).collect())
        })
    })
    .await;
    let directory = config(&fake).connect().unwrap();
    let broken = try_read(&directory, &sync_core::UserQuery::all()).await.unwrap_err();
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::PermissionDenied, 0), "{}", broken.error);
}

/// An account of which this one may read little, for instance an administrator's.
fn hidden(number: u8) -> Reply {
    let name = format!("p{number}");
    Reply::with(
        &format!("CN={name},{DOMAIN}"),
        &[("objectGUID", &[&[number; 16]]), ("sAMAccountName", &[name.as_bytes()])],
    )
}

#[tokio::test]
async fn one_account_of_unknown_state_on_the_last_page_ends_no_listing_and_is_not_disabled() {
    let mut pages = 0;
    let fake = Fake::start(move |asked| {
        common(&asked).unwrap_or_else(|| {
            pages += 1;
            if pages == 1 {
                return vec![person(1), person(2), Reply::page(b"more")];
            }
            page(vec![hidden(3)])
        })
    })
    .await;
    let read = read(&config(&fake), &sync_core::UserQuery::all()).await;
    let states: Vec<Option<bool>> = ["p1", "p2", "p3"].iter().map(|name| read.named(name).enabled).collect();
    assert_eq!(states, [Some(true), Some(true), None]);
}

/// A domain in which `p3` changed since a read of everybody; `others` are found by a look at who has a state.
async fn changed(
    now: fn(u8) -> Reply,
    others: fn() -> Vec<Reply>,
) -> Result<crate::support::Read, crate::support::Broken> {
    let fake = Fake::start(move |asked| {
        if let Some(reply) = common(&asked) {
            return reply;
        }
        if asked.controls.iter().any(|(name, _)| name == "1.2.840.113556.1.4.841") {
            // The first is the mark of the whole read.
            let row = Reply::with(&format!("CN=p3,{DOMAIN}"), &[("objectGUID", &[&[3; 16]])]);
            let is_mark = asked.filter.contains("\0\0\0\0\0\0\0\0");
            let rows = if is_mark { Vec::new() } else { vec![row] };
            return rows.into_iter().chain([Reply::dir_sync(false, b"c")]).collect();
        }
        if asked.filter.contains("accountExpires") {
            return page(Vec::new());
        }
        if asked.controls.iter().any(|(name, _)| name == "1.2.840.113556.1.4.417") {
            return page(vec![now(3)]);
        }
        if asked.filter.contains("userAccountControl") {
            return page(others());
        }
        page((1..=4).map(person).collect())
    })
    .await;
    let mut config = config(&fake);
    config.changes = Changes::DirSync;
    let query = sync_core::UserQuery::all();
    let whole = read(&config, &query).await;
    try_read(&config.connect().unwrap(), &since(&query, whole.end.resume)).await
}

fn with_class(account: u8, name: &str, more: &[(&str, &[&[u8]])]) -> Reply {
    let id = [account; 16];
    let mut all: Vec<(&str, &[&[u8]])> = vec![("objectClass", &[b"top", b"user"])];
    let (ids, names): ([&[u8]; 1], [&[u8]; 1]) = ([&id], [name.as_bytes()]);
    all.extend([("objectGUID", &ids[..]), ("sAMAccountName", &names[..])]);
    all.extend(more);
    Reply::with(&format!("CN=p{account},{DOMAIN}"), &all)
}

#[tokio::test]
async fn a_changed_account_of_unknown_state_is_believed_where_others_have_one_and_refused_where_nobody_has() {
    let partly: fn(u8) -> Reply = |number| with_class(number, "p3", &[]);
    let read = changed(partly, || vec![person(1)]).await.unwrap();
    assert_eq!((read.users.len(), read.named("p3").enabled), (1, None));
    for nobody in [Vec::new as fn() -> Vec<Reply>, || vec![hidden(1)]] {
        let broken = changed(partly, nobody).await.unwrap_err();
        assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::PermissionDenied, 0), "{}", broken.error);
    }
}

#[tokio::test]
async fn somebody_who_became_an_account_of_nobodys_is_found_by_a_whole_read() {
    let renamed = changed(|number| with_class(number, "p3$", &[("userAccountControl", &[b"512"])]), Vec::new);
    let broken = renamed.await.unwrap_err();
    assert_eq!((broken.error.kind(), broken.rows), (ErrorKind::DeltaExpired, 0), "{}", broken.error);
    let system: fn(u8) -> Reply = |number| {
        let critical: &[(&str, &[&[u8]])] =
            &[("userAccountControl", &[b"512"]), ("isCriticalSystemObject", &[b"TRUE"])];
        with_class(number, "krbtgt", critical)
    };
    let read = changed(system, Vec::new).await.unwrap();
    assert!(read.users.is_empty() && read.removed.is_empty(), "the system's own never was a person");
}
