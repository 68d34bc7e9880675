//! What people call Microsoft's products: Graph gives part numbers and ids only.
//!
//! `data/sku-names.tsv` is made by `cargo xtask sku-names` from Microsoft's table "Product names and service plan
//! identifiers for licensing". Products are missing from that table now and then, so a part number must always do.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

const TABLE: &str = include_str!("../data/sku-names.tsv");

/// The id, the part number and the name of each product.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

/// Names by product id and by part number, both in lower case.
static NAMES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    let mut doubtful = Vec::new();
    for (id, part, name) in rows() {
        names.insert(id.to_ascii_lowercase(), name);
        let part = part.to_ascii_lowercase();
        // One part number can be that of two products.
        if names.insert(part.clone(), name).is_some_and(|other| other != name) {
            doubtful.push(part);
        }
    }
    for part in doubtful {
        names.remove(&part);
    }
    names
});

/// What people call a product, by its id (a GUID) or its part number, in any case; `None` where Microsoft's table does
/// not have it, or has two products of that part number.
///
/// ```
/// assert_eq!(graph_client::sku_name("SPE_E3"), Some("Microsoft 365 E3"));
/// assert_eq!(graph_client::sku_name("05e9a617-0261-4cee-bb44-138d3ef5d965"), Some("Microsoft 365 E3"));
/// assert_eq!(graph_client::sku_name("OF_THE_FUTURE"), None);
/// ```
#[must_use]
pub fn sku_name(id_or_part_number: &str) -> Option<&'static str> {
    NAMES.get(&id_or_part_number.trim().to_ascii_lowercase()).copied()
}

/// Part numbers by product id in lower case.
static PART_NUMBERS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| rows().map(|(id, part, _)| (id, part)).collect());

/// The part number of a product by its id in lower case, for a tenant that did not tell its products.
pub(crate) fn sku_part_number(id: &str) -> Option<&'static str> {
    PART_NUMBERS.get(id).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::is_guid;

    #[test]
    fn every_row_of_the_table_is_a_product() {
        let rows: Vec<Vec<&str>> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').collect())
            .collect();
        assert!(rows.len() > 600, "{}", rows.len());
        for row in &rows {
            assert!(row.len() == 3 && is_guid(row[0]), "{row:?}");
            assert!(row.iter().all(|cell| !cell.is_empty() && cell.trim() == *cell), "{row:?}");
            assert!(!row.concat().contains('\u{a0}'), "{row:?}");
            assert_eq!(sku_name(row[0]), Some(row[2]));
            assert_eq!(sku_part_number(row[0]), Some(row[1]), "ids are in lower case, each once");
        }
        let mut ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rows.len(), "an id stands twice");
    }

    #[test]
    fn a_part_number_of_two_products_is_no_name() {
        assert_eq!(sku_name("MCOPSTN5"), None);
        assert_eq!(sku_name("enterprisepack"), sku_name("6FD2C87F-B296-42F0-B197-1E91E994B900"));
    }
}
