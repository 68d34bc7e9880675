//! The agreement lines of a folder: `agreements.json`, which quantities are planned for and set in.

use super::{
    OfflineError,
    edit::Edits,
    json::{Source, shown},
    value,
};
use crate::files::write_private;
use async_trait::async_trait;
use chrono::NaiveDate;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::{Value, value::RawValue};
use std::{
    collections::BTreeSet,
    fmt,
    ops::Range,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};
use sync_core::{
    Error, ErrorKind, Page, PageEnd, Result as CoreResult,
    model::{CompanyId, LineId, nearest},
    quantity::{Agreements, QuantityLine},
};

/// `agreements.json` as [`Agreements`], in memory until it is written back.
pub struct OfflineAgreements {
    source: Source,
    complete: bool,
    rows: Mutex<Vec<Row>>,
}

/// One line, and where its quantity stands in the file.
#[derive(Clone)]
struct Row {
    line: QuantityLine,
    place: Option<Range<usize>>,
    changed: bool,
}

impl OfflineAgreements {
    fn rows(&self) -> MutexGuard<'_, Vec<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the file where a quantity was set; everything else in it stays as it is.
    ///
    /// # Errors
    /// [`OfflineError`] where it cannot be written, or where somebody else changed it since it was read.
    pub fn write_back(&self) -> Result<(), OfflineError> {
        let mut edits = Edits::default();
        let rows = self.rows();
        let mut changed = false;
        for row in rows.iter().filter(|row| row.changed) {
            if let (Some(place), Some(quantity)) = (&row.place, row.line.quantity) {
                edits.replace(place.clone(), quantity.to_string());
                changed = true;
            }
        }
        if !changed {
            return Ok(());
        }
        let Source { path, text } = &self.source;
        let folder = path.parent().unwrap_or(Path::new("."));
        let now = Source::read(folder, FILE)?.map(|source| source.text);
        if now.as_ref() != Some(text) {
            let problem = "was changed by somebody else since it was read; nothing was written, plan again";
            return Err(OfflineError::new(path, problem));
        }
        write_private(path, &edits.apply(text))
            .map_err(|error| OfflineError::new(path, "cannot be written").with_source(error))
    }
}

impl fmt::Debug for OfflineAgreements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineAgreements").finish_non_exhaustive()
    }
}

#[async_trait]
impl Agreements for OfflineAgreements {
    fn name(&self) -> &'static str {
        "offline"
    }

    /// All lines of the file, those of other companies too: a rule that names one of them is told so.
    fn lines<'a>(
        &'a self,
        _companies: &'a BTreeSet<CompanyId>,
    ) -> BoxStream<'a, CoreResult<Page<QuantityLine>>> {
        let lines = self.rows().iter().map(|row| row.line.clone()).collect();
        let end = self.complete.then(|| Ok(Page::End(PageEnd::new())));
        stream::iter([Ok(Page::Items(lines))].into_iter().chain(end)).boxed()
    }

    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        _effective: NaiveDate,
    ) -> CoreResult<QuantityLine> {
        let refuse =
            |kind, problem: &str| Err(Error::new(kind, "set quantity", format!("line {line}: {problem}")));
        let mut rows = self.rows();
        let mut found: Vec<&mut Row> = rows.iter_mut().filter(|row| row.line.id == *line).collect();
        let [row] = found.as_mut_slice() else {
            return refuse(ErrorKind::NotFound, "agreements.json has no such line, or two");
        };
        if row.line.dynamic || row.line.quantity != Some(from) {
            return refuse(ErrorKind::PreconditionFailed, "it does not have that quantity any more");
        }
        row.line.quantity = Some(to);
        row.changed = true;
        Ok(row.line.clone())
    }
}

const FILE: &str = "agreements.json";

const KEYS: [&str; 6] = ["id", "company_id", "product", "quantity", "dynamic", "ends"];

/// Reads the file, which must be there.
pub(super) fn read(folder: &Path) -> Result<OfflineAgreements, OfflineError> {
    let source = Source::required(
        folder,
        FILE,
        "write {\"complete\":true,\"lines\":[{\"id\":\"…\",\"company_id\":\"100\",\"quantity\":12}]} with the lines that \
         [[quantities]] in policy.toml name",
    )?;
    let file = source.object()?;
    let complete = match file.get("complete") {
        Some(part) => source.value(part, "`complete`")?,
        None => true,
    };
    let list = file.get("lines").ok_or_else(|| source.wrong(0, "has no list `lines`"))?;
    let lines = source.list_in(list, "`lines`")?;
    let lines = lines.into_iter().enumerate().map(|(index, part)| line(&source, index, part));
    let rows = lines.collect::<Result<_, _>>()?;
    Ok(OfflineAgreements { complete, rows: Mutex::new(rows), source })
}

/// One line. A key that is not known is refused: a misspelt `dynamic` would let the line be set.
fn line(source: &Source, index: usize, part: &RawValue) -> Result<Row, OfflineError> {
    let what = |key: &str| format!("lines[{index}], `{key}`");
    let object = source.object_in(part, &format!("lines[{index}]"))?;
    if let Some((key, _)) = object.0.iter().find(|(key, _)| !KEYS.contains(&key.as_str())) {
        let hint = nearest(key, &KEYS).map_or_else(
            || format!("known keys: {}", KEYS.join(", ")),
            |known| format!("did you mean `{known}`?"),
        );
        return Err(source.wrong_in(part, format!("lines[{index}]: unknown key `{}`; {hint}", shown(key))));
    }
    let id = |key: &str| {
        let part =
            object.get(key).ok_or_else(|| source.wrong_in(part, format!("lines[{index}] has no `{key}`")))?;
        value::id(source, part, &what(key))
    };
    let quantity =
        object.get("quantity").map_or(Ok(None), |part| quantity(source, part, &what("quantity")))?;
    let line = QuantityLine::new(LineId::new(id("id")?), CompanyId::new(id("company_id")?), quantity);
    let line = match value::optional(source, &object, "product", &what)? {
        Some(product) => line.of_product(product),
        None => line,
    };
    let dynamic = object.get("dynamic").map_or(Ok(false), |part| source.value(part, &what("dynamic")))?;
    let ends = object.get("ends").map_or(Ok(None), |part| source.value(part, &what("ends")))?;
    let place = object.get("quantity").map(|part| source.range(part.get()));
    Ok(Row { line: line.kept_by_psa(dynamic).until(ends), place, changed: false })
}

/// The largest whole number that every number of a JSON file up to it is written as.
const MOST: f64 = 9_007_199_254_740_991.0;

/// A whole number of units, also written as `12.0`; nothing for `null`, for a part of a unit and for less than none, which
/// no count of people can replace.
fn quantity(source: &Source, part: &RawValue, what: &str) -> Result<Option<u64>, OfflineError> {
    match source.value(part, what)? {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|n| n.fract() == 0.0 && (0.0..=MOST).contains(n))?;
            format!("{whole:.0}").parse().ok()
        })),
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            Err(source.wrong_in(part, format!("{what}: must be a number")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<OfflineAgreements, OfflineError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("agreements.json"), text).unwrap();
        read(folder.path())
    }

    fn problem(line: &str) -> String {
        read_text(&format!("{{\"lines\":[\n{line}]}}")).unwrap_err().to_string()
    }

    #[test]
    fn lines_are_read_with_everything_that_is_said_of_them() {
        let read = read_text(
            r#"{"complete":false,"lines":[{"id":7,"company_id":"100","product":"Seats","quantity":12.0,"dynamic":true,
                "ends":"2026-12-31"},{"id":"8","company_id":100}]}"#,
        )
        .unwrap();
        assert!(!read.complete);
        let ends = Some("2026-12-31".parse().unwrap());
        let full = QuantityLine::new(LineId::new("7"), CompanyId::new("100"), Some(12));
        let bare = QuantityLine::new(LineId::new("8"), CompanyId::new("100"), None);
        let lines: Vec<QuantityLine> = read.rows().iter().map(|row| row.line.clone()).collect();
        assert_eq!(lines, [full.of_product("Seats").kept_by_psa(true).until(ends), bare]);
        assert!(read_text(r#"{"lines":[]}"#).unwrap().complete);
    }

    #[test]
    fn what_is_no_whole_number_of_units_is_unknown() {
        for text in ["null", "2.5", "-1", "1e300"] {
            let file = format!(r#"{{"lines":[{{"id":"1","company_id":"2","quantity":{text}}}]}}"#);
            assert_eq!(read_text(&file).unwrap().rows()[0].line.quantity, None, "{text}");
        }
    }

    #[tokio::test]
    async fn a_quantity_that_is_set_is_written_and_the_rest_of_the_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agreements.json");
        let text =
            "{\n \"note\": [1],\n \"lines\": [{\"id\": 7, \"company_id\": \"100\", \"quantity\": 12.0}]}\n";
        std::fs::write(&path, text).unwrap();
        let agreements = read(folder.path()).unwrap();
        let day = "2026-01-06".parse().unwrap();
        let set =
            async |line: &str, from, to| agreements.set_quantity(&LineId::new(line), from, to, day).await;
        assert_eq!(set("7", 11, 13).await.unwrap_err().kind(), ErrorKind::PreconditionFailed);
        assert_eq!(set("8", 12, 13).await.unwrap_err().kind(), ErrorKind::NotFound);
        agreements.write_back().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(set("7", 12, 13).await.unwrap().quantity, Some(13));
        agreements.write_back().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text.replace("12.0", "13"));
        let refused = agreements.write_back().unwrap_err();
        assert!(refused.to_string().contains("changed by somebody else"), "{refused}");
    }

    #[test]
    fn a_slip_is_an_error_that_says_where() {
        assert!(
            problem(r#"{"id":"1","company_id":"2","dynamc":true}"#)
                .contains(":2:1: lines[0]: unknown key `dynamc`; did you mean `dynamic`?")
        );
        assert!(problem(r#"{"id":"1"}"#).contains("has no `company_id`"));
        assert!(problem(r#"{"id":"1","company_id":"2","quantity":"12"}"#).contains("must be a number"));
        assert!(problem(r#"{"id":"1","company_id":"2","ends":"soon"}"#).contains("lines[0], `ends`"));
        assert!(read_text("{}").unwrap_err().to_string().contains("has no list `lines`"));
        assert!(read(Path::new("/nowhere")).unwrap_err().to_string().contains("is missing"));
    }
}
