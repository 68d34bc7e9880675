//! Whose a contact is: this instance's mark, and the marks of others.

use super::{Mapping, PolicyDocument, PolicyError, fold};
use crate::model::ContactField;
use std::collections::BTreeSet;

/// The marks by which a contact shows who keeps it; nothing is looked at where the policy names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ownership {
    /// Where this tool writes its mark.
    pub(crate) field: Option<ContactField>,
    /// Marks that count as ours, folded: the one that is written, and former ones.
    ours: BTreeSet<String>,
    /// Fields that other tools fill.
    pub(crate) foreign: Vec<ContactField>,
}

impl Ownership {
    /// Reads `write_back.owner_*` and `matching.foreign_marks`.
    ///
    /// # Errors
    /// [`PolicyError`] for a blank mark, for settings without effect, and for a field that is no mark or is ours.
    pub(super) fn new(document: &PolicyDocument, mappings: &[Mapping]) -> Result<Self, PolicyError> {
        let write_back = &document.write_back;
        let field = write_back.owner_field.trim();
        let field = (!field.is_empty()).then(|| ContactField::Custom(field.to_owned()));
        if field.is_none() && !write_back.former_owner_marks.is_empty() {
            return Err(PolicyError::new(
                "write_back.former_owner_marks",
                "has no effect without `owner_field`",
            ));
        }
        if field.is_some() && write_back.owner_mark.trim().is_empty() {
            return Err(PolicyError::new(
                "write_back.owner_mark",
                "is blank, so nothing could be told by it",
            ));
        }
        if write_back.former_owner_marks.iter().any(|mark| mark.trim().is_empty()) {
            return Err(PolicyError::new("write_back.former_owner_marks", "has a blank entry"));
        }
        let ours = write_back.former_owner_marks.iter().chain([&write_back.owner_mark]);
        let ours = ours.map(|mark| fold(mark)).collect();
        let mut foreign = Vec::new();
        for (index, name) in document.matching.foreign_marks.iter().enumerate() {
            let key = format!("matching.foreign_marks[{index}]");
            let mark: ContactField = name.trim().parse().map_err(|e| PolicyError::new(&key, e))?;
            if !matches!(mark, ContactField::Custom(_) | ContactField::ExternalId) {
                let problem = format!("`{mark}` is filled for everybody; name a `custom:` field");
                return Err(PolicyError::new(key, problem));
            }
            if field.as_ref() == Some(&mark) || mappings.iter().any(|m| m.field == mark) {
                return Err(PolicyError::new(key, format!("`{mark}` is written by this tool itself")));
            }
            foreign.push(mark);
        }
        Ok(Self { field, ours, foreign })
    }

    /// Whether any mark is looked at.
    pub(crate) const fn is_empty(&self) -> bool {
        self.field.is_none() && self.foreign.is_empty()
    }

    /// Whether a text in the owner field is a mark of ours.
    pub(crate) fn is_ours(&self, mark: &str) -> bool {
        self.ours.contains(&fold(mark))
    }

    /// Every field that must be read for this.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &ContactField> {
        self.field.iter().chain(&self.foreign)
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{MappingEntry, Policy, PolicyDocument};

    fn refused(change: impl FnOnce(&mut PolicyDocument)) -> String {
        let mut document = PolicyDocument::defaults();
        change(&mut document);
        Policy::new(document).unwrap_err().to_string()
    }

    #[test]
    fn marks_that_could_not_work_are_errors_at_load() {
        assert!(
            refused(|d| d.write_back.former_owner_marks.push("old".into())).contains("without `owner_field`")
        );
        assert!(
            refused(|d| {
                d.write_back.owner_field = "Owner".into();
                d.write_back.owner_mark = " ".into();
            })
            .contains("is blank")
        );
        assert!(refused(|d| d.matching.foreign_marks.push("email".into())).contains("filled for everybody"));
        assert!(refused(|d| d.matching.foreign_marks.push("custum".into())).contains("foreign_marks[0]"));
        assert!(
            refused(|d| {
                d.write_back.owner_field = "Owner".into();
                d.matching.foreign_marks.push("custom:Owner".into());
            })
            .contains("by this tool itself")
        );
        assert!(
            refused(|d| {
                d.write_back.owner_field = "Owner".into();
                d.mapping.push(MappingEntry::new("custom:Owner".parse().unwrap(), "employee_id"));
            })
            .contains("written twice")
        );
    }

    #[test]
    fn every_mark_is_read() {
        let mut document = PolicyDocument::defaults();
        document.write_back.owner_field = "Owner".into();
        document.matching.foreign_marks.push("custom:Other Tool".into());
        let needed = Policy::new(document).unwrap().custom_fields_needed();
        assert!(needed.contains("Owner") && needed.contains("Other Tool"));
    }
}
