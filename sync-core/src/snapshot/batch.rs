//! Users packed as they come, before they are put in order.

use super::{
    address::AddressReader,
    body::Body,
    keys::{KeysBuilder, count16, place32},
    record::{ReadText, trimmed},
    user_record::{UserRecord, license},
    user_table::{
        ADDRESSES_LEFT_OUT, ALTERNATES_READ, BAD_ADDRESS, GROUPS_READ, HAS_IMMUTABLE, HAS_PRIMARY,
        LICENSES_READ, NO_SIGN_IN, SIGN_IN_LAST, UserRow, UserTable,
    },
    user_view::UserView,
    users::split_anchor,
};
use crate::model::{Attribute, DirectoryUser, UserKind, is_tenant_default_domain};
use std::fmt;

const MAIL: u8 = ordinal(&Attribute::Mail);
const PRINCIPAL: u8 = ordinal(&Attribute::UserPrincipalName);

/// The most addresses of one user without the sign-in name, whose place must be told from [`NO_SIGN_IN`].
const MOST_ADDRESSES: usize = NO_SIGN_IN as usize - 1;

const fn ordinal(attribute: &Attribute) -> u8 {
    match attribute.ordinal() {
        Some(ordinal) => ordinal,
        None => u8::MAX,
    }
}

/// Some users of a listing, packed by the adapter while it reads a page: their texts side by side, addresses normalised
/// and hashed. A snapshot takes them over as they are ([`UserSnapshotBuilder::append`]).
///
/// [`UserSnapshotBuilder::append`]: super::UserSnapshotBuilder::append
#[derive(Default)]
pub struct UserBatch {
    pub(super) table: UserTable,
    pub(super) keys: KeysBuilder,
    reader: AddressReader,
}

impl UserBatch {
    /// No users yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No users yet, and room for about so many with so many bytes of texts, addresses included.
    #[must_use]
    pub fn with_room(users: usize, bytes: usize) -> Self {
        Self {
            table: UserTable::with_room(users, bytes),
            keys: KeysBuilder::with_room(users),
            reader: AddressReader::default(),
        }
    }

    /// How many users there are, repeated ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.rows.is_empty()
    }

    /// The users in the order in which they came.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = UserView<'_>> + Clone {
        self.table.iter()
    }

    /// The users as records of their own ([`UserView::to_user`]), for whoever does not build a snapshot.
    #[must_use]
    pub fn users(&self) -> impl ExactSizeIterator<Item = DirectoryUser> + '_ {
        self.table.iter().map(UserView::to_user)
    }

    /// Adds a user. At most 65,534 addresses of a user are kept; [`UserView::has_addresses_left_out`] says of whom there
    /// are more.
    pub fn push(&mut self, user: &UserRecord<'_>) {
        let UserRecord {
            directory,
            object_id,
            immutable_id,
            kind,
            enabled,
            alternate_emails,
            groups,
            licenses,
            known,
            extensions,
        } = user;
        if object_id.contains(':') {
            // The object's own id is what follows the last colon.
            let anchor = [*directory, *object_id].concat();
            let (directory, object_id) = split_anchor(&anchor);
            self.push(&UserRecord { directory, object_id, ..user.clone() });
            return;
        }
        let Self { table, keys, reader } = self;
        let directory = intern(&mut table.directories, directory);
        let immutable = immutable_id.map(trimmed).filter(|text| !text.is_empty());
        let mut flags = if immutable.is_some() { HAS_IMMUTABLE } else { 0 };
        let ids = table.body.begin(object_id, immutable.unwrap_or(""));
        keys.push(object_id);

        let Body { arena, records, addresses } = &mut table.body;
        let mut writer = records.begin(arena);
        let (mut mail, mut principal) = (None, None);
        for (ordinal, value) in (0u8..).zip(known) {
            let value = match value {
                ReadText::NotRead => continue,
                ReadText::Blank => None,
                ReadText::Text(text) => Some(*text),
            };
            let span = writer.value(ordinal, value);
            match ordinal {
                MAIL => mail = value.map(|text| (text, span)),
                PRINCIPAL => principal = value.map(|text| (text, span)),
                _ => {}
            }
        }
        if !extensions.is_empty() {
            // Numbers are given out in the order in which names turn up.
            let named = extensions.iter().filter_map(|(name, value)| {
                let ordinal = table.extensions.ordinal(name, Attribute::KNOWN.len())?;
                Some((ordinal, *value))
            });
            let mut named: Vec<(u8, Option<&str>)> = named.collect();
            named.sort_by_key(|(ordinal, _)| *ordinal);
            // Of a name that stands twice the last value counts.
            let last = |at: usize| named.get(at).map(|(o, _)| *o) != named.get(at + 1).map(|(o, _)| *o);
            for (at, (ordinal, value)) in named.iter().enumerate() {
                if last(at) {
                    writer.value(*ordinal, *value);
                }
            }
        }
        let record = writer.finish();

        let first = addresses.len();
        let mail = mail.filter(|(_, span)| !span.is_empty());
        if let Some((mail, span)) = mail {
            if reader.read(mail) {
                flags |= HAS_PRIMARY;
                reader.push(arena, addresses, mail, Some(span));
            } else {
                flags |= BAD_ADDRESS;
            }
        }
        if let Some(alternates) = alternate_emails {
            flags |= ALTERNATES_READ;
            for raw in alternates.iter() {
                if reader.read(raw) {
                    if reader.known(arena, addresses, first).is_some() {
                        continue;
                    }
                    if addresses.len() - first == MOST_ADDRESSES {
                        flags |= ADDRESSES_LEFT_OUT;
                        break;
                    }
                    reader.push(arena, addresses, raw, None);
                } else if !raw.trim().is_empty() {
                    flags |= BAD_ADDRESS;
                    table.no_addresses.push((ids.0, (*raw).to_owned()));
                }
            }
        }
        let mut sign_in = NO_SIGN_IN;
        if let Some((name, span)) = principal {
            // Nearly everybody signs in with the primary address, which was read already.
            let primary = addresses
                .get(first)
                .filter(|_| flags & HAS_PRIMARY != 0 && mail.is_some_and(|(mail, _)| mail == name));
            if let Some(primary) = primary {
                if is_routable(arena.get(primary.key)) {
                    sign_in = 0;
                }
            } else if reader.read(name) && is_routable(reader.key()) {
                sign_in = count16(reader.known(arena, addresses, first).unwrap_or_else(|| {
                    flags |= SIGN_IN_LAST;
                    reader.push(arena, addresses, name, Some(span));
                    addresses.len() - 1 - first
                }));
            }
        }
        let (group_start, license_start) = (table.groups.len(), table.licenses.len());
        if let Some(groups) = groups {
            flags |= GROUPS_READ;
            for group in *groups {
                table.groups.push(place32(group_place(&mut table.group_names, group)));
            }
        }
        if let Some(licenses) = licenses {
            flags |= LICENSES_READ;
            for named in licenses.iter() {
                let same =
                    |l: &crate::model::License| (l.sku_id.as_str(), l.part_number.as_deref()) == *named;
                let place = table.skus.iter().position(same).unwrap_or_else(|| {
                    table.skus.push(license(*named));
                    table.skus.len() - 1
                });
                table.licenses.push(place32(place));
            }
        }
        table.rows.push(UserRow {
            head: Body::end(ids, record, first..addresses.len()),
            groups: place32(group_start),
            licenses: place32(license_start),
            group_count: count16(table.groups.len() - group_start),
            license_count: count16(table.licenses.len() - license_start),
            directory,
            sign_in,
            kind: *kind,
            enabled: *enabled,
            flags,
        });
    }

    /// Says of some users what kind they are, where that is known only once the page was read.
    pub fn set_kinds(&mut self, kind: impl Fn(UserView<'_>) -> Option<UserKind>) {
        let kinds: Vec<Option<UserKind>> = self.table.iter().map(kind).collect();
        for (row, kind) in self.table.rows.iter_mut().zip(kinds) {
            row.kind = kind.or(row.kind);
        }
    }

    /// Whether names outside the known set have the same numbers here and in another batch, or get them now.
    pub(super) fn numbers_alike(&mut self, other: &Self) -> bool {
        let known = Attribute::KNOWN.len();
        self.table.extensions.refuse_with(&other.table.extensions);
        let names = other.table.extensions.iter(known);
        // Every name gets a number, whether the one before is alike or not.
        names.fold(true, |alike, (theirs, name)| {
            (self.table.extensions.ordinal(name, known) == Some(theirs)) & alike
        })
    }

    /// Adds the users of another batch behind its own, one after the other.
    pub(super) fn push_all(&mut self, other: &Self) {
        for (user, row) in other.users().zip(&other.table.rows) {
            self.push(&UserRecord::from(&user));
            if let Some(packed) = self.table.rows.last_mut() {
                // What is left out is not among the texts any more.
                packed.flags |= row.flags & ADDRESSES_LEFT_OUT;
            }
        }
    }

    /// Adds the rows of another batch, where names have the same numbers, behind its own. Its body takes the place of
    /// the one here, which must be empty; that of its rows which are no addresses is left out, for a snapshot has none.
    pub(super) fn take_in(&mut self, other: Self) {
        let Self { table, keys, reader: _ } = self;
        keys.append(other.keys);
        let UserTable {
            body,
            rows,
            extensions: _,
            directories,
            group_names,
            groups,
            skus,
            licenses,
            no_addresses: _,
        } = other.table;
        table.body = body;
        let directories: Vec<u16> =
            directories.iter().map(|name| intern(&mut table.directories, name)).collect();
        let group_places: Vec<u32> =
            group_names.iter().map(|name| place32(group_place(&mut table.group_names, name))).collect();
        let sku_places: Vec<u32> = skus
            .into_iter()
            .map(|sku| {
                place32(table.skus.iter().position(|s| *s == sku).unwrap_or_else(|| {
                    table.skus.push(sku);
                    table.skus.len() - 1
                }))
            })
            .collect();
        let (first_group, first_license) = (place32(table.groups.len()), place32(table.licenses.len()));
        let at = |places: &[u32], place: &u32| places.get(*place as usize).copied().unwrap_or(0);
        table.groups.extend(groups.iter().map(|place| at(&group_places, place)));
        table.licenses.extend(licenses.iter().map(|place| at(&sku_places, place)));
        table.rows.extend(rows.into_iter().map(|mut row| {
            row.groups = row.groups.saturating_add(first_group);
            row.licenses = row.licenses.saturating_add(first_license);
            row.directory = directories.get(usize::from(row.directory)).copied().unwrap_or(0);
            row
        }));
    }
}

/// Shows how many there are, and nobody.
impl fmt::Debug for UserBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserBatch").field("users", &self.len()).finish_non_exhaustive()
    }
}

/// Whether a sign-in name in comparable form can be somebody's address outside the directory.
fn is_routable(key: &str) -> bool {
    // Nearly no name has a `#`, and looking for one byte is quick.
    let guest = key.contains('#') && key.contains("#ext#");
    !guest && !is_tenant_default_domain(key)
}

/// The place of a name in a small table, added where it is new.
fn intern(table: &mut Vec<String>, name: &str) -> u16 {
    let place = table.iter().position(|n| n == name).unwrap_or_else(|| {
        table.push(name.to_owned());
        table.len() - 1
    });
    count16(place)
}

/// The place of a group in the table of groups, whose ids are in lower case; added where it is new.
fn group_place(table: &mut Vec<String>, id: &str) -> usize {
    table.iter().position(|known| known.eq_ignore_ascii_case(id)).unwrap_or_else(|| {
        table.push(id.to_ascii_lowercase());
        table.len() - 1
    })
}

#[cfg(test)]
mod tests;
