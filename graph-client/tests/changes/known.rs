//! What is known of a tenant, brought up to date read by read, and compared with a whole read.

use graph_client::{GraphConfig, GraphDirectory};
use sync_core::{
    DirectoryExt as _, ErrorKind, UserQuery,
    model::{Attribute, DeltaToken, DirectoryUser},
    snapshot::Completeness,
    store::{BaseUsers, Rows},
};
use sync_sandbox::{Options, Sandbox, Vendor};

pub(crate) const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(crate) const NESTED: &str = "aaaaaaaa-0000-4000-8000-000000000002";
pub(crate) const ELSEWHERE: &str = "aaaaaaaa-0000-4000-8000-000000000003";

pub(crate) fn config(sandbox: &Sandbox) -> GraphConfig {
    let access = sandbox.graph();
    let secret = access.client_secret.clone().into();
    let mut config = GraphConfig::new(access.tenant_id.clone(), access.client_id.clone(), secret);
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config
}

pub(crate) async fn tenant(users: usize) -> (Sandbox, GraphDirectory) {
    let sandbox = Sandbox::start(Options::sized(users, 0)).await.unwrap();
    let directory = config(&sandbox).connect().unwrap();
    (sandbox, directory)
}

/// What is known of a tenant, kept from read to read.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) base: BaseUsers,
    resume: Option<DeltaToken>,
    completeness: Option<Completeness>,
}

/// How a read was made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Whole,
    /// This many users and departures.
    Changes(usize),
}

impl Known {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &DirectoryUser> {
        self.base.users.iter()
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.completeness.as_ref().is_some_and(Completeness::is_complete)
    }
}

/// Brings what is known up to date.
pub(crate) async fn refreshed(directory: &GraphDirectory, known: &mut Known, query: &UserQuery) -> Read {
    tried(directory, known, query).await.unwrap()
}

/// Brings what is known up to date, or leaves it as it is where the read is refused.
pub(crate) async fn tried(
    directory: &GraphDirectory,
    known: &mut Known,
    query: &UserQuery,
) -> Result<Read, ErrorKind> {
    let mut query = query.clone();
    query.since.clone_from(&known.resume);
    let read = directory.read(&query).await.map_err(|error| error.kind())?;
    (known.resume, known.completeness) = (read.resume, Some(read.completeness));
    Ok(match read.rows {
        Rows::Replace(rows) => {
            known.base = rows;
            Read::Whole
        }
        Rows::Fold(rows) => {
            let count = rows.users.len() + rows.removed.len();
            known.base.fold(rows);
            Read::Changes(count)
        }
        Rows::Keep => panic!("a read that read nothing"),
    })
}

/// What a whole read says at this moment.
pub(crate) async fn whole(directory: &GraphDirectory, query: &UserQuery) -> Vec<DirectoryUser> {
    let mut known = Known::new();
    assert_eq!(refreshed(directory, &mut known, query).await, Read::Whole);
    assert!(known.is_complete());
    known.base.users
}

pub(crate) async fn agrees(directory: &GraphDirectory, known: &Known, query: &UserQuery) {
    let expected = whole(directory, query).await;
    for (a, b) in known.users().zip(&expected) {
        assert!(a == b, "{} differs: {:?} / {:?}", a.anchor, a.attributes, b.attributes);
    }
    assert_eq!(known.users().count(), expected.len());
    assert!(known.users().all(|user| !known.base.removed.contains(&user.anchor)), "there and removed");
}

pub(crate) fn in_group() -> UserQuery {
    let mut query = UserQuery::all();
    query.groups.insert(GROUP.to_owned());
    query
}

pub(crate) fn with_managers(mut query: UserQuery) -> UserQuery {
    query.extensions.extend(["manager", "manager_mail"].map(|name| Attribute::Extension(name.into())));
    query
}

pub(crate) fn graph_calls(sandbox: &Sandbox) -> u64 {
    sandbox.calls().of(Vendor::Graph)
}
