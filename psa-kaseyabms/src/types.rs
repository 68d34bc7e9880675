//! The types of addresses and numbers. No table of them is documented, so their numbers are learned from contacts.

use crate::{
    config::{Config, ItemType, invalid},
    wire::Contact,
};
use std::collections::BTreeMap;
use sync_core::Result;

/// The types that stand for our fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ItemTypes {
    /// For e-mail addresses that have to be added.
    pub(crate) email: i64,
    pub(crate) business: i64,
    pub(crate) mobile: Option<i64>,
    pub(crate) fax: Option<i64>,
}

/// What stands for addresses and for business phones where no contact has one (the older API's guide uses 1 for both).
const FALLBACK: i64 = 1;

/// Whether contacts have to be looked at before the types are known.
pub(crate) fn are_learned(config: &Config) -> bool {
    let Config { email_type, phone_type, mobile_type, fax_type, .. } = config;
    let by_name = |choice: &Option<ItemType>| matches!(choice, Some(ItemType::Name(_)));
    email_type.is_none()
        || phone_type.is_none()
        || [email_type, phone_type, mobile_type, fax_type].into_iter().any(by_name)
}

/// The types that the configuration names, as some contacts show them.
///
/// # Errors
/// `ConfigInvalid` for a name that none of them shows, and for one type that would stand for two fields.
pub(crate) fn resolve(config: &Config, sample: &[Contact]) -> Result<ItemTypes> {
    let emails = seen(sample.iter().flat_map(|contact| contact.emails.iter().flatten()).map(|email| Seen {
        id: email.email_type_id,
        name: email.email_type.as_deref(),
        default: email.is_default == Some(true),
    }));
    let phones = seen(sample.iter().flat_map(|contact| contact.phones.iter().flatten()).map(|phone| Seen {
        id: phone.phone_type_id,
        name: phone.phone_type.as_deref(),
        default: phone.is_default == Some(true),
    }));
    let named = |key: &str, choice: &Option<ItemType>, types: &BTreeMap<i64, Kind>| match choice {
        Some(choice) => find(key, choice, types).map(Some),
        None => Ok(None),
    };
    let mobile = named("mobile_type", &config.mobile_type, &phones)?;
    let fax = named("fax_type", &config.fax_type, &phones)?;
    let others = [mobile, fax];
    let email = named("email_type", &config.email_type, &emails)?.unwrap_or_else(|| most_used(&emails, &[]));
    let business =
        named("phone_type", &config.phone_type, &phones)?.unwrap_or_else(|| most_used(&phones, &others));
    if (mobile.is_some() && mobile == fax) || others.contains(&Some(business)) {
        return Err(invalid("phone_type, mobile_type and fax_type must be three different types"));
    }
    Ok(ItemTypes { email, business, mobile, fax })
}

struct Seen<'a> {
    id: Option<i64>,
    name: Option<&'a str>,
    default: bool,
}

/// A type as contacts show it.
#[derive(Default)]
struct Kind {
    name: Option<String>,
    /// How often it is the type of a default item.
    defaults: usize,
}

fn seen<'a>(items: impl Iterator<Item = Seen<'a>>) -> BTreeMap<i64, Kind> {
    let mut kinds: BTreeMap<i64, Kind> = BTreeMap::new();
    for Seen { id, name, default } in items {
        let Some(id) = id else { continue };
        let kind = kinds.entry(id).or_default();
        kind.defaults += usize::from(default);
        if kind.name.is_none() {
            kind.name = name.map(str::to_owned);
        }
    }
    kinds
}

fn find(key: &str, choice: &ItemType, kinds: &BTreeMap<i64, Kind>) -> Result<i64> {
    let name = match choice {
        ItemType::Id(id) => return Ok(*id),
        ItemType::Name(name) => name.trim(),
    };
    let same =
        |kind: &Kind| kind.name.as_deref().is_some_and(|known| known.trim().eq_ignore_ascii_case(name));
    if let Some((id, _)) = kinds.iter().find(|(_, kind)| same(kind)) {
        return Ok(*id);
    }
    let known: Vec<String> =
        kinds.iter().filter_map(|(id, kind)| Some(format!("`{}` ({id})", kind.name.as_deref()?))).collect();
    let known = if known.is_empty() { "none at all".to_owned() } else { known.join(", ") };
    Err(invalid(format!(
        "{key}: no contact that was looked at shows a type `{name}`; they show {known}. A number works as well"
    )))
}

/// The type of most default items, apart from those that stand for something else.
fn most_used(kinds: &BTreeMap<i64, Kind>, apart: &[Option<i64>]) -> i64 {
    let own = kinds.iter().filter(|(id, kind)| kind.defaults > 0 && !apart.contains(&Some(**id)));
    let most = own.max_by_key(|(id, kind)| (kind.defaults, std::cmp::Reverse(**id)));
    most.map_or(FALLBACK, |(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sync_core::ErrorKind;

    fn config() -> Config {
        Config::new("api.bms.kaseya.com", "u", "p".into(), "t")
    }

    fn sample() -> Vec<Contact> {
        let record = |id: i64, phone_type: i64, name: &str, default: bool| {
            json!({
                "id": id, "emails": [{"emailAddress": "a@example.com", "emailTypeId": 4, "emailType": "Work", "isDefault": true}],
                "phones": [{"phone": "1", "phoneTypeId": phone_type, "phoneType": name, "isDefault": default}],
            })
        };
        let rows = [
            record(1, 7, "Office", true),
            record(2, 7, "Office", true),
            record(3, 8, "Cell", true),
            record(4, 9, "Fax", false),
        ];
        rows.map(|row| serde_json::from_value(row).unwrap()).into()
    }

    #[test]
    fn without_names_the_types_of_most_defaults_stand_and_no_mobile() {
        let types = resolve(&config(), &sample()).unwrap();
        assert_eq!(types, ItemTypes { email: 4, business: 7, mobile: None, fax: None });
        let none = resolve(&config(), &[]).unwrap();
        assert_eq!((none.email, none.business), (1, 1));
    }

    #[test]
    fn names_are_found_without_regard_to_case_and_numbers_need_no_contact() {
        let mut config = config();
        config.mobile_type = Some(ItemType::Name("cell".into()));
        config.fax_type = Some(ItemType::Id(77));
        let types = resolve(&config, &sample()).unwrap();
        assert_eq!((types.mobile, types.fax), (Some(8), Some(77)));
        config.email_type = Some(ItemType::Id(1));
        assert!(are_learned(&config), "a name is left");
        config.mobile_type = Some(ItemType::Id(8));
        config.phone_type = Some(ItemType::Id(7));
        assert!(!are_learned(&config));
    }

    #[test]
    fn a_renamed_type_is_an_error_that_lists_what_there_is() {
        let mut config = config();
        config.mobile_type = Some(ItemType::Name("Mobile".into()));
        let error = resolve(&config, &sample()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(error.message().contains("mobile_type") && error.message().contains("`Cell` (8)"), "{error}");
    }

    #[test]
    fn one_type_cannot_be_two_fields() {
        let mut config = config();
        config.mobile_type = Some(ItemType::Id(7));
        config.phone_type = Some(ItemType::Id(7));
        assert_eq!(resolve(&config, &sample()).unwrap_err().kind(), ErrorKind::ConfigInvalid);
        config.phone_type = None;
        assert_eq!(resolve(&config, &sample()).unwrap().business, 8, "the mobile type is no business phone");
    }
}
