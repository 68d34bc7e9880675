//! The vendor's field names, lengths and kinds (contact: `2017` lengths, `2026.4` names; read 2026-11).

/// What a contact field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text with a maximum length in characters.
    Text(usize),
    Flag,
    Integer,
    /// One of a closed set of words.
    Choice(&'static [&'static str]),
    /// A reference, replaced as a whole.
    Reference(Target),
    /// `communicationItems`.
    Items,
    /// `customFields`.
    CustomFields,
    /// A list of words.
    Tags,
    /// Taken and ignored: read-only mirrors and what other routes write.
    ReadOnly,
    /// Write only: never shown.
    Secret(usize),
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Company,
    Contact,
    Country,
    Department,
    Location,
    Relationship,
    Site,
}

/// The fields of a contact.
pub(crate) const CONTACT: &[(&str, Kind)] = &[
    ("id", Kind::ReadOnly),
    ("firstName", Kind::Text(30)),
    ("lastName", Kind::Text(30)),
    ("company", Kind::Reference(Target::Company)),
    ("site", Kind::Reference(Target::Site)),
    ("addressLine1", Kind::Text(50)),
    ("addressLine2", Kind::Text(50)),
    ("city", Kind::Text(50)),
    ("state", Kind::Text(50)),
    ("zip", Kind::Text(12)),
    ("country", Kind::Reference(Target::Country)),
    ("relationship", Kind::Reference(Target::Relationship)),
    ("relationshipOverride", Kind::Text(50)),
    ("department", Kind::Reference(Target::Department)),
    ("inactiveFlag", Kind::Flag),
    ("defaultMergeContactId", Kind::Integer),
    ("securityIdentifier", Kind::Text(184)),
    ("managerContact", Kind::Reference(Target::Contact)),
    ("assistantContact", Kind::Reference(Target::Contact)),
    ("title", Kind::Text(100)),
    ("school", Kind::Text(50)),
    ("nickName", Kind::Text(30)),
    ("marriedFlag", Kind::Flag),
    ("childrenFlag", Kind::Flag),
    ("children", Kind::Text(200)),
    ("significantOther", Kind::Text(30)),
    ("portalPassword", Kind::Secret(15)),
    ("portalSecurityLevel", Kind::Integer),
    ("disablePortalLoginFlag", Kind::Flag),
    ("unsubscribeFlag", Kind::Flag),
    ("gender", Kind::Choice(&["Female", "Male"])),
    ("birthDay", Kind::Text(30)),
    ("anniversary", Kind::Text(30)),
    ("presence", Kind::Choice(&["NoAgent", "Online", "DoNotDisturb", "Away", "Offline"])),
    ("mobileGuid", Kind::ReadOnly),
    ("facebookUrl", Kind::Text(200)),
    ("twitterUrl", Kind::Text(200)),
    ("linkedInUrl", Kind::Text(200)),
    ("defaultPhoneType", Kind::ReadOnly),
    ("defaultPhoneNbr", Kind::ReadOnly),
    ("defaultPhoneExtension", Kind::ReadOnly),
    ("defaultBillingFlag", Kind::Flag),
    ("defaultFlag", Kind::Flag),
    ("userDefinedField1", Kind::Text(50)),
    ("userDefinedField2", Kind::Text(50)),
    ("userDefinedField3", Kind::Text(50)),
    ("userDefinedField4", Kind::Text(50)),
    ("userDefinedField5", Kind::Text(50)),
    ("userDefinedField6", Kind::Text(50)),
    ("userDefinedField7", Kind::Text(50)),
    ("userDefinedField8", Kind::Text(50)),
    ("userDefinedField9", Kind::Text(50)),
    ("userDefinedField10", Kind::Text(50)),
    ("companyLocation", Kind::Reference(Target::Location)),
    ("communicationItems", Kind::Items),
    ("types", Kind::ReadOnly),
    ("typeIds", Kind::ReadOnly),
    ("integratorTags", Kind::Tags),
    ("customFields", Kind::CustomFields),
    ("photo", Kind::ReadOnly),
    ("ignoreDuplicates", Kind::Flag),
    ("_info", Kind::ReadOnly),
];

/// The kind of a contact field, by its exact name.
pub(crate) fn contact_kind(name: &str) -> Option<Kind> {
    CONTACT.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}
