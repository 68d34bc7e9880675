//! The groups that a query names: found, described, and their members resolved, groups in groups included.
//!
//! A membership that came short would put people out of scope, so it is an error and never a smaller group.

use crate::{
    config::NestedGroups,
    connection::{Connection, Search},
    dn,
    entry::Entry,
    error::{ADMIN_LIMIT, TIME_LIMIT, UNAVAILABLE_CRITICAL_EXTENSION},
    filter, guid,
    members::Membership,
    paging::{ReadError, read_all},
    ranges,
    schema::Layout,
    server::Server,
    state, wire,
};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{Error, ErrorKind, Result, model::DirectoryGroup};

pub(crate) const OPERATION: &str = "resolve groups";

/// The most groups that one group may hold, in any depth.
const MOST_NESTED: usize = 100_000;

/// What was asked of groups.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) membership: Membership,
    /// The groups themselves, spelled as they were asked for.
    pub(crate) described: Vec<DirectoryGroup>,
    /// The comparable names of those groups and of every group in them.
    pub(crate) closure: BTreeSet<String>,
}

/// Resolves each group once.
///
/// # Errors
/// `NotFound` naming the group, and as for any search.
pub(crate) async fn resolve(
    connection: &mut Connection,
    server: &Server,
    layout: &Layout,
    nested: NestedGroups,
    asked: &BTreeSet<String>,
) -> Result<Groups> {
    let mut groups = Groups::default();
    let domain = if server.is_active_directory { server.domain_sid(connection).await? } else { None };
    let mut walker = Walker { server, layout, all: None };
    for id in asked {
        let entry = find(connection, server, layout, id).await?;
        groups.described.push(describe(id, &entry));
        let place = groups.membership.add_group(id);
        let follow = server.is_active_directory && nested == NestedGroups::Auto;
        let followed = if follow { follow_chain(connection, server, layout, &entry).await? } else { None };
        let found = match followed {
            Some(found) => found,
            None => walker.walk(connection, &entry).await?,
        };
        for id in found.ids {
            groups.membership.add_id(id, place);
        }
        for name in found.names {
            groups.membership.add_name(name, place);
        }
        for sid in &found.sids {
            if let (Some((of, number)), Some(domain)) = (guid::split_sid(sid), &domain)
                && of == domain.as_slice()
            {
                groups.membership.add_primary(number, place);
            }
        }
        groups.closure.extend(found.groups);
    }
    Ok(groups)
}

/// The members of one group.
#[derive(Debug, Default)]
struct Found {
    /// Ids of people.
    ids: Vec<String>,
    /// Comparable names of whatever is a member.
    names: Vec<String>,
    /// Comparable names of the group and of every group in it.
    groups: BTreeSet<String>,
    /// Their security ids.
    sids: Vec<Vec<u8>>,
}

/// Finds a group by its id or its distinguished name.
///
/// # Errors
/// `NotFound` naming it as it was asked for; `ConfigInvalid` where the server knows no attribute with members.
pub(crate) async fn find(
    connection: &mut Connection,
    server: &Server,
    layout: &Layout,
    asked: &str,
) -> Result<Entry> {
    if let Some(schema) = &layout.other
        && schema.group_members.iter().all(|name| layout.is_unknown(name))
    {
        let names = schema.group_members.join(", ");
        let message =
            format!("schema.group_members: the server knows none of {names}, so every group would be empty");
        return Err(Error::new(ErrorKind::ConfigInvalid, OPERATION, message));
    }
    let classes = filter::any_of(classes(layout).map(|class| filter::equals(wire::OBJECT_CLASS, class)));
    let attributes =
        [wire::DISPLAY_NAME, wire::COMMON_NAME, wire::WHEN_CREATED, wire::CREATE_TIMESTAMP, wire::OBJECT_SID];
    let search = match (dn::key(asked), &layout.other, guid::from_text(asked)) {
        (Some(_), ..) => Search::entry(asked, classes, &attributes),
        (None, Some(schema), _) => {
            let id = filter::equals(&schema.id, asked);
            Search::below(&server.root, filter::all_of([classes, id]), &attributes)
        }
        (None, None, Some(id)) => {
            let id = filter::equals_bytes(wire::OBJECT_GUID, &id);
            Search::below(&server.root, filter::all_of([classes, id]), &attributes)
        }
        (None, None, None) => return Err(not_found(asked, "neither an objectGUID nor a distinguished name")),
    };
    let answer = match connection.search(&search).await {
        Ok(answer) => answer,
        Err(failure) if matches!(failure.code(), Some(crate::error::NO_SUCH_OBJECT | 34)) => {
            return Err(not_found(asked, "there is no such group"));
        }
        Err(failure) => return Err(failure.into_error(OPERATION)),
    };
    match <[Entry; 1]>::try_from(answer.entries) {
        Ok([group]) => Ok(group),
        Err(_) => Err(not_found(asked, "there is no such group")),
    }
}

fn not_found(asked: &str, why: &str) -> Error {
    let shown: String = asked.chars().take(200).collect();
    Error::new(ErrorKind::NotFound, OPERATION, format!("group `{shown}`: {why}"))
}

/// Left out, such a value would be somebody who does not belong to the group.
fn no_name(attribute: &str) -> Error {
    let message = format!(
        "`{attribute}` of a group holds something that is no distinguished name, so who belongs to the group is not known; \
         schema.group_members takes attributes with distinguished names (memberUid has none)"
    );
    Error::new(ErrorKind::UnexpectedResponse, OPERATION, message)
}

fn classes(layout: &Layout) -> impl Iterator<Item = &str> {
    let of_other = layout.other.iter().flat_map(|schema| schema.group_classes.iter().map(String::as_str));
    let of_active_directory = layout.other.is_none().then_some("group");
    of_other.chain(of_active_directory)
}

fn describe(asked: &str, entry: &Entry) -> DirectoryGroup {
    let name = entry.text(wire::DISPLAY_NAME).or_else(|| entry.text(wire::COMMON_NAME)).unwrap_or_default();
    let created = entry.text(wire::WHEN_CREATED).or_else(|| entry.text(wire::CREATE_TIMESTAMP));
    DirectoryGroup::new(asked).named(name).created(created.and_then(state::generalized_time))
}

/// Has the server follow the chain of memberships; `None` where that is too much for it.
async fn follow_chain(
    connection: &mut Connection,
    server: &Server,
    layout: &Layout,
    group: &Entry,
) -> Result<Option<Found>> {
    let in_chain = filter::matches(wire::MEMBER_OF, wire::RULE_IN_CHAIN, &group.dn);
    let groups = filter::all_of([filter::equals(wire::OBJECT_CLASS, "group"), in_chain.clone()]);
    let people = filter::all_of([layout.people(), in_chain]);
    let mut found = Found::default();
    let own_sid = group.bytes(wire::OBJECT_SID).map(<[u8]>::to_vec);
    found.sids.extend(own_sid);
    found.groups.extend(dn::key(&group.dn));
    let search = Search::below(&server.root, groups, &[wire::OBJECT_SID]);
    let Some(nested) = unless_too_much(read_all(OPERATION, server, connection, search).await)? else {
        return Ok(None);
    };
    for entry in nested {
        found.sids.extend(entry.bytes(wire::OBJECT_SID).map(<[u8]>::to_vec));
        found.groups.extend(dn::key(&entry.dn));
    }
    let search = Search::below(&server.root, people, &[wire::OBJECT_GUID]);
    let Some(people) = unless_too_much(read_all(OPERATION, server, connection, search).await)? else {
        return Ok(None);
    };
    found
        .ids
        .extend(people.iter().filter_map(|entry| entry.bytes(wire::OBJECT_GUID).and_then(guid::to_text)));
    Ok(Some(found))
}

fn unless_too_much(read: Result<Vec<Entry>, ReadError>) -> Result<Option<Vec<Entry>>> {
    match read {
        Ok(entries) => Ok(Some(entries)),
        Err(ReadError {
            code: Some(TIME_LIMIT | ADMIN_LIMIT | UNAVAILABLE_CRITICAL_EXTENSION),
            error: _,
        }) => {
            tracing::info!("the server does not follow the chain of memberships; walking the groups");
            Ok(None)
        }
        Err(failed) => Err(failed.into()),
    }
}

/// Reads members group by group. A group that holds itself, however far down, is read once.
struct Walker<'a> {
    server: &'a Server,
    layout: &'a Layout,
    /// Every group there is, by its comparable name; read once, when first needed.
    all: Option<BTreeMap<String, String>>,
}

impl Walker<'_> {
    async fn walk(&mut self, connection: &mut Connection, group: &Entry) -> Result<Found> {
        if self.all.is_none() {
            self.all = Some(self.list(connection).await?);
        }
        let mut found = Found::default();
        let mut ahead = vec![group.dn.clone()];
        found.groups.extend(dn::key(&group.dn));
        while let Some(name) = ahead.pop() {
            let entry = self.read(connection, &name).await?;
            found.sids.extend(entry.bytes(wire::OBJECT_SID).map(<[u8]>::to_vec));
            let mut members = Vec::new();
            for attribute in self.member_attributes() {
                for text in entry.texts(attribute).filter(|text| !text.trim().is_empty()) {
                    members.push(dn::key(text).ok_or_else(|| no_name(attribute))?);
                }
            }
            for member in members {
                let is_group = self.all.as_ref().and_then(|all| all.get(&member));
                match is_group {
                    Some(name) if found.groups.insert(member.clone()) => ahead.push(name.clone()),
                    Some(_) => {}
                    None => found.names.push(member),
                }
            }
            if found.groups.len() > MOST_NESTED {
                let message = "more groups in one group than can be right";
                return Err(Error::new(ErrorKind::UnexpectedResponse, OPERATION, message));
            }
        }
        Ok(found)
    }

    fn member_attributes(&self) -> impl Iterator<Item = &str> {
        let of_other = self.layout.other.iter().flat_map(|s| s.group_members.iter().map(String::as_str));
        of_other.chain(self.layout.other.is_none().then_some(wire::MEMBER))
    }

    async fn list(&self, connection: &mut Connection) -> Result<BTreeMap<String, String>> {
        let classes = classes(self.layout).map(|class| filter::equals(wire::OBJECT_CLASS, class));
        let search = Search::below(&self.server.root, filter::any_of(classes), &[wire::NO_ATTRIBUTES]);
        let entries = read_all(OPERATION, self.server, connection, search).await?;
        Ok(entries.into_iter().filter_map(|entry| Some((dn::key(&entry.dn)?, entry.dn))).collect())
    }

    /// One group with all its members. Active Directory is asked for a piece at once, for it gives no more than 1,500
    /// values unasked (`MaxValRange`), and a part must not pass for the whole.
    async fn read(&self, connection: &mut Connection, name: &str) -> Result<Entry> {
        let pieces = if self.layout.other.is_none() { ";range=0-1499" } else { "" };
        let members: Vec<String> = self.member_attributes().map(|name| format!("{name}{pieces}")).collect();
        let mut attributes: Vec<&str> = members.iter().map(String::as_str).collect();
        attributes.push(wire::OBJECT_SID);
        let search = Search::entry(name, filter::anything(), &attributes);
        let answer = connection.search(&search).await.map_err(|failure| failure.into_error(OPERATION))?;
        let Some(mut entry) = answer.entries.into_iter().next() else {
            let message = "a group was taken away while its members were read; read again";
            return Err(Error::new(ErrorKind::Unavailable, OPERATION, message));
        };
        ranges::complete(OPERATION, connection, &mut entry).await?;
        Ok(entry)
    }
}
