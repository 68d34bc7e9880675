//! A policy that has been checked: what the planner reads.

use super::{
    Expression, FoldedSet, Glob, Mapping, MatchRule, Ownership, PolicyDocument, PolicyError, Source, Tenant,
    mapping::understand, quantities,
};
use crate::model::{Attribute, ContactField, Fingerprint, Fingerprinter, UserKind};
use std::collections::BTreeSet;

/// A policy document, checked and made ready for planning. Immutable; make one per tenant and keep it.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) document: PolicyDocument,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) exclude: Vec<Glob>,
    pub(crate) departments: FoldedSet,
    pub(crate) offices: FoldedSet,
    pub(crate) domains: FoldedSet,
    pub(crate) groups: FoldedSet,
    pub(crate) principal_names: FoldedSet,
    pub(crate) exclude_object_ids: FoldedSet,
    pub(crate) ignore_skus: FoldedSet,
    pub(crate) required_skus: FoldedSet,
    pub(crate) filter: Option<Expression>,
    /// The field that holds the user's object id on the contact.
    pub(crate) id_field: Option<ContactField>,
    /// The field that stands for contact types.
    pub(crate) type_field: Option<ContactField>,
    /// The field that says when and why a contact was deactivated.
    pub(crate) deactivation_field: Option<ContactField>,
    /// The fields that hold the support PIN: never read, and so never among those compared.
    pub(crate) pin_fields: Vec<ContactField>,
    /// The marks of who keeps a contact.
    pub(crate) ownership: Ownership,
    fingerprint: Fingerprint,
}

impl Policy {
    /// Checks a document.
    ///
    /// # Errors
    /// [`PolicyError`] for names that do not exist, for settings that contradict each other, and for a filter that cannot
    /// be read (with the character at fault).
    pub fn new(document: PolicyDocument) -> Result<Self, PolicyError> {
        let scope = &document.scope;
        let filter = match scope.filter.as_str() {
            blank if blank.trim().is_empty() => None,
            text => Some(text.parse::<Expression>().map_err(|e| PolicyError::new("scope.filter", e))?),
        };
        if !scope.required_skus.is_empty() && !scope.require_license {
            return Err(PolicyError::new(
                "scope.required_skus",
                "has no effect without `require_license = true`",
            ));
        }
        for (key, list) in [
            ("departments", &scope.departments),
            ("office_locations", &scope.office_locations),
            ("domains", &scope.domains),
            ("groups", &scope.groups),
            ("user_principal_names", &scope.user_principal_names),
            ("exclude", &scope.exclude),
            ("exclude_object_ids", &scope.exclude_object_ids),
            ("ignore_skus", &scope.ignore_skus),
            ("required_skus", &scope.required_skus),
        ] {
            // A list of nothing but blanks would count as no list, and that is everybody.
            if list.iter().any(|entry| entry.trim().is_empty()) {
                return Err(PolicyError::new(format!("scope.{key}"), "has a blank entry"));
            }
        }
        if !document.lifecycle.managed_only && document.write_back.contact_id_field.trim().is_empty() {
            return Err(PolicyError::new(
                "lifecycle.managed_only",
                "`false` has no effect without `write_back.contact_id_field`, which says whose contact it is",
            ));
        }
        if scope.user_types.is_empty() {
            return Err(PolicyError::new("scope.user_types", "is empty, so nobody would be in scope"));
        }
        if scope.exclude_shared_mailboxes
            && scope
                .user_types
                .iter()
                .any(|k| matches!(k, UserKind::Shared | UserKind::Room | UserKind::Equipment))
        {
            return Err(PolicyError::new(
                "scope.user_types",
                "names shared, room or equipment mailboxes; set `exclude_shared_mailboxes = false` as well",
            ));
        }
        quantities::check(&document.quantities, scope)?;
        let mut rules = BTreeSet::new();
        for rule in &document.matching.rules {
            if !rules.insert(*rule) {
                return Err(PolicyError::new("matching.rules", format!("names `{}` twice", rule.as_str())));
            }
        }
        if document.matching.rules.first() != Some(&MatchRule::Link) {
            return Err(PolicyError::new(
                "matching.rules",
                "must begin with `link`: a remembered pair always decides",
            ));
        }
        let mut mappings = understand(&document.mapping, document.matching.ignore_name_updates)?;
        let own = own_fields(&document, &mappings)?;
        let ownership = Ownership::new(&document, &mappings)?;
        let OwnFields { id_field, presence, type_field, deactivation_field, pin_fields } = own;
        let owner_mark = Source::Constant(document.write_back.owner_mark.trim().to_owned());
        for (field, source) in [
            (ownership.field.clone(), owner_mark),
            (id_field.clone(), Source::ObjectId),
            (presence, Source::Constant("true".to_owned())),
        ] {
            let Some(field) = field else { continue };
            mappings.push(Mapping { explicit: true, ..Mapping::plain(field, source) });
        }
        mappings.sort_by(|a, b| a.field.cmp(&b.field));
        let fingerprint = fingerprint(&document)?;
        let scope = &document.scope;
        Ok(Self {
            mappings,
            exclude: scope.exclude.iter().map(|g| Glob::new(g)).collect(),
            departments: FoldedSet::new(&scope.departments),
            offices: FoldedSet::new(&scope.office_locations),
            domains: FoldedSet::new(&scope.domains),
            groups: FoldedSet::new(&scope.groups),
            principal_names: FoldedSet::new(&scope.user_principal_names),
            exclude_object_ids: FoldedSet::new(&scope.exclude_object_ids),
            ignore_skus: FoldedSet::new(&scope.ignore_skus),
            required_skus: FoldedSet::new(&scope.required_skus),
            filter,
            id_field,
            type_field,
            deactivation_field,
            pin_fields,
            ownership,
            fingerprint,
            document,
        })
    }

    /// The document it was made of.
    #[must_use]
    pub const fn document(&self) -> &PolicyDocument {
        &self.document
    }

    /// The digest of the document; part of a plan's basis.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The groups whose membership must be read for this policy and tenant.
    #[must_use]
    pub fn groups_needed(&self, tenant: &Tenant) -> BTreeSet<String> {
        let filtered = self.filter.iter().flat_map(Expression::groups).map(str::to_owned);
        self.groups
            .iter()
            .cloned()
            .chain(filtered)
            .chain(quantities::groups(&self.document.quantities))
            .chain(tenant.groups())
            .collect()
    }

    /// The attributes outside the neutral set that mappings and filters of this policy and tenant use.
    #[must_use]
    pub fn extensions_needed(&self, tenant: &Tenant) -> BTreeSet<Attribute> {
        self.mappings
            .iter()
            .flat_map(|m| m.source.attributes())
            .filter(|attribute| attribute.open_name().is_some())
            .chain(self.filter.iter().flat_map(Expression::extensions))
            .chain(quantities::extensions(&self.document.quantities))
            .chain(tenant.extensions())
            .cloned()
            .collect()
    }

    /// The fields that hold the support PIN. They are written and never read.
    #[must_use]
    pub fn pin_fields(&self) -> &[ContactField] {
        &self.pin_fields
    }

    /// The names of the custom fields on contacts that must be read for this policy.
    #[must_use]
    pub fn custom_fields_needed(&self) -> BTreeSet<String> {
        let mapped = self.mappings.iter().filter_map(|m| m.field.open_name().map(str::to_owned));
        let own = [&self.type_field, &self.deactivation_field].into_iter().flatten();
        mapped
            .chain(
                own.chain(self.ownership.fields()).filter_map(|field| field.open_name().map(str::to_owned)),
            )
            .chain(non_blank(&self.document.lifecycle.keep_active_field))
            .collect()
    }
}

/// The custom fields that this tool keeps for itself.
struct OwnFields {
    id_field: Option<ContactField>,
    presence: Option<ContactField>,
    type_field: Option<ContactField>,
    deactivation_field: Option<ContactField>,
    pin_fields: Vec<ContactField>,
}

/// Reads their names: none may be used for two things.
fn own_fields(document: &PolicyDocument, mappings: &[Mapping]) -> Result<OwnFields, PolicyError> {
    let write_back = &document.write_back;
    let mut seen = BTreeSet::new();
    let mut field = |key: &str, name: &str| {
        let Some(field) = non_blank(name).map(ContactField::Custom) else { return Ok(None) };
        if mappings.iter().any(|m| m.field == field) || !seen.insert(field.clone()) {
            return Err(PolicyError::new(format!("write_back.{key}"), format!("`{field}` is written twice")));
        }
        Ok(Some(field))
    };
    field("owner_field", &write_back.owner_field)?;
    let mut pin_fields: Vec<ContactField> =
        field("support_pin_field", &write_back.support_pin_field)?.into_iter().collect();
    if write_back.support_pin_note {
        let refuse = |problem: &str| Err(PolicyError::new("write_back.support_pin_note", problem));
        if pin_fields.is_empty() {
            return refuse("has no effect without `support_pin_field`");
        }
        if mappings.iter().any(|m| m.field == ContactField::Note) {
            return refuse("`note` is written twice: a mapping writes it as well");
        }
        pin_fields.push(ContactField::Note);
    }
    Ok(OwnFields {
        id_field: field("contact_id_field", &write_back.contact_id_field)?,
        presence: field("account_presence_field", &write_back.account_presence_field)?,
        type_field: field("type_mapping_field", &write_back.type_mapping_field)?,
        deactivation_field: field("deactivation_field", &write_back.deactivation_field)?,
        pin_fields,
    })
}

fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn fingerprint(document: &PolicyDocument) -> Result<Fingerprint, PolicyError> {
    // Typed structs serialize in the order of their declaration, so the bytes do not depend on map order.
    let bytes = serde_json::to_string(document).map_err(|e| PolicyError::new("", e))?;
    let mut printer = Fingerprinter::new("policy/v1");
    printer.text(&bytes);
    Ok(printer.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{MappingEntry, RouteCondition};

    fn refused(change: impl FnOnce(&mut PolicyDocument)) -> String {
        let mut document = PolicyDocument::defaults();
        change(&mut document);
        Policy::new(document).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_valid() {
        assert!(Policy::new(PolicyDocument::defaults()).is_ok());
        assert!(Policy::new(PolicyDocument::report_only()).is_ok());
    }

    #[test]
    fn contradictions_are_errors_at_load() {
        assert!(refused(|d| d.scope.required_skus.push("E3".into())).contains("require_license"));
        assert!(refused(|d| d.scope.user_types.clear()).contains("nobody"));
        assert!(refused(|d| d.lifecycle.managed_only = false).contains("contact_id_field"));
        assert!(refused(|d| d.scope.user_types.push(UserKind::Room)).contains("exclude_shared_mailboxes"));
        assert!(refused(|d| d.matching.rules = vec![MatchRule::PrimaryEmail]).contains("link"));
        assert!(refused(|d| d.matching.rules.push(MatchRule::Link)).contains("twice"));
        assert!(
            refused(|d| {
                d.write_back.contact_id_field = "Id".into();
                d.mapping.push(MappingEntry::new(ContactField::Custom("Id".into()), "employee_id"));
            })
            .contains("written twice")
        );
        assert!(
            refused(|d| {
                d.write_back.type_mapping_field = "Note".into();
                d.write_back.deactivation_field = " Note ".into();
            })
            .contains("deactivation_field: `custom:Note` is written twice")
        );
    }

    #[test]
    fn what_the_policy_reads_of_contacts_and_users_is_asked_for() {
        let mut document = PolicyDocument::defaults();
        document.write_back.type_mapping_field = "TypeMapping".into();
        document.write_back.deactivation_field = "Left".into();
        document.mapping.push(MappingEntry::new(ContactField::Office, "{city} {extension:floor}"));
        let policy = Policy::new(document).unwrap();
        let fields = BTreeSet::from(["Left".to_owned(), "TypeMapping".to_owned()]);
        assert_eq!(policy.custom_fields_needed(), fields);
        let tenant =
            Tenant::to_company(crate::model::TenantName::new("t"), "d", crate::model::CompanyId::new("1"));
        let floor = Attribute::Extension("floor".to_owned());
        assert_eq!(policy.extensions_needed(&tenant), BTreeSet::from([floor]));
    }

    #[test]
    fn a_filter_is_read_at_load_and_says_what_must_be_read_for_it() {
        let slip = refused(|d| d.scope.filter = "department == \"Sales\" && citi is_blank".into());
        assert_eq!(
            slip,
            "policy.scope.filter: at character 26: unknown user attribute `citi`; did you mean `city`?"
        );
        let mut document = PolicyDocument::defaults();
        document.scope.filter = " \n".into();
        assert!(Policy::new(document.clone()).unwrap().filter.is_none());
        document.scope.filter = "extension:costCenter == \"1\" and in_group(\"G-1\")".into();
        document.scope.groups = vec!["g-2".into()];
        let policy = Policy::new(document).unwrap();
        let mut tenant =
            Tenant::to_company(crate::model::TenantName::new("t"), "d", crate::model::CompanyId::new("1"));
        let extension = |name: &str| Attribute::Extension(name.to_owned());
        assert_eq!(policy.extensions_needed(&tenant), BTreeSet::from([extension("costCenter")]));
        assert_eq!(policy.groups_needed(&tenant), BTreeSet::from(["g-1".to_owned(), "g-2".to_owned()]));
        let when = RouteCondition {
            filter: Some("extension:site is_blank and in_group(\"G-3\")".parse().unwrap()),
            ..RouteCondition::default()
        };
        tenant.routes.push(crate::policy::Route::new(1, when, crate::model::CompanyId::new("2")));
        assert!(policy.extensions_needed(&tenant).contains(&extension("site")));
        assert!(policy.groups_needed(&tenant).contains("g-3"));
    }

    #[test]
    fn the_fingerprint_follows_the_document() {
        let base = Policy::new(PolicyDocument::defaults()).unwrap();
        let mut changed = PolicyDocument::defaults();
        changed.lifecycle.grace_reads = 3;
        assert_ne!(base.fingerprint(), Policy::new(changed).unwrap().fingerprint());
        assert_eq!(base.fingerprint(), Policy::new(PolicyDocument::defaults()).unwrap().fingerprint());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = serde_json::from_str::<PolicyDocument>(r#"{"scope":{"departmens":[]}}"#).unwrap_err();
        assert!(error.to_string().contains("departmens"));
    }
}
