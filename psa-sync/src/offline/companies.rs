//! Reading `companies.json`, and writing custom fields of companies back.

use super::{
    OfflineError,
    edit::Edits,
    json::{Object, Source},
    value::{self, Place},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use sync_core::model::{Company, CompanyId, FieldValue};

/// The companies of a folder in the order of the file.
pub(super) struct Companies {
    source: Source,
    pub(super) rows: BTreeMap<CompanyId, CompanyRow>,
}

/// One company, and where it stands in the file.
pub(super) struct CompanyRow {
    pub(super) company: Company,
    row: Place,
    custom: Option<Place>,
    /// Custom fields to be written back.
    changed: BTreeSet<String>,
}

impl Companies {
    pub(super) fn read(folder: &Path) -> Result<Self, OfflineError> {
        let source = Source::required(
            folder,
            "companies.json",
            "write {\"companies\":[{\"id\":\"100\",\"name\":\"…\"}]} with the company that policy.toml names",
        )?;
        let mut rows = BTreeMap::new();
        let file = source.object()?;
        let list = file.get("companies").ok_or_else(|| source.wrong(0, "has no list `companies`"))?;
        for (index, part) in source.list_in(list, "`companies`")?.into_iter().enumerate() {
            let what = |key: &str| format!("companies[{index}], `{key}`");
            let object = source.object_in(part, &format!("companies[{index}]"))?;
            let id = object
                .get("id")
                .ok_or_else(|| source.wrong_in(part, format!("companies[{index}] has no `id`")))?;
            let id = CompanyId::new(value::id(&source, id, &what("id"))?);
            let mut company = Company::new(
                id.clone(),
                value::optional(&source, &object, "name", &what)?.unwrap_or_default(),
            );
            if let Some(active) = object.get("active") {
                company.active = source.value(active, &what("active"))?;
            }
            company.website = value::optional(&source, &object, "website", &what)?;
            company.territory = value::optional(&source, &object, "territory", &what)?;
            company.account_manager = value::optional(&source, &object, "account_manager", &what)?;
            let mut custom = None;
            if let Some(part) = object.get("custom_fields") {
                let fields: Object<'_> = if part.get() == "null" {
                    Object::default()
                } else {
                    source.object_in(part, &what("custom_fields"))?
                };
                for (name, raw) in &fields.0 {
                    let field = value::custom(&source, raw, &what(&format!("custom_fields.{name}")))?;
                    company.custom_fields.insert(name.clone(), field);
                }
                custom = Some(Place::of(&source, part, &fields));
            }
            let row = CompanyRow {
                company,
                row: Place::of(&source, part, &object),
                custom,
                changed: BTreeSet::new(),
            };
            if rows.insert(id, row).is_some() {
                return Err(source.wrong_in(part, format!("companies[{index}]: this `id` is there twice")));
            }
        }
        drop(file);
        Ok(Self { source, rows })
    }

    /// The file as it is to be, or `None` where nothing changed.
    pub(super) fn rewritten(&self) -> Option<(&Source, String)> {
        if self.rows.values().all(|row| row.changed.is_empty()) {
            return None;
        }
        let mut edits = Edits::default();
        for row in self.rows.values() {
            let fields = row
                .changed
                .iter()
                .filter_map(|name| Some((name.as_str(), row.company.custom_fields.get(name)?)));
            edits.custom_fields(&row.row, row.custom.as_ref(), fields.collect());
        }
        Some((&self.source, edits.apply(&self.source.text)))
    }
}

impl CompanyRow {
    /// Writes custom fields in memory.
    pub(super) fn update(&mut self, fields: &BTreeMap<String, FieldValue>) {
        for (name, value) in fields {
            if self.company.custom_fields.get(name) != Some(value) {
                self.company.custom_fields.insert(name.clone(), value.clone());
                self.changed.insert(name.clone());
            }
        }
    }
}
