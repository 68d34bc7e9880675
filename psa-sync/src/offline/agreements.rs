//! Reading `agreements.json`: the agreement lines that quantities are planned for.

use super::{
    OfflineError,
    json::{Source, shown},
    value,
};
use serde_json::{Value, value::RawValue};
use std::path::Path;
use sync_core::{
    model::{CompanyId, LineId, nearest},
    quantity::QuantityLine,
};

/// The agreement lines of a folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OfflineAgreements {
    /// The lines in the order of the file.
    pub lines: Vec<QuantityLine>,
    /// Whether these are all there are.
    pub complete: bool,
}

const KEYS: [&str; 6] = ["id", "company_id", "product", "quantity", "dynamic", "ends"];

/// Reads the file, which must be there.
pub(super) fn read(folder: &Path) -> Result<OfflineAgreements, OfflineError> {
    let source = Source::required(
        folder,
        "agreements.json",
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
    Ok(OfflineAgreements { lines: lines.collect::<Result<_, _>>()?, complete })
}

/// One line. A key that is not known is refused: a misspelt `dynamic` would let the line be set.
fn line(source: &Source, index: usize, part: &RawValue) -> Result<QuantityLine, OfflineError> {
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
    Ok(line.kept_by_psa(dynamic).until(ends))
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
        assert_eq!(read.lines, [full.of_product("Seats").kept_by_psa(true).until(ends), bare]);
        assert!(read_text(r#"{"lines":[]}"#).unwrap().complete);
    }

    #[test]
    fn what_is_no_whole_number_of_units_is_unknown() {
        for text in ["null", "2.5", "-1", "1e300"] {
            let file = format!(r#"{{"lines":[{{"id":"1","company_id":"2","quantity":{text}}}]}}"#);
            assert_eq!(read_text(&file).unwrap().lines[0].quantity, None, "{text}");
        }
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
