//! What a listing asks of Graph: the properties to select and the extensions among them.

use crate::wire::{EXTENSION_ATTRIBUTES, USER_PROPERTIES};
use std::collections::BTreeSet;
use sync_core::{Error, ErrorKind, Result, model::Attribute};

const OPERATION: &str = "list users";

/// An attribute outside the neutral set that Graph can give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// `extensionAttribute1` to `extensionAttribute15`, synchronized from on-premises or kept by Exchange.
    Numbered {
        /// The name as the policy spells it.
        asked_as: String,
        /// 1 to 15.
        number: u8,
    },
    /// A directory extension, `extension_<app id without dashes>_<name>`.
    Directory {
        /// Graph's name of it, which the policy has to spell the same way.
        name: String,
    },
    /// `manager`, `manager_mail`, `manager_id`: who the user's manager is.
    Manager {
        /// The name as the policy spells it.
        asked_as: String,
        /// The property of the manager.
        property: &'static str,
    },
}

/// What to ask of each user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Select {
    /// The value of `$select` of a listing.
    pub(crate) properties: String,
    /// The value of `$expand`, where there is one.
    pub(crate) expand: Option<&'static str>,
    /// The value of `$select` of a delta query, which tracks the manager as if it were a property.
    pub(crate) tracked: String,
}

impl Extension {
    /// Reads the name after `extension:`.
    ///
    /// A property that Graph does not know fails the whole listing (400), so doubtful names are refused before.
    fn parse(name: &str) -> Result<Self> {
        if let Some(number) = strip_prefix_ignore_case(name, "extensionAttribute")
            .and_then(|number| number.parse().ok())
            .filter(|number| (1..=15).contains(number))
        {
            return Ok(Self::Numbered { asked_as: name.to_owned(), number });
        }
        let manager = match name.to_ascii_lowercase().as_str() {
            "manager" => Some("displayName"),
            "manager_mail" => Some("mail"),
            "manager_id" => Some("id"),
            _ => None,
        };
        if let Some(property) = manager {
            return Ok(Self::Manager { asked_as: name.to_owned(), property });
        }
        let directory = name.strip_prefix("extension_").and_then(|rest| rest.split_once('_')).is_some_and(
            |(application, own)| {
                application.len() == 32
                    && application.bytes().all(|b| b.is_ascii_hexdigit())
                    && !own.is_empty()
                    && own.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            },
        );
        if directory {
            return Ok(Self::Directory { name: name.to_owned() });
        }
        Err(Error::new(
            ErrorKind::ConfigInvalid,
            OPERATION,
            format!(
                "extension `{}` is neither extensionAttribute1 to extensionAttribute15, nor manager, manager_mail or \
                 manager_id, nor a directory extension named extension_<application id without dashes>_<name>",
                name.chars().take(64).collect::<String>()
            ),
        ))
    }

    /// The name as the policy spells it.
    pub(crate) fn asked_as(&self) -> &str {
        match self {
            Self::Numbered { asked_as, .. } | Self::Manager { asked_as, .. } => asked_as,
            Self::Directory { name } => name,
        }
    }

    /// The property that holds it; the manager is no property.
    fn property(&self) -> Option<&str> {
        match self {
            Self::Numbered { .. } => Some(EXTENSION_ATTRIBUTES),
            Self::Directory { name } => Some(name),
            Self::Manager { .. } => None,
        }
    }
}

/// The extensions among the attributes that a query asks for.
///
/// # Errors
/// `ConfigInvalid` for a name that Graph cannot know.
pub(crate) fn extensions(asked: &BTreeSet<Attribute>) -> Result<Vec<Extension>> {
    let mut extensions = Vec::new();
    for attribute in asked {
        if let Attribute::Extension(name) = attribute {
            extensions.push(Extension::parse(name)?);
        }
    }
    Ok(extensions)
}

/// Every property the engine can use but those to omit, and the extensions asked for.
pub(crate) fn select(omit: &BTreeSet<String>, extensions: &[Extension]) -> Select {
    let mut properties: Vec<&str> =
        USER_PROPERTIES.into_iter().filter(|property| !omit.contains(*property)).collect();
    for property in extensions.iter().filter_map(Extension::property) {
        if !properties.contains(&property) {
            properties.push(property);
        }
    }
    let properties = properties.join(",");
    let manager = extensions.iter().any(|extension| matches!(extension, Extension::Manager { .. }));
    Select {
        tracked: if manager { format!("{properties},manager") } else { properties.clone() },
        expand: manager.then_some("manager($select=id,displayName,mail)"),
        properties,
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(names: &[&str]) -> BTreeSet<Attribute> {
        names.iter().map(|name| Attribute::Extension((*name).into())).collect()
    }

    #[test]
    fn extension_names_that_graph_cannot_know_are_refused_before_any_call() {
        for name in [
            "extensionAttribute0",
            "extensionAttribute16",
            "extensionAttribute",
            "costCenter",
            "extension_short_costCenter",
            "extension_0123456789abcdef0123456789abcdef_",
            "extension_0123456789abcdef0123456789abcdef_a,b",
            "mail&$filter=x",
        ] {
            let error = extensions(&asked(&[name])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{name}");
            assert!(error.message().contains(name), "{error}");
        }
    }

    #[test]
    fn numbered_extensions_share_one_property() {
        let directory = "extension_0123456789abcdef0123456789abcdef_costCenter";
        let extensions =
            extensions(&asked(&["extensionAttribute1", "extensionattribute15", directory])).unwrap();
        assert_eq!(extensions.len(), 3);
        let select = select(&BTreeSet::new(), &extensions).properties;
        assert_eq!(select.matches(EXTENSION_ATTRIBUTES).count(), 1, "{select}");
        assert!(select.contains(directory) && select.starts_with("id,accountEnabled,"), "{select}");
    }

    #[test]
    fn account_state_is_always_selected_and_omitted_properties_are_not() {
        let Select { properties: select, expand, tracked } =
            select(&BTreeSet::from(["employeeType".to_owned()]), &[]);
        assert_eq!((expand, &tracked), (None, &select));
        assert!(select.contains("accountEnabled") && !select.contains("employeeType"), "{select}");
        assert!(!select.contains(EXTENSION_ATTRIBUTES) && !select.contains('*'), "{select}");
    }

    #[test]
    fn the_manager_is_expanded_where_it_is_listed_and_selected_where_it_is_tracked() {
        let extensions = extensions(&asked(&["manager", "Manager_Mail"])).unwrap();
        let select = select(&BTreeSet::new(), &extensions);
        assert!(!select.properties.contains("manager") && select.tracked.ends_with(",manager"), "{select:?}");
        assert_eq!(select.expand, Some("manager($select=id,displayName,mail)"));
    }
}
