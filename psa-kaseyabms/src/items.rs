//! Addresses and numbers of a contact: reading them, and working out what to change.
//!
//! An item is changed in place where there is one, so that it keeps its id; additions come before removals. Items that
//! stand for none of our fields are never named.

use crate::{
    types::ItemTypes,
    wire::{Email, Phone},
};

/// An address or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) value: String,
    pub(crate) type_id: i64,
    pub(crate) default: bool,
}

/// One operation on an item, which it names by its value and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add(Item),
    /// `None` leaves as it is.
    Update {
        value: String,
        new: Option<String>,
        type_id: i64,
        default: Option<bool>,
    },
    Delete {
        value: String,
        type_id: i64,
    },
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

/// Which of the three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Business,
    Mobile,
    Fax,
}

pub(crate) fn from_emails(rows: Option<&[Email]>) -> Vec<Item> {
    let item = |row: &Email| Item {
        value: row.email_address.clone().unwrap_or_default().trim().to_owned(),
        type_id: row.email_type_id.unwrap_or_default(),
        default: row.is_default == Some(true),
    };
    rows.unwrap_or_default().iter().map(item).filter(|item| !item.value.is_empty()).collect()
}

pub(crate) fn from_phones(rows: Option<&[Phone]>) -> Vec<Item> {
    let item = |row: &Phone| Item {
        value: row.phone.clone().unwrap_or_default().trim().to_owned(),
        type_id: row.phone_type_id.unwrap_or_default(),
        default: row.is_default == Some(true),
    };
    rows.unwrap_or_default().iter().map(item).filter(|item| !item.value.is_empty()).collect()
}

/// The primary address and the others.
pub(crate) fn addresses(items: &[Item]) -> (Option<&str>, Vec<&str>) {
    let primary = items.iter().position(|item| item.default);
    let others = items.iter().enumerate().filter(|(place, _)| Some(*place) != primary);
    let value = |place: usize| items.get(place).map(|item| item.value.as_str());
    (primary.and_then(value), others.map(|(_, item)| item.value.as_str()).collect())
}

/// The item that stands for a number.
pub(crate) fn number<'i>(items: &'i [Item], slot: Slot, types: &ItemTypes) -> Option<&'i Item> {
    let of = |type_id: i64| {
        let fitting = || items.iter().filter(move |item| item.type_id == type_id);
        fitting().find(|item| item.default).or_else(|| fitting().next())
    };
    match slot {
        Slot::Mobile => of(types.mobile?),
        Slot::Fax => of(types.fax?),
        Slot::Business => of(types.business).or_else(|| {
            let other = |item: &&Item| Some(item.type_id) == types.mobile || Some(item.type_id) == types.fax;
            items.iter().find(|item| item.default && !other(item))
        }),
    }
}

/// The operations that bring addresses to what is wanted; none where they are so already.
pub(crate) fn email_ops(items: &[Item], changes: &ItemChanges, types: &ItemTypes) -> Vec<Op> {
    let mut ops = Vec::new();
    if let Some(wanted) = &changes.email {
        primary_ops(items, wanted, types, &mut ops);
    }
    if let Some(wanted) = &changes.alternates {
        let now = apply(items, &ops);
        let (primary, others) = addresses(&now);
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        let mut added: Vec<&str> = Vec::new();
        for address in wanted.iter().map(|address| address.trim()).filter(|address| !address.is_empty()) {
            let there = others.iter().chain(&added).chain(&primary).any(|known| same(known, address));
            if !there {
                added.push(address);
            }
        }
        let add = |address: &&str| {
            Op::Add(Item { value: (*address).to_owned(), type_id: types.email, default: false })
        };
        let stale = now.iter().filter(|item| {
            others.contains(&item.value.as_str())
                && primary != Some(item.value.as_str())
                && !wanted.iter().any(|address| same(address.trim(), &item.value))
        });
        let removals: Vec<Op> =
            stale.map(|item| Op::Delete { value: item.value.clone(), type_id: item.type_id }).collect();
        ops.extend(added.iter().map(add));
        ops.extend(removals);
    }
    ops
}

fn primary_ops(items: &[Item], wanted: &str, types: &ItemTypes, ops: &mut Vec<Op>) {
    let wanted = wanted.trim();
    let now = items.iter().find(|item| item.default);
    let there = items.iter().find(|item| item.value.eq_ignore_ascii_case(wanted));
    match (now, there) {
        (Some(now), _) if now.value == wanted => {}
        (Some(now), _) if wanted.is_empty() => {
            ops.push(Op::Delete { value: now.value.clone(), type_id: now.type_id });
        }
        // Another of its addresses becomes the primary one, and the old one stays as an alternate.
        (_, Some(there)) if !there.default => ops.push(Op::Update {
            value: there.value.clone(),
            new: (there.value != wanted).then(|| wanted.to_owned()),
            type_id: there.type_id,
            default: Some(true),
        }),
        (Some(now), _) => ops.push(Op::Update {
            value: now.value.clone(),
            new: Some(wanted.to_owned()),
            type_id: now.type_id,
            default: None,
        }),
        (None, _) if wanted.is_empty() => {}
        (None, _) => {
            ops.push(Op::Add(Item { value: wanted.to_owned(), type_id: types.email, default: true }));
        }
    }
}

/// The operations that bring numbers to what is wanted.
pub(crate) fn phone_ops(items: &[Item], changes: &ItemChanges, types: &ItemTypes) -> Vec<Op> {
    let slots = [
        (Slot::Business, Some(types.business), &changes.business),
        (Slot::Mobile, types.mobile, &changes.mobile),
        (Slot::Fax, types.fax, &changes.fax),
    ];
    let mut ops = Vec::new();
    for (slot, type_id, wanted) in slots {
        let (Some(wanted), Some(type_id)) = (wanted, type_id) else { continue };
        let wanted = wanted.trim();
        match number(items, slot, types) {
            Some(now) if now.value == wanted => {}
            Some(now) if wanted.is_empty() => {
                ops.push(Op::Delete { value: now.value.clone(), type_id: now.type_id });
            }
            Some(now) => ops.push(Op::Update {
                value: now.value.clone(),
                new: Some(wanted.to_owned()),
                type_id: now.type_id,
                default: None,
            }),
            None if wanted.is_empty() => {}
            None => {
                // A number takes the default flag only where nobody has it.
                let default = slot == Slot::Business && !items.iter().any(|item| item.default);
                ops.push(Op::Add(Item { value: wanted.to_owned(), type_id, default }));
            }
        }
    }
    // Additions before removals.
    ops.sort_by_key(|op| matches!(op, Op::Delete { .. }));
    ops
}

/// What the items are after these operations: what BMS should answer.
pub(crate) fn apply(items: &[Item], ops: &[Op]) -> Vec<Item> {
    let mut items = items.to_vec();
    let place = |items: &[Item], value: &str, type_id: i64| {
        items.iter().position(|item| item.value.eq_ignore_ascii_case(value) && item.type_id == type_id)
    };
    for op in ops {
        match op {
            Op::Add(item) => {
                if item.default {
                    items.iter_mut().for_each(|other| other.default = false);
                }
                items.push(item.clone());
            }
            Op::Update { value, new, type_id, default } => {
                let Some(place) = place(&items, value, *type_id) else { continue };
                if *default == Some(true) {
                    items.iter_mut().for_each(|other| other.default = false);
                }
                if let Some(item) = items.get_mut(place) {
                    item.default = default.unwrap_or(item.default);
                    item.value = new.clone().unwrap_or_else(|| item.value.clone());
                }
            }
            Op::Delete { value, type_id } => {
                if let Some(place) = place(&items, value, *type_id) {
                    items.remove(place);
                }
            }
        }
    }
    items
}

/// Whether two lists hold the same values; order, type and case do not count.
pub(crate) fn same_values(a: &[Item], b: &[Item]) -> bool {
    let sorted = |items: &[Item]| {
        let mut values: Vec<String> = items.iter().map(|item| item.value.to_lowercase()).collect();
        values.sort_unstable();
        values
    };
    sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPES: ItemTypes = ItemTypes { email: 1, business: 1, mobile: Some(2), fax: Some(3) };

    fn item(value: &str, type_id: i64, default: bool) -> Item {
        Item { value: value.into(), type_id, default }
    }

    fn ada() -> Vec<Item> {
        vec![item("old@home.example", 2, false), item("ada@contoso.example", 1, true)]
    }

    fn after_email(
        items: &[Item],
        email: Option<&str>,
        alternates: Option<&[&str]>,
    ) -> (Option<String>, Vec<String>) {
        let changes = ItemChanges {
            email: email.map(str::to_owned),
            alternates: alternates.map(|list| list.iter().map(|a| (*a).to_owned()).collect()),
            ..ItemChanges::default()
        };
        let after = apply(items, &email_ops(items, &changes, &TYPES));
        assert!(email_ops(&after, &changes, &TYPES).is_empty(), "what is so needs no change");
        let (primary, others) = addresses(&after);
        (primary.map(str::to_owned), others.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn the_primary_address_changes_in_place_and_keeps_its_type() {
        let changes = ItemChanges { email: Some("ada@fabrikam.example".into()), ..ItemChanges::default() };
        let expected = Op::Update {
            value: "ada@contoso.example".into(),
            new: Some("ada@fabrikam.example".into()),
            type_id: 1,
            default: None,
        };
        assert_eq!(email_ops(&ada(), &changes, &TYPES), [expected]);
    }

    #[test]
    fn an_alternate_that_becomes_the_primary_address_changes_places_with_it() {
        let (primary, others) = after_email(&ada(), Some("old@home.example"), None);
        assert_eq!(
            (primary.as_deref(), others),
            (Some("old@home.example"), vec!["ada@contoso.example".to_owned()])
        );
    }

    #[test]
    fn alternates_are_added_before_others_are_removed_and_the_primary_stays() {
        let (primary, others) =
            after_email(&ada(), None, Some(&["new@contoso.example", "ADA@contoso.example"]));
        assert_eq!(
            (primary.as_deref(), others),
            (Some("ada@contoso.example"), vec!["new@contoso.example".to_owned()])
        );
        let changes =
            ItemChanges { alternates: Some(vec!["new@contoso.example".into()]), ..ItemChanges::default() };
        let ops = email_ops(&ada(), &changes, &TYPES);
        assert!(matches!(ops.as_slice(), [Op::Add(_), Op::Delete { .. }]), "{ops:?}");
        assert_eq!(after_email(&ada(), None, Some(&[])).1, [""; 0]);
    }

    #[test]
    fn a_contact_without_addresses_gets_its_first_as_the_default() {
        let changes = ItemChanges {
            email: Some("a@contoso.example".into()),
            alternates: Some(vec!["b@contoso.example".into()]),
            ..ItemChanges::default()
        };
        let ops = email_ops(&[], &changes, &TYPES);
        assert_eq!(
            ops,
            [Op::Add(item("a@contoso.example", 1, true)), Op::Add(item("b@contoso.example", 1, false))]
        );
    }

    #[test]
    fn only_the_wanted_number_is_named() {
        let items = [item("+1 1", 1, true), item("+1 2", 2, false), item("+1 4", 4, false)];
        let changes =
            ItemChanges { mobile: Some("+1 9".into()), fax: Some("+1 3".into()), ..ItemChanges::default() };
        let after = apply(&items, &phone_ops(&items, &changes, &TYPES));
        let expected = [items[0].clone(), item("+1 9", 2, false), items[2].clone(), item("+1 3", 3, false)];
        assert_eq!(after, expected);
        let cleared = ItemChanges { business: Some(String::new()), ..ItemChanges::default() };
        assert_eq!(apply(&items, &phone_ops(&items, &cleared, &TYPES)), items[1..]);
    }

    #[test]
    fn the_default_number_of_another_type_is_the_business_phone_where_none_is() {
        let items = [item("+1 4", 4, true), item("+1 2", 2, false)];
        assert_eq!(number(&items, Slot::Business, &TYPES), Some(&items[0]));
        let mobile_only = [item("+1 2", 2, true)];
        assert_eq!(number(&mobile_only, Slot::Business, &TYPES), None);
        let changes = ItemChanges { business: Some("+1 1".into()), ..ItemChanges::default() };
        assert_eq!(phone_ops(&mobile_only, &changes, &TYPES), [Op::Add(item("+1 1", 1, false))]);
    }

    #[test]
    fn one_number_as_two_types_is_changed_where_it_is_meant() {
        let items = [item("+1 1", 1, true), item("+1 1", 2, false)];
        let changes = ItemChanges { mobile: Some("+1 2".into()), ..ItemChanges::default() };
        assert_eq!(
            apply(&items, &phone_ops(&items, &changes, &TYPES)),
            [items[0].clone(), item("+1 2", 2, false)]
        );
    }

    fn any_items() -> impl Strategy<Value = Vec<Item>> {
        let one = ("[a-d]@x\\.example", 1..4_i64, any::<bool>());
        prop::collection::vec(one, 0..5).prop_map(|rows| {
            let mut items: Vec<Item> = Vec::new();
            for (value, type_id, default) in rows {
                let default = default && !items.iter().any(|item| item.default);
                if !items.iter().any(|item| item.value == value) {
                    items.push(Item { value, type_id, default });
                }
            }
            items
        })
    }

    proptest! {
        #[test]
        fn addresses_become_what_is_wanted_and_stay(
            items in any_items(), email in "[a-f]@x\\.example", others in prop::collection::vec("[a-f]@x\\.example", 0..4)
        ) {
            let changes = ItemChanges {
                email: Some(email.clone()), alternates: Some(others.clone()), ..ItemChanges::default()
            };
            let after = apply(&items, &email_ops(&items, &changes, &TYPES));
            let (primary, rest) = addresses(&after);
            prop_assert_eq!(primary, Some(email.as_str()));
            for address in others.iter().filter(|address| **address != email) {
                prop_assert!(rest.contains(&address.as_str()));
            }
            prop_assert!(rest.iter().all(|address| others.iter().any(|wanted| wanted == address)));
            prop_assert!(email_ops(&after, &changes, &TYPES).is_empty());
        }

        #[test]
        fn changing_a_number_leaves_the_others(items in any_items(), wanted in "[0-9]{0,4}") {
            let changes = ItemChanges { mobile: Some(wanted.clone()), ..ItemChanges::default() };
            let after = apply(&items, &phone_ops(&items, &changes, &TYPES));
            let now = number(&items, Slot::Mobile, &TYPES);
            let rest = |list: &[Item], without: Option<&Item>| {
                list.iter().filter(|item| Some(*item) != without).cloned().collect::<Vec<_>>()
            };
            let then = number(&after, Slot::Mobile, &TYPES).filter(|item| item.value == wanted);
            if !wanted.is_empty() {
                prop_assert!(then.is_some());
                prop_assert_eq!(rest(&items, now), rest(&after, then));
            }
        }
    }
}
