//! Communication items: reading addresses and numbers out of them, and working out what to change.
//!
//! ConnectWise keeps one default item per communication type and addresses items by index, so a change is worked
//! out on a draft of the whole list and then spelled as replaces in place, adds at the end, and removes from the
//! back (a live system was recorded to apply one PATCH in that order, and to flip the default; seen 2026-11).

use crate::wire::{CommunicationItem, PatchOp};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sync_core::model::PhoneNumber;

/// The longest extension that ConnectWise takes.
const MAX_EXTENSION: usize = 15;

/// The communication types of this instance that stand for our fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemTypes {
    /// For the primary e-mail address, where one has to be added.
    pub(crate) email: Option<i64>,
    /// For alternate e-mail addresses that have to be added.
    pub(crate) alternate_email: Option<i64>,
    /// Which e-mail items count as alternates; `None`: every one that is not the default.
    pub(crate) alternates: Option<BTreeSet<i64>>,
    pub(crate) business: Option<i64>,
    pub(crate) mobile: Option<i64>,
    pub(crate) fax: Option<i64>,
}

/// What `communicationType` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Email,
    Phone,
    Fax,
}

impl Class {
    const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::Fax];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "Email",
            Self::Phone => "Phone",
            Self::Fax => "Fax",
        }
    }

    fn of(item: &CommunicationItem) -> Option<Self> {
        let text = item.communication_type.as_deref()?;
        Self::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(text))
    }
}

/// What a contact's items say, in our words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemValues {
    pub(crate) email: Option<String>,
    pub(crate) alternates: Vec<String>,
    pub(crate) business: Option<String>,
    pub(crate) mobile: Option<String>,
    pub(crate) fax: Option<String>,
}

/// What is wanted of a contact's items: `None` leaves alone, an empty text or list clears.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemChanges {
    pub(crate) email: Option<String>,
    pub(crate) alternates: Option<Vec<String>>,
    pub(crate) business: Option<String>,
    pub(crate) mobile: Option<String>,
    pub(crate) fax: Option<String>,
}

/// Reads the items.
pub(crate) fn read(items: &[CommunicationItem], types: &ItemTypes) -> ItemValues {
    let list = DraftList::new(items);
    let number = |class, type_id: Option<i64>| {
        let place = list.of_type(class, type_id?)?;
        Some(list.drafts.get(place)?.phone().to_string()).filter(|text| !text.is_empty())
    };
    ItemValues {
        email: list.primary().and_then(|place| list.drafts.get(place)).map(|item| item.value.clone()),
        alternates: list.alternates(types).filter_map(|p| Some(list.drafts.get(p)?.value.clone())).collect(),
        business: number(Class::Phone, types.business),
        mobile: number(Class::Phone, types.mobile),
        fax: number(Class::Fax, types.fax),
    }
}

/// The operations that make the items as wanted: replaces in place first, adds at the end next, removes last and
/// from the back. Nothing for what is so already; items of no concern keep index order, id and content.
pub(crate) fn patch(items: &[CommunicationItem], wanted: &ItemChanges, types: &ItemTypes) -> Vec<PatchOp> {
    let mut list = DraftList::new(items);
    list.change(wanted, types);
    list.operations()
}

/// The items of a new contact.
pub(crate) fn for_create(wanted: &ItemChanges, types: &ItemTypes) -> Vec<Value> {
    let mut list = DraftList::new(&[]);
    list.change(wanted, types);
    list.drafts.iter().map(Draft::body).collect()
}

/// One item as it will be.
#[derive(Clone)]
struct Draft<'a> {
    was: Option<&'a CommunicationItem>,
    class: Option<Class>,
    type_id: Option<i64>,
    value: String,
    extension: String,
    default: bool,
    removed: bool,
}

impl<'a> Draft<'a> {
    fn existing(item: &'a CommunicationItem) -> Self {
        Self {
            was: Some(item),
            class: Class::of(item),
            type_id: item.kind.as_ref().and_then(|kind| kind.id),
            value: item.value.clone().unwrap_or_default(),
            extension: item.extension.clone().unwrap_or_default(),
            default: item.default_flag == Some(true),
            removed: false,
        }
    }

    fn added(class: Class, type_id: i64, phone: PhoneNumber, default: bool) -> Self {
        let PhoneNumber { number: value, extension } = phone;
        Self {
            was: None,
            class: Some(class),
            type_id: Some(type_id),
            value,
            extension,
            default,
            removed: false,
        }
    }

    fn phone(&self) -> PhoneNumber {
        PhoneNumber { number: self.value.clone(), extension: self.extension.clone() }
    }

    fn is(&self, class: Class) -> bool {
        !self.removed && self.class == Some(class)
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "type": { "id": self.type_id },
            "value": self.value,
            "defaultFlag": self.default,
            "communicationType": self.class.map(Class::as_str),
        });
        if let (false, Some(body)) = (self.extension.is_empty(), body.as_object_mut()) {
            body.insert("extension".into(), self.extension.clone().into());
        }
        body
    }
}

struct DraftList<'a> {
    drafts: Vec<Draft<'a>>,
}

impl<'a> DraftList<'a> {
    fn new(items: &'a [CommunicationItem]) -> Self {
        Self { drafts: items.iter().map(Draft::existing).collect() }
    }

    fn place(&self, mut test: impl FnMut(&Draft<'_>) -> bool) -> Option<usize> {
        self.drafts.iter().position(|draft| !draft.removed && test(draft))
    }

    /// The default e-mail item, if it holds anything.
    fn primary(&self) -> Option<usize> {
        self.place(|d| d.is(Class::Email) && d.default && !d.value.trim().is_empty())
    }

    fn alternates<'s>(&'s self, types: &'s ItemTypes) -> impl Iterator<Item = usize> + 's {
        self.drafts.iter().enumerate().filter_map(move |(place, draft)| {
            let counts = draft.is(Class::Email)
                && !draft.default
                && !draft.value.trim().is_empty()
                && types
                    .alternates
                    .as_ref()
                    .is_none_or(|of| draft.type_id.is_some_and(|id| of.contains(&id)));
            counts.then_some(place)
        })
    }

    /// The item that stands for a number: the default one of that type, else the first.
    fn of_type(&self, class: Class, type_id: i64) -> Option<usize> {
        let fits = |d: &Draft<'_>| d.is(class) && d.type_id == Some(type_id);
        self.place(|d| fits(d) && d.default).or_else(|| self.place(fits))
    }

    fn change(&mut self, wanted: &ItemChanges, types: &ItemTypes) {
        let ItemChanges { email, alternates, business, mobile, fax } = wanted;
        // The alternates are told apart before the primary address moves to another item.
        let stale: Vec<usize> = self.alternates(types).collect();
        if let Some(email) = email {
            self.set_email(email.trim(), types);
        }
        if let Some(alternates) = alternates {
            self.set_alternates(&stale, alternates, types);
        }
        for (class, type_id, text) in [
            (Class::Phone, types.business, business),
            (Class::Phone, types.mobile, mobile),
            (Class::Fax, types.fax, fax),
        ] {
            if let (Some(type_id), Some(text)) = (type_id, text) {
                self.set_number(class, type_id, text.trim());
            }
        }
        self.settle_defaults(types);
    }

    fn set_email(&mut self, address: &str, types: &ItemTypes) {
        let default = self.place(|d| d.is(Class::Email) && d.default);
        if address.is_empty() {
            if let Some(item) = default.and_then(|place| self.drafts.get_mut(place)) {
                item.removed = true;
            }
            return;
        }
        let same = self.place(|d| d.is(Class::Email) && d.value.trim().eq_ignore_ascii_case(address));
        match (default.or(same), types.email) {
            (Some(place), _) => {
                if let Some(item) = self.drafts.get_mut(place) {
                    if item.value != address {
                        address.clone_into(&mut item.value);
                    }
                    item.default = true;
                }
            }
            (None, Some(type_id)) => {
                let phone = PhoneNumber { number: address.to_owned(), extension: String::new() };
                self.drafts.push(Draft::added(Class::Email, type_id, phone, true));
            }
            (None, None) => {}
        }
    }

    fn set_alternates(&mut self, stale: &[usize], addresses: &[String], types: &ItemTypes) {
        let mut missing: Vec<&str> = Vec::new();
        for address in addresses.iter().map(|a| a.trim()).filter(|a| !a.is_empty()) {
            if !missing.iter().any(|m| m.eq_ignore_ascii_case(address)) {
                missing.push(address);
            }
        }
        let mut unwanted: Vec<usize> = Vec::new();
        let wanted: BTreeSet<String> = missing.iter().map(|a| a.to_ascii_lowercase()).collect();
        for &place in stale {
            let Some(item) = self.drafts.get(place).filter(|d| !d.removed && !d.default) else { continue };
            let value = item.value.trim().to_ascii_lowercase();
            missing.retain(|address| address.to_ascii_lowercase() != value);
            if !wanted.contains(&value) {
                unwanted.push(place);
            }
        }
        let mut missing = missing.into_iter();
        for place in unwanted {
            let Some(item) = self.drafts.get_mut(place) else { continue };
            // An item of another type is not made over: its label would then lie about the address.
            let next = if item.type_id == types.alternate_email { missing.next() } else { None };
            match next {
                Some(address) => address.clone_into(&mut item.value),
                None => item.removed = true,
            }
        }
        if let Some(type_id) = types.alternate_email {
            for address in missing {
                let phone = PhoneNumber { number: address.to_owned(), extension: String::new() };
                self.drafts.push(Draft::added(Class::Email, type_id, phone, false));
            }
        }
    }

    fn set_number(&mut self, class: Class, type_id: i64, text: &str) {
        if text.is_empty() {
            // All of that type, or the next one would show in the place of the cleared one.
            for item in self.drafts.iter_mut().filter(|d| d.is(class) && d.type_id == Some(type_id)) {
                item.removed = true;
            }
            return;
        }
        match self.of_type(class, type_id).and_then(|place| self.drafts.get_mut(place)) {
            Some(item) if item.phone().to_string() == text => {}
            Some(item) => {
                let PhoneNumber { number, extension } = PhoneNumber::parse(text, MAX_EXTENSION);
                item.value = number;
                item.extension = extension;
            }
            None => {
                let first = self.place(|d| d.is(class) && d.default).is_none();
                self.drafts.push(Draft::added(
                    class,
                    type_id,
                    PhoneNumber::parse(text, MAX_EXTENSION),
                    first,
                ));
            }
        }
    }

    /// Never leaves a communication type without a default that had one: the next item takes it over.
    fn settle_defaults(&mut self, types: &ItemTypes) {
        for class in Class::ALL {
            let lost = self.drafts.iter().any(|d| d.removed && d.default && d.class == Some(class));
            if !lost || self.place(|d| d.is(class) && d.default).is_some() {
                continue;
            }
            let preferred = match class {
                Class::Email => types.email,
                Class::Phone => types.business.or(types.mobile),
                Class::Fax => types.fax,
            };
            let heir = self
                .place(|d| d.is(class) && d.was.is_none())
                .or_else(|| self.place(|d| d.is(class) && preferred.is_some() && d.type_id == preferred))
                .or_else(|| self.place(|d| d.is(class)));
            if let Some(item) = heir.and_then(|place| self.drafts.get_mut(place)) {
                item.default = true;
            }
        }
    }

    fn operations(&self) -> Vec<PatchOp> {
        let mut operations = Vec::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            let Some(was) = draft.was.filter(|_| !draft.removed) else { continue };
            let path = |field| format!("/communicationItems/{index}/{field}");
            if was.value.as_deref().unwrap_or_default() != draft.value {
                operations.push(PatchOp::replace(path("value"), draft.value.as_str()));
            }
            if was.extension.as_deref().unwrap_or_default() != draft.extension {
                operations.push(PatchOp::replace(path("extension"), draft.extension.as_str()));
            }
            if was.default_flag != Some(true) && draft.default {
                operations.push(PatchOp::replace(path("defaultFlag"), true));
            }
        }
        let end = self.drafts.iter().filter(|draft| draft.was.is_some()).count();
        for (index, draft) in (end..).zip(self.drafts.iter().filter(|draft| draft.was.is_none())) {
            operations.push(PatchOp::add(format!("/communicationItems/{index}"), draft.body()));
        }
        for (index, draft) in self.drafts.iter().enumerate().rev() {
            if draft.removed && draft.was.is_some() {
                operations.push(PatchOp::remove(format!("/communicationItems/{index}")));
            }
        }
        operations
    }
}

#[cfg(test)]
#[path = "items_tests.rs"]
pub(crate) mod tests;
