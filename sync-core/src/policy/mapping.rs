//! Mappings: which contact field is written from which source.

use super::{Blank, Flow, MappingEntry, PolicyError, Template};
use crate::{
    model::{Attribute, ContactField},
    snapshot::is_list,
};

/// Where the value of a mapped field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Attribute(Attribute),
    Constant(String),
    /// A text made of attributes.
    Template(Template),
    /// The address people know the user by: `mail`, else a sign-in name that can be an address.
    Mail,
    /// The sign-in name where it can be an address, else `mail`.
    SignInName,
    /// Every address of the user beside the primary one.
    AlternateEmails,
    /// The user's object id.
    ObjectId,
    /// The sign-in name without its domain.
    UserName,
    /// First and last name in one text.
    FullName,
}

impl Source {
    /// The attribute, where it is one and nothing else.
    pub(crate) const fn attribute(&self) -> Option<&Attribute> {
        if let Self::Attribute(attribute) = self { Some(attribute) } else { None }
    }

    /// Every attribute that it names.
    pub(super) fn attributes(&self) -> Vec<&Attribute> {
        match self {
            Self::Attribute(attribute) => vec![attribute],
            Self::Template(template) => template.attributes().collect(),
            Self::FullName => vec![&Attribute::GivenName, &Attribute::Surname],
            Self::Constant(_)
            | Self::Mail
            | Self::SignInName
            | Self::AlternateEmails
            | Self::ObjectId
            | Self::UserName => Vec::new(),
        }
    }
}

/// One mapping, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) field: ContactField,
    pub(crate) source: Source,
    pub(crate) flow: Flow,
    pub(crate) blank: Blank,
    pub(crate) default: Option<String>,
    /// A difference in presentation alone is written, too.
    pub(crate) rewrite_presentation: bool,
    /// Asked for by the operator, not built in: what the PSA cannot do about it is reported.
    pub(crate) explicit: bool,
}

impl Mapping {
    /// A field written whenever it differs, blank kept, not asked for by the operator.
    pub(super) const fn plain(field: ContactField, source: Source) -> Self {
        Self {
            field,
            source,
            flow: Flow::Always,
            blank: Blank::Keep,
            default: None,
            rewrite_presentation: false,
            explicit: false,
        }
    }
}

/// The built-in set. Only fields that every PSA of the matrix has, where the name in one piece stands for first and last
/// name; the rest is for the operator to ask for.
const BUILT_IN: [(ContactField, Source); 8] = [
    (ContactField::FirstName, Source::Attribute(Attribute::GivenName)),
    (ContactField::LastName, Source::Attribute(Attribute::Surname)),
    (ContactField::Email, Source::Mail),
    (ContactField::Title, Source::Attribute(Attribute::JobTitle)),
    (ContactField::Department, Source::Attribute(Attribute::Department)),
    (ContactField::PhoneBusiness, Source::Attribute(Attribute::BusinessPhone)),
    (ContactField::PhoneMobile, Source::Attribute(Attribute::MobilePhone)),
    (ContactField::Name, Source::FullName),
];

/// The fields that `matching.ignore_name_updates` is about.
const NAMES: [ContactField; 3] = [ContactField::FirstName, ContactField::LastName, ContactField::Name];

/// The operator's entries over the built-in set, sorted by field.
pub(super) fn understand(
    entries: &[MappingEntry],
    ignore_name_updates: bool,
) -> Result<Vec<Mapping>, PolicyError> {
    let mut mappings: Vec<Mapping> =
        BUILT_IN.into_iter().map(|(field, source)| Mapping::plain(field, source)).collect();
    if ignore_name_updates {
        for mapping in mappings.iter_mut().filter(|m| NAMES.contains(&m.field)) {
            mapping.flow = Flow::OnCreate;
        }
    }
    let mut seen: Vec<&ContactField> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let key = format!("mapping[{index}]");
        if seen.contains(&&entry.field) {
            return Err(PolicyError::new(key, format!("`{}` is mapped twice", entry.field)));
        }
        seen.push(&entry.field);
        if matches!(entry.field, ContactField::Active | ContactField::ExternalId | ContactField::Photo) {
            return Err(PolicyError::new(
                key,
                format!("`{}` cannot be mapped: `lifecycle` and `write_back` rule it", entry.field),
            ));
        }
        if entry.rewrite_presentation && is_list(&entry.field) {
            return Err(PolicyError::new(
                format!("{key}.rewrite_presentation"),
                format!("is for texts; `{}` is a list", entry.field),
            ));
        }
        if ignore_name_updates
            && NAMES.contains(&entry.field)
            && !matches!(entry.flow, Flow::OnCreate | Flow::Never)
        {
            return Err(PolicyError::new(
                format!("{key}.flow"),
                format!(
                    "`{}` would be updated, and `matching.ignore_name_updates` forbids it: use `on_create`, or leave one of them out",
                    entry.field
                ),
            ));
        }
        let source =
            source(&entry.field, &entry.from).map_err(|e| PolicyError::new(format!("{key}.from"), e))?;
        mappings.retain(|m| m.field != entry.field);
        mappings.push(Mapping {
            field: entry.field.clone(),
            source,
            flow: entry.flow,
            blank: entry.blank,
            default: (!entry.default.trim().is_empty()).then(|| entry.default.trim().to_owned()),
            rewrite_presentation: entry.rewrite_presentation,
            explicit: true,
        });
    }
    mappings.retain(|m| m.flow != Flow::Never);
    mappings.sort_by(|a, b| a.field.cmp(&b.field));
    Ok(mappings)
}

fn source(field: &ContactField, from: &str) -> Result<Source, String> {
    let from = from.trim();
    if *field == ContactField::Email {
        // Other sources would escape the rules about whose address it is.
        return match from {
            "mail" => Ok(Source::Mail),
            "user_principal_name" => Ok(Source::SignInName),
            _ => Err(format!("the e-mail comes from `mail` or `user_principal_name`, not from `{from}`")),
        };
    }
    if let Some(constant) = from.strip_prefix('=') {
        let constant = constant.trim();
        let quoted = constant.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
        return quoted
            .filter(|text| !text.contains('"'))
            .map(|text| Source::Constant(text.to_owned()))
            .ok_or_else(|| format!("a constant is written `= \"text\"`, not `{from}`"));
    }
    if *field != ContactField::AlternateEmails && from.contains(['{', '}']) {
        return Template::parse(from).map(Source::Template);
    }
    match (field, from) {
        (ContactField::AlternateEmails, "alternate_emails") => Ok(Source::AlternateEmails),
        (ContactField::AlternateEmails, _) => {
            Err("alternate e-mails come from `alternate_emails`".to_owned())
        }
        (ContactField::Username, "user_principal_name") => Ok(Source::UserName),
        (_, "full_name") => Ok(Source::FullName),
        (_, "object_id") => Ok(Source::ObjectId),
        (_, attribute) => attribute.parse().map(Source::Attribute).map_err(|e| e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(field: &str, from: &str) -> Result<Mapping, String> {
        let entry = MappingEntry::new(field.parse().unwrap(), from);
        let mut all = understand(&[entry], false).map_err(|e| e.to_string())?;
        all.retain(|m| m.explicit);
        all.pop().ok_or_else(|| "nothing".to_owned())
    }

    #[test]
    fn attributes_constants_and_special_sources() {
        assert_eq!(one("title", "employee_type").unwrap().source, Source::Attribute(Attribute::EmployeeType));
        assert_eq!(one("custom:Kind", "= \"Employee\"").unwrap().source, Source::Constant("Employee".into()));
        assert_eq!(one("username", "user_principal_name").unwrap().source, Source::UserName);
        assert_eq!(one("name", "full_name").unwrap().source, Source::FullName);
        assert_eq!(one("alternate_emails", "alternate_emails").unwrap().source, Source::AlternateEmails);
    }

    #[test]
    fn an_entry_replaces_its_default_and_never_takes_it_away() {
        let mut never = MappingEntry::new(ContactField::Title, "job_title");
        never.flow = Flow::Never;
        let all = understand(&[never], false).unwrap();
        assert_eq!(all.len(), BUILT_IN.len() - 1);
        assert!(all.iter().all(|m| m.field != ContactField::Title));
    }

    #[test]
    fn slips_are_named() {
        assert!(one("title", "job_titel").unwrap_err().contains("did you mean `job_title`"));
        assert!(one("title", "= Employee").unwrap_err().contains("= \"text\""));
        assert!(one("active", "employee_type").unwrap_err().contains("lifecycle"));
        let twice = MappingEntry::new(ContactField::Title, "job_title");
        assert!(understand(&[twice.clone(), twice], false).unwrap_err().to_string().contains("mapped twice"));
    }

    #[test]
    fn the_address_comes_from_one_of_two_attributes() {
        assert_eq!(one("email", "mail").unwrap().source, Source::Mail);
        assert_eq!(one("email", "user_principal_name").unwrap().source, Source::SignInName);
        assert!(one("email", "employee_id").unwrap_err().contains("`mail` or `user_principal_name`"));
        assert!(one("email", "= \"a@contoso.com\"").is_err() && one("email", "{mail}").is_err());
    }

    #[test]
    fn a_template_is_read_at_load() {
        assert!(matches!(one("office", "{city}, {country}").unwrap().source, Source::Template(_)));
        assert_eq!(
            one("office", "{citi}").unwrap_err(),
            "policy.mapping[0].from: at character 2: unknown user attribute `citi`; did you mean `city`?"
        );
    }

    #[test]
    fn names_that_are_not_updated_and_a_mapping_that_updates_them_contradict_each_other() {
        let flow_of =
            |all: &[Mapping]| all.iter().find(|m| m.field == ContactField::LastName).map(|m| m.flow);
        assert_eq!(flow_of(&understand(&[], true).unwrap()), Some(Flow::OnCreate));
        assert_eq!(flow_of(&understand(&[], false).unwrap()), Some(Flow::Always));
        let mut entry = MappingEntry::new(ContactField::LastName, "surname");
        let error = understand(std::slice::from_ref(&entry), true).unwrap_err().to_string();
        assert!(
            error.starts_with("policy.mapping[0].flow") && error.contains("ignore_name_updates"),
            "{error}"
        );
        entry.flow = Flow::OnCreate;
        assert!(understand(&[entry], true).is_ok());
    }

    #[test]
    fn presentation_is_rewritten_of_texts_only() {
        let mut entry = MappingEntry::new(ContactField::AlternateEmails, "alternate_emails");
        entry.rewrite_presentation = true;
        assert!(understand(&[entry], false).unwrap_err().to_string().contains("is a list"));
    }
}
