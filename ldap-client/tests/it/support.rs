//! Reading a directory as the engine does.

use futures::StreamExt as _;
use ldap_client::Config;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Directory, DirectoryItem, Error, Page, PageEnd, UserQuery,
    model::{Attribute, DeltaToken, DirectoryGroup, DirectoryUser, SourceAnchor},
};

/// What a listing gave.
#[derive(Debug)]
pub struct Read {
    pub users: BTreeMap<SourceAnchor, DirectoryUser>,
    pub removed: BTreeSet<SourceAnchor>,
    pub groups: Vec<DirectoryGroup>,
    pub end: PageEnd,
}

/// What a listing gave until it failed, and why it did.
#[derive(Debug)]
pub struct Broken {
    pub rows: usize,
    pub error: Error,
}

pub async fn try_read(directory: &dyn Directory, query: &UserQuery) -> Result<Read, Broken> {
    let mut pages = directory.users(query);
    let mut read =
        Read { users: BTreeMap::new(), removed: BTreeSet::new(), groups: Vec::new(), end: PageEnd::new() };
    let (mut rows, mut ended) = (0, false);
    while let Some(page) = pages.next().await {
        assert!(!ended, "something came after the end");
        match page {
            Ok(Page::Items(items)) => {
                for item in items {
                    rows += 1;
                    match item {
                        DirectoryItem::Present(user) => {
                            read.users.insert(user.anchor.clone(), user);
                        }
                        DirectoryItem::Removed(anchor) => {
                            read.removed.insert(anchor);
                        }
                        DirectoryItem::Group(group) => read.groups.push(group),
                        other => panic!("{other:?}"),
                    }
                }
            }
            Ok(Page::End(end)) => {
                read.end = end;
                ended = true;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(pages.next().await.is_none(), "the listing goes on after its error");
                assert!(!error.to_string().contains("canary") && !error.to_string().contains('@'), "{error}");
                return Err(Broken { rows, error });
            }
        }
    }
    assert!(ended, "the listing stopped without an end");
    Ok(read)
}

pub async fn read(config: &Config, query: &UserQuery) -> Read {
    try_read(&config.clone().connect().unwrap(), query).await.unwrap()
}

pub async fn read_all(config: &Config) -> Read {
    read(config, &UserQuery::all()).await
}

pub async fn broken(config: &Config) -> Broken {
    try_read(&config.clone().connect().unwrap(), &UserQuery::all()).await.unwrap_err()
}

pub async fn check(config: &Config, groups: &[&str]) -> Vec<CheckItem> {
    let mut query = CheckQuery::default();
    query.groups.extend(groups.iter().map(|&group| group.to_owned()));
    let items = config.clone().connect().unwrap().check(&query).await.unwrap();
    for item in &items {
        assert!(!item.detail.contains('@') && !item.detail.to_lowercase().contains("canary"), "{item:?}");
    }
    items
}

pub fn status(items: &[CheckItem], subject: &str) -> CheckStatus {
    items.iter().find(|item| item.subject == subject).unwrap_or_else(|| panic!("{subject}: {items:?}")).status
}

pub fn detail<'a>(items: &'a [CheckItem], subject: &str) -> &'a str {
    &items.iter().find(|item| item.subject == subject).unwrap().detail
}

pub fn asking_for(groups: &[&str], extensions: &[&str]) -> UserQuery {
    let mut query = UserQuery::all();
    query.groups.extend(groups.iter().map(|&group| group.to_owned()));
    query.extensions.extend(extensions.iter().map(|&name| Attribute::Extension(name.to_owned())));
    query
}

pub fn since(query: &UserQuery, token: Option<DeltaToken>) -> UserQuery {
    let mut query = query.clone();
    query.since = Some(token.expect("the listing says where to go on"));
    query
}

impl Read {
    /// Somebody by the name that is signed in with, before the `@`.
    pub fn named(&self, name: &str) -> &DirectoryUser {
        self.find(name).unwrap_or_else(|| panic!("{name} is not in the listing"))
    }

    pub fn find(&self, name: &str) -> Option<&DirectoryUser> {
        self.users.values().find(|user| {
            [Attribute::SamAccountName, Attribute::UserPrincipalName].iter().any(|attribute| {
                user.attribute(attribute).is_some_and(|text| text.split('@').next() == Some(name))
            })
        })
    }

    pub fn members_of(&self, group: &str) -> BTreeSet<&str> {
        self.users
            .values()
            .filter(|user| user.groups.as_ref().unwrap().contains(group))
            .map(|user| {
                let name = user.attribute(&Attribute::SamAccountName);
                name.or_else(|| user.attribute(&Attribute::UserPrincipalName)).unwrap()
            })
            .collect()
    }
}
