//! Exported listings: the records that the live listing gives, from text, by the same types and the same mapping.

use crate::{
    error::is_token,
    map::{self, Context},
    query, skus,
    wire::{List, NextLink, Object, Sku, User},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use skus::SubscribedSku;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use sync_core::{
    Result,
    model::{Attribute, DirectoryUser, SourceAnchor},
};

/// What is known beside the user objects of an export.
#[derive(Default)]
pub struct ExportContext(pub(crate) Context);

impl ExportContext {
    /// Users of this tenant (its GUID), without products, groups and extensions.
    #[must_use]
    pub fn new(tenant_id: &str) -> Self {
        Self(Context { tenant_id: tenant_id.to_owned(), ..Context::default() })
    }

    /// Adds the products that give licences their part numbers.
    #[must_use]
    pub fn with_skus(mut self, skus: Vec<SubscribedSku>) -> Self {
        self.0.part_numbers =
            skus.into_iter().filter_map(|sku| Some((sku.sku_id, sku.part_number?))).collect();
        self
    }

    /// Adds the members (user ids, nested membership included) of each group.
    ///
    /// A user in none of them was read as a member of no group; without this call, groups were not read.
    #[must_use]
    pub fn with_groups(mut self, groups: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let memberships = self.0.groups.get_or_insert_default();
        for (group, members) in groups {
            for member in members {
                memberships.entry(member.to_ascii_lowercase()).or_default().insert(group.clone());
            }
        }
        self
    }

    /// Adds the extensions that the policy uses.
    ///
    /// # Errors
    /// `ConfigInvalid` for a name that Graph cannot know.
    pub fn with_extensions(mut self, extensions: &BTreeSet<Attribute>) -> Result<Self> {
        self.0.extensions = query::extensions(extensions)?;
        Ok(self)
    }
}

impl fmt::Debug for ExportContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportContext").field("tenant_id", &self.0.tenant_id).finish_non_exhaustive()
    }
}

/// One page of an exported user listing.
#[derive(Debug)]
#[non_exhaustive]
pub struct UsersPage {
    /// The users.
    pub users: Vec<DirectoryUser>,
    /// Those that the page marks with `@removed`.
    pub removed: Vec<SourceAnchor>,
    /// How many users Graph said there are (`@odata.count`).
    pub count: Option<u64>,
    /// Graph said that another page follows (`@odata.nextLink`).
    pub has_next: bool,
}

/// What is wrong with an exported page. Holds names of properties and no values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeError {
    /// Where, in bytes from the start of the text.
    pub offset: usize,
    /// In which row of `value`, from 0.
    pub row: Option<usize>,
    /// In which property.
    pub property: Option<String>,
    /// What.
    pub problem: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "value[{row}]")?;
        }
        if let Some(property) = &self.property {
            write!(f, "{}`{property}`", if self.row.is_some() { ", " } else { "" })?;
        }
        let begun = self.row.is_some() || self.property.is_some();
        write!(f, "{}{}", if begun { ": " } else { "" }, self.problem)
    }
}

impl std::error::Error for DecodeError {}

/// Reads one page of `GET /users` or of a delta listing.
///
/// # Errors
/// [`DecodeError`] for text that is no such page, a user without a usable id, and users whose data Graph withheld.
pub fn decode_users_page(json: &str, context: &ExportContext) -> Result<UsersPage, DecodeError> {
    let page: List<&RawValue> = decode(json, 0)?;
    let next: NextLink = decode(json, 0)?;
    let (mut users, mut removed) = (Vec::with_capacity(page.value.len()), Vec::new());
    for (index, row) in page.value.iter().enumerate() {
        let offset = offset_in(json, row.get());
        let user: User<'_> = decode(row.get(), offset).map_err(|error| error.in_row(index))?;
        check(&user, offset).map_err(|error| error.in_row(index))?;
        if user.other.contains_key("@removed") {
            removed.push(SourceAnchor::entra(&context.0.tenant_id, &user.id.0));
        } else {
            users.push(map::user(&user, &context.0));
        }
    }
    let has_next = next.next_link.is_some_and(|link| !link.trim().is_empty());
    Ok(UsersPage { users, removed, count: page.count, has_next })
}

/// Reads one page of deleted users, of which only ids matter.
///
/// # Errors
/// [`DecodeError`] for text that is no such page, and for an object without a usable id.
pub fn decode_deleted_page(json: &str, tenant_id: &str) -> Result<Vec<SourceAnchor>, DecodeError> {
    let page: List<&RawValue> = decode(json, 0)?;
    let mut removed = Vec::with_capacity(page.value.len());
    for (index, row) in page.value.iter().enumerate() {
        let offset = offset_in(json, row.get());
        let object: Object<'_> = decode(row.get(), offset).map_err(|error| error.in_row(index))?;
        if !is_token(&object.id.0) {
            return Err(DecodeError::unusable_id(offset).in_row(index));
        }
        removed.push(SourceAnchor::entra(tenant_id, &object.id.0));
    }
    Ok(removed)
}

/// Reads a `GET /subscribedSkus` list.
///
/// # Errors
/// [`DecodeError`] for text that is no such list.
pub fn decode_skus(json: &str) -> Result<Vec<SubscribedSku>, DecodeError> {
    let page: List<&RawValue> = decode(json, 0)?;
    let rows = page.value.iter().enumerate().map(|(index, row)| {
        let sku: Sku = decode(row.get(), offset_in(json, row.get())).map_err(|error| error.in_row(index))?;
        Ok(SubscribedSku::from(sku))
    });
    rows.collect()
}

/// A user without an id would become one with every other such user. A sign-in name that is `null` is one that Graph
/// withheld for want of a permission, and so are all the other `null`s then; one that is absent was not exported.
fn check(user: &User<'_>, offset: usize) -> Result<(), DecodeError> {
    if !is_token(&user.id.0) {
        return Err(DecodeError::unusable_id(offset));
    }
    let withheld = matches!(user.user_principal_name, crate::wire::Property::Null);
    if withheld && !user.other.contains_key("@removed") {
        return Err(DecodeError {
            offset,
            row: None,
            property: Some("userPrincipalName".to_owned()),
            problem:
                "is null: Graph withheld the data of this user for want of a permission; export again with \
                      User.Read.All"
                    .to_owned(),
        });
    }
    Ok(())
}

impl DecodeError {
    fn in_row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }

    fn unusable_id(offset: usize) -> Self {
        let problem = "is no object id; export users with their `id`".to_owned();
        Self { offset, row: None, property: Some("id".to_owned()), problem }
    }
}

fn decode<'de, T: Deserialize<'de>>(json: &'de str, base: usize) -> Result<T, DecodeError> {
    // The decoder would take a list for the properties in their order.
    if json.trim_start().starts_with('[') {
        let problem = "must be an object".to_owned();
        return Err(DecodeError { offset: base, row: None, property: None, problem });
    }
    serde_json::from_str(json).map_err(|error| {
        let offset = offset_of(json, &error);
        let named = error.classify() == Category::Data && !error.to_string().starts_with("missing field");
        let property = if named { property_at(json, offset) } else { None };
        DecodeError { offset: base + offset, row: None, property, problem: without_values(&error) }
    })
}

/// Where a part of a text begins in it.
fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    (line + error.column().saturating_sub(1)).min(text.len())
}

/// The last property of an object whose value begins at or before this place.
fn property_at(json: &str, offset: usize) -> Option<String> {
    let Properties(properties) = serde_json::from_str(json).ok()?;
    let (name, _) = properties.into_iter().rfind(|(_, value)| offset_in(json, value.get()) <= offset)?;
    Some(name.chars().filter(|c| !c.is_control()).take(64).collect())
}

struct Properties<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    properties.push(property);
                }
                Ok(Properties(properties))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// What the decoder says without what it quotes, which may be anything about anybody.
fn without_values(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    match error.classify() {
        Category::Data if message == "missing field `id`" => {
            format!("{message}; export users with their `id`")
        }
        Category::Data if message.starts_with("missing field") || message.starts_with("duplicate field") => {
            message.to_owned()
        }
        Category::Data => message
            .rsplit_once(", expected ")
            .map_or_else(|| "is of the wrong kind".to_owned(), |(_, kind)| format!("must be {kind}")),
        Category::Eof => "the text ends too early".to_owned(),
        Category::Syntax | Category::Io => "not JSON".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(json: &str) -> Result<UsersPage, DecodeError> {
        decode_users_page(json, &ExportContext::new("T"))
    }

    #[test]
    fn an_exported_page_gives_what_the_live_listing_gives() {
        let json = include_str!("../fixtures/users.json");
        let sku = r#"{"value":[{"skuId":"C7DF2760-2C81-4EF7-B578-5B5392B571DF","skuPartNumber":"ENTERPRISEPREMIUM"}]}"#;
        let groups = BTreeMap::from([(
            "g".to_owned(),
            BTreeSet::from(["A1B2C3D4-0001-4001-8001-000000000001".to_owned()]),
        )]);
        let context = ExportContext::new("T").with_skus(decode_skus(sku).unwrap()).with_groups(&groups);
        let page = decode_users_page(json, &context).unwrap();
        assert_eq!((page.users.len(), page.count, page.has_next), (7, Some(7), false));
        let first = &page.users[0];
        let raw: List<User<'_>> = serde_json::from_str(json).unwrap();
        let live = map::user(&raw.value[0], &context.0);
        assert!(*first == live, "the two ways differ");
        assert_eq!(first.groups, Some(BTreeSet::from(["g".to_owned()])));
        assert_eq!(first.licenses.as_ref().unwrap()[0].part_number.as_deref(), Some("ENTERPRISEPREMIUM"));
    }

    #[test]
    fn an_error_names_row_property_and_place_and_no_value() {
        let json = "{\"value\":[{\"id\":\"a\"},\n {\"id\":\"b\", \"accountEnabled\":\"canary\"}]}";
        let error = page(json).unwrap_err();
        assert_eq!((error.row, error.property.as_deref()), (Some(1), Some("accountEnabled")));
        assert!(json[..error.offset].contains('\n'), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("canary"), "{error}");
        assert_eq!(error.to_string(), "value[1], `accountEnabled`: must be a boolean");
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for (json, says) in [
            ("", "ends too early"),
            ("[]", "must be an object"),
            ("{\"value\":[[\"a\"]]}", "must be an object"),
            ("{\"value\":", "ends too early"),
            ("<html>", "not JSON"),
            ("{}", "missing field `value`"),
            ("{\"value\":[{}]}", "missing field `id`"),
            ("{\"value\":[{\"id\":\"\"}]}", "no object id"),
            ("{\"value\":[{\"id\":\"a\",\"mail\":\"\\ud800\"}]}", "not JSON"),
            ("{\"value\":[{\"id\":\"a\",\"userPrincipalName\":null}]}", "User.Read.All"),
        ] {
            let error = page(json).unwrap_err();
            assert!(error.to_string().contains(says), "{json}: {error}");
        }
    }

    #[test]
    fn a_removed_row_is_a_departure_and_a_next_link_means_more() {
        let json = r#"{"@odata.nextLink":"https://graph.example/next","value":[
            {"id":"A","@removed":{"reason":"changed"}},{"id":"b","userPrincipalName":"b@contoso.example"}]}"#;
        let page = page(json).unwrap();
        assert!(page.has_next);
        assert_eq!(page.removed, [SourceAnchor::entra("t", "a")]);
        assert_eq!(page.users[0].anchor, SourceAnchor::entra("t", "b"));
        let deleted = decode_deleted_page(r#"{"value":[{"id":"A","mail":null}]}"#, "T").unwrap();
        assert_eq!(deleted, [SourceAnchor::entra("t", "a")]);
    }
}
