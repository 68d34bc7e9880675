//! The listing of users: what must be known first, pages, deleted users, what the groups are called, end.
//!
//! Pages are handed on as they come, so memory is bounded by two pages and not by the directory.

use crate::{
    connection::{Connection, Search},
    controls, filter, incremental,
    map::Context,
    paging::{Pages, read_all},
    people::People,
    reading::Reading,
    server::Server,
    settings::Settings,
    token::Mark,
    wire,
};
use futures::stream::{self, BoxStream, StreamExt as _};
use sync_core::{DirectoryItem, Error, ErrorKind, Page, PageEnd, Result, UserQuery};

pub(crate) const OPERATION: &str = "list users";

/// Streams what `query` asks for.
pub(crate) fn listing<'a>(
    settings: &'a Settings,
    query: &'a UserQuery,
) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
    stream::try_unfold(Phase::Prepare, move |phase| Box::pin(step(settings, query, phase))).boxed()
}

enum Phase {
    Prepare,
    Pages {
        reading: Box<Reading>,
        pages: Box<Pages>,
        people: Box<People>,
        /// Somebody had an account state: the account may read it.
        stated: bool,
    },
    Deleted {
        reading: Box<Reading>,
    },
    /// Everything is read; rows that are left, and where changes go on.
    Last {
        reading: Box<Reading>,
        items: Vec<DirectoryItem>,
        mark: Option<Mark>,
    },
    End {
        reading: Box<Reading>,
        mark: Option<Mark>,
    },
    Done,
}

async fn step(
    settings: &Settings,
    query: &UserQuery,
    mut phase: Phase,
) -> Result<Option<(Page<DirectoryItem>, Phase)>> {
    loop {
        phase = match phase {
            Phase::Prepare => prepare(settings, query).await?,
            Phase::Pages { mut reading, mut pages, mut people, mut stated } => {
                match pages.next(&mut reading.connection).await? {
                    None => Phase::Deleted { reading },
                    Some(entries) => {
                        let present = people.of(&reading.context, &entries)?;
                        let mut items: Vec<_> = present.into_iter().map(DirectoryItem::Present).collect();
                        if !stated {
                            believe(settings, &reading.server, &reading.context, &items).await?;
                            stated = !items.is_empty();
                        }
                        items.extend(
                            std::mem::take(&mut reading.described).into_iter().map(DirectoryItem::Group),
                        );
                        if items.is_empty() {
                            Phase::Pages { reading, pages, people, stated }
                        } else {
                            let next = Phase::Pages { reading, pages, people, stated };
                            return Ok(Some((Page::Items(items), next)));
                        }
                    }
                }
            }
            Phase::Deleted { mut reading } => {
                let items = if settings.read_deleted { deleted(&mut reading).await? } else { Vec::new() };
                Phase::Last { reading, items, mark: None }
            }
            Phase::Last { mut reading, mut items, mark } => {
                items.extend(std::mem::take(&mut reading.described).into_iter().map(DirectoryItem::Group));
                let next = Phase::End { reading, mark };
                if items.is_empty() {
                    next
                } else {
                    return Ok(Some((Page::Items(items), next)));
                }
            }
            Phase::End { reading, mark } => {
                let end = PageEnd::new().with_resume(reading.resume(mark)?);
                return Ok(Some((Page::End(end), Phase::Done)));
            }
            Phase::Done => return Ok(None),
        }
    }
}

async fn prepare(settings: &Settings, query: &UserQuery) -> Result<Phase> {
    let mut reading = Box::new(Reading::open(settings, query, OPERATION).await?);
    if let Some(kept) = &query.since {
        let (items, mark) = incremental::read(&mut reading, kept).await?;
        believe(settings, &reading.server, &reading.context, &items).await?;
        return Ok(Phase::Last { reading, items, mark: Some(mark) });
    }
    let mut search = Search::below(&reading.server.base, reading.context.layout.people(), &[]);
    search.attributes = reading.context.layout.asked();
    let pages = Box::new(Pages::new(OPERATION, &reading.server, search));
    Ok(Phase::Pages { reading, pages, people: Box::default(), stated: false })
}

/// Refuses people of whom nobody has an account state where nobody else has one either: that is an account without the right
/// to read it. Where others have one, these few are of unknown state.
///
/// # Errors
/// `PermissionDenied`, and as for any search.
async fn believe(
    settings: &Settings,
    server: &Server,
    context: &Context,
    items: &[DirectoryItem],
) -> Result<()> {
    let mut people = items
        .iter()
        .filter_map(|item| if let DirectoryItem::Present(user) = item { Some(user) } else { None });
    let Some(first) = people.next() else { return Ok(()) };
    if first.enabled.is_some()
        || people.any(|user| user.enabled.is_some())
        || anybody_has_a_state(settings, server, context).await?
    {
        return Ok(());
    }
    let message = format!("people come without `{}`; let the account read it", wire::ACCOUNT_CONTROL);
    Err(Error::new(ErrorKind::PermissionDenied, OPERATION, message))
}

/// Asked over a connection of its own: the listing's next page is on its way over the other one. A state that may not be
/// read fits no filter.
async fn anybody_has_a_state(settings: &Settings, server: &Server, context: &Context) -> Result<bool> {
    let has_state = filter::at_least(wire::ACCOUNT_CONTROL, 0);
    let people = filter::all_of([context.layout.people(), has_state]);
    let search = Search::below(&server.base, people, &[wire::ACCOUNT_CONTROL]);
    let mut connection = Connection::open(settings).await?;
    let page = Pages::new(OPERATION, server, search).next(&mut connection).await?;
    Ok(page.is_some_and(|page| page.iter().any(|entry| entry.has(wire::ACCOUNT_CONTROL))))
}

/// People whom the directory itself says it deleted, as long as it remembers them.
async fn deleted(reading: &mut Reading) -> Result<Vec<DirectoryItem>> {
    if !reading.server.is_active_directory {
        return Ok(Vec::new());
    }
    let filter = filter::all_of([
        filter::equals(wire::IS_DELETED, "TRUE"),
        filter::equals(wire::OBJECT_CLASS, "user"),
    ]);
    let search = Search::below(&reading.server.root, filter, &[wire::OBJECT_GUID, wire::OBJECT_CLASS])
        .with(controls::show_deleted());
    let mut items = Vec::new();
    for entry in read_all("list deleted users", &reading.server, &mut reading.connection, search).await? {
        if !entry.texts(wire::OBJECT_CLASS).any(|class| class.eq_ignore_ascii_case("computer")) {
            items.push(DirectoryItem::Removed(reading.context.anchor(&entry)?));
        }
    }
    Ok(items)
}
