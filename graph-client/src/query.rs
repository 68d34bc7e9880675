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
                "extension `{}` is neither extensionAttribute1 to extensionAttribute15 nor a directory extension \
                 named extension_<application id without dashes>_<name>",
                name.chars().take(64).collect::<String>()
            ),
        ))
    }

    /// The name as the policy spells it.
    pub(crate) fn asked_as(&self) -> &str {
        match self {
            Self::Numbered { asked_as, .. } => asked_as,
            Self::Directory { name } => name,
        }
    }

    /// The property that holds it.
    fn property(&self) -> &str {
        match self {
            Self::Numbered { .. } => EXTENSION_ATTRIBUTES,
            Self::Directory { name } => name,
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

/// The value of `$select`: every property the engine can use but those to omit, and the extensions asked for.
pub(crate) fn select(omit: &BTreeSet<String>, extensions: &[Extension]) -> String {
    let mut properties: Vec<&str> =
        USER_PROPERTIES.into_iter().filter(|property| !omit.contains(*property)).collect();
    for extension in extensions {
        if !properties.contains(&extension.property()) {
            properties.push(extension.property());
        }
    }
    properties.join(",")
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
        let select = select(&BTreeSet::new(), &extensions);
        assert_eq!(select.matches(EXTENSION_ATTRIBUTES).count(), 1, "{select}");
        assert!(select.contains(directory) && select.starts_with("id,accountEnabled,"), "{select}");
    }

    #[test]
    fn account_state_is_always_selected_and_omitted_properties_are_not() {
        let select = select(&BTreeSet::from(["employeeType".to_owned()]), &[]);
        assert!(select.contains("accountEnabled") && !select.contains("employeeType"), "{select}");
        assert!(!select.contains(EXTENSION_ATTRIBUTES) && !select.contains('*'), "{select}");
    }
}
