//! What changed since a mark, in Active Directory: by `DirSync`, or by update sequence numbers.
//!
//! Either answers only which objects were touched. A row of `DirSync` holds what changed and shows a cleared attribute
//! by its absence, so it is no record; the objects are read again ([`crate::incremental`]).

use crate::{
    config::Changes,
    connection::{Connection, Search},
    controls,
    entry::Entry,
    error::{Failure, unexpected},
    filter::{self, Filter},
    paging::read_all,
    schema::Layout,
    server::Server,
    settings::Settings,
    token::{Mark, expired},
    wire,
};
use std::collections::BTreeMap;
use sync_core::Result;

pub(crate) const OPERATION: &str = "list changes";

/// The most objects that are read again one by one; beyond, a whole read costs less.
const MOST_TOUCHED: usize = 20_000;

/// Whether changes can be told from now on.
#[derive(Debug)]
pub(crate) enum Start {
    /// From here, on this life of the controller's database.
    Possible { mark: Mark, invocation: String },
    /// Why not.
    Impossible(&'static str),
}

/// One object that was touched.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Touched {
    /// Its name says that it was deleted.
    pub(crate) deleted: bool,
    /// It may have been moved or renamed.
    pub(crate) moved: bool,
}

/// Objects by the bytes of their ids, and where to go on.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) touched: BTreeMap<[u8; 16], Touched>,
    pub(crate) mark: Mark,
}

/// Takes a mark. Whatever changes afterwards is told from there, so this comes before a whole read.
///
/// An account that cannot see deleted objects gets no mark: nobody's departure would ever be told.
///
/// # Errors
/// As for any search.
pub(crate) async fn start(
    connection: &mut Connection,
    server: &Server,
    settings: &Settings,
) -> Result<Start> {
    if !server.is_active_directory {
        return Ok(Start::Impossible("the server is not Active Directory"));
    }
    if settings.changes == Changes::Off {
        return Ok(Start::Impossible("changes = \"off\""));
    }
    let Some(invocation) = server.invocation(connection).await? else {
        return Ok(Start::Impossible("the account cannot read the domain controller's invocationId"));
    };
    if !sees_deleted(connection, server).await? {
        return Ok(Start::Impossible(
            "the account cannot see deleted objects; grant it List Contents and Read Property on the container \
             Deleted Objects",
        ));
    }
    if settings.changes != Changes::Usn && server.knows(wire::CONTROL_DIR_SYNC) {
        match dir_sync_mark(connection, server).await {
            Ok(cookie) => return Ok(Start::Possible { mark: Mark::dir_sync(&cookie), invocation }),
            Err(failure) if failure.code().is_none() => return Err(failure.into_error(OPERATION)),
            Err(_) if settings.changes == Changes::DirSync => {
                return Ok(Start::Impossible("the server refuses DirSync to this account"));
            }
            Err(_) => tracing::info!("DirSync is refused; changes are found by update sequence numbers"),
        }
    } else if settings.changes == Changes::DirSync {
        return Ok(Start::Impossible("the server does not know DirSync"));
    }
    match server.controller.last_change {
        Some(last) => Ok(Start::Possible { mark: Mark::Usn(last), invocation }),
        None => Ok(Start::Impossible("the server does not tell its last change")),
    }
}

/// Whether deleted objects can be listed. Anybody may see that their container is there; that it can be read shows in
/// an attribute of it.
async fn sees_deleted(connection: &mut Connection, server: &Server) -> Result<bool> {
    if !server.knows(wire::CONTROL_SHOW_DELETED) {
        return Ok(false);
    }
    let container = format!("<WKGUID={},{}>", wire::DELETED_OBJECTS, server.root);
    let search =
        Search::entry(container, filter::anything(), &[wire::IS_DELETED]).with(controls::show_deleted());
    match connection.search(&search).await {
        Ok(answer) => Ok(answer.entries.iter().any(|entry| entry.flag(wire::IS_DELETED) == Some(true))),
        Err(failure) if failure.code().is_some() => Ok(false),
        Err(failure) => Err(failure.into_error(OPERATION)),
    }
}

/// A cookie for "now", without a row: no object has this id.
async fn dir_sync_mark(connection: &mut Connection, server: &Server) -> Result<Vec<u8>, Failure> {
    let nobody = filter::equals_bytes(wire::OBJECT_GUID, &[0; 16]);
    let (_, cookie) =
        dir_sync(connection, server, &nobody, &[wire::OBJECT_GUID.to_owned()], Vec::new()).await?;
    Ok(cookie)
}

/// Reads with `DirSync` until there is no more.
async fn dir_sync(
    connection: &mut Connection,
    server: &Server,
    filter: &Filter,
    attributes: &[String],
    mut cookie: Vec<u8>,
) -> Result<(Vec<Entry>, Vec<u8>), Failure> {
    let mut rows = Vec::new();
    for _ in 0..server.max_pages {
        // The control is only taken at the root of a naming context.
        let mut search = Search::below(&server.root, filter.clone(), &[]).with(controls::dir_sync(&cookie));
        search.attributes = attributes.to_vec();
        let answer = connection.search(&search).await?;
        rows.extend(answer.entries);
        let end = controls::dir_sync_end(&answer.controls).ok_or(Failure::Unreadable)?;
        cookie = end.cookie;
        if !end.more {
            break;
        }
    }
    Ok((rows, cookie))
}

/// What changed since a mark of this server's.
///
/// # Errors
/// `DeltaExpired` where the server does not take the mark any more or too much changed, and as for any search.
pub(crate) async fn since(
    connection: &mut Connection,
    server: &Server,
    layout: &Layout,
    with_groups: bool,
    mark: &Mark,
) -> Result<Changed> {
    let user = filter::equals(wire::OBJECT_CLASS, "user");
    // Deleted objects keep their class and lose their category, so the class alone is asked for.
    let classes =
        if with_groups { filter::any_of([user, filter::equals(wire::OBJECT_CLASS, "group")]) } else { user };
    let (rows, mark) = match mark {
        Mark::DirSync(text) => {
            let Some(cookie) = Mark::cookie(text) else { return Err(expired("it cannot be read")) };
            let mut attributes = layout.asked();
            attributes.extend([wire::NAME, wire::IS_DELETED, wire::MEMBER].map(str::to_owned));
            match dir_sync(connection, server, &classes, &attributes, cookie).await {
                Ok((rows, cookie)) => (rows, Mark::dir_sync(&cookie)),
                // Servers answer an old or foreign cookie with various codes.
                Err(failure) if failure.code().is_some() => {
                    return Err(expired("the server does not take it any more"));
                }
                Err(failure) => return Err(failure.into_error(OPERATION)),
            }
        }
        Mark::Usn(last) => {
            let Some(now) = server.controller.last_change.filter(|now| now >= last) else {
                return Err(expired("the domain controller counts fewer changes than then"));
            };
            let later = filter::at_least(wire::USN_CHANGED, i128::from(*last) + 1);
            let search = Search::below(
                &server.root,
                filter::all_of([classes, later]),
                &[wire::OBJECT_GUID, wire::IS_DELETED],
            );
            let search = search.with(controls::show_deleted());
            (read_all(OPERATION, server, connection, search).await?, Mark::Usn(now))
        }
    };
    let by_number = matches!(mark, Mark::Usn(_));
    let mut touched: BTreeMap<[u8; 16], Touched> = BTreeMap::new();
    for row in rows {
        let Some(id) = row.bytes(wire::OBJECT_GUID).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) else {
            return Err(unexpected(OPERATION, "a changed object has no objectGUID"));
        };
        let object = touched.entry(id).or_default();
        object.deleted |= row.flag(wire::IS_DELETED) == Some(true) || row.dn.contains("\\0ADEL:");
        // A number does not say what changed.
        object.moved |= by_number || row.has(wire::NAME) || row.has(wire::PARENT_GUID);
    }
    if touched.len() > MOST_TOUCHED {
        return Err(expired("so much changed that a whole read costs less"));
    }
    Ok(Changed { touched, mark })
}
