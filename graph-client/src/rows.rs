//! A page of users, straight from its text into a packed batch.

use crate::{
    client::{Client, LIST_USERS, States},
    error::is_token,
    map::{self, Context},
    offline::ExportContext,
    wire::{ReadUser, Text, User},
};
use serde::{
    Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::fmt;
use sync_core::{Error, ErrorKind, snapshot::UserBatch};

/// What a page of users holds.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// The users.
    pub(crate) batch: UserBatch,
    /// How many users Graph says there are in all.
    pub(crate) count: Option<u64>,
    /// Where the next page is.
    pub(crate) next_link: Option<String>,
    /// Whether they can be believed.
    pub(crate) seen: Seen,
}

/// What was seen of the users of a page that bears on whether it can be believed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// There are users.
    any: bool,
    /// A row had no usable id.
    without_id: bool,
    /// A user had no sign-in name.
    nameless: bool,
    /// A user had an account with a state.
    with_state: bool,
}

impl Seen {
    /// The same with one more user.
    pub(crate) fn with(self, user: &User<'_>) -> Self {
        Self {
            any: true,
            without_id: self.without_id | !is_token(&user.id.0),
            nameless: self.nameless | user.user_principal_name.value().is_none(),
            with_state: self.with_state | user.account_enabled.value().is_some(),
        }
    }

    /// What speaks against believing the users by itself: one without a usable id, who would become one with every other
    /// such user, or one that Graph stripped for want of a permission, who would look like a user without any data.
    ///
    /// Without `User.Read.All` Graph may answer 200 with objects of a type and an id only, all else absent or `null`
    /// (limited information for inaccessible member objects, read 2026-08). Every user has a sign-in name.
    pub(crate) fn refuse_unusable(self) -> Result<(), Error> {
        if self.without_id {
            let message = "Graph answered a user whose id is none; is base_url the address of Graph?";
            return Err(Error::new(ErrorKind::UnexpectedResponse, LIST_USERS.operation, message));
        }
        if self.nameless { Err(withheld()) } else { Ok(()) }
    }

    /// There are users, and the account of none of them has a state: either too little may be read, and then no `null`
    /// among them is to be believed, or nothing is known of these few. [`believe`] tells which.
    pub(crate) const fn is_stateless(self) -> bool {
        self.any && !self.with_state
    }
}

/// Whether what was seen can be believed. One call more where no account of these has a state, else none.
///
/// # Errors
/// Those of [`Seen::refuse_unusable`]; `PermissionDenied` where accounts of other users have no state either; and as for any
/// call.
pub(crate) async fn believe(client: &Client, seen: Seen) -> Result<(), Error> {
    seen.refuse_unusable()?;
    if seen.is_stateless() && client.states().await? != States::Some {
        return Err(withheld());
    }
    Ok(())
}

fn withheld() -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        LIST_USERS.operation,
        format!(
            "Graph answered users without their data; grant the application permission {} and have an administrator \
             consent",
            LIST_USERS.permission
        ),
    )
}

/// One page of a user listing, packed.
#[derive(Debug)]
#[non_exhaustive]
pub struct PackedPage {
    /// The users.
    pub users: UserBatch,
    /// How many users Graph says there are in all (`@odata.count`).
    pub count: Option<u64>,
    /// Where the next page is (`@odata.nextLink`); `None` on the last one.
    pub next_link: Option<String>,
}

/// Reads the body of one page of `GET /users` as the live listing does, for whoever fetches pages in another way.
///
/// # Errors
/// `UnexpectedResponse` for a body that is no such page, `PermissionDenied` for users whose data Graph withheld: one has no
/// sign-in name, or no account on the page has a state. (The live listing looks at other users before it says the latter.)
pub fn pack_users_page(body: &str, context: &ExportContext) -> Result<PackedPage, Error> {
    let mut json = serde_json::Deserializer::from_str(body);
    let rows = ReadRows::of(&context.0, body.len())
        .deserialize(&mut json)
        .and_then(|rows| json.end().map(|()| rows));
    let rows = rows.map_err(|e| {
        let message = format!("no page of users: line {} column {}", e.line(), e.column());
        Error::new(ErrorKind::UnexpectedResponse, LIST_USERS.operation, message)
    })?;
    rows.seen.refuse_unusable()?;
    if rows.seen.is_stateless() {
        return Err(withheld());
    }
    let Rows { batch, count, next_link, .. } = rows;
    Ok(PackedPage { users: batch, count, next_link })
}

/// The bytes of a small user object. Names of properties and what stands between them are about half of a page.
const USER: usize = 640;

/// Reads a page for a listing.
pub(crate) struct ReadRows<'c> {
    context: &'c Context,
    bytes: usize,
}

impl<'c> ReadRows<'c> {
    /// Reads a page of so many bytes.
    pub(crate) const fn of(context: &'c Context, bytes: usize) -> Self {
        Self { context, bytes }
    }
}

impl<'de> DeserializeSeed<'de> for ReadRows<'_> {
    type Value = Rows;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rows, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// The page: a body without `value` is no page, least of all an empty one.
impl<'de> Visitor<'de> for ReadRows<'_> {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of users")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<Rows, A::Error> {
        let directory = self.context.directory();
        let mut rows =
            Rows { batch: UserBatch::with_room(self.bytes / USER, self.bytes / 8 * 5), ..Rows::default() };
        let (mut counted, mut linked, mut listed) = (false, false, false);
        let once = |seen: &mut bool, name| {
            if std::mem::replace(seen, true) { Err(de::Error::duplicate_field(name)) } else { Ok(()) }
        };
        while let Some(name) = page.next_key::<Text<'de>>()?.map(|name| name.0) {
            match &*name {
                "@odata.count" => {
                    once(&mut counted, "@odata.count")?;
                    rows.count = page.next_value()?;
                }
                "@odata.nextLink" => {
                    once(&mut linked, "@odata.nextLink")?;
                    rows.next_link = page.next_value()?;
                }
                "value" => {
                    once(&mut listed, "value")?;
                    page.next_value_seed(Users {
                        context: self.context,
                        directory: &directory,
                        rows: &mut rows,
                    })?;
                }
                _ => {
                    page.next_value::<IgnoredAny>()?;
                }
            }
        }
        if listed { Ok(rows) } else { Err(de::Error::missing_field("value")) }
    }
}

/// The rows of a page, packed one after the other: only one user object exists at a time.
struct Users<'c> {
    context: &'c Context,
    directory: &'c str,
    rows: &'c mut Rows,
}

impl<'de> DeserializeSeed<'de> for Users<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Users<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { context, directory, rows } = self;
        let mut user = User::default();
        while list.next_element_seed(ReadUser(&mut user))?.is_some() {
            rows.seen = rows.seen.with(&user);
            map::with_record(&user, context, directory, |record| rows.batch.push(record));
        }
        Ok(())
    }
}

/// Where the next page of a listing is, with the rows skipped.
///
/// Graph writes the link before the rows, and what follows it is not looked at: whoever reads the rows finds out whether
/// they are whole. Then `link` holds it although the reading itself ends in an error.
pub(crate) struct FindNextLink<'l>(pub(crate) &'l mut Option<String>);

impl<'de> DeserializeSeed<'de> for FindNextLink<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FindNextLink<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut page: A) -> Result<(), A::Error> {
        while let Some(name) = page.next_key::<Text<'de>>()? {
            if name.0 == "@odata.nextLink" {
                *self.0 = page.next_value()?;
                if self.0.is_some() {
                    break;
                }
            } else {
                page.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
