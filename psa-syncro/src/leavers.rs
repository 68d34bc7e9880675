//! How a contact is marked as no longer in use, for Syncro has no active flag.

use serde::Deserialize;

/// Where the active status of a contact is kept. Syncro itself knows none, so each choice is a mark that people and this
/// adapter agree on. There is deliberately no choice that deletes.
///
/// In TOML: `leavers = "hold"`, `leavers = { custom_field = { name = "M365Status" } }`,
/// `leavers = { rename = { suffix = " [Inactive]" } }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Leavers {
    /// A custom field of contacts, made by hand as a text field. A contact is out of use while the field holds `left`,
    /// whatever the case, and in use otherwise.
    CustomField {
        /// The field's name, with its case; default `M365Status`.
        #[serde(default = "field_name")]
        name: String,
        /// Written when a contact is taken back into use; default `Active`.
        #[serde(default = "active_text")]
        active: String,
        /// Written when it is taken out of use; default `Left`.
        #[serde(default = "left_text")]
        left: String,
    },
    /// The end of the contact's name. The name is read and compared without it.
    Rename {
        /// What follows the name; default ` [Inactive]`.
        #[serde(default = "suffix_text")]
        suffix: String,
    },
    /// Nowhere: contacts have no active status, and whoever leaves is held for a person to look at.
    Hold,
}

fn field_name() -> String {
    "M365Status".to_owned()
}

fn active_text() -> String {
    "Active".to_owned()
}

fn left_text() -> String {
    "Left".to_owned()
}

fn suffix_text() -> String {
    " [Inactive]".to_owned()
}

impl Default for Leavers {
    fn default() -> Self {
        Self::CustomField { name: field_name(), active: active_text(), left: left_text() }
    }
}

impl Leavers {
    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self {
            Self::CustomField { name, active, left } => {
                let same = active.trim().to_lowercase() == left.trim().to_lowercase();
                if name.trim().is_empty() || crate::properties::is_built_in(name) {
                    Some("leavers.custom_field.name must be that of a custom field")
                } else if left.trim().is_empty() || active.trim().is_empty() || same {
                    Some("leavers.custom_field needs two different texts for `active` and `left`")
                } else {
                    None
                }
            }
            Self::Rename { suffix } => {
                let length = suffix.trim().chars().count();
                let fits = (2..=40).contains(&length) && !suffix.chars().any(char::is_control);
                // Letters alone could be the end of somebody's name.
                let apart = suffix.chars().any(|c| !c.is_alphanumeric() && !c.is_whitespace());
                (!fits || !apart).then_some(
                    "leavers.rename.suffix must have 2 to 40 characters, one of them a sign such as [",
                )
            }
            Self::Hold => None,
        }
    }

    /// The custom field that holds the status, where one does.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::CustomField { name, .. } => Some(name),
            Self::Rename { .. } | Self::Hold => None,
        }
    }

    /// The name without the mark, and whether the mark was there.
    pub(crate) fn split<'n>(&self, name: &'n str) -> (&'n str, bool) {
        let name = name.trim();
        let Self::Rename { suffix } = self else { return (name, false) };
        match name.strip_suffix(suffix.trim()) {
            Some(rest) => (rest.trim_end(), true),
            None => (name, false),
        }
    }

    /// The name with the mark.
    pub(crate) fn marked(&self, name: &str) -> String {
        match self {
            // Spaces at the ends of a configured text are easily lost, so the one before the mark is always there.
            Self::Rename { suffix } => format!("{} {}", name.trim(), suffix.trim()).trim_start().to_owned(),
            Self::CustomField { .. } | Self::Hold => name.trim().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rename(suffix: &str) -> Leavers {
        Leavers::Rename { suffix: suffix.to_owned() }
    }

    #[test]
    fn a_mark_at_the_end_of_a_name_comes_off_and_goes_on_again() {
        let leavers = rename(" [Inactive]");
        for name in ["Ada Byron", "A", "[Inactive] Ada", ""] {
            let marked = leavers.marked(name);
            assert_eq!(leavers.split(&marked), (name.trim(), true), "{name}");
            assert_eq!(leavers.split(name), (name, false), "{name}");
        }
        assert_eq!(leavers.marked("Ada"), "Ada [Inactive]");
        assert_eq!(rename("[Inactive]").marked("Ada"), "Ada [Inactive]");
    }

    #[test]
    fn without_a_mark_a_name_is_only_trimmed() {
        for leavers in [Leavers::default(), Leavers::Hold] {
            assert_eq!(leavers.split(" Ada [Inactive] "), ("Ada [Inactive]", false));
            assert_eq!(leavers.marked(" Ada "), "Ada");
        }
    }

    #[test]
    fn each_choice_is_read_from_toml_and_a_misspelt_one_is_not() {
        #[derive(Deserialize)]
        struct Holder {
            leavers: Leavers,
        }
        let read = |text: &str| toml::from_str::<Holder>(text).map(|holder| holder.leavers);
        assert_eq!(read("leavers = { custom_field = {} }").unwrap(), Leavers::default());
        assert_eq!(read("leavers = { rename = {} }").unwrap(), rename(" [Inactive]"));
        assert_eq!(read("leavers = \"hold\"").unwrap(), Leavers::Hold);
        for wrong in ["\"delete\"", "{ custom_field = { field = \"x\" } }", "{ rename = { suffix = 1 } }"] {
            assert!(read(&format!("leavers = {wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn marks_that_could_not_be_told_from_something_else_are_refused() {
        let field = |name: &str, active: &str, left: &str| Leavers::CustomField {
            name: name.into(),
            active: active.into(),
            left: left.into(),
        };
        for wrong in [
            field("", "Active", "Left"),
            field("title", "Active", "Left"),
            field("X", "left", "LEFT "),
            field("X", "", "Left"),
            rename(""),
            rename("junior"),
            rename("[\n]"),
        ] {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
        for right in [Leavers::default(), rename(" [Inactive]"), Leavers::Hold] {
            assert_eq!(right.fault(), None, "{right:?}");
        }
    }
}
