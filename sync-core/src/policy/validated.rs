//! A policy that has been checked: what the planner reads.

use super::{
    Expression, Glob, Mapping, MatchRule, Ownership, PolicyDocument, RouteCondition, Source, Tenant,
    mapping::understand,
};
use crate::model::{Attribute, ContactField, Fingerprint, Fingerprinter, UserKind};
use std::{collections::BTreeSet, fmt};

/// A policy document, checked and made ready for planning. Immutable; make one per tenant and keep it.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) document: PolicyDocument,
    pub(crate) mappings: Vec<Mapping>,
    pub(crate) exclude: Vec<Glob>,
    pub(crate) departments: BTreeSet<String>,
    pub(crate) offices: BTreeSet<String>,
    pub(crate) domains: BTreeSet<String>,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) principal_names: BTreeSet<String>,
    pub(crate) exclude_object_ids: BTreeSet<String>,
    pub(crate) ignore_skus: BTreeSet<String>,
    pub(crate) required_skus: BTreeSet<String>,
    pub(crate) filter: Option<Expression>,
    /// The field that holds the user's object id on the contact.
    pub(crate) id_field: Option<ContactField>,
    /// The marks of who keeps a contact.
    pub(crate) ownership: Ownership,
    fingerprint: Fingerprint,
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("policy.{key}: {problem}")]
pub struct PolicyError {
    key: String,
    problem: String,
}

impl PolicyError {
    pub(crate) fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { key: key.into(), problem: problem.to_string() }
    }

    /// The key at fault, such as `scope.required_skus`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
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
        if let Some(at) = document.mapping.iter().position(|m| m.flow == super::Flow::OnSourceChange) {
            let key = format!("mapping[{at}].flow");
            return Err(PolicyError::new(key, "`on_source_change` is not available in this version"));
        }
        if !document.lifecycle.managed_only {
            return Err(PolicyError::new(
                "lifecycle.managed_only",
                "`false` is not available in this version: only contacts linked by this tool are deactivated",
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
        for (key, value) in [
            ("write_back.support_pin_field", &document.write_back.support_pin_field),
            ("write_back.type_mapping_field", &document.write_back.type_mapping_field),
        ] {
            if !value.is_empty() {
                return Err(PolicyError::new(key, "is not available in this version"));
            }
        }
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
        let mut mappings = understand(&document.mapping)?;
        let id_field = non_blank(&document.write_back.contact_id_field).map(ContactField::Custom);
        let presence = non_blank(&document.write_back.account_presence_field).map(ContactField::Custom);
        let ownership = Ownership::new(&document, &mappings)?;
        let owner_mark = Source::Constant(document.write_back.owner_mark.trim().to_owned());
        for (field, source, key) in [
            (ownership.field.clone(), owner_mark, "owner_field"),
            (id_field.clone(), Source::ObjectId, "contact_id_field"),
            (presence, Source::Constant("true".to_owned()), "account_presence_field"),
        ] {
            let Some(field) = field else { continue };
            if mappings.iter().any(|m| m.field == field) {
                return Err(PolicyError::new(
                    format!("write_back.{key}"),
                    format!("`{field}` is written twice"),
                ));
            }
            mappings.push(Mapping {
                field,
                source,
                flow: super::Flow::Always,
                blank: super::Blank::Keep,
                default: None,
                explicit: true,
            });
        }
        mappings.sort_by(|a, b| a.field.cmp(&b.field));
        let fingerprint = fingerprint(&document)?;
        let scope = &document.scope;
        Ok(Self {
            mappings,
            exclude: scope.exclude.iter().map(|g| Glob::new(g)).collect(),
            departments: folded(&scope.departments),
            offices: folded(&scope.office_locations),
            domains: folded(&scope.domains),
            groups: folded(&scope.groups),
            principal_names: folded(&scope.user_principal_names),
            exclude_object_ids: folded(&scope.exclude_object_ids),
            ignore_skus: folded(&scope.ignore_skus),
            required_skus: folded(&scope.required_skus),
            filter,
            id_field,
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
        self.groups.iter().cloned().chain(filtered).chain(tenant.groups()).collect()
    }

    /// The attributes outside the neutral set that mappings and filters of this policy and tenant use.
    #[must_use]
    pub fn extensions_needed(&self, tenant: &Tenant) -> BTreeSet<Attribute> {
        self.mappings
            .iter()
            .filter_map(|m| m.source.attribute())
            .filter(|attribute| attribute.open_name().is_some())
            .chain(self.filter.iter().flat_map(Expression::extensions))
            .chain(tenant.extensions())
            .cloned()
            .collect()
    }

    /// The names of the custom fields on contacts that must be read for this policy.
    #[must_use]
    pub fn custom_fields_needed(&self) -> BTreeSet<String> {
        let mapped = self.mappings.iter().filter_map(|m| m.field.open_name().map(str::to_owned));
        let marks = self.ownership.fields().filter_map(|f| f.open_name().map(str::to_owned));
        mapped.chain(non_blank(&self.document.lifecycle.keep_active_field)).chain(marks).collect()
    }

    /// Checks what a tenant asks for beside the policy.
    ///
    /// # Errors
    /// [`PolicyError`] for a route that takes everybody or nobody, and for a tenant without a company.
    pub fn check_tenant(&self, tenant: &Tenant) -> Result<(), PolicyError> {
        if tenant.company.is_none() && tenant.routes.is_empty() {
            return Err(PolicyError::new(format!("tenant {}", tenant.name), "needs `company_id` or routes"));
        }
        for (index, route) in tenant.routes.iter().enumerate() {
            let key = format!("tenant {} routes[{index}]", tenant.name);
            if route.when.is_empty() {
                return Err(PolicyError::new(
                    key,
                    "`when` is empty; use `company_id` of the tenant for everybody else",
                ));
            }
            // A filter cannot be blank: it was parsed.
            let RouteCondition { group, department, office_location, domain, company_name, filter: _ } =
                &route.when;
            if [group, department, office_location, domain, company_name]
                .into_iter()
                .flatten()
                .any(|t| t.trim().is_empty())
            {
                return Err(PolicyError::new(key, "`when` compares with a blank text"));
            }
        }
        Ok(())
    }
}

fn non_blank(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The form in which texts of a policy are compared with attributes.
pub(crate) fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

fn folded(texts: &[String]) -> BTreeSet<String> {
    texts.iter().map(|t| fold(t)).filter(|t| !t.is_empty()).collect()
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
    use crate::policy::MappingEntry;

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
        assert!(refused(|d| d.lifecycle.managed_only = false).contains("not available"));
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
