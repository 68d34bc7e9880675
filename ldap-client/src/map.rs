//! From an entry to the neutral record. Pure; decides nothing beyond what an attribute means.

use crate::{
    config::{Schema, Source},
    dn,
    entry::Entry,
    error::unexpected,
    guid,
    members::Membership,
    schema::Layout,
    state, wire,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use sync_core::{
    Result,
    model::{Attribute, DirectoryUser, SourceAnchor, UserKind},
};

/// What a listing knows beside the entries.
#[derive(Debug)]
pub(crate) struct Context {
    /// What anchors begin with, with the last colon.
    pub(crate) anchors: String,
    pub(crate) layout: Layout,
    /// The members of the groups asked for; `None` where none was asked for.
    pub(crate) membership: Option<Membership>,
    /// The moment at which accounts have expired or not.
    pub(crate) now: DateTime<Utc>,
    /// What is being done, for errors.
    pub(crate) operation: &'static str,
}

impl Context {
    /// The anchor of an entry.
    ///
    /// # Errors
    /// `UnexpectedResponse` for an entry without an id: left out it would be missing, which is a reason to deactivate.
    pub(crate) fn anchor(&self, entry: &Entry) -> Result<SourceAnchor> {
        let id = match &self.layout.other {
            None => entry.bytes(wire::OBJECT_GUID).and_then(guid::to_text),
            Some(schema) => entry.bytes(&schema.id).and_then(plain_id),
        };
        match id {
            Some(id) => Ok(SourceAnchor::new(format!("{}{id}", self.anchors))),
            None => {
                let name = self.layout.other.as_ref().map_or(wire::OBJECT_GUID, |schema| schema.id.as_str());
                Err(unexpected(self.operation, format!("an entry has no `{name}`, so nothing identifies it")))
            }
        }
    }

    /// Translates one entry; `None` where it is no person, or not one that the source shows.
    ///
    /// Every account of Active Directory has a state. One that comes without is one that this account may read in part
    /// only, so what else did not come was not read and is not empty.
    ///
    /// # Errors
    /// As [`Context::anchor`].
    pub(crate) fn user(&self, entry: &Entry) -> Result<Option<DirectoryUser>> {
        let layout = &self.layout;
        let is_whole = layout.other.is_some() || entry.has(wire::ACCOUNT_CONTROL);
        let is_empty_when_absent = |name: &str| is_whole && layout.is_empty_when_absent(name);
        if layout.other.is_none() && state::is_no_person(entry) {
            return Ok(None);
        }
        if layout.source == Source::AddressList && !is_shown(entry) {
            return Ok(None);
        }
        let mut user = DirectoryUser::new(self.anchor(entry)?);
        match &layout.other {
            None => {
                user.immutable_id = immutable_id(entry, is_whole);
                user.kind = (is_whole || entry.has(wire::RECIPIENT_TYPE)).then(|| kind(entry));
                user.enabled = state::is_enabled(entry, self.now);
                user.alternate_emails = alternates(entry, wire::PROXY_ADDRESSES, layout, is_whole);
            }
            Some(schema) => {
                user.kind = Some(UserKind::Member);
                user.enabled = Some(!is_disabled(entry, schema));
                let name = if schema.alternate_emails.is_empty() {
                    self.mail()
                } else {
                    Some(schema.alternate_emails.as_str())
                };
                user.alternate_emails = name.and_then(|name| alternates(entry, name, layout, is_whole));
            }
        }
        if let Some(membership) = &self.membership {
            let primary = entry.integer(wire::PRIMARY_GROUP).and_then(|id| u32::try_from(id).ok());
            user.groups =
                Some(membership.of(user.anchor.object_id(), dn::key(&entry.dn).as_deref(), primary));
        }
        for name in &layout.extensions {
            let texts: Vec<&str> = entry.texts(name).filter(|text| !text.trim().is_empty()).collect();
            if !texts.is_empty() || is_empty_when_absent(name) {
                let value = (!texts.is_empty()).then(|| texts.join(", "));
                user.attributes.insert(Attribute::Extension(name.clone()), value);
            }
        }
        let primary = if layout.other.is_none() { primary_proxy(entry).map(str::to_owned) } else { None };
        for (attribute, name) in &layout.attributes {
            let text = entry.text(name).filter(|text| !text.trim().is_empty());
            let mut value = text.map(str::to_owned);
            if *attribute == Attribute::Mail {
                value = value.or_else(|| primary.clone());
            }
            if value.is_some() || is_empty_when_absent(name) {
                user.attributes.insert(attribute.clone(), value);
            }
        }
        Ok(Some(user))
    }

    fn mail(&self) -> Option<&str> {
        let mail = self.layout.attributes.iter().find(|(attribute, _)| *attribute == Attribute::Mail);
        mail.map(|(_, name)| name.as_str())
    }
}

/// Whether the address list shows somebody: an address, and not hidden. Looked at here and not asked of the server,
/// where "not hidden" would be undefined for whoever lacks the attribute.
fn is_shown(entry: &Entry) -> bool {
    let has_address = entry.text(wire::MAIL).is_some_and(|text| !text.trim().is_empty());
    (has_address || primary_proxy(entry).is_some()) && entry.flag(wire::HIDDEN) != Some(true)
}

/// The id under which Entra knows the person (`onPremisesImmutableId`): base64 of `mS-DS-ConsistencyGuid` where it is
/// set, and of `objectGUID` otherwise (Entra Connect, design concepts, sourceAnchor; read 2026-11). Of an entry that was
/// read in part nobody knows whether it is set.
fn immutable_id(entry: &Entry, is_whole: bool) -> Option<String> {
    let consistency = entry.bytes(wire::CONSISTENCY_GUID).filter(|bytes| !bytes.is_empty());
    let object = || entry.bytes(wire::OBJECT_GUID).filter(|_| is_whole);
    consistency.or_else(object).map(|bytes| STANDARD.encode(bytes))
}

/// What kind of mailbox it is, in Exchange on the premises and in the cloud (`msExchRecipientTypeDetails`).
///
/// The values are those of Exchange's `RecipientTypeDetails`. Mailboxes of the system and of health checks are nobody's.
fn kind(entry: &Entry) -> UserKind {
    match entry.integer(wire::RECIPIENT_TYPE) {
        Some(0x4 | 0x8_0000_0000) => UserKind::Shared,
        Some(0x10 | 0x2_0000_0000) => UserKind::Room,
        Some(0x20 | 0x4_0000_0000) => UserKind::Equipment,
        // System attendant, system, arbitration, discovery, monitoring.
        Some(0x2000 | 0x4000 | 0x80_0000 | 0x2000_0000 | 0x80_0000_0000) => UserKind::Agent,
        Some(_) | None => UserKind::Member,
    }
}

fn is_disabled(entry: &Entry, schema: &Schema) -> bool {
    let means = |value: &str| {
        schema.disabled_values.is_empty()
            || schema
                .disabled_values
                .iter()
                .any(|disabled| disabled.trim().eq_ignore_ascii_case(value.trim()))
    };
    !schema.disabled.is_empty() && entry.texts(&schema.disabled).any(means)
}

/// The address that mail is sent from: the one entry of `proxyAddresses` whose prefix is in capitals.
fn primary_proxy(entry: &Entry) -> Option<&str> {
    let addresses = entry.texts(wire::PROXY_ADDRESSES).filter_map(|proxy| proxy.trim().strip_prefix("SMTP:"));
    addresses.map(str::trim).find(|address| address.contains('@'))
}

/// Every e-mail address beside the primary one, each once, in order. `X500:`, `SIP:` and other entries are none.
fn alternates(entry: &Entry, name: &str, layout: &Layout, is_whole: bool) -> Option<Vec<String>> {
    let was_read = entry.has(name) || (is_whole && layout.is_empty_when_absent(name));
    if !was_read {
        return None;
    }
    let mail = layout.attributes.iter().find(|(attribute, _)| *attribute == Attribute::Mail);
    let mail = mail.and_then(|(_, name)| entry.text(name)).map(str::trim).filter(|text| !text.is_empty());
    let primary = mail.or_else(|| primary_proxy(entry));
    let mut known: HashSet<String> = primary.map(str::to_ascii_lowercase).into_iter().collect();
    let mut alternates = Vec::new();
    for proxy in entry.texts(name) {
        let address = match proxy.split_once(':') {
            Some((kind, address)) if kind.trim().eq_ignore_ascii_case("smtp") => address.trim(),
            Some(_) => continue,
            None => proxy.trim(),
        };
        if sync_core::model::email_key(address).is_some() && known.insert(address.to_ascii_lowercase()) {
            alternates.push(address.to_owned());
        }
    }
    Some(alternates)
}

/// An id that is text stays as it is, in lower case; anything else is written in hexadecimal.
fn plain_id(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok().map(str::trim);
    let plain =
        |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    match text.filter(|text| !text.is_empty()).filter(plain) {
        Some(text) => Some(text.to_ascii_lowercase()),
        None if bytes.is_empty() => None,
        None => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

#[cfg(test)]
mod tests;
