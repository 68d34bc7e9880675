//! How the server at hand holds people: the attributes to ask for, and those that it knows at all.
//!
//! An attribute that is asked for and does not come is empty where the server knows it, and was not read where it does
//! not. So the server's schema is looked at before the first listing.

use crate::{
    config::{Schema, Source},
    connection::{Connection, Search},
    filter::{self, Filter},
    paging::read_all,
    server::Server,
    settings::{Settings, attribute_name, invalid},
    wire,
};
use std::collections::BTreeSet;
use sync_core::{Error, ErrorKind, Result, model::Attribute};

const OPERATION: &str = "read the LDAP server's schema";

/// How many attributes are looked up at once.
const AT_ONCE: usize = 40;

/// What to read of a person and where it goes.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Neutral attributes by the server's names.
    pub(crate) attributes: Vec<(Attribute, String)>,
    /// Attributes outside the neutral set, as the policy spells them.
    pub(crate) extensions: Vec<String>,
    /// How people who are not in Active Directory are held.
    pub(crate) other: Option<Schema>,
    pub(crate) source: Source,
    /// The attributes that the server knows, in lower case; `None` where it does not tell.
    known: Option<BTreeSet<String>>,
}

/// What a server's description of its schema names, in lower case; `None` where it does not tell.
#[derive(Debug, Default)]
struct Described {
    attributes: Option<BTreeSet<String>>,
    classes: Option<BTreeSet<String>>,
}

impl Layout {
    /// Looks up which attributes the server knows.
    ///
    /// # Errors
    /// `ConfigInvalid` for what cannot be an extension and for a name in `schema` that the server does not know,
    /// `Unsupported` where the address list is the source and the server has none, and as for any search.
    pub(crate) async fn ask(
        connection: &mut Connection,
        server: &Server,
        settings: &Settings,
        extensions: &BTreeSet<Attribute>,
    ) -> Result<Self> {
        let mut layout = Self::new(server, settings, extensions)?;
        let described = layout.look_up(connection, server).await?;
        layout.known = described.attributes;
        layout.refuse_misspelt(described.classes.as_ref())?;
        if layout.source == Source::AddressList && !(server.is_active_directory && layout.knows(wire::HIDDEN))
        {
            let message = "the server has no address list of Exchange's; use source = \"accounts\"";
            return Err(Error::new(ErrorKind::Unsupported, OPERATION, message));
        }
        Ok(layout)
    }

    fn new(server: &Server, settings: &Settings, extensions: &BTreeSet<Attribute>) -> Result<Self> {
        let extensions =
            extensions.iter().filter_map(Attribute::open_name).map(str::to_owned).collect::<Vec<_>>();
        for name in &extensions {
            attribute_name("extension", name)?;
        }
        let mut attributes: Vec<(Attribute, String)> =
            if server.is_active_directory { wire::active_directory() } else { wire::inet_org_person() }
                .into_iter()
                .map(|(attribute, name)| (attribute, name.to_owned()))
                .collect();
        let other = (!server.is_active_directory).then(|| settings.schema.clone());
        if let Some(schema) = &other {
            for (attribute, name) in &schema.attributes {
                attributes.retain(|(known, _)| known != attribute);
                attributes.push((attribute.clone(), name.clone()));
            }
            attributes.retain(|(_, name)| !name.is_empty());
            if !attributes.iter().any(|(attribute, _)| *attribute == Attribute::UserPrincipalName) {
                return invalid(
                    "schema.attributes: people need a user_principal_name, the name they sign in with",
                );
            }
        }
        Ok(Self { attributes, extensions, other, source: settings.source, known: None })
    }

    /// The attributes to ask for, each once.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut names: Vec<String> = match &self.other {
            None => [
                wire::OBJECT_GUID,
                wire::CONSISTENCY_GUID,
                wire::ACCOUNT_CONTROL,
                wire::ACCOUNT_EXPIRES,
                wire::ACCOUNT_NAME,
                wire::CRITICAL,
                wire::PRIMARY_GROUP,
                wire::PROXY_ADDRESSES,
                wire::RECIPIENT_TYPE,
                wire::HIDDEN,
            ]
            .map(str::to_owned)
            .into(),
            Some(schema) => [&schema.id, &schema.alternate_emails, &schema.disabled]
                .into_iter()
                .filter(|name| !name.is_empty())
                .cloned()
                .collect(),
        };
        names.extend(self.attributes.iter().map(|(_, name)| name.clone()));
        names.extend(self.extensions.iter().cloned());
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.to_ascii_lowercase()));
        names
    }

    /// The filter that finds people: positive terms only.
    pub(crate) fn people(&self) -> Filter {
        match &self.other {
            // objectClass=user alone would find computers, which are a kind of it.
            None => filter::all_of([
                filter::equals("objectCategory", "person"),
                filter::equals(wire::OBJECT_CLASS, "user"),
            ]),
            Some(schema) => filter::equals(wire::OBJECT_CLASS, &schema.person_class),
        }
    }

    /// Whether the server knows an attribute; assumed to where it does not tell.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(&name.to_ascii_lowercase()))
    }

    /// Whether an attribute that did not come is known to be empty.
    pub(crate) fn is_empty_when_absent(&self, name: &str) -> bool {
        self.known.as_ref().is_some_and(|known| known.contains(&name.to_ascii_lowercase()))
    }

    /// Whether the server said what it knows, and this is not among it. Numbers in place of names are not looked up.
    pub(crate) fn is_unknown(&self, name: &str) -> bool {
        !self.knows(name) && !name.starts_with(|first: char| first.is_ascii_digit())
    }

    /// Refuses what a person wrote into `schema` and the server does not know. Nobody can have such an attribute: whoever is
    /// disabled would count as enabled, whoever is excluded by an address or a sign-in name would be served, and a mail
    /// attribute would leave everybody without one. Nobody is of such a class either.
    fn refuse_misspelt(&self, classes: Option<&BTreeSet<String>>) -> Result<()> {
        let Some(schema) = &self.other else { return Ok(()) };
        let named = [
            ("schema.id", schema.id.as_str()),
            ("schema.disabled", schema.disabled.as_str()),
            ("schema.alternate_emails", schema.alternate_emails.as_str()),
        ];
        let attributes = schema.attributes.values().map(|name| ("schema.attributes", name.as_str()));
        for (key, name) in named.into_iter().chain(attributes).filter(|(_, name)| !name.is_empty()) {
            if self.is_unknown(name) {
                return invalid(format!("{key}: the server knows no attribute `{name}`"));
            }
        }
        let class = schema.person_class.as_str();
        let is_number = class.starts_with(|first: char| first.is_ascii_digit());
        if !is_number && classes.is_some_and(|known| !known.contains(&class.to_ascii_lowercase())) {
            return invalid(format!(
                "schema.person_class: the server knows no object class `{class}`, so nobody would be found"
            ));
        }
        Ok(())
    }

    async fn look_up(&self, connection: &mut Connection, server: &Server) -> Result<Described> {
        let Some(place) = &server.schema else { return Ok(Described::default()) };
        if server.is_active_directory {
            let attributes = self.look_up_objects(connection, server, place).await?;
            Ok(Described { attributes: Some(attributes), classes: None })
        } else {
            look_up_descriptions(connection, place).await
        }
    }

    /// Active Directory holds one object per attribute; its description of all of them is megabytes long.
    async fn look_up_objects(
        &self,
        connection: &mut Connection,
        server: &Server,
        place: &str,
    ) -> Result<BTreeSet<String>> {
        let mut known = BTreeSet::new();
        for names in self.asked().chunks(AT_ONCE) {
            let terms = names.iter().map(|name| filter::equals(wire::LDAP_DISPLAY_NAME, name));
            let search = Search::below(place, filter::any_of(terms), &[wire::LDAP_DISPLAY_NAME]);
            for entry in read_all(OPERATION, server, connection, search).await? {
                known.extend(entry.text(wire::LDAP_DISPLAY_NAME).map(str::to_ascii_lowercase));
            }
        }
        if known.contains(&wire::OBJECT_GUID.to_ascii_lowercase()) {
            return Ok(known);
        }
        let message = "the account cannot read the domain's schema, so empty could not be told from unread";
        Err(Error::new(ErrorKind::PermissionDenied, OPERATION, message))
    }
}

/// Other servers describe all their attributes and classes in one entry (RFC 4512, 4.2).
async fn look_up_descriptions(connection: &mut Connection, place: &str) -> Result<Described> {
    let search = Search::entry(place, filter::anything(), &[wire::ATTRIBUTE_TYPES, wire::OBJECT_CLASSES]);
    let answer = match connection.search(&search).await {
        Ok(answer) => answer,
        // The entry may be hidden from the account.
        Err(failure) if failure.code().is_some() => return Ok(Described::default()),
        Err(failure) => return Err(failure.into_error(OPERATION)),
    };
    let all = |kind| {
        let names: BTreeSet<String> =
            answer.entries.iter().flat_map(|entry| entry.texts(kind)).flat_map(names).collect();
        (!names.is_empty()).then_some(names)
    };
    Ok(Described { attributes: all(wire::ATTRIBUTE_TYPES), classes: all(wire::OBJECT_CLASSES) })
}

/// The names in one description: `( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )`.
fn names(description: &str) -> Vec<String> {
    let Some((_, rest)) = description.split_once(" NAME ") else { return Vec::new() };
    let rest = rest.trim_start();
    let end = if rest.starts_with('(') {
        rest.find(')')
    } else {
        rest.match_indices('\'').nth(1).map(|(at, _)| at + 1)
    };
    let list = end.and_then(|end| rest.get(..end)).unwrap_or_default();
    list.split('\'').skip(1).step_by(2).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
impl Layout {
    /// A layout for a server that knows exactly these attributes.
    pub(crate) fn for_tests(
        server: &Server,
        settings: &Settings,
        extensions: &[&str],
        known: Option<&[&str]>,
    ) -> Self {
        let extensions = extensions.iter().map(|&name| Attribute::Extension(name.to_owned())).collect();
        let mut layout = Self::new(server, settings, &extensions).unwrap();
        layout.known = known.map(|names| names.iter().map(|name| name.to_ascii_lowercase()).collect());
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_descriptions() {
        assert_eq!(names("( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'a b' SUP name )"), ["cn", "commonname"]);
        assert_eq!(
            names("( 1.3.6.1.1.16.4 NAME 'entryUUID' DESC 'UUID' EQUALITY UUIDMatch )"),
            ["entryuuid"]
        );
        for text in ["", "( 1.2.3 DESC 'x' )", "( 1.2 NAME 'x", "( 1.2 NAME (", "( 1.2 NAME ) "] {
            assert!(names(text).is_empty(), "{text}");
        }
    }
}
