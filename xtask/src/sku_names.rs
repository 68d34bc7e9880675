//! `cargo xtask sku-names FILE`: makes the table of product names from Microsoft's.
//!
//! FILE is Microsoft's CSV "Product names and service plan identifiers for licensing", or a JSON list of
//! `{"skuId","skuPartNumber","names":[…]}` made from it.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

/// Where the table is kept.
const TABLE: &str = "graph-client/data/sku-names.tsv";

/// A smaller table than this was cut short.
const FEWEST: usize = 400;

/// Products by id: part number and name.
type Products = BTreeMap<String, (String, String)>;

/// Writes the table.
///
/// # Errors
/// For a file that is none of the two, or too short to be whole.
pub(crate) fn run(root: &Path, file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = text.trim_start_matches('\u{feff}');
    let products = if text.trim_start().starts_with('[') { from_json(text)? } else { from_csv(text)? };
    ensure!(products.len() >= FEWEST, "only {} products; the file is not whole", products.len());
    let (table, before) = (render(&products), fs::read_to_string(root.join(TABLE)).unwrap_or_default());
    let what = if table == before { "as it was" } else { "changed" };
    fs::write(root.join(TABLE), table).with_context(|| format!("cannot write {TABLE}"))?;
    println!("{} products written to {TABLE}, {what}", products.len());
    Ok(())
}

/// The table, in the order of the ids.
fn render(products: &Products) -> String {
    let mut table = "# Product id, part number, name; made by `cargo xtask sku-names` from Microsoft's \"Product names and \
                     service plan identifiers for licensing\".\n"
        .to_owned();
    for (id, (part, name)) in products {
        table.push_str(&format!("{id}\t{part}\t{name}\n"));
    }
    table
}

fn from_json(text: &str) -> Result<Products> {
    let rows: Vec<Value> = serde_json::from_str(text)?;
    let mut products = Products::new();
    for row in &rows {
        let field = |name: &str| row[name].as_str().with_context(|| format!("a product without `{name}`"));
        let name = row["names"][0].as_str().context("a product without a name")?;
        add(&mut products, field("skuId")?, field("skuPartNumber")?, name)?;
    }
    Ok(products)
}

/// One row for each service plan of a product.
fn from_csv(text: &str) -> Result<Products> {
    let mut rows = records(text).into_iter();
    let header = rows.next().context("the file is empty")?;
    let column = |name: &str| {
        header.iter().position(|cell| cell.trim() == name).with_context(|| format!("no column `{name}`"))
    };
    let (name, part, id) = (column("Product_Display_Name")?, column("String_Id")?, column("GUID")?);
    let mut products = Products::new();
    for row in rows {
        let cell = |at: usize| row.get(at).context("a row is too short");
        add(&mut products, cell(id)?, cell(part)?, cell(name)?)?;
    }
    Ok(products)
}

/// The first name of an id counts: a few products have two.
fn add(products: &mut Products, id: &str, part: &str, name: &str) -> Result<()> {
    let id = tidied(id).to_ascii_lowercase();
    let hex = |c: char| c.is_ascii_hexdigit() || c == '-';
    if id.len() != 36 || !id.chars().all(hex) {
        bail!("`{id}` is no product id");
    }
    let (part, name) = (tidied(part), tidied(name));
    ensure!(!part.is_empty() && !name.is_empty(), "product {id} has no part number or no name");
    products.entry(id).or_insert((part, name));
    Ok(())
}

/// Without the no-break spaces, tabs and doubled spaces that the table has here and there.
fn tidied(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The records of a CSV file (RFC 4180); quoted cells may hold commas, quotes and line ends.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (other, _) => cell.push(other),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "05E9A617-0261-4CEE-BB44-138D3EF5D965";

    #[test]
    fn both_forms_of_the_file_say_the_same() {
        let csv = format!(
            "Product_Display_Name,String_Id,GUID,Service_Plan_Name\r\n\
             \"Plan, \"\"big\"\"\u{a0}one\",SPE_E3\t,{ID},A\r\n\"Another name\",SPE_E3,{ID},B\r\n"
        );
        let json = format!(
            r#"[{{"skuId":"{ID}","skuPartNumber":"SPE_E3","names":["Plan, \"big\" one","Another name"]}}]"#
        );
        let expected =
            BTreeMap::from([(ID.to_lowercase(), ("SPE_E3".to_owned(), "Plan, \"big\" one".to_owned()))]);
        assert_eq!(from_csv(&csv).unwrap(), expected);
        assert_eq!(from_json(&json).unwrap(), expected);
    }

    /// A row that was edited, added or moved by hand is found here, without the file that the table was made from.
    #[test]
    fn the_table_is_as_the_generator_writes_it() {
        let committed = include_str!("../../graph-client/data/sku-names.tsv");
        let mut products = Products::new();
        for row in committed.lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            let [id, part, name] = cells.as_slice() else { panic!("{row}") };
            add(&mut products, id, part, name).unwrap();
        }
        assert!(products.len() >= FEWEST);
        assert!(render(&products) == committed, "run `cargo xtask sku-names FILE`");
    }

    #[test]
    fn a_file_of_another_kind_is_refused() {
        for text in ["", "<html>", "a,b\n1,2", "Product_Display_Name,String_Id,GUID\nName,PART,none"] {
            assert!(from_csv(text).is_err(), "{text}");
        }
        assert!(from_json("[{}]").is_err());
    }
}
