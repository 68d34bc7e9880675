//! What Syncro can do at best, and what one account can do as it is configured.

use crate::{
    config::Config,
    leavers::Leavers,
    map::{NOTE_LENGTH, TEXT_LENGTH, plain_fields},
    properties,
};
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, Concurrency, CustomFields,
        FieldRule, UpdateStyle, default_compare,
    },
    model::ContactField,
};

/// What Syncro can do at best: with a place for the active status, which it does not have itself, and with notes.
#[must_use]
pub fn ceiling() -> Capabilities {
    of(true, true)
}

/// What one account can do. Which custom fields contacts have is not told by the API, so all names count as there.
pub(crate) fn in_force(config: &Config) -> Capabilities {
    let mut capabilities = of(config.leavers != Leavers::Hold, config.note_marker.is_some());
    if let Some(name) = config.leavers.field() {
        capabilities.fields.insert(ContactField::Custom(name.to_owned()), FieldRule::new(Access::None));
    }
    capabilities
}

fn of(status: bool, notes: bool) -> Capabilities {
    let mut capabilities = Capabilities::none();
    capabilities.fields = fields(status, notes);
    capabilities.alternate_emails = AlternateEmails::None;
    capabilities.active_status = if status { ActiveStatus::Writable } else { ActiveStatus::Absent };
    capabilities.custom_fields = CustomFields::Text { max_len: TEXT_LENGTH };
    capabilities.anchor_storage = AnchorStorage::CustomField;
    capabilities.company_custom_fields = true;
    capabilities.concurrency = Concurrency::ReadBeforeWrite;
    // Properties are replaced as a whole, the rest is patched in practice.
    capabilities.update_style = UpdateStyle::Replace;
    capabilities.idempotent_create = false;
    capabilities.modified_since = false;
    capabilities.quantities = Access::ReadWrite;
    capabilities
}

fn fields(status: bool, notes: bool) -> BTreeMap<ContactField, FieldRule> {
    let text = || FieldRule::new(Access::ReadWrite).max_len(TEXT_LENGTH);
    let mut fields: BTreeMap<ContactField, FieldRule> =
        plain_fields().map(|field| (field.clone(), text().compare(default_compare(&field)))).collect();
    fields.insert(ContactField::Name, text().required());
    fields.insert(ContactField::Title, text());
    if status {
        fields.insert(ContactField::Active, FieldRule::new(Access::ReadWrite));
    }
    if notes {
        fields.insert(ContactField::Note, FieldRule::new(Access::ReadWrite).max_len(NOTE_LENGTH));
    }
    for name in properties::BUILT_IN {
        fields.insert(ContactField::Custom(name.to_owned()), FieldRule::new(Access::None));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(leavers: Leavers, note_marker: Option<&str>) -> Config {
        let mut config = Config::new("contoso", "t".into());
        config.leavers = leavers;
        config.note_marker = note_marker.map(str::to_owned);
        config
    }

    #[test]
    fn an_account_is_never_beyond_the_ceiling() {
        for leavers in [Leavers::default(), Leavers::Rename { suffix: " [Gone]".into() }, Leavers::Hold] {
            for marker in [None, Some("Contact sync")] {
                assert!(in_force(&config(leavers.clone(), marker)).within(&ceiling()), "{leavers:?}");
            }
        }
    }

    #[test]
    fn the_active_status_follows_from_the_configuration() {
        for (leavers, status) in [
            (Leavers::default(), ActiveStatus::Writable),
            (Leavers::Rename { suffix: " [Gone]".into() }, ActiveStatus::Writable),
            (Leavers::Hold, ActiveStatus::Absent),
        ] {
            let capabilities = in_force(&config(leavers.clone(), None));
            assert_eq!(capabilities.active_status, status, "{leavers:?}");
            let access = capabilities.rule(&ContactField::Active).access;
            assert_eq!(access == Access::ReadWrite, status == ActiveStatus::Writable, "{leavers:?}");
        }
    }

    #[test]
    fn the_status_field_and_those_of_syncro_itself_are_no_custom_fields() {
        let capabilities = in_force(&config(Leavers::default(), None));
        let access = |name: &str| capabilities.rule(&ContactField::Custom(name.into())).access;
        assert_eq!(
            (access("M365Status"), access("title"), access("type")),
            (Access::None, Access::None, Access::None)
        );
        assert_eq!(access("Office365Id"), Access::ReadWrite);
    }

    #[test]
    fn a_name_is_in_one_piece() {
        let ceiling = ceiling();
        assert!(ceiling.rule(&ContactField::Name).required);
        for field in [ContactField::FirstName, ContactField::LastName, ContactField::AlternateEmails] {
            assert_eq!(ceiling.rule(&field).access, Access::None, "{field}");
        }
    }
}
