//! Mappings: which contact field is written from which source.

use super::{Blank, Flow, MappingEntry, PolicyError};
use crate::model::{Attribute, ContactField};

/// Where the value of a mapped field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Attribute(Attribute),
    Constant(String),
    /// Every address of the user beside the primary one.
    AlternateEmails,
    /// The user's object id.
    ObjectId,
    /// The sign-in name without its domain.
    UserName,
}

impl Source {
    /// The attribute, where it is one.
    pub(crate) const fn attribute(&self) -> Option<&Attribute> {
        if let Self::Attribute(attribute) = self { Some(attribute) } else { None }
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
    /// Asked for by the operator, not built in: what the PSA cannot do about it is reported.
    pub(crate) explicit: bool,
}

/// The built-in set. Only fields that every PSA of the matrix has; the rest is for the operator to ask for.
const BUILT_IN: [(ContactField, Attribute); 7] = [
    (ContactField::FirstName, Attribute::GivenName),
    (ContactField::LastName, Attribute::Surname),
    (ContactField::Email, Attribute::Mail),
    (ContactField::Title, Attribute::JobTitle),
    (ContactField::Department, Attribute::Department),
    (ContactField::PhoneBusiness, Attribute::BusinessPhone),
    (ContactField::PhoneMobile, Attribute::MobilePhone),
];

/// The operator's entries over the built-in set, sorted by field.
pub(super) fn understand(entries: &[MappingEntry]) -> Result<Vec<Mapping>, PolicyError> {
    let mut mappings: Vec<Mapping> = BUILT_IN
        .into_iter()
        .map(|(field, attribute)| Mapping {
            field,
            source: Source::Attribute(attribute),
            flow: Flow::Always,
            blank: Blank::Keep,
            default: None,
            explicit: false,
        })
        .collect();
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
        let source =
            source(&entry.field, &entry.from).map_err(|e| PolicyError::new(format!("{key}.from"), e))?;
        mappings.retain(|m| m.field != entry.field);
        mappings.push(Mapping {
            field: entry.field.clone(),
            source,
            flow: entry.flow,
            blank: entry.blank,
            default: (!entry.default.trim().is_empty()).then(|| entry.default.trim().to_owned()),
            explicit: true,
        });
    }
    mappings.retain(|m| m.flow != Flow::Never);
    mappings.sort_by(|a, b| a.field.cmp(&b.field));
    Ok(mappings)
}

fn source(field: &ContactField, from: &str) -> Result<Source, String> {
    let from = from.trim();
    if let Some(constant) = from.strip_prefix('=') {
        let constant = constant.trim();
        let quoted = constant.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
        return quoted
            .filter(|text| !text.contains('"'))
            .map(|text| Source::Constant(text.to_owned()))
            .ok_or_else(|| format!("a constant is written `= \"text\"`, not `{from}`"));
    }
    match (field, from) {
        (ContactField::AlternateEmails, "alternate_emails") => Ok(Source::AlternateEmails),
        (ContactField::AlternateEmails, _) => {
            Err("alternate e-mails come from `alternate_emails`".to_owned())
        }
        (ContactField::Username, "user_principal_name") => Ok(Source::UserName),
        (_, "object_id") => Ok(Source::ObjectId),
        (_, attribute) => attribute.parse().map(Source::Attribute).map_err(|e| e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(field: &str, from: &str) -> Result<Mapping, String> {
        let entry = MappingEntry::new(field.parse().unwrap(), from);
        let mut all = understand(&[entry]).map_err(|e| e.to_string())?;
        all.retain(|m| m.explicit);
        all.pop().ok_or_else(|| "nothing".to_owned())
    }

    #[test]
    fn attributes_constants_and_special_sources() {
        assert_eq!(one("title", "employee_type").unwrap().source, Source::Attribute(Attribute::EmployeeType));
        assert_eq!(one("custom:Kind", "= \"Employee\"").unwrap().source, Source::Constant("Employee".into()));
        assert_eq!(one("username", "user_principal_name").unwrap().source, Source::UserName);
        assert_eq!(one("alternate_emails", "alternate_emails").unwrap().source, Source::AlternateEmails);
    }

    #[test]
    fn an_entry_replaces_its_default_and_never_takes_it_away() {
        let mut never = MappingEntry::new(ContactField::Title, "job_title");
        never.flow = Flow::Never;
        let all = understand(&[never]).unwrap();
        assert_eq!(all.len(), BUILT_IN.len() - 1);
        assert!(all.iter().all(|m| m.field != ContactField::Title));
    }

    #[test]
    fn slips_are_named() {
        assert!(one("title", "job_titel").unwrap_err().contains("did you mean `job_title`"));
        assert!(one("title", "= Employee").unwrap_err().contains("= \"text\""));
        assert!(one("active", "employee_type").unwrap_err().contains("lifecycle"));
        let twice = MappingEntry::new(ContactField::Title, "job_title");
        assert!(understand(&[twice.clone(), twice]).unwrap_err().to_string().contains("mapped twice"));
    }
}
